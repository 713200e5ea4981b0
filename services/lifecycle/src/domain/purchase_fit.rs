//! Fits purchase models to the customers of each line, and rehearses them on the latest stretch: what
//! was known at its beginning is fitted, too, and its forecasts are compared with what came.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use statistics::numeric::optimise::OnIteration;
use statistics::numeric::standard_errors::standard_errors;
use statistics::purchases::beta_binomial::OccasionSummary;
use statistics::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use statistics::purchases::gamma_gamma::{GammaGamma, SpendBase, SpendSummary};
use statistics::purchases::hiatus::{HiatusRule, WatchedCustomer};
use statistics::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use statistics::purchases::purchase_base::PurchaseBase;
use statistics::purchases::purchase_model::{Effort, Fitted};
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};
use statistics::refusal::{FitFailure, InputRefusal};

use super::buyer::{Buyer, Spend};
use super::clock_days::day_number;
use super::comparison::Comparison;
use super::fit_refusal::FitRefusal;
use super::model::{Artifact, Candidate, SearchEnd};
use super::occasion_model::FittedOccasions;
use super::opportunities::Opportunities;
use super::purchase_drift;
use super::purchase_evaluation::{self, Rehearsed};
use super::purchase_model::{
    AnyPurchaseModel, EVERYBODY, FalseLost, FittedPurchases, PurchaseFamily, PurchaseGroup,
    PurchaseSet, SpendModel,
};
use super::standard_errors::StandardErrors;
use super::ticket::{Share, Ticket};

/// The most customers of all lines together that are learnt from: some 130 MB. Of more, the line with
/// most is halved, by tickets.
const MOST_CUSTOMERS: usize = 1_000_000;
/// What versions are compared by: the squared error of the purchases in the stretch that is rehearsed.
const COMPARED: &str = "held_out_mean_square_error";
/// The longest stretch that is rehearsed, in days.
const LONGEST_STRETCH: i32 = 364;

/// What a line's observation spans, and when its silent customers are called lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineSpan {
    /// The first day with a purchase, counted from 1970-01-01.
    pub first_day: i32,
    /// The last day that was observed.
    pub last_day: i32,
    /// The silence after which somebody is called lost.
    pub lost_after_days: u32,
    /// How many days lie between two opportunities to buy, where there are such.
    pub opportunity_days: Option<u32>,
}

impl LineSpan {
    /// Spans from a first day to the end of the observation.
    pub fn until(first_day: i32, observation_end: Timestamp, lost_after_days: u32) -> Self {
        Self {
            first_day,
            last_day: day_number(observation_end),
            lost_after_days,
            opportunity_days: None,
        }
    }

    /// The same, of customers who buy at opportunities.
    #[must_use]
    pub fn with_opportunities(self, opportunity_days: Option<u32>) -> Self {
        Self {
            opportunity_days,
            ..self
        }
    }

    /// Returns the day at whose end the rehearsal begins: in the middle, or a year before the end.
    pub fn split_day(&self) -> i32 {
        let half = self.last_day.saturating_sub(self.first_day) / 2;
        self.last_day.saturating_sub(half.min(LONGEST_STRETCH))
    }

    fn stretch_days(&self) -> u32 {
        u32::try_from(self.last_day - self.split_day()).unwrap_or(0)
    }

    /// Returns how long the stretch is that is rehearsed, in weeks.
    pub fn stretch_weeks(&self) -> f64 {
        f64::from(self.stretch_days()) / DAYS_PER_WEEK
    }
}

/// One customer of a line.
#[derive(Clone, Copy, Debug)]
struct Row {
    ticket: Ticket,
    all: PurchaseSummary,
    /// What was known at the split, and how often they bought since.
    before: Option<(PurchaseSummary, u32)>,
    spend: Option<Spend>,
    occasions: Option<OccasionRow>,
}

/// The same at opportunities.
#[derive(Clone, Copy, Debug)]
struct OccasionRow {
    all: OccasionSummary,
    before: Option<OccasionSummary>,
    /// How many opportunities there were since the split, and how many of these were used.
    since: (u32, u32),
}

impl OccasionRow {
    fn of(span: LineSpan, buyer: &Buyer<'_>) -> Result<Option<Self>, InputRefusal> {
        let Some(days_apart) = span.opportunity_days else {
            return Ok(None);
        };
        let opportunities = Opportunities::of(buyer, days_apart);
        let Some(all) = opportunities.over(span.last_day)? else {
            return Ok(None);
        };
        let split = span.split_day();
        let (then, now) = (
            opportunities.over_at(split),
            opportunities.over_at(span.last_day),
        );
        Ok(Some(Self {
            all,
            before: opportunities.over(split)?,
            since: (now - then, opportunities.used_between(then, now)),
        }))
    }
}

/// The customers of a line.
#[derive(Clone, Debug)]
struct LineSample {
    span: LineSpan,
    rows: Vec<Row>,
    share: Share,
}

impl LineSample {
    fn halve(&mut self) {
        self.share.halvings += 1;
        let halvings = self.share.halvings;
        self.rows.retain(|row| row.ticket.is_drawn(halvings));
    }
}

/// What purchase models are fitted on.
#[derive(Clone, Debug)]
pub struct PurchaseSample {
    lines: BTreeMap<String, LineSample>,
    most_customers: usize,
    customers: usize,
    in_use: Option<(u64, PurchaseSet)>,
}

impl Default for PurchaseSample {
    fn default() -> Self {
        Self::of_at_most(MOST_CUSTOMERS)
    }
}

impl PurchaseSample {
    /// Holds so many customers of all lines together, and of more a share.
    pub const fn of_at_most(most_customers: usize) -> Self {
        Self {
            lines: BTreeMap::new(),
            most_customers,
            customers: 0,
            in_use: None,
        }
    }

    /// Lets the fit be compared with the version in use.
    pub fn compare_with(&mut self, version: u64, set: PurchaseSet) {
        self.in_use = Some((version, set));
    }

    /// Adds a customer of a line.
    pub fn add(
        &mut self,
        ticket: Ticket,
        business_line: &str,
        span: LineSpan,
        buyer: &Buyer<'_>,
    ) -> Result<(), InputRefusal> {
        let Some(all) = buyer.until(span.last_day)? else {
            return Ok(());
        };
        let split = span.split_day();
        let before = buyer.until(split)?;
        let later = buyer.bought_between(split, span.last_day);
        let row = Row {
            ticket,
            all,
            before: before.map(|before| (before, later)),
            spend: buyer.spend()?,
            // Who has had too many opportunities to count is no reason to fit nobody.
            occasions: OccasionRow::of(span, buyer).ok().flatten(),
        };
        if !self.lines.contains_key(business_line) {
            let sample = LineSample {
                span,
                rows: Vec::new(),
                share: Share::default(),
            };
            self.lines.insert(business_line.to_owned(), sample);
        }
        if let Some(line) = self.lines.get_mut(business_line) {
            line.share.seen += 1;
            if ticket.is_drawn(line.share.halvings) {
                line.rows.push(row);
                self.customers += 1;
            }
        }
        while self.customers > self.most_customers {
            self.halve_largest();
        }
        Ok(())
    }

    fn halve_largest(&mut self) {
        let lines = self.lines.values_mut();
        if let Some(largest) = lines.max_by_key(|line| line.rows.len()) {
            largest.halve();
        }
        self.customers = self.lines.values().map(|line| line.rows.len()).sum();
    }

    /// Returns the share that every line can be brought down to, for everybody together.
    fn common_share(&self) -> Share {
        let shares = || self.lines.values().map(|line| line.share);
        Share {
            seen: shares().map(|share| share.seen).sum(),
            halvings: shares().map(|share| share.halvings).max().unwrap_or(0),
        }
    }

    /// Returns the customers of every line, of each the same share.
    fn everybody(&self) -> impl Iterator<Item = &Row> {
        let halvings = self.common_share().halvings;
        let rows = self.lines.values().flat_map(|line| &line.rows);
        rows.filter(move |row| row.ticket.is_drawn(halvings))
    }

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
            .unwrap_or_else(|| purchase_evaluation::in_sample(&set));
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
    ) -> Option<super::model::Evaluation> {
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
        purchase_evaluation::rehearsed(&rehearsed)
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
        inputs: purchase_drift::bins(&summaries),
    }
}

fn fit_group(
    rows: &[&Row],
    family: PurchaseFamily,
    on_iteration: OnIteration<'_>,
) -> Result<FittedPurchases, FitFailure> {
    let summaries: Vec<PurchaseSummary> = rows.iter().map(|row| row.all).collect();
    let (fitted, errors) = fit_model(&summaries, family, on_iteration)?;
    let spend = fit_spend(rows, on_iteration);
    Ok(FittedPurchases {
        model: fitted.model,
        log_likelihood: fitted.log_likelihood,
        standard_errors: errors,
        search: SearchEnd::of(fitted.convergence),
        no_spend_because: spend.as_ref().err().map(FitFailure::to_string),
        spend: spend.ok(),
    })
}

type FittedModel = (Fitted<AnyPurchaseModel>, Option<[f64; 4]>);

fn fit_model(
    summaries: &[PurchaseSummary],
    family: PurchaseFamily,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let base = PurchaseBase::of(summaries)?;
    match family {
        PurchaseFamily::MbgNbd => fit_beta_geometric(&base, DropOut::AfterEvery, on_iteration),
        PurchaseFamily::BgNbd => fit_beta_geometric(&base, DropOut::AfterRepeats, on_iteration),
        PurchaseFamily::ParetoNbd => fit_pareto(&base, on_iteration),
    }
}

fn fit_beta_geometric(
    base: &PurchaseBase,
    drop_out: DropOut,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let fitted = BetaGeometric::fit_watched(base, drop_out, Effort::default(), on_iteration)?;
    let any = fitted_as(&fitted, AnyPurchaseModel::BetaGeometric(fitted.model));
    let (_, parameters) = any.model.parameters();
    let errors = standard_errors(parameters, |[r, alpha, a, b]| {
        let parameters = BetaGeometricParameters {
            r,
            alpha,
            a,
            b,
            drop_out,
        };
        let model = BetaGeometric::try_from(parameters).ok()?;
        Some(model.log_likelihood(base, Effort::default()).gradient)
    });
    Ok((any, errors))
}

fn fit_pareto(
    base: &PurchaseBase,
    on_iteration: OnIteration<'_>,
) -> Result<FittedModel, FitFailure> {
    let fitted = ParetoNbd::fit_watched(base, Effort::default(), on_iteration)?;
    let any = fitted_as(&fitted, AnyPurchaseModel::ParetoNbd(fitted.model));
    let (_, parameters) = any.model.parameters();
    let errors = standard_errors(parameters, |[r, alpha, s, beta]| {
        let parameters = ParetoNbdParameters { r, alpha, s, beta };
        let model = ParetoNbd::try_from(parameters).ok()?;
        Some(model.log_likelihood(base, Effort::default()).gradient)
    });
    Ok((any, errors))
}

fn fitted_as<M>(fitted: &Fitted<M>, model: AnyPurchaseModel) -> Fitted<AnyPurchaseModel> {
    Fitted {
        model,
        log_likelihood: fitted.log_likelihood,
        rows: fitted.rows,
        convergence: fitted.convergence,
    }
}

/// Fits what customers spend, in the currency that most of them spend.
fn fit_spend(rows: &[&Row], on_iteration: OnIteration<'_>) -> Result<SpendModel, FitFailure> {
    let mut currencies: BTreeMap<&str, Vec<SpendSummary>> = BTreeMap::new();
    for spend in rows.iter().filter_map(|row| row.spend.as_ref()) {
        let code = spend.currency.code();
        currencies.entry(code).or_default().push(spend.summary);
    }
    let most = currencies
        .into_iter()
        .max_by_key(|(_, spends)| spends.len());
    let (currency, spends) = most.unwrap_or_default();
    let base = SpendBase::of(&spends)?;
    let fitted = GammaGamma::fit_watched(&base, on_iteration)?;
    Ok(SpendModel {
        model: fitted.model,
        currency: currency.to_owned(),
        standard_errors: StandardErrors::of(fitted.model.standard_errors(&base).map(Vec::from)),
        correlation: base.correlation(),
        log_likelihood: fitted.log_likelihood,
    })
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
#[path = "purchase_fit_tests.rs"]
mod tests;
