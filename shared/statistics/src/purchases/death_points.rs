//! The integrand over the time of death at the points of a quadrature, for one exponent after the
//! other.

use crate::purchases::death_integral::DeathSums;

/// The most points of a rule.
const MOST_POINTS: usize = 32;
/// The sums that go side by side; a divisor of the points of every rule.
const LANES: usize = 4;
/// After so many multiplications the integrand is computed anew.
const MOST_RISES: f64 = 64.0;
/// Two exponents of the same shape differ by a whole number up to so much of them.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// The integrand at the points of a stretch, for the exponent that was asked for last.
///
/// One purchase more multiplies it by the same factor at each point, so that rows that differ in
/// their frequency only need no further exponentials.
#[derive(Clone, Copy, Debug)]
pub(super) struct Points {
    pub(super) used: usize,
    exponent: f64,
    /// Rises since the integrand was computed from scratch.
    pub(super) rises: f64,
    /// The factor of one purchase more.
    pub(super) factor: [f64; MOST_POINTS],
    pub(super) mass: [f64; MOST_POINTS],
    pub(super) log_alpha: [f64; MOST_POINTS],
    pub(super) log_beta: [f64; MOST_POINTS],
    pub(super) inverse_alpha: [f64; MOST_POINTS],
    pub(super) inverse_beta: [f64; MOST_POINTS],
    /// The logarithm of what does not hang on the exponent, and the rest of it.
    pub(super) log_density: [f64; MOST_POINTS],
    pub(super) measure: [f64; MOST_POINTS],
}

impl Points {
    pub(super) const NONE: Self = Self {
        used: 0,
        exponent: 0.0,
        rises: f64::INFINITY,
        factor: [0.0; MOST_POINTS],
        mass: [0.0; MOST_POINTS],
        log_alpha: [0.0; MOST_POINTS],
        log_beta: [0.0; MOST_POINTS],
        inverse_alpha: [0.0; MOST_POINTS],
        inverse_beta: [0.0; MOST_POINTS],
        log_density: [0.0; MOST_POINTS],
        measure: [0.0; MOST_POINTS],
    };

    /// Adds the integral over the stretch and its companions.
    pub(super) fn add_to(&mut self, sums: &mut DeathSums, exponent: f64) {
        self.raise_to(exponent);
        let mut lanes = [[0.0; LANES]; 5];
        for start in (0..self.used.min(MOST_POINTS)).step_by(LANES) {
            for (lane, point) in (start..start + LANES).enumerate() {
                let mass = self.mass[point];
                lanes[0][lane] += mass;
                lanes[1][lane] += mass * self.log_alpha[point];
                lanes[2][lane] += mass * self.log_beta[point];
                lanes[3][lane] += mass * self.inverse_alpha[point];
                lanes[4][lane] += mass * self.inverse_beta[point];
            }
        }
        let [integral, log_alpha, log_beta, inverse_alpha, inverse_beta] =
            lanes.map(|lanes| lanes.iter().sum::<f64>());
        sums.integral += integral;
        sums.log_alpha += log_alpha;
        sums.log_beta += log_beta;
        sums.inverse_alpha += inverse_alpha;
        sums.inverse_beta += inverse_beta;
    }

    /// Brings the integrand to an exponent: by multiplication, where it is a few whole steps above
    /// the last one.
    fn raise_to(&mut self, exponent: f64) {
        let rise = exponent - self.exponent;
        let steps = rise.round();
        self.rises += steps;
        let is_near = steps >= 0.0 && self.rises <= MOST_RISES;
        self.exponent = exponent;
        // Exponents are r + x with the same r: their differences are whole but for rounding.
        if is_near && (rise - steps).abs() <= ROUNDING * exponent {
            let mut step = 0.0;
            while step < steps {
                for (mass, factor) in self.mass.iter_mut().zip(&self.factor) {
                    *mass *= factor;
                }
                step += 1.0;
            }
        } else {
            self.rises = 0.0;
            for point in 0..self.used.min(MOST_POINTS) {
                let log = self.log_density[point] - exponent * self.log_alpha[point];
                self.mass[point] = self.measure[point] * log.exp();
            }
        }
    }
}
