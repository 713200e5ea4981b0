//! Rules that were broken, as refusals: with the reasons of the contract.

use kernel::refusal::{Kind, Refusal, Violation};
use serde::{Deserialize, Serialize};
use storage::StoreError;

use crate::domain::books::RowRejection;
use crate::domain::rejection::Rejection;
use crate::store::ACCOUNT_OWNER;

/// Why one of many was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRefusal {
    /// The reason, as in the contract.
    pub reason: String,
    /// The field at fault.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        let field = rejection.field();
        let refused = |reason| Self::refused(reason, message.clone());
        let missing = |reason| Self::not_found(reason, message.clone());
        match rejection {
            Rejection::CustomerNotFound { customer_id } => {
                missing("CUSTOMER_NOT_FOUND").with("customer_id", customer_id)
            }
            Rejection::AccountNotFound { account_id } => {
                missing("ACCOUNT_NOT_FOUND").with("account_id", account_id)
            }
            Rejection::SubscriptionNotFound { subscription_id } => {
                missing("SUBSCRIPTION_NOT_FOUND").with("subscription_id", subscription_id)
            }
            Rejection::IncidentNotFound { incident_id } => {
                missing("INCIDENT_NOT_FOUND").with("incident_id", incident_id)
            }
            Rejection::EtagMismatch { etag } => {
                Self::conflict("ETAG_MISMATCH", message).with("etag", etag)
            }
            Rejection::EventIdReused { event_id } => {
                refused("EVENT_ID_REUSED").with("event_id", event_id)
            }
            Rejection::EventInFuture { event_id } => {
                Self::new(Kind::Malformed, "EVENT_IN_FUTURE", message).with("event_id", event_id)
            }
            Rejection::TooMany { limit, of } => {
                refused("TOO_MANY").with("limit", limit).with("of", of)
            }
            Rejection::IllegalState { state, .. } => refused("ILLEGAL_STATE").with("state", state),
            Rejection::WrongCurrency {
                given, expected, ..
            } => refused("WRONG_CURRENCY")
                .with("currency", given)
                .with("expected", expected),
            Rejection::AccountTaken { account_id } => {
                refused("ID_TAKEN").with("account_id", account_id)
            }
            Rejection::SubscriptionTaken { subscription_id } => {
                refused("ID_TAKEN").with("subscription_id", subscription_id)
            }
            Rejection::MergedWithItself { .. }
            | Rejection::IdsCollide { .. }
            | Rejection::CustomerErased
            | Rejection::CustomerStillLive { .. } => of_a_person(&rejection),
            Rejection::Unfit { problem, .. } => Self::malformed(vec![Violation {
                field: field.to_owned(),
                description: problem.to_owned(),
                reason: "UNFIT",
            }]),
        }
    }
}

/// Why two cannot be one, or one cannot be none.
fn of_a_person(rejection: &Rejection) -> Refusal {
    let refused = |reason| Refusal::refused(reason, rejection.to_string());
    match rejection {
        Rejection::MergedWithItself { customer_id } => {
            refused("MERGED_WITH_ITSELF").with("customer_id", customer_id)
        }
        Rejection::IdsCollide { of, ids } => refused("IDS_COLLIDE")
            .with("of", of)
            .with("ids", ids.join(",")),
        Rejection::CustomerStillLive {
            subscription_ids,
            last_end_time,
        } => {
            let live =
                refused("CUSTOMER_STILL_LIVE").with("subscription_ids", subscription_ids.join(","));
            match last_end_time {
                Some(end) => live.with("last_end_time", end),
                None => live,
            }
        }
        _ => refused("CUSTOMER_ERASED"),
    }
}

impl From<RowRejection> for RowRefusal {
    fn from(refused: RowRejection) -> Self {
        let field = refused.rejection.field();
        let separator = if field.is_empty() { "" } else { "." };
        let refusal = Refusal::from(refused.rejection.clone());
        Self {
            reason: refusal.reason.to_owned(),
            field: format!("{}{separator}{field}", refused.record),
            message: refused.rejection.to_string(),
        }
    }
}

impl From<Refusal> for RowRefusal {
    /// Names the first field at fault, and everything that is wrong.
    fn from(refusal: Refusal) -> Self {
        let first = refusal.violations.first();
        let mut message = refusal.message.clone();
        for violation in refusal.violations.iter().skip(1) {
            message.push_str("; ");
            message.push_str(&violation.field);
            message.push_str(": ");
            message.push_str(&violation.description);
        }
        Self {
            reason: refusal.reason.to_owned(),
            field: first.map_or_else(String::new, |violation| violation.field.clone()),
            message,
        }
    }
}

/// Turns a failure of the store into a refusal.
pub(super) fn of_store(error: StoreError) -> Refusal {
    // Another customer got the account id between our look and our write.
    if error.is_conflict_on(ACCOUNT_OWNER) {
        return Refusal::refused(
            "ID_TAKEN",
            "an account id belongs to another customer; use another id",
        );
    }
    error.into()
}
