//! What is said on a call besides answers to offers: recorded once, with the state it leads to.

use kernel::id::{AgentId, ContactId, CustomerId, RequestId, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::answer::{SessionNow, wrong_contact};
use crate::domain::named::Named;
use crate::domain::session::State;
use crate::domain::spoken::Spoken;

use super::session::{advance, append_event, lock, request_id_reused, session_not_found, state};
use super::{Store, statement};

const METHOD: &str = "RecordStep";

/// Something that was said, to record.
#[derive(Clone, Debug)]
pub struct NewStep {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// What was said.
    pub spoken: Spoken,
    /// The agent.
    pub agent_id: Option<AgentId>,
}

/// A step as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRecorded {
    /// The state of the session afterwards.
    pub state: State,
    /// It had been recorded before.
    pub replayed: bool,
}

impl Store {
    /// Records what was said, once.
    pub async fn record_step(
        &self,
        new: NewStep,
        deadline: Deadline,
    ) -> Result<StepRecorded, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(record(connection, new))
        })
        .await
    }
}

async fn record(connection: &mut PgConnection, new: &NewStep) -> Result<StepRecorded, StoreError> {
    let request_id = new.request_id.as_str();
    match request_log::begin(connection, request_id, METHOD, new.body_hash).await? {
        Begun::Fresh => {}
        Begun::Replay(answer) => return replayed(new, &answer),
        Begun::Repeats(_) => {
            let (table, column) = ("request_log", "request_id");
            return Err(StoreError::inconsistent(table, column, "repeated"));
        }
        Begun::Reused => return Err(StoreError::rejected(request_id_reused(request_id))),
    }
    let session = lock(connection, &new.customer_id, new.session_id)
        .await?
        .ok_or_else(|| StoreError::rejected(session_not_found(new.session_id)))?;
    if session.contact_id != new.contact_id {
        return Err(StoreError::rejected(wrong_contact(&new.contact_id)));
    }
    let after = session
        .progress()
        .after(new.spoken.step())
        .map_err(|illegal| StoreError::rejected(illegal.refusal(new.session_id)))?;
    let agent = new.agent_id.as_ref().map(kernel::id::Id::as_str);
    append_news(connection, &new.customer_id, &session, new.spoken, agent).await?;
    advance(connection, &new.customer_id, new.session_id, after).await?;
    request_log::finish(connection, request_id, after.state.name().as_bytes()).await?;
    Ok(StepRecorded {
        state: after.state,
        replayed: false,
    })
}

/// Gives the first answer again, whatever has happened since.
fn replayed(new: &NewStep, answer: &[u8]) -> Result<StepRecorded, StoreError> {
    let name = String::from_utf8_lossy(answer);
    Ok(StepRecorded {
        state: state(&name, new.session_id)?,
        replayed: true,
    })
}

/// Appends what was said as an event, unless it was said before: once for each time that the
/// customer confirmed to leave, so that a desk that repeats itself does not fill the record.
pub(super) async fn append_news(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session: &SessionNow,
    spoken: Spoken,
    agent_id: Option<&str>,
) -> Result<(), StoreError> {
    let session_id = session.session_id;
    if was_said(connection, customer_id, session_id, spoken).await? {
        return Ok(());
    }
    let kind = spoken.name();
    append_event(connection, customer_id, session_id, kind, agent_id, "").await
}

/// Tells whether something was said since the customer last confirmed to leave, if they did.
async fn was_said(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    spoken: Spoken,
) -> Result<bool, StoreError> {
    let said = sqlx::query_scalar!(
        "select exists ( \
             select from session_event event \
             where customer_id = $1 and session_id = $2 and kind = $3 \
               and not exists ( \
                   select from session_event later \
                   where later.customer_id = event.customer_id \
                     and later.session_id = event.session_id \
                     and later.sequence > event.sequence and later.kind = 'cancel_recorded') \
         ) as \"said!\"",
        customer_id.as_str(),
        session_id.as_uuid(),
        spoken.name(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "session_event"))
    .await?;
    Ok(said)
}
