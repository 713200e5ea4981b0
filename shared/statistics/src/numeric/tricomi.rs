//! Tricomi's confluent hypergeometric function on its diagonal, `U(s, s, z)`: the discounted
//! lifetime of a Pareto/NBD customer.
//!
//! `U(s, s, z) = 1/Γ(s) ∫₀^∞ e^(−zt) t^(s−1)/(1+t) dt = e^z Γ(1−s, z)` (DLMF 13.4.4, 13.6.6).

use crate::numeric::gamma_functions::log_gamma;
use crate::numeric::log_space::log_add_exp;
use crate::numeric::quadrature::THIRTY_TWO;

/// The continued fraction converges fast above this argument.
const FRACTION_ABOVE: f64 = 1.0;
/// For such a large `s` it does so at any argument.
const FRACTION_FROM_SHAPE: f64 = 20.0;
/// From this many times `s` on, one is all that is left.
const NO_MORE_THAN_ONE: f64 = 1e17;
/// Up to this place the integrand's factor `e^(−zt)/(1+t)` is expanded in powers of `t`.
const EXPANDED_TO: f64 = 0.5;
/// A panel of the integral in `ln t`, narrow enough for the rule.
const PANEL: f64 = 3.0;
/// What fell by `e^−45` no longer counts.
const NEGLIGIBLE_FALL: f64 = 45.0;

/// Returns `ln U(s, s, z)` for positive `s` and `z`.
pub fn log_tricomi_diagonal(s: f64, z: f64) -> f64 {
    log_scaled_tricomi(s, z) - s * z.ln()
}

/// Returns `ln zˢ U(s, s, z)`, which rises from minus infinity to zero with `z`.
pub fn log_scaled_tricomi(s: f64, z: f64) -> f64 {
    if z > NO_MORE_THAN_ONE * s.max(1.0) {
        0.0
    } else if z > FRACTION_ABOVE || s >= FRACTION_FROM_SHAPE {
        (z * continued_fraction(s, z)).ln()
    } else {
        let integral = log_add_exp(log_expanded_part(s, z), log_far_part(s, z));
        integral - log_gamma(s) + s * z.ln()
    }
}

/// `e^z z^−a Γ(a, z)` at `a = 1 − s`, by Lentz's method (DLMF 8.9.2, even part).
fn continued_fraction(s: f64, z: f64) -> f64 {
    let mut denominator = z + s;
    let (mut c, mut d) = (f64::MAX, denominator.recip());
    let mut fraction = d;
    let mut index = 0.0;
    for _ in 0..10_000 {
        index += 1.0;
        let numerator = -index * (index + s - 1.0);
        denominator += 2.0;
        d = (denominator + numerator * d).recip();
        c = denominator + numerator / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

/// The integral up to [`EXPANDED_TO`]: the coefficient of `tⁿ` is `(−1)ⁿ Σ_{k≤n} zᵏ/k!`.
fn log_expanded_part(s: f64, z: f64) -> f64 {
    let (mut power, mut exponential_term, mut exponential) = (1.0, 1.0, 1.0);
    let mut index = 0.0;
    let mut sum = 0.0;
    while index < 60.0 {
        sum += power * exponential / (index + s);
        index += 1.0;
        power *= -EXPANDED_TO;
        exponential_term *= z / index;
        exponential += exponential_term;
    }
    sum.ln() + s * EXPANDED_TO.ln()
}

/// The integral from [`EXPANDED_TO`] on, in `v = ln t`.
fn log_far_part(s: f64, z: f64) -> f64 {
    let from = EXPANDED_TO.ln();
    let end = ((NEGLIGIBLE_FALL + 4.0 * s + 10.0 * s.sqrt()) / z).ln();
    let log_height = |v: f64| s * v - z * v.exp();
    let height = log_height((s / z).ln().max(from));
    let panels = ((end - from) / PANEL).ceil();
    let width = (end - from) / panels;
    let (mut sum, mut panel) = (0.0, 0.0);
    while panel < panels {
        let start = from + panel * width;
        sum += THIRTY_TWO.integrate(start, start + width, |v| {
            let t = v.exp();
            (s * v - z * t - height).exp() / (1.0 + t)
        });
        panel += 1.0;
    }
    height + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(s: f64, z: f64) -> f64 {
        log_add_exp(log_expanded_part(s, z), log_far_part(s, z)) - log_gamma(s)
    }

    /// The two ways meet where one takes over from the other.
    #[test]
    fn fraction_and_integral_agree() {
        for s in [0.05, 0.6062, 1.0, 3.2, 15.0] {
            let fraction = continued_fraction(s, 1.0).ln();
            let error = (integral(s, 1.0) - fraction).abs();
            assert!(error < 1e-11 * (1.0 + fraction.abs()), "{s}: {error:e}");
        }
        for z in [1e-6, 1e-3, 0.1, 0.9_f64] {
            let s = FRACTION_FROM_SHAPE;
            let fraction = (1.0 - s) * z.ln() + continued_fraction(s, z).ln();
            let error = (integral(s, z) - fraction).abs();
            assert!(error < 1e-11 * (1.0 + fraction.abs()), "{z}: {error:e}");
        }
    }
}
