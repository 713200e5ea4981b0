//! From what became of calls to the counts that are learnt from. Each outcome counts for its own
//! stage once it is known; what is not known yet counts for nothing.

use std::collections::BTreeMap;

use kernel::money::Money;
use kernel::time::Timestamp;
use statistics::selection::Count;

use super::catalogue::{Catalogue, Learning};
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

/// A version is made from so many calls on of which it is known how they ended. A share that is seen in
/// fifty calls is known to within a tenth or so, which is when it begins to correct a belief that counts
/// as ten; and no offer is judged by managers on fewer either.
pub const LEAST_CALLS: u64 = 50;

/// So many half-lives ago is the furthest back: what is older would count for a sixteenth and less.
pub const HALF_LIVES: u32 = 4;

/// A call as the desk and the facts have it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownCall {
    /// The reason stated on the call; absent where none was.
    pub reason: Option<String>,
    /// The margin of a month then.
    pub monthly_margin: Option<Money>,
    /// For how many days the customer had been here.
    pub tenure_days: i64,
    /// The key of the offer that came first, or `no_offer`.
    pub arm: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// They cancelled on the call.
    pub left: bool,
    /// They accepted another offer than the first.
    pub took_another: bool,
    /// They were here at 30 days; absent while that is not known.
    pub here_30_days: Option<bool>,
    /// It lasted.
    pub durable: Option<bool>,
}

impl KnownCall {
    /// What it tells of its arm. Whoever refused the first offer and took another did not stay for the
    /// first; of the other nothing is learnt, since only those hear it whom the first did not keep.
    /// Absent where the catalogue has no category for it.
    pub fn result(self, catalogue: &Catalogue) -> Option<CallResult> {
        let stated = self.reason.and_then(|key| catalogue.reason(&key));
        let stated = stated.or_else(|| catalogue.reasons.unstated())?;
        Some(CallResult {
            category: stated.category.clone(),
            monthly_margin: self.monthly_margin,
            tenure_days: self.tenure_days,
            arm: self.arm,
            decided_at: self.decided_at,
            stayed: Some(!self.left && !self.took_another),
            here_30_days: self.here_30_days,
            durable: self.durable,
        })
    }
}

/// Counts results by segment and arm, in the order of both; after a half-life one counts half.
pub fn count<'a>(
    learning: &Learning,
    results: impl IntoIterator<Item = &'a CallResult>,
    now: Timestamp,
) -> Vec<Seen> {
    let mut tally = Tally::new(learning, now);
    for result in results {
        tally.add(result);
    }
    tally.seen()
}

/// What was counted so far.
#[derive(Debug)]
pub struct Tally<'a> {
    learning: &'a Learning,
    now: Timestamp,
    cells: BTreeMap<(Segment, String), [Count; 3]>,
    calls: u64,
}

impl<'a> Tally<'a> {
    /// Begins to count what is known by an instant.
    pub const fn new(learning: &'a Learning, now: Timestamp) -> Self {
        Self {
            learning,
            now,
            cells: BTreeMap::new(),
            calls: 0,
        }
    }

    /// Of how many calls it is known whether the customer stayed.
    pub const fn calls(&self) -> u64 {
        self.calls
    }

    /// Counts one more.
    pub fn add(&mut self, result: &CallResult) {
        let (margin, tenure_days) = (result.monthly_margin, result.tenure_days);
        let segment = Segment::of(self.learning, &result.category, margin, tenure_days);
        self.calls += u64::from(result.stayed.is_some());
        let cell = self.cells.entry((segment, result.arm.clone())).or_default();
        let weight = weight(self.learning, result.decided_at, self.now);
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

    /// The counts, in the order of segment and arm.
    pub fn seen(self) -> Vec<Seen> {
        let seen = self.cells.into_iter().map(|((segment, arm), counts)| {
            let [stay, here_30_days, durable] = counts;
            Seen {
                segment,
                arm,
                stay,
                here_30_days,
                durable,
            }
        });
        seen.collect()
    }
}

fn weight(learning: &Learning, then: Timestamp, now: Timestamp) -> f64 {
    let days = i32::try_from(days_since(then, now).max(0)).unwrap_or(i32::MAX);
    (-f64::from(days) / f64::from(learning.half_life_days)).exp2()
}

#[cfg(test)]
pub(crate) mod tests {
    use kernel::money::BasisPoints;

    use super::*;
    use crate::domain::catalogue::{
        Controllable, EndReason, ExitPath, Lever, Reason, ReasonTree, ReturnNeeds, StagePrior,
        ValueTiers,
    };
    use crate::domain::holdout::{HoldoutKey, PlannedHoldout, PlannedShare};

    /// Learning with a half-life of a hundred days.
    pub(crate) fn learning() -> Learning {
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

    /// A reason of the category `other` that an extra answers.
    pub(crate) fn reason(key: &str) -> Reason {
        Reason {
            key: key.to_owned(),
            category: "other".to_owned(),
            controllable: Controllable::Partly,
            levers: vec![Lever::ValueAdd],
            price_offer_allowed: false,
            offers_allowed: true,
            structural: false,
            serviceability_check: false,
            exit_path: ExitPath::Standard,
            win_back_after_days: None,
            win_back_though_sensitive: false,
            return_needs: ReturnNeeds::None,
            win_back_theme: String::new(),
            expected_return: 0.1,
            sensitive: false,
            system_code: EndReason::CustomerTermination,
            no_offer: StagePrior {
                stay: 0.1,
                here_30_days: 0.9,
                durable: 0.8,
            },
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
    fn who_took_another_offer_did_not_stay_for_the_first() {
        let catalogue = Catalogue::new(ReasonTree::new([reason("declined_to_say")]), Vec::new());
        let known = KnownCall {
            reason: Some("gone_since".to_owned()),
            monthly_margin: None,
            tenure_days: 3,
            arm: "discount".to_owned(),
            decided_at: at("2026-11-22"),
            left: false,
            took_another: false,
            here_30_days: Some(true),
            durable: None,
        };
        let stayed = |known: KnownCall| known.result(&catalogue).unwrap().stayed;
        assert_eq!(stayed(known.clone()), Some(true));
        let mut another = known.clone();
        another.took_another = true;
        assert_eq!(stayed(another), Some(false));
        let mut left = known.clone();
        left.left = true;
        assert_eq!(stayed(left), Some(false));
        // What the catalogue does not know is no reason, and without any there is no category.
        assert_eq!(known.clone().result(&catalogue).unwrap().category, "other");
        assert_eq!(known.result(&Catalogue::empty()), None);
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
