//! Calls whose person was erased: what is asked about one is refused, and nothing looks broken.

use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::{from_json, statement};
use crate::domain::decision::Record;

/// The record of a decision, as it stands in its row.
pub(super) struct StoredRecord {
    /// The customer.
    pub customer_id: String,
    /// The session.
    pub session_id: Uuid,
    /// The decision.
    pub decision_id: Uuid,
    /// The record; nothing once its person was erased.
    pub text: String,
}

impl StoredRecord {
    /// Reads it, unless it went with its person.
    pub(super) async fn read(&self, connection: &mut PgConnection) -> Result<Record, StoreError> {
        if self.text.is_empty() {
            return Err(self.went_with_its_person(connection).await?);
        }
        from_json("decision", "record", self.decision_id, &self.text)
    }

    async fn went_with_its_person(
        &self,
        connection: &mut PgConnection,
    ) -> Result<StoreError, StoreError> {
        let erased_at = sqlx::query_scalar!(
            "select erased_at from save_session where customer_id = $1 and session_id = $2",
            self.customer_id,
            self.session_id,
        )
        .fetch_optional(connection)
        .instrument(statement("SELECT", "save_session"))
        .await?;
        Ok(match erased_at.flatten() {
            Some(erased_at) => {
                let session_id = SessionId::from_uuid(self.session_id);
                StoreError::rejected(call_erased(session_id, erased_at.to_jiff()))
            }
            None => StoreError::inconsistent("decision", "record", self.decision_id),
        })
    }
}

/// Nothing was tampered with, and there is nothing left to compare the hashes with.
pub(super) fn call_erased(session_id: SessionId, erased_at: Timestamp) -> Refusal {
    Refusal::refused(
        "CALL_ERASED",
        "the person of this call was erased and its content with them; compare the hashes that \
         stand with a copy exported before",
    )
    .with("session_id", session_id)
    .with("erase_time", erased_at)
}

/// Tells when an id was erased, if it was.
pub(super) async fn erased_at(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<Option<Timestamp>, StoreError> {
    let erased_at = sqlx::query_scalar!(
        "select erased_at from erased_identity where identity_digest = erased_identity_digest($1)",
        customer_id.as_str(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "erased_identity"))
    .await?;
    Ok(erased_at.map(jiff_sqlx::Timestamp::to_jiff))
}
