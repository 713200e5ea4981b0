//! How well tenures tell the parameters of a retention curve.

use crate::numeric::standard_errors::standard_errors;
use crate::tenures::retention_fit::likelihood;
use crate::tenures::retention_model::{
    RetentionModel, RetentionParameters, beta_discrete_weibull, discrete_weibull,
};
use crate::tenures::tenure_base::TenureBase;

/// Returns the standard errors of the parameters of a curve fitted to tenures, in the order of the
/// parameters; without one for an exponent of exactly one, which is set and not fitted. `None` where
/// the tenures do not tell the parameters from others.
pub fn retention_errors(model: &RetentionModel, base: &TenureBase) -> Option<Vec<f64>> {
    let weibull = |[alpha, beta, c]: [f64; 3]| {
        let parameters = RetentionParameters::BetaDiscreteWeibull { alpha, beta, c };
        RetentionModel::try_from(parameters).ok()?;
        let found = likelihood(base, |period| {
            beta_discrete_weibull([alpha, beta, c], period)
        });
        Some(found.gradient)
    };
    let alike = |[m, c]: [f64; 2]| {
        let parameters = RetentionParameters::DiscreteWeibull { m, c };
        RetentionModel::try_from(parameters).ok()?;
        Some(likelihood(base, |period| discrete_weibull([m, c], period)).gradient)
    };
    match *model.parameters() {
        RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } => {
            standard_errors([alpha, beta, c], weibull).map(Vec::from)
        }
        RetentionParameters::ShiftedBetaGeometric { alpha, beta } => {
            let geometric = |[alpha, beta]: [f64; 2]| {
                let [of_alpha, of_beta, _] = weibull([alpha, beta, 1.0])?;
                Some([of_alpha, of_beta])
            };
            standard_errors([alpha, beta], geometric).map(Vec::from)
        }
        RetentionParameters::DiscreteWeibull { m, c } if (c - 1.0).abs() <= 0.0 => {
            let geometric = |[m]: [f64; 1]| Some([alike([m, 1.0])?[0]]);
            standard_errors([m], geometric).map(Vec::from)
        }
        RetentionParameters::DiscreteWeibull { m, c } => {
            standard_errors([m, c], alike).map(Vec::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::curvature::errors_by_differences;
    use crate::tenures::retention_fit::{TenureEffect, fit_retention};

    fn cohort(survivors: &[u32]) -> TenureBase {
        let mut base = TenureBase::default();
        base.add_cohort(survivors).unwrap();
        base
    }

    fn close(errors: &[f64], others: &[f64]) {
        assert_eq!(errors.len(), others.len());
        for (error, other) in errors.iter().zip(others) {
            assert!((error / other - 1.0).abs() < 1e-3, "{errors:?} {others:?}");
        }
    }

    /// Survivors of 1,000 customers (Fader & Hardie 2007, table 1, "regular").
    const REGULAR: [u32; 8] = [1_000, 631, 468, 382, 326, 289, 262, 241];

    #[test]
    fn the_errors_of_mixtures_are_those_of_the_numerical_curvature() {
        let base = cohort(&REGULAR);
        let fitted = fit_retention(&base, TenureEffect::None).unwrap();
        let RetentionParameters::ShiftedBetaGeometric { alpha, beta } = *fitted.model.parameters()
        else {
            panic!("{fitted:?}");
        };
        let by_differences = errors_by_differences([alpha, beta], |[alpha, beta]| {
            likelihood(&base, |period| {
                beta_discrete_weibull([alpha, beta, 1.0], period)
            })
            .value
        });
        close(
            &retention_errors(&fitted.model, &base).unwrap(),
            &by_differences,
        );
        let fitted = fit_retention(&base, TenureEffect::Fitted).unwrap();
        let RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } =
            *fitted.model.parameters()
        else {
            panic!("{fitted:?}");
        };
        let by_differences = errors_by_differences([alpha, beta, c], |at| {
            likelihood(&base, |period| beta_discrete_weibull(at, period)).value
        });
        close(
            &retention_errors(&fitted.model, &base).unwrap(),
            &by_differences,
        );
    }

    /// A fifth of 100,000 leaves every time: the error of a share, of all who were at risk.
    #[test]
    fn the_error_of_a_geometric_curve_is_that_of_a_share() {
        let base = cohort(&[100_000, 80_000, 64_000, 51_200, 40_960, 32_768]);
        let fitted = fit_retention(&base, TenureEffect::None).unwrap();
        let at_risk = 100_000.0 + 80_000.0 + 64_000.0 + 51_200.0 + 40_960.0_f64;
        let errors = retention_errors(&fitted.model, &base).unwrap();
        close(&errors, &[(0.2 * 0.8 / at_risk).sqrt()]);
    }

    /// Two renewals tell two parameters, not three.
    #[test]
    fn what_is_not_told_has_no_error() {
        let base = cohort(&[1_000, 700, 550]);
        let parameters = fit_retention(&base, TenureEffect::None).unwrap();
        let RetentionParameters::ShiftedBetaGeometric { alpha, beta } =
            *parameters.model.parameters()
        else {
            panic!("{parameters:?}");
        };
        assert!(retention_errors(&parameters.model, &base).is_some());
        let one_more = RetentionParameters::BetaDiscreteWeibull {
            alpha,
            beta,
            c: 1.0,
        };
        let model = RetentionModel::try_from(one_more).unwrap();
        assert_eq!(retention_errors(&model, &base), None);
    }
}
