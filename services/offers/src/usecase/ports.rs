//! The services this one asks, as far as it needs them.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use crate::domain::computed_with::ComputedWith;
use crate::domain::customer::Customer;
use crate::domain::exit::{EndSubscription, ReinstateSubscription};
use crate::domain::exit_plan::ExitType;
use crate::domain::follow_up::{CareOrder, RecordChoices, ToldReason};
use crate::domain::keep_in_touch::{ContactChannel, KeepInTouch};
use crate::domain::outcome::Evidence;

/// Who customers are and where they stand.
pub trait Lifecycle: Send + Sync {
    /// Reads a customer at `min_revision` or later, for the call being served now, whichever task
    /// waits for the answer.
    fn customer(
        &self,
        customer_id: CustomerId,
        min_revision: u64,
        deadline: Deadline,
    ) -> BoxFuture<'static, Result<Told, Refusal>>;

    /// Asks which rules and models are in use.
    fn in_use(&self, deadline: Deadline) -> BoxFuture<'static, Result<ComputedWith, Refusal>>;
}

/// A customer as lifecycle tells of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The customer.
    pub customer: Customer,
    /// What their status was computed with.
    pub computed_with: ComputedWith,
}

/// The authoritative record.
pub trait Profiles: Send + Sync {
    /// Sets the end of a subscription; doing it again changes nothing. Returns the revision that the
    /// customer has then.
    fn end_subscription<'a>(
        &'a self,
        order: &'a EndSubscription,
        exit_type: ExitType,
        told: &'a ToldReason,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<u64, Refusal>>;

    /// Records what somebody chose about one channel when they left; doing it again changes nothing.
    fn record_choice<'a>(
        &'a self,
        order: &'a RecordChoices,
        channel: ContactChannel,
        choice: KeepInTouch,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>>;

    /// Undoes the end of a subscription that has not come; doing it again changes nothing.
    fn reinstate_subscription<'a>(
        &'a self,
        order: &'a ReinstateSubscription,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>>;

    /// Follows the feed of changes after a cursor, for as long as it lasts.
    fn changes(
        &self,
        after: String,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Result<Changes, Refusal>>, Refusal>>;

    /// Reads what tells whether customers are still here, up to 500 at once. Whom nobody knows is left
    /// out.
    fn evidence(
        &self,
        customers: Vec<CustomerId>,
        deadline: Deadline,
    ) -> BoxFuture<'_, Result<Vec<Evidence>, Refusal>>;
}

/// Who hands out care to those who send it.
pub trait Care: Send + Sync {
    /// Schedules tasks or takes them back; doing it again changes nothing.
    fn carry_out<'a>(
        &'a self,
        order: &'a CareOrder,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>>;
}

/// Why a run of changes is refused that a later version of this service understands.
pub const CHANGE_NOT_KNOWN: &str = "CHANGE_NOT_KNOWN";

/// A run of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Who changed, and the revision they reached.
    pub changed: Vec<(CustomerId, u64)>,
    /// Ids that are other names from now on, and of whom, in order.
    pub merged: Vec<(CustomerId, CustomerId)>,
    /// Ids of persons who were erased.
    pub erased: Vec<CustomerId>,
    /// How long the oldest change after these has been waiting.
    pub lag: Duration,
    /// Where the feed stands after them.
    pub cursor: String,
}
