//! The book of one customer: what is recorded as far as a write needs it, and the rules by which
//! records are taken in.
//!
//! Every method either takes its record in whole or leaves the book as it was.

#[cfg(test)]
mod tests;
mod touched;

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::{AccountId, CustomerId, EventId, IncidentId, SubscriptionId};
use kernel::time::Timestamp;

pub use touched::Touched;

use super::account::{Account, AccountDraft};
use super::consent::{Consent, Statement};
use super::customer::{Customer, Version};
use super::event::TimelineEvent;
use super::incident::{Incident, IncidentDraft, RecoveryOrder, Resolution};
use super::rejection::Rejection;
use super::subscription::{EndOrder, Subscription, SubscriptionDraft};

/// What is recorded of one customer, as far as a write needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// The customer's id, whether it is recorded or not.
    pub customer_id: CustomerId,
    /// The person was erased: nothing is recorded any more.
    pub is_erased: bool,
    /// The ids that were merged into it, sorted.
    pub merged_customer_ids: Vec<CustomerId>,
    /// The customer, if it is recorded.
    pub customer: Option<Customer>,
    /// How often and when it was written.
    pub version: Version,
    /// All accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Of the accounts a write names, those that other customers own.
    pub foreign_accounts: BTreeSet<AccountId>,
    /// All subscriptions.
    pub subscriptions: BTreeMap<SubscriptionId, Subscription>,
    /// All open incidents, and the resolved ones that a write names.
    pub incidents: BTreeMap<IncidentId, Incident>,
    /// The statements that count, and those that a write names, with their sources.
    pub statements: BTreeMap<Statement, String>,
    /// The events that a write names.
    pub events: BTreeMap<EventId, TimelineEvent>,
    /// What the write changed so far.
    pub touched: Touched,
}

impl Book {
    /// Opens an empty book.
    pub fn empty(customer_id: CustomerId, now: Timestamp) -> Self {
        Self {
            customer_id,
            is_erased: false,
            merged_customer_ids: Vec::new(),
            customer: None,
            version: Version::unwritten(now),
            accounts: BTreeMap::new(),
            foreign_accounts: BTreeSet::new(),
            subscriptions: BTreeMap::new(),
            incidents: BTreeMap::new(),
            statements: BTreeMap::new(),
            events: BTreeMap::new(),
            touched: Touched::default(),
        }
    }

    /// Returns the version that the customer has once this write is done.
    pub fn version_after(&self, now: Timestamp) -> Version {
        if self.touched.is_empty() {
            self.version
        } else {
            self.version.next(now)
        }
    }

    /// Returns the revision and the time under which followers hear that the person is no more.
    pub fn version_after_erasure(&self, now: Timestamp) -> Version {
        self.version.next(now)
    }

    /// Writes the customer whole. With a tag, only over exactly that version.
    pub fn put_customer(
        &mut self,
        customer: &Customer,
        etag: Option<&str>,
    ) -> Result<bool, Rejection> {
        if self.is_erased {
            return Err(Rejection::CustomerErased);
        }
        let current = self.customer.as_ref().map(|_| self.version.etag());
        if let Some(wanted) = etag
            && current.as_deref() != Some(wanted)
        {
            return Err(Rejection::EtagMismatch {
                etag: current.unwrap_or_default(),
            });
        }
        // By whatever name the customer was given, the book is that of the one that stays.
        let customer = Customer {
            customer_id: self.customer_id.clone(),
            ..customer.clone()
        };
        let changed = self.customer.as_ref() != Some(&customer);
        if changed {
            self.customer = Some(customer);
            self.touched.customer = true;
        }
        Ok(changed)
    }

    /// Takes over another customer: a change, whatever of the customer is as before.
    pub fn become_one(&mut self, customer: Customer) {
        self.customer = Some(customer);
        self.touched.customer = true;
    }

    /// Opens an account.
    pub fn open_account(
        &mut self,
        draft: &AccountDraft,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        self.require_customer()?;
        if self.foreign_accounts.contains(&draft.account_id) {
            return Err(Rejection::AccountTaken {
                account_id: draft.account_id.to_string(),
            });
        }
        let recorded = self.accounts.get(&draft.account_id);
        bound(
            recorded.is_none(),
            self.accounts.len(),
            Account::MOST,
            "accounts",
        )?;
        let account = Account::open(recorded, draft, now)?;
        let changed = recorded != Some(&account);
        if changed {
            self.touched.accounts.insert(account.account_id.clone());
            self.accounts.insert(account.account_id.clone(), account);
        }
        Ok(changed)
    }

    /// Records a subscription whole.
    pub fn put_subscription(
        &mut self,
        draft: &SubscriptionDraft,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        self.require_customer()?;
        if !self.accounts.contains_key(&draft.account_id) {
            return Err(Rejection::AccountNotFound {
                account_id: draft.account_id.to_string(),
            });
        }
        let recorded = self.subscriptions.get(&draft.subscription_id);
        let count = self.subscriptions.len();
        bound(
            recorded.is_none(),
            count,
            Subscription::MOST,
            "subscriptions",
        )?;
        let subscription = Subscription::put(recorded, draft, now)?;
        Ok(self.keep_subscription(subscription))
    }

    /// Sets the end of a subscription.
    pub fn end_subscription(
        &mut self,
        subscription_id: &SubscriptionId,
        order: EndOrder,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        let ended = self.subscription(subscription_id)?.ended(order, now);
        Ok(self.keep_subscription(ended))
    }

    /// Undoes an end that has not come yet.
    pub fn reinstate_subscription(
        &mut self,
        subscription_id: &SubscriptionId,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        let reinstated = self.subscription(subscription_id)?.reinstate(now)?;
        Ok(self.keep_subscription(reinstated))
    }

    /// Notes the ends that have come.
    pub fn settle_ends(&mut self, now: Timestamp) -> bool {
        let settled: Vec<_> = self
            .subscriptions
            .values()
            .map(|subscription| subscription.settled(now))
            .collect();
        let mut changed = false;
        for subscription in settled {
            changed |= self.keep_subscription(subscription);
        }
        changed
    }

    /// Records an event. The same event again changes nothing.
    pub fn record_event(
        &mut self,
        event: &TimelineEvent,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        self.require_customer()?;
        let event = &TimelineEvent {
            customer_id: self.customer_id.clone(),
            ..event.clone()
        };
        match self.events.get(&event.event_id) {
            Some(recorded) if recorded == event => return Ok(false),
            Some(_) => {
                return Err(Rejection::EventIdReused {
                    event_id: event.event_id.to_string(),
                });
            }
            None => event.check_time(now)?,
        }
        if let Some(subscription_id) = &event.subscription_id {
            self.book_amount(subscription_id, event)?;
        }
        self.touched.events.insert(event.event_id.clone());
        self.events.insert(event.event_id.clone(), event.clone());
        Ok(true)
    }

    /// Opens an incident.
    pub fn open_incident(
        &mut self,
        draft: &IncidentDraft,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        self.require_customer()?;
        if let Some(subscription_id) = &draft.core.subscription_id {
            self.subscription(subscription_id)?;
        }
        let recorded = self.incidents.get(&draft.incident_id);
        let open = self
            .incidents
            .values()
            .filter(|incident| incident.resolution.is_none());
        bound(
            recorded.is_none() && draft.resolution.is_none(),
            open.count(),
            Incident::MOST_OPEN,
            "open incidents",
        )?;
        let incident = Incident::open(recorded, draft, now)?;
        Ok(self.keep_incident(incident))
    }

    /// Records the next step of a recovery.
    pub fn advance_recovery(
        &mut self,
        incident_id: &IncidentId,
        order: RecoveryOrder,
    ) -> Result<bool, Rejection> {
        let advanced = self.incident(incident_id)?.advance(order)?;
        Ok(self.keep_incident(advanced))
    }

    /// Closes an incident.
    pub fn resolve_incident(
        &mut self,
        incident_id: &IncidentId,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        let resolved = self.incident(incident_id)?.resolve(resolution, now)?;
        Ok(self.keep_incident(resolved))
    }

    /// Records what the customer said about being contacted. Said twice is said once.
    pub fn record_consent(&mut self, consent: &Consent, now: Timestamp) -> Result<bool, Rejection> {
        self.require_customer()?;
        if now + TimelineEvent::CLOCK_TOLERANCE < consent.statement.record_time {
            return Err(Rejection::Unfit {
                field: "record_time",
                problem: "must not lie in the future",
            });
        }
        let changed = !self.statements.contains_key(&consent.statement);
        if changed {
            self.touched.statements.insert(consent.statement);
            self.statements
                .insert(consent.statement, consent.source.clone());
        }
        Ok(changed)
    }

    /// Finds a subscription of this customer.
    pub fn subscription(&self, id: &SubscriptionId) -> Result<&Subscription, Rejection> {
        self.require_customer()?;
        self.subscriptions
            .get(id)
            .ok_or_else(|| Rejection::SubscriptionNotFound {
                subscription_id: id.to_string(),
            })
    }

    /// Finds an incident of this customer.
    pub fn incident(&self, id: &IncidentId) -> Result<&Incident, Rejection> {
        self.require_customer()?;
        self.incidents
            .get(id)
            .ok_or_else(|| Rejection::IncidentNotFound {
                incident_id: id.to_string(),
            })
    }

    /// Finds the customer.
    pub fn require_customer(&self) -> Result<&Customer, Rejection> {
        if self.is_erased {
            return Err(Rejection::CustomerErased);
        }
        self.customer
            .as_ref()
            .ok_or_else(|| Rejection::CustomerNotFound {
                customer_id: self.customer_id.to_string(),
            })
    }

    fn book_amount(
        &mut self,
        subscription_id: &SubscriptionId,
        event: &TimelineEvent,
    ) -> Result<(), Rejection> {
        let subscription = self.subscription(subscription_id)?;
        let Some(amount) = event.amount else {
            return Ok(());
        };
        let currency = Some(subscription.adopt_currency(amount)?);
        self.keep_subscription(Subscription {
            currency,
            ..subscription.clone()
        });
        Ok(())
    }

    fn keep_subscription(&mut self, subscription: Subscription) -> bool {
        let id = subscription.subscription_id.clone();
        let changed = self.subscriptions.get(&id) != Some(&subscription);
        if changed {
            self.touched.subscriptions.insert(id.clone());
            self.subscriptions.insert(id, subscription);
        }
        changed
    }

    fn keep_incident(&mut self, incident: Incident) -> bool {
        let id = incident.incident_id.clone();
        let changed = self.incidents.get(&id) != Some(&incident);
        if changed {
            self.touched.incidents.insert(id.clone());
            self.incidents.insert(id, incident);
        }
        changed
    }
}

fn bound(grows: bool, count: usize, limit: usize, of: &'static str) -> Result<(), Rejection> {
    if grows && count >= limit {
        return Err(Rejection::TooMany { limit, of });
    }
    Ok(())
}
