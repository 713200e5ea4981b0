//! Scores of one subscription, from the life tables. Where nothing was fitted there is no score,
//! and a reason; never a constant.
//!
//! Contractual, at a tenure of `n` months, with the survival `S` of the life table:
//! - churn risk within `h` is `1 − S(n+h)/S(n)`;
//! - the value remaining is `Σₖ S(n+k)/S(n) · (1+d)^(−k/12)` months times the monthly margin, over
//!   the months `k` up to the horizon: the expected discounted residual lifetime of Fader & Hardie
//!   (2010, Marketing Science 29:85) with an empirical survival curve.
//!
//! Non-contractual, silent for `s` weeks, with the survival `G` of the gaps between purchases:
//! - churn risk is the chance of no purchase within `h`, `G(s+h)/G(s)`;
//! - the chance of being alive is the share of such silences that ended by a return as far as was
//!   observed, `1 − G(∞)/G(s)` with `G(∞)` the plateau of the curve: silences that would have ended
//!   after the observation count as lost, so it errs on the low side;
//! - the value remaining supposes purchases at the customer's own rate while alive, each of them
//!   the last one with the chance `G(∞)`, so that `e^(−rate · G(∞) · k)` are left after `k` months.
//!   The rate is shrunk to the line's: one purchase in the line's mean time is added to the
//!   customer's own count and time.
//!
//! An end that was asked for does not enter: it is a fact and gives the stage, while scores say what
//! is usual for others of the same tenure. It is what a save is worth.

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use super::clock_days::{day_number, days_since};
use super::facts::{ActivityKind, CustomerFacts, Relationship, Standing, Subscription};
use super::life_tables::{DAYS_PER_MONTH, DAYS_PER_WEEK, LifeTables, Table};
use super::models_in_use::ModelsInUse;
use super::rules::LineRules;
use statistics::tenures::curve::{Conditional, Curve};

/// The chance that a subscription ends, or a silence lasts, within a horizon.
#[derive(Clone, Debug, PartialEq)]
pub struct ChurnRisk {
    /// The chance.
    pub probability: f64,
    /// The lower end of its 95 % interval.
    pub lower: f64,
    /// The upper end of its 95 % interval.
    pub upper: f64,
    /// The horizon.
    pub horizon_days: u32,
    /// How many at risk it was estimated on.
    pub sample_size: u64,
    /// The chance in the line as a whole.
    pub base_rate: f64,
    /// The group whose table was used.
    pub group: String,
}

/// What a relationship is expected to be worth from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueRemaining {
    /// The discounted margin.
    pub amount: Money,
    /// The expected discounted months.
    pub residual_months: f64,
    /// The horizon.
    pub horizon_months: u32,
    /// The margin of one month.
    pub monthly_margin: Money,
}

/// Why a score is absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing was fitted that covers the subscription.
    NoLifeTable,
    /// There is no price to reckon with.
    NoMonthlyPrice,
    /// Nothing was bought yet.
    NoPurchases,
    /// Service has not begun.
    NotStarted,
    /// Service is over.
    Ended,
}

impl Absence {
    /// Returns the key under which the reason is given.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoLifeTable => "no_life_table",
            Self::NoMonthlyPrice => "no_monthly_price",
            Self::NoPurchases => "no_purchases",
            Self::NotStarted => "not_started",
            Self::Ended => "ended",
        }
    }
}

/// The scores of one subscription.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// The chance that it ends.
    pub churn_risk: Option<ChurnRisk>,
    /// What it is worth.
    pub value_remaining: Option<ValueRemaining>,
    /// The chance that a silent customer is still one.
    pub probability_alive: Option<f64>,
    /// Why scores are absent.
    pub absences: Vec<Absence>,
}

impl Scores {
    fn absent(reason: Absence) -> Self {
        Self {
            absences: vec![reason],
            ..Self::default()
        }
    }
}

/// Scores a subscription at a time.
pub fn score(
    facts: &CustomerFacts,
    subscription: &Subscription,
    rules: &LineRules,
    models: &ModelsInUse,
    as_of: Timestamp,
) -> Scores {
    match subscription.standing(as_of) {
        Standing::NotStarted => return Scores::absent(Absence::NotStarted),
        Standing::Ended => return Scores::absent(Absence::Ended),
        Standing::Live => {}
    }
    let Some(tables) = models.life_tables.as_deref() else {
        return Scores::absent(Absence::NoLifeTable);
    };
    match subscription.relationship {
        Relationship::Contractual => score_contract(subscription, rules, tables, as_of),
        Relationship::NonContractual => score_silence(facts, subscription, rules, tables, as_of),
    }
}

fn score_contract(
    subscription: &Subscription,
    rules: &LineRules,
    tables: &LifeTables,
    as_of: Timestamp,
) -> Scores {
    let start = subscription.start_time.unwrap_or(as_of);
    let tenure_months = f64::from(days_since(start, as_of)) / DAYS_PER_MONTH;
    let line = subscription.business_line.as_str();
    let table = tables.contract(line, subscription.contract_kind, tenure_months);
    let base = tables.every_contract(line);
    let (Some(table), Some(base)) = (table, base) else {
        return Scores::absent(Absence::NoLifeTable);
    };
    let horizon_months = f64::from(rules.risk_horizon_days) / DAYS_PER_MONTH;
    let stays = table.curve.conditional(tenure_months, horizon_months);
    let base_rate = 1.0 - (1.0 - base.curve.mean_hazard()).powf(horizon_months);
    let churn_risk = risk(complement(stays), base_rate, rules, table);
    let value_remaining = subscription.monthly_price.map(|price| {
        let margin = f64_of(price.minor) * rules.gross_margin.fraction();
        let left = |month: f64| {
            let log_survival = table.curve.log_survival(tenure_months + month);
            (log_survival - table.curve.log_survival(tenure_months)).exp()
        };
        value(margin, price.currency, rules, left)
    });
    let absences = match value_remaining {
        Some(_) => Vec::new(),
        None => vec![Absence::NoMonthlyPrice],
    };
    Scores {
        churn_risk: Some(churn_risk),
        value_remaining,
        probability_alive: None,
        absences,
    }
}

fn score_silence(
    facts: &CustomerFacts,
    subscription: &Subscription,
    rules: &LineRules,
    tables: &LifeTables,
    as_of: Timestamp,
) -> Scores {
    let Some(last_day) = facts.last_purchase_day(as_of) else {
        return Scores::absent(Absence::NoPurchases);
    };
    let Some(table) = tables.gap(&subscription.business_line) else {
        return Scores::absent(Absence::NoLifeTable);
    };
    let silent_weeks = f64::from(day_number(as_of) - last_day) / DAYS_PER_WEEK;
    let horizon_weeks = f64::from(rules.risk_horizon_days) / DAYS_PER_WEEK;
    let silence = table.curve.conditional(silent_weeks, horizon_weeks);
    let base_rate = table.curve.conditional(0.0, horizon_weeks).survival;
    let probability_alive = alive(&table.curve, silent_weeks);
    let value_remaining = purchase_value(facts, rules, &table.curve, probability_alive, as_of);
    let absences = match value_remaining {
        Some(_) => Vec::new(),
        None => vec![Absence::NoPurchases],
    };
    Scores {
        churn_risk: Some(risk(silence, base_rate, rules, table)),
        value_remaining,
        probability_alive: Some(probability_alive),
        absences,
    }
}

/// Turns the chance of staying into the chance of going.
fn complement(stays: Conditional) -> Conditional {
    Conditional {
        survival: 1.0 - stays.survival,
        lower: 1.0 - stays.upper,
        upper: 1.0 - stays.lower,
        sample_size: stays.sample_size,
    }
}

fn risk(chance: Conditional, base_rate: f64, rules: &LineRules, table: &Table) -> ChurnRisk {
    ChurnRisk {
        probability: chance.survival,
        lower: chance.lower,
        upper: chance.upper,
        horizon_days: rules.risk_horizon_days,
        sample_size: chance.sample_size,
        base_rate,
        group: table.name.clone(),
    }
}

fn alive(gaps: &Curve, silent_weeks: f64) -> f64 {
    let plateau = gaps.plateau();
    let silent = gaps.log_survival(silent_weeks).exp();
    (1.0 - plateau / silent).clamp(0.0, 1.0)
}

/// Reckons the value of a buyer: own rate shrunk to the line's, mean spend, dying out.
fn purchase_value(
    facts: &CustomerFacts,
    rules: &LineRules,
    gaps: &Curve,
    probability_alive: f64,
    as_of: Timestamp,
) -> Option<ValueRemaining> {
    let purchases = facts.activity(ActivityKind::Purchase)?;
    let (total, first) = (purchases.total?, purchases.first_time?);
    let days = f64::from(facts.purchase_day_count.max(1));
    let weeks = f64::from(days_since(first, as_of)) / DAYS_PER_WEEK;
    let line_rate = gaps.mean_hazard().max(f64::MIN_POSITIVE);
    // `days` is the repeat purchases and the one added.
    let weekly_rate = days / (weeks + line_rate.recip());
    let monthly_rate = weekly_rate * DAYS_PER_MONTH / DAYS_PER_WEEK;
    let monthly_margin = f64_of(total.minor) / days * monthly_rate * rules.gross_margin.fraction();
    let plateau = gaps.plateau();
    let left = |month: f64| probability_alive * (-monthly_rate * plateau * month).exp();
    Some(value(monthly_margin, total.currency, rules, left))
}

/// Sums the discounted months that are left, by the share left after each.
fn value(
    monthly_margin: f64,
    currency: Currency,
    rules: &LineRules,
    left: impl Fn(f64) -> f64,
) -> ValueRemaining {
    let monthly_discount = (1.0 + rules.discount_rate.fraction()).powf(-1.0 / 12.0);
    let mut discount = 1.0;
    let mut residual_months = 0.0;
    for month in 1..=rules.value_horizon_months {
        discount *= monthly_discount;
        residual_months += left(f64::from(month)) * discount;
    }
    ValueRemaining {
        amount: Money::new(minor_of(monthly_margin * residual_months), currency),
        residual_months,
        horizon_months: rules.value_horizon_months,
        monthly_margin: Money::new(minor_of(monthly_margin), currency),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts are at most 10^12, far below 2^52"
)]
fn f64_of(minor: i64) -> f64 {
    minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and the amount is rounded first"
)]
fn minor_of(amount: f64) -> i64 {
    amount.round() as i64
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
