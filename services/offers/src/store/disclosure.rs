//! Disclosures: what the policy of an offer wants said before it, and whether that was recorded.

use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::answer::SessionNow;
use crate::domain::decision::Record;
use crate::domain::disclosure::{Disclosure, concerns, settle};
use crate::domain::named::Named;
use crate::domain::spoken::Spoken;

use super::response::NewResponse;
use super::session::append_event;
use super::{from_json, statement};

/// Records the disclosures with an answer, or refuses an answer that comes before them. Policy is
/// read from the decision that made the offer: it is what was in force then.
pub(super) async fn disclose(
    connection: &mut PgConnection,
    new: &NewResponse,
    session: &SessionNow,
) -> Result<(), StoreError> {
    if !concerns(new.answer, new.disclosed) {
        return Ok(());
    }
    let row = sqlx::query!(
        "select decision.record, exists ( \
             select from session_event event \
             where event.customer_id = $1 and event.session_id = $2 and event.kind = $4 \
         ) as \"disclosed!\" \
         from presented_offer offer \
         join decision on decision.customer_id = offer.customer_id \
              and decision.session_id = offer.session_id \
              and decision.decision_id = offer.decision_id \
         where offer.customer_id = $1 and offer.session_id = $2 and offer.presented_offer_id = $3",
        new.customer_id.as_str(),
        new.session_id.as_uuid(),
        new.presented_offer_id.as_uuid(),
        Spoken::Disclosed.name(),
    )
    .fetch_one(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let record: Record = from_json("decision", "record", new.presented_offer_id, &row.record)?;
    let policy = &record.decision.policy;
    let settled = settle(policy, row.disclosed, new.disclosed, session.session_id)
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
