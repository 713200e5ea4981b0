//! Lifetimes: the continuous relationships of one customer.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::subscription::Subscription;
use super::vocabulary::EndReason;

/// The n-th continuous relationship of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// The number, from one.
    pub number: u32,
    /// When it began.
    pub start_time: Timestamp,
    /// When it ended or is set to end; none while nothing ends it.
    pub end_time: Option<Timestamp>,
    /// What ended it, where known.
    pub end_reason: Option<EndReason>,
}

/// Lifetimes kept in a snapshot; older ones are counted by the numbers of the kept ones.
pub const MOST_LIFETIMES: usize = 100;

/// One time in service, from its start up to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    start: Timestamp,
    end: Option<Timestamp>,
    reason: Option<EndReason>,
}

/// A run of intervals without a gap, or with gaps that a linked end bridges.
struct Run {
    start: Timestamp,
    end: Option<Timestamp>,
    /// What ended it: of several at the same instant the first in the vocabulary's order.
    reason: Option<EndReason>,
    /// Something that ended it was moved, replaced or merged: what follows goes on with it.
    linked: bool,
}

/// Folds subscriptions, in any order, into lifetimes.
///
/// A lifetime is a connected part of the union of the times in service; touching counts as
/// connected, and a service that was moved, replaced or merged is connected with whatever follows
/// it. Nothing here depends on the present: whether an end has come is for the reader to say.
pub fn lifetimes<'s>(subscriptions: impl IntoIterator<Item = &'s Subscription>) -> Vec<Lifetime> {
    let mut intervals: Vec<Interval> = subscriptions.into_iter().filter_map(interval).collect();
    intervals.sort_unstable();
    let mut runs: Vec<Run> = Vec::new();
    for interval in intervals {
        match runs.last_mut().filter(|run| run.reaches(interval.start)) {
            Some(run) => run.extend(interval),
            None => runs.push(Run::from(interval)),
        }
    }
    let skipped = runs.len().saturating_sub(MOST_LIFETIMES);
    let numbered = (1..).zip(runs);
    numbered.skip(skipped).map(Run::into_lifetime).collect()
}

fn interval(subscription: &Subscription) -> Option<Interval> {
    let end = subscription.end.map(|end| end.service_end_time);
    // What never was in service is no relationship.
    if end.is_some_and(|end| end <= subscription.start_time) {
        return None;
    }
    Some(Interval {
        start: subscription.start_time,
        end,
        reason: subscription.end.and_then(|end| end.reason),
    })
}

impl From<Interval> for Run {
    fn from(interval: Interval) -> Self {
        Self {
            start: interval.start,
            end: interval.end,
            reason: interval.reason,
            linked: interval.reason.is_some_and(EndReason::is_linked),
        }
    }
}

impl Run {
    fn reaches(&self, start: Timestamp) -> bool {
        self.linked || self.end.is_none_or(|end| start <= end)
    }

    fn extend(&mut self, interval: Interval) {
        let Some(end) = self.end else { return };
        let next = Self::from(interval);
        match next.end {
            Some(next_end) if next_end < end => {}
            Some(next_end) if next_end == end => {
                self.linked |= next.linked;
                self.reason = [self.reason, next.reason].into_iter().flatten().min();
            }
            _ => {
                *self = Self {
                    start: self.start,
                    ..next
                }
            }
        }
    }

    fn into_lifetime((number, run): (u32, Self)) -> Lifetime {
        Lifetime {
            number,
            start_time: run.start,
            end_time: run.end,
            end_reason: run.end.and(run.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::id::{AccountId, SubscriptionId};
    use proptest::prelude::*;

    use super::super::subscription::{End, Standing};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn service(start: i64, end: Option<(i64, EndReason)>) -> Subscription {
        Subscription {
            account_id: AccountId::parse("a").unwrap(),
            subscription_id: SubscriptionId::parse(&format!("s{start}")).unwrap(),
            product: String::new(),
            relationship: None,
            contract_kind: None,
            standing: Standing::Active,
            start_time: at(start),
            commitment_end_time: None,
            end: end.map(|(second, reason)| End {
                service_end_time: at(second),
                billing_end_time: None,
                reason: Some(reason),
                reached: false,
            }),
            monthly_price: None,
            currency: None,
            attributes: BTreeMap::new(),
        }
    }

    fn spans(subscriptions: &[Subscription]) -> Vec<(i64, Option<i64>)> {
        let second = Timestamp::as_second;
        let spans = lifetimes(subscriptions).into_iter();
        spans
            .map(|lifetime| (second(lifetime.start_time), lifetime.end_time.map(second)))
            .collect()
    }

    const LEFT: EndReason = EndReason::CustomerTermination;
    const MOVED: EndReason = EndReason::MovedService;

    #[test]
    fn overlapping_and_touching_services_are_one_lifetime() {
        let services = [
            service(5, Some((9, LEFT))),
            service(1, Some((5, LEFT))),
            service(7, Some((8, LEFT))),
        ];
        assert_eq!(spans(&services), [(1, Some(9))]);
    }

    #[test]
    fn a_gap_starts_a_new_lifetime_unless_the_service_was_moved() {
        let after = |reason| [service(1, Some((5, reason))), service(6, None)];
        assert_eq!(spans(&after(LEFT)), [(1, Some(5)), (6, None)]);
        assert_eq!(spans(&after(MOVED)), [(1, None)]);
        let alone = lifetimes(&[service(1, Some((5, MOVED)))]);
        assert_eq!(
            (alone[0].end_time, alone[0].end_reason),
            (Some(at(5)), Some(MOVED))
        );
    }

    #[test]
    fn what_ends_last_says_why_the_lifetime_ended() {
        let ended = lifetimes(&[
            service(1, Some((9, EndReason::PaymentFailure))),
            service(2, Some((5, LEFT))),
        ]);
        assert_eq!(ended[0].end_reason, Some(EndReason::PaymentFailure));
    }

    #[test]
    fn what_never_was_in_service_is_no_lifetime() {
        assert!(lifetimes(&[service(5, Some((5, LEFT)))]).is_empty());
    }

    #[test]
    fn only_the_latest_lifetimes_are_kept_under_their_own_numbers() {
        let many: Vec<_> = (0..120)
            .map(|year| service(10 * year, Some((10 * year + 1, LEFT))))
            .collect();
        let kept = lifetimes(&many);
        assert_eq!(
            (kept.len(), kept[0].number, kept[99].number),
            (100, 21, 120)
        );
    }

    fn services() -> impl Strategy<Value = Vec<Subscription>> {
        let reasons = prop_oneof![Just(LEFT), Just(MOVED), Just(EndReason::Death)];
        let end = proptest::option::of((1_i64..30, reasons));
        proptest::collection::vec((0_i64..60, end), 0..12).prop_map(|parts| {
            parts
                .into_iter()
                .map(|(start, end)| service(start, end.map(|(length, why)| (start + length, why))))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn neither_order_nor_repetition_matters(
            (services, shuffled) in services().prop_flat_map(|services| {
                let doubled = [services.clone(), services.clone()].concat();
                (Just(services), Just(doubled).prop_shuffle())
            }),
        ) {
            prop_assert_eq!(lifetimes(&services), lifetimes(&shuffled));
        }

        #[test]
        fn lifetimes_do_not_touch_and_cover_every_service(services in services()) {
            let folded = lifetimes(&services);
            for pair in folded.windows(2) {
                prop_assert!(pair[0].end_time.is_some_and(|end| end < pair[1].start_time));
                prop_assert_eq!(pair[0].number + 1, pair[1].number);
            }
            for service in &services {
                let end = service.end.map(|end| end.service_end_time);
                let covered = folded.iter().any(|lifetime| {
                    lifetime.start_time <= service.start_time
                        && lifetime.end_time.is_none_or(|last| end.is_some_and(|end| end <= last))
                });
                prop_assert!(covered);
            }
        }
    }
}
