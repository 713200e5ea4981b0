//! Disclosures: what the policy of an offer wants said before it, and whether that was recorded.

use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::answer::SessionNow;
use crate::domain::disclosure::{Disclosure, concerns, settle};
use crate::domain::named::Named;
use crate::domain::spoken::Spoken;

use super::response::NewResponse;
use super::session::append_event;
use super::statement;

/// Records the disclosures with an answer, or refuses an answer that comes before them. Policy is
/// that of the decision that made the offer: it is what was in force then.
pub(super) async fn disclose(
    connection: &mut PgConnection,
    new: &NewResponse,
    session: &SessionNow,
) -> Result<(), StoreError> {
    if !concerns(new.answer, new.disclosed) {
        return Ok(());
    }
    let recorded = sqlx::query_scalar!(
        "select exists ( \
             select from session_event \
             where customer_id = $1 and session_id = $2 and kind = $3 \
         ) as \"recorded!\"",
        new.customer_id.as_str(),
        new.session_id.as_uuid(),
        Spoken::Disclosed.name(),
    )
    .fetch_one(&mut *connection)
    .instrument(statement("SELECT", "session_event"))
    .await?;
    let policy = &new.made()?.decision.policy;
    let settled = settle(policy, recorded, new.disclosed, session.session_id)
        .map_err(StoreError::rejected)?;
    if settled == Disclosure::Settled {
        return Ok(());
    }
    append_event(
        connection,
        &new.customer_id,
        new.session_id,
        Spoken::Disclosed.name(),
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        "",
    )
    .await
}
