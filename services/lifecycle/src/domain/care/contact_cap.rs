//! How often a customer is contacted at most, whatever it is about.

use kernel::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// After how many minutes a task is looked at again that waits for another one under way.
const RECHECK_MINUTES: i64 = 10;

/// At most so many contacts in so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCap {
    /// How many contacts.
    pub contacts: u32,
    /// In how many days.
    pub days: u32,
}

/// The contacts with one customer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// When those were made that are over, the latest first.
    pub made: Vec<Timestamp>,
    /// How many are under way.
    pub under_way: usize,
}

/// Finds the time before which a customer must not be contacted again; nothing where it may be now.
pub fn held_back_until(
    caps: &[ContactCap],
    contacts: &Contacts,
    now: Timestamp,
) -> Option<Timestamp> {
    caps.iter()
        .filter_map(|cap| held_back_by(*cap, contacts, now))
        .max()
}

fn held_back_by(cap: ContactCap, contacts: &Contacts, now: Timestamp) -> Option<Timestamp> {
    let most = usize::try_from(cap.contacts).unwrap_or(usize::MAX);
    // Of those that are over, so many may lie in the time looked back on.
    let Some(room) = most.checked_sub(contacts.under_way + 1) else {
        return Some(later(now, Span::new().minutes(RECHECK_MINUTES)));
    };
    let free = later(
        *contacts.made.get(room)?,
        Span::new().hours(24 * i64::from(cap.days)),
    );
    (free > now).then_some(free)
}

fn later(time: Timestamp, span: Span) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Timestamp {
        Timestamp::from_second(number * 86_400).unwrap()
    }

    fn contacts(days: &[i64], under_way: usize) -> Contacts {
        Contacts {
            made: days.iter().copied().map(day).collect(),
            under_way,
        }
    }

    const TWICE_A_WEEK: ContactCap = ContactCap {
        contacts: 2,
        days: 7,
    };

    #[test]
    fn who_was_contacted_often_enough_waits_for_the_oldest_of_these() {
        let until = |made: &[i64], under_way| {
            held_back_until(&[TWICE_A_WEEK], &contacts(made, under_way), day(10))
        };
        assert_eq!(until(&[], 0), None);
        assert_eq!(until(&[9], 0), None);
        assert_eq!(until(&[9, 5, 1], 0), Some(day(12)));
        assert_eq!(until(&[9, 3], 0), None, "a week is over");
        assert_eq!(until(&[9], 1), Some(day(16)), "the other one is under way");
        assert_eq!(until(&[], 1), None);
        let soon = day(10).checked_add(Span::new().minutes(10)).ok();
        assert_eq!(until(&[], 2), soon);
    }

    #[test]
    fn of_several_caps_the_strictest_holds() {
        let daily = ContactCap {
            contacts: 1,
            days: 1,
        };
        let made = contacts(&[10, 9], 0);
        let until = held_back_until(&[daily, TWICE_A_WEEK], &made, day(10));
        assert_eq!(until, Some(day(16)));
    }
}
