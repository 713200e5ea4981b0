//! What a living customer of the BG/NBD or MBG/NBD will do.
//!
//! Of somebody alive, the purchase rate is `λ ~ Gamma(k, A)` and the chance to leave after each
//! transaction `p ~ Beta(a, B)`. Given both, `(1 − e^(−λpt))/p` transactions are expected within `t`,
//! and `λ/(λp + δ)` ever, discounted at the rate `δ`.

use super::gamma_functions::{log_beta, trigamma};
use super::hypergeometric::is_last;
use super::log_space::{growth, softplus};
use super::purchase_model::{DiscountRate, Horizon};
use super::quadrature::integrate_hump;
use super::tricomi::log_tricomi_diagonal;

/// More terms than the series takes where it is used.
const MOST_TERMS: u32 = 20_000;
/// Nearer to one, the series takes too long.
const LARGEST_ARGUMENT: f64 = 0.995;
/// More negative, the terms of the series alternate and cancel.
const MOST_NEGATIVE: f64 = -3.0;
/// The closed form takes a small difference of numbers so many times larger at most.
const LARGEST_CANCELLATION: f64 = 1e4;

/// The series is multiplied by a power as small as its terms are large; both must be numbers.
const LARGEST_LOG_TERM: f64 = 300.0;

/// What is known of the rate and the chance of a living customer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    /// The shape `k` of the rate's gamma distribution.
    pub(super) shape: f64,
    /// Its scale `A`, in time.
    pub(super) scale: f64,
    /// The weight `a` of leaving.
    pub(super) leaving: f64,
    /// The weight `B` of staying.
    pub(super) staying: f64,
}

impl Drawn {
    /// Returns the transactions expected within a horizon.
    pub(super) fn expected_transactions(&self, horizon: Horizon) -> f64 {
        let ratio = horizon.get() / self.scale;
        let argument = ratio / (1.0 + ratio);
        let last = self.leaving + self.staying - 1.0;
        let is_easy = argument < LARGEST_ARGUMENT
            && last - self.shape > MOST_NEGATIVE
            && last > self.shape * LARGEST_CANCELLATION.recip()
            && last < self.shape * LARGEST_CANCELLATION
            && self.leaving * ratio.ln_1p() < LARGEST_LOG_TERM;
        if is_easy {
            self.closed_form(ratio, argument, last)
        } else {
            self.mean_over_chances(|chance| {
                -(-self.shape * (chance * ratio).ln_1p()).exp_m1() / chance
            })
        }
    }

    /// The published form, `C/(a−1) (1 − (A/(A+t))^k ₂F₁(k, B; C; z))` with `C = a + B − 1` and
    /// `z = t/(A+t)`. By Euler's transformation it is `C/(a−1) (1 − (1−z)^(a−1) ₂F₁(C−k, a−1; C; z))`,
    /// and after the first term of the series `a − 1` cancels, so that `a = 1` is nothing special.
    fn closed_form(&self, ratio: f64, argument: f64, last: f64) -> f64 {
        let excess = self.leaving - 1.0;
        let other = last - self.shape;
        let log = -ratio.ln_1p();
        let mut term = other / last * argument;
        let (mut sum, mut index) = (term, 1.0);
        for _ in 0..MOST_TERMS {
            let ratio = (self.leaving + index - 1.0) * (other + index)
                / ((last + index) * (index + 1.0))
                * argument;
            if is_last(term, sum, ratio) {
                break;
            }
            term *= ratio;
            sum += term;
            index += 1.0;
        }
        last * (-growth(excess, log) - (excess * log).exp() * sum)
    }

    /// Returns the discounted transactions expected, ever.
    ///
    /// The mean of `λ/(λp + δ)` over the rates is `k/(Aδ) z^(k+1) U(k+1, k+1, z)` with `z = Aδ/p`, by
    /// the gamma integral that defines Tricomi's function.
    pub(super) fn discounted_transactions(&self, rate: DiscountRate) -> f64 {
        self.mean_over_chances(|chance| {
            let argument = self.scale * rate.get() / chance;
            let log_mean = self.shape.ln()
                + (self.shape + 1.0) * argument.ln()
                + log_tricomi_diagonal(self.shape + 1.0, argument);
            log_mean.exp() / (self.scale * rate.get())
        })
    }

    /// Returns the mean of a function over the chances to leave, by quadrature in their log-odds.
    /// Everything is positive: nothing cancels and nothing is singular.
    fn mean_over_chances(&self, function: impl Fn(f64) -> f64) -> f64 {
        let centre = (self.leaving / self.staying).ln();
        let width = (trigamma(self.leaving) + trigamma(self.staying)).sqrt();
        let log_norm = log_beta(self.leaving, self.staying);
        integrate_hump(centre, width, |log_odds| {
            let (log_chance, log_rest) = (-softplus(-log_odds), -softplus(log_odds));
            let log_density = self.leaving * log_chance + self.staying * log_rest - log_norm;
            if log_density < -700.0 {
                return 0.0;
            }
            let chance = log_chance.exp().max(f64::MIN_POSITIVE);
            log_density.exp() * function(chance)
        })
    }
}
