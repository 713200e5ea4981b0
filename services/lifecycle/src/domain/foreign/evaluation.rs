//! Judges a foreign model on the customers held: on those that a fit of ours would learn from, by the
//! figures that models of ours have on customers held back. Nothing is fitted, so all of them are held
//! back; that its owner did not train it on them, the owner must know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use foreign_model::declaration::{Declaration, Kind};
use foreign_model::model::{BATCH, ForeignModel, figures, log_odds};
use foreign_model::refusal::{EvaluationRefusal, ScoreRefusal};
use statistics::propensity::drift::Spread;
use statistics::propensity::preparation::{FEWEST_OUTCOMES, FEWEST_ROWS};
use statistics::propensity::refusal::FrameRefusal;
use statistics::propensity::schema::Value;

use super::in_use::{ForeignInUse, MOST_TRIED, replaced, values};
use super::{ForeignLine, ForeignSet, Tried, Typical};
use crate::domain::clock_days::day_number;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::report::{Evaluation, Figure};
use crate::domain::model::{Artifact, Candidate};
use crate::domain::propensity::features::{ATTRIBUTE, Features};
use crate::domain::propensity::models::PropensityModels;
use crate::domain::propensity::sample::{PropensitySample, average};
use crate::domain::propensity::training::Training;
use crate::domain::propensity::watch::Watch;
use crate::domain::propensity::{PropensitySet, figures_of};

/// How many customers say what is typical.
const TYPICAL_OF: usize = 1_000;
/// How many customers say which inputs matter.
const TRIED_ON: usize = 64;

/// Why a foreign model is not taken, although its file can be run.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ForeignRefusal {
    /// The customers held are no basis to judge a model by.
    #[error(transparent)]
    Sample(#[from] FitRefusal),
    /// Nobody in the lines it is for has an attribute that it reads.
    #[error("no customer in its lines has {feature}")]
    Unknown {
        /// The place of the input among the declared ones.
        place: usize,
        /// The feature.
        feature: String,
    },
    /// It has no answer for a customer.
    #[error("{group}: {refusal}")]
    NoAnswer {
        /// The line.
        group: String,
        /// Why not.
        refusal: ScoreRefusal,
    },
}

/// Judges a model in some lines, in every line that it can be judged in when none is named. Progress
/// is told with the line, as a share of all customers.
pub fn judge(
    sample: &PropensitySample,
    model: &Arc<ForeignModel>,
    wanted: &BTreeSet<String>,
    ours: Option<PropensitySet>,
    mut tell: impl FnMut(&str, f64),
) -> Result<Candidate, ForeignRefusal> {
    let judged = lines(sample, wanted)?;
    check_known(model.declaration(), &judged)?;
    let total: usize = judged.values().map(|(_, it)| it.labels().len()).sum();
    let (mut lines, mut done) = (BTreeMap::new(), 0);
    let (mut sample_size, mut event_count) = (0, 0);
    for (name, (watch, training)) in &judged {
        let mut tell_rows = |rows: usize| tell(name, share(done + rows, total));
        let line = judge_line(name, model, *watch, training, &mut tell_rows)?;
        done += line.figures.rows;
        sample_size += count(line.figures.rows);
        event_count += count(line.figures.events);
        lines.insert((*name).clone(), line);
    }
    let set = ForeignSet {
        declaration: model.declaration().clone(),
        lines,
        ours,
    };
    let mut evaluation = evaluation(&set);
    if let Some(evaluation) = &mut evaluation {
        let foreign = ForeignInUse::of(Arc::clone(model), set.clone());
        let candidate = PropensityModels {
            version: 0,
            ours: set.ours.clone().unwrap_or_default(),
            foreign: Some(foreign),
        };
        evaluation.comparison = sample.compare(&candidate);
    }
    Ok(Candidate {
        evaluation,
        artifact: Artifact::ForeignPropensity(Box::new(set)),
        sample_size,
        event_count,
    })
}

type Judged<'s> = BTreeMap<&'s String, (Watch, &'s Training)>;

/// The lines to judge in.
fn lines<'s>(
    sample: &'s PropensitySample,
    wanted: &BTreeSet<String>,
) -> Result<Judged<'s>, FitRefusal> {
    let mut judged = BTreeMap::new();
    for (name, (watch, training)) in sample.lines() {
        if !wanted.is_empty() && !wanted.contains(name) {
            continue;
        }
        match check_labels(name, training.labels()) {
            Ok(()) => {
                judged.insert(name, (*watch, training));
            }
            Err(refusal) if !wanted.is_empty() => return Err(refusal),
            Err(_) => {}
        }
    }
    let missing = wanted.iter().find(|name| !judged.contains_key(name));
    let nobody = missing.map(String::as_str);
    if nobody.is_some() || judged.is_empty() {
        return Err(too_little(nobody.unwrap_or("all"), &[]));
    }
    Ok(judged)
}

/// Checks that a line is a basis to judge by, as a fit of ours would.
fn check_labels(group: &str, labels: &[bool]) -> Result<(), FitRefusal> {
    let left = labels.iter().filter(|left| **left).count();
    let stayed = labels.len() - left;
    let one_sided = match (labels.len() < FEWEST_ROWS, left, stayed) {
        (false, 0, _) => Some("nobody_left"),
        (false, _, 0) => Some("nobody_stayed"),
        _ => None,
    };
    if let Some(cause) = one_sided {
        return Err(FitRefusal::NotFittable {
            group: group.to_owned(),
            cause,
            sample: "all left or all stayed: there is nothing to judge a model by".to_owned(),
        });
    }
    if labels.len() < FEWEST_ROWS || left.min(stayed) < FEWEST_OUTCOMES {
        return Err(too_little(group, labels));
    }
    Ok(())
}

fn too_little(group: &str, labels: &[bool]) -> FitRefusal {
    FitRefusal::TooLittle {
        group: group.to_owned(),
        sample_size: count(labels.len()),
        event_count: count(labels.iter().filter(|left| **left).count()),
    }
}

/// An attribute that nobody has is misspelt, or not among those that models may look at.
fn check_known(declaration: &Declaration, judged: &Judged<'_>) -> Result<(), ForeignRefusal> {
    for (place, input) in declaration.inputs.iter().enumerate() {
        let feature = input.feature();
        let is_known = judged.values().any(|(_, training)| training.knows(feature));
        if feature.starts_with(ATTRIBUTE) && !is_known {
            let feature = feature.to_owned();
            return Err(ForeignRefusal::Unknown { place, feature });
        }
    }
    Ok(())
}

fn judge_line(
    group: &str,
    model: &ForeignModel,
    watch: Watch,
    training: &Training,
    tell: &mut impl FnMut(usize),
) -> Result<ForeignLine, ForeignRefusal> {
    let no_answer = |refusal| ForeignRefusal::NoAnswer {
        group: group.to_owned(),
        refusal,
    };
    let rows: Vec<usize> = (0..training.labels().len()).collect();
    let mut said = Vec::with_capacity(rows.len());
    for batch in rows.chunks(BATCH) {
        tell(said.len());
        let known: Vec<Features<'_>> = batch.iter().map(|row| training.customer(*row)).collect();
        said.extend(ask(model, &known).map_err(no_answer)?);
    }
    let figures = figures(&said, training.labels());
    let figures = figures.map_err(|_| too_little(group, training.labels()))?;
    Ok(ForeignLine {
        horizon_days: watch.horizon_days(),
        landmark_day: day_number(watch.landmark()),
        inputs: spread(model.declaration(), training).map_err(|_| too_little(group, &[]))?,
        figures,
        tried: tried(model, training, MOST_TRIED),
    })
}

fn ask(model: &ForeignModel, known: &[Features<'_>]) -> Result<Vec<f64>, ScoreRefusal> {
    let rows: Vec<Vec<Value<'_>>> = known
        .iter()
        .map(|known| values(model.declaration(), known))
        .collect();
    model.probabilities(&rows).map_err(|refusal| match refusal {
        EvaluationRefusal::Row { refusal, .. } => refusal,
        other => ScoreRefusal::Failed(other.to_string()),
    })
}

/// Learns how what the model reads is spread.
fn spread(declaration: &Declaration, training: &Training) -> Result<Spread, FrameRefusal> {
    let reads = |name: &str| declaration.inputs.iter().any(|it| it.feature() == name);
    Ok(Spread::learn(&training.frame_of(reads)?))
}

/// Chooses the inputs that matter most, at most so many, each with what is typical.
pub(super) fn tried(model: &ForeignModel, training: &Training, most: usize) -> Vec<Tried> {
    let declaration = model.declaration();
    let step = training.labels().len().div_ceil(TYPICAL_OF).max(1);
    let some = (0..training.labels().len()).step_by(step);
    let known: Vec<Features<'_>> = some.map(|row| training.customer(row)).collect();
    let rows: Vec<Vec<Value<'_>>> = known.iter().map(|it| values(declaration, it)).collect();
    let typical = declaration.inputs.iter().enumerate().map(|(place, input)| {
        let column: Vec<Value<'_>> = rows
            .iter()
            .filter_map(|row| row.get(place).copied())
            .collect();
        let typical = match input.kind {
            Kind::Number { .. } => typical_number(&column),
            Kind::Category { .. } => typical_word(&column),
        };
        Tried { place, typical }
    });
    let mut tried: Vec<Tried> = typical.collect();
    if tried.len() > most {
        let few = rows.len().div_ceil(TRIED_ON).max(1);
        let rows: Vec<Vec<Value<'_>>> = rows.into_iter().step_by(few).collect();
        tried.sort_by_cached_key(|it| std::cmp::Reverse(ordered(effect(model, &rows, it))));
        tried.truncate(most);
    }
    tried
}

/// How far the log-odds move on average, whichever way, where an input becomes typical; nothing where
/// the model does not answer.
fn effect(model: &ForeignModel, rows: &[Vec<Value<'_>>], tried: &Tried) -> f64 {
    let other: Vec<Vec<Value<'_>>> = rows
        .iter()
        .map(|row| replaced(row, tried.place, tried.typical.value()))
        .collect();
    let (Ok(own), Ok(other)) = (model.probabilities(rows), model.probabilities(&other)) else {
        return 0.0;
    };
    let moved = own.iter().zip(&other);
    moved
        .map(|(one, other)| (log_odds(*one) - log_odds(*other)).abs())
        .sum()
}

/// A number at least zero, in an order.
fn ordered(number: f64) -> u64 {
    // Of numbers without a sign the bits are in the order of the numbers.
    number.max(0.0).to_bits()
}

fn typical_number(column: &[Value<'_>]) -> Typical {
    let mut known: Vec<f64> = column
        .iter()
        .filter_map(|value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
        .collect();
    if known.len() * 2 < column.len() {
        return Typical::Missing;
    }
    known.sort_by(f64::total_cmp);
    known
        .get(known.len() / 2)
        .map_or(Typical::Missing, |it| Typical::Number(*it))
}

fn typical_word(column: &[Value<'_>]) -> Typical {
    let mut counts: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for value in column {
        let word = match value {
            Value::Category(word) => Some(*word),
            _ => None,
        };
        *counts.entry(word).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    let word = most.and_then(|(word, _)| word);
    word.map_or(Typical::Missing, |word| Typical::Word(word.to_owned()))
}

/// Averages the figures of the foreign model in its lines and of ours in the others, as the version
/// in use has its own averaged, so that the two compare.
fn evaluation(set: &ForeignSet) -> Option<Evaluation> {
    let theirs = set.lines.values().map(|line| figures_of(&line.figures));
    let ours = set.ours.iter().flat_map(|ours| {
        let lines = ours.lines.iter();
        let others = lines.filter(|(name, _)| !set.lines.contains_key(*name));
        let pooled = ours.pooled.keys().any(|name| !set.lines.contains_key(name));
        let everybody = ours.everybody.iter().filter(move |_| pooled);
        let groups = others.map(|(_, group)| group).chain(everybody);
        groups.map(|group| figures_of(&group.model.evaluation().figures))
    });
    let groups: Vec<Vec<Figure>> = theirs.chain(ours).collect();
    average(&groups)
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a progress needs no more digits"
)]
fn share(done: usize, total: usize) -> f64 {
    done as f64 / total.max(1) as f64
}
