//! Fits retention curves to tenures, some of them censored.
//!
//! Who left at `t` counts `S(t−1) − S(t)`, who was still there `S(t)`. The search runs over the mean
//! `m = alpha/(alpha+beta)`, the polarisation `phi = 1/(alpha+beta+1)` and the exponent `c`, because
//! `alpha` and `beta` run away together where customers do not differ: then `phi` comes to rest at its
//! lower bound, and the discrete Weibull curve says the same with one parameter less.

use core::f64::consts::LN_10;

use crate::numeric::log_space::{log_complement, logistic};
use crate::numeric::optimise::{Bottom, Evaluation, Likelihood, SearchSpace, minimise};
use crate::purchases::purchase_model::Fitted;
use crate::refusal::FitFailure;
use crate::tenures::retention_model::{
    LogSurvival, RetentionModel, RetentionParameters, beta_discrete_weibull, discrete_weibull,
};
use crate::tenures::tenure_base::TenureBase;

const MEAN: Bounded = Bounded {
    low: 0.0,
    high: 1.0,
};
const POLARISATION: Bounded = Bounded {
    low: 1e-4,
    high: 0.999,
};
/// Of the exponent of time, between a tenth and ten.
const LOG_EXPONENT: Bounded = Bounded {
    low: -LN_10,
    high: LN_10,
};
/// In log-odds, so far that only rounding is left.
const REACH: f64 = 60.0;
/// Where the search begins: a mean of 0.18, a polarisation of 0.27, an exponent of one.
const START: [f64; 3] = [-1.5, -1.0, 0.0];
const NAMES: [&str; 3] = ["mean", "polarisation", "c"];

/// Whether the chance to leave may change with tenure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenureEffect {
    /// It stays the same: shifted beta-geometric.
    None,
    /// It changes: beta-discrete-Weibull.
    Fitted,
}

/// Fits a retention curve by maximum likelihood.
///
/// The result is a discrete Weibull curve (with `c = 1`, a geometric one, for [`TenureEffect::None`])
/// where the customers do not differ.
pub fn fit_retention(
    base: &TenureBase,
    effect: TenureEffect,
) -> Result<Fitted<RetentionModel>, FitFailure> {
    base.check()?;
    let (fitted, polarisation) = match effect {
        TenureEffect::None => fit_mixture(base, |[mean, polarisation]| [mean, polarisation, 0.0]),
        TenureEffect::Fitted => fit_mixture(base, |at: [f64; 3]| at),
    }?;
    if Bounded::is_low(polarisation) {
        return match effect {
            TenureEffect::None => fit_alike(base, |[mean]| [mean, 0.0]),
            TenureEffect::Fitted => fit_alike(base, |at: [f64; 2]| at),
        };
    }
    Ok(fitted)
}

/// Fits customers who differ. `place` puts the searched coordinates, of which there may be fewer,
/// among all. Returns the coordinate of the polarisation, too.
fn fit_mixture<const N: usize>(
    base: &TenureBase,
    place: impl Fn([f64; N]) -> [f64; 3],
) -> Result<(Fitted<RetentionModel>, f64), FitFailure> {
    let bottom = search(NAMES, START, |at: &[f64; N]| mixture(base, place(*at)))?;
    let [mean, polarisation, exponent] = place(bottom.at);
    if Bounded::is_low(-polarisation) {
        return Err(FitFailure::RunsAway {
            parameter: NAMES[1],
            value: POLARISATION.value(polarisation),
        });
    }
    // Customers who do not differ are fitted again, with an exponent of their own.
    if !Bounded::is_low(polarisation) {
        check_exponent(exponent)?;
    }
    let [alpha, beta, c] = weights(mean, polarisation, exponent);
    let parameters = if N == NAMES.len() {
        RetentionParameters::BetaDiscreteWeibull { alpha, beta, c }
    } else {
        RetentionParameters::ShiftedBetaGeometric { alpha, beta }
    };
    Ok((fitted(base, parameters, &bottom)?, polarisation))
}

/// Fits customers who do not differ.
fn fit_alike<const N: usize>(
    base: &TenureBase,
    place: impl Fn([f64; N]) -> [f64; 2],
) -> Result<Fitted<RetentionModel>, FitFailure> {
    let start = [START[0], START[2], 0.0];
    let bottom = search(["mean", "c", ""], start, |at: &[f64; N]| {
        alike(base, place(*at))
    })?;
    let [mean, exponent] = place(bottom.at);
    check_exponent(exponent)?;
    let parameters = RetentionParameters::DiscreteWeibull {
        m: MEAN.value(mean),
        c: LOG_EXPONENT.value(exponent).exp(),
    };
    fitted(base, parameters, &bottom)
}

/// Refuses an exponent on one of its bounds.
fn check_exponent(exponent: f64) -> Result<(), FitFailure> {
    if Bounded::is_low(exponent) || Bounded::is_low(-exponent) {
        return Err(FitFailure::RunsAway {
            parameter: NAMES[2],
            value: LOG_EXPONENT.value(exponent).exp(),
        });
    }
    Ok(())
}

/// Searches the first `N` of three coordinates.
fn search<const N: usize, const ALL: usize>(
    names: [&'static str; 3],
    start: [f64; 3],
    evaluate: impl Fn(&[f64; N]) -> Evaluation<ALL>,
) -> Result<Bottom<N>, FitFailure> {
    let space = SearchSpace {
        start: core::array::from_fn(|index| start[index]),
        names: core::array::from_fn(|index| names[index]),
        reach: REACH,
    };
    minimise(&space, |at| {
        let Evaluation { value, gradient } = evaluate(at);
        Evaluation {
            value,
            gradient: core::array::from_fn(|index| gradient[index]),
        }
    })
}

fn fitted<const N: usize>(
    base: &TenureBase,
    parameters: RetentionParameters,
    bottom: &Bottom<N>,
) -> Result<Fitted<RetentionModel>, FitFailure> {
    let convergence = bottom.convergence;
    let model = RetentionModel::try_from(parameters).map_err(|_| FitFailure::NotConverged {
        iterations: convergence.iterations,
        largest_slope: convergence.largest_slope,
    })?;
    Ok(Fitted {
        model,
        log_likelihood: -bottom.value * base.customers(),
        rows: base.customers(),
        convergence,
    })
}

/// The weights and the exponent at a place of the search.
fn weights(mean: f64, polarisation: f64, exponent: f64) -> [f64; 3] {
    let total = POLARISATION.value(polarisation).recip() - 1.0;
    [
        MEAN.value(mean) * total,
        // The other side of the mean keeps its digits where the mean is close to one.
        MEAN.value(-mean) * total,
        LOG_EXPONENT.value(exponent).exp(),
    ]
}

fn mixture(base: &TenureBase, [mean, polarisation, exponent]: [f64; 3]) -> Evaluation<3> {
    let [alpha, beta, c] = weights(mean, polarisation, exponent);
    let likelihood = likelihood(base, |period| {
        beta_discrete_weibull([alpha, beta, c], period)
    });
    let [of_alpha, of_beta, of_c] = likelihood.gradient;
    let (m, phi) = (MEAN.value(mean), POLARISATION.value(polarisation));
    let of_mean = (phi.recip() - 1.0) * (of_alpha - of_beta);
    let of_polarisation = -(m * of_alpha + (1.0 - m) * of_beta) / (phi * phi);
    per_customer(
        base,
        likelihood.value,
        [
            of_mean * MEAN.slope(mean),
            of_polarisation * POLARISATION.slope(polarisation),
            of_c * c * LOG_EXPONENT.slope(exponent),
        ],
    )
}

fn alike(base: &TenureBase, [mean, exponent]: [f64; 2]) -> Evaluation<2> {
    let (m, c) = (MEAN.value(mean), LOG_EXPONENT.value(exponent).exp());
    let likelihood = likelihood(base, |period| discrete_weibull([m, c], period));
    let [of_mean, of_c] = likelihood.gradient;
    let gradient = [
        of_mean * MEAN.slope(mean),
        of_c * c * LOG_EXPONENT.slope(exponent),
    ];
    per_customer(base, likelihood.value, gradient)
}

fn per_customer<const N: usize>(
    base: &TenureBase,
    value: f64,
    gradient: [f64; N],
) -> Evaluation<N> {
    let customers = base.customers();
    Evaluation {
        value: -value / customers,
        gradient: gradient.map(|slope| -slope / customers),
    }
}

/// Returns the log-likelihood of tenures, with its derivatives by what `ln S` hangs on.
pub(super) fn likelihood<const N: usize>(
    base: &TenureBase,
    log_survival: impl Fn(f64) -> LogSurvival<N>,
) -> Likelihood<N> {
    let (mut value, mut gradient) = (0.0, [0.0; N]);
    for (period, exits) in base.exits() {
        let here = log_survival(period);
        if exits.stayed > 0.0 {
            value += exits.stayed * here.value;
        }
        for (slot, slope) in gradient.iter_mut().zip(here.slopes) {
            *slot += exits.stayed * slope;
        }
        if exits.left <= 0.0 {
            continue;
        }
        // ln(S(t−1) − S(t)) = ln S(t−1) + ln(1 − e^fall).
        let before = log_survival(period - 1.0);
        let fall = here.value - before.value;
        let odds = (-fall).exp_m1().recip();
        value += exits.left * (before.value + log_complement(fall));
        for (slot, (later, earlier)) in gradient
            .iter_mut()
            .zip(here.slopes.iter().zip(before.slopes))
        {
            *slot += exits.left * (earlier - odds * (later - earlier));
        }
    }
    Likelihood { value, gradient }
}

/// A parameter between two bounds, by log-odds.
#[derive(Clone, Copy, Debug)]
struct Bounded {
    low: f64,
    high: f64,
}

impl Bounded {
    /// So small a share of the range, in log-odds, is the bound itself.
    const ON_BOUND: f64 = -12.0;

    fn value(self, at: f64) -> f64 {
        self.low + (self.high - self.low) * logistic(at)
    }

    fn slope(self, at: f64) -> f64 {
        (self.high - self.low) * logistic(at) * logistic(-at)
    }

    /// Says whether a place is as good as the lower bound; the upper one at the negative place.
    fn is_low(at: f64) -> bool {
        at < Self::ON_BOUND
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::SampleRefusal;

    fn cohort(survivors: &[u32]) -> TenureBase {
        let mut base = TenureBase::default();
        base.add_cohort(survivors).unwrap();
        base
    }

    fn check<const N: usize>(at: [f64; N], evaluate: impl Fn([f64; N]) -> Evaluation<N>) {
        let here = evaluate(at);
        for index in 0..N {
            let moved = |step: f64| {
                let mut there = at;
                there[index] += step;
                evaluate(there).value
            };
            let difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            let error = (here.gradient[index] - difference).abs();
            let allowed = 1e-6 * difference.abs() + 1e-9 * here.value.abs();
            assert!(
                error < allowed,
                "{index} at {at:?}: {:?} is not {difference}",
                here.gradient
            );
        }
    }

    #[test]
    fn the_gradients_are_right() {
        let mut base = cohort(&[1_000, 869, 743, 653, 593, 593, 480]);
        base.add_left(400, 3).unwrap();
        base.add_stayed(10_000, 20).unwrap();
        for at in [
            [-1.5, -1.0, 0.0],
            [2.0, 3.0, -0.5],
            [-6.0, -6.0, 0.4],
            [0.0, 0.0, -1.0],
        ] {
            check(at, |at| mixture(&base, at));
            check([at[0], at[2]], |at| alike(&base, at));
        }
    }

    /// A fifth leaves every time: customers do not differ, and nothing changes with tenure.
    #[test]
    fn customers_who_do_not_differ_get_a_geometric_curve() {
        let base = cohort(&[100_000, 80_000, 64_000, 51_200, 40_960, 32_768]);
        for effect in [TenureEffect::None, TenureEffect::Fitted] {
            let fitted = fit_retention(&base, effect).unwrap();
            let RetentionParameters::DiscreteWeibull { m, c } = *fitted.model.parameters() else {
                panic!("{fitted:?}");
            };
            assert!((m - 0.2).abs() < 1e-6 && (c - 1.0).abs() < 1e-5, "{m} {c}");
        }
    }

    /// Who does not leave at once never does: no exponent of time is large enough, or small enough.
    #[test]
    fn what_no_curve_fits_is_named() {
        let base = cohort(&[1_000, 400, 400, 400, 400, 400]);
        for effect in [TenureEffect::None, TenureEffect::Fitted] {
            let failure = fit_retention(&base, effect).unwrap_err();
            assert!(matches!(failure, FitFailure::RunsAway { .. }), "{failure}");
        }
    }

    #[test]
    fn what_is_no_basis_is_refused() {
        let refusal = fit_retention(&cohort(&[100, 100]), TenureEffect::None).unwrap_err();
        assert_eq!(refusal, SampleRefusal::NobodyLeft.into());
    }
}
