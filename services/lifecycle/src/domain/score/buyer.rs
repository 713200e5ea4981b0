//! Scores of a non-contractual relationship.
//!
//! Silent for `s` weeks, with the survival `G` of the gaps between purchases in the life table in use:
//! - churn risk is the chance of no purchase within `h`, `G(s+h)/G(s)`.
//!
//! With the purchase model in use, fitted by line (Fader & Hardie; see the crate `statistics`):
//! - the chance of being alive and the purchases expected within the horizon of risk;
//! - the value remaining: the purchases expected until the horizon of value, discounted, times the
//!   spend to expect of each (Gamma-Gamma, else the customer's own mean), times the margin. Beside it
//!   the margin of the month ahead, if the customer is still there, and the months of that margin which
//!   the value comes to.
//!
//! Where the line's customers buy at opportunities, the model of these takes its place: see
//! `occasions`.
//!
//! Without one, from the same life table:
//! - the chance of being alive is the share of such silences that ended by a return as far as was
//!   observed, `1 − G(∞)/G(s)` with `G(∞)` the plateau of the curve: silences that would have ended
//!   after the observation count as lost, so it errs on the low side;
//! - the value remaining supposes purchases at the customer's own rate while alive, each of them
//!   the last one with the chance `G(∞)`, so that `e^(−rate · G(∞) · k)` are left after `k` months.
//!   The rate is shrunk to the line's: one purchase in the line's mean time is added to the
//!   customer's own count and time.

use kernel::time::Timestamp;

use super::occasions::by_occasions;
use super::{Absence, Score, Scores, ValueRemaining, f64_of, risk, value, worth};
use crate::domain::clock_days::{day_number, days_since};
use crate::domain::facts::{ActivityKind, CustomerFacts, Subscription};
use crate::domain::model::ModelKind;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::model::FittedPurchases;
use crate::domain::rules::LineRules;
use crate::domain::tenure::life_tables::{DAYS_PER_MONTH, DAYS_PER_WEEK, LifeTables, Table};
use statistics::purchases::customer_value::discounted_within;
use statistics::purchases::purchase_model::{DiscountRate, Horizon, PurchaseModel};
use statistics::purchases::purchase_summary::PurchaseSummary;
use statistics::refusal::InputRefusal;
use statistics::tenures::curve::Curve;

/// Where money later is worth as much as money now, the models still want a rate.
const ALMOST_NO_DISCOUNT: f64 = 1e-9;

pub(super) fn score_buyer(
    facts: &CustomerFacts,
    subscription: &Subscription,
    rules: &LineRules,
    models: &ModelsInUse,
    as_of: Timestamp,
) -> Scores {
    let Some(last_day) = facts.last_purchase_day(as_of) else {
        return Scores::absent(Absence::NoPurchases);
    };
    let line = subscription.business_line.as_str();
    let silent_weeks = f64::from(day_number(as_of) - last_day) / DAYS_PER_WEEK;
    let mut scores = Scores::default();
    let gap = models.life_tables.as_deref();
    let gap = gap.and_then(|tables| Some((tables, tables.gap(line)?)));
    match gap {
        Some((tables, table)) => risk_of_silence(&mut scores, rules, tables, table, silent_weeks),
        None => scores.absences.push(Absence::NoLifeTable),
    }
    let purchases = models.purchase.as_deref();
    let occasions = purchases.and_then(|models| Some((models, models.set.occasions(line)?)));
    if let Some((models, occasions)) = occasions {
        by_occasions(&mut scores, facts, rules, occasions, models, line, as_of);
        return scores;
    }
    let fitted = purchases.and_then(|models| Some((models.version, models.set.fitted(line)?)));
    match (fitted, gap) {
        (Some((version, fitted)), _) => {
            by_purchase_model(&mut scores, facts, rules, fitted, version, as_of);
        }
        (None, Some((tables, table))) => {
            by_gaps(
                &mut scores,
                facts,
                rules,
                tables,
                &table.curve,
                as_of,
                silent_weeks,
            );
        }
        (None, None) => {}
    }
    scores
}

fn risk_of_silence(
    scores: &mut Scores,
    rules: &LineRules,
    tables: &LifeTables,
    table: &Table,
    silent_weeks: f64,
) {
    let horizon_weeks = f64::from(rules.risk_horizon_days) / DAYS_PER_WEEK;
    let silence = table.curve.conditional(silent_weeks, horizon_weeks);
    let base_rate = table.curve.conditional(0.0, horizon_weeks).survival;
    scores.churn_risk = Some(risk(silence, base_rate, rules, table));
    scores.comes_from(Score::ChurnRisk, ModelKind::LifeTable, tables.version);
}

fn by_purchase_model(
    scores: &mut Scores,
    facts: &CustomerFacts,
    rules: &LineRules,
    fitted: &FittedPurchases,
    version: u64,
    as_of: Timestamp,
) {
    let Ok(Some(summary)) = summary_at(facts, as_of) else {
        scores.absences.push(Absence::ContradictoryPurchases);
        return;
    };
    scores.probability_alive = Some(fitted.model.probability_alive(&summary));
    scores.comes_from(Score::ProbabilityAlive, ModelKind::Purchase, version);
    let horizon = Horizon::new(f64::from(rules.risk_horizon_days) / DAYS_PER_WEEK);
    if let Ok(horizon) = horizon {
        let expected = fitted.model.expected_transactions(&summary, horizon);
        scores.expected_purchases = Some(expected);
        scores.comes_from(Score::ExpectedPurchases, ModelKind::Purchase, version);
    }
    match model_value(facts, rules, fitted, &summary) {
        Some(value) => {
            scores.value_remaining = Some(value);
            scores.comes_from(Score::ValueRemaining, ModelKind::Purchase, version);
        }
        None => scores.absences.push(Absence::NoPurchases),
    }
}

fn summary_at(
    facts: &CustomerFacts,
    as_of: Timestamp,
) -> Result<Option<PurchaseSummary>, InputRefusal> {
    match Buyer::of(facts)? {
        Some(buyer) => buyer.until(day_number(as_of)),
        None => Ok(None),
    }
}

/// Multiplies purchases to come, spend and margin; `None` where nothing is known of the spend.
fn model_value(
    facts: &CustomerFacts,
    rules: &LineRules,
    fitted: &FittedPurchases,
    summary: &PurchaseSummary,
) -> Option<ValueRemaining> {
    let spend = Buyer::of(facts).ok()??.spend().ok()??;
    let margin = fitted.expected_spend(&spend) * rules.gross_margin.fraction();
    let weeks_per_month = DAYS_PER_MONTH / DAYS_PER_WEEK;
    let horizon = f64::from(rules.value_horizon_months) * weeks_per_month;
    let yearly = rules.discount_rate.fraction().max(ALMOST_NO_DISCOUNT);
    let rate = DiscountRate::weekly_of_yearly(yearly).ok()?;
    let purchases = discounted_within(&fitted.model, summary, rate, Horizon::new(horizon).ok()?);
    let month = Horizon::new(weeks_per_month).ok()?;
    let (frequency, age) = (summary.frequency(), summary.age());
    let monthly = fitted.model.expected_if_alive(frequency, age, month);
    let months = if monthly > 0.0 {
        purchases / monthly
    } else {
        0.0
    };
    Some(worth(margin * monthly, months, spend.currency, rules))
}

fn by_gaps(
    scores: &mut Scores,
    facts: &CustomerFacts,
    rules: &LineRules,
    tables: &LifeTables,
    gaps: &Curve,
    as_of: Timestamp,
    silent_weeks: f64,
) {
    let probability_alive = alive(gaps, silent_weeks);
    scores.probability_alive = Some(probability_alive);
    scores.comes_from(
        Score::ProbabilityAlive,
        ModelKind::LifeTable,
        tables.version,
    );
    match purchase_value(facts, rules, gaps, probability_alive, as_of) {
        Some(value) => {
            scores.value_remaining = Some(value);
            scores.comes_from(Score::ValueRemaining, ModelKind::LifeTable, tables.version);
        }
        None => scores.absences.push(Absence::NoPurchases),
    }
}

/// Returns the share of those called lost after so many silent days who came back, as far as was
/// observed.
pub(in crate::domain) fn share_that_came_back(gaps: &Curve, silence_days: u32) -> f64 {
    alive(gaps, f64::from(silence_days) / DAYS_PER_WEEK)
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
