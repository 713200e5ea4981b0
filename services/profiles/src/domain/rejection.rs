//! Why a record cannot be taken in, in the domain's own terms.

use kernel::money::Currency;
use kernel::time::Timestamp;

/// A rule that a record breaks. No variant carries personal data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The customer has not been recorded.
    #[error("record the customer first")]
    CustomerNotFound {
        /// The customer.
        customer_id: String,
    },
    /// The customer has no such account.
    #[error("record the account of this customer first")]
    AccountNotFound {
        /// The account.
        account_id: String,
    },
    /// The customer has no such subscription.
    #[error("record the subscription of this customer first")]
    SubscriptionNotFound {
        /// The subscription.
        subscription_id: String,
    },
    /// The customer has no such incident.
    #[error("open the incident of this customer first")]
    IncidentNotFound {
        /// The incident.
        incident_id: String,
    },
    /// Somebody else changed the customer in between.
    #[error("the customer was changed in between; read it again, then write")]
    EtagMismatch {
        /// The current tag, empty when there is no customer.
        etag: String,
    },
    /// The event is known with another content.
    #[error("the event id is known with another content; events never change, send a new id")]
    EventIdReused {
        /// The event.
        event_id: String,
    },
    /// The event lies in the future.
    #[error("the event lies more than five minutes in the future; check the sender's clock")]
    EventInFuture {
        /// The event.
        event_id: String,
    },
    /// A bound of the customer is reached.
    #[error("a customer has at most {limit} {of}")]
    TooMany {
        /// The bound.
        limit: usize,
        /// Of what.
        of: &'static str,
    },
    /// The step is not allowed from here.
    #[error("not possible while it is {state}; {advice}")]
    IllegalState {
        /// Where the thing is.
        state: &'static str,
        /// What to do instead.
        advice: &'static str,
    },
    /// The amount is in another currency than the ones before.
    #[error("the subscription is kept in {expected}, not in {given}")]
    WrongCurrency {
        /// The field at fault.
        field: &'static str,
        /// As given.
        given: Currency,
        /// As recorded before.
        expected: Currency,
    },
    /// The account belongs to another customer, or to another business line.
    #[error("the account id belongs to another customer or business line; use another id")]
    AccountTaken {
        /// The account.
        account_id: String,
    },
    /// The subscription belongs to another account of the customer.
    #[error("the subscription id belongs to another account; use another id")]
    SubscriptionTaken {
        /// The subscription.
        subscription_id: String,
    },
    /// A customer was to be merged with itself.
    #[error("name two customers: the one that stays and the one that is merged into it")]
    MergedWithItself {
        /// The customer.
        customer_id: String,
    },
    /// Two customers cannot become one, since both use the same ids.
    #[error("both customers have {of} of the same id; change the ids of one of them, then merge")]
    IdsCollide {
        /// Of what.
        of: &'static str,
        /// The ids, ten at most.
        ids: Vec<String>,
    },
    /// The person was erased.
    #[error("this person was erased, and nothing is recorded of them any more; remove the row")]
    CustomerErased,
    /// The customer cannot be erased yet.
    #[error("the customer has subscriptions that are live or billed; end them, then erase")]
    CustomerStillLive {
        /// The subscriptions, ten at most.
        subscription_ids: Vec<String>,
        /// When the last of them ends; absent while one has no end.
        last_end_time: Option<Timestamp>,
    },
    /// A field does not fit what is recorded.
    #[error("{problem}")]
    Unfit {
        /// The field at fault.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: &'static str,
    },
}

impl Rejection {
    /// Names the field at fault, as in the record.
    pub fn field(&self) -> &'static str {
        match self {
            Self::CustomerNotFound { .. }
            | Self::CustomerErased
            | Self::CustomerStillLive { .. } => "customer_id",
            Self::AccountNotFound { .. } | Self::AccountTaken { .. } => "account_id",
            Self::SubscriptionNotFound { .. } | Self::SubscriptionTaken { .. } => "subscription_id",
            Self::IncidentNotFound { .. } => "incident_id",
            Self::EtagMismatch { .. } => "etag",
            Self::EventIdReused { .. } => "event_id",
            Self::EventInFuture { .. } => "event_time",
            Self::MergedWithItself { .. } | Self::IdsCollide { .. } => "merged_customer_id",
            Self::TooMany { .. } => "",
            Self::IllegalState { .. } => "state",
            Self::WrongCurrency { field, .. } | Self::Unfit { field, .. } => field,
        }
    }
}
