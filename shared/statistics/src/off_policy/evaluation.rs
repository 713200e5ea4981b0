//! The three estimates, their errors, and when there is none.

use serde::{Deserialize, Serialize};

use super::log::Log;
use super::reward_model::RewardModel;
use crate::numeric::counting::real;

/// Fewer effective calls tell nothing.
pub const LEAST_EFFECTIVE_CALLS: f64 = 100.0;

/// How many standard errors a 95 % interval reaches to each side.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// By how much the probabilities of the arms may miss one.
const ROUNDING: f64 = 1e-6;

/// A value and how far chance may have moved it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The value of one call, in units of the reward.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
}

impl Estimate {
    /// The interval that covers the truth 95 times of 100, in a large log.
    pub fn interval_95(self) -> (f64, f64) {
        let reach = NORMAL_95 * self.standard_error;
        (self.value - reach, self.value + reach)
    }
}

/// What the other way would have been worth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The calls of the log.
    pub calls: usize,
    /// The mean reward of the way that was logged.
    pub logged: Estimate,
    /// By inverse propensities.
    pub inverse_propensity: Estimate,
    /// By inverse propensities, divided by what these add up to.
    pub self_normalised: Estimate,
    /// By a model of rewards, corrected by inverse propensities.
    pub doubly_robust: Estimate,
    /// By the model of rewards alone: as good as the model, and without an interval.
    pub model_alone: f64,
    /// As how many calls of its own the weighted ones count.
    pub effective_calls: f64,
    /// The largest weight of a call.
    pub largest_weight: f64,
    /// The mean weight: far from one, the log does not know what the other way does.
    pub mean_weight: f64,
}

/// Why there is no estimate.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OffPolicyRefusal {
    /// The other way chooses what the log hardly knows.
    #[error(
        "the log says as much as {effective_calls:.1} calls about this way of choosing: {need} are needed"
    )]
    TooFewEffectiveCalls {
        /// As how many calls the log counts.
        effective_calls: f64,
        /// How many are needed.
        need: f64,
    },
    /// What the other way does is no distribution over the arms.
    #[error("the probabilities for call {call} are not between 0 and 1, or add up to {total}")]
    NoDistribution {
        /// The call, the first being number zero.
        call: usize,
        /// What they add up to.
        total: f64,
    },
}

/// Judges another way of choosing: `policy` writes down for a call of the log, by its place, with
/// which probability it would choose each of the `arms`. Refuses where the log says too little.
pub fn evaluate(
    log: &Log,
    arms: usize,
    mut policy: impl FnMut(usize, &mut [f64]),
) -> Result<Evaluation, OffPolicyRefusal> {
    let arms = arms.max(log.arms());
    let model = RewardModel::fit(log);
    let mut chances = vec![0.0; arms];
    let rows = log.calls().iter().enumerate().map(|(place, call)| {
        chances.fill(0.0);
        policy(place, &mut chances);
        check(place, &chances)?;
        let expected = |arm| model.expected(place, call.context, arm);
        let weight = chances[call.arm] / call.propensity;
        let modelled: f64 = (0..arms).map(|arm| chances[arm] * expected(arm)).sum();
        Ok(Judged {
            weight,
            reward: call.reward,
            modelled,
            corrected: modelled + weight * (call.reward - expected(call.arm)),
        })
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    summarise(&rows)
}

/// A call with its weight.
struct Judged {
    weight: f64,
    reward: f64,
    modelled: f64,
    corrected: f64,
}

fn check(call: usize, chances: &[f64]) -> Result<(), OffPolicyRefusal> {
    let total: f64 = chances.iter().sum();
    let fits = (total - 1.0).abs() <= ROUNDING && chances.iter().all(|chance| *chance >= 0.0);
    if fits {
        Ok(())
    } else {
        Err(OffPolicyRefusal::NoDistribution { call, total })
    }
}

fn summarise(rows: &[Judged]) -> Result<Evaluation, OffPolicyRefusal> {
    let count = real(rows.len());
    let weights: f64 = rows.iter().map(|row| row.weight).sum();
    let squares: f64 = rows.iter().map(|row| row.weight * row.weight).sum();
    let effective_calls = if squares > 0.0 {
        weights * weights / squares
    } else {
        0.0
    };
    if effective_calls < LEAST_EFFECTIVE_CALLS {
        return Err(OffPolicyRefusal::TooFewEffectiveCalls {
            effective_calls,
            need: LEAST_EFFECTIVE_CALLS,
        });
    }
    let normalised = rows.iter().map(|row| row.weight * row.reward).sum::<f64>() / weights;
    // The ratio of two sums, linear around its value.
    let residuals = rows
        .iter()
        .map(|row| row.weight * (row.reward - normalised) / (weights / count));
    let residuals: Vec<f64> = residuals.collect();
    Ok(Evaluation {
        calls: rows.len(),
        logged: mean(rows, |row| row.reward),
        inverse_propensity: mean(rows, |row| row.weight * row.reward),
        self_normalised: Estimate {
            value: normalised,
            standard_error: mean(&residuals, |residual| *residual).standard_error,
        },
        doubly_robust: mean(rows, |row| row.corrected),
        model_alone: rows.iter().map(|row| row.modelled).sum::<f64>() / count,
        effective_calls,
        largest_weight: rows.iter().map(|row| row.weight).fold(0.0, f64::max),
        mean_weight: weights / count,
    })
}

fn mean<T>(rows: &[T], value: impl Fn(&T) -> f64) -> Estimate {
    let count = real(rows.len());
    let mean = rows.iter().map(&value).sum::<f64>() / count;
    let squares: f64 = rows.iter().map(|row| (value(row) - mean).powi(2)).sum();
    Estimate {
        value: mean,
        standard_error: (squares / (count - 1.0) / count).sqrt(),
    }
}
