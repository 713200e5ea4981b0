//! Spend and value against published tables and reference outputs.

use crate::numeric::curvature::errors_by_differences;
use crate::purchases::customer_value::CustomerValue;
use crate::purchases::gamma_gamma::{GammaGamma, GammaGammaParameters, SpendBase, SpendSummary};
use crate::purchases::purchase_model::DiscountRate;
use crate::reference_tests::{
    Row, cdnow, close, figures, file, number, pareto, published, rows, summary,
};

fn spend(row: &Row) -> Option<SpendSummary> {
    let frequency = row["x"].parse().unwrap();
    SpendSummary::new(frequency, number(row, "m_x")).ok()
}

#[test]
fn gamma_gamma_is_as_published() {
    let Some((rows, published)) = cdnow().zip(published("gammagamma")) else {
        return;
    };
    let customers: Vec<SpendSummary> = rows.iter().filter_map(spend).collect();
    let base = SpendBase::of(&customers).unwrap();
    assert_eq!(customers.len(), 946);
    let fitted = GammaGamma::fit(&base).unwrap();
    let (parameters, exact) = (fitted.model.parameters(), &published["params"]);
    close(parameters.p, figures(&exact["p"]), 1e-4);
    close(parameters.q, figures(&exact["q"]), 1e-4);
    close(parameters.gamma, figures(&exact["gamma"]), 1e-4);
    close(fitted.log_likelihood, figures(&published["loglik"]), 1e-9);
    let mean = fitted.model.expected_spend_of_new_customer().unwrap();
    close(mean, 35.170_371, 1e-5);
}

#[test]
fn customer_values_are_the_references() {
    let Some((published, published_spend)) = published("paretonbd").zip(published("gammagamma"))
    else {
        return;
    };
    let Some(rows) = file("cdnow_predictions.csv").map(|file| rows(&file)) else {
        return;
    };
    let model = pareto(&published["params"]);
    let exact = &published_spend["params"];
    let spend_model = GammaGamma::try_from(GammaGammaParameters {
        p: figures(&exact["p"]),
        q: figures(&exact["q"]),
        gamma: figures(&exact["gamma"]),
    })
    .unwrap();
    let rate = DiscountRate::weekly_of_yearly(0.15).unwrap();
    for row in &rows {
        let (customer, spend) = (summary(row), spend(row));
        let value =
            CustomerValue::residual(&model, &spend_model, &customer, spend.as_ref(), rate, 1.0);
        let value = value.unwrap();
        close(value.expected_spend, number(row, "gg_exp_spend"), 1e-8);
        close(value.value, number(row, "clv_pnbd"), 1e-8);
    }
}

/// The curvature of the likelihood's values says what the slopes do.
#[test]
fn the_errors_of_spend_are_those_of_the_numerical_curvature() {
    let customers: Vec<SpendSummary> = (0..400_u32)
        .map(|number| {
            let mean = 20.0 + f64::from((number * 37) % 101) + f64::from(number % 7).powi(3);
            SpendSummary::new(1 + number % 9, mean).unwrap()
        })
        .collect();
    let base = SpendBase::of(&customers).unwrap();
    let fitted = GammaGamma::fit(&base).unwrap();
    let GammaGammaParameters { p, q, gamma } = *fitted.model.parameters();
    let errors = fitted.model.standard_errors(&base).unwrap();
    let by_differences = errors_by_differences([p, q, gamma], |[p, q, gamma]| {
        let parameters = GammaGammaParameters { p, q, gamma };
        GammaGamma::try_from(parameters)
            .unwrap()
            .log_likelihood(&base)
            .value
    });
    for (error, other) in errors.iter().zip(by_differences) {
        assert!(
            (error / other - 1.0).abs() < 1e-3,
            "{errors:?} {by_differences:?}"
        );
    }
}
