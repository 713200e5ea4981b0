//! Which offers lately did otherwise than was believed of them.
//!
//! What became known since an earlier version of what was learnt is what a later one has more than it,
//! and it is held against what the earlier one believed. Whatever was seen before cancels out: it counts
//! in both, in the later one for as much less as it has grown older.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use statistics::selection::{Count, Stage, predicted_band};

use super::catalogue::{Catalogue, Learning};
use super::posterior::{LearnedVersion, Posterior, Seen, Segment};

/// The earlier version is the newest that is so old.
pub const LOOK_BACK_DAYS: i32 = 28;

/// What is believed holds this share of what is seen, if it is true: of a hundred stages of offers that
/// do as believed one is told of by chance.
const PROBABILITY: f64 = 0.99;

/// Nothing is made of fewer outcomes than this.
const LEAST_OUTCOMES: f64 = 20.0;

/// More tell hardly more, and each takes time.
const MOST_OUTCOMES: f64 = 1e6;

/// An offer that lately did otherwise at one stage than was believed of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The key of an offer, or `no_offer`.
    pub arm: String,
    /// The stage.
    pub stage: Stage,
    /// What became known since; what is older counts in part.
    pub seen: Count,
    /// As a share of the calls, at least so many were expected to pass.
    pub expected_low: f64,
    /// And at most so many.
    pub expected_high: f64,
}

/// Tells whether what was counted for one can be compared with what was counted for the other.
pub fn are_comparable(earlier: &Learning, later: &Learning) -> bool {
    earlier.half_life_days == later.half_life_days
        && earlier.value_tiers == later.value_tiers
        && earlier.long_term_months == later.long_term_months
}

/// Finds what did otherwise, by arm and stage. Nothing is told of what the catalogue no longer has.
pub fn drifts(
    catalogue: &Catalogue,
    earlier: &LearnedVersion,
    later: &LearnedVersion,
) -> Vec<Drift> {
    let Some(learning) = &catalogue.learning else {
        return Vec::new();
    };
    let Some(believed) = Posterior::candid(catalogue, earlier) else {
        return Vec::new();
    };
    let left = left(learning, earlier.made_at, later.made_at);
    let since = known_since(&earlier.evidence, &later.evidence, left);
    let stages = since.iter().flat_map(|(arm, segments)| {
        let of_stage = |stage| drift(&believed, arm, stage, segments);
        Stage::ALL.into_iter().enumerate().filter_map(of_stage)
    });
    stages.collect()
}

/// What is left of the weight of something that was counted at one instant, at a later one.
fn left(learning: &Learning, then: Timestamp, now: Timestamp) -> f64 {
    let days = now.duration_since(then).as_secs_f64() / 86_400.0;
    (-days / f64::from(learning.half_life_days)).exp2()
}

/// What was seen at each stage, by segment.
type BySegment<'a> = BTreeMap<&'a Segment, [Count; 3]>;

/// By arm what the later evidence has more than what is left of the earlier.
fn known_since<'a>(
    earlier: &'a [Seen],
    later: &'a [Seen],
    left: f64,
) -> BTreeMap<&'a str, BySegment<'a>> {
    let mut since: BTreeMap<&str, BySegment<'_>> = BTreeMap::new();
    let earlier = earlier.iter().map(|seen| (seen, -left));
    for (seen, weight) in later.iter().map(|seen| (seen, 1.0)).chain(earlier) {
        let segments = since.entry(seen.arm.as_str()).or_default();
        let counts = segments.entry(&seen.segment).or_default();
        let more = [seen.stay, seen.here_30_days, seen.durable];
        for (count, more) in counts.iter_mut().zip(more) {
            count.calls += weight * more.calls;
            count.successes += weight * more.successes;
        }
    }
    since
}

fn drift(
    believed: &Posterior,
    arm: &str,
    (place, stage): (usize, Stage),
    segments: &BySegment<'_>,
) -> Option<Drift> {
    let of_stage = segments
        .iter()
        .map(|(segment, counts)| (*segment, counts[place]));
    let of_stage = of_stage.filter(|(_, count)| count.calls > 0.0);
    let mut seen = Count::default();
    let (mut mean, mut possible): (f64, Vec<f64>) = (0.0, Vec::new());
    for (segment, count) in of_stage {
        let (arm, means, draws) = believed.cell(segment, arm)?;
        seen.calls += count.calls;
        seen.successes += count.successes;
        mean += count.calls * means[place];
        possible.resize(draws.len(), 0.0);
        for (all, one) in possible.iter_mut().zip(draws.chances(arm, stage)) {
            *all += count.calls * one;
        }
    }
    if seen.calls < LEAST_OUTCOMES {
        return None;
    }
    // Of segments that were counted anew a little less than nothing may be left.
    seen.successes = seen.successes.clamp(0.0, seen.calls);
    let variance = variance(&possible) / (seen.calls * seen.calls);
    let calls = rounded(seen.calls.min(MOST_OUTCOMES));
    let passed = rounded(seen.successes / seen.calls * f64::from(calls));
    let (low, high) = predicted_band(calls, mean / seen.calls, variance, PROBABILITY);
    let share = |number: u32| f64::from(number) / f64::from(calls);
    (passed < low || passed > high).then(|| Drift {
        arm: arm.to_owned(),
        stage,
        seen,
        expected_low: share(low),
        expected_high: share(high),
    })
}

fn variance(of: &[f64]) -> f64 {
    let count = of.iter().map(|_| 1.0).sum::<f64>();
    let mean = of.iter().sum::<f64>() / count;
    of.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (count - 1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float cast saturates, and calls are fewer than that"
)]
fn rounded(number: f64) -> u32 {
    number.round() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::catalogue::{Reason, ReasonTree, StagePrior};
    use crate::domain::decision::NO_OFFER;
    use crate::domain::evidence::tests::{learning, reason};
    use crate::domain::posterior::Prices;

    const DAYS: i32 = 28;

    fn catalogue() -> Catalogue {
        let reason = Reason {
            no_offer: StagePrior {
                stay: 0.5,
                here_30_days: 0.9,
                durable: 0.8,
            },
            ..reason("declined_to_say")
        };
        Catalogue::new(ReasonTree::new([reason]), Vec::new()).with_learning(Some(learning()))
    }

    fn version(day: i32, evidence: Vec<Seen>) -> LearnedVersion {
        LearnedVersion {
            version: 1,
            made_at: Timestamp::from_second(1_790_000_000 + i64::from(day) * 86_400).unwrap(),
            catalogue_version: 1,
            evidence,
            prices: Prices::new(),
            seed: 3,
        }
    }

    /// So many calls of customers of one tier who were offered nothing.
    fn seen(value_tier: usize, counts: [(f64, f64); 3]) -> Seen {
        let [stay, here_30_days, durable] =
            counts.map(|(calls, successes)| Count { calls, successes });
        Seen {
            segment: Segment {
                category: "other".to_owned(),
                value_tier,
                long_term: false,
            },
            arm: NO_OFFER.to_owned(),
            stay,
            here_30_days,
            durable,
        }
    }

    /// What is left of it, and so many more of whom so many stayed.
    fn aged(before: &Seen, calls: f64, stayed: f64) -> Seen {
        // The half-life of the tests is a hundred days.
        let left = (-0.01 * f64::from(DAYS)).exp2();
        let aged = |count: Count| (left * count.calls, left * count.successes);
        let (all, passed) = aged(before.stay);
        let counts = [
            (all + calls, passed + stayed),
            aged(before.here_30_days),
            aged(before.durable),
        ];
        seen(before.segment.value_tier, counts)
    }

    fn found(calls: f64, stayed: f64) -> Vec<Drift> {
        let before = seen(1, [(2_000.0, 1_000.0), (900.0, 810.0), (700.0, 560.0)]);
        let after = aged(&before, calls, stayed);
        let (earlier, later) = (version(0, vec![before]), version(DAYS, vec![after]));
        drifts(&catalogue(), &earlier, &later)
    }

    fn is_worse(drift: &Drift) -> bool {
        drift.seen.successes < drift.expected_low * drift.seen.calls
    }

    #[test]
    fn what_is_new_is_held_against_what_was_believed_and_nothing_else() {
        assert_eq!(found(100.0, 50.0), []);
        let worse = found(100.0, 20.0);
        assert_eq!(worse.len(), 1, "{worse:?}");
        let drift = &worse[0];
        assert_eq!((drift.arm.as_str(), drift.stage), (NO_OFFER, Stage::Stay));
        assert!((drift.seen.calls - 100.0).abs() < 1e-6, "{drift:?}");
        assert!((drift.seen.successes - 20.0).abs() < 1e-6, "{drift:?}");
        // A binomial's .37 to .63, and somewhat wider, since the half is not known either.
        assert!(
            drift.expected_low > 0.25 && drift.expected_low <= 0.37,
            "{drift:?}"
        );
        assert!(
            drift.expected_high < 0.75 && drift.expected_high >= 0.63,
            "{drift:?}"
        );
        assert!(is_worse(drift));
        let better = found(100.0, 85.0);
        assert!(better.len() == 1 && !is_worse(&better[0]), "{better:?}");
    }

    #[test]
    fn few_outcomes_tell_nothing() {
        assert_eq!(found(19.0, 0.0), []);
        assert_eq!(found(20.0, 0.0).len(), 1);
    }

    #[test]
    fn what_nothing_was_known_of_may_do_as_it_likes_within_the_catalogue() {
        let after = seen(1, [(40.0, 28.0), (0.0, 0.0), (0.0, 0.0)]);
        let of = |after: Seen| {
            drifts(
                &catalogue(),
                &version(0, vec![]),
                &version(DAYS, vec![after]),
            )
        };
        assert_eq!(of(after), []);
        // Of what the catalogue has not there is nothing to believe.
        let mut gone = seen(1, [(40.0, 0.0), (0.0, 0.0), (0.0, 0.0)]);
        assert_eq!(of(gone.clone()).len(), 1);
        "gone".clone_into(&mut gone.segment.category);
        assert_eq!(of(gone), []);
        let silent = catalogue().with_learning(None);
        let (earlier, later) = (version(0, vec![]), version(DAYS, vec![]));
        assert_eq!(drifts(&silent, &earlier, &later), []);
    }

    #[test]
    fn segments_are_held_against_what_was_believed_of_each() {
        let counts = |share: f64| [(2_000.0, 2_000.0 * share), (0.0, 0.0), (0.0, 0.0)];
        let (poor, rich) = (seen(0, counts(0.2)), seen(2, counts(0.8)));
        let earlier = version(0, vec![poor.clone(), rich.clone()]);
        let of =
            |few: Seen, many: Seen| drifts(&catalogue(), &earlier, &version(DAYS, vec![few, many]));
        // Nearly all of those who are worth much call now: more stay, as was believed of them.
        assert_eq!(of(aged(&poor, 20.0, 4.0), aged(&rich, 180.0, 144.0)), []);
        let halves = of(aged(&poor, 100.0, 80.0), aged(&rich, 100.0, 80.0));
        assert_eq!(halves.len(), 1);
        // The share of all that is expected lies between the two.
        assert!(halves[0].expected_low > 0.3 && halves[0].expected_high < 0.7);
    }

    #[test]
    fn what_counts_otherwise_is_not_compared() {
        let now = learning();
        assert!(are_comparable(&now, &now));
        let mut then = learning();
        (then.floor, then.half_life_days) = (0.1, now.half_life_days);
        assert!(are_comparable(&then, &now));
        then.half_life_days = now.half_life_days + 1;
        assert!(!are_comparable(&then, &now));
        let mut then = learning();
        then.long_term_months = now.long_term_months + 1;
        assert!(!are_comparable(&then, &now));
    }

    proptest! {
        /// What is told of is what lies on either side of what was believed.
        #[test]
        fn only_the_two_ends_are_told_of(calls in 20_u32..80) {
            let told = |stayed: u32| {
                let drifts = found(f64::from(calls), f64::from(stayed));
                drifts.first().map(is_worse)
            };
            let told: Vec<Option<bool>> = (0..=calls).map(told).collect();
            let quiet = told.iter().filter(|it| it.is_none()).count();
            let worse = told.iter().take_while(|it| **it == Some(true)).count();
            let better = told.iter().rev().take_while(|it| **it == Some(false)).count();
            prop_assert_eq!(worse + quiet + better, told.len());
            prop_assert!(worse > 0 && better > 0 && quiet > 0, "{:?}", told);
        }
    }
}
