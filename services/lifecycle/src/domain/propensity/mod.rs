//! Propensity models: which contractual customers leave within the horizon of risk, by line, with the
//! reasons of each.

pub mod contribution;
pub mod drift;
pub mod features;
mod held_out;
pub mod models;
pub mod sample;
pub mod training;
pub mod watch;

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use statistics::propensity::evaluation::Figures;
use statistics::propensity::model::{LeftOutReason, PropensityModel};
use statistics::propensity::schema::{InputKind, Row, Schema, Value};

use crate::domain::facts::{CustomerFacts, Subscription};
use crate::domain::model::forecast::real;
use crate::domain::model::report::{Figure, GroupReport};
use crate::domain::propensity::contribution::{ContributionMethod, RiskContribution};
use crate::domain::status::reasons::sentence;
use features::{Feature, FeatureKind, Features, features};
use training::number_of;

/// How many reasons a risk is given with.
const REASONS: usize = 5;
/// What moves the log-odds by less is no reason.
const SLIGHT: f64 = 0.02;

/// The model of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropensityGroup {
    /// The model.
    pub model: PropensityModel,
    /// The horizon within which customers left, or stayed.
    pub horizon_days: u32,
    /// The day at whose end customers were looked at, counted from 1970-01-01.
    pub landmark_day: i32,
    /// How many customers there were; zero where it was not counted.
    #[serde(default)]
    pub seen: u64,
    /// Of how many of these one was learnt from, drawn by a hash of the id.
    #[serde(default = "everybody")]
    pub one_in: u64,
}

const fn everybody() -> u64 {
    1
}

/// The models of a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PropensitySet {
    /// By business line.
    pub lines: BTreeMap<String, PropensityGroup>,
    /// Everybody together, where a line has no model of its own.
    pub everybody: Option<PropensityGroup>,
    /// Lines without a model of their own, and why.
    pub pooled: BTreeMap<String, String>,
    /// Nothing was learnt from the customers who are held out.
    #[serde(default)]
    pub holds_out: bool,
}

/// A chance to leave, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Propensity {
    /// The chance.
    pub probability: f64,
    /// How the contributions were found out.
    pub method: ContributionMethod,
    /// What speaks for leaving and for staying, the weightiest first.
    pub contributions: Vec<RiskContribution>,
}

impl PropensitySet {
    /// Finds the model of a line, else of everybody.
    pub fn group(&self, business_line: &str) -> Option<&PropensityGroup> {
        let line = self.lines.get(business_line);
        line.or(self.everybody.as_ref())
    }

    /// Tells whether all inputs are among the features that there are.
    pub(in crate::domain) fn reads_what_is_told(&self) -> bool {
        let groups = self.lines.values().chain(&self.everybody);
        let mut inputs = groups.flat_map(|group| group.model.schema().inputs());
        inputs.all(|input| FeatureKind::of(&input.name).is_some())
    }

    /// Describes the model of each group.
    pub(super) fn reports(&self) -> Vec<GroupReport> {
        let lines = self.lines.iter();
        let everybody = self.everybody.iter().map(|group| group.report("all"));
        let pooled = self.pooled.iter();
        let pooled = pooled.map(|(name, why)| GroupReport::pooled(name, why));
        lines
            .map(|(name, group)| group.report(name))
            .chain(everybody)
            .chain(pooled)
            .collect()
    }
}

impl PropensityGroup {
    fn report(&self, name: &str) -> GroupReport {
        let evaluation = self.model.evaluation();
        let figures = evaluation.figures;
        let mut told = figures_of(&figures);
        let left_out = self.model.left_out();
        let is_protected = |reason| reason == LeftOutReason::Protected;
        let protected = left_out.iter().filter(|out| is_protected(out.reason));
        told.push(Figure::new(
            "inputs",
            real(self.model.schema().inputs().len()),
        ));
        told.push(Figure::new("protected_left_out", real(protected.count())));
        told.extend(Figure::of_share(self.seen, self.one_in));
        for candidate in &evaluation.candidates {
            let name = format!("{}_log_loss", candidate.family.name());
            told.push(Figure::new(&name, candidate.figures.log_loss));
        }
        GroupReport {
            group: name.to_owned(),
            family: self.model.family().name(),
            sample_size: u64::try_from(figures.rows).unwrap_or(u64::MAX),
            parameters: Vec::new(),
            figures: told,
            search: None,
            pooled_because: None,
        }
    }

    /// Scores a subscription at a time; `None` where what is known of it does not fit the model.
    pub fn score(
        &self,
        facts: &CustomerFacts,
        subscription: &Subscription,
        as_of: Timestamp,
        horizon_days: u32,
    ) -> Option<Propensity> {
        let known = features(facts, subscription, as_of);
        let row = row_of(self.model.schema(), &known)?;
        let probability = self.model.probability(&row);
        Some(Propensity {
            probability: within(probability, self.horizon_days, horizon_days),
            method: ContributionMethod::Exact,
            contributions: self.reasons(&row, &known),
        })
    }

    fn reasons(&self, row: &Row, known: &Features<'_>) -> Vec<RiskContribution> {
        let contributions = self.model.contributions(row);
        let named = contributions.iter().map(|it| (it.input, it.log_odds));
        weightiest(named.collect(), known)
    }
}

/// Puts features in the places where a schema wants them.
pub(super) fn row_of(schema: &Schema, known: &Features<'_>) -> Option<Row> {
    let values: Vec<Value<'_>> = schema
        .inputs()
        .iter()
        .map(|input| {
            let is_number = matches!(input.kind, InputKind::Number);
            value_of(known, &input.name, is_number)
        })
        .collect();
    schema.row(&values).ok()
}

/// Turns a chance within the horizon of a model into one within another, by the same hazard.
pub(super) fn within(probability: f64, model_days: u32, horizon_days: u32) -> f64 {
    if horizon_days == model_days || model_days == 0 {
        return probability;
    }
    let times = f64::from(horizon_days) / f64::from(model_days);
    1.0 - (1.0 - probability).powf(times)
}

/// Makes reasons of what moves the log-odds most.
pub(super) fn weightiest(
    mut moved: Vec<(&str, f64)>,
    known: &Features<'_>,
) -> Vec<RiskContribution> {
    moved.retain(|(_, log_odds)| log_odds.abs() >= SLIGHT);
    moved.sort_by(|(_, one), (_, other)| other.abs().total_cmp(&one.abs()));
    moved.truncate(REASONS);
    let reason = |(input, log_odds): (&str, f64)| {
        let feature = find(known, input);
        RiskContribution {
            fact: input.to_owned(),
            value: feature.map(text_of).unwrap_or_default(),
            log_odds,
            sentence: sentence(input, feature, log_odds),
        }
    };
    moved.into_iter().map(reason).collect()
}

fn find<'k, 'a>(known: &'k Features<'a>, input: &str) -> Option<&'k Feature<'a>> {
    let found = known.iter().find(|(name, _)| name == input);
    found.map(|(_, feature)| feature)
}

/// Reads a feature as a number or as a word, whichever the model wants.
pub(super) fn value_of<'k>(known: &'k Features<'_>, input: &str, is_number: bool) -> Value<'k> {
    let Some(feature) = find(known, input) else {
        return Value::Missing;
    };
    match (is_number, feature) {
        (true, Feature::Number(number)) => Value::Number(*number),
        (true, Feature::Text(text)) => number_of(text).map_or(Value::Missing, Value::Number),
        (false, Feature::Text(text)) => Value::Category(text),
        (false, Feature::Word(word)) => Value::Category(word),
        (true, Feature::Word(_)) | (false, Feature::Number(_)) => Value::Missing,
    }
}

fn text_of(feature: &Feature<'_>) -> String {
    match feature {
        Feature::Number(number) => format!("{number:.2}"),
        Feature::Word(word) => word.to_string(),
        Feature::Text(text) => (*text).to_owned(),
    }
}

/// Names the figures of a cross-validation.
pub(super) fn figures_of(figures: &Figures) -> Vec<Figure> {
    let mut named = vec![
        Figure::new("log_loss", figures.log_loss),
        Figure::new("auc", figures.auc),
        Figure::new("brier", figures.brier),
        Figure::new("ece", figures.ece),
        Figure::new("rows", real(figures.rows)),
        Figure::new("events", real(figures.events)),
    ];
    let slope = figures.calibration_slope;
    named.extend(slope.map(|slope| Figure::new("calibration_slope", slope)));
    let intercept = figures.calibration_intercept;
    named.extend(intercept.map(|it| Figure::new("calibration_intercept", it)));
    named
}

#[cfg(test)]
mod snapshot_tests;
