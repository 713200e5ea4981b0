//! The other side, and the proof that it does the same work.
//!
//! A ratio of different work is worthless: every customer's scores and every fit's likelihood must
//! agree with ours, or the run fails.

use std::collections::BTreeMap;
use std::path::Path;

use rekindle::failure::Failure;
use statistics::purchases::purchase_model::PurchaseScore;

use super::ours::Ours;
use super::{HORIZON_WEEKS, Work};
use crate::models::population::Population;
use crate::models::python::{Python, Question, Versions};

/// The largest relative difference between two sides that do the same work.
const AGREEMENT: f64 = 1e-6;

/// The other side.
#[derive(Debug)]
pub(super) struct Theirs {
    python: Python,
    pub(super) versions: Versions,
    /// The largest relative differences that were seen.
    pub(super) differences: BTreeMap<String, f64>,
}

impl Work {
    /// What the script calls it.
    fn question(self) -> Option<&'static str> {
        match self {
            Self::NumpyAlive => Some("alive_numpy"),
            Self::NumpyScore => Some("score_numpy"),
            Self::NumpyScoreDistinct => Some("score_distinct_numpy"),
            Self::NumpyScoreTable => Some("score_table_numpy"),
            Self::NumpyFitBgnbd => Some("fit_bgnbd_numpy"),
            Self::NumpyFitPnbd => Some("fit_pnbd_numpy"),
            Self::LifetimesAlive => Some("alive_lifetimes"),
            Self::LifetimesExpected => Some("expected_lifetimes"),
            Self::LifetimesFitBgnbd => Some("fit_bgnbd_lifetimes"),
            Self::LifetimesFitDistinct => Some("fit_bgnbd_lifetimes_distinct"),
            _ => None,
        }
    }

    /// The likelihood that a fit must reach.
    fn log_likelihood(self, ours: &Ours<'_>) -> Option<f64> {
        match self {
            Self::NumpyFitBgnbd | Self::LifetimesFitBgnbd | Self::LifetimesFitDistinct => {
                Some(ours.bgnbd.log_likelihood)
            }
            Self::NumpyFitPnbd => Some(ours.pnbd.log_likelihood),
            _ => None,
        }
    }
}

impl Theirs {
    /// Compares every customer's scores, which also warms both sides up.
    pub(super) fn prepare(
        mut python: Python,
        population: &Population,
        ours: &Ours<'_>,
    ) -> Result<Self, Failure> {
        let versions = python.versions()?;
        if versions.distinct != ours.distinct() {
            let (ours, theirs) = (ours.distinct(), versions.distinct);
            let message = format!("we count {ours} distinct customers, the others {theirs}");
            return Err(Failure::failed(message));
        }
        let mut theirs = Self {
            python,
            versions,
            differences: BTreeMap::new(),
        };
        let scores = ours.scores();
        for (work, kinds) in [
            (Work::NumpyAlive, &["alive"][..]),
            (Work::NumpyScore, &["alive", "expected"]),
            (Work::NumpyScoreTable, &["alive", "expected"]),
            (Work::LifetimesAlive, &["alive"]),
            (Work::LifetimesExpected, &["expected"]),
        ] {
            theirs.compare(work, kinds, population, ours, &scores)?;
        }
        let kinds = ["alive", "expected"];
        let scores = ours.distinct_scores();
        theirs.compare(Work::NumpyScoreDistinct, &kinds, population, ours, &scores)?;
        Ok(theirs)
    }

    /// Has work done, and returns the seconds it took.
    pub(super) fn work(&mut self, work: Work, ours: &Ours<'_>) -> Result<f64, Failure> {
        let answer = self.python.ask(&question(work, ours, BTreeMap::new())?)?;
        if let Some(ours) = work.log_likelihood(ours) {
            let theirs = answer.log_likelihood.unwrap_or(f64::NAN);
            self.agree(format!("{}, likelihood", work.label()), &[ours], &[theirs])?;
        }
        Ok(answer.seconds)
    }

    fn compare(
        &mut self,
        work: Work,
        kinds: &[&'static str],
        population: &Population,
        ours: &Ours<'_>,
        scores: &[PurchaseScore],
    ) -> Result<(), Failure> {
        let files = kinds.iter().map(|kind| (*kind, population.file(kind)));
        let files: BTreeMap<_, _> = files.collect();
        self.python.ask(&question(work, ours, files.clone())?)?;
        for (kind, file) in files {
            let value = |score: &PurchaseScore| match kind {
                "alive" => score.probability_alive,
                _ => score.expected_transactions,
            };
            let ours: Vec<f64> = scores.iter().map(value).collect();
            let name = format!("{}, {kind}", work.label());
            self.agree(name, &ours, &numbers(&file)?)?;
        }
        Ok(())
    }

    fn agree(&mut self, name: String, ours: &[f64], theirs: &[f64]) -> Result<(), Failure> {
        let difference = largest_difference(ours, theirs);
        if difference.is_nan() || difference > AGREEMENT {
            let message = format!("{name}: the sides differ by {difference:.1e}, relative");
            return Err(Failure::failed(message).advice("a ratio of different work is worthless"));
        }
        let seen = self.differences.entry(name).or_insert(0.0);
        *seen = seen.max(difference);
        Ok(())
    }
}

fn question<'a>(
    work: Work,
    ours: &'a Ours<'_>,
    save: BTreeMap<&'static str, std::path::PathBuf>,
) -> Result<Question<'a>, Failure> {
    let ask = work.question();
    Ok(Question {
        ask: ask.ok_or_else(|| Failure::failed(format!("{work:?} is not theirs")))?,
        parameters: Some(ours.bgnbd.model.parameters()),
        horizon: HORIZON_WEEKS,
        save,
    })
}

fn numbers(path: &Path) -> Result<Vec<f64>, Failure> {
    let bytes = std::fs::read(path)
        .map_err(|error| Failure::failed(format!("{} is not read: {error}", path.display())))?;
    let (numbers, _) = bytes.as_chunks::<8>();
    Ok(numbers
        .iter()
        .map(|number| f64::from_le_bytes(*number))
        .collect())
}

/// The largest relative difference; `NaN` where the lengths differ or a number is none.
fn largest_difference(ours: &[f64], theirs: &[f64]) -> f64 {
    if ours.len() != theirs.len() {
        return f64::NAN;
    }
    ours.iter()
        .zip(theirs)
        .fold(0.0, |largest: f64, (ours, theirs)| {
            let difference = (ours - theirs).abs() / ours.abs().max(f64::MIN_POSITIVE);
            if difference.is_nan() || largest.is_nan() {
                f64::NAN
            } else {
                largest.max(difference)
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_work_is_seen() {
        assert!((largest_difference(&[2.0, 4.0], &[2.0, 5.0]) - 0.25).abs() < 1e-15);
        assert!(largest_difference(&[2.0, 4.0], &[f64::NAN, 4.0]).is_nan());
        assert!(largest_difference(&[2.0], &[2.0, 4.0]).is_nan());
        assert!(largest_difference(&[0.0, 1.0], &[0.0, 1.0]).abs() < 1e-15);
    }
}
