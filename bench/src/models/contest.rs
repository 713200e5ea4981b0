//! The same work done by us and by others, in turns, on the same customers.

mod ours;
mod ratios;
mod theirs;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use rekindle::failure::Failure;
use rekindle::output::Output;
use serde::Serialize;

use super::figure::Figure;
use super::population::Population;
use super::python::{Python, Versions};
use super::wanted::Wanted;
use crate::figures::median;
use ours::Ours;
use ratios::RATIOS;
use theirs::Theirs;

/// The horizon of the expected transactions, in weeks.
const HORIZON_WEEKS: f64 = 39.0;

/// A piece of work, by who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Work {
    /// P(alive) of everybody.
    OursAlive,
    /// P(alive) and expected transactions of everybody.
    OursScore,
    /// The same of every distinct customer.
    OursScoreDistinct,
    /// The same of everybody, on all threads.
    OursScoreParallel,
    /// Compressing everybody and fitting BG/NBD.
    OursFitBgnbd,
    /// The same on all threads.
    OursFitBgnbdParallel,
    /// Fitting Pareto/NBD to what is compressed.
    OursFitPnbd,
    /// P(alive) of everybody.
    NumpyAlive,
    /// P(alive) and expected transactions of everybody.
    NumpyScore,
    /// The same of every distinct customer.
    NumpyScoreDistinct,
    /// The same of everybody, with a table of the pairs of frequency and age.
    NumpyScoreTable,
    /// Compressing everybody and fitting BG/NBD.
    NumpyFitBgnbd,
    /// Fitting Pareto/NBD to what is compressed.
    NumpyFitPnbd,
    /// P(alive) of everybody.
    LifetimesAlive,
    /// Expected transactions of everybody.
    LifetimesExpected,
    /// Fitting BG/NBD, as the package does it.
    LifetimesFitBgnbd,
    /// Fitting BG/NBD to what is compressed, with weights.
    LifetimesFitDistinct,
}

impl Work {
    /// What it is called in the table.
    fn label(self) -> &'static str {
        match self {
            Self::OursAlive => "ours: P(alive)",
            Self::OursScore => "ours: P(alive) and E[Y]",
            Self::OursScoreDistinct => "ours: both, distinct rows",
            Self::OursScoreParallel => "ours: both, all threads",
            Self::OursFitBgnbd => "ours: compress, fit BG/NBD",
            Self::OursFitBgnbdParallel => "ours: fit so, all threads",
            Self::OursFitPnbd => "ours: fit Pareto/NBD",
            Self::NumpyAlive => "numpy: P(alive)",
            Self::NumpyScore => "numpy: P(alive) and E[Y]",
            Self::NumpyScoreDistinct => "numpy: both, distinct rows",
            Self::NumpyScoreTable => "numpy: both, by a table",
            Self::NumpyFitBgnbd => "numpy: compress, fit BG/NBD",
            Self::NumpyFitPnbd => "numpy: fit Pareto/NBD",
            Self::LifetimesAlive => "lifetimes: P(alive)",
            Self::LifetimesExpected => "lifetimes: E[Y]",
            Self::LifetimesFitBgnbd => "lifetimes: fit BG/NBD",
            Self::LifetimesFitDistinct => "lifetimes: fit, distinct rows",
        }
    }
}

/// How long work took, round by round, in seconds.
#[derive(Debug, Default)]
struct Seconds(BTreeMap<Work, Vec<f64>>);

impl Seconds {
    fn add(&mut self, work: Work, seconds: f64) {
        self.0.entry(work).or_default().push(seconds);
    }

    /// The rounds of several works after each other; none where one of them was not done.
    fn rounds(&self, works: &[Work]) -> Option<Vec<f64>> {
        let each: Option<Vec<&Vec<f64>>> = works.iter().map(|work| self.0.get(work)).collect();
        let each = each?;
        let shortest = each.iter().map(|rounds| rounds.len()).min()?;
        let sum = |round| each.iter().map(|rounds: &&Vec<f64>| rounds[round]).sum();
        Some((0..shortest).map(sum).collect())
    }
}

/// A line of the table.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    work: Work,
    /// What the table calls it.
    #[serde(skip)]
    pub(super) label: &'static str,
    /// The median of the rounds.
    pub(super) median_seconds: f64,
    /// All of them.
    pub(super) seconds: Vec<f64>,
}

/// What the contests came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) figures: Vec<Figure>,
    pub(super) lines: Vec<Line>,
    pub(super) setting: Setting,
}

/// On what and with what was worked.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Setting {
    pub(super) customers: usize,
    pub(super) distinct: usize,
    pub(super) rounds: u32,
    pub(super) threads: usize,
    /// Absent where there is no other side.
    pub(super) versions: Option<Versions>,
    /// How far the two sides differ, the largest relative difference of each comparison.
    pub(super) differences: BTreeMap<String, f64>,
}

/// How it is run.
#[derive(Debug)]
pub(super) struct Conditions {
    pub(super) rounds: u32,
    pub(super) threads: NonZeroUsize,
}

/// Whether a figure of a contest is asked for.
pub(super) fn is_wanted(wanted: &Wanted) -> bool {
    !ratios::needed(wanted).is_empty()
}

/// Runs the contests that the wanted figures need, in turns, `rounds` times.
pub(super) fn run(
    population: &Population,
    python: Option<Python>,
    conditions: &Conditions,
    wanted: &Wanted,
    output: Output,
) -> Result<Outcome, Failure> {
    let ours = Ours::prepare(population, conditions.threads)?;
    let mut theirs = python
        .map(|python| Theirs::prepare(python, population, &ours))
        .transpose()?;
    let needed = ratios::needed(wanted);
    let mut seconds = Seconds::default();
    for round in 1..=conditions.rounds {
        output.progress(format_args!("round {round} of {}", conditions.rounds));
        for work in &needed {
            let taken = match &mut theirs {
                _ if work.is_ours() => Some(ours.work(*work)?),
                Some(theirs) => Some(theirs.work(*work, &ours)?),
                None => None,
            };
            if let Some(taken) = taken {
                seconds.add(*work, taken);
            }
        }
    }
    let figures = RATIOS.iter().filter(|ratio| wanted.is(ratio.name));
    Ok(Outcome {
        figures: figures.filter_map(|ratio| ratio.figure(&seconds)).collect(),
        lines: lines(&seconds),
        setting: Setting {
            customers: population.customers.len(),
            distinct: ours.distinct(),
            rounds: conditions.rounds,
            threads: conditions.threads.get(),
            versions: theirs.as_ref().map(|theirs| theirs.versions.clone()),
            differences: theirs.map(|theirs| theirs.differences).unwrap_or_default(),
        },
    })
}

/// Every ratio, as if each piece of work had taken a second.
#[cfg(test)]
pub(super) fn as_if_measured(wanted: &Wanted) -> Vec<Figure> {
    let mut seconds = Seconds::default();
    for work in ratios::needed(wanted) {
        seconds.add(work, 1.0);
    }
    let figures = RATIOS.iter();
    figures.filter_map(|ratio| ratio.figure(&seconds)).collect()
}

fn lines(seconds: &Seconds) -> Vec<Line> {
    let each = seconds.0.iter();
    each.map(|(work, seconds)| Line {
        work: *work,
        label: work.label(),
        median_seconds: median(seconds.clone()),
        seconds: seconds.clone(),
    })
    .collect()
}
