//! Facts: the snapshot of one customer at one revision, and the fold that makes it.
//!
//! A snapshot names nobody. It is a pure function of the records: of which there are, not of the
//! order in which they came, nor of the present.

use std::collections::BTreeMap;

use kernel::id::{AccountId, BusinessLineId, CustomerId, IncidentId, SubscriptionId};
use kernel::money::Money;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::book::Book;
use super::consent::{Statement, latest};
use super::incident::Incident;
use super::lifetime::{Lifetime, lifetimes};
use super::subscription::{StatedReason, Subscription};
use super::timeline::Timeline;
use super::vocabulary::{
    ContractKind, CustomerKind, EndReason, RecoveryStep, Relationship, Severity, SubscriptionState,
};

/// The snapshot of one customer at one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The customer.
    pub customer_id: CustomerId,
    /// The revision.
    pub revision: u64,
    /// When the revision was written.
    pub update_time: Timestamp,
    /// Who the customer is in law, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CustomerKind>,
    /// Where the customer lives, empty when not known.
    pub jurisdiction: String,
    /// The preferred language, empty when not known.
    pub language: String,
    /// The customer has died.
    pub deceased: bool,
    /// The customer needs particular care.
    pub vulnerable: bool,
    /// The customer asked never to be made an offer.
    pub do_not_offer: bool,
    /// Every subscription, oldest first.
    pub subscriptions: Vec<SubscriptionFacts>,
    /// The continuous relationships so far, first to last.
    pub lifetimes: Vec<Lifetime>,
    /// Incidents that are not resolved, oldest first.
    pub open_incidents: Vec<IncidentFacts>,
    /// What the timeline amounts to.
    pub timeline: Timeline,
    /// What was said last about each channel.
    pub consents: Vec<Statement>,
    /// How many incidents there have ever been, and when the last was resolved.
    pub incident_history: IncidentHistory,
    /// Other ids of the customer, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_customer_ids: Vec<CustomerId>,
}

/// One subscription in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionFacts {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The account it belongs to.
    pub account_id: AccountId,
    /// The business line whose rules apply.
    pub business_line: Option<BusinessLineId>,
    /// The product or plan.
    pub product: String,
    /// How leaving shows itself, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relationship: Option<Relationship>,
    /// The commitment, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract_kind: Option<ContractKind>,
    /// The recorded state.
    pub state: SubscriptionState,
    /// When service began.
    pub start_time: Timestamp,
    /// When the commitment ends, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment_end_time: Option<Timestamp>,
    /// When service ends or ended, if that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_end_time: Option<Timestamp>,
    /// When billing ends or ended, if that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_end_time: Option<Timestamp>,
    /// The price of one month, if there is a recurring price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_price: Option<Money>,
    /// What ended it, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_reason: Option<EndReason>,
    /// What the customer said when it ended.
    #[serde(default, skip_serializing_if = "StatedReason::is_empty")]
    pub stated: StatedReason,
    /// Further attributes by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// One open incident in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentFacts {
    /// The incident.
    pub incident_id: IncidentId,
    /// The subscription it touches; none when it touches the whole relationship.
    pub subscription_id: Option<SubscriptionId>,
    /// How badly it hurts.
    pub severity: Severity,
    /// What it is, as a short key.
    pub category: String,
    /// When it began.
    pub open_time: Timestamp,
    /// How far recovery has come.
    pub recovery_step: Option<RecoveryStep>,
    /// When the current promise is due.
    pub promise_due_time: Option<Timestamp>,
    /// A promise was broken.
    pub promise_broken: bool,
    /// When the promise that was broken last was due; absent where that is not known.
    pub broken_promise_due_time: Option<Timestamp>,
}

/// What all incidents of a customer, open and resolved, amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentHistory {
    /// How many there have ever been.
    pub count: u32,
    /// When the last one was resolved, if one was.
    pub last_resolve_time: Option<Timestamp>,
}

impl Facts {
    /// Folds the records of one customer into its snapshot; none without a customer.
    pub fn fold(
        book: &Book,
        timeline: Timeline,
        incident_history: IncidentHistory,
    ) -> Option<Self> {
        let customer = book.customer.as_ref()?;
        Some(Self {
            customer_id: customer.customer_id.clone(),
            revision: book.version.revision,
            update_time: book.version.update_time,
            kind: customer.kind,
            jurisdiction: customer.jurisdiction.clone(),
            language: customer.language.clone(),
            deceased: customer.deceased,
            vulnerable: customer.vulnerable,
            do_not_offer: customer.do_not_offer,
            subscriptions: subscriptions(book),
            lifetimes: lifetimes(book.subscriptions.values()),
            open_incidents: open_incidents(book),
            timeline,
            consents: latest(book.statements.keys().copied()),
            incident_history,
            merged_customer_ids: book.merged_customer_ids.clone(),
        })
    }
}

fn subscriptions(book: &Book) -> Vec<SubscriptionFacts> {
    let mut facts: Vec<_> = book
        .subscriptions
        .values()
        .map(|subscription| subscription_facts(book, subscription))
        .collect();
    facts.sort_by(|left, right| {
        (left.start_time, &left.subscription_id).cmp(&(right.start_time, &right.subscription_id))
    });
    facts
}

fn subscription_facts(book: &Book, subscription: &Subscription) -> SubscriptionFacts {
    let account = book.accounts.get(&subscription.account_id);
    let end = subscription.end.as_ref();
    SubscriptionFacts {
        subscription_id: subscription.subscription_id.clone(),
        account_id: subscription.account_id.clone(),
        business_line: account.map(|account| account.business_line.clone()),
        product: subscription.product.clone(),
        relationship: subscription.relationship,
        contract_kind: subscription.contract_kind,
        state: subscription.state(),
        start_time: subscription.start_time,
        commitment_end_time: subscription.commitment_end_time,
        service_end_time: end.map(|end| end.service_end_time),
        billing_end_time: end.and_then(|end| end.billing_end_time),
        monthly_price: subscription.monthly_price,
        end_reason: end.and_then(|end| end.reason),
        stated: end.map(|end| end.stated.clone()).unwrap_or_default(),
        attributes: subscription.attributes.clone(),
    }
}

fn open_incidents(book: &Book) -> Vec<IncidentFacts> {
    let mut facts: Vec<_> = book
        .incidents
        .values()
        .filter(|incident| incident.resolution.is_none())
        .map(IncidentFacts::from)
        .collect();
    facts.sort_by(|left, right| {
        (left.open_time, &left.incident_id).cmp(&(right.open_time, &right.incident_id))
    });
    facts
}

impl From<&Incident> for IncidentFacts {
    fn from(incident: &Incident) -> Self {
        Self {
            incident_id: incident.incident_id.clone(),
            subscription_id: incident.core.subscription_id.clone(),
            severity: incident.core.severity,
            category: incident.core.category.clone(),
            open_time: incident.core.open_time,
            recovery_step: incident.recovery_step,
            promise_due_time: incident.promise_due_time,
            promise_broken: incident.promise_broken,
            broken_promise_due_time: incident.broken_promise_due_time,
        }
    }
}
