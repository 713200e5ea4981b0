//! Giving back and taking in one transaction: every part that is needed is locked beforehand, in the
//! order that everybody does.

use kernel::id::{CustomerId, PresentedOfferId};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::super::statement;
use super::open_windows;

/// Locks the parts that hold something for `released` and all parts of the budgets named, for what
/// is taken of those afterwards.
pub(in crate::store) async fn lock_exchange(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    released: &[PresentedOfferId],
    taken: &[&str],
) -> Result<(), StoreError> {
    if !taken.is_empty() {
        open_windows(connection, taken)
            .instrument(statement("SELECT", "budget"))
            .await?;
    }
    let released: Vec<Uuid> = released.iter().map(|id| id.as_uuid()).collect();
    sqlx::query!(
        "select bucket.bucket from budget_bucket bucket join ( \
             select budget_key, window_start, bucket from budget_hold \
             where customer_id = $1 and presented_offer_id = any($2) and state = 'held' \
             union \
             select open.budget_key, open.window_start, open.bucket \
             from budget join budget_bucket open on open.budget_key = budget.budget_key \
                  and open.window_start = budget_window_start(window_kind, opens_at, closes_at, now()) \
             where budget.budget_key = any($3) \
         ) as part using (budget_key, window_start, bucket) \
         order by bucket.budget_key, bucket.window_start, bucket.bucket for update of bucket",
        customer_id.as_str(),
        &released,
        taken as &[&str],
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "budget_bucket"))
    .await?;
    Ok(())
}
