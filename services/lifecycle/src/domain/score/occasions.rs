//! Scores of customers who buy at opportunities, from the BG/BB model of their line.
//!
//! - The chance of being alive at the next opportunity, and the purchases expected at those that begin
//!   within the horizon of risk: none where none does.
//! - The value remaining: the purchases expected until the horizon of value, each discounted by its
//!   opportunity, times the spend to expect of each, times the margin.

use kernel::time::Timestamp;
use statistics::purchases::beta_binomial::OccasionSummary;
use statistics::refusal::InputRefusal;
use statistics::tenures::retention::{LOWEST_PERIOD_RATE, PeriodDiscount};

use super::{Absence, Score, Scores, ValueRemaining, worth};
use crate::domain::clock_days::day_number;
use crate::domain::facts::CustomerFacts;
use crate::domain::model::ModelKind;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::model::PurchaseModels;
use crate::domain::purchase::occasions::FittedOccasions;
use crate::domain::purchase::opportunities::Opportunities;
use crate::domain::rules::LineRules;
use crate::domain::tenure::life_tables::DAYS_PER_MONTH;

/// The days of a year, on average.
const DAYS_PER_YEAR: f64 = DAYS_PER_MONTH * 12.0;

/// What a customer did with the opportunities there were.
struct Known<'a> {
    buyer: Buyer<'a>,
    summary: OccasionSummary,
    today: i32,
}

impl<'a> Known<'a> {
    fn at(
        facts: &'a CustomerFacts,
        opportunity_days: u32,
        as_of: Timestamp,
    ) -> Result<Option<Self>, InputRefusal> {
        let Some(buyer) = Buyer::of(facts)? else {
            return Ok(None);
        };
        let today = day_number(as_of);
        let summary = Opportunities::of(&buyer, opportunity_days).until(today)?;
        Ok(Some(Self {
            buyer,
            summary,
            today,
        }))
    }

    /// Counts the opportunities that begin within so many days.
    fn ahead(&self, days: u32, opportunity_days: u32) -> u32 {
        let until = self.today.saturating_add_unsigned(days);
        Opportunities::of(&self.buyer, opportunity_days).ahead(&self.summary, until)
    }
}

/// Scores by the model of the line's opportunities.
pub(super) fn by_occasions(
    scores: &mut Scores,
    facts: &CustomerFacts,
    rules: &LineRules,
    fitted: &FittedOccasions,
    models: &PurchaseModels,
    business_line: &str,
    as_of: Timestamp,
) {
    let Ok(Some(known)) = Known::at(facts, fitted.opportunity_days, as_of) else {
        scores.absences.push(Absence::ContradictoryPurchases);
        return;
    };
    let version = models.version;
    scores.probability_alive = Some(fitted.model.probability_alive(&known.summary));
    scores.comes_from(Score::ProbabilityAlive, ModelKind::Purchase, version);
    let ahead = known.ahead(rules.risk_horizon_days, fitted.opportunity_days);
    scores.expected_purchases = Some(fitted.model.expected_purchases(&known.summary, ahead));
    scores.comes_from(Score::ExpectedPurchases, ModelKind::Purchase, version);
    match value(&known, rules, fitted, models, business_line) {
        Some(value) => {
            scores.value_remaining = Some(value);
            scores.comes_from(Score::ValueRemaining, ModelKind::Purchase, version);
        }
        None => scores.absences.push(Absence::NoPurchases),
    }
}

/// Multiplies purchases to come, spend and margin; `None` where nothing is known of the spend.
fn value(
    known: &Known<'_>,
    rules: &LineRules,
    fitted: &FittedOccasions,
    models: &PurchaseModels,
    business_line: &str,
) -> Option<ValueRemaining> {
    let spend = known.buyer.spend().ok()??;
    let by_model = models.set.fitted(business_line);
    let expected = by_model.map_or(spend.mean, |model| model.expected_spend(&spend));
    let margin = expected * rules.gross_margin.fraction();
    let apart = f64::from(fitted.opportunity_days);
    let yearly = 1.0 + rules.discount_rate.fraction();
    let rate = (yearly.powf(apart / DAYS_PER_YEAR) - 1.0).max(LOWEST_PERIOD_RATE);
    let rate = PeriodDiscount::new(rate).ok()?;
    let ahead = known.ahead(days_of(rules.value_horizon_months), fitted.opportunity_days);
    let purchases = fitted
        .model
        .discounted_purchases_within(&known.summary, rate, ahead);
    let at_next = fitted.model.expected_purchases(&known.summary, 1);
    let alive = fitted.model.probability_alive(&known.summary);
    let monthly = if alive > 0.0 {
        at_next / alive * DAYS_PER_MONTH / apart
    } else {
        0.0
    };
    let months = if monthly > 0.0 {
        purchases / monthly
    } else {
        0.0
    };
    Some(worth(margin * monthly, months, spend.currency, rules))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most ten years, and `as` saturates"
)]
fn days_of(months: u32) -> u32 {
    (f64::from(months) * DAYS_PER_MONTH) as u32
}

#[cfg(test)]
#[path = "occasions_tests.rs"]
mod tests;
