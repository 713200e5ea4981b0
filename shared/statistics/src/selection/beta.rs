//! Draws from the beta distribution.

use crate::numeric::draw::Draws;

/// The smallest parameter: below it a draw is zero or one.
const LEAST: f64 = 1e-3;

/// Draws from Beta(`a`, `b`) by two gammas; in logarithms where a parameter is small, since both
/// may be too small for a number.
pub(super) fn beta(draws: &mut Draws, a: f64, b: f64) -> f64 {
    let (a, b) = (a.max(LEAST), b.max(LEAST));
    let (one, other) = two_normals(draws);
    if a >= 1.0 && b >= 1.0 {
        let (x, y) = (gamma(draws, a, one), gamma(draws, b, other));
        return x / (x + y);
    }
    let x = log_gamma_draw(draws, a, one);
    let y = log_gamma_draw(draws, b, other);
    1.0 / (1.0 + (y - x).exp())
}

/// A gamma of a shape below one is that of one more, times a power of a uniform number.
fn log_gamma_draw(draws: &mut Draws, shape: f64, normal: f64) -> f64 {
    if shape >= 1.0 {
        return gamma(draws, shape, normal).ln();
    }
    gamma(draws, shape + 1.0, normal).ln() + draws.uniform().ln() / shape
}

/// Draws from Gamma(`shape`, 1) for a shape of one or more, out of a normal number (Marsaglia &
/// Tsang 2000); of twenty one is rejected at most, and then others are drawn.
fn gamma(draws: &mut Draws, shape: f64, mut normal: f64) -> f64 {
    let scale = shape - 1.0 / 3.0;
    let spread = 1.0 / (9.0 * scale).sqrt();
    loop {
        let root = 1.0 + spread * normal;
        if root > 0.0 {
            let cube = root * root * root;
            let chance = draws.uniform();
            let square = normal * normal;
            // The first is nearly always enough, and spares two logarithms.
            if chance < 1.0 - 0.0331 * square * square
                || chance.ln() < 0.5 * square + scale * (1.0 - cube + cube.ln())
            {
                return scale * cube;
            }
        }
        normal = two_normals(draws).0;
    }
}

/// Draws two independent numbers from the standard normal distribution (Marsaglia & Bray 1964).
fn two_normals(draws: &mut Draws) -> (f64, f64) {
    loop {
        let x = 2.0 * draws.uniform() - 1.0;
        let y = 2.0 * draws.uniform() - 1.0;
        let square = x * x + y * y;
        if square > 0.0 && square < 1.0 {
            let scale = (-2.0 * square.ln() / square).sqrt();
            return (x * scale, y * scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, variance and the share below a half, against the textbook.
    #[test]
    fn draws_have_the_moments_of_the_distribution() {
        let count = 40_000;
        for (a, b) in [
            (1.0, 1.0),
            (4.0, 6.0),
            (0.3, 0.9),
            (40.0, 2.0),
            (0.5, 30.0),
            (700.0, 300.0),
        ] {
            let mut draws = Draws::new(11, 0);
            let values: Vec<f64> = (0..count).map(|_| beta(&mut draws, a, b)).collect();
            let mean = values.iter().sum::<f64>() / f64::from(count);
            let variance =
                values.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / f64::from(count);
            let exact_mean = a / (a + b);
            let exact = a * b / ((a + b).powi(2) * (a + b + 1.0));
            let error = (exact / f64::from(count)).sqrt();
            assert!((mean - exact_mean).abs() < 4.0 * error, "{a} {b}: {mean}");
            assert!(
                (variance / exact - 1.0).abs() < 0.06,
                "{a} {b}: {variance} {exact}"
            );
            assert!(values.iter().all(|it| (0.0..=1.0).contains(it)));
        }
    }

    /// Beta(1/2, 1/2) has the arcsine distribution: a third lies below a quarter.
    #[test]
    fn small_parameters_have_the_right_shape() {
        let mut draws = Draws::new(5, 0);
        let below = (0..30_000)
            .filter(|_| beta(&mut draws, 0.5, 0.5) < 0.25)
            .count();
        assert!((9_700..10_300).contains(&below), "{below}");
    }

    #[test]
    fn parameters_of_next_to_nothing_are_all_or_nothing() {
        let mut draws = Draws::new(5, 0);
        let values: Vec<f64> = (0..2_000).map(|_| beta(&mut draws, 0.0, 0.0)).collect();
        assert!(values.iter().all(|it| it.is_finite()));
        let high = values.iter().filter(|it| **it > 0.5).count();
        assert!((900..1_100).contains(&high), "{high}");
    }
}
