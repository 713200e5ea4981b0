//! From what became of calls to the counts that are learnt from. Each outcome counts for its own
//! stage once it is known; what is not known yet counts for nothing.

use std::collections::BTreeMap;

use kernel::money::Money;
use kernel::time::Timestamp;
use statistics::selection::Count;

use super::catalogue::Learning;
use super::history::days_since;
use super::posterior::{Seen, Segment};

/// What became of one call whose offer was drawn or ranked, and not overridden, and that came to
/// something: what was decided and never said tells nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct CallResult {
    /// The category of the reason stated.
    pub category: String,
    /// The margin of a month then; absent when it was not known.
    pub monthly_margin: Option<Money>,
    /// For how many days the customer had been here.
    pub tenure_days: i64,
    /// The key of the offer that came first, or `no_offer`.
    pub arm: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// They stayed that day; absent while that is not known.
    pub stayed: Option<bool>,
    /// They were here at 30 days.
    pub here_30_days: Option<bool>,
    /// It lasted.
    pub durable: Option<bool>,
}

/// Counts results by segment and arm, in the order of both; after a half-life one counts half.
pub fn count<'a>(
    learning: &Learning,
    results: impl IntoIterator<Item = &'a CallResult>,
    now: Timestamp,
) -> Vec<Seen> {
    let mut cells: BTreeMap<(Segment, &str), [Count; 3]> = BTreeMap::new();
    for result in results {
        let (margin, tenure_days) = (result.monthly_margin, result.tenure_days);
        let segment = Segment::of(learning, &result.category, margin, tenure_days);
        let cell = cells.entry((segment, &result.arm)).or_default();
        let weight = weight(learning, result.decided_at, now);
        let mut reached = true;
        let stages = [result.stayed, result.here_30_days, result.durable];
        for (count, passed) in cell.iter_mut().zip(stages) {
            // Nobody comes to a stage who did not pass the one before.
            let Some(passed) = passed.filter(|_| reached) else {
                break;
            };
            count.calls += weight;
            count.successes += if passed { weight } else { 0.0 };
            reached = passed;
        }
    }
    let seen = cells.into_iter().map(|((segment, arm), counts)| {
        let [stay, here_30_days, durable] = counts;
        Seen {
            segment,
            arm: arm.to_owned(),
            stay,
            here_30_days,
            durable,
        }
    });
    seen.collect()
}

fn weight(learning: &Learning, then: Timestamp, now: Timestamp) -> f64 {
    let days = i32::try_from(days_since(then, now).max(0)).unwrap_or(i32::MAX);
    (-f64::from(days) / f64::from(learning.half_life_days)).exp2()
}

#[cfg(test)]
mod tests {
    use kernel::money::BasisPoints;

    use super::*;
    use crate::domain::catalogue::ValueTiers;
    use crate::domain::holdout::{HoldoutKey, PlannedHoldout, PlannedShare};

    fn learning() -> Learning {
        Learning {
            holdout: PlannedHoldout {
                key: HoldoutKey::parse("first").unwrap(),
                share: PlannedShare::Fixed(BasisPoints(500)),
            },
            value_tiers: ValueTiers::default(),
            long_term_months: 24,
            half_life_days: 100,
            floor: 0.005,
        }
    }

    fn at(day: &str) -> Timestamp {
        format!("{day}T12:00:00Z").parse().unwrap()
    }

    fn result(stages: [Option<bool>; 3]) -> CallResult {
        let [stayed, here_30_days, durable] = stages;
        CallResult {
            category: "price".to_owned(),
            monthly_margin: None,
            tenure_days: 730,
            arm: "discount".to_owned(),
            decided_at: at("2026-11-22"),
            stayed,
            here_30_days,
            durable,
        }
    }

    fn counts(results: &[CallResult]) -> Vec<(f64, f64)> {
        let seen = count(&learning(), results, at("2026-11-22"));
        assert_eq!(seen.len(), 1, "{seen:?}");
        let counts = [seen[0].stay, seen[0].here_30_days, seen[0].durable];
        counts.map(|count| (count.calls, count.successes)).into()
    }

    #[test]
    fn each_outcome_counts_for_its_own_stage_once_it_is_known() {
        let (yes, no) = (Some(true), Some(false));
        let results = [
            result([yes, yes, yes]),
            result([yes, yes, no]),
            result([yes, yes, None]),
            result([yes, no, None]),
            result([no, None, None]),
            // What cannot be is not learnt: nobody is here who did not stay.
            result([no, yes, yes]),
            result([None, yes, yes]),
        ];
        assert_eq!(counts(&results), [(6.0, 4.0), (4.0, 3.0), (2.0, 1.0)]);
    }

    #[test]
    fn after_a_half_life_it_counts_half() {
        let mut old = result([Some(true), None, None]);
        old.decided_at = at("2026-08-14");
        assert_eq!(counts(&[old])[0], (0.5, 0.5));
        // A clock that is behind makes nothing count more.
        let mut early = result([Some(false), None, None]);
        early.decided_at = at("2026-12-01");
        assert_eq!(counts(&[early])[0], (1.0, 0.0));
    }

    #[test]
    fn segments_and_arms_are_told_apart() {
        let one = result([Some(true), None, None]);
        let mut others = vec![one.clone(), one.clone(), one.clone(), one];
        others[1].tenure_days = 729;
        "no_offer".clone_into(&mut others[2].arm);
        "service".clone_into(&mut others[3].category);
        let seen = count(&learning(), &others, at("2026-11-22"));
        assert_eq!(seen.len(), 4);
        assert!(seen.iter().all(|seen| seen.stay.calls > 0.9));
        assert!(seen[0].segment < seen[3].segment);
        assert!(seen.iter().any(|seen| !seen.segment.long_term));
    }
}
