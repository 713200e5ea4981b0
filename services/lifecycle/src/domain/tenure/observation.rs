//! What a customer's facts contribute to a fit.

use kernel::time::Timestamp;

use crate::domain::clock_days::start_of_day;
use crate::domain::facts::{ContractKind, CustomerFacts, Relationship, State, Subscription};

/// How long one contractual subscription was exposed to ending.
#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// The customer.
    pub customer_id: String,
    /// The subscription.
    pub subscription_id: String,
    /// Its business line.
    pub business_line: String,
    /// Its commitment.
    pub contract_kind: ContractKind,
    /// When service began.
    pub start_time: Timestamp,
    /// When service ended; absent while it lasts.
    pub end_time: Option<Timestamp>,
    /// It lives on elsewhere: watched until its end, and no churn.
    pub lives_on: bool,
}

/// On which days a non-contractual customer of a line bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseHistory {
    /// The business line.
    pub business_line: String,
    /// The days since 1970-01-01, ascending.
    pub purchase_days: Vec<i32>,
}

/// Everything that one customer contributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// The customer.
    pub customer_id: String,
    /// The revision it was taken from.
    pub revision: u64,
    /// The latest thing known to have happened with the customer, not later than now. The latest
    /// of a whole line is where its observation ends: data of 1997 say nothing about 1998.
    pub last_seen_time: Timestamp,
    /// The contractual subscriptions that have begun.
    pub exposures: Vec<Exposure>,
    /// The purchases, once for each line the customer buys from.
    pub histories: Vec<PurchaseHistory>,
}

/// Why facts cannot be used for a fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A subscription in force or over has no beginning.
    #[error("subscription {0} has no start time")]
    NoStart(String),
    /// A subscription ends before it begins.
    #[error("subscription {0} ends before it starts")]
    EndsBeforeStart(String),
    /// A subscription is over, and nobody knows since when.
    #[error("subscription {0} has ended without an end time")]
    NoEnd(String),
    /// A subscription belongs to no line.
    #[error("subscription {0} has no business line")]
    NoBusinessLine(String),
    /// The days of the purchases are out of order.
    #[error("the purchase days are not ascending")]
    UnorderedPurchases,
}

/// Takes from the facts what a fit needs, or says why it cannot be used.
pub fn observe(facts: &CustomerFacts, now: Timestamp) -> Result<Observation, Unusable> {
    if !facts.purchase_days.is_sorted_by(|left, right| left < right) {
        return Err(Unusable::UnorderedPurchases);
    }
    let mut exposures = Vec::new();
    let mut histories: Vec<PurchaseHistory> = Vec::new();
    for subscription in &facts.subscriptions {
        if subscription.business_line.is_empty() {
            let id = subscription.subscription_id.clone();
            return Err(Unusable::NoBusinessLine(id));
        }
        match subscription.relationship {
            Relationship::Contractual => {
                exposures.extend(expose(&facts.customer_id, subscription, now)?);
            }
            Relationship::NonContractual => add_history(facts, subscription, &mut histories),
        }
    }
    Ok(Observation {
        customer_id: facts.customer_id.clone(),
        revision: facts.revision,
        last_seen_time: last_seen(facts, now),
        exposures,
        histories,
    })
}

fn expose(
    customer_id: &str,
    subscription: &Subscription,
    now: Timestamp,
) -> Result<Option<Exposure>, Unusable> {
    let id = || subscription.subscription_id.clone();
    if subscription.state == State::Prospect {
        return Ok(None);
    }
    let start_time = subscription
        .start_time
        .ok_or_else(|| Unusable::NoStart(id()))?;
    if start_time > now {
        return Ok(None);
    }
    let end_time = subscription.service_end_time;
    if end_time.is_some_and(|end| end < start_time) {
        return Err(Unusable::EndsBeforeStart(id()));
    }
    if end_time.is_none() && subscription.state == State::Ended {
        return Err(Unusable::NoEnd(id()));
    }
    Ok(Some(Exposure {
        customer_id: customer_id.to_owned(),
        subscription_id: id(),
        business_line: subscription.business_line.clone(),
        contract_kind: subscription.contract_kind,
        start_time,
        end_time,
        lives_on: subscription.lives_on,
    }))
}

fn add_history(
    facts: &CustomerFacts,
    subscription: &Subscription,
    histories: &mut Vec<PurchaseHistory>,
) {
    let known = histories
        .iter()
        .any(|history| history.business_line == subscription.business_line);
    if known || facts.purchase_days.is_empty() {
        return;
    }
    histories.push(PurchaseHistory {
        business_line: subscription.business_line.clone(),
        purchase_days: facts.purchase_days.clone(),
    });
}

fn last_seen(facts: &CustomerFacts, now: Timestamp) -> Timestamp {
    let subscriptions = facts
        .subscriptions
        .iter()
        .flat_map(|subscription| [subscription.start_time, subscription.service_end_time]);
    let lifetimes = facts
        .lifetimes
        .iter()
        .flat_map(|lifetime| [lifetime.start_time, lifetime.end_time]);
    let activities = facts.activities.iter().map(|activity| activity.last_time);
    let incidents = facts
        .open_incidents
        .iter()
        .map(|incident| incident.open_time);
    let purchase = facts.purchase_days.last().copied().map(start_of_day);
    subscriptions
        .chain(lifetimes)
        .chain(activities)
        .chain(incidents)
        .chain([facts.last_incident_resolve_time, purchase])
        .flatten()
        .filter(|time| *time <= now)
        .max()
        .unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        time("2026-06-01T00:00:00Z")
    }

    fn contract(start: Option<&str>, end: Option<&str>) -> Subscription {
        Subscription {
            subscription_id: "s-1".to_owned(),
            business_line: "telecom".to_owned(),
            start_time: start.map(time),
            service_end_time: end.map(time),
            ..Subscription::default()
        }
    }

    fn observed(subscription: Subscription) -> Result<Observation, Unusable> {
        let facts = CustomerFacts {
            subscriptions: vec![subscription],
            ..CustomerFacts::default()
        };
        observe(&facts, now())
    }

    #[test]
    fn a_live_contract_is_exposed_without_an_end() {
        let found = observed(contract(Some("2026-01-01T00:00:00Z"), None)).unwrap();
        assert_eq!(found.exposures[0].end_time, None);
        assert_eq!(found.last_seen_time, time("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn what_has_not_begun_is_not_exposed_and_the_future_is_not_seen() {
        let found = observed(contract(Some("2026-07-01T00:00:00Z"), None)).unwrap();
        assert!(found.exposures.is_empty());
        assert_eq!(found.last_seen_time, Timestamp::UNIX_EPOCH);
    }

    #[test]
    fn unusable_facts_say_why() {
        let found = observed(contract(None, None)).unwrap_err();
        assert_eq!(found, Unusable::NoStart("s-1".to_owned()));
        let (start, end) = ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z");
        let found = observed(contract(Some(start), Some(end))).unwrap_err();
        assert_eq!(found, Unusable::EndsBeforeStart("s-1".to_owned()));
        let ended = Subscription {
            state: State::Ended,
            ..contract(Some(start), None)
        };
        let found = observed(ended).unwrap_err();
        assert_eq!(found, Unusable::NoEnd("s-1".to_owned()));
        let nowhere = Subscription {
            business_line: String::new(),
            ..contract(Some(start), None)
        };
        let found = observed(nowhere).unwrap_err();
        assert_eq!(found, Unusable::NoBusinessLine("s-1".to_owned()));
    }

    #[test]
    fn a_buyer_gives_one_history_for_each_line() {
        let buyer = |id: &str, line: &str| Subscription {
            subscription_id: id.to_owned(),
            business_line: line.to_owned(),
            relationship: Relationship::NonContractual,
            ..Subscription::default()
        };
        let mut facts = CustomerFacts {
            subscriptions: vec![
                buyer("a", "music"),
                buyer("b", "music"),
                buyer("c", "books"),
            ],
            purchase_days: vec![10, 17],
            ..CustomerFacts::default()
        };
        let found = observe(&facts, now()).unwrap();
        assert_eq!(found.histories.len(), 2);
        assert_eq!(found.last_seen_time, start_of_day(17));
        facts.purchase_days = vec![17, 17];
        assert_eq!(observe(&facts, now()), Err(Unusable::UnorderedPurchases));
    }
}
