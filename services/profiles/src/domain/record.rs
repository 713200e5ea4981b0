//! A record as it comes in with many others, and what must be known to take it in.

use std::collections::BTreeSet;

use kernel::id::{AccountId, CustomerId, EventId, IncidentId};

use super::account::AccountDraft;
use super::alias::Aliases;
use super::consent::{Consent, Statement};
use super::customer::Customer;
use super::event::TimelineEvent;
use super::incident::IncidentDraft;
use super::subscription::SubscriptionDraft;

/// One record of an import or of a batch of events.
#[derive(Clone, Debug)]
pub enum Record {
    /// A customer.
    Customer(Customer),
    /// An account.
    Account(AccountDraft),
    /// A subscription.
    Subscription(Box<SubscriptionDraft>),
    /// An event.
    Event(TimelineEvent),
    /// An incident.
    Incident(IncidentDraft),
    /// Something said about being contacted.
    Consent(Consent),
}

impl Record {
    /// Returns whose record it is.
    pub fn customer_id(&self) -> &CustomerId {
        match self {
            Self::Customer(customer) => &customer.customer_id,
            Self::Account(draft) => &draft.customer_id,
            Self::Subscription(draft) => &draft.customer_id,
            Self::Event(event) => &event.customer_id,
            Self::Incident(draft) => &draft.customer_id,
            Self::Consent(consent) => &consent.customer_id,
        }
    }

    /// Returns the name of the record's field in an import, for example `subscription`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Account(_) => "account",
            Self::Subscription(_) => "subscription",
            Self::Event(_) => "event",
            Self::Incident(_) => "incident",
            Self::Consent(_) => "consent",
        }
    }

    /// Returns the place of the record among those of its row: what it rests on comes before it.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Customer(_) => 0,
            Self::Account(_) => 1,
            Self::Subscription(_) => 2,
            Self::Event(_) | Self::Incident(_) | Self::Consent(_) => 3,
        }
    }
}

/// What a write names, and so must be loaded and locked for it.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// Customers; each is locked.
    pub customers: BTreeSet<CustomerId>,
    /// Accounts, to learn whose they are.
    pub accounts: BTreeSet<(CustomerId, AccountId)>,
    /// Events.
    pub events: BTreeSet<(CustomerId, EventId)>,
    /// Incidents.
    pub incidents: BTreeSet<(CustomerId, IncidentId)>,
    /// Statements about being contacted.
    pub statements: BTreeSet<(CustomerId, Statement)>,
}

impl Named {
    /// Names one customer.
    pub fn customer(customer_id: &CustomerId) -> Self {
        Self {
            customers: BTreeSet::from([customer_id.clone()]),
            ..Self::default()
        }
    }

    /// Names one incident of a customer.
    pub fn incident(customer_id: &CustomerId, incident_id: &IncidentId) -> Self {
        Self {
            incidents: BTreeSet::from([(customer_id.clone(), incident_id.clone())]),
            ..Self::customer(customer_id)
        }
    }

    /// Names everything in a record.
    pub fn add(&mut self, record: &Record) {
        let customer_id = record.customer_id().clone();
        match record {
            Record::Customer(_) | Record::Subscription(_) => {}
            Record::Account(draft) => {
                let key = (customer_id.clone(), draft.account_id.clone());
                self.accounts.insert(key);
            }
            Record::Event(event) => {
                self.events
                    .insert((customer_id.clone(), event.event_id.clone()));
            }
            Record::Incident(draft) => {
                let key = (customer_id.clone(), draft.incident_id.clone());
                self.incidents.insert(key);
            }
            Record::Consent(consent) => {
                self.statements
                    .insert((customer_id.clone(), consent.statement));
            }
        }
        self.customers.insert(customer_id);
    }

    /// Names the same of the customers that the ids stand for.
    #[must_use]
    pub fn under(&self, aliases: &Aliases) -> Self {
        Self {
            customers: stand_for(aliases, self.customers.iter().map(|id| (id, ())))
                .map(|(id, ())| id)
                .collect(),
            accounts: stand_for(aliases, pairs(&self.accounts)).collect(),
            events: stand_for(aliases, pairs(&self.events)).collect(),
            incidents: stand_for(aliases, pairs(&self.incidents)).collect(),
            statements: stand_for(aliases, pairs(&self.statements)).collect(),
        }
    }

    /// Names everything in one record.
    pub fn of(record: &Record) -> Self {
        let mut named = Self::default();
        named.add(record);
        named
    }
}

fn pairs<T: Clone>(named: &BTreeSet<(CustomerId, T)>) -> impl Iterator<Item = (&CustomerId, T)> {
    named.iter().map(|(id, what)| (id, what.clone()))
}

fn stand_for<'a, T: 'a>(
    aliases: &'a Aliases,
    named: impl Iterator<Item = (&'a CustomerId, T)> + 'a,
) -> impl Iterator<Item = (CustomerId, T)> + 'a {
    named.map(|(id, what)| (aliases.resolve(id).clone(), what))
}
