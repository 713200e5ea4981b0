//! What the customers together come to: who was won, who left, who came back, how long they stay and
//! what they are worth. One pass over the facts of all of them.
//!
//! Shares of a relationship are of relationships, not of customers: who left twice left twice. Whoever
//! lives on elsewhere, by a move or a merger, did not leave; nothing is counted of what comes after.

use std::collections::BTreeMap;

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use statistics::purchases::hiatus::Share;
use statistics::tenures::curve::{Curve, Estimate, Period};
use statistics::tenures::retention::restricted_mean_lifetime;

use super::months::{MAX_MONTHS, Window, months_after, months_between, whole_months};
use super::parity::{Parity, ParityTotal};
use super::spells::{Leaving, Spell, spells};
use crate::domain::clock_days::days_since;
use crate::domain::facts::{ActivityKind, CustomerFacts};
use crate::domain::rules::RuleSet;

/// How many cohorts are told apart, the latest.
pub const MAX_COHORTS: usize = 24;

/// How many months after an ending a return is looked for.
const REGAIN_MONTHS: [u32; 2] = [3, 12];

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsQuestion {
    /// Only customers with a subscription of this line; all when empty.
    pub business_line: String,
    /// The time that counts of who came and left are about.
    pub window: Window,
    /// Now.
    pub as_of: Timestamp,
}

/// Who came and who left in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Who was there when it began.
    pub live_at_start: u32,
    /// Who was there when it ended.
    pub live_at_end: u32,
    /// Who came for the first time.
    pub won: u32,
    /// Who came back.
    pub returned: u32,
    /// Who wanted to leave.
    pub left_voluntarily: u32,
    /// Whose payment failed, or whom the provider ended.
    pub left_involuntarily: u32,
    /// Whose life changed.
    pub left_structurally: u32,
    /// Who died.
    pub died: u32,
    /// Who was lost by silence.
    pub fell_silent: u32,
    /// Who left in their early days.
    pub left_early: u32,
}

impl Flow {
    /// Everybody who left.
    pub const fn left(&self) -> u32 {
        self.left_voluntarily
            + self.left_involuntarily
            + self.left_structurally
            + self.died
            + self.fell_silent
    }

    /// Those who left, of those who were there when the time began.
    pub fn gross_churn(&self) -> f64 {
        f64::from(self.left()) / f64::from(self.live_at_start.max(1))
    }

    /// The same without as many as came back.
    pub fn net_churn(&self) -> f64 {
        let net = f64::from(self.left()) - f64::from(self.returned);
        net / f64::from(self.live_at_start.max(1))
    }

    fn leave(&mut self, leaving: Leaving, is_early: bool) {
        match leaving {
            Leaving::Voluntary => self.left_voluntarily += 1,
            Leaving::Involuntary => self.left_involuntarily += 1,
            Leaving::Structural => self.left_structurally += 1,
            Leaving::Death => self.died += 1,
            Leaving::Silent => self.fell_silent += 1,
        }
        self.left_early += u32::from(is_early);
    }
}

/// Those who came in one month, and how many of them are still there by months since.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// The first instant of the month.
    pub month: Timestamp,
    /// How many came.
    pub customer_count: u32,
    /// The share that was there after so many whole months, from one on, as far as all were watched.
    pub retained: Vec<f64>,
}

/// What a relationship of one kind is worth, in one currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifetimeValue {
    /// The mean margin of a month, over everybody with a price or purchases.
    pub monthly_margin: Money,
    /// How many months one lasts on average, out of the first `horizon_months`.
    pub expected_months: f64,
    /// Margin times months.
    pub value: Money,
    /// How many relationships the margin is of.
    pub count: u32,
}

/// Value in one currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values {
    /// Of first relationships.
    pub first: Option<LifetimeValue>,
    /// Of those of customers who came back, reckoned apart.
    pub later: Option<LifetimeValue>,
}

/// What the customers together come to.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioMetrics {
    /// How many customers were looked at.
    pub customer_count: u32,
    /// How many have facts that cannot be read.
    pub unreadable_count: u32,
    /// Who came and left in the window.
    pub flow: Flow,
    /// The same by month, the first first.
    pub months: Vec<(Window, Flow)>,
    /// Months that customers were there in the window.
    pub customer_months: f64,
    /// Of those who left so many months ago or longer: who came back within as many.
    pub regained: Vec<(u32, Share)>,
    /// Of those who left again: who left for the same category of reason as before.
    pub same_reason: Share,
    /// Of all customers: who referred somebody.
    pub referred: Share,
    /// How many first relationships lasted, by month.
    pub first_survival: Vec<Estimate>,
    /// How many later ones lasted, by month.
    pub later_survival: Vec<Estimate>,
    /// Those who came, by month, the latest last.
    pub cohorts: Vec<Cohort>,
    /// Lifetime value by currency.
    pub values: BTreeMap<String, Values>,
    /// How many months lifetime value reaches.
    pub horizon_months: u32,
    /// Long-standing customers who pay more than new ones for the same.
    pub parity: Vec<ParityTotal>,
}

/// Tenures counted into a life table.
#[derive(Debug, Default)]
struct Tenures(Vec<Period>);

impl Tenures {
    /// Counts one of so many whole months that ended, or was watched for so long. What ended before
    /// one month was over ended in it.
    fn count(&mut self, months: u32, ended: bool) {
        let last = usize::try_from(months.min(12 * MAX_MONTHS)).unwrap_or(usize::MAX);
        if self.0.len() <= last {
            self.0.resize(last + 1, Period::default());
        }
        for period in &mut self.0[..last] {
            period.at_risk += 1;
        }
        // Whoever is still there within a month was not watched to its end.
        if ended {
            self.0[last].at_risk += 1;
            self.0[last].ended += 1;
        }
    }

    fn curve(&self) -> Curve {
        Curve::new(self.0.clone())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Margins {
    sum: f64,
    count: u32,
}

/// Those who came in one month: whose months since are known, and who was there after each.
#[derive(Debug, Default)]
struct CohortCount {
    customer_count: u32,
    stayed: Vec<u32>,
}

/// Adds customers up, one by one.
#[derive(Debug)]
pub struct Counting<'a> {
    question: MetricsQuestion,
    rules: &'a RuleSet,
    months: Vec<(Window, Flow)>,
    flow: Flow,
    customer_months: f64,
    customer_count: u32,
    regained: Vec<(u32, Share)>,
    same_reason: Share,
    referrers: u32,
    tenures: [Tenures; 2],
    margins: BTreeMap<Currency, [Margins; 2]>,
    cohorts: BTreeMap<Timestamp, CohortCount>,
    parity: Parity,
}

impl<'a> Counting<'a> {
    /// Begins with nobody.
    pub fn new(question: MetricsQuestion, rules: &'a RuleSet) -> Self {
        let months = question.window.months();
        let none = Share { count: 0, of: 0 };
        Self {
            months: months.into_iter().map(|it| (it, Flow::default())).collect(),
            flow: Flow::default(),
            customer_months: 0.0,
            customer_count: 0,
            regained: REGAIN_MONTHS.map(|months| (months, none)).to_vec(),
            same_reason: none,
            referrers: 0,
            tenures: Default::default(),
            margins: BTreeMap::new(),
            cohorts: BTreeMap::new(),
            parity: Parity::default(),
            question,
            rules,
        }
    }

    /// Adds a customer.
    pub fn add(&mut self, facts: &CustomerFacts) {
        let line = self.question.business_line.as_str();
        let mut lines = facts.subscriptions.iter().map(|it| &it.business_line);
        if !line.is_empty() && !lines.any(|it| it == line) {
            return;
        }
        let spells = spells(facts, self.rules, self.question.as_of);
        if spells.is_empty() {
            return;
        }
        self.parity
            .add(facts, line, self.rules, self.question.as_of);
        self.customer_count += 1;
        let referrals = facts.activity(ActivityKind::Referral);
        self.referrers += u32::from(referrals.is_some_and(|it| it.count > 0));
        self.add_flows(facts, &spells);
        self.add_returns(&spells);
        self.add_tenures(&spells);
        self.add_margins(facts, &spells);
        self.add_to_cohort(&spells);
    }

    fn add_flows(&mut self, facts: &CustomerFacts, spells: &[Spell]) {
        let first_line = facts.subscriptions.first();
        let rules = self
            .rules
            .of_line(first_line.map_or("", |it| it.business_line.as_str()));
        let window = self.question.window;
        count_flow(&mut self.flow, window, spells, rules.early_days);
        for (month, flow) in &mut self.months {
            count_flow(flow, *month, spells, rules.early_days);
        }
        let ends = spells.iter().map(|spell| {
            let end = spell.end.as_ref().map_or(window.until, |end| end.time);
            months_between(spell.start.max(window.from), end.min(window.until))
        });
        self.customer_months += ends.sum::<f64>();
    }

    fn add_returns(&mut self, spells: &[Spell]) {
        let next = spells.iter().skip(1).map(Some).chain([None]);
        for (spell, next) in spells.iter().zip(next) {
            let Some((end, leaving)) = spell.left() else {
                continue;
            };
            if leaving == Leaving::Death {
                continue;
            }
            for (months, share) in &mut self.regained {
                let until = months_after(end.time, i64::from(*months));
                if until <= self.question.as_of {
                    share.of += 1;
                    share.count += u32::from(next.is_some_and(|next| next.start <= until));
                }
            }
        }
        let reasons = spells.iter().filter_map(Spell::left);
        let reasons: Vec<&str> = reasons
            .map(|(end, _)| end.reason_category.as_str())
            .filter(|category| !category.is_empty())
            .collect();
        for pair in reasons.windows(2) {
            self.same_reason.of += 1;
            self.same_reason.count += u32::from(pair[0] == pair[1]);
        }
    }

    fn add_tenures(&mut self, spells: &[Spell]) {
        for (index, spell) in spells.iter().enumerate() {
            let end = spell.end.as_ref();
            let until = end.map_or(self.question.as_of, |end| end.time);
            let months = whole_months(spell.start, until);
            self.tenures[index.min(1)].count(months, spell.left().is_some());
        }
    }

    /// The margin of a month of the relationship that goes on or went on last: by its prices, of who
    /// has none by what was bought in all their months.
    fn add_margins(&mut self, facts: &CustomerFacts, spells: &[Spell]) {
        let Some(last) = spells.last() else { return };
        let at = last.end.as_ref().map(|end| end.time);
        let which = (spells.len() - 1).min(1);
        let mut by_currency: BTreeMap<Currency, f64> = BTreeMap::new();
        for subscription in &facts.subscriptions {
            let Some(price) = subscription.monthly_price else {
                continue;
            };
            let end = subscription.service_end_time;
            let begun = subscription
                .start_time
                .is_none_or(|start| start <= at.unwrap_or(self.question.as_of));
            let goes_on = match at {
                None => end.is_none_or(|end| end > self.question.as_of),
                Some(at) => end.is_none_or(|end| end >= at),
            };
            if begun && goes_on {
                let margin = self.rules.of_line(&subscription.business_line).gross_margin;
                *by_currency.entry(price.currency).or_default() +=
                    real(price.minor) * margin.fraction();
            }
        }
        if by_currency.is_empty() {
            by_currency.extend(self.margin_of_purchases(facts, spells));
        }
        for (currency, margin) in by_currency {
            let margins = &mut self.margins.entry(currency).or_default()[which];
            margins.sum += margin;
            margins.count += 1;
        }
    }

    fn margin_of_purchases(
        &self,
        facts: &CustomerFacts,
        spells: &[Spell],
    ) -> Option<(Currency, f64)> {
        let total = facts.activity(ActivityKind::Purchase)?.total?;
        let line = &facts.subscriptions.first()?.business_line;
        let margin = self.rules.of_line(line).gross_margin.fraction();
        let months: f64 = spells
            .iter()
            .map(|spell| {
                let end = spell
                    .end
                    .as_ref()
                    .map_or(self.question.as_of, |end| end.time);
                months_between(spell.start, end)
            })
            .sum();
        Some((total.currency, real(total.minor) * margin / months.max(1.0)))
    }

    fn add_to_cohort(&mut self, spells: &[Spell]) {
        let Some(first) = spells.first() else { return };
        let as_of = self.question.as_of;
        let cohort = self.cohorts.entry(start_of_month(first.start)).or_default();
        cohort.customer_count += 1;
        let watched = whole_months(first.start, as_of).min(MAX_MONTHS);
        for month in 1..=watched {
            let index = usize::try_from(month - 1).unwrap_or(usize::MAX);
            if cohort.stayed.len() <= index {
                cohort.stayed.resize(index + 1, 0);
            }
            // Who came back counts as there: a cohort is of people.
            let time = months_after(first.start, i64::from(month));
            let is_there = spells.iter().any(|spell| spell.lasts_at(time));
            cohort.stayed[index] += u32::from(is_there);
        }
    }

    /// Ends with what everybody together comes to.
    pub fn finish(self, unreadable_count: u32) -> PortfolioMetrics {
        let [first, later] = &self.tenures;
        let curves = [first.curve(), later.curve()];
        let horizon_months = self
            .rules
            .of_line(&self.question.business_line)
            .value_horizon_months;
        let values = self.margins.iter().map(|(currency, margins)| {
            let value = |which: usize| {
                let margins = margins[which];
                (margins.count > 0)
                    .then(|| lifetime_value(margins, *currency, &curves[which], horizon_months))
            };
            let values = Values {
                first: value(0),
                later: value(1),
            };
            (currency.code().to_owned(), values)
        });
        PortfolioMetrics {
            customer_count: self.customer_count,
            unreadable_count,
            flow: self.flow,
            customer_months: self.customer_months,
            referred: Share {
                count: self.referrers,
                of: self.customer_count,
            },
            first_survival: shown(&curves[0]),
            later_survival: shown(&curves[1]),
            values: values.collect(),
            cohorts: cohorts(self.cohorts, self.question.as_of),
            months: self.months,
            regained: self.regained,
            same_reason: self.same_reason,
            horizon_months,
            parity: self.parity.finish(),
        }
    }
}

fn count_flow(flow: &mut Flow, window: Window, spells: &[Spell], early_days: u32) {
    let is_live = |time| u32::from(spells.iter().any(|spell| spell.lasts_at(time)));
    flow.live_at_start += is_live(window.from);
    flow.live_at_end += is_live(window.until);
    for (index, spell) in spells.iter().enumerate() {
        if window.holds(spell.start) {
            let lived_on = index > 0 && spells[index - 1].left().is_none();
            match index {
                0 => flow.won += 1,
                _ if lived_on => {}
                _ => flow.returned += 1,
            }
        }
        if let Some((end, leaving)) = spell.left().filter(|(end, _)| window.holds(end.time)) {
            let is_early = days_since(spell.start, end.time) < early_days;
            flow.leave(leaving, is_early);
        }
    }
}

fn lifetime_value(
    margins: Margins,
    currency: Currency,
    curve: &Curve,
    horizon: u32,
) -> LifetimeValue {
    let monthly = margins.sum / f64::from(margins.count.max(1));
    let expected_months = restricted_mean_lifetime(curve, horizon);
    LifetimeValue {
        monthly_margin: Money::new(minor(monthly), currency),
        expected_months,
        value: Money::new(minor(monthly * expected_months), currency),
        count: margins.count,
    }
}

fn shown(curve: &Curve) -> Vec<Estimate> {
    let mut estimates = curve.estimates();
    estimates.truncate(usize::try_from(MAX_MONTHS).unwrap_or(usize::MAX));
    estimates
}

fn cohorts(counts: BTreeMap<Timestamp, CohortCount>, as_of: Timestamp) -> Vec<Cohort> {
    let skipped = counts.len().saturating_sub(MAX_COHORTS);
    let cohorts = counts.into_iter().skip(skipped).map(|(month, count)| {
        // The last to come was watched for the shortest time; beyond it not all are known.
        let all_watched = whole_months(months_after(month, 1), as_of);
        let all_watched = usize::try_from(all_watched).unwrap_or(usize::MAX);
        let stayed = count.stayed.iter().take(all_watched);
        Cohort {
            month,
            customer_count: count.customer_count,
            retained: stayed
                .map(|stayed| f64::from(*stayed) / f64::from(count.customer_count))
                .collect(),
        }
    });
    cohorts.collect()
}

fn start_of_month(time: Timestamp) -> Timestamp {
    let first = time
        .in_tz("UTC")
        .and_then(|time| time.first_of_month()?.start_of_day());
    first.map_or(time, |first| first.timestamp())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts of a month are far below 2^52 minor units"
)]
fn real(minor: i64) -> f64 {
    minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and amounts are far below the bounds"
)]
fn minor(amount: f64) -> i64 {
    amount.round() as i64
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
