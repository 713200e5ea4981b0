//! The other sides: whoever knows the truth, fixed rules, chance, and a learner of acceptance.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::world::{Caller, SEGMENTS, Year, reason};

/// How often the learner of acceptance tries anything.
const TRIES: f64 = 0.1;

/// The arm that is best on average for each call, when a unit that is spent must return the price
/// beside itself.
pub(super) fn oracle(year: &Year<'_>, price: f64) -> Vec<usize> {
    let worth = |caller: &Caller, arm: usize| {
        year.worth(caller, arm) - price * year.stay(caller, arm) * year.cost(caller, arm)
    };
    let best = |caller: &Caller| {
        let arms = 0..year.arms.len();
        arms.max_by(|one, other| worth(caller, *one).total_cmp(&worth(caller, *other)))
            .unwrap_or(0)
    };
    year.callers.iter().map(best).collect()
}

/// What somebody who knows the trade would offer for each reason.
pub(super) fn expert(year: &Year<'_>) -> Vec<usize> {
    let rule = [2, 11, 3, 8, 5];
    let callers = year.callers.iter();
    callers.map(|caller| rule[reason(caller.segment)]).collect()
}

/// The same for everybody.
pub(super) fn always(year: &Year<'_>, arm: usize) -> Vec<usize> {
    vec![arm; year.callers.len()]
}

/// Anything for anybody.
pub(super) fn uniform(year: &Year<'_>, seed: u64) -> Vec<usize> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let callers = year.callers.iter();
    callers
        .map(|_| chance.random_range(0..year.arms.len()))
        .collect()
}

/// What was accepted most often in the segment so far, and anything now and then.
pub(super) fn most_accepted(year: &Year<'_>, seed: u64) -> Vec<usize> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let count = year.arms.len();
    let mut counts = vec![vec![(0.0, 0.0); count]; SEGMENTS];
    let mut chosen: Vec<usize> = Vec::with_capacity(year.callers.len());
    let mut learnt = 0;
    for caller in &year.callers {
        while year.callers[learnt].day < caller.day {
            let before = &year.callers[learnt];
            let cell = &mut counts[before.segment][chosen[learnt]];
            cell.0 += 1.0;
            cell.1 += f64::from(u8::from(year.outcome(before, chosen[learnt]).stayed));
            learnt += 1;
        }
        let cells = &counts[caller.segment];
        let untried: Vec<usize> = (0..count).filter(|arm| cells[*arm].0 < 1.0).collect();
        let rate = |arm: usize| cells[arm].1 / cells[arm].0;
        let arm = if chance.random::<f64>() < TRIES {
            chance.random_range(0..count)
        } else if untried.is_empty() {
            (0..count)
                .max_by(|one, other| rate(*one).total_cmp(&rate(*other)))
                .unwrap_or(0)
        } else {
            untried[chance.random_range(0..untried.len())]
        };
        chosen.push(arm);
    }
    chosen
}
