//! Fits purchase models to the customers of each line, and rehearses them on the latest stretch: what
//! was known at its beginning is fitted, too, and its forecasts are compared with what came.

use std::collections::BTreeMap;

use statistics::purchases::beta_binomial::OccasionSummary;
use statistics::purchases::hiatus::{HiatusRule, WatchedCustomer};
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};
use statistics::refusal::FitFailure;

use super::drift;
use super::evaluation::{self, Rehearsed};
use super::model::{
    AnyPurchaseModel, EVERYBODY, FalseLost, FittedPurchases, PurchaseFamily, PurchaseGroup,
    PurchaseSet,
};
use super::occasions::FittedOccasions;
use super::sample::{LineSample, OccasionRow, PurchaseSample, Row};
use super::search::{fit_group, fit_model};
use crate::domain::model::comparison::Comparison;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::report::Evaluation;
use crate::domain::model::ticket::Share;
use crate::domain::model::{Artifact, Candidate};

/// What versions are compared by: the squared error of the purchases in the stretch that is rehearsed.
const COMPARED: &str = "held_out_mean_square_error";

impl PurchaseSample {
    /// Fits the models, and rehearses.
    pub fn fit(
        self,
        family: PurchaseFamily,
        mut tell: impl FnMut(&str, u32),
    ) -> Result<Candidate, FitRefusal> {
        let all: Vec<&Row> = self.everybody().collect();
        tell(EVERYBODY, 0);
        let everybody = fit_group(&all, family, &mut |steps| tell(EVERYBODY, steps));
        let last_day = self.lines.values().map(|line| line.span.last_day).max();
        let mut lines = BTreeMap::new();
        for (name, line) in &self.lines {
            tell(name, 0);
            let rows: Vec<&Row> = line.rows.iter().collect();
            // A single line is everybody.
            let fitted = if self.lines.len() == 1 {
                everybody.clone()
            } else {
                fit_group(&rows, family, &mut |steps| tell(name, steps))
            };
            let false_lost = false_lost(line);
            let mut group = group(&rows, line.share, line.span.last_day, fitted, false_lost);
            match line.fit_occasions(|row| Some(row.all)) {
                None => {}
                Some(Ok(occasions)) => {
                    tell(name, occasions.search.iterations);
                    group.occasions = Some(occasions);
                }
                Some(Err(failure)) => group.no_occasions_because = Some(failure.to_string()),
            }
            lines.insert(name.clone(), group);
        }
        let is_fitted = |line: &PurchaseGroup| line.fitted.is_some() || line.occasions.is_some();
        let is_any = lines.values().any(is_fitted);
        if let (false, Err(failure)) = (is_any, &everybody) {
            return Err(FitRefusal::of_group(EVERYBODY, *failure));
        }
        let share = self.common_share();
        let everybody = group(&all, share, last_day.unwrap_or(0), everybody, None);
        let (sample_size, event_count) = (everybody.customers, everybody.repeaters);
        let set = PurchaseSet { lines, everybody };
        let mut evaluation = self
            .rehearse(family, &mut tell)
            .unwrap_or_else(|| evaluation::in_sample(&set));
        evaluation.comparison = self.compare(family, &mut tell);
        Ok(Candidate {
            artifact: Artifact::Purchase(Box::new(set)),
            sample_size,
            event_count,
            evaluation: Some(evaluation),
        })
    }

    /// Fits what was known at the split of each line, and compares with what came. `None` where there
    /// was too little, or nothing came.
    fn rehearse(
        &self,
        family: PurchaseFamily,
        tell: &mut impl FnMut(&str, u32),
    ) -> Option<Evaluation> {
        let before = |row: &Row| row.before.map(|(summary, _)| summary);
        let known = |line: &LineSample| -> Vec<PurchaseSummary> {
            line.rows.iter().filter_map(before).collect()
        };
        let everybody: Vec<PurchaseSummary> = self.everybody().filter_map(before).collect();
        let pooled = fit_model(&everybody, family, &mut |steps| tell(EVERYBODY, steps)).ok();
        let mut rehearsed = Vec::new();
        for (name, line) in &self.lines {
            if let Some(Ok(occasions)) = line.fit_occasions(|row| row.before) {
                rehearsed.extend(line.rehearse_occasions(&occasions));
                continue;
            }
            let own = fit_model(&known(line), family, &mut |steps| tell(name, steps)).ok();
            let (model, _) = own.as_ref().or(pooled.as_ref())?;
            let weeks = line.span.stretch_weeks();
            for (summary, bought) in line.rows.iter().filter_map(|row| row.before) {
                rehearsed.extend(Rehearsed::of(&model.model, &summary, bought, weeks));
            }
        }
        evaluation::rehearsed(&rehearsed)
    }

    /// Fits nine tenths of the customers, and compares the forecasts for the others with those of the
    /// version in use. That one has seen them, at its own fit; with a handful of parameters this is
    /// worth less than what the comparison tolerates.
    fn compare(
        &self,
        family: PurchaseFamily,
        tell: &mut impl FnMut(&str, u32),
    ) -> Option<Comparison> {
        let (version, in_use) = self.in_use.as_ref()?;
        let mut lines = self.lines.values();
        // Where opportunities tell, this says nothing of them: the figures of the whole then decide.
        if lines.any(|line| line.span.opportunity_days.is_some()) {
            return None;
        }
        let learnt = |row: &&Row| !row.ticket.is_held_out();
        let everybody: Vec<PurchaseSummary> =
            self.everybody().filter(learnt).map(|row| row.all).collect();
        let pooled = fit_model(&everybody, family, &mut |steps| tell(EVERYBODY, steps)).ok();
        let mut losses = Vec::new();
        for (name, line) in &self.lines {
            let known = line.rows.iter().filter(learnt).map(|row| row.all);
            let known: Vec<PurchaseSummary> = known.collect();
            let own = fit_model(&known, family, &mut |steps| tell(name, steps)).ok();
            let ours = own.as_ref().or(pooled.as_ref());
            let (Some((ours, _)), Some(theirs)) = (ours, in_use.fitted(name)) else {
                continue;
            };
            let weeks = line.span.stretch_weeks();
            let held_out = line.rows.iter().filter(|row| row.ticket.is_held_out());
            for (summary, bought) in held_out.filter_map(|row| row.before) {
                let loss = |model: &AnyPurchaseModel| {
                    Some(Rehearsed::of(model, &summary, bought, weeks)?.square_error())
                };
                losses.extend(loss(&ours.model).zip(loss(&theirs.model)));
            }
        }
        Comparison::of(*version, COMPARED, &losses)
    }
}

impl LineSample {
    /// Fits what is known of the opportunities of each customer; `None` where there are no such.
    fn fit_occasions(
        &self,
        known: impl Fn(&OccasionRow) -> Option<OccasionSummary>,
    ) -> Option<Result<FittedOccasions, FitFailure>> {
        let days_apart = self.span.opportunity_days?;
        let rows = self.rows.iter().filter_map(|row| row.occasions);
        let customers = rows.filter_map(|row| known(&row));
        Some(FittedOccasions::fit(customers, days_apart))
    }

    fn rehearse_occasions(&self, fitted: &FittedOccasions) -> Vec<Rehearsed> {
        let rows = self.rows.iter().filter_map(|row| row.occasions);
        let rehearsed = rows.filter_map(|row| {
            let (ahead, used) = row.since;
            Some(Rehearsed::at_occasions(
                &fitted.model,
                &row.before?,
                ahead,
                used,
            ))
        });
        rehearsed.collect()
    }
}

fn group(
    rows: &[&Row],
    share: Share,
    last_day: i32,
    fitted: Result<FittedPurchases, FitFailure>,
    false_lost: Option<FalseLost>,
) -> PurchaseGroup {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let summaries: Vec<PurchaseSummary> = rows.iter().map(|row| row.all).collect();
    let repeaters = rows.iter().filter(|row| row.all.frequency() > 0);
    PurchaseGroup {
        customers: count(rows.len()),
        seen: share.seen,
        one_in: share.one_in(),
        repeaters: count(repeaters.count()),
        last_day,
        pooled_because: fitted.as_ref().err().map(FitFailure::to_string),
        fitted: fitted.ok(),
        false_lost,
        occasions: None,
        no_occasions_because: None,
        inputs: drift::bins(&summaries),
    }
}

/// Counts what the line's rule of silence would have cost in the stretch.
fn false_lost(line: &LineSample) -> Option<FalseLost> {
    let silence = f64::from(line.span.lost_after_days) / DAYS_PER_WEEK;
    let rule = HiatusRule::new(silence).ok()?;
    let before = line.rows.iter().filter_map(|row| row.before);
    let watched: Vec<WatchedCustomer> = before
        .map(|(customer, bought)| WatchedCustomer {
            customer,
            returned: bought > 0,
        })
        .collect();
    let report = rule.measure(&watched);
    (report.called_lost.count > 0).then(|| FalseLost {
        silence_days: line.span.lost_after_days,
        watched_days: line.span.stretch_days(),
        called_lost: report.came_back.of,
        came_back: report.came_back.count,
    })
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
