//! Finds the top of a likelihood: BFGS with a weak Wolfe line search, for a handful of parameters
//! with an analytic gradient.
//!
//! The line search is the bisection of Lewis & Overton (2013, Math. Program. 141:135). Everything is
//! deterministic. Objectives are per customer, so that one tolerance fits every size of sample.

use crate::refusal::FitFailure;

/// A point counts as the top when no component of the gradient is larger, per customer.
const SLOPE_TOLERANCE: f64 = 1e-9;
/// Where rounding ends the search, a point with larger slopes than this is no top.
const SLOPE_AT_ROUNDING: f64 = 1e-6;
/// More steps than any honest fit takes.
const MOST_ITERATIONS: u32 = 300;
/// Trials within one line search.
const MOST_TRIALS: u32 = 40;
/// The longest step in any one coordinate, which are logarithms.
const LONGEST_STEP: f64 = 2.0;
/// The shortest step in all coordinates that is worth a trial.
const SHORTEST_STEP: f64 = 1e-9;
/// The share of the predicted fall that a step must bring.
const SUFFICIENT_FALL: f64 = 1e-4;
/// Two values that are as close, relative, may be equal.
const ROUNDING: f64 = 4.0 * f64::EPSILON;
/// The share of the slope that may be left after a step.
const SLOPE_LEFT: f64 = 0.9;

/// A parameter up to `e^6` times its starting value, or that much less, is found freely.
const FREE: f64 = 6.0;
/// Beyond, this times the square of the excess is taken off the likelihood per customer: where that
/// is all but flat, the data do not say how far to go, and the search comes to rest.
const RESISTANCE: f64 = 1e-4;
/// A parameter that gets `e^9` times as far in spite of it is on its way to infinity.
pub(crate) const REACH: f64 = 9.0;

/// Is told after each step how many were taken.
pub type OnIteration<'a> = &'a mut dyn FnMut(u32);

/// A value to be minimised, and its gradient.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluation<const N: usize> {
    pub(crate) value: f64,
    pub(crate) gradient: [f64; N],
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convergence {
    /// The steps taken.
    pub iterations: u32,
    /// The evaluations of the likelihood with its gradient.
    pub evaluations: u32,
    /// The largest component of the gradient left, per customer, in logarithms of the parameters.
    pub largest_slope: f64,
    /// A parameter that the data hardly bound, such as a shape where customers hardly differ: the
    /// model holds, the figure says no more than "large" or "small".
    pub hardly_bounded: Option<&'static str>,
}

/// A bottom that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bottom<const N: usize> {
    pub(crate) at: [f64; N],
    pub(crate) value: f64,
    pub(crate) convergence: Convergence,
}

/// A log-likelihood and its derivatives by the parameters, in the order the model names them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likelihood<const N: usize> {
    /// The log-likelihood.
    pub value: f64,
    /// Its derivatives.
    pub gradient: [f64; N],
}

/// The top of a likelihood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top<const N: usize> {
    pub(crate) parameters: [f64; N],
    pub(crate) log_likelihood: f64,
    pub(crate) convergence: Convergence,
}

/// Where a search looks, and under which names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchSpace<const N: usize> {
    pub(crate) start: [f64; N],
    pub(crate) names: [&'static str; N],
    /// How far from the start a parameter counts as run away, in its logarithm.
    pub(crate) reach: f64,
}

/// One search under way.
struct Search<const N: usize, F> {
    evaluate: F,
    evaluations: u32,
    at: [f64; N],
    here: Evaluation<N>,
    /// The estimate of the inverse Hessian.
    inverse: [[f64; N]; N],
    scaled: bool,
}

/// Maximises the likelihood of a sample of `rows` over `N` positive parameters, by their logarithms.
pub(crate) fn maximise<const N: usize>(
    space: &SearchSpace<N>,
    rows: f64,
    likelihood: impl FnMut([f64; N]) -> Likelihood<N>,
) -> Result<Top<N>, FitFailure> {
    maximise_watched(space, rows, &mut |_| {}, likelihood)
}

/// Does the same, and tells of each step.
pub(crate) fn maximise_watched<const N: usize>(
    space: &SearchSpace<N>,
    rows: f64,
    on_iteration: OnIteration<'_>,
    mut likelihood: impl FnMut([f64; N]) -> Likelihood<N>,
) -> Result<Top<N>, FitFailure> {
    let mut bottom = minimise_watched(space, on_iteration, |at| {
        let parameters = at.map(f64::exp);
        let Likelihood { value, gradient } = likelihood(parameters);
        let beyond = beyond_free(space, at);
        Evaluation {
            value: resistance(&beyond) - value / rows,
            gradient: core::array::from_fn(|index| {
                2.0 * RESISTANCE * beyond[index] - gradient[index] * parameters[index] / rows
            }),
        }
    })?;
    let beyond = beyond_free(space, &bottom.at);
    let hardly_bounded = (0..N).find(|&index| beyond[index].abs() > 0.0);
    bottom.convergence.hardly_bounded = hardly_bounded.map(|index| space.names[index]);
    Ok(Top {
        parameters: bottom.at.map(f64::exp),
        log_likelihood: (resistance(&beyond) - bottom.value) * rows,
        convergence: bottom.convergence,
    })
}

/// How far beyond the free range each parameter is.
fn beyond_free<const N: usize>(space: &SearchSpace<N>, at: &[f64; N]) -> [f64; N] {
    core::array::from_fn(|index| {
        let way = at[index] - space.start[index];
        way - way.clamp(-FREE, FREE)
    })
}

fn resistance<const N: usize>(beyond: &[f64; N]) -> f64 {
    RESISTANCE * dot(beyond, beyond)
}

/// Minimises a function of `N` logarithms.
pub(crate) fn minimise<const N: usize>(
    space: &SearchSpace<N>,
    evaluate: impl FnMut(&[f64; N]) -> Evaluation<N>,
) -> Result<Bottom<N>, FitFailure> {
    minimise_watched(space, &mut |_| {}, evaluate)
}

fn minimise_watched<const N: usize>(
    space: &SearchSpace<N>,
    on_iteration: OnIteration<'_>,
    evaluate: impl FnMut(&[f64; N]) -> Evaluation<N>,
) -> Result<Bottom<N>, FitFailure> {
    let mut search = Search::new(space.start, evaluate);
    for iterations in 0..MOST_ITERATIONS {
        on_iteration(iterations);
        let largest_slope = largest(&search.here.gradient);
        if !search.here.value.is_finite() || !largest_slope.is_finite() {
            return Err(not_converged(iterations, f64::INFINITY));
        }
        if let Some(failure) = run_away(space, &search.at) {
            return Err(failure);
        }
        if largest_slope <= SLOPE_TOLERANCE {
            return Ok(search.bottom(iterations));
        }
        let before = search.here.value;
        let fell = search.step() && before - search.here.value > ROUNDING * before.abs();
        if fell {
            continue;
        }
        let largest_slope = largest(&search.here.gradient);
        if largest_slope <= SLOPE_AT_ROUNDING {
            return Ok(search.bottom(iterations));
        }
        // The curvature that was learned may be worthless by now: once more from none.
        if !search.forget() {
            return Err(not_converged(iterations, largest_slope));
        }
    }
    let largest_slope = largest(&search.here.gradient);
    Err(not_converged(MOST_ITERATIONS, largest_slope))
}

fn not_converged(iterations: u32, largest_slope: f64) -> FitFailure {
    FitFailure::NotConverged {
        iterations,
        largest_slope,
    }
}

fn run_away<const N: usize>(space: &SearchSpace<N>, at: &[f64; N]) -> Option<FitFailure> {
    let index = (0..N).find(|&index| (at[index] - space.start[index]).abs() > space.reach)?;
    Some(FitFailure::RunsAway {
        parameter: space.names[index],
        value: at[index].exp(),
    })
}

fn largest<const N: usize>(vector: &[f64; N]) -> f64 {
    vector.iter().fold(0.0, |largest, component| {
        if component.is_nan() {
            f64::INFINITY
        } else {
            component.abs().max(largest)
        }
    })
}

fn dot<const N: usize>(left: &[f64; N], right: &[f64; N]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn identity<const N: usize>(scale: f64) -> [[f64; N]; N] {
    core::array::from_fn(|row| {
        core::array::from_fn(|column| if row == column { scale } else { 0.0 })
    })
}

impl<const N: usize, F: FnMut(&[f64; N]) -> Evaluation<N>> Search<N, F> {
    fn new(start: [f64; N], mut evaluate: F) -> Self {
        let here = evaluate(&start);
        Self {
            evaluate,
            evaluations: 1,
            at: start,
            here,
            inverse: identity(1.0),
            scaled: false,
        }
    }

    fn bottom(&self, iterations: u32) -> Bottom<N> {
        Bottom {
            at: self.at,
            value: self.here.value,
            convergence: Convergence {
                iterations,
                evaluations: self.evaluations,
                largest_slope: largest(&self.here.gradient),
                hardly_bounded: None,
            },
        }
    }

    /// Takes one step; `false` when none leads down.
    fn step(&mut self) -> bool {
        let mut direction = self.direction();
        if dot(&direction, &self.here.gradient) >= 0.0 {
            self.forget();
            direction = self.direction();
        }
        self.search_along(&direction)
    }

    /// Forgets the curvature; `false` when nothing was known.
    fn forget(&mut self) -> bool {
        let known = self.scaled;
        self.inverse = identity(1.0);
        self.scaled = false;
        known
    }

    /// Returns where to go, cut to the longest step.
    fn direction(&self) -> [f64; N] {
        let full: [f64; N] =
            core::array::from_fn(|row| -dot(&self.inverse[row], &self.here.gradient));
        let cut = (LONGEST_STEP / largest(&full)).min(1.0);
        full.map(|component| component * cut)
    }

    fn search_along(&mut self, direction: &[f64; N]) -> bool {
        let slope = dot(direction, &self.here.gradient);
        let (mut short, mut long, mut length) = (0.0, f64::INFINITY, 1.0);
        let mut best = None;
        for _ in 0..MOST_TRIALS {
            let at = core::array::from_fn(|index| self.at[index] + length * direction[index]);
            let there = (self.evaluate)(&at);
            self.evaluations += 1;
            let rounding = ROUNDING * self.here.value.abs();
            let allowed = self.here.value + SUFFICIENT_FALL * length * slope + rounding;
            if !there.value.is_finite() || there.value > allowed {
                long = length;
            } else if dot(direction, &there.gradient) < SLOPE_LEFT * slope {
                best = Some((at, there));
                short = length;
            } else {
                self.move_to(at, there);
                return true;
            }
            let step = largest(direction);
            if (long - short) * step < SHORTEST_STEP || length * step > LONGEST_STEP {
                break;
            }
            length = if long.is_finite() {
                0.5 * (short + long)
            } else {
                2.0 * length
            };
        }
        let Some((at, there)) = best else {
            return false;
        };
        self.move_to(at, there);
        true
    }

    fn move_to(&mut self, at: [f64; N], there: Evaluation<N>) {
        let moved = core::array::from_fn(|index| at[index] - self.at[index]);
        let turned =
            core::array::from_fn(|index| there.gradient[index] - self.here.gradient[index]);
        self.learn(&moved, &turned);
        self.at = at;
        self.here = there;
    }

    /// Updates the inverse Hessian, if the step saw the function curve upwards.
    fn learn(&mut self, moved: &[f64; N], turned: &[f64; N]) {
        let curvature = dot(moved, turned);
        let floor = 1e-12 * dot(moved, moved).sqrt() * dot(turned, turned).sqrt();
        if curvature <= floor {
            return;
        }
        if !self.scaled {
            self.inverse = identity(curvature / dot(turned, turned));
            self.scaled = true;
        }
        let image: [f64; N] = core::array::from_fn(|row| dot(&self.inverse[row], turned));
        let factor = (1.0 + dot(turned, &image) / curvature) / curvature;
        for row in 0..N {
            for column in 0..N {
                let mixed = moved[row] * image[column] + image[row] * moved[column];
                self.inverse[row][column] +=
                    factor * moved[row] * moved[column] - mixed / curvature;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(start: [f64; 2]) -> SearchSpace<2> {
        SearchSpace {
            start,
            names: ["first", "second"],
            reach: 20.0,
        }
    }

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        let rosenbrock = |at: &[f64; 2]| {
            let [x, y] = *at;
            let (along, across) = (1.0 - x, y - x * x);
            Evaluation {
                value: along * along + 100.0 * across * across,
                gradient: [-2.0 * along - 400.0 * x * across, 200.0 * across],
            }
        };
        let bottom = minimise(&space([-1.2, 1.0]), rosenbrock).unwrap();
        assert!((bottom.at[0] - 1.0).abs() < 1e-8 && (bottom.at[1] - 1.0).abs() < 1e-8);
        assert!(bottom.convergence.evaluations < 100);
    }

    #[test]
    fn every_step_is_told_in_order() {
        let bowl = |[x, y]: [f64; 2]| Likelihood {
            value: -(x.ln() - 1.0).powi(2) - 3.0 * (y.ln() + x.ln()).powi(4),
            gradient: {
                let both = -12.0 * (y.ln() + x.ln()).powi(3);
                [(-2.0 * (x.ln() - 1.0) + both) / x, both / y]
            },
        };
        let mut told = Vec::new();
        let mut tell = |iterations| told.push(iterations);
        let top = maximise_watched(&space([0.5, 0.5]), 1.0, &mut tell, bowl).unwrap();
        let expected: Vec<u32> = (0..=top.convergence.iterations).collect();
        assert!(expected.len() > 3 && told == expected, "{told:?}");
    }

    #[test]
    fn a_slope_without_end_is_named() {
        let slide = |at: &[f64; 2]| Evaluation {
            value: (-at[1]).exp() + at[0] * at[0],
            gradient: [2.0 * at[0], -(-at[1]).exp()],
        };
        let failure = minimise(&space([1.0, -5.0]), slide).unwrap_err();
        let FitFailure::RunsAway { parameter, .. } = failure else {
            panic!("{failure}");
        };
        assert_eq!(parameter, "second");
    }

    #[test]
    fn nonsense_is_no_bottom() {
        let nonsense = |_: &[f64; 2]| Evaluation {
            value: f64::NAN,
            gradient: [0.0; 2],
        };
        let failure = minimise(&space([1.0, 1.0]), nonsense).unwrap_err();
        assert!(matches!(failure, FitFailure::NotConverged { .. }));
        let kink = |at: &[f64; 2]| Evaluation {
            value: at[0].abs(),
            gradient: [1.0, 0.0],
        };
        let failure = minimise(&space([0.0, 1.0]), kink).unwrap_err();
        assert!(matches!(failure, FitFailure::NotConverged { .. }));
    }
}
