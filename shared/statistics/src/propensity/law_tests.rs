//! What holds for every model: it is made of its contributions, depends on nothing but data and
//! seed, and bears with what it has not seen.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use super::cross_validation::cross_validate;
use super::drift::{CalibrationDrift, DriftCounts};
use super::evaluation::Family;
use super::fit::fit;
use super::folds::Folds;
use super::frame::Frame;
use super::model::PropensityModel;
use super::options::FitOptions;
use super::schema::{InputKind, Row, Value};
use crate::numeric::counting::real;
use crate::numeric::draw::Draws;
use crate::numeric::log_space::logistic;

pub(super) fn goes_on(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

const PLANS: [&str; 4] = ["basic", "family", "gold", "student"];

/// Invented customers: some numbers and a plan, of which two numbers count only together.
pub(super) struct Customers {
    pub(super) usage: Vec<Option<f64>>,
    pub(super) calls: Vec<Option<f64>>,
    pub(super) plan: Vec<Option<&'static str>>,
    pub(super) labels: Vec<bool>,
}

impl Customers {
    pub(super) fn some(rows: usize, seed: u64) -> Self {
        let mut draws = Draws::new(seed, 1);
        let mut unit = || real(draws.below(1 << 20)) / real(1 << 20);
        let mut customers = Self {
            usage: Vec::new(),
            calls: Vec::new(),
            plan: Vec::new(),
            labels: Vec::new(),
        };
        for row in 0..rows {
            let (usage, calls) = (10.0 * unit(), 4.0 * unit());
            let plan = row % PLANS.len();
            let together = if usage < 3.0 && calls > 2.0 { 3.0 } else { 0.0 };
            let log_odds = together - 0.2 * usage + 0.4 * real(plan) - 0.6;
            customers.labels.push(unit() < logistic(log_odds));
            customers.usage.push((unit() > 0.05).then_some(usage));
            customers.calls.push(Some(calls));
            customers.plan.push((unit() > 0.05).then_some(PLANS[plan]));
        }
        customers
    }

    pub(super) fn column(&self, name: &str) -> Vec<Option<f64>> {
        match name {
            "usage" => self.usage.clone(),
            _ => self.calls.clone(),
        }
    }

    pub(super) fn frame(&self, names: &[&str]) -> Frame {
        let mut frame = Frame::new(self.labels.len()).unwrap();
        for name in names {
            if *name == "plan" {
                frame.add_categories(name, &self.plan).unwrap();
            } else {
                frame.add_numbers(name, &self.column(name)).unwrap();
            }
        }
        frame
    }

    pub(super) fn model(&self) -> PropensityModel {
        self.model_of(&["usage", "calls", "plan"], FitOptions::default())
    }

    fn model_of(&self, names: &[&str], options: FitOptions) -> PropensityModel {
        fit(&self.frame(names), &self.labels, &options, &goes_on).unwrap()
    }

    fn row(&self, model: &PropensityModel, row: usize) -> Row {
        let number = |value: Option<f64>| value.map_or(Value::Missing, Value::Number);
        let value = |name: &str| match name {
            "usage" => number(self.usage[row]),
            "calls" => number(self.calls[row]),
            _ => self.plan[row].map_or(Value::Missing, Value::Category),
        };
        model.schema().row_by_name(value).unwrap()
    }
}

#[test]
fn base_and_contributions_are_the_log_odds() {
    let customers = Customers::some(800, 1);
    let model = customers.model();
    let mut mean = vec![0.0; 3];
    for row in 0..800 {
        let row = customers.row(&model, row);
        let contributions = model.contributions(&row);
        let sum: f64 = contributions.iter().map(|it| it.log_odds).sum();
        assert!((model.base_log_odds() + sum - model.log_odds(&row)).abs() < 1e-9);
        let chance = model.probability(&row);
        assert!(chance > 0.0 && chance < 1.0);
        for (mean, contribution) in mean.iter_mut().zip(&contributions) {
            *mean += contribution.log_odds / 800.0;
        }
    }
    // Counted from the average customer, what is added and taken away is about the same.
    assert!(mean.iter().all(|mean| mean.abs() < 0.1), "{mean:?}");
}

#[test]
fn the_same_data_and_seed_make_the_same_model() {
    let customers = Customers::some(600, 2);
    let model = customers.model();
    let two_threads = FitOptions {
        threads: NonZeroUsize::new(2).unwrap(),
        ..FitOptions::default()
    };
    let names = ["usage", "calls", "plan"];
    assert_eq!(customers.model_of(&names, two_threads), model);
    let other_seed = FitOptions {
        seed: 1,
        ..FitOptions::default()
    };
    assert_ne!(customers.model_of(&names, other_seed), model);
}

#[test]
fn threads_change_no_figure_of_a_cross_validation() {
    let customers = Customers::some(400, 3);
    let frame = customers.frame(&["usage", "calls", "plan"]);
    let folds = Folds::stratified(&customers.labels, 4, 0).unwrap();
    let run = |threads| {
        let options = FitOptions {
            threads: NonZeroUsize::new(threads).unwrap(),
            ..FitOptions::default()
        };
        cross_validate(&frame, &customers.labels, &folds, &options, &goes_on).unwrap()
    };
    let (one, three) = (run(1), run(3));
    assert_eq!(one.log_odds, three.log_odds);
    assert_eq!(one.folds, three.folds);
}

#[test]
fn what_acts_together_is_found() {
    let customers = Customers::some(3_000, 4);
    let evaluation = customers.model().evaluation().clone();
    assert_ne!(evaluation.chosen, Family::SplineLogit);
    let loss = |family: Family| {
        let mut candidates = evaluation.candidates.iter();
        let candidate = candidates.find(|it| it.family == family).unwrap();
        candidate.figures.log_loss
    };
    assert!(loss(Family::BoostedTrees) + 0.01 < loss(Family::SplineLogit));
}

#[test]
fn what_was_never_seen_is_scored_and_a_huge_outlier_moves_little() {
    let mut customers = Customers::some(600, 5);
    let model = customers.model();
    let row = |usage: Value<'static>, plan: Value<'static>| {
        let value = |name: &str| match name {
            "usage" => usage,
            "calls" => Value::Number(1.0),
            _ => plan,
        };
        model.probability(&model.schema().row_by_name(value).unwrap())
    };
    let gold = Value::Category("gold");
    for plan in [gold, Value::Missing, Value::Category("platinum")] {
        for usage in [-1e300, 0.0, 1e300] {
            let chance = row(Value::Number(usage), plan);
            assert!(chance > 0.0 && chance < 1.0);
        }
        let chance = row(Value::Missing, plan);
        assert!(chance > 0.0 && chance < 1.0);
    }
    // Beyond the range of training nothing changes any more.
    let far = row(Value::Number(1e6), gold);
    assert!((far - row(Value::Number(1e300), gold)).abs() < 1e-12);

    let before = model.evaluation().figures.log_loss;
    customers.usage[7] = Some(1e300);
    let after = customers.model().evaluation().figures.log_loss;
    assert!((after - before).abs() < 0.02, "{before} {after}");
}

#[test]
fn the_schema_is_that_of_training() {
    let model = Customers::some(300, 6).model_of(&["plan", "usage"], FitOptions::default());
    let inputs = model.schema().inputs();
    assert_eq!(inputs[0].name, "plan");
    let levels = PLANS.map(str::to_owned).to_vec();
    assert_eq!(inputs[0].kind, InputKind::Category { levels });
    assert_eq!(inputs[1].kind, InputKind::Number);
}

#[test]
fn many_levels_do_not_learn_their_own_answers() {
    let customers = Customers::some(1_200, 7);
    let mut frame = customers.frame(&["usage", "calls", "plan"]);
    let without = fit(&frame, &customers.labels, &FitOptions::default(), &goes_on).unwrap();
    let mut draws = Draws::new(7, 2);
    let streets: Vec<Option<String>> = (0..1_200)
        .map(|_| Some(draws.below(300).to_string()))
        .collect();
    frame.add_categories("street", &streets).unwrap();
    let with = fit(&frame, &customers.labels, &FitOptions::default(), &goes_on).unwrap();
    let losses = [without, with].map(|model| model.evaluation().figures.log_loss);
    assert!(losses[1] < losses[0] + 0.015, "{losses:?}");
}

#[test]
fn drift_is_seen_where_it_is() {
    let customers = Customers::some(2_000, 8);
    let model = customers.model();
    let mut counts = DriftCounts::of(&model);
    assert_eq!(counts.drifts(), []);
    for row in 0..2_000 {
        counts.add(&customers.row(&model, row));
    }
    assert!(counts.drifts().iter().all(|it| it.stability_index < 0.01));

    let mut moved = Customers::some(2_000, 9);
    for usage in moved.usage.iter_mut().flatten() {
        *usage = *usage * 0.5 + 5.0;
    }
    let mut counts = DriftCounts::of(&model);
    for row in 0..2_000 {
        counts.add(&moved.row(&model, row));
    }
    let index = |name: &str| {
        let drifts = counts.drifts();
        let mut drifts = drifts.iter();
        drifts.find(|it| it.input == name).unwrap().stability_index
    };
    assert!(index("usage") > 0.25);
    assert!(index("calls") < 0.1 && index("plan") < 0.1);
}

#[test]
fn a_level_that_moved_is_seen_in_calibration() {
    let log_odds: Vec<f64> = (0..1_000).map(|row| f64::from(row % 7) - 4.0).collect();
    let mut draws = Draws::new(3, 3);
    let labels: Vec<bool> = log_odds
        .iter()
        .map(|it| real(draws.below(1 << 20)) / real(1 << 20) < logistic(it + 1.0))
        .collect();
    let drift = CalibrationDrift::of(&log_odds, &labels).unwrap();
    assert!(drift.observed_to_expected() > 1.3);
    assert!((drift.intercept.unwrap() - 1.0).abs() < 0.35);
    assert_eq!(CalibrationDrift::of(&[], &[]), None);
}
