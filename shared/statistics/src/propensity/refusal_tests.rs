//! What cannot be learned from, and what is left aside.

use std::ops::ControlFlow;

use serde_json::{Value as Json, json};

use super::cross_validation::cross_validate;
use super::evaluation::Family;
use super::fit::fit;
use super::folds::Folds;
use super::frame::Frame;
use super::law_tests::{Customers, goes_on};
use super::model::{LeftOut, LeftOutReason, PropensityModel};
use super::options::{FitOptions, ProtectedInputs};
use super::refusal::{FrameRefusal, PropensityRefusal, RowRefusal};
use super::schema::Value;

fn refusal(frame: &Frame, labels: &[bool]) -> PropensityRefusal {
    fit(frame, labels, &FitOptions::default(), &goes_on).unwrap_err()
}

fn numbers(rows: usize) -> Frame {
    let mut frame = Frame::new(rows).unwrap();
    let values: Vec<Option<f64>> = (0..8)
        .cycle()
        .take(rows)
        .map(|it| Some(f64::from(it)))
        .collect();
    frame.add_numbers("usage", &values).unwrap();
    frame
}

fn some_left(rows: usize, left: usize) -> Vec<bool> {
    (0..rows).map(|row| row < left).collect()
}

#[test]
fn what_is_no_basis_is_refused() {
    let refused = |rows, left| refusal(&numbers(rows), &some_left(rows, left));
    assert_eq!(refused(0, 0), PropensityRefusal::Empty);
    let too_few = PropensityRefusal::TooFewRows { have: 1, need: 30 };
    assert_eq!(refused(1, 1), too_few);
    assert_eq!(refused(100, 0), PropensityRefusal::NobodyLeft);
    assert_eq!(refused(100, 100), PropensityRefusal::EverybodyLeft);
    for left in [9, 91] {
        let refused = refused(100, left);
        assert!(matches!(
            refused,
            PropensityRefusal::TooFewOutcomes {
                have: 9,
                need: 10,
                ..
            }
        ));
    }
    let other_length = refusal(&numbers(100), &some_left(99, 20));
    assert!(matches!(
        other_length,
        PropensityRefusal::OtherLength { have: 99, .. }
    ));
}

#[test]
fn rows_that_are_all_alike_are_refused() {
    let mut frame = Frame::new(100).unwrap();
    frame.add_numbers("fee", &[Some(3.0); 100]).unwrap();
    frame.add_categories("plan", &[Some("basic"); 100]).unwrap();
    frame.add_numbers("unknown", &[None; 100]).unwrap();
    assert_eq!(
        refusal(&frame, &some_left(100, 30)),
        PropensityRefusal::NoInput
    );
}

#[test]
fn protected_attributes_are_refused_by_name_and_left_out_on_request() {
    let customers = Customers::some(400, 3);
    let mut frame = customers.frame(&["usage", "plan"]);
    frame
        .add_numbers("Customer_Age", &customers.column("usage"))
        .unwrap();
    assert_eq!(
        refusal(&frame, &customers.labels),
        PropensityRefusal::Protected {
            input: "Customer_Age".to_owned()
        }
    );
    let uses_age = |protected| {
        let options = FitOptions {
            protected,
            ..FitOptions::default()
        };
        let model = fit(&frame, &customers.labels, &options, &goes_on).unwrap();
        let inputs = model.schema().inputs();
        inputs.iter().any(|input| input.name == "Customer_Age")
    };
    assert!(!uses_age(ProtectedInputs::LeaveOut));
    assert!(uses_age(ProtectedInputs::Audit));
}

#[test]
fn columns_of_no_use_are_left_out_and_listed() {
    let customers = Customers::some(400, 4);
    let mut frame = customers.frame(&["usage"]);
    let ids: Vec<Option<String>> = (0..400).map(|row| Some(format!("c-{row}"))).collect();
    frame.add_categories("customer", &ids).unwrap();
    let places: Vec<Option<f64>> = (0..400).map(|row| Some(f64::from(row))).collect();
    frame.add_numbers("line", &places).unwrap();
    let spread: Vec<Option<f64>> = (0..400).map(|row| Some(f64::from(row * row))).collect();
    frame.add_numbers("AccountId", &spread).unwrap();
    frame.add_numbers("bytes", &spread).unwrap();
    frame.add_numbers("fee", &[Some(3.0); 400]).unwrap();
    let model = fit(&frame, &customers.labels, &FitOptions::default(), &goes_on).unwrap();
    let left_out = |input: &str, reason| LeftOut {
        input: input.to_owned(),
        reason,
    };
    assert_eq!(
        model.left_out(),
        [
            left_out("customer", LeftOutReason::Identifier),
            left_out("line", LeftOutReason::Identifier),
            left_out("AccountId", LeftOutReason::Identifier),
            left_out("fee", LeftOutReason::Constant),
        ]
    );
}

#[test]
fn numbers_that_are_none_are_refused() {
    let mut frame = Frame::new(2).unwrap();
    for bad in [f64::NAN, f64::INFINITY] {
        let refused = frame.add_numbers("usage", &[Some(1.0), Some(bad)]);
        let not_finite = FrameRefusal::NotFinite {
            input: "usage".to_owned(),
            row: 1,
        };
        assert_eq!(refused, Err(not_finite));
    }
    frame.add_numbers("usage", &[Some(1.0), None]).unwrap();
    assert!(frame.add_numbers("usage", &[None, None]).is_err());
    assert!(frame.add_numbers("other", &[None]).is_err());
}

#[test]
fn values_of_another_kind_are_refused() {
    let model = Customers::some(300, 5).model();
    let schema = model.schema();
    let other_kind = |refused: RowRefusal| matches!(refused, RowRefusal::OtherKind { .. });
    let number = schema.row_by_name(|_| Value::Number(1.0)).unwrap_err();
    let category = schema.row_by_name(|_| Value::Category("x")).unwrap_err();
    assert!(other_kind(number) && other_kind(category));
    let nan = schema.row_by_name(|_| Value::Number(f64::NAN)).unwrap_err();
    assert!(matches!(nan, RowRefusal::NotFinite { .. }) || other_kind(nan));
    assert!(schema.row(&[]).is_err());
}

#[test]
fn folds_must_be_some_of_everything() {
    let customers = Customers::some(300, 6);
    let frame = customers.frame(&["usage"]);
    let run = |folds: &Folds| {
        cross_validate(
            &frame,
            &customers.labels,
            folds,
            &FitOptions::default(),
            &goes_on,
        )
    };
    let by_outcome = customers.labels.iter().map(|left| usize::from(*left));
    let one_sided = run(&Folds::given(by_outcome.collect()).unwrap()).unwrap_err();
    assert!(matches!(one_sided, PropensityRefusal::OneSidedFold { .. }));
    let gap: Vec<usize> = (0..300).map(|row| (row % 3) * 2).collect();
    let empty_fold = run(&Folds::given(gap).unwrap()).unwrap_err();
    assert!(matches!(
        empty_fold,
        PropensityRefusal::OneSidedFold { rows: 0, .. }
    ));
    let short = run(&Folds::given(vec![0, 1]).unwrap()).unwrap_err();
    assert!(matches!(short, PropensityRefusal::OtherLength { .. }));
    assert!(Folds::stratified(&customers.labels, 1, 0).is_err());
    assert!(Folds::given(vec![usize::MAX; 300]).is_err());
}

#[test]
fn a_fit_can_be_stopped() {
    let customers = Customers::some(300, 7);
    let stops = |_| ControlFlow::Break(());
    let frame = customers.frame(&["usage"]);
    let stopped = fit(&frame, &customers.labels, &FitOptions::default(), &stops);
    assert_eq!(stopped.unwrap_err(), PropensityRefusal::Stopped);
}

/// A model that has both kinds of model in it.
fn blend() -> PropensityModel {
    let models = (0..20).map(|seed| Customers::some(300, seed).model());
    let mut blends = models.filter(|model| model.family() == Family::Blend);
    blends.next().unwrap()
}

#[test]
fn a_damaged_model_is_not_loaded() {
    let model = blend();
    let text = serde_json::to_string(&model).unwrap();
    let loaded: PropensityModel = serde_json::from_str(&text).unwrap();
    assert_eq!(loaded, model);
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tree = "/boosted_trees/model/trees/0/nodes";
    for (path, value) in [
        ("/intercept".to_owned(), Json::Null),
        ("/profiles/0/counts".to_owned(), json!([1])),
        ("/schema/inputs".to_owned(), json!([])),
        ("/spline_logit/model/weights/0".to_owned(), Json::Null),
        ("/spline_logit/model/design/width".to_owned(), json!(3)),
        ("/spline_logit/model/means".to_owned(), json!([0.0])),
        ("/boosted_trees/model/bins".to_owned(), json!([])),
        (tree.to_owned(), json!([])),
        (format!("{tree}/0/split/left"), json!(0)),
        (format!("{tree}/0/split/input"), json!(99)),
        (format!("{tree}/0/rows"), json!(0.0)),
    ] {
        let mut damaged = whole.clone();
        *damaged.pointer_mut(&path).unwrap() = value;
        let loaded = serde_json::from_value::<PropensityModel>(damaged);
        assert!(loaded.is_err(), "{path}");
    }
}
