//! What the service needs of the profiles service.

use std::any::Any;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use crate::domain::care::permission::Permission;
use crate::domain::care::{Channel, Purpose};
use crate::domain::facts::CustomerFacts;

/// The facts of one customer, read and unread.
#[derive(Debug)]
pub struct Snapshot {
    /// The facts that the rules read.
    pub facts: CustomerFacts,
    /// The whole answer.
    pub carried: Carried,
}

/// What the profiles service answered, carried through unread to whoever knows its form, so that
/// nothing is lost or converted twice on the way.
#[derive(Debug)]
pub struct Carried(Box<dyn Any + Send>);

impl Carried {
    /// Wraps an answer.
    pub fn new<T: Any + Send>(answer: T) -> Self {
        Self(Box::new(answer))
    }

    /// Unwraps the answer, if it has this form.
    pub fn into_form<T: Any>(self) -> Option<T> {
        self.0.downcast().ok().map(|answer| *answer)
    }
}

/// One change of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The customer.
    pub customer_id: String,
    /// When.
    pub change_time: Option<Timestamp>,
}

/// Why a run of changes is refused that a later version of this service understands.
pub const CHANGE_NOT_KNOWN: &str = "CHANGE_NOT_KNOWN";

/// A run of changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The changes, in order; none in a keep-alive.
    pub changes: Vec<Change>,
    /// The position after these.
    pub cursor: String,
    /// How many seconds the feed lags behind the latest change.
    pub lag_seconds: f64,
}

/// Whether a customer may be contacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactQuestion {
    /// The customer.
    pub customer_id: String,
    /// On which channel.
    pub channel: Channel,
    /// Why.
    pub purpose: Purpose,
    /// When.
    pub send_time: Timestamp,
}

/// The profiles service. Its refusals are in the words of this service.
pub trait Profiles: Send + Sync {
    /// Reads the facts of one customer, at least as fresh as a revision.
    fn facts(
        &self,
        customer_id: String,
        min_revision: u64,
    ) -> BoxFuture<'_, Result<Snapshot, Refusal>>;

    /// Reads the facts of up to 500 customers; unknown ones are left out.
    fn facts_of(&self, customer_ids: Vec<String>) -> BoxFuture<'_, Result<Vec<Snapshot>, Refusal>>;

    /// Asks whether customers may be contacted, up to 200 questions; the answers are in their order.
    fn may_contact(
        &self,
        questions: Vec<ContactQuestion>,
    ) -> BoxFuture<'_, Result<Vec<Permission>, Refusal>>;

    /// Watches the changes after a position, for ever.
    fn watch(
        &self,
        after_cursor: String,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Result<Changes, Refusal>>, Refusal>>;
}
