//! What an evaluation found, as JSON.

use serde_json::{Map, Value, json};
use statistics::propensity::evaluation::Figures;

use crate::evaluation::Evaluated;

/// The figures of the chosen family at the top, those of each family below `candidates`.
pub fn evaluation(evaluated: &Evaluated) -> Value {
    let validation = &evaluated.validation;
    let mut document = figures(&validation.evaluation.figures);
    let candidates: Map<String, Value> = validation
        .evaluation
        .candidates
        .iter()
        .map(|it| {
            (
                it.family.name().to_owned(),
                Value::Object(figures(&it.figures)),
            )
        })
        .collect();
    let folds: Vec<Value> = (0..)
        .zip(&validation.folds)
        .map(|(fold, it): (u32, _)| {
            let mut result = figures(&it.figures);
            result.insert("fold".to_owned(), json!(fold));
            result.insert("chosen".to_owned(), json!(it.chosen.name()));
            Value::Object(result)
        })
        .collect();
    let left_out: Vec<Value> = validation
        .left_out
        .iter()
        .map(|it| json!({"input": it.input, "reason": it.reason}))
        .collect();
    let inputs: Vec<Value> = evaluated
        .inputs
        .iter()
        .map(|it| json!({"input": it.input, "mean_absolute_log_odds": it.log_odds}))
        .collect();
    for (key, value) in [
        ("data", json!(evaluated.data)),
        ("target", json!(evaluated.target)),
        ("event", json!(evaluated.event)),
        ("chosen", json!(validation.evaluation.chosen.name())),
        ("candidates", Value::Object(candidates)),
        ("includes_protected", json!(evaluated.includes_protected)),
        ("left_out", Value::Array(left_out)),
        ("folds", Value::Array(folds)),
        ("inputs", Value::Array(inputs)),
        ("seed", json!(evaluated.seed)),
        ("seconds", json!(evaluated.seconds)),
    ] {
        document.insert(key.to_owned(), value);
    }
    Value::Object(document)
}

/// The figures of a model that somebody else trained.
pub fn foreign_evaluation(model: &str, found: &Figures) -> Value {
    let mut document = figures(found);
    document.insert("model".to_owned(), json!(model));
    Value::Object(document)
}

fn figures(figures: &Figures) -> Map<String, Value> {
    let named = [
        ("rows", json!(figures.rows)),
        ("events", json!(figures.events)),
        ("log_loss", json!(figures.log_loss)),
        ("auc", json!(figures.auc)),
        ("brier", json!(figures.brier)),
        ("ece", json!(figures.ece)),
        ("calibration_slope", json!(figures.calibration_slope)),
        (
            "calibration_intercept",
            json!(figures.calibration_intercept),
        ),
    ];
    named
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}
