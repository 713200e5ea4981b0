//! Numerical integration: Gauss–Legendre on a stretch, the trapezoid rule on the whole line.

use core::f64::consts::PI;
use std::sync::LazyLock;

/// Places and weights of the `N`-point Gauss–Legendre rule on `[0, 1]`, in order.
#[derive(Clone, Debug)]
pub struct GaussLegendre<const N: usize> {
    /// Where the integrand is asked.
    pub nodes: [f64; N],
    /// What each answer counts for.
    pub weights: [f64; N],
}

/// The rule with 8 points.
pub static EIGHT: LazyLock<GaussLegendre<8>> = LazyLock::new(GaussLegendre::new);
/// The rule with 16 points.
pub static SIXTEEN: LazyLock<GaussLegendre<16>> = LazyLock::new(GaussLegendre::new);
/// The rule with 32 points.
pub static THIRTY_TWO: LazyLock<GaussLegendre<32>> = LazyLock::new(GaussLegendre::new);

impl<const N: usize> GaussLegendre<N> {
    /// Finds the zeros of the Legendre polynomial by Newton's method from Tricomi's first guess.
    fn new() -> Self {
        let (mut nodes, mut weights) = ([0.0; N], [0.0; N]);
        let degree: f64 = (0..N).map(|_| 1.0).sum();
        let mut number = 0.0;
        for (node, weight) in nodes.iter_mut().zip(&mut weights) {
            let mut zero = -(PI * (number + 0.75) / (degree + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let value;
                (value, slope) = Self::legendre(zero);
                zero -= value / slope;
            }
            *node = 0.5 * (1.0 + zero);
            *weight = 1.0 / ((1.0 - zero * zero) * slope * slope);
            number += 1.0;
        }
        Self { nodes, weights }
    }

    /// Returns the Legendre polynomial of degree `N` and its derivative.
    fn legendre(at: f64) -> (f64, f64) {
        let (mut value, mut before) = (1.0, 0.0);
        let mut degree = 0.0;
        for _ in 0..N {
            degree += 1.0;
            let next = ((2.0 * degree - 1.0) * at * value - (degree - 1.0) * before) / degree;
            (value, before) = (next, value);
        }
        let slope = degree * (at * value - before) / (at * at - 1.0);
        (value, slope)
    }

    /// Integrates a function from `from` to `to`.
    pub fn integrate(&self, from: f64, to: f64, integrand: impl Fn(f64) -> f64) -> f64 {
        let width = to - from;
        let asked = self.nodes.iter().zip(&self.weights);
        let sum: f64 = asked
            .map(|(node, weight)| weight * integrand(from + width * node))
            .sum();
        width * sum
    }
}

/// How far `sinh` is followed on either side: `e^(−sinh 5)` is 1e-32.
const REACH: f64 = 5.0;
/// Each refinement halves the step.
const REFINEMENTS: u32 = 10;
/// Two refinements that agree as far as this are taken for exact.
const AGREEMENT: f64 = 1e-13;

/// Two refinements that do not even agree so far are not down to rounding.
const ROUGH_AGREEMENT: f64 = 1e-9;

/// Integrates over the whole line a function with one hump about `centre`, `width` wide, that falls
/// off at least exponentially on that scale: trapezoids in `v = centre + width · sinh(s)`, refined
/// until they agree.
pub fn integrate_hump(centre: f64, width: f64, integrand: impl Fn(f64) -> f64) -> f64 {
    let asked = &|s: f64| width * s.cosh() * integrand(centre + width * s.sinh());
    let mut step = 0.5;
    let mut sum = sum_of(asked, 0.0, step) + sum_of(asked, -step, -step);
    let mut integral = sum * step;
    let mut last_change = f64::INFINITY;
    for _ in 0..REFINEMENTS {
        let half = 0.5 * step;
        sum += sum_of(asked, half, step) + sum_of(asked, -half, -step);
        step = half;
        let refined = sum * step;
        let change = (refined - integral).abs();
        integral = refined;
        // Once rounding is all that changes, more points only add to it.
        let is_rounding = change >= 0.5 * last_change && change <= ROUGH_AGREEMENT * integral.abs();
        if change <= AGREEMENT * integral.abs() || is_rounding {
            break;
        }
        last_change = change;
    }
    integral
}

fn sum_of(asked: impl Fn(f64) -> f64, from: f64, step: f64) -> f64 {
    let mut sum = 0.0;
    let mut at = from;
    while at.abs() <= REACH {
        sum += asked(at);
        at += step;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        assert!((EIGHT.integrate(0.0, 2.0, |x| x.powi(15)) / 4_096.0 - 1.0).abs() < 1e-13);
        assert!((SIXTEEN.integrate(0.0, 1.0, |x| 32.0 * x.powi(31)) - 1.0).abs() < 1e-13);
        assert!((THIRTY_TWO.integrate(0.0, 1.0, |x| 64.0 * x.powi(63)) - 1.0).abs() < 1e-13);
        assert!((THIRTY_TWO.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn humps_of_either_kind_are_integrated() {
        let bell = integrate_hump(0.1, 1.0, |v| (-v * v).exp());
        assert!((bell / PI.sqrt() - 1.0).abs() < 1e-12);
        // B(.05, 3) in logit space.
        let logistic = |v: f64| 1.0 / (1.0 + (-v).exp());
        let beta = integrate_hump(-4.0, 20.0, |v| {
            logistic(v).powf(0.05) * logistic(-v).powf(3.0)
        });
        assert!((beta / (2.0 / (0.05 * 1.05 * 2.05)) - 1.0).abs() < 1e-12);
    }
}
