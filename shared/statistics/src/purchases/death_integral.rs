//! When a Pareto/NBD customer may have died: the integral of the likelihood over the time of death,
//! from the last transaction to the end of the observation.
//!
//! `I = ∫_{t_x}^{T} (alpha+y)^−k (beta+y)^−(s+1) dy` with `k = r + x`. In `u = ln(c + y)`, with `c` the
//! smaller of `alpha` and `beta`, the logarithm of the integrand is close to a straight line, and the
//! Gauss–Legendre rule gets all digits from few points: no hypergeometric function, nothing singular
//! at `alpha = beta`, no difference of large numbers (Fader & Hardie's closed form has all three).
//! Everything is taken relative to its value at `t_x`, where the integrand is largest.

use crate::numeric::log_space::log_one_plus;
use crate::numeric::quadrature::{EIGHT, GaussLegendre, SIXTEEN, THIRTY_TWO};
use crate::purchases::death_points::Points;

/// Within a stretch this wide, in `u`, the integrand falls by `e^(13 e)` at most.
const PANEL_FALL: f64 = 13.0;
/// No panel is wider, in `u`.
const PANEL_WIDTH: f64 = 1.0;
/// What fell by `e^−60` no longer counts.
const NEGLIGIBLE_FALL: f64 = 60.0;

/// The parameters of the integrand that customers share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Death {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) s: f64,
}

/// The integral relative to the integrand at `t_x`, and means under it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct DeathSums {
    /// The integral over the integrand at `t_x`.
    pub(super) integral: f64,
    /// The mean of `ln (alpha+y)/(alpha+t_x)`, times the integral; and so on.
    pub(super) log_alpha: f64,
    pub(super) log_beta: f64,
    pub(super) inverse_alpha: f64,
    pub(super) inverse_beta: f64,
}

impl DeathSums {
    /// Adds so many times another stretch's.
    pub(super) fn plus(&self, other: &Self, times: f64) -> Self {
        Self {
            integral: self.integral + times * other.integral,
            log_alpha: self.log_alpha + times * other.log_alpha,
            log_beta: self.log_beta + times * other.log_beta,
            inverse_alpha: self.inverse_alpha + times * other.inverse_alpha,
            inverse_beta: self.inverse_beta + times * other.inverse_beta,
        }
    }
}

/// How many points are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Eight,
    Sixteen,
    ThirtyTwo,
    Panels,
}

impl Death {
    /// Returns the width of `[recency, age]` in `u`.
    pub(super) fn width(&self, recency: f64, age: f64) -> f64 {
        log_one_plus((age - recency) / (self.alpha.min(self.beta) + recency))
    }

    /// Returns the rule that gets all digits of the integral up to `age`, where the integrand is
    /// steepest.
    pub(super) fn rule(&self, exponent: f64, age: f64, width: f64) -> Rule {
        let fall = self.steepness(exponent, age) * width;
        if fall <= 2.0 && width <= 0.7 {
            Rule::Eight
        } else if fall <= 10.0 && width <= 2.0 {
            Rule::Sixteen
        } else if fall <= 36.0 && width <= 4.0 {
            Rule::ThirtyTwo
        } else {
            Rule::Panels
        }
    }

    /// How fast the integrand's logarithm falls with `u` at a time; it only gets faster.
    fn steepness(&self, exponent: f64, time: f64) -> f64 {
        let here = self.alpha.min(self.beta) + time;
        exponent * here / (self.alpha + time) + (self.s + 1.0) * here / (self.beta + time)
    }

    /// Puts the points of a rule over the whole of `[recency, age]`.
    pub(super) fn spread(&self, points: &mut Points, rule: Rule, recency: f64, width: f64) {
        match rule {
            Rule::Eight => self.fill(points, &EIGHT, recency, 0.0, width),
            Rule::Sixteen => self.fill(points, &SIXTEEN, recency, 0.0, width),
            Rule::ThirtyTwo | Rule::Panels => self.fill(points, &THIRTY_TWO, recency, 0.0, width),
        }
    }

    /// Returns the integral for one customer, over the integrand at `recency`.
    pub(super) fn integral(&self, exponent: f64, recency: f64, age: f64) -> f64 {
        let width = self.width(recency, age);
        let rule = self.rule(exponent, age, width);
        match rule {
            Rule::Eight => self.ask(&EIGHT, exponent, recency, width),
            Rule::Sixteen => self.ask(&SIXTEEN, exponent, recency, width),
            Rule::ThirtyTwo => self.ask(&THIRTY_TWO, exponent, recency, width),
            Rule::Panels => self.sums_by_panels(exponent, recency, width).integral,
        }
    }

    /// Returns the integral alone, by one rule.
    fn ask<const N: usize>(
        &self,
        rule: &GaussLegendre<N>,
        exponent: f64,
        recency: f64,
        width: f64,
    ) -> f64 {
        let (alpha, beta) = (self.alpha + recency, self.beta + recency);
        let (smaller, larger) = (alpha.min(beta), alpha.max(beta));
        // The straight part of the fall, less the growth of the measure, and the bent part.
        let (straight, bent) = if alpha < beta {
            (exponent - 1.0, self.s + 1.0)
        } else {
            (self.s, exponent)
        };
        let sum: f64 = rule
            .nodes
            .iter()
            .zip(&rule.weights)
            .map(|(node, weight)| {
                let along = width * node;
                let other = log_one_plus(smaller * along.exp_m1() / larger);
                weight * (-straight * along - bent * other).exp()
            })
            .sum();
        width * smaller * sum
    }

    /// Sums over panels that are as narrow as the integrand is steep, until nothing is left.
    pub(super) fn sums_by_panels(&self, exponent: f64, recency: f64, width: f64) -> DeathSums {
        let smaller = self.alpha.min(self.beta) + recency;
        let mut sums = DeathSums::default();
        let mut points = Points::NONE;
        let mut from = 0.0;
        while from < width {
            let gap = smaller * f64::exp_m1(from);
            let log_alpha = (gap / (self.alpha + recency)).ln_1p();
            let log_beta = (gap / (self.beta + recency)).ln_1p();
            if exponent * log_alpha + (self.s + 1.0) * log_beta - from > NEGLIGIBLE_FALL {
                break;
            }
            let steepness = self.steepness(exponent, recency + gap);
            let panel = PANEL_WIDTH.min(PANEL_FALL / steepness).min(width - from);
            self.fill(&mut points, &THIRTY_TWO, recency, from, panel);
            points.add_to(&mut sums, exponent);
            from += panel;
        }
        sums
    }

    fn fill<const N: usize>(
        &self,
        points: &mut Points,
        rule: &GaussLegendre<N>,
        recency: f64,
        from: f64,
        width: f64,
    ) {
        let (alpha, beta) = (self.alpha + recency, self.beta + recency);
        let smaller = alpha.min(beta);
        points.used = N;
        points.rises = f64::INFINITY;
        for (index, (node, weight)) in rule.nodes.iter().zip(&rule.weights).enumerate() {
            let along = from + width * node;
            let gap = smaller * along.exp_m1();
            let other = log_one_plus(gap / alpha.max(beta));
            let (log_alpha, log_beta) = if alpha < beta {
                (along, other)
            } else {
                (other, along)
            };
            points.log_alpha[index] = log_alpha;
            points.log_beta[index] = log_beta;
            points.inverse_alpha[index] = (alpha + gap).recip();
            points.inverse_beta[index] = (beta + gap).recip();
            points.factor[index] = alpha * points.inverse_alpha[index];
            points.log_density[index] = -(self.s + 1.0) * log_beta;
            points.measure[index] = width * weight * (smaller + gap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(r, alpha, s, beta, x, t_x, T, ln I)` by 40-digit arithmetic.
    const STRESS: [[f64; 8]; 5] = [
        [
            0.55,
            10.6,
            0.6,
            11.7,
            300.0,
            38.0,
            39.0,
            -1_175.298_700_471_819_3,
        ],
        [
            0.55,
            10.6,
            0.6,
            11.7,
            1_000.0,
            51.9,
            52.0,
            -4_147.084_176_939_153,
        ],
        [
            2.0,
            0.01,
            0.1,
            1_000.0,
            50.0,
            40.0,
            52.0,
            -199.719_946_650_588_64,
        ],
        [
            0.05,
            500.0,
            3.0,
            0.02,
            5.0,
            10.0,
            52.0,
            -39.546_472_134_389_79,
        ],
        [
            0.55,
            10.6,
            0.6,
            11.7,
            2.0,
            0.1,
            2_000.0,
            -8.733_203_908_661_068,
        ],
    ];

    #[test]
    fn steep_and_lopsided_cases_keep_their_digits() {
        for [r, alpha, s, beta, frequency, recency, age, exact] in STRESS {
            let death = Death { alpha, beta, s };
            let exponent = r + frequency;
            let at_recency = -exponent * (alpha + recency).ln() - (s + 1.0) * (beta + recency).ln();
            let ours = death.integral(exponent, recency, age).ln() + at_recency;
            assert!((ours - exact).abs() < 3e-12, "{ours} is not {exact}");
        }
    }

    #[test]
    fn every_rule_gives_what_narrow_panels_give() {
        for (alpha, beta) in [(10.6, 11.7), (1e-3, 40.0), (300.0, 0.2), (5.0, 5.0)] {
            for exponent in [0.2, 1.5, 20.0, 500.0, 1e4] {
                for (recency, age) in [(0.0, 0.01), (0.0, 39.0), (30.0, 39.0), (2.0, 1e4)] {
                    let death = Death {
                        alpha,
                        beta,
                        s: 0.7,
                    };
                    let ours = death.integral(exponent, recency, age);
                    let width = death.width(recency, age);
                    let panels = death.sums_by_panels(exponent, recency, width).integral;
                    let error = (ours / panels - 1.0).abs();
                    assert!(
                        error < 1e-13,
                        "{alpha} {beta} {exponent} {recency}: {error:e}"
                    );
                }
            }
        }
    }

    #[test]
    fn nothing_is_left_to_integrate_after_a_purchase_on_the_last_day() {
        let death = Death {
            alpha: 3.0,
            beta: 4.0,
            s: 0.7,
        };
        assert!(death.integral(1.5, 20.0, 20.0).abs() < f64::MIN_POSITIVE);
    }
}
