//! Holds the logistic model, the figures and the whole fit to outputs of public packages on the
//! Telco churn data.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use super::cross_validation::cross_validate;
use super::design::Entries;
use super::evaluation::Figures;
use super::folds::Folds;
use super::frame::Frame;
use super::logit::{Coefficients, Penalty, Sample};
use super::model::LeftOutReason;
use super::options::{FitOptions, ProtectedInputs};
use crate::numeric::counting::real;
use crate::reference_tests::{Row, close, data, figures, file, number, reference, rows};

const NUMBERS: [&str; 3] = ["tenure", "MonthlyCharges", "TotalCharges"];

struct Telco {
    rows: Vec<Row>,
    labels: Vec<bool>,
}

impl Telco {
    fn read() -> Option<Self> {
        let rows = rows(&data("telco/telco_customer_churn.csv")?);
        let labels = rows.iter().map(|row| row["Churn"] == "Yes").collect();
        Some(Self { rows, labels })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.rows[0].keys().map(String::as_str);
        names.filter(|name| *name != "Churn")
    }

    fn frame(&self) -> Frame {
        let mut frame = Frame::new(self.rows.len()).unwrap();
        for name in self.names() {
            let values = self.rows.iter().map(|row| row[name].trim());
            if NUMBERS.contains(&name) {
                let numbers: Vec<Option<f64>> = values.map(|value| value.parse().ok()).collect();
                frame.add_numbers(name, &numbers).unwrap();
            } else {
                let levels: Vec<Option<&str>> = values.map(Some).collect();
                frame.add_categories(name, &levels).unwrap();
            }
        }
        frame
    }

    /// A standardised number (zero where it is blank), or one column for each level but the first.
    fn reference_column(&self, feature: &str) -> Vec<f64> {
        if let Some(name) = feature.strip_prefix("n__") {
            let values: Vec<f64> = self
                .rows
                .iter()
                .map(|row| row[name].trim().parse().unwrap_or(0.0))
                .collect();
            let count = real(values.len());
            let mean = values.iter().sum::<f64>() / count;
            let squares = values.iter().map(|value| (value - mean).powi(2));
            let deviation = (squares.sum::<f64>() / count).sqrt();
            return values.iter().map(|it| (it - mean) / deviation).collect();
        }
        let (name, level) = feature
            .strip_prefix("c__")
            .unwrap()
            .split_once('_')
            .unwrap();
        let is_level = |row: &Row| f64::from(u8::from(row[name] == level));
        self.rows.iter().map(is_level).collect()
    }
}

#[test]
fn a_linear_logistic_model_is_the_one_of_the_reference() {
    let (Some(telco), Some(path)) = (Telco::read(), file("telco_logit_C1_coefficients.csv")) else {
        return;
    };
    let exact: Vec<(String, f64)> = rows(&path)
        .iter()
        .map(|row| (row["feature"].clone(), number(row, "coef")))
        .collect();
    let columns: Vec<Vec<f64>> = exact[1..]
        .iter()
        .map(|(feature, _)| telco.reference_column(feature))
        .collect();
    let entries = Entries::dense(&columns);
    let all: Vec<u32> = (0..).take(telco.rows.len()).collect();
    let sample = Sample {
        entries: &entries,
        labels: &telco.labels,
        rows: &all,
    };
    let penalty = Penalty::ridge(columns.len());
    let fitted = Coefficients::zero(columns.len())
        .fitted(sample, &penalty, 1.0)
        .unwrap();
    assert!((fitted.intercept - exact[0].1).abs() < 2e-4, "{fitted:?}");
    for ((feature, exact), ours) in exact[1..].iter().zip(&fitted.weights) {
        assert!(
            (ours - exact).abs() < 2e-4,
            "{feature}: {ours} is not {exact}"
        );
    }
    let log_odds: Vec<f64> = all
        .iter()
        .map(|row| fitted.log_odds(entries.row(*row)))
        .collect();
    let ours = Figures::of(&log_odds, &telco.labels).unwrap();
    let exact = reference("telco_logit_C1_fit.json").unwrap();
    close(ours.log_loss, figures(&exact["insample_logloss"]), 1e-6);
    close(ours.auc, figures(&exact["insample_auc"]), 1e-6);
}

#[test]
fn figures_are_those_of_the_reference() {
    let (Some(path), Some(exact)) = (
        file("telco_oof_predictions.csv"),
        reference("telco_cv.json"),
    ) else {
        return;
    };
    let rows = rows(&path);
    let labels: Vec<bool> = rows.iter().map(|row| row["churn"] == "1").collect();
    for model in ["logit_l2_C1", "lightgbm_default", "blend_logitspline_lgbm"] {
        let log_odds: Vec<f64> = rows
            .iter()
            .map(|row| {
                let chance = number(row, model);
                (chance / (1.0 - chance)).ln()
            })
            .collect();
        let ours = Figures::of(&log_odds, &labels).unwrap();
        let exact = &exact["models"][model];
        // Six digits of each probability were written down.
        close(ours.log_loss, figures(&exact["logloss"]), 1e-5);
        close(ours.auc, figures(&exact["auc"]), 1e-5);
        close(ours.brier, figures(&exact["brier"]), 1e-5);
        close(ours.ece, figures(&exact["ece10"]), 1e-3);
        let slope = ours.calibration_slope.unwrap();
        close(slope, figures(&exact["cal_slope"]), 1e-4);
        let intercept = ours.calibration_intercept.unwrap();
        assert!((intercept - figures(&exact["cal_intercept"])).abs() < 1e-4);
    }
}

#[test]
fn telco_is_foretold_as_well_as_by_the_best_that_was_tried() {
    let (Some(telco), Some(path)) = (Telco::read(), file("telco_folds.csv")) else {
        return;
    };
    let folds = rows(&path)
        .into_iter()
        .map(|row| row["fold"].parse().unwrap());
    let folds = Folds::given(folds.collect()).unwrap();
    let options = FitOptions {
        seed: 0,
        threads: NonZeroUsize::new(2).unwrap(),
        protected: ProtectedInputs::LeaveOut,
    };
    let goes_on = |_| ControlFlow::Continue(());
    let found = cross_validate(&telco.frame(), &telco.labels, &folds, &options, &goes_on).unwrap();
    let figures = found.evaluation.figures;
    assert!(figures.log_loss <= 0.4105, "{figures:?}");
    assert!(figures.auc >= 0.8495, "{figures:?}");
    assert!(figures.brier <= 0.1332, "{figures:?}");
    assert!(figures.ece <= 0.010, "{figures:?}");
    let slope = figures.calibration_slope.unwrap();
    assert!((0.95..=1.05).contains(&slope), "{figures:?}");
    let left_out: Vec<(&str, LeftOutReason)> = found
        .left_out
        .iter()
        .map(|it| (it.input.as_str(), it.reason))
        .collect();
    assert_eq!(
        left_out,
        [
            ("Dependents", LeftOutReason::Protected),
            ("Partner", LeftOutReason::Protected),
            ("SeniorCitizen", LeftOutReason::Protected),
            ("customerID", LeftOutReason::Identifier),
            ("gender", LeftOutReason::Protected),
        ]
    );
}
