//! What a session came to so far, for who goes on from there.

use kernel::id::{ContactId, CustomerId, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::decision::Record;
use crate::domain::progress::Progress;

use super::session::{contact, session_not_found, state};
use super::view::records;
use super::{Store, statement};

/// A session with the decisions made in it, the first one first.
#[derive(Clone, Debug)]
pub struct SoFar {
    /// The contact it belongs to.
    pub contact_id: ContactId,
    /// How far it has come.
    pub progress: Progress,
    /// Its decisions.
    pub records: Vec<Record>,
}

impl Store {
    /// Reads what a session came to so far.
    pub async fn so_far(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<SoFar, StoreError> {
        let key = (customer_id.clone(), session_id);
        self.postgres
            .read(deadline, &key, |(customer_id, session_id), connection| {
                Box::pin(read(connection, customer_id, *session_id))
            })
            .await
    }
}

async fn read(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<SoFar, StoreError> {
    let row = sqlx::query!(
        "select contact_id, state, refused from save_session \
         where customer_id = $1 and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "save_session"))
    .await?
    .ok_or_else(|| StoreError::rejected(session_not_found(session_id)))?;
    Ok(SoFar {
        contact_id: contact(&row.contact_id, session_id)?,
        progress: Progress::of(state(&row.state, session_id)?, row.refused),
        records: records(connection, customer_id, session_id).await?,
    })
}
