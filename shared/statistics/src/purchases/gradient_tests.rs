//! Every analytic gradient against differences of the likelihood itself.

use crate::numeric::optimise::Likelihood;
use crate::purchases::beta_binomial::{
    BetaBinomial, BetaBinomialParameters, OccasionBase, OccasionSummary,
};
use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use crate::purchases::gamma_gamma::{GammaGamma, GammaGammaParameters, SpendBase, SpendSummary};
use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use crate::purchases::purchase_base::PurchaseBase;
use crate::purchases::purchase_model::Effort;
use crate::purchases::purchase_summary::PurchaseSummary;

/// A step that balances what is cut off against what is rounded away.
const STEP: f64 = 1e-5;

/// Compares a gradient with central differences, to six digits of the steepest component.
fn check<const N: usize>(at: [f64; N], likelihood: impl Fn([f64; N]) -> Likelihood<N>) {
    let analytic = likelihood(at);
    assert!(analytic.value.is_finite(), "{at:?}");
    for index in 0..N {
        let moved = |step: f64| {
            let mut there = at;
            there[index] *= step.exp();
            likelihood(there).value
        };
        let difference = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
        let ours = analytic.gradient[index] * at[index];
        let allowed = 1e-6 * ours.abs() + 1e-9 * analytic.value.abs();
        let error = (ours - difference).abs();
        assert!(
            error < allowed,
            "{index} at {at:?}: {ours} is not {difference}"
        );
    }
}

/// Customers of every kind, ten thousand transactions and weeks included.
fn base() -> PurchaseBase {
    let kinds = [
        (0, 0.0, 0.0),
        (0, 0.0, 30.0),
        (0, 0.0, 1e4),
        (1, 0.125, 39.0),
        (2, 30.5, 39.0),
        (7, 39.0, 39.0),
        (40, 12.0, 52.0),
        (10_000, 9_990.0, 1e4),
        (9_000, 500.0, 1e4),
    ];
    let customers: Vec<PurchaseSummary> = kinds
        .iter()
        .map(|&(x, recency, age)| PurchaseSummary::new(x, recency, age).unwrap())
        .collect();
    PurchaseBase::of(&customers.repeat(5)).unwrap()
}

const PLACES: [[f64; 4]; 5] = [
    [0.2426, 4.4136, 0.7929, 2.4259],
    [1.0, 1.0, 1.0, 1.0],
    [20.0, 0.01, 0.05, 300.0],
    [0.01, 500.0, 40.0, 0.1],
    [3.0, 7.0, 2.0, 7.0],
];

#[test]
fn the_beta_geometric_gradient_is_right() {
    let base = base();
    for drop_out in [DropOut::AfterRepeats, DropOut::AfterEvery] {
        for place in PLACES {
            check(place, |[r, alpha, a, b]| {
                let parameters = BetaGeometricParameters {
                    r,
                    alpha,
                    a,
                    b,
                    drop_out,
                };
                let model = BetaGeometric::try_from(parameters).unwrap();
                model.log_likelihood(&base, Effort::default())
            });
        }
    }
}

#[test]
fn the_pareto_nbd_gradient_is_right() {
    let base = base();
    for place in PLACES {
        check(place, |[r, alpha, s, beta]| {
            let parameters = ParetoNbdParameters { r, alpha, s, beta };
            let model = ParetoNbd::try_from(parameters).unwrap();
            model.log_likelihood(&base, Effort::default())
        });
    }
}

#[test]
fn the_beta_binomial_gradient_is_right() {
    let mut base = OccasionBase::default();
    for (x, recency, occasions) in [(0, 0, 6), (1, 1, 6), (3, 5, 6), (6, 6, 6), (40, 90, 100)] {
        base.add(OccasionSummary::new(x, recency, occasions).unwrap(), 10);
    }
    for place in PLACES {
        check(place, |[alpha, beta, gamma, delta]| {
            let parameters = BetaBinomialParameters {
                alpha,
                beta,
                gamma,
                delta,
            };
            BetaBinomial::try_from(parameters)
                .unwrap()
                .log_likelihood(&base)
        });
    }
}

#[test]
fn the_gamma_gamma_gradient_is_right() {
    let spent = [(1, 0.5), (1, 30.0), (4, 35.0), (60, 400.0), (10_000, 12.0)];
    let customers: Vec<SpendSummary> = spent
        .iter()
        .map(|&(x, mean)| SpendSummary::new(x, mean).unwrap())
        .collect();
    let base = SpendBase::of(&customers.repeat(10)).unwrap();
    for place in [
        [6.25, 3.74, 15.4],
        [1.0, 1.0, 1.0],
        [0.01, 30.0, 2e4],
        [80.0, 0.05, 0.01],
    ] {
        check(place, |[p, q, gamma]| {
            let parameters = GammaGammaParameters { p, q, gamma };
            GammaGamma::try_from(parameters)
                .unwrap()
                .log_likelihood(&base)
        });
    }
}
