//! How good models are that are fitted as [`super::fit::fit`] does, on customers that nothing in
//! the fit has seen.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::design::cell;
use super::evaluation::{Evaluation, Family, Figures};
use super::fit::EXPECTED_WORK;
use super::folds::Folds;
use super::frame::{Frame, Values};
use super::model::LeftOut;
use super::options::{FitOptions, OnProgress};
use super::preparation::Prepared;
use super::refusal::PropensityRefusal;
use super::schema::Cell;
use super::training::{Trained, evaluation};
use super::work::Work;
use crate::numeric::counting::real;

/// What came of a cross-validation.
#[derive(Clone, Debug)]
pub struct CrossValidation {
    /// The figures over all folds together. Those of the chosen family are those of the families
    /// that were chosen in each fold, without knowing the fold.
    pub evaluation: Evaluation,
    /// The folds, each with its figures.
    pub folds: Vec<FoldResult>,
    /// The log-odds of each row, by the family chosen without it.
    pub log_odds: Vec<f64>,
    /// The columns that were not used.
    pub left_out: Vec<LeftOut>,
}

/// What came of one fold.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldResult {
    /// The family that was chosen on the other folds.
    pub chosen: Family,
    /// Its figures on this one.
    pub figures: Figures,
}

/// One fold's rows, what each family says of them, and which was chosen.
struct Judged {
    rows: Vec<u32>,
    log_odds: Vec<[f64; 3]>,
    chosen: Family,
}

/// Fits on all folds but one and judges on that one, for each. Whatever a fit chooses (family,
/// penalty, size and number of trees, weights) it chooses without the fold it is judged on.
pub fn cross_validate(
    frame: &Frame,
    labels: &[bool],
    folds: &Folds,
    options: &FitOptions,
    on_progress: OnProgress<'_>,
) -> Result<CrossValidation, PropensityRefusal> {
    let prepared = Prepared::check(frame, labels, options.protected)?;
    if folds.of_rows().len() != labels.len() {
        return Err(PropensityRefusal::OtherLength {
            field: "folds",
            have: folds.of_rows().len(),
            need: labels.len(),
        });
    }
    folds.check(labels)?;
    let work = Work::new(on_progress, EXPECTED_WORK * real(folds.count()));
    let columns = prepared.values();
    let judged = judge_all(&columns, labels, folds, options, &work)?;
    let mut by_family = vec![vec![0.0; labels.len()]; Family::ALL.len()];
    let mut log_odds = vec![0.0; labels.len()];
    let mut results = Vec::new();
    for judged in judged {
        let chosen = judged.chosen.place();
        for (row, families) in judged.rows.iter().zip(&judged.log_odds) {
            let row = *row as usize;
            for (all, family) in by_family.iter_mut().zip(families) {
                all[row] = *family;
            }
            log_odds[row] = families[chosen];
        }
        results.push(judged.result(labels)?);
    }
    let mut evaluation = evaluation(&by_family, labels)?;
    evaluation.chosen = most_chosen(&results);
    evaluation.figures = Figures::of(&log_odds, labels).ok_or(PropensityRefusal::NotConverged)?;
    Ok(CrossValidation {
        evaluation,
        folds: results,
        log_odds,
        left_out: prepared.left_out,
    })
}

/// Judges every fold, on so many threads.
fn judge_all(
    columns: &[&Values],
    labels: &[bool],
    folds: &Folds,
    options: &FitOptions,
    work: &Work<'_>,
) -> Result<Vec<Judged>, PropensityRefusal> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<Judged, PropensityRefusal>)>> = Mutex::new(Vec::new());
    let take_folds = || {
        loop {
            let fold = next.fetch_add(1, Ordering::Relaxed);
            if fold >= folds.count() {
                return;
            }
            let judged = judge(columns, labels, folds, fold, options, work);
            if judged.is_err() {
                // Nobody needs the other folds.
                next.store(folds.count(), Ordering::Relaxed);
            }
            match results.lock() {
                Ok(mut results) => results.push((fold, judged)),
                Err(poisoned) => poisoned.into_inner().push((fold, judged)),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads.get().min(folds.count()) {
            scope.spawn(take_folds);
        }
        take_folds();
    });
    let mut results = match results.into_inner() {
        Ok(results) => results,
        Err(poisoned) => poisoned.into_inner(),
    };
    results.sort_by_key(|(fold, _)| *fold);
    results.into_iter().map(|(_, judged)| judged).collect()
}

fn judge(
    columns: &[&Values],
    labels: &[bool],
    folds: &Folds,
    fold: usize,
    options: &FitOptions,
    work: &Work<'_>,
) -> Result<Judged, PropensityRefusal> {
    let (train, test) = folds.split(fold);
    let some: Vec<Values> = columns
        .iter()
        .map(|values| values.of_rows(&train))
        .collect();
    let some: Vec<&Values> = some.iter().collect();
    let some_labels: Vec<bool> = train.iter().map(|row| labels[*row as usize]).collect();
    let trained = Trained::fit(&some, &some_labels, options.seed, false, work)?;
    let log_odds = test
        .iter()
        .map(|row| {
            let cells: Vec<Cell> = columns.iter().map(|values| cell(values, *row)).collect();
            trained.log_odds(&cells)
        })
        .collect();
    Ok(Judged {
        rows: test,
        log_odds,
        chosen: trained.evaluation.chosen,
    })
}

fn most_chosen(folds: &[FoldResult]) -> Family {
    let times = |family: &Family| folds.iter().filter(|fold| fold.chosen == *family).count();
    Family::ALL
        .into_iter()
        .max_by_key(times)
        .unwrap_or(Family::Blend)
}

impl Judged {
    fn result(&self, labels: &[bool]) -> Result<FoldResult, PropensityRefusal> {
        let chosen = self.chosen.place();
        let log_odds: Vec<f64> = self.log_odds.iter().map(|it| it[chosen]).collect();
        let labels: Vec<bool> = self.rows.iter().map(|row| labels[*row as usize]).collect();
        Ok(FoldResult {
            chosen: self.chosen,
            figures: Figures::of(&log_odds, &labels).ok_or(PropensityRefusal::NotConverged)?,
        })
    }
}
