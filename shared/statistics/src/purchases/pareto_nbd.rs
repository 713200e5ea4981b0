//! Pareto/NBD: customers buy at a rate of their own and die at a rate of their own.
//!
//! Transactions come at a Poisson rate `λ ~ Gamma(r, alpha)`, death at a rate `μ ~ Gamma(s, beta)`
//! (Schmittlein, Morrison & Colombo 1987, Management Science 33:1; Fader & Hardie, "A note on deriving
//! the Pareto/NBD model"). With `k = r + x` one customer's log-likelihood is
//!
//! `ln Γ(k)/Γ(r) + r ln alpha + s ln beta − k ln(alpha+T) − s ln(beta+T) + ln(1 + e^d)`,
//! `d = ln s I (alpha+T)^k (beta+T)^s`,
//!
//! with the integral `I` over the times of death, and `1/(1 + e^d)` is the chance of being alive.
//! Discounted expected residual transactions are those of Fader, Hardie & Lee (2005, J. Marketing
//! Research 42:415), written as the chance of being alive times `k/(alpha+T) z^s U(s, s, z)/δ` with
//! `z = δ(beta+T)`.

use serde::{Deserialize, Serialize};

use crate::numeric::chunked_sum::{add, sum_over};
use crate::numeric::gamma_functions::{digamma_step, log_gamma_step};
use crate::numeric::log_space::{growth, log_one_plus, logistic};
use crate::numeric::optimise::{Likelihood, OnIteration, REACH, SearchSpace, maximise_watched};
use crate::numeric::tricomi::log_scaled_tricomi;
use crate::purchases::death_integral::{Death, DeathSums};
use crate::purchases::death_table::{DeathTable, Stretch, TimeTerms};
use crate::purchases::purchase_base::{DistinctCustomer, FrequencyCount, PurchaseBase};
use crate::purchases::purchase_model::{DiscountRate, Effort, Fitted, Horizon, PurchaseModel};
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::refusal::{FitFailure, InputRefusal, all_positive};

const NAMES: [&str; 4] = ["r", "alpha", "s", "beta"];

/// The parameters, before anybody looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParetoNbdParameters {
    /// The shape of the purchase rates.
    pub r: f64,
    /// The scale of the purchase rates, in time (weeks).
    pub alpha: f64,
    /// The shape of the death rates.
    pub s: f64,
    /// The scale of the death rates, in time (weeks).
    pub beta: f64,
}

/// The Pareto/NBD model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ParetoNbdParameters", into = "ParetoNbdParameters")]
pub struct ParetoNbd(ParetoNbdParameters);

impl TryFrom<ParetoNbdParameters> for ParetoNbd {
    type Error = InputRefusal;

    fn try_from(parameters: ParetoNbdParameters) -> Result<Self, Self::Error> {
        let values = [
            parameters.r,
            parameters.alpha,
            parameters.s,
            parameters.beta,
        ];
        all_positive(NAMES, values)?;
        Ok(Self(parameters))
    }
}

impl From<ParetoNbd> for ParetoNbdParameters {
    fn from(model: ParetoNbd) -> Self {
        model.0
    }
}

impl ParetoNbd {
    /// Returns the parameters.
    pub const fn parameters(&self) -> &ParetoNbdParameters {
        &self.0
    }

    /// Fits the model to a customer base by maximum likelihood.
    pub fn fit(base: &PurchaseBase, effort: Effort) -> Result<Fitted<Self>, FitFailure> {
        Self::fit_watched(base, effort, &mut |_| {})
    }

    /// Does the same, and tells of each step of the search.
    pub fn fit_watched(
        base: &PurchaseBase,
        effort: Effort,
        on_iteration: OnIteration<'_>,
    ) -> Result<Fitted<Self>, FitFailure> {
        let rate = (base.mean_frequency() + 0.1) / (base.mean_age() + f64::MIN_POSITIVE);
        let log_scale = rate.recip().max(1e-6).ln();
        let space = SearchSpace {
            start: [0.0, log_scale, 0.0, log_scale],
            names: NAMES,
            reach: REACH,
        };
        let top = maximise_watched(&space, base.customers(), on_iteration, |parameters| {
            Self::of(parameters).log_likelihood(base, effort)
        })?;
        Ok(Fitted {
            model: Self::of(top.parameters),
            log_likelihood: top.log_likelihood,
            rows: base.customers(),
            convergence: top.convergence,
        })
    }

    const fn of([r, alpha, s, beta]: [f64; 4]) -> Self {
        Self(ParetoNbdParameters { r, alpha, s, beta })
    }

    /// Returns the log-likelihood of a customer base, with its derivatives by `r`, `alpha`, `s`, `beta`.
    pub fn log_likelihood(&self, base: &PurchaseBase, effort: Effort) -> Likelihood<4> {
        let times: Vec<TimeTerms> = base
            .times()
            .iter()
            .map(|time| self.time_terms(*time))
            .collect();
        let rows = base.rows();
        let exponents = base.frequencies().iter();
        let exponents: Vec<f64> = exponents.map(|count| self.0.r + count.frequency).collect();
        // As many integrals as rows: then the table is no dearer.
        let is_worth_it = exponents.len() * times.len() <= rows.len();
        let table = is_worth_it.then(|| DeathTable::build(&self.death(), exponents, times.clone()));
        let mut sum = sum_over(rows.len(), effort.threads, |range| {
            let mut walk = Walk {
                model: self,
                base,
                times: &times,
                table: table.as_ref(),
                stretch: Stretch::over(&self.death()),
            };
            let mut sum = [0.0; 5];
            for row in &rows[range] {
                add(&mut sum, &walk.terms(row));
            }
            sum
        });
        for count in base.frequencies() {
            add(&mut sum, &self.shared_terms(*count));
        }
        let [value, r, alpha, s, beta] = sum;
        Likelihood {
            value,
            gradient: [r, alpha, s, beta],
        }
    }

    fn death(&self) -> Death {
        let ParetoNbdParameters { alpha, s, beta, .. } = self.0;
        Death { alpha, beta, s }
    }

    fn time_terms(&self, time: f64) -> TimeTerms {
        TimeTerms::new(&self.death(), time)
    }

    /// The terms of all customers of a frequency that do not hang on times.
    fn shared_terms(&self, count: FrequencyCount) -> [f64; 5] {
        let ParetoNbdParameters { r, alpha, s, beta } = self.0;
        let value = log_gamma_step(r, count.frequency) + r * alpha.ln() + s * beta.ln();
        let of_r = digamma_step(r, count.frequency) + alpha.ln();
        [value, of_r, r / alpha, beta.ln(), s / beta].map(|term| term * count.customers)
    }

    /// The logarithm of the odds of having died, of the integral over its integrand at `t_x`.
    fn log_odds(&self, exponent: f64, recency: TimeTerms, age: TimeTerms, integral: f64) -> f64 {
        (self.0.s * integral).ln()
            + exponent * (age.log_alpha - recency.log_alpha)
            + self.0.s * (age.log_beta - recency.log_beta)
            - recency.log_beta
    }
}

impl PurchaseModel for ParetoNbd {
    fn probability_alive(&self, customer: &PurchaseSummary) -> f64 {
        let exponent = self.0.r + f64::from(customer.frequency());
        let (recency, age) = (customer.recency(), customer.age());
        let integral = self.death().integral(exponent, recency, age);
        let (recency, age) = (self.time_terms(recency), self.time_terms(age));
        logistic(-self.log_odds(exponent, recency, age, integral))
    }

    /// It takes an integral.
    fn alive_is_dear(&self) -> bool {
        true
    }

    fn expected_if_alive(&self, frequency: u32, age: f64, horizon: Horizon) -> f64 {
        let ParetoNbdParameters { r, alpha, s, beta } = self.0;
        let log_left = -(horizon.get() / (beta + age)).ln_1p();
        let rate = (r + f64::from(frequency)) / (alpha + age);
        -rate * (beta + age) * growth(s - 1.0, log_left)
    }

    fn discounted_if_alive(&self, frequency: u32, age: f64, rate: DiscountRate) -> f64 {
        let ParetoNbdParameters { r, alpha, s, beta } = self.0;
        let argument = rate.get() * (beta + age);
        let left = log_scaled_tricomi(s, argument).exp();
        (r + f64::from(frequency)) / (alpha + age) * left / rate.get()
    }
}

/// A walk over rows in their order. Rows with the same times follow each other, and the points at
/// which the integrand is asked are found once for these.
struct Walk<'base> {
    model: &'base ParetoNbd,
    base: &'base PurchaseBase,
    times: &'base [TimeTerms],
    /// Where a table of all integrals is worth building.
    table: Option<&'base DeathTable>,
    stretch: Stretch,
}

impl Walk<'_> {
    /// Returns the terms of a row that hang on times, with their derivatives.
    fn terms(&mut self, row: &DistinctCustomer) -> [f64; 5] {
        let ParetoNbdParameters { r, s, .. } = self.model.0;
        let exponent = r + self.base.frequencies()[row.frequency].frequency;
        let (recency, age) = (self.times[row.recency], self.times[row.age]);
        let (sums, fate) = self.fate(row, exponent);
        let Fate {
            log_total,
            alive,
            dead,
            per_integral,
        } = fate;
        let value = log_total - exponent * age.log_alpha - s * age.log_beta;
        let log_alpha = alive * age.log_alpha + dead * recency.log_alpha;
        let log_beta = alive * age.log_beta + dead * recency.log_beta;
        let inverse_alpha = alive * age.inverse_alpha + per_integral * sums.inverse_alpha;
        let inverse_beta =
            alive * s * age.inverse_beta + per_integral * (s + 1.0) * sums.inverse_beta;
        [
            value,
            -log_alpha - per_integral * sums.log_alpha,
            -exponent * inverse_alpha,
            dead / s - log_beta - per_integral * sums.log_beta,
            -inverse_beta,
        ]
        .map(|term| term * row.customers)
    }

    /// Returns a row's sums, and what they say of it.
    fn fate(&mut self, row: &DistinctCustomer, exponent: f64) -> (DeathSums, Fate) {
        let (recency, age) = (self.times[row.recency], self.times[row.age]);
        let Some(table) = self.table else {
            let sums = self.stretch.sums(exponent, recency.time, age.time);
            return (
                sums,
                self.fate_by_logarithms(exponent, recency, age, sums.integral),
            );
        };
        let (sums, fall) = table.between(row.recency, row.age, row.frequency);
        if fall < SMALLEST_FALL {
            return (
                sums,
                self.fate_by_logarithms(exponent, recency, age, sums.integral),
            );
        }
        let odds_per_integral = self.model.0.s * age.inverse_beta / fall;
        let odds = odds_per_integral * sums.integral;
        let alive = (1.0 + odds).recip();
        let fate = Fate {
            log_total: log_one_plus(odds),
            alive,
            dead: odds * alive,
            per_integral: odds_per_integral * alive,
        };
        (sums, fate)
    }

    fn fate_by_logarithms(
        &self,
        exponent: f64,
        recency: TimeTerms,
        age: TimeTerms,
        integral: f64,
    ) -> Fate {
        let log_odds = self.model.log_odds(exponent, recency, age, integral);
        // One exponential serves the chance and the logarithm.
        let odds = (-log_odds.abs()).exp();
        let share = odds / (1.0 + odds);
        let (dead, alive) = if log_odds < 0.0 {
            (share, 1.0 - share)
        } else {
            (1.0 - share, share)
        };
        // Where there is no time to die in, there is no chance and no mean.
        let is_any = integral > 0.0;
        Fate {
            log_total: log_odds.max(0.0) + log_one_plus(odds),
            alive,
            dead,
            per_integral: if is_any { dead / integral } else { 0.0 },
        }
    }
}

/// Below this, odds are only safe as logarithms.
const SMALLEST_FALL: f64 = 1e-200;

/// What a row's integral says of it.
#[derive(Clone, Copy, Debug)]
struct Fate {
    /// `ln(1 + e^d)`.
    log_total: f64,
    /// The chance of being alive, and what it lacks to one.
    alive: f64,
    dead: f64,
    /// The second over the integral.
    per_integral: f64,
}
