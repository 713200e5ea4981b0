//! Scores of one subscription, from the models in use. Where nothing was fitted there is no score,
//! and a reason; never a constant. How each is reckoned: `contractual` and `buyer`.
//!
//! An end that was asked for does not enter: it is a fact and gives the stage, while scores say what
//! is usual for others of the same tenure. It is what a save is worth.

pub(super) mod buyer;
mod contractual;
mod occasions;

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use crate::domain::facts::{CustomerFacts, Relationship, Standing, Subscription};
use crate::domain::model::ModelKind;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::propensity::contribution::{ContributionMethod, RiskContribution};
use crate::domain::rules::LineRules;
use crate::domain::tenure::life_tables::Table;
use buyer::score_buyer;
use contractual::score_contract;
use statistics::tenures::curve::Conditional;

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
    /// What speaks for leaving and for staying, the weightiest first.
    pub contributions: Vec<RiskContribution>,
    /// How these were found out.
    pub contribution_method: ContributionMethod,
}

/// What a status foretells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Score {
    /// The chance to leave.
    ChurnRisk,
    /// What the relationship is still worth.
    ValueRemaining,
    /// The chance that a silent customer is still one.
    ProbabilityAlive,
    /// The purchases to come within the horizon of risk.
    ExpectedPurchases,
}

/// Which model a score comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScoreModel {
    /// The score.
    pub score: Score,
    /// What the model is about.
    pub kind: ModelKind,
    /// Its version.
    pub version: u64,
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
    /// What is known of the purchases contradicts itself.
    ContradictoryPurchases,
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
            Self::ContradictoryPurchases => "contradictory_purchases",
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
    /// The purchases to come within the horizon of risk.
    pub expected_purchases: Option<f64>,
    /// Why scores are absent.
    pub absences: Vec<Absence>,
    /// Which model each score comes from.
    pub models: Vec<ScoreModel>,
}

impl Scores {
    pub(super) fn comes_from(&mut self, score: Score, kind: ModelKind, version: u64) {
        self.models.push(ScoreModel {
            score,
            kind,
            version,
        });
    }

    pub(super) fn absent(reason: Absence) -> Self {
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
    match subscription.relationship {
        Relationship::Contractual => score_contract(facts, subscription, rules, models, as_of),
        Relationship::NonContractual => score_buyer(facts, subscription, rules, models, as_of),
    }
}

pub(super) fn risk(
    chance: Conditional,
    base_rate: f64,
    rules: &LineRules,
    table: &Table,
) -> ChurnRisk {
    ChurnRisk {
        probability: chance.survival,
        lower: chance.lower,
        upper: chance.upper,
        horizon_days: rules.risk_horizon_days,
        sample_size: chance.sample_size,
        base_rate,
        group: table.name.clone(),
        contributions: Vec::new(),
        contribution_method: ContributionMethod::None,
    }
}

/// Sums the discounted months that are left, by the share left after each.
pub(super) fn value(
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
    worth(monthly_margin, residual_months, currency, rules)
}

/// Multiplies the margin of a month with the months that are left.
pub(super) fn worth(
    monthly_margin: f64,
    residual_months: f64,
    currency: Currency,
    rules: &LineRules,
) -> ValueRemaining {
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
pub(super) fn f64_of(minor: i64) -> f64 {
    minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and the amount is rounded first"
)]
pub(super) fn minor_of(amount: f64) -> i64 {
    amount.round() as i64
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
