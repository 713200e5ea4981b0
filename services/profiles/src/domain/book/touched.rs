//! What a write changed in a book: this, and nothing else, is written back.

use std::collections::BTreeSet;

use kernel::id::{AccountId, EventId, IncidentId, SubscriptionId};

use super::super::consent::Statement;
use super::super::vocabulary::ChangeKind;

/// Which records of a book a write changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// The customer itself.
    pub customer: bool,
    /// Accounts.
    pub accounts: BTreeSet<AccountId>,
    /// Subscriptions.
    pub subscriptions: BTreeSet<SubscriptionId>,
    /// New events.
    pub events: BTreeSet<EventId>,
    /// Incidents.
    pub incidents: BTreeSet<IncidentId>,
    /// New statements about being contacted.
    pub statements: BTreeSet<Statement>,
}

impl Touched {
    /// Tells whether the write changed nothing.
    pub fn is_empty(&self) -> bool {
        self.kinds().is_empty()
    }

    /// Says what the change is about.
    pub fn kinds(&self) -> Vec<ChangeKind> {
        let account = !self.accounts.is_empty() || !self.subscriptions.is_empty();
        let touched = [
            (self.customer, ChangeKind::Customer),
            (account, ChangeKind::Subscription),
            (!self.events.is_empty(), ChangeKind::Timeline),
            (!self.incidents.is_empty(), ChangeKind::Incident),
            (!self.statements.is_empty(), ChangeKind::Consent),
        ];
        let kinds = touched.into_iter().filter(|(is_touched, _)| *is_touched);
        kinds.map(|(_, kind)| kind).collect()
    }
}
