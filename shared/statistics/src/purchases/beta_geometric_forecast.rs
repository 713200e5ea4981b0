//! What a living customer of the BG/NBD or MBG/NBD will do.
//!
//! Of somebody alive, the purchase rate is `λ ~ Gamma(k, A)` and the chance to leave after each
//! transaction `p ~ Beta(a, B)`. Given both, `(1 − e^(−λpt))/p` transactions are expected within `t`,
//! and `λ/(λp + δ)` ever, discounted at the rate `δ`.

use crate::numeric::gamma_functions::{log_beta, trigamma};
use crate::numeric::hypergeometric::is_last;
use crate::numeric::log_space::{growth, softplus};
use crate::numeric::quadrature::{THIRTY_TWO, integrate_hump};
use crate::numeric::tricomi::log_scaled_tricomi;
use crate::purchases::purchase_model::{DiscountRate, Horizon};

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

/// Densities below `e^−700` are none.
const LOG_ZERO: f64 = -700.0;
/// A hump wider than this, in log-odds, has a side that falls off slowly.
const WIDE: f64 = 3.0;
/// So far, in log-odds, a chance or what it lacks to one is smaller than rounding.
const FAR: f64 = 40.0;
/// A panel in log-odds, narrow enough for the rule.
const PANEL: f64 = 2.5;

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
            self.by_quadrature(ratio)
        }
    }

    fn by_quadrature(&self, ratio: f64) -> f64 {
        let most = self.shape * ratio;
        let mean = self.mean_over_chances(most, |chance| {
            -(-self.shape * (chance * ratio).ln_1p()).exp_m1() / chance
        });
        mean.min(most)
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
        let weight = self.scale * rate.get();
        let most = self.shape / weight;
        let mean = self.mean_over_chances(most, |chance| {
            most * log_scaled_tricomi(self.shape + 1.0, weight / chance).exp()
        });
        mean.min(most)
    }

    /// Returns the mean over the chances to leave of a function that falls from `most`, by quadrature in
    /// the log-odds of the chance. Everything is positive: nothing cancels and nothing is singular.
    fn mean_over_chances(&self, most: f64, function: impl Fn(f64) -> f64) -> f64 {
        let (a, b) = (self.leaving, self.staying);
        let centre = (a / b).ln();
        let width = (trigamma(a) + trigamma(b)).sqrt();
        let log_norm = log_beta(a, b);
        let integrand = |log_odds: f64| {
            let (log_chance, log_rest) = (-softplus(-log_odds), -softplus(log_odds));
            let log_density = a * log_chance + b * log_rest - log_norm;
            if log_density < LOG_ZERO {
                return 0.0;
            }
            log_density.exp() * function(log_chance.exp().max(f64::MIN_POSITIVE))
        };
        if width <= WIDE {
            return integrate_hump(centre, width, integrand);
        }
        // One weight is so small that its side falls off slowly: beyond these places, all that still
        // changes is the power of that side, and what is left is known.
        let reach = (FAR + most.max(1.0).ln()) * width;
        let low = (-FAR - most.max(1.0).ln() - b.max(1.0).ln()).max(centre - reach);
        let high = (FAR + self.shape.max(1.0).ln() + a.max(1.0).ln()).min(centre + reach);
        integrand(low) / a + integrate_panels(low, high, integrand) + integrand(high) / b
    }
}

/// Integrates between two places in the log-odds.
fn integrate_panels(low: f64, high: f64, integrand: impl Fn(f64) -> f64) -> f64 {
    let panels = ((high - low) / PANEL).ceil().max(1.0);
    let width = (high - low) / panels;
    let (mut sum, mut panel) = (0.0, 0.0);
    while panel < panels {
        let from = low + panel * width;
        sum += THIRTY_TWO.integrate(from, from + width, &integrand);
        panel += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published form and the quadrature know nothing of each other.
    #[test]
    fn closed_form_and_quadrature_agree() {
        let mut compared = 0;
        for leaving in [0.003, 0.2, 1.0, 1.7, 30.0] {
            for staying in [0.01, 0.8, 3.0, 400.0] {
                for shape in [0.05, 0.9, 4.0, 90.0] {
                    let drawn = Drawn {
                        shape,
                        scale: 20.0,
                        leaving,
                        staying,
                    };
                    let last = leaving + staying - 1.0;
                    // Elsewhere the closed form is not used, because it cancels.
                    if last < 0.01 || last < shape - 3.0 || last > 1e3 * shape {
                        continue;
                    }
                    let ratio = 1.4;
                    let closed = drawn.closed_form(ratio, ratio / (1.0 + ratio), last);
                    let summed = drawn.by_quadrature(ratio);
                    let error = (closed / summed - 1.0).abs();
                    assert!(error < 1e-9, "{drawn:?}: {closed} and {summed}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 40, "{compared} compared");
    }

    /// Where leaving is certain, one transaction follows if any; where it is all but ruled out, the
    /// rate decides.
    #[test]
    fn the_limits_are_met() {
        let drawn = |leaving, staying| Drawn {
            shape: 2.0,
            scale: 10.0,
            leaving,
            staying,
        };
        let (horizon, rate) = (
            Horizon::new(30.0).unwrap(),
            DiscountRate::new(0.01).unwrap(),
        );
        let leaves = drawn(1e6, 1e-3).expected_transactions(horizon);
        assert!((leaves - (1.0 - 4.0_f64.powi(-2))).abs() < 1e-5, "{leaves}");
        let stays = drawn(1e-6, 1e3);
        assert!((stays.expected_transactions(horizon) - 6.0).abs() < 1e-3);
        assert!((stays.discounted_transactions(rate) - 20.0).abs() < 1e-2);
    }
}
