//! The models beside this crate, made by converters that people use, against onnxruntime.

use std::path::{Path, PathBuf};

use statistics::propensity::schema::Value;

use crate::declaration::{Declaration, Encoding, Input, Kind};
use crate::model::{ForeignModel, LARGEST_FILE};
use crate::refusal::{EvaluationRefusal, LoadRefusal, ScoreRefusal};

const NUMBERS: [&str; 3] = ["tenure_months", "monthly_charge", "support_calls"];
const CONTRACTS: [&str; 3] = ["month_to_month", "one_year", "two_year"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// The bytes of a model.
pub(crate) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(&format!("{name}.onnx"))).unwrap()
}

/// What the models read.
pub(crate) fn declaration(encoding: Encoding) -> Declaration {
    let mut inputs: Vec<Input> = NUMBERS
        .iter()
        .map(|name| Input {
            name: (*name).to_owned(),
            feature: None,
            kind: Kind::Number { when_missing: None },
        })
        .collect();
    inputs.push(Input {
        name: "contract".to_owned(),
        feature: None,
        kind: Kind::Category {
            levels: CONTRACTS.map(str::to_owned).to_vec(),
            encoding,
        },
    });
    Declaration {
        inputs,
        output: None,
    }
}

/// A table of customers, with what onnxruntime says of them.
struct Table {
    header: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

impl Table {
    fn read(name: &str) -> Self {
        let mut reader = csv::Reader::from_path(fixture(name)).unwrap();
        Self {
            header: reader.headers().unwrap().clone(),
            records: reader.records().map(Result::unwrap).collect(),
        }
    }

    fn rows(&self) -> Vec<Vec<Value<'_>>> {
        let row = |record: &'_ csv::StringRecord| -> Vec<Value<'static>> {
            let number = |text: &str| text.parse().map_or(Value::Missing, Value::Number);
            let mut row: Vec<Value<'static>> =
                (0..3).map(|column| number(&record[column])).collect();
            let contract = CONTRACTS.iter().find(|contract| **contract == &record[3]);
            row.push(Value::Category(contract.unwrap()));
            row
        };
        self.records.iter().map(row).collect()
    }

    fn said(&self, model: &str) -> Vec<f64> {
        let column = self.header.iter().position(|name| name == model).unwrap();
        let records = self.records.iter();
        records
            .map(|record| record[column].parse().unwrap())
            .collect()
    }
}

#[track_caller]
fn check(name: &str, table: &Table, declaration: Declaration) {
    let model = ForeignModel::load(&bytes(name), declaration)
        .unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    let rows = table.rows();
    let ours = model.probabilities(&rows).unwrap();
    for ((ours, theirs), row) in ours.iter().zip(table.said(name)).zip(&rows) {
        assert!(
            (ours - theirs).abs() < 1e-5,
            "{name}: {ours} is not {theirs}"
        );
        let alone = model.probability(row).unwrap();
        assert!(
            (alone - ours).abs() < 1e-6,
            "{name}: {alone} alone, {ours} with others"
        );
    }
    assert_eq!(ours.len(), 40);
}

#[test]
fn models_say_what_onnxruntime_says() {
    let table = Table::read("rows.csv");
    for name in [
        "gradient_boosting",
        "random_forest",
        "logistic",
        "scaled_logistic",
        "neural_net",
        "regressor",
    ] {
        check(name, &table, declaration(Encoding::Place));
    }
    check("named_inputs", &table, declaration(Encoding::Indicators));
}

#[test]
fn gaps_are_read_as_the_trees_were_trained() {
    let table = Table::read("rows_with_gaps.csv");
    let gaps = table
        .rows()
        .iter()
        .flatten()
        .filter(|value| **value == Value::Missing)
        .count();
    assert!(gaps > 0);
    for name in ["lightgbm", "lightgbm_zipmap", "xgboost"] {
        check(name, &table, declaration(Encoding::Place));
    }
}

#[test]
fn a_model_is_judged_by_what_became_of_people() {
    let table = Table::read("rows.csv");
    let model = ForeignModel::load(&bytes("logistic"), declaration(Encoding::Place)).unwrap();
    let rows = table.rows();
    let said = table.said("logistic");
    let left: Vec<bool> = said.iter().map(|probability| *probability > 0.4).collect();
    let figures = model.evaluate(&rows, &left).unwrap();
    assert_eq!(
        (figures.rows, figures.events),
        (40, left.iter().filter(|left| **left).count())
    );
    assert!((figures.auc - 1.0).abs() < 1e-12);
    let brier = said
        .iter()
        .zip(&left)
        .map(|(p, left)| (p - f64::from(u8::from(*left))).powi(2));
    assert!((figures.brier - brier.sum::<f64>() / 40.0).abs() < 1e-6);
    assert_eq!(
        model.evaluate(&rows, &[true; 40]),
        Err(EvaluationRefusal::OneSided)
    );
    assert_eq!(model.evaluate(&[], &[]), Err(EvaluationRefusal::Empty));
    let shorter = EvaluationRefusal::OtherLength { have: 39, need: 40 };
    assert_eq!(model.evaluate(&rows, &left[1..]), Err(shorter));
}

fn refused(name: &str, declaration: Declaration) -> LoadRefusal {
    ForeignModel::load(&bytes(name), declaration).unwrap_err()
}

#[test]
fn what_is_no_probability_is_refused_by_row() {
    let table = Table::read("rows.csv");
    for name in ["says_nan", "says_log_odds"] {
        let model = ForeignModel::load(&bytes(name), declaration(Encoding::Place)).unwrap();
        let refusal = model.probabilities(&table.rows()).unwrap_err();
        let EvaluationRefusal::Row {
            row,
            refusal: ScoreRefusal::NoProbability { said },
        } = refusal
        else {
            panic!("{name}: {refusal}");
        };
        assert!(
            row < 40 && !(0.0..=1.0).contains(&said),
            "{name}: {said} in row {row}"
        );
    }
}

/// A linear model has nothing to say where a number is not known.
#[test]
fn a_gap_that_a_model_does_not_read_is_refused() {
    let model = ForeignModel::load(&bytes("logistic"), declaration(Encoding::Place)).unwrap();
    let row = [
        Value::Missing,
        Value::Number(1.0),
        Value::Number(1.0),
        Value::Category("one_year"),
    ];
    let input = NUMBERS[0].to_owned();
    assert_eq!(model.probability(&row), Err(ScoreRefusal::Gap { input }));
    let mut filled = declaration(Encoding::Place);
    filled.inputs[0].kind = Kind::Number {
        when_missing: Some(0.0),
    };
    let model = ForeignModel::load(&bytes("logistic"), filled).unwrap();
    assert!(model.probability(&row).is_ok());
}

#[test]
fn other_inputs_than_declared_are_refused() {
    let place = || declaration(Encoding::Place);
    let mut fewer = place();
    fewer.inputs.pop();
    assert!(matches!(
        refused("logistic", fewer.clone()),
        LoadRefusal::OtherInputs(_)
    ));
    assert!(matches!(
        refused("named_inputs", fewer),
        LoadRefusal::OtherInputs(_)
    ));
    let mut other = declaration(Encoding::Indicators);
    other.inputs[0].name = "something_else".to_owned();
    let refusal = refused("named_inputs", other);
    assert_eq!(
        refusal.to_string(),
        "the inputs differ: tenure_months is not declared"
    );
    // Three indicators in a matrix of four columns.
    let refusal = refused("logistic", declaration(Encoding::Indicators));
    assert!(matches!(refusal, LoadRefusal::OtherInputs(_)), "{refusal}");
}

#[test]
fn other_outputs_than_a_probability_are_refused() {
    let refusal = refused("three_columns", declaration(Encoding::Place));
    assert!(matches!(refusal, LoadRefusal::OtherOutput(_)), "{refusal}");
    let mut elsewhere = declaration(Encoding::Place);
    elsewhere.output = Some("nowhere".to_owned());
    let refusal = refused("logistic", elsewhere);
    assert!(
        refusal.to_string().contains("label, probabilities"),
        "{refusal}"
    );
}

#[test]
fn what_is_not_supported_is_named() {
    let refusal = refused("unsupported", declaration(Encoding::Place));
    let operator = "Einsum".to_owned();
    assert_eq!(refusal, LoadRefusal::UnsupportedOperator { operator });
}

#[test]
fn what_takes_too_much_is_refused_before_it_is_made() {
    let place = || declaration(Encoding::Place);
    for name in ["doubles", "outer_product"] {
        let refusal = refused(name, place());
        assert!(
            matches!(refusal, LoadRefusal::TooMuch { .. }),
            "{name}: {refusal}"
        );
    }
    let huge = vec![0; LARGEST_FILE + 1];
    let refusal = ForeignModel::load(&huge, place()).unwrap_err();
    assert!(matches!(refusal, LoadRefusal::FileTooLarge { .. }));
}
