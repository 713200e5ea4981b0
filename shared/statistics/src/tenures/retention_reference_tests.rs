//! The retention curves against published tables and reference outputs.

use crate::purchases::purchase_model::Fitted;
use crate::reference_tests::{Row, close, figures, number, reference, rows};
use crate::tenures::curve::{Curve, Period};
use crate::tenures::retention::{
    PeriodDiscount, Retention, median_lifetime, residual_lifetime_before_renewal,
    restricted_mean_lifetime,
};
use crate::tenures::retention_fit::{TenureEffect, fit_retention};
use crate::tenures::retention_model::{RetentionModel, RetentionParameters};
use crate::tenures::tenure_base::TenureBase;

/// The survivors of 1,000 customers a year, for one of the two segments.
fn survivors(segment: &str) -> Option<Vec<u32>> {
    let rows = rows(&crate::reference_tests::data(
        "tables/sbg_fader_hardie_2007_table1.csv",
    )?);
    Some(
        rows.iter()
            .map(|row| row[segment].parse().unwrap())
            .collect(),
    )
}

fn fit(survivors: &[u32], renewals: usize, effect: TenureEffect) -> Fitted<RetentionModel> {
    let mut base = TenureBase::default();
    base.add_cohort(&survivors[..=renewals]).unwrap();
    fit_retention(&base, effect).unwrap()
}

fn parameters(model: &RetentionModel) -> Vec<f64> {
    match *model.parameters() {
        RetentionParameters::ShiftedBetaGeometric { alpha, beta } => vec![alpha, beta],
        RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } => vec![alpha, beta, c],
        RetentionParameters::DiscreteWeibull { m, c } => vec![m, c],
    }
}

/// The mean error of projected survivors, relative, over years not fitted on.
fn projection_error(model: &RetentionModel, survivors: &[u32], renewals: usize) -> f64 {
    let years = renewals + 1..survivors.len();
    let count = f64::from(u32::try_from(years.len()).unwrap());
    let errors = years.map(|year| {
        let actual = f64::from(survivors[year]);
        let projected = 1_000.0 * model.survival(f64::from(u32::try_from(year).unwrap()));
        (projected / actual - 1.0).abs()
    });
    errors.sum::<f64>() / count
}

#[test]
fn cohort_curves_are_as_published() {
    let Some(reference) = reference("btyd_reference.json") else {
        return;
    };
    for (segment, name) in [("regular", "regular"), ("highend", "highend")] {
        let Some(survivors) = survivors(segment) else {
            return;
        };
        let published = &reference["sbg"][name];
        for (family, effect) in [("sbg", TenureEffect::None), ("bdw", TenureEffect::Fitted)] {
            for renewals in [4, 7] {
                let fitted = fit(&survivors, renewals, effect);
                let key = format!("{family}_{renewals}");
                let exact = published[&key].as_array().unwrap();
                let ours = parameters(&fitted.model);
                assert_eq!(ours.len(), exact.len());
                for (ours, exact) in ours.iter().zip(exact) {
                    close(*ours, figures(exact), 1e-4);
                }
                close(
                    fitted.log_likelihood,
                    figures(&published[format!("{key}_ll")]),
                    1e-8,
                );
                let ahead = if renewals == 4 {
                    "mape_5_12"
                } else {
                    "mape_8_12"
                };
                let error = projection_error(&fitted.model, &survivors, renewals);
                close(
                    error,
                    figures(&published[format!("{family}{renewals}_{ahead}")]),
                    1e-2,
                );
            }
            let curve = published[format!("{family}7_curve")].as_array().unwrap();
            let fitted = fit(&survivors, 7, effect);
            for (year, exact) in (0_u32..).zip(curve) {
                close(fitted.model.survival(f64::from(year)), figures(exact), 1e-5);
            }
        }
    }
}

fn shifted_beta_geometric(alpha: f64, beta: f64) -> RetentionModel {
    RetentionModel::try_from(RetentionParameters::ShiftedBetaGeometric { alpha, beta }).unwrap()
}

#[test]
fn residual_lifetimes_are_as_published() {
    let Some(reference) = reference("btyd_reference.json") else {
        return;
    };
    let discount = PeriodDiscount::new(0.1).unwrap();
    let check = |model: &RetentionModel, exact: &serde_json::Value| {
        for (renewal, exact) in (1_u32..).zip(exact.as_array().unwrap()) {
            let summed = residual_lifetime_before_renewal(model, renewal, discount);
            let closed = model.closed_residual_lifetime(renewal, discount).unwrap();
            close(summed, figures(exact), 1e-9);
            close(closed, figures(exact), 1e-9);
        }
    };
    let cases = &reference["sbg_derl_check"];
    check(&shifted_beta_geometric(3.80, 15.19), &cases["case1"]);
    check(&shifted_beta_geometric(0.067, 0.267), &cases["case2"]);
    for segment in ["regular", "highend"] {
        let published = &reference["sbg"][segment];
        let exact = published["sbg_7"].as_array().unwrap();
        let model = shifted_beta_geometric(figures(&exact[0]), figures(&exact[1]));
        check(&model, &published["derl_10pct_n1to8"]);
    }
}

fn telco(contract: Option<&str>) -> Option<Vec<(u32, bool)>> {
    let rows = rows(&crate::reference_tests::data(
        "telco/telco_customer_churn.csv",
    )?);
    let wanted = |row: &&Row| contract.is_none_or(|contract| row["Contract"] == contract);
    let tenure = |row: &Row| (row["tenure"].parse().unwrap(), row["Churn"] == "Yes");
    let tenures = rows.iter().filter(wanted).map(tenure);
    Some(tenures.filter(|(months, _)| *months > 0).collect())
}

#[test]
fn censored_tenures_are_fitted_as_in_the_reference() {
    let Some(reference) = reference("telco_survival.json") else {
        return;
    };
    for (contract, name) in [(Some("Month-to-month"), "Month-to-month"), (None, "all")] {
        let Some(tenures) = telco(contract) else {
            return;
        };
        let mut base = TenureBase::default();
        for (months, left) in tenures {
            if left {
                base.add_left(months, 1).unwrap();
            } else {
                base.add_stayed(months, 1).unwrap();
            }
        }
        let published = &reference[format!("sbg_censored_{name}")];
        let fitted = fit_retention(&base, TenureEffect::None).unwrap();
        for (ours, exact) in parameters(&fitted.model)
            .iter()
            .zip(published["params"].as_array().unwrap())
        {
            close(*ours, figures(exact), 1e-4);
        }
        close(fitted.log_likelihood, figures(&published["ll"]), 1e-8);
        // The reference runs away to weights of 10⁵ and 10⁶: customers do not differ.
        let published = &reference[format!("bdw_censored_{name}")];
        let fitted = fit_retention(&base, TenureEffect::Fitted).unwrap();
        let RetentionParameters::DiscreteWeibull { c, .. } = *fitted.model.parameters() else {
            panic!("{fitted:?} should be a discrete Weibull curve");
        };
        close(c, figures(&published["params"][2]), 1e-3);
        close(fitted.log_likelihood, figures(&published["ll"]), 1e-6);
        for (month, exact) in [12.0, 24.0, 48.0, 72.0]
            .iter()
            .zip(published["S12_24_48_72"].as_array().unwrap())
        {
            close(fitted.model.survival(*month), figures(exact), 1e-3);
        }
    }
}

/// The Kaplan–Meier curve of tenures in whole months.
fn kaplan_meier(tenures: &[(u32, bool)]) -> Curve {
    let last = tenures.iter().map(|(months, _)| *months).max().unwrap();
    let count = |holds: &dyn Fn(u32, bool) -> bool| {
        let counted = tenures
            .iter()
            .filter(|(months, left)| holds(*months, *left));
        u64::try_from(counted.count()).unwrap()
    };
    let periods = (1..=last).map(|month| Period {
        at_risk: count(&|months, _| months >= month),
        ended: count(&|months, left| left && months == month),
    });
    Curve::new(periods.collect())
}

#[test]
fn kaplan_meier_is_the_references() {
    let Some(table) =
        crate::reference_tests::file("telco_kaplan_meier.csv").map(|file| rows(&file))
    else {
        return;
    };
    let Some(reference) = reference("telco_survival.json") else {
        return;
    };
    let mut compared = 0;
    for group in ["all", "Month-to-month", "One year", "Two year"] {
        let Some(tenures) = telco((group != "all").then_some(group)) else {
            return;
        };
        let curve = kaplan_meier(&tenures);
        for row in table.iter().filter(|row| row["group"] == group) {
            let month = number(row, "t");
            if month > curve.last_period() {
                continue;
            }
            close(Retention::survival(&curve, month), number(row, "S"), 1e-9);
            compared += 1;
        }
        let published = &reference[format!("km_{group}")];
        if curve.last_period() > 71.5 {
            close(
                restricted_mean_lifetime(&curve, 72),
                figures(&published["rmst72"]),
                1e-9,
            );
            let median = median_lifetime(&curve, 72).map(f64::from);
            assert_eq!(median, published["median"].as_f64());
        }
    }
    assert!(compared > 280, "{compared} points compared");
}
