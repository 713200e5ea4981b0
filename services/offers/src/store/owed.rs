//! What is owed for something that went wrong: leaving takes none of it.

use kernel::id::{CustomerId, SessionId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::view::records;

/// Names the offers of a session that are owed, whatever became of them.
pub(super) async fn of_session(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Vec<Uuid> {
    // Records that cannot be read keep nobody from leaving.
    let records = records(connection, customer_id, session_id).await;
    let records = records.unwrap_or_default();
    let offers = records.iter().flat_map(|record| {
        let ids = record.presented_offer_ids.iter();
        ids.zip(&record.decision.offers)
    });
    offers
        .filter(|(_, promise)| promise.owed)
        .map(|(id, _)| id.as_uuid())
        .collect()
}
