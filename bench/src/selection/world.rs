//! Simulated save desks: who calls, and how likely each offer keeps them. A world is a table of
//! chances that no policy sees.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::Deserialize;

/// Why customers call.
pub(super) const REASONS: usize = 5;
const TIERS: usize = 3;
const TENURES: usize = 2;
/// Reason by tier by tenure.
pub(super) const SEGMENTS: usize = REASONS * TIERS * TENURES;

/// What an offer gives and costs, in units of money.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Arm {
    pub(super) name: String,
    /// The share of the margin that is given away each month.
    pub(super) discount: f64,
    /// For how many months; [`FOR_GOOD`] for ever.
    pub(super) months: u32,
    pub(super) fixed_cost: f64,
    #[serde(rename = "cls")]
    pub(super) class: String,
    /// How many months later it is known whether it lasted.
    pub(super) check_months: u32,
}

/// As many months as stand for ever.
pub(super) const FOR_GOOD: u32 = 999;

/// The chances of one world: by segment and arm.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct World {
    pub(super) seed: u64,
    /// The share of each segment in the calls.
    pub(super) p: Vec<f64>,
    #[serde(rename = "A")]
    pub(super) stay: Vec<Vec<f64>>,
    #[serde(rename = "B")]
    pub(super) here: Vec<Vec<f64>>,
    #[serde(rename = "C")]
    pub(super) durable: Vec<Vec<f64>>,
    /// The same after the sixth month, where something changes then.
    #[serde(rename = "A2", default)]
    pub(super) stay_later: Option<Vec<Vec<f64>>>,
    #[serde(rename = "C2", default)]
    pub(super) durable_later: Option<Vec<Vec<f64>>>,
}

/// The arms and the worlds of a file.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Worlds {
    pub(super) arms: Vec<Arm>,
    pub(super) envs: Vec<World>,
}

/// The reason of a segment.
pub(super) fn reason(segment: usize) -> usize {
    segment / (TIERS * TENURES)
}

/// The value tier of a segment.
pub(super) fn tier(segment: usize) -> usize {
    segment / TENURES % TIERS
}

/// Whether the customers of a segment have been here for long.
pub(super) fn is_long(segment: usize) -> bool {
    segment % TENURES == 1
}

/// How many months a customer stays after it is known that it lasted.
pub(super) fn residual_months(segment: usize) -> f64 {
    if is_long(segment) { 18.0 } else { 10.0 }
}

/// The share of durable saves that discounts have when most customers leave as soon as they end, and
/// when most do not.
const HARSH: [f64; 4] = [0.30, 0.22, 0.15, 0.11];
const MILD: [f64; 4] = [0.80, 0.74, 0.66, 0.55];

impl Worlds {
    /// Checks what was read.
    pub(super) fn check(&self) -> Result<(), String> {
        let arms = self.arms.len();
        let fits = |table: &[Vec<f64>]| {
            let in_range = |row: &Vec<f64>| {
                row.len() == arms && row.iter().all(|chance| (0.0..=1.0).contains(chance))
            };
            table.len() == SEGMENTS && table.iter().all(in_range)
        };
        if arms < 2 || self.envs.is_empty() {
            return Err("there are no arms or no worlds".to_owned());
        }
        for world in &self.envs {
            let tables = [Some(&world.stay), Some(&world.here), Some(&world.durable)];
            let later = [world.stay_later.as_ref(), world.durable_later.as_ref()];
            let mut tables = tables.into_iter().chain(later).flatten();
            if !tables.all(|table| fits(table)) || world.p.len() != SEGMENTS {
                return Err(format!(
                    "world {} has no chances for {SEGMENTS} segments and {arms} arms",
                    world.seed
                ));
            }
        }
        Ok(())
    }
}

impl World {
    /// The same world where discounts hold customers for a short while only.
    pub(super) fn harsh(&self, arms: &[Arm]) -> Self {
        let mut world = self.clone();
        for (place, arm) in discounts(arms) {
            let shift = log_odds(HARSH[place % 4]) - log_odds(MILD[place % 4]);
            for table in [Some(&mut world.durable), world.durable_later.as_mut()] {
                for row in table.into_iter().flatten() {
                    row[arm] = logistic(log_odds(row[arm]) + shift);
                }
            }
        }
        world
    }
}

pub(super) fn is_discount(arm: &Arm) -> bool {
    arm.class == "disc"
}

pub(super) fn discounts(arms: &[Arm]) -> impl Iterator<Item = (usize, usize)> {
    let discounts = arms.iter().enumerate().filter(|(_, arm)| is_discount(arm));
    discounts.map(|(arm, _)| arm).enumerate()
}

pub(super) fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(1e-9, 1.0 - 1e-9);
    (chance / (1.0 - chance)).ln()
}

pub(super) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// A count as a real number.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of calls are far below 2^53"
)]
pub(super) fn real(count: usize) -> f64 {
    count as f64
}

/// One call: who it is, and the chances that decide what becomes of any offer to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) day: usize,
    pub(super) segment: usize,
    /// The margin of a month.
    pub(super) margin: f64,
    luck: [f64; 3],
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) stayed: bool,
    pub(super) here: bool,
    pub(super) lasted: bool,
}

/// The days of a month.
pub(super) const MONTH: usize = 30;
/// The day on which drifting worlds change.
const CHANGE: usize = 6 * MONTH;

/// A year of calls to a world.
#[derive(Debug)]
pub(super) struct Year<'a> {
    pub(super) arms: &'a [Arm],
    world: &'a World,
    drifts: bool,
    /// In the order of their days.
    pub(super) callers: Vec<Caller>,
}

/// How many days are simulated.
pub(super) const DAYS: usize = 12 * MONTH;

impl<'a> Year<'a> {
    /// Draws the calls.
    pub(super) fn drawn(world: &'a World, arms: &'a [Arm], a_month: usize, drifts: bool) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(world.seed + 1_000_000);
        let total: f64 = world.p.iter().sum();
        let mut callers: Vec<Caller> = (0..a_month * 12)
            .map(|_| {
                let mut left = chance.random::<f64>() * total;
                let segment = world.p.iter().position(|share| {
                    left -= share;
                    left < 0.0
                });
                let segment = segment.unwrap_or(SEGMENTS - 1);
                let drawn: f64 = StandardNormal.sample(&mut chance);
                Caller {
                    day: chance.random_range(0..DAYS),
                    segment,
                    margin: [15.0, 35.0, 80.0][tier(segment)] * (0.4 * drawn - 0.08).exp(),
                    luck: chance.random(),
                }
            })
            .collect();
        callers.sort_by_key(|caller| caller.day);
        Self {
            arms,
            world,
            drifts,
            callers,
        }
    }

    /// The chance that a caller stays with an offer.
    pub(super) fn stay(&self, caller: &Caller, arm: usize) -> f64 {
        self.chances(caller, arm)[0]
    }

    /// The chances of the three stages.
    pub(super) fn chances(&self, caller: &Caller, arm: usize) -> [f64; 3] {
        let (world, segment) = (self.world, caller.segment);
        let later = self.drifts && caller.day >= CHANGE;
        let stay = world.stay_later.as_ref().filter(|_| later);
        let durable = world.durable_later.as_ref().filter(|_| later);
        [
            stay.unwrap_or(&world.stay)[segment][arm],
            world.here[segment][arm],
            durable.unwrap_or(&world.durable)[segment][arm],
        ]
    }

    /// What became, or would have become, of an offer to a caller.
    pub(super) fn outcome(&self, caller: &Caller, arm: usize) -> Outcome {
        let [stay, here, durable] = self.chances(caller, arm);
        let stayed = caller.luck[0] < stay;
        let here = stayed && caller.luck[1] < here;
        let lasted = here && caller.luck[2] < durable;
        Outcome {
            stayed,
            here,
            lasted,
        }
    }

    /// What an offer to a caller is worth, on average.
    pub(super) fn worth(&self, caller: &Caller, number: usize) -> f64 {
        let arm = &self.arms[number];
        let months = f64::from(arm.check_months);
        let (given, afterwards) = if arm.months == FOR_GOOD {
            (arm.discount, 1.0 - arm.discount)
        } else {
            let given = arm.discount * f64::from(arm.months) / months;
            (given.min(1.0), 1.0)
        };
        let [stay, here, durable] = self.chances(caller, number);
        let monthly = caller.margin * (1.0 - given);
        let after = caller.margin * residual_months(caller.segment) * afterwards;
        stay * (monthly - arm.fixed_cost + here * (monthly * (months - 1.0) + durable * after))
    }

    /// What an offer costs if it is taken.
    pub(super) fn cost(&self, caller: &Caller, arm: usize) -> f64 {
        let arm = &self.arms[arm];
        let months = if arm.months == FOR_GOOD {
            arm.check_months
        } else {
            arm.months
        };
        caller.margin * arm.discount * f64::from(months) + arm.fixed_cost
    }
}
