//! From draws to a choice, with the probability it was made with.

use serde::{Deserialize, Serialize};

use super::beliefs::SegmentDraws;
use super::ladder::Stage;
use crate::numeric::counting::real;
use crate::numeric::draw::Draws;

/// What the three stages of an arm are worth for a customer, and what it costs if it is taken; all
/// in one unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageValues {
    /// The margin of the first month.
    pub first_month: f64,
    /// The margin of the months to the end of the window.
    pub window: f64,
    /// The value after the window.
    pub after: f64,
    /// What is spent when it is taken.
    pub cost: f64,
}

impl StageValues {
    /// What an arm is worth with these chances: `pA (v0 + pB (v1 + pC v2))`, and what it spends
    /// times what a unit must return beside itself is taken off.
    pub fn expected(&self, [stay, here, durable]: [f64; 3], price: f64) -> f64 {
        let later = here * (self.window + durable * self.after);
        stay * (self.first_month - price * self.cost + later)
    }
}

/// An arm that may be chosen for a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contender {
    /// The arm.
    pub arm: usize,
    /// What it is worth.
    pub values: StageValues,
}

/// How often something else is chosen than what seems best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exploration {
    /// No contender is chosen with less than this probability, before anybody is held out.
    pub floor: f64,
    /// The share of customers who are offered nothing whatever seems best.
    pub holdout: f64,
}

/// In which share of the draws each contender is worth most. Of equals the first wins.
pub fn shares_won(draws: &SegmentDraws, contenders: &[Contender], price: f64) -> Vec<f64> {
    let mut best = vec![f64::NEG_INFINITY; draws.len()];
    let mut winners = vec![0_usize; draws.len()];
    for (place, contender) in contenders.iter().enumerate() {
        let [stay, here, durable] =
            Stage::ALL.map(|stage| draws.chances(contender.arm, stage).iter());
        let values = contender.values;
        let chances = stay.zip(here).zip(durable);
        let slots = best.iter_mut().zip(&mut winners);
        for ((best, winner), ((stay, here), durable)) in slots.zip(chances) {
            let worth = values.expected([*stay, *here, *durable], price);
            if worth > *best {
                *best = worth;
                *winner = place;
            }
        }
    }
    let mut shares = vec![0.0; contenders.len()];
    let each = 1.0 / real(draws.len());
    for winner in winners {
        if let Some(share) = shares.get_mut(winner) {
            *share += each;
        }
    }
    shares
}

/// With which probability each contender is chosen; they add up to one. Shares below the floor are
/// raised to it at the expense of what the others have above it, and the held-out share goes to the
/// contender that stands for nothing.
pub fn propensities(shares: &[f64], exploration: Exploration, nothing: usize) -> Vec<f64> {
    let count = real(shares.len());
    // So many contenders that the floors alone make more than one are chosen evenly.
    let floor = exploration.floor.min(1.0 / count);
    let above: f64 = shares.iter().map(|share| (share - floor).max(0.0)).sum();
    let left = 1.0 - count * floor;
    let spread = |share: f64| {
        if above > 0.0 {
            floor + (share - floor).max(0.0) * left / above
        } else {
            1.0 / count
        }
    };
    let holdout = exploration.holdout;
    let chances = shares.iter().enumerate().map(|(place, share)| {
        let held_out = if place == nothing { holdout } else { 0.0 };
        (1.0 - holdout) * spread(*share) + held_out
    });
    chances.collect()
}

/// Picks a contender by its probability; the same seed picks the same one.
pub fn pick(propensities: &[f64], seed: u64) -> usize {
    let mut left = Draws::new(seed, 0).uniform();
    for (place, propensity) in propensities.iter().enumerate() {
        left -= propensity;
        if left < 0.0 {
            return place;
        }
    }
    // What rounding leaves over belongs to the last that can be chosen at all.
    let last = propensities.iter().rposition(|chance| *chance > 0.0);
    last.unwrap_or(0)
}
