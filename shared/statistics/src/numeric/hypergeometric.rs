//! Gauss's hypergeometric function `₂F₁` for positive parameters and an argument in `[0, 1)`.

/// Beyond this many terms the rest is left out; at an argument of 0.999 some 40,000 are needed.
const MOST_TERMS: u32 = 2_000_000;
/// A sum is scaled down before it overflows.
const SCALE_ABOVE: f64 = 1e200;
/// A parameter more negative than this makes the transformed series alternate with large terms.
const MOST_NEGATIVE: f64 = -4.0;

/// Returns `ln ₂F₁(a, b; c; z)`.
///
/// By Euler's form `(1−z)^(c−a−b) ₂F₁(c−a, c−b; c; z)` and the power series (Abramowitz & Stegun
/// 15.3.3), because `c−a` and `c−b` are small where the models ask; by the series itself, all of
/// whose terms are positive, where they are not.
pub fn log_hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (left, right) = (c - a, c - b);
    let excess = left - b;
    if excess >= 0.0 || left < MOST_NEGATIVE || right < MOST_NEGATIVE {
        log_power_series(a, b, c, z)
    } else {
        excess * (-z).ln_1p() + log_power_series(left, right, c, z)
    }
}

/// Sums the power series, scaled.
fn log_power_series(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum, mut log_scale) = (1.0_f64, 1.0_f64, 0.0);
    let mut index = 0.0;
    for _ in 0..MOST_TERMS {
        term *= (a + index) * (b + index) / ((c + index) * (index + 1.0)) * z;
        sum += term;
        index += 1.0;
        if sum.abs() > SCALE_ABOVE {
            term /= SCALE_ABOVE;
            sum /= SCALE_ABOVE;
            log_scale += SCALE_ABOVE.ln();
        }
        if is_last(
            term,
            sum,
            (a + index) * (b + index) / ((c + index) * (index + 1.0)) * z,
        ) {
            break;
        }
    }
    sum.ln() + log_scale
}

/// Says whether what follows a term, which falls by `ratio`, no longer counts.
pub(crate) fn is_last(term: f64, sum: f64, ratio: f64) -> bool {
    let rest = term.abs() * ratio.abs();
    ratio.abs() < 1.0 && rest <= f64::EPSILON * 0.1 * sum.abs() * (1.0 - ratio.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elementary_cases_are_met() {
        // F(1, 1; 2; z) = −ln(1−z)/z; F(a, b; b; z) = (1−z)^−a.
        for z in [1e-6_f64, 0.1, 0.5, 0.9, 0.999] {
            let logarithm = -(-z).ln_1p() / z;
            let ours = log_hypergeometric(1.0, 1.0, 2.0, z).exp();
            assert!((ours / logarithm - 1.0).abs() < 1e-12, "{z}");
            let power = log_hypergeometric(2.5, 7.0, 7.0, z);
            assert!((power / (-2.5 * (-z).ln_1p()) - 1.0).abs() < 1e-12, "{z}");
        }
    }
}
