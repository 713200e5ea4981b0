//! The customer as a decision sees them: facts and scores at one revision, and nothing that names
//! the person.

use kernel::id::{AccountId, BusinessLineId, CustomerId, SubscriptionId};
use kernel::money::Money;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::history::days_since;
use super::policy::{ContractKind, CustomerKind};

/// A customer at one revision, with the status computed on it. This is what the cache holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// The customer.
    pub customer_id: CustomerId,
    /// The revision of the facts.
    pub revision: u64,
    /// Who the customer is in law.
    pub kind: Option<CustomerKind>,
    /// Where they live; empty when not known.
    pub jurisdiction: String,
    /// The language they prefer; empty when not known.
    pub language: String,
    /// They have died.
    pub deceased: bool,
    /// They need particular care.
    pub vulnerable: bool,
    /// They asked never to be made an offer.
    pub do_not_offer: bool,
    /// The stage, in lower case.
    pub stage: String,
    /// The rule that gave the stage.
    pub stage_rule: String,
    /// When the current lifetime, or the last one, began.
    pub lifetime_started_at: Option<Timestamp>,
    /// How many continuous relationships there have been.
    pub lifetime_count: u32,
    /// The continuous relationships that have ended, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past_lifetimes: Vec<PastLifetime>,
    /// The subscriptions, oldest first.
    pub subscriptions: Vec<Subscription>,
    /// The incidents that are open.
    pub open_incidents: Vec<OpenIncident>,
    /// When the last incident was resolved.
    pub last_incident_resolved_at: Option<Timestamp>,
    /// How often they called or wrote, and when last.
    pub contact_count: u32,
    /// When they last called or wrote.
    pub last_contact_at: Option<Timestamp>,
    /// How many others they brought.
    pub referral_count: u32,
    /// How many payments failed.
    pub payment_failed_count: u32,
    /// When time alone changes the status.
    pub valid_until: Option<Timestamp>,
    /// Other ids of the customer, which were merged into this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged_customer_ids: Vec<CustomerId>,
}

/// A continuous relationship that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastLifetime {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What was said when it ended, as a key of the reason tree; empty when nothing was, and where it
    /// is sensitive.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stated_reason: String,
}

/// One subscription of the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The account it belongs to; absent where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The business line.
    pub business_line: BusinessLineId,
    /// The product or plan.
    pub product: String,
    /// Leaving is an event, not silence.
    pub contractual: bool,
    /// The commitment.
    pub contract_kind: Option<ContractKind>,
    /// The recorded state, in lower case.
    pub state: String,
    /// The customer is entitled to it.
    pub live: bool,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When the commitment ends.
    pub commitment_ends_at: Option<Timestamp>,
    /// When service ends or ended, if that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_ends_at: Option<Timestamp>,
    /// The price of one month.
    pub monthly_price: Option<Money>,
    /// The scores; absent while nothing could be estimated.
    pub score: Option<Score>,
}

/// The scores of a live subscription.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// The chance that it ends within the horizon.
    pub churn_risk: f64,
    /// The expected discounted months that are left.
    pub residual_months: f64,
    /// The margin of one month.
    pub monthly_margin: Money,
    /// What it is still worth.
    pub value_remaining: Money,
}

/// An incident that is not resolved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenIncident {
    /// What it is, as a short key.
    pub category: String,
    /// How badly it hurts, 1 to 3.
    pub severity: u8,
    /// A promise made in its recovery was broken.
    pub promise_broken: bool,
}

impl Customer {
    /// Counts the days since the current lifetime began. Reckoned anew at each decision, so that a
    /// cached customer never stays on the wrong side of a threshold.
    pub fn tenure_days(&self, now: Timestamp) -> i64 {
        self.lifetime_started_at
            .map_or(0, |start| days_since(start, now).max(0))
    }

    /// Counts the days of all lifetimes together, without those between them.
    pub fn total_tenure_days(&self, now: Timestamp) -> i64 {
        let past = &self.past_lifetimes;
        let days = past
            .iter()
            .map(|life| days_since(life.started_at, life.ended_at).max(0))
            .fold(0, i64::saturating_add);
        let last_is_past = past
            .iter()
            .any(|life| Some(life.started_at) == self.lifetime_started_at);
        if last_is_past {
            return days;
        }
        days.saturating_add(self.tenure_days(now))
    }

    /// The lifetimes before the one that is spoken of: the one that goes on, or the last one of somebody
    /// who is gone.
    pub fn lifetimes_before(&self) -> &[PastLifetime] {
        match self.past_lifetimes.split_last() {
            Some((_, before)) if self.live_subscription_count() == 0 => before,
            _ => &self.past_lifetimes,
        }
    }

    /// Lists the ids of the customer other than the one they were asked for by.
    pub fn other_ids(&self, asked: &CustomerId) -> Vec<CustomerId> {
        if self.merged_customer_ids.is_empty() {
            return Vec::new();
        }
        let all = self.merged_customer_ids.iter().chain([&self.customer_id]);
        all.filter(|id| *id != asked).cloned().collect()
    }

    /// Finds a subscription.
    pub fn subscription(&self, id: &SubscriptionId) -> Option<&Subscription> {
        self.subscriptions
            .iter()
            .find(|subscription| subscription.subscription_id == *id)
    }

    /// Counts what the customer is entitled to now.
    pub fn live_subscription_count(&self) -> usize {
        self.subscriptions
            .iter()
            .filter(|subscription| subscription.live)
            .count()
    }

    /// Lists what to be human about, as short keys.
    pub fn be_human_about(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .open_incidents
            .iter()
            .map(|incident| format!("open_incident:{}", incident.category))
            .collect();
        let flags = [
            (
                self.open_incidents
                    .iter()
                    .any(|incident| incident.promise_broken),
                "promise_broken",
            ),
            (self.deceased, "bereavement"),
            (self.vulnerable, "vulnerable"),
            (self.lifetime_count >= 2, "came_back"),
            (self.stage == "long_term", "long_standing"),
            (self.payment_failed_count > 0, "payment_trouble"),
        ];
        notes.extend(
            flags
                .into_iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, note)| note.to_owned()),
        );
        notes
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use kernel::money::Currency;

    use super::*;

    /// A customer of three years with one monthly subscription of 50 dollars, worth keeping.
    pub(crate) fn customer() -> Customer {
        let usd = Currency::parse("USD").unwrap();
        let started_at = Some("2023-11-21T12:00:00Z".parse().unwrap());
        Customer {
            customer_id: CustomerId::parse("c-1").unwrap(),
            revision: 7,
            kind: Some(CustomerKind::Person),
            jurisdiction: "US-TX".to_owned(),
            language: "en".to_owned(),
            deceased: false,
            vulnerable: false,
            do_not_offer: false,
            stage: "long_term".to_owned(),
            stage_rule: "long_term.tenure".to_owned(),
            lifetime_started_at: started_at,
            lifetime_count: 1,
            past_lifetimes: Vec::new(),
            subscriptions: vec![Subscription {
                subscription_id: SubscriptionId::parse("s-1").unwrap(),
                account_id: Some(AccountId::parse("a-1").unwrap()),
                business_line: BusinessLineId::parse("telecom").unwrap(),
                product: "fibre".to_owned(),
                contractual: true,
                contract_kind: Some(ContractKind::MonthToMonth),
                state: "active".to_owned(),
                live: true,
                started_at,
                commitment_ends_at: None,
                service_ends_at: None,
                monthly_price: Some(Money::new(5_000, usd)),
                score: Some(Score {
                    churn_risk: 0.2,
                    residual_months: 20.0,
                    monthly_margin: Money::new(2_000, usd),
                    value_remaining: Money::new(40_000, usd),
                }),
            }],
            open_incidents: Vec::new(),
            last_incident_resolved_at: None,
            contact_count: 0,
            last_contact_at: None,
            referral_count: 0,
            payment_failed_count: 0,
            valid_until: None,
            merged_customer_ids: Vec::new(),
        }
    }

    #[test]
    fn what_to_be_human_about_follows_the_facts() {
        let mut customer = customer();
        assert_eq!(customer.be_human_about(), ["long_standing"]);
        customer.lifetime_count = 2;
        customer.open_incidents.push(OpenIncident {
            category: "outage".to_owned(),
            severity: 2,
            promise_broken: true,
        });
        assert_eq!(
            customer.be_human_about(),
            [
                "open_incident:outage",
                "promise_broken",
                "came_back",
                "long_standing"
            ]
        );
    }
}
