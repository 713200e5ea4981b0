//! BG/NBD and MBG/NBD: customers buy at a rate of their own and may drop out after a transaction.
//!
//! Transactions come at a Poisson rate `λ ~ Gamma(r, alpha)`; after each the customer leaves with
//! the chance `p ~ Beta(a, b)`. In the BG/NBD (Fader, Hardie & Lee 2005, Marketing Science 24:275)
//! that begins with the first repeat transaction, in the MBG/NBD (Batislam, Denizel & Filiztekin
//! 2007, Int. J. Research in Marketing 24:201; Hoppe & Wagner 2007) with the very first one. The
//! second differs from the first by one more success of the beta distribution, so that both are here.
//!
//! With `B = b + x` (MBG/NBD: one more) and `k = r + x`, one customer's log-likelihood is
//!
//! `ln Γ(k)/Γ(r) + r ln alpha + ln B(a, B)/B(a, b) − k ln(alpha+T) + ln(1 + e^d)`,
//! `d = ln a/(B−1) + k ln (alpha+T)/(alpha+t_x)`,
//!
//! and `1/(1 + e^d)` is the chance of being alive. In the BG/NBD there is no `d` at `x = 0`: nobody
//! leaves before a repeat transaction, so that every one-time buyer is alive for certain. Do not call
//! anybody lost by it; the MBG/NBD is the default.

use serde::{Deserialize, Serialize};

use crate::numeric::chunked_sum::{add, sum_over};
use crate::numeric::gamma_functions::{digamma_step, log_gamma_step};
use crate::numeric::log_space::log_one_plus;
use crate::numeric::optimise::{Likelihood, OnIteration, REACH, SearchSpace, maximise_watched};
use crate::purchases::beta_geometric_forecast::Drawn;
use crate::purchases::purchase_base::{FrequencyCount, PurchaseBase};
use crate::purchases::purchase_model::{DiscountRate, Effort, Fitted, Horizon, PurchaseModel};
use crate::purchases::purchase_summary::PurchaseSummary;
use crate::refusal::{FitFailure, InputRefusal, all_positive};

const NAMES: [&str; 4] = ["r", "alpha", "a", "b"];

/// When a customer may leave for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropOut {
    /// After the first repeat transaction: BG/NBD.
    AfterRepeats,
    /// After the first transaction: MBG/NBD.
    AfterEvery,
}

impl DropOut {
    /// The chances to leave that were let pass without a repeat transaction.
    const fn chances_of_new(self) -> f64 {
        match self {
            Self::AfterRepeats => 0.0,
            Self::AfterEvery => 1.0,
        }
    }
}

/// The parameters, before anybody looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaGeometricParameters {
    /// The shape of the purchase rates.
    pub r: f64,
    /// The scale of the purchase rates, in time (weeks).
    pub alpha: f64,
    /// The weight of leaving.
    pub a: f64,
    /// The weight of staying.
    pub b: f64,
    /// Which of the two models it is.
    pub drop_out: DropOut,
}

/// The BG/NBD or MBG/NBD model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BetaGeometricParameters", into = "BetaGeometricParameters")]
pub struct BetaGeometric(BetaGeometricParameters);

impl TryFrom<BetaGeometricParameters> for BetaGeometric {
    type Error = InputRefusal;

    fn try_from(parameters: BetaGeometricParameters) -> Result<Self, Self::Error> {
        let values = [parameters.r, parameters.alpha, parameters.a, parameters.b];
        all_positive(NAMES, values)?;
        Ok(Self(parameters))
    }
}

impl From<BetaGeometric> for BetaGeometricParameters {
    fn from(model: BetaGeometric) -> Self {
        model.0
    }
}

impl BetaGeometric {
    /// Returns the parameters.
    pub const fn parameters(&self) -> &BetaGeometricParameters {
        &self.0
    }

    /// Fits the model to a customer base by maximum likelihood.
    pub fn fit(
        base: &PurchaseBase,
        drop_out: DropOut,
        effort: Effort,
    ) -> Result<Fitted<Self>, FitFailure> {
        Self::fit_watched(base, drop_out, effort, &mut |_| {})
    }

    /// Does the same, and tells of each step of the search.
    pub fn fit_watched(
        base: &PurchaseBase,
        drop_out: DropOut,
        effort: Effort,
        on_iteration: OnIteration<'_>,
    ) -> Result<Fitted<Self>, FitFailure> {
        let space = SearchSpace {
            start: start(base),
            names: NAMES,
            reach: REACH,
        };
        let top = maximise_watched(&space, base.customers(), on_iteration, |parameters| {
            Self::of(parameters, drop_out).log_likelihood(base, effort)
        })?;
        Ok(Fitted {
            model: Self::of(top.parameters, drop_out),
            log_likelihood: top.log_likelihood,
            rows: base.customers(),
            convergence: top.convergence,
        })
    }

    const fn of([r, alpha, a, b]: [f64; 4], drop_out: DropOut) -> Self {
        Self(BetaGeometricParameters {
            r,
            alpha,
            a,
            b,
            drop_out,
        })
    }

    /// Returns the log-likelihood of a customer base, with its derivatives by `r`, `alpha`, `a`, `b`.
    pub fn log_likelihood(&self, base: &PurchaseBase, effort: Effort) -> Likelihood<4> {
        let terms: Vec<FrequencyTerms> = base
            .frequencies()
            .iter()
            .map(|count| self.frequency_terms(count.frequency))
            .collect();
        let times: Vec<TimeTerms> = base
            .times()
            .iter()
            .map(|time| self.time_terms(*time))
            .collect();
        let rows = base.rows();
        let mut sum = sum_over(rows.len(), effort.threads, |range| {
            let mut sum = [0.0; 5];
            for row in &rows[range] {
                let (recency, age) = (times[row.recency], times[row.age]);
                terms[row.frequency].add_to(&mut sum, recency, age, row.customers);
            }
            sum
        });
        for count in base.frequencies() {
            add(&mut sum, &self.shared_terms(*count));
        }
        let [value, r, alpha, a, b] = sum;
        Likelihood {
            value,
            gradient: [r, alpha, a, b],
        }
    }

    /// What only hangs on the frequency, and is needed by every row.
    fn frequency_terms(&self, frequency: f64) -> FrequencyTerms {
        let stays = self.stays(frequency);
        let log_odds = if stays > 0.0 {
            (self.0.a / stays).ln()
        } else {
            f64::NEG_INFINITY
        };
        FrequencyTerms {
            exponent: self.0.r + frequency,
            log_odds,
            of_a: self.0.a.recip(),
            of_b: if stays > 0.0 { stays.recip() } else { 0.0 },
        }
    }

    fn time_terms(&self, time: f64) -> TimeTerms {
        let sum = self.0.alpha + time;
        TimeTerms {
            log: sum.ln(),
            inverse: sum.recip(),
        }
    }

    /// The weight of staying where the last chance to leave stood, `B − 1`; zero where there was none.
    fn stays(&self, frequency: f64) -> f64 {
        let chances = frequency + self.0.drop_out.chances_of_new();
        if chances > 0.0 {
            self.0.b + (chances - 1.0)
        } else {
            0.0
        }
    }

    /// The terms of all customers of a frequency that do not hang on times.
    fn shared_terms(&self, count: FrequencyCount) -> [f64; 5] {
        let BetaGeometricParameters { r, alpha, a, b, .. } = self.0;
        let chances = count.frequency + self.0.drop_out.chances_of_new();
        let all = digamma_step(a + b, chances);
        let value =
            log_gamma_step(r, count.frequency) + r * alpha.ln() + log_gamma_step(b, chances)
                - log_gamma_step(a + b, chances);
        [
            value,
            digamma_step(r, count.frequency) + alpha.ln(),
            r / alpha,
            -all,
            digamma_step(b, chances) - all,
        ]
        .map(|term| term * count.customers)
    }

    /// The odds of having left.
    fn odds_of_leaving(&self, customer: &PurchaseSummary) -> f64 {
        let frequency = f64::from(customer.frequency());
        let stays = self.stays(frequency);
        if stays <= 0.0 {
            return 0.0;
        }
        let BetaGeometricParameters { r, alpha, a, .. } = self.0;
        let ratio = (alpha + customer.age()) / (alpha + customer.recency());
        a / stays * ((r + frequency) * ratio.ln()).exp()
    }

    /// What is known of somebody alive.
    fn drawn(&self, frequency: u32, age: f64) -> Drawn {
        let BetaGeometricParameters { r, alpha, a, b, .. } = self.0;
        let frequency = f64::from(frequency);
        Drawn {
            shape: r + frequency,
            scale: alpha + age,
            leaving: a,
            staying: b + frequency + self.0.drop_out.chances_of_new(),
        }
    }
}

impl PurchaseModel for BetaGeometric {
    fn probability_alive(&self, customer: &PurchaseSummary) -> f64 {
        (1.0 + self.odds_of_leaving(customer)).recip()
    }

    fn expected_if_alive(&self, frequency: u32, age: f64, horizon: Horizon) -> f64 {
        self.drawn(frequency, age).expected_transactions(horizon)
    }

    fn discounted_if_alive(&self, frequency: u32, age: f64, rate: DiscountRate) -> f64 {
        self.drawn(frequency, age).discounted_transactions(rate)
    }
}

#[derive(Clone, Copy, Debug)]
struct FrequencyTerms {
    exponent: f64,
    log_odds: f64,
    /// The derivatives of the odds' logarithm by `a` and, negative, by `b`.
    of_a: f64,
    of_b: f64,
}

#[derive(Clone, Copy, Debug)]
struct TimeTerms {
    log: f64,
    inverse: f64,
}

impl FrequencyTerms {
    /// Adds what hangs on times: `−k ln(alpha+T) + ln(1 + e^d)` and its derivatives.
    fn add_to(&self, sum: &mut [f64; 5], recency: TimeTerms, age: TimeTerms, customers: f64) {
        let difference = age.log - recency.log;
        let log_odds = self.log_odds + self.exponent * difference;
        let odds = (-log_odds.abs()).exp();
        let share = odds / (1.0 + odds);
        let left = if log_odds < 0.0 { share } else { 1.0 - share };
        let value = log_odds.max(0.0) + log_one_plus(odds) - self.exponent * age.log;
        let inverse = age.inverse + left * (recency.inverse - age.inverse);
        sum[0] += customers * value;
        sum[1] -= customers * (age.log - left * difference);
        sum[2] -= customers * self.exponent * inverse;
        sum[3] += customers * left * self.of_a;
        sum[4] -= customers * left * self.of_b;
    }
}

/// Where the search begins: a wide spread of rates about the mean that was seen.
fn start(base: &PurchaseBase) -> [f64; 4] {
    let rate = (base.mean_frequency() + 0.1) / (base.mean_age() + f64::MIN_POSITIVE);
    [0.0, rate.recip().max(1e-6).ln(), 0.0, 0.0]
}
