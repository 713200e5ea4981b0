//! The gamma function's family: `ln Γ`, its first two derivatives, `ln B`, and differences of these
//! over a step, which keep their digits where the two values are large and close.
//!
//! All arguments are positive. `ln Γ` is `libm`'s, exact to 7e-12 relative next to its zeros at one
//! and two; the rest follows the asymptotic series (Abramowitz & Stegun 6.1.40, 6.3.18, 6.4.12)
//! from `ASYMPTOTIC_FROM` on, below it after the recurrence.

/// From here on the asymptotic series give all digits.
const ASYMPTOTIC_FROM: f64 = 10.0;

/// Below this step, a difference of two `ln Γ` would lose digits.
const SMALL_STEP: f64 = 0.5;

/// Returns `ln Γ(x)`.
pub fn log_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// Returns `ln B(p, q)`.
pub fn log_beta(p: f64, q: f64) -> f64 {
    let (small, large) = if p < q { (p, q) } else { (q, p) };
    log_gamma(small) - log_gamma_step(large, small)
}

/// Returns `ln Γ(x + step) − ln Γ(x)`.
pub fn log_gamma_step(x: f64, step: f64) -> f64 {
    if x >= ASYMPTOTIC_FROM {
        let remainder = stirling_remainder(x + step) - stirling_remainder(x);
        let log_end = (x + step).ln();
        return (x - 0.5) * (step / x).ln_1p() + step * (log_end - 1.0) + remainder;
    }
    if step >= SMALL_STEP {
        return log_gamma(x + step) - log_gamma(x);
    }
    let mut shifted = x;
    let mut below = 0.0;
    while shifted < ASYMPTOTIC_FROM {
        below += (step / shifted).ln_1p();
        shifted += 1.0;
    }
    log_gamma_step(shifted, step) - below
}

/// Returns `ψ(x)`, the derivative of `ln Γ`.
pub fn digamma(x: f64) -> f64 {
    let mut shifted = x;
    let mut below = 0.0;
    while shifted < ASYMPTOTIC_FROM {
        below += shifted.recip();
        shifted += 1.0;
    }
    shifted.ln() - 0.5 / shifted - digamma_remainder(shifted) - below
}

/// Returns `ψ(x + step) − ψ(x)`.
pub fn digamma_step(x: f64, step: f64) -> f64 {
    let mut shifted = x;
    let mut below = 0.0;
    while shifted < ASYMPTOTIC_FROM {
        below += step / shifted / (shifted + step);
        shifted += 1.0;
    }
    let end = shifted + step;
    let remainder = digamma_remainder(end) - digamma_remainder(shifted);
    (step / shifted).ln_1p() + 0.5 * step / shifted / end - remainder + below
}

/// Returns `ψ′(x)`.
pub fn trigamma(x: f64) -> f64 {
    let mut shifted = x;
    let mut below = 0.0;
    while shifted < ASYMPTOTIC_FROM {
        below += (shifted * shifted).recip();
        shifted += 1.0;
    }
    let inverse = shifted.recip();
    let square = inverse * inverse;
    let series = polynomial(
        square,
        [
            1.0 / 6.0,
            -1.0 / 30.0,
            1.0 / 42.0,
            -1.0 / 30.0,
            5.0 / 66.0,
            -691.0 / 2_730.0,
            7.0 / 6.0,
        ],
    );
    below + inverse + 0.5 * square + inverse * square * series
}

/// What Stirling's formula leaves out of `ln Γ`.
fn stirling_remainder(x: f64) -> f64 {
    let inverse = x.recip();
    let series = polynomial(
        inverse * inverse,
        [
            1.0 / 12.0,
            -1.0 / 360.0,
            1.0 / 1_260.0,
            -1.0 / 1_680.0,
            1.0 / 1_188.0,
            -691.0 / 360_360.0,
            1.0 / 156.0,
        ],
    );
    inverse * series
}

/// What `ln x − 1/(2x)` is more than `ψ`.
fn digamma_remainder(x: f64) -> f64 {
    let square = (x * x).recip();
    let series = polynomial(
        square,
        [
            1.0 / 12.0,
            -1.0 / 120.0,
            1.0 / 252.0,
            -1.0 / 240.0,
            1.0 / 132.0,
            -691.0 / 32_760.0,
            1.0 / 12.0,
        ],
    );
    square * series
}

fn polynomial(x: f64, coefficients: [f64; 7]) -> f64 {
    coefficients
        .into_iter()
        .rev()
        .fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(ours: f64, exact: f64, tolerance: f64) {
        assert!(
            (ours / exact - 1.0).abs() < tolerance,
            "{ours:e} is not {exact:e}"
        );
    }

    /// `Γ(x + 1)/Γ(x) = x`, whichever way the step is taken.
    #[test]
    fn one_step_multiplies_by_the_argument() {
        for x in [1e-6, 0.3, 2.0, 9.99, 10.01, 1e3, 1e8] {
            close(log_gamma_step(x, 1.0).exp(), x, 1e-13);
            close(digamma_step(x, 1.0), x.recip(), 1e-13);
        }
    }

    #[test]
    fn short_steps_follow_the_derivative() {
        for x in [0.2, 1.0, 3.7, 25.0, 1e4] {
            close(log_gamma_step(x, 1e-6), 1e-6 * digamma(x + 5e-7), 1e-9);
            close(digamma_step(x, 1e-6), 1e-6 * trigamma(x + 5e-7), 1e-9);
        }
    }

    #[test]
    fn a_large_step_from_a_large_argument_keeps_its_digits() {
        // ln Γ(10¹² + ½) − ln Γ(10¹²) → ½ ln 10¹² − 1/(8·10¹²).
        close(log_gamma_step(1e12, 0.5), 0.5 * 1e12_f64.ln(), 1e-14);
        close(digamma_step(1e12, 1.0), 1e-12, 1e-12);
    }
}
