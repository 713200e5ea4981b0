//! Scores of a contractual subscription.
//!
//! At a tenure of `n` months, with the survival `S` of the retention curve in use, else of the life
//! table:
//! - churn risk within `h` is `1 − S(n+h)/S(n)`, or what the propensity model in use says;
//! - the value remaining is `Σₖ (S(n+k)/S(n))^θ · (1+d)^(−k/12)` months times the monthly margin, over
//!   the months `k` up to the horizon: the expected discounted residual lifetime of Fader & Hardie
//!   (2010, Marketing Science 29:85). Proportional hazards: `θ = ln(1−p)/ln(S(n+h)/S(n))`, so that the
//!   curve passes through the chance `p` of the propensity model; one without such a model.
//!
//! The interval of the risk is the life table's (Greenwood), moved along in log-odds to where the
//! model puts the chance: it tells how many like this were seen, and no more. Base rate and group are
//! the life table's, too. A retention curve and a propensity model bring the table they need with
//! them, or find the one in use.

use kernel::time::Timestamp;

use super::{Absence, ChurnRisk, Score, Scores, f64_of, risk, value};
use crate::domain::clock_days::days_since;
use crate::domain::facts::{CustomerFacts, Subscription};
use crate::domain::model::ModelKind;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::propensity::Propensity;
use crate::domain::rules::LineRules;
use crate::domain::tenure::life_tables::{DAYS_PER_MONTH, Table};
use statistics::tenures::curve::Conditional;
use statistics::tenures::retention::Retention;
use statistics::tenures::retention_model::RetentionModel;

/// Chances are kept this far from zero and one where their odds are taken.
const SUREST: f64 = 1e-9;
/// A customer leaves at most so many times as readily as others, and at least so many times less.
const HAZARD_RATIOS: [f64; 2] = [0.01, 100.0];

/// What a subscription is judged by.
struct Basis<'a> {
    kind: ModelKind,
    version: u64,
    table: &'a Table,
    every_contract: &'a Table,
    curve: Option<&'a RetentionModel>,
}

impl<'a> Basis<'a> {
    /// Takes the retention curve in use where it knows the line, else the life table.
    fn of(
        subscription: &Subscription,
        models: &'a ModelsInUse,
        tenure_months: f64,
    ) -> Option<Self> {
        let line = subscription.business_line.as_str();
        let kind = subscription.contract_kind;
        let by_curve = models.retention.as_deref().and_then(|curves| {
            let (table, curve) = curves.contract(line, kind, tenure_months)?;
            Some(Self {
                kind: ModelKind::Retention,
                version: curves.version,
                table,
                every_contract: curves.every_contract(line)?,
                curve: Some(curve),
            })
        });
        by_curve.or_else(|| {
            let tables = models.life_tables.as_deref()?;
            Some(Self {
                kind: ModelKind::LifeTable,
                version: tables.version,
                table: tables.contract(line, kind, tenure_months)?,
                every_contract: tables.every_contract(line)?,
                curve: None,
            })
        })
    }

    fn survival(&self, tenure: f64, ahead: f64) -> f64 {
        match self.curve {
            Some(curve) => curve.conditional_survival(tenure, ahead),
            None => Retention::conditional_survival(&self.table.curve, tenure, ahead),
        }
    }
}

pub(super) fn score_contract(
    facts: &CustomerFacts,
    subscription: &Subscription,
    rules: &LineRules,
    models: &ModelsInUse,
    as_of: Timestamp,
) -> Scores {
    let start = subscription.start_time.unwrap_or(as_of);
    let tenure = f64::from(days_since(start, as_of)) / DAYS_PER_MONTH;
    let Some(basis) = Basis::of(subscription, models, tenure) else {
        return Scores::absent(Absence::NoLifeTable);
    };
    let horizon = f64::from(rules.risk_horizon_days) / DAYS_PER_MONTH;
    let stays = basis.survival(tenure, horizon);
    let mut scores = Scores::default();
    let mut risk = risk_by_table(&basis, tenure, horizon, rules);
    move_to(&mut risk, 1.0 - stays);
    match by_propensity(facts, subscription, rules, models, as_of) {
        Some((version, propensity)) => {
            move_to(&mut risk, propensity.probability);
            risk.contributions = propensity.contributions;
            risk.contribution_method = propensity.method;
            scores.comes_from(Score::ChurnRisk, ModelKind::Propensity, version);
        }
        None => scores.comes_from(Score::ChurnRisk, basis.kind, basis.version),
    }
    let ratio = hazard_ratio(risk.probability, stays);
    scores.churn_risk = Some(risk);
    let Some(price) = subscription.monthly_price else {
        scores.absences.push(Absence::NoMonthlyPrice);
        return scores;
    };
    let margin = f64_of(price.minor) * rules.gross_margin.fraction();
    let left = |month: f64| basis.survival(tenure, month).powf(ratio);
    scores.value_remaining = Some(value(margin, price.currency, rules, left));
    scores.comes_from(Score::ValueRemaining, basis.kind, basis.version);
    scores
}

/// The risk as the propensity model in use has it.
fn by_propensity(
    facts: &CustomerFacts,
    subscription: &Subscription,
    rules: &LineRules,
    models: &ModelsInUse,
    as_of: Timestamp,
) -> Option<(u64, Propensity)> {
    let answers = models.answers.as_deref();
    let models = models.propensity.as_deref()?;
    let line = models.line(&subscription.business_line)?;
    let horizon_days = rules.risk_horizon_days;
    let scored = line.score(facts, subscription, as_of, horizon_days, answers)?;
    Some((models.version, scored))
}

/// The risk as the life table has it.
fn risk_by_table(basis: &Basis<'_>, tenure: f64, horizon: f64, rules: &LineRules) -> ChurnRisk {
    let stays = basis.table.curve.conditional(tenure, horizon);
    let base = &basis.every_contract.curve;
    let base_rate = 1.0 - (1.0 - base.mean_hazard()).powf(horizon);
    risk(complement(stays), base_rate, rules, basis.table)
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

/// Moves a risk to another chance, its interval by the same log-odds.
fn move_to(risk: &mut ChurnRisk, probability: f64) {
    if (probability - risk.probability).abs() < SUREST {
        return;
    }
    let step = log_odds(probability) - log_odds(risk.probability);
    let moved = |end: f64| 1.0 / (1.0 + (-(log_odds(end) + step)).exp());
    risk.lower = moved(risk.lower).min(probability);
    risk.upper = moved(risk.upper).max(probability);
    risk.probability = probability;
}

fn log_odds(chance: f64) -> f64 {
    let chance = chance.clamp(SUREST, 1.0 - SUREST);
    chance.ln() - (-chance).ln_1p()
}

/// Returns how many times as readily somebody leaves as the curve says, so that its chance becomes
/// theirs.
fn hazard_ratio(probability: f64, stays_by_curve: f64) -> f64 {
    let theirs = (-probability.min(1.0 - SUREST)).ln_1p();
    let curves = stays_by_curve.max(SUREST).ln();
    if (probability - (1.0 - stays_by_curve)).abs() < SUREST || curves >= 0.0 {
        return 1.0;
    }
    (theirs / curves).clamp(HAZARD_RATIOS[0], HAZARD_RATIOS[1])
}
