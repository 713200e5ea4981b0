//! What is owed when a subscription ends that nobody cancelled with an agent: the contract ran out,
//! payments failed for good, the provider ended it, or nothing was heard any more. The steps have the
//! keys of those that the save desk asks for, so that what came by both ways is done once.

use kernel::time::Timestamp;

use super::SENDER;
use crate::domain::facts::{EndCause, Subscription};

/// One thing that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndingStep {
    /// What, as a short key.
    pub key: &'static str,
    /// Who sees to it.
    pub owner: &'static str,
    /// By when.
    pub due_time: Timestamp,
}

/// Finds what is owed at the end of a subscription. What lives on elsewhere, what the customer
/// cancelled and what a death ended is seen to by whoever was told.
pub(super) fn steps(subscription: &Subscription) -> Vec<EndingStep> {
    let Some(service_end) = subscription.service_end_time else {
        return Vec::new();
    };
    let billing_end = subscription.billing_end_time.unwrap_or(service_end);
    let step = |key, owner, due_time| EndingStep {
        key,
        owner,
        due_time,
    };
    let data_copy = step("data_copy", "data", service_end);
    let final_bill = step("final_bill", "billing", billing_end);
    let goodbye = step("goodbye", SENDER, service_end);
    match subscription.cause {
        _ if subscription.lives_on => Vec::new(),
        EndCause::NotRenewed | EndCause::Provider => vec![data_copy, final_bill, goodbye],
        EndCause::Payment => vec![
            data_copy,
            final_bill,
            step("payment_repair", "billing", service_end),
        ],
        // Who buys when wanted has no last bill, and is not told goodbye by whom they forgot.
        EndCause::Silence => vec![data_copy],
        EndCause::Customer | EndCause::Death => Vec::new(),
    }
}
