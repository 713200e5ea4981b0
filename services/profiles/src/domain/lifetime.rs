//! Lifetimes: the continuous relationships of one customer.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::subscription::{End, StatedReason, Subscription};
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
    /// What the customer said when it ended.
    #[serde(default, skip_serializing_if = "StatedReason::is_empty")]
    pub stated: StatedReason,
}

/// Lifetimes kept in a snapshot; older ones are counted by the numbers of the kept ones.
pub const MOST_LIFETIMES: usize = 100;

/// One time in service, from its start up to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Interval<'s> {
    start: Timestamp,
    end: Option<Timestamp>,
    why: Why<'s>,
}

/// Why something ended. Of several the least counts: one whose reason is known, then the first in the
/// vocabulary's order, then one where something was said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Why<'s> {
    is_unknown: bool,
    reason: Option<EndReason>,
    is_unsaid: bool,
    stated: Option<&'s StatedReason>,
}

/// A run of intervals without a gap, or with gaps that a linked end bridges.
struct Run<'s> {
    start: Timestamp,
    end: Option<Timestamp>,
    /// What ended it: of several at the same instant the one that counts.
    why: Why<'s>,
    /// Something that ended it was moved, replaced or merged: what follows goes on with it.
    linked: bool,
}

/// Folds subscriptions, in any order, into lifetimes.
///
/// A lifetime is a connected part of the union of the times in service; touching counts as
/// connected, and a service that was moved, replaced or merged is connected with whatever follows
/// it. Nothing here depends on the present: whether an end has come is for the reader to say.
pub fn lifetimes<'s>(subscriptions: impl IntoIterator<Item = &'s Subscription>) -> Vec<Lifetime> {
    let mut intervals: Vec<Interval<'_>> = subscriptions.into_iter().filter_map(interval).collect();
    intervals.sort_unstable();
    let mut runs: Vec<Run<'_>> = Vec::new();
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

fn interval(subscription: &Subscription) -> Option<Interval<'_>> {
    let set = subscription.end.as_ref();
    let end = set.map(|end| end.service_end_time);
    // What never was in service is no relationship.
    if end.is_some_and(|end| end <= subscription.start_time) {
        return None;
    }
    Some(Interval {
        start: subscription.start_time,
        end,
        why: Why::of(set),
    })
}

impl<'s> Why<'s> {
    fn of(end: Option<&'s End>) -> Self {
        let reason = end.and_then(|end| end.reason);
        let stated = end.map(|end| &end.stated);
        Self {
            is_unknown: reason.is_none(),
            reason,
            is_unsaid: stated.is_none_or(StatedReason::is_empty),
            stated,
        }
    }
}

impl<'s> From<Interval<'s>> for Run<'s> {
    fn from(interval: Interval<'s>) -> Self {
        Self {
            start: interval.start,
            end: interval.end,
            why: interval.why,
            linked: interval.why.reason.is_some_and(EndReason::is_linked),
        }
    }
}

impl<'s> Run<'s> {
    fn reaches(&self, start: Timestamp) -> bool {
        self.linked || self.end.is_none_or(|end| start <= end)
    }

    fn extend(&mut self, interval: Interval<'s>) {
        let Some(end) = self.end else { return };
        let next = Self::from(interval);
        match next.end {
            Some(next_end) if next_end < end => {}
            Some(next_end) if next_end == end => {
                self.linked |= next.linked;
                self.why = self.why.min(next.why);
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
            end_reason: run.why.reason,
            stated: run.why.stated.cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::id::{AccountId, SubscriptionId};
    use proptest::prelude::*;

    use super::super::subscription::Standing;
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
                stated: StatedReason::default(),
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

    fn saying(key: &str, mut service: Subscription) -> Subscription {
        if let Some(end) = &mut service.end {
            key.clone_into(&mut end.stated.key);
        }
        service
    }

    #[test]
    fn what_ends_last_says_what_was_said() {
        let sooner = saying("moving", service(2, Some((5, LEFT))));
        let last = saying("too_expensive", service(1, Some((9, LEFT))));
        let ended = lifetimes(&[sooner.clone(), last]);
        assert_eq!(ended[0].stated.key, "too_expensive");
        let silent = lifetimes(&[sooner.clone(), service(1, Some((9, LEFT)))]);
        assert!(silent[0].stated.is_empty());
        let goes_on = lifetimes(&[sooner, service(1, None)]);
        assert!(goes_on[0].stated.is_empty());
    }

    #[test]
    fn of_ends_at_one_instant_the_reason_that_counts_brings_what_was_said() {
        let died = service(1, Some((9, EndReason::Death)));
        let left = saying("too_expensive", service(2, Some((9, LEFT))));
        let silent = service(3, Some((9, LEFT)));
        let ended = lifetimes(&[died, silent, left]);
        assert_eq!(ended[0].end_reason, Some(LEFT));
        assert_eq!(ended[0].stated.key, "too_expensive");
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
        let said = prop_oneof![Just(""), Just("moving"), Just("too_expensive")];
        proptest::collection::vec((0_i64..60, end, said), 0..12).prop_map(|parts| {
            parts
                .into_iter()
                .map(|(start, end, said)| {
                    let end = end.map(|(length, why)| (start + length, why));
                    saying(said, service(start, end))
                })
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
                let end = service.end.as_ref().map(|end| end.service_end_time);
                let covered = folded.iter().any(|lifetime| {
                    lifetime.start_time <= service.start_time
                        && lifetime.end_time.is_none_or(|last| end.is_some_and(|end| end <= last))
                });
                prop_assert!(covered);
            }
        }
    }
}
