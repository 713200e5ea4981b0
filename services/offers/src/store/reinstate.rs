//! Staying after all, on the customer's own wish: what would end the subscription is revoked, and the
//! orders that undo it follow those that were given.

use kernel::id::{AgentId, CustomerId, RequestId, SubscriptionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;
use uuid::Uuid;

use super::identity::lock_person;
use super::pending_end::{Revoked, append_revoked, order_to_go_on, revoke, subscription_ended};
use super::session::{lock, move_to, request_id_reused};
use super::undo_elsewhere::forget_failed;
use super::{Store, from_json, json, statement};
use crate::domain::session::Step;

const METHOD: &str = "ReinstateSubscription";

/// A subscription to reinstate.
#[derive(Clone, Debug)]
pub struct NewReinstatement {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// What shall go on.
    pub subscription_id: SubscriptionId,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// Names it, towards profiles and lifecycle.
    pub cause: String,
}

/// A reinstatement as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reinstated {
    /// The acknowledgements that were taken back.
    pub cancellations: Vec<Uuid>,
    /// It had been recorded before.
    pub replayed: bool,
}

impl Store {
    /// Takes back every cancellation of a subscription whose end has not come, once.
    pub async fn reinstate(
        &self,
        new: NewReinstatement,
        deadline: Deadline,
    ) -> Result<Reinstated, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(reinstate(connection, new))
        })
        .await
    }
}

async fn reinstate(
    connection: &mut PgConnection,
    new: &NewReinstatement,
) -> Result<Reinstated, StoreError> {
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
    let (customer_id, subscription_id) = (&new.customer_id, &new.subscription_id);
    lock_person(connection, customer_id).await?;
    let revoked = revoke(connection, customer_id, subscription_id).await?;
    if revoked.is_empty() {
        return Err(StoreError::rejected(why_not(connection, new).await?));
    }
    forget_failed(connection, customer_id, subscription_id).await?;
    let agent = new.agent_id.as_ref().map(kernel::id::Id::as_str);
    for one in &revoked {
        goes_on(connection, one, agent).await?;
    }
    order_to_go_on(connection, customer_id, subscription_id, new.cause.clone()).await?;
    let cancellations: Vec<Uuid> = revoked.iter().map(|one| one.cancellation_id).collect();
    let answer = json("request_log", "response", &cancellations)?;
    request_log::finish(connection, request_id, answer.as_bytes()).await?;
    Ok(Reinstated {
        cancellations,
        replayed: false,
    })
}

/// The call in which somebody left is over: whoever leaves again does so anew.
async fn goes_on(
    connection: &mut PgConnection,
    one: &Revoked,
    agent_id: Option<&str>,
) -> Result<(), StoreError> {
    let session = lock(connection, &one.under, one.session_id).await?;
    append_revoked(connection, one, agent_id).await?;
    let after = session.and_then(|session| session.state.after(Step::Reinstate).ok());
    match after {
        Some(state) => move_to(connection, &one.under, one.session_id, state).await,
        None => Ok(()),
    }
}

async fn why_not(
    connection: &mut PgConnection,
    new: &NewReinstatement,
) -> Result<Refusal, StoreError> {
    let ended = sqlx::query_scalar!(
        "select exists ( \
             select from cancellation \
             where customer_id = any (identities_of($1)) and subscription_id = $2 \
               and revoked_at is null \
         ) as \"ended!\"",
        new.customer_id.as_str(),
        new.subscription_id.as_str(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    if ended {
        return Ok(subscription_ended(&new.subscription_id));
    }
    Ok(Refusal::refused(
        "NO_CANCELLATION",
        "no cancellation of this subscription stands at the desk: there is nothing to take back",
    )
    .with("subscription_id", &new.subscription_id))
}

/// Gives the first answer again, whatever has happened since.
fn replayed(new: &NewReinstatement, answer: &[u8]) -> Result<Reinstated, StoreError> {
    let text = String::from_utf8_lossy(answer);
    Ok(Reinstated {
        cancellations: from_json("request_log", "response", &new.request_id, &text)?,
        replayed: true,
    })
}
