//! What ends a task that waits: what it was about is over.

use kernel::time::{Span, Timestamp};

use super::planning::is_staying;
use super::{CareKind, SENDER};
use crate::domain::facts::{CustomerFacts, Standing};

/// The customer died.
pub const CUSTOMER_DIED: &str = "CUSTOMER_DIED";
/// The customer leaves, or has left.
pub const LEAVING: &str = "LEAVING";
/// Nothing asks for it any more.
pub const NOT_NEEDED: &str = "NOT_NEEDED";
/// Who had left is back.
pub const RETURNED: &str = "RETURNED";
/// Its time was over.
pub const EXPIRED: &str = "EXPIRED";
/// Nobody reported on any of its leases.
pub const NOT_DELIVERED: &str = "NOT_DELIVERED";
/// The merged customer had the same task.
pub const MERGED: &str = "MERGED";

/// For how many hours a subscription that somebody just left may still look as if it went on: the
/// news of its end comes later than what is asked for because of it.
const END_IS_LATE_HOURS: i64 = 48;

/// What a customer is to the company.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relation {
    /// The customer died.
    pub has_died: bool,
    /// The subscriptions that go on, and since when.
    pub staying: Vec<(String, Option<Timestamp>)>,
}

/// A task that waits and another service asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What it is about.
    pub kind: CareKind,
    /// What of it.
    pub subject: String,
    /// Who has to do it.
    pub owner: String,
    /// When it was asked for.
    pub ask_time: Timestamp,
}

impl Relation {
    /// Reads it from the facts.
    pub fn of(facts: &CustomerFacts, now: Timestamp) -> Self {
        let subscriptions = facts.subscriptions.iter();
        let staying = subscriptions
            .filter(|it| it.standing(now) == Standing::Live && is_staying(it))
            .map(|it| (it.subscription_id.clone(), it.start_time));
        Self {
            has_died: facts.has_died(now),
            staying: staying.collect(),
        }
    }

    /// Nothing goes on.
    pub fn is_leaving(&self) -> bool {
        self.staying.is_empty()
    }

    /// Why a task of the plan that is not wanted any more is withdrawn.
    pub fn withdrawal_reason(&self) -> &'static str {
        if self.has_died {
            CUSTOMER_DIED
        } else if self.is_leaving() {
            LEAVING
        } else {
            NOT_NEEDED
        }
    }

    /// Why a task that another service asked for is over, if it is. What the company owes itself of
    /// somebody who died, such as the final bill, is not.
    pub fn ends(&self, asked: &Asked, now: Timestamp) -> Option<&'static str> {
        if self.has_died {
            return (asked.owner == SENDER).then_some(CUSTOMER_DIED);
        }
        let is_back = asked.kind.is_for_the_gone() && self.has_returned(asked, now);
        is_back.then_some(RETURNED)
    }

    /// Something new goes on since, or what was left goes on after all.
    fn has_returned(&self, asked: &Asked, now: Timestamp) -> bool {
        let left = asked.subject.split('/').next().unwrap_or_default();
        let known = asked
            .ask_time
            .checked_add(Span::new().hours(END_IS_LATE_HOURS))
            .unwrap_or(Timestamp::MAX);
        self.staying.iter().any(|(subscription_id, start)| {
            let is_new = start.is_some_and(|start| start > asked.ask_time);
            is_new || (subscription_id == left && known <= now)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(number: i64) -> Timestamp {
        Timestamp::from_second(number * 3_600).unwrap()
    }

    fn asked(kind: CareKind, owner: &str) -> Asked {
        Asked {
            kind,
            subject: "s-1/first".to_owned(),
            owner: owner.to_owned(),
            ask_time: hour(100),
        }
    }

    fn staying(id: &str, start: i64) -> Relation {
        Relation {
            has_died: false,
            staying: vec![(id.to_owned(), Some(hour(start)))],
        }
    }

    #[test]
    fn who_comes_back_is_not_asked_back() {
        let win_back = asked(CareKind::WinBack, SENDER);
        let new = staying("s-2", 200);
        assert_eq!(new.ends(&win_back, hour(201)), Some(RETURNED));
        let other = staying("s-2", 50);
        assert_eq!(other.ends(&win_back, hour(900)), None, "had it all along");
        let same = staying("s-1", 50);
        assert_eq!(
            same.ends(&win_back, hour(101)),
            None,
            "the end is not there yet"
        );
        assert_eq!(same.ends(&win_back, hour(148)), Some(RETURNED));
        let step = asked(CareKind::ExitStep, SENDER);
        assert_eq!(new.ends(&step, hour(201)), None);
    }

    #[test]
    fn nobody_writes_to_the_dead_and_the_final_bill_is_made() {
        let dead = Relation {
            has_died: true,
            staying: Vec::new(),
        };
        let to_them = asked(CareKind::ExitStep, SENDER);
        assert_eq!(dead.ends(&to_them, hour(101)), Some(CUSTOMER_DIED));
        let final_bill = asked(CareKind::ExitStep, "billing");
        assert_eq!(dead.ends(&final_bill, hour(101)), None);
    }
}
