//! What profiles says of a customer, as far as it tells whether they are still here.

use kernel::id::{CustomerId, SubscriptionId};
use kernel::time::Timestamp;

/// What profiles says of a customer at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The customer.
    pub customer_id: CustomerId,
    /// The revision.
    pub revision: u64,
    /// They have died.
    pub deceased: bool,
    /// When a payment last failed.
    pub payment_failed_at: Option<Timestamp>,
    /// When they had nothing at all, between two lifetimes.
    pub away: Vec<Away>,
    /// Their subscriptions, live and ended.
    pub subscriptions: Vec<SubscriptionEvidence>,
}

/// The time between two lifetimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    /// When one ended.
    pub from: Timestamp,
    /// When the next began.
    pub until: Timestamp,
}

/// What profiles says of one subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionEvidence {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// How it stands apart from its end.
    pub standing: Standing,
    /// When service began, for the last time.
    pub started_at: Option<Timestamp>,
    /// When service ends or ended.
    pub service_ends_at: Option<Timestamp>,
    /// When billing ends or ended.
    pub billing_ends_at: Option<Timestamp>,
    /// What ends it.
    pub end: EndKind,
}

/// How a subscription stands apart from its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In service, as far as anybody knows.
    InService,
    /// Paused at the customer's wish.
    Paused,
    /// Taken out of service by the provider.
    Suspended,
}

/// What an end says about the customer's will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndKind {
    /// They left, did not pay or did not renew; also where no reason is known.
    Churn,
    /// The provider ended it or withdrew the product.
    ByProvider,
    /// It moved, was replaced or merged.
    Elsewhere,
    /// They died.
    Death,
}

impl Evidence {
    /// Finds a subscription.
    pub fn subscription(&self, id: &SubscriptionId) -> Option<&SubscriptionEvidence> {
        let mut subscriptions = self.subscriptions.iter();
        subscriptions.find(|subscription| subscription.subscription_id == *id)
    }

    /// Tells whether they had nothing at all at an instant.
    pub fn is_away(&self, at: Timestamp) -> bool {
        self.away
            .iter()
            .any(|away| away.from <= at && at < away.until)
    }
}

impl SubscriptionEvidence {
    /// When they stop being entitled and billed: the sooner of the two ends.
    pub fn ends_at(&self) -> Option<Timestamp> {
        let ends = [self.service_ends_at, self.billing_ends_at];
        ends.into_iter().flatten().min()
    }
}
