//! Retention curves of two and three parameters: shifted beta-geometric, beta-discrete-Weibull, and
//! the discrete Weibull that the latter comes down to when customers do not differ.
//!
//! At each renewal a customer leaves with a chance of their own. Shifted beta-geometric (Fader &
//! Hardie 2007, J. Interactive Marketing 21:76): the chance is `Beta(alpha, beta)` and stays the same,
//! so `S(t) = B(alpha, beta+t)/B(alpha, beta)`. Beta-discrete-Weibull (Fader, Hardie, Liu, Davin &
//! Steenburgh 2018, J. Interactive Marketing 43:1): it also falls (`c < 1`) or rises (`c > 1`) with
//! tenure, `S(t) = B(alpha, beta + t^c)/B(alpha, beta)`. Discrete Weibull (Nakagawa & Osaki 1975):
//! everybody has the same, `S(t) = (1−m)^(t^c)`.

use serde::{Deserialize, Serialize};

use crate::numeric::gamma_functions::{digamma_step, log_gamma_step};
use crate::numeric::hypergeometric::log_hypergeometric;
use crate::refusal::{InputRefusal, at_least, at_most, positive};
use crate::tenures::retention::{PeriodDiscount, Retention};

/// The least and the largest exponent of time.
pub const EXPONENTS: [f64; 2] = [0.1, 10.0];

/// A fitted retention curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RetentionParameters", into = "RetentionParameters")]
pub struct RetentionModel(RetentionParameters);

/// The parameters of a retention curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "snake_case")]
pub enum RetentionParameters {
    /// Customers differ in their chance to leave, which never changes.
    ShiftedBetaGeometric {
        /// The weight of leaving.
        alpha: f64,
        /// The weight of staying.
        beta: f64,
    },
    /// Customers differ in their chance to leave, which changes with tenure.
    BetaDiscreteWeibull {
        /// The weight of leaving.
        alpha: f64,
        /// The weight of staying.
        beta: f64,
        /// The exponent of time.
        c: f64,
    },
    /// Customers do not differ; their chance to leave changes with tenure.
    DiscreteWeibull {
        /// The chance to leave at the first renewal.
        m: f64,
        /// The exponent of time.
        c: f64,
    },
}

impl TryFrom<RetentionParameters> for RetentionModel {
    type Error = InputRefusal;

    fn try_from(parameters: RetentionParameters) -> Result<Self, Self::Error> {
        let exponent = |c| {
            positive("c", c)?;
            at_least("c", c, EXPONENTS[0])?;
            at_most("c", c, EXPONENTS[1])
        };
        match parameters {
            RetentionParameters::ShiftedBetaGeometric { alpha, beta } => {
                positive("alpha", alpha)?;
                positive("beta", beta)?;
            }
            RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } => {
                positive("alpha", alpha)?;
                positive("beta", beta)?;
                exponent(c)?;
            }
            RetentionParameters::DiscreteWeibull { m, c } => {
                positive("m", m)?;
                at_most("m", m, 1.0 - f64::EPSILON)?;
                exponent(c)?;
            }
        }
        Ok(Self(parameters))
    }
}

impl From<RetentionModel> for RetentionParameters {
    fn from(model: RetentionModel) -> Self {
        model.0
    }
}

impl RetentionModel {
    /// Returns the parameters.
    pub const fn parameters(&self) -> &RetentionParameters {
        &self.0
    }

    /// Returns the discounted expected residual lifetime right before a renewal decision in closed
    /// form, where there is one: for the shifted beta-geometric it is `(beta+n−1)/(alpha+beta+n−1)
    /// ₂F₁(1, beta+n; alpha+beta+n; 1/(1+d))` (Fader & Hardie 2010, eq. 6).
    pub fn closed_residual_lifetime(&self, renewal: u32, discount: PeriodDiscount) -> Option<f64> {
        let RetentionParameters::ShiftedBetaGeometric { alpha, beta } = self.0 else {
            return None;
        };
        let stays = beta + f64::from(renewal.max(1));
        let series = log_hypergeometric(1.0, stays, alpha + stays, discount.factor());
        Some((stays - 1.0) / (alpha + stays - 1.0) * series.exp())
    }
}

impl Retention for RetentionModel {
    fn log_survival(&self, periods: f64) -> f64 {
        match self.0 {
            RetentionParameters::ShiftedBetaGeometric { alpha, beta } => {
                log_share(alpha, beta, periods.max(0.0))
            }
            RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } => {
                log_share(alpha, beta, periods.max(0.0).powf(c))
            }
            RetentionParameters::DiscreteWeibull { m, c } => {
                periods.max(0.0).powf(c) * (-m).ln_1p()
            }
        }
    }
}

/// `ln B(alpha, beta+clock)/B(alpha, beta)`, not above zero.
fn log_share(alpha: f64, beta: f64, clock: f64) -> f64 {
    (log_gamma_step(beta, alpha) - log_gamma_step(beta + clock, alpha)).min(0.0)
}

/// `ln S` and its derivatives.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogSurvival<const N: usize> {
    pub(super) value: f64,
    pub(super) slopes: [f64; N],
}

/// Returns `ln S` of the beta-discrete-Weibull with its derivatives by `alpha`, `beta` and `c`.
pub(super) fn beta_discrete_weibull([alpha, beta, c]: [f64; 3], periods: f64) -> LogSurvival<3> {
    let clock = periods.powf(c);
    let all = digamma_step(alpha + beta, clock);
    // Nothing has happened yet, whatever the exponent.
    let of_c = if periods > 0.0 {
        -clock * periods.ln() * digamma_step(beta + clock, alpha)
    } else {
        0.0
    };
    LogSurvival {
        value: log_share(alpha, beta, clock),
        slopes: [-all, digamma_step(beta, clock) - all, of_c],
    }
}

/// Returns `ln S` of the discrete Weibull with its derivatives by `m` and `c`.
pub(super) fn discrete_weibull([m, c]: [f64; 2], periods: f64) -> LogSurvival<2> {
    let clock = periods.powf(c);
    let log_stays = (-m).ln_1p();
    let of_c = if periods > 0.0 {
        clock * periods.ln() * log_stays
    } else {
        0.0
    };
    LogSurvival {
        value: clock * log_stays,
        slopes: [-clock / (1.0 - m), of_c],
    }
}
