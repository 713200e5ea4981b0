//! What nobody but the simulator knows: when each customer leaves, with an offer and without.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// What an offer does in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Whom it keeps stays.
    Durable,
    /// Whom it keeps stays until its terms end.
    Brief,
    /// Everybody takes it, and nobody stays longer for it.
    Dead,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Durable, Self::Brief, Self::Dead];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Brief => "brief",
            Self::Dead => "dead",
        }
    }
}

/// What an offer gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Given {
    /// A part of the price for three months.
    Discount {
        /// How much of it, in basis points.
        basis_points: u32,
    },
    /// Something that costs so much once, in minor units.
    Gift {
        /// What it costs.
        cost_minor: i64,
    },
}

/// For how many months discounts run.
pub(super) const DISCOUNT_MONTHS: u32 = 3;
/// When a discount of three months has ended, whatever the months, in days.
const TERMS_END: f64 = 93.0;

/// An offer and what becomes of those who call for the one reason that it answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OfferTruth {
    /// The offer, and the reason.
    pub(super) key: String,
    /// What it does.
    pub(super) kind: Kind,
    /// What it gives.
    pub(super) given: Given,
    /// What becomes of those who are offered it.
    pub(super) offered: Fate,
    /// What becomes of those who are offered nothing.
    pub(super) nothing: Fate,
}

/// When customers leave, counted from their call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fate {
    /// How likely they leave on the call.
    on_the_call: f64,
    /// How likely they leave between two days, on any of them alike. Who is in none of these stays.
    later: Vec<(f64, [f64; 2])>,
}

/// Between which days customers leave in the first month.
const FIRST_MONTH: [f64; 2] = [2.0, 28.0];
/// Between which days they leave in the months afterwards: none on a day that anybody is asked about.
const AFTERWARDS: [f64; 2] = [32.0, 178.0];
/// Between which days those leave who stayed for the terms.
const AFTER_THE_TERMS: [f64; 2] = [TERMS_END + 1.0, TERMS_END + 25.0];

impl Fate {
    fn new(stay: f64, later: Vec<(f64, [f64; 2])>) -> Self {
        Self {
            on_the_call: 1.0 - stay,
            later,
        }
    }

    /// How likely a customer stays on the call.
    pub(super) fn stay(&self) -> f64 {
        1.0 - self.on_the_call
    }

    /// On which day a customer of so much luck, from 0 to 1, leaves; absent for who stays. On the call
    /// is day zero.
    pub(super) fn leaves(&self, luck: f64) -> Option<f64> {
        if luck < self.on_the_call {
            return Some(0.0);
        }
        let mut before = self.on_the_call;
        for (chance, [from, until]) in &self.later {
            let share = (luck - before) / chance;
            if share < 1.0 {
                return Some(share.mul_add(until - from, *from));
            }
            before += chance;
        }
        None
    }

    /// How likely a customer is here so many days after the call.
    pub(super) fn here(&self, day: f64) -> f64 {
        let gone = self.later.iter().map(|(chance, [from, until])| {
            let share = (day - from) / (until - from);
            chance * share.clamp(0.0, 1.0)
        });
        self.stay() - gone.sum::<f64>()
    }

    /// On how many of so many days after the call a customer is here, on average.
    pub(super) fn days_here(&self, of_days: f64) -> f64 {
        let lost = self.later.iter().map(|(chance, [from, until])| {
            let (from, until) = (from.min(of_days), until.min(of_days));
            chance * (of_days - f64::midpoint(from, until))
        });
        self.stay().mul_add(of_days, -lost.sum::<f64>())
    }
}

impl OfferTruth {
    /// On which day it shows whether a save lasts: 30 days after the terms, and not before the 90th.
    pub(super) fn durable_day(&self) -> f64 {
        match self.given {
            Given::Discount { .. } => TERMS_END + 30.0,
            Given::Gift { .. } => 90.0,
        }
    }
}

/// Draws a world of so many offers, as many of each kind.
pub(super) fn drawn(seed: u64, count: usize) -> Vec<OfferTruth> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let kinds = Kind::ALL.into_iter().cycle().take(count);
    (0..)
        .zip(kinds)
        .map(|(number, kind)| offer(&mut chance, number, kind))
        .collect()
}

fn offer(chance: &mut ChaCha8Rng, number: u32, kind: Kind) -> OfferTruth {
    let stay = chance.random_range(0.10..0.20);
    let (soon, late) = (0.06 * stay, 0.10 * stay);
    let as_ever = vec![(soon, FIRST_MONTH), (late, AFTERWARDS)];
    let kept = chance.random_range(0.12..0.32);
    let offered = match kind {
        Kind::Durable => {
            let (soon, late) = (0.06 * (stay + kept), 0.10 * (stay + kept));
            vec![(soon, FIRST_MONTH), (late, AFTERWARDS)]
        }
        Kind::Brief => [as_ever.clone(), vec![(kept, AFTER_THE_TERMS)]].concat(),
        Kind::Dead => vec![(soon + kept, FIRST_MONTH), (late, AFTERWARDS)],
    };
    let is_discount = kind == Kind::Brief || number.is_multiple_of(2);
    let given = if is_discount {
        Given::Discount {
            basis_points: chance.random_range(2..=5_u32) * 1_000,
        }
    } else {
        Given::Gift {
            cost_minor: chance.random_range(8..=40) * 100,
        }
    };
    OfferTruth {
        key: format!("{}_{number:02}", kind.name()),
        kind,
        given,
        offered: Fate::new(stay + kept, offered),
        nothing: Fate::new(stay, as_ever),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is drawn is what the formulas say, by a thousand customers of evenly spread luck.
    #[test]
    fn customers_leave_as_the_formulas_say() {
        for truth in drawn(1, 12) {
            for fate in [&truth.offered, &truth.nothing] {
                let lucks = (0..1_000).map(|luck| (f64::from(luck) + 0.5) / 1_000.0);
                let days: Vec<f64> = lucks
                    .map(|luck| fate.leaves(luck).unwrap_or(f64::INFINITY))
                    .collect();
                for day in [0.5, 30.0, 90.0, 120.0, 180.0] {
                    let here = days.iter().filter(|left| **left > day).count();
                    let share = f64::from(u32::try_from(here).unwrap()) / 1_000.0;
                    assert!((share - fate.here(day)).abs() < 0.004, "{truth:?} {day}");
                }
                let here: f64 = days.iter().map(|left| left.min(180.0)).sum();
                assert!((here / 1_000.0 - fate.days_here(180.0)).abs() < 0.5);
            }
        }
    }

    #[test]
    fn kinds_differ_in_what_lasts() {
        for truth in drawn(7, 24) {
            let kept = |day: f64| truth.offered.here(day) - truth.nothing.here(day);
            assert!(kept(1.0) > 0.1, "each is taken: {truth:?}");
            match truth.kind {
                Kind::Durable => assert!(kept(180.0) > 0.08, "{truth:?}"),
                Kind::Brief => assert!(kept(90.0) > 0.1 && kept(180.0).abs() < 1e-9),
                Kind::Dead => assert!(kept(30.0).abs() < 1e-9 && kept(180.0).abs() < 1e-9),
            }
        }
    }
}
