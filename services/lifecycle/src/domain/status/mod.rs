//! The status of a customer: stages, scores and until when these hold.

pub mod explanation;
pub(super) mod reasons;

use kernel::money::Money;
use kernel::time::Timestamp;

use crate::domain::clock_days::{next_boundary, start_of_day};
use crate::domain::facts::{CustomerFacts, Standing, Subscription};
use crate::domain::model::ModelKind;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::purchase::model::FalseLost;
use crate::domain::rules::{DEFAULT_LINE, LineRules, RuleSet};
use crate::domain::score::buyer::share_that_came_back;
use crate::domain::score::{self, ChurnRisk, Score, ScoreModel, Scores, ValueRemaining};
use crate::domain::stage::hysteresis::{self, Versions};
use crate::domain::stage::memory::{RiskMemory, StageMemory};
use crate::domain::stage::subject::{Subject, Surroundings};
use crate::domain::stage::{self, Classification, Evidence, Measure, Stage};

/// The rule by which silent customers are called lost.
const LOST_BY_HIATUS: &str = "lost.hiatus";

/// The status of one subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscriptionStatus {
    /// The subscription.
    pub subscription_id: String,
    /// The customer is entitled to it.
    pub live: bool,
    /// Days since its start, to its end or to the time of the status.
    pub tenure_days: u32,
    /// The stage of its relationship.
    pub stage: Stage,
    /// What it is expected to do.
    pub scores: Scores,
}

/// Where a customer stands, with the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerStatus {
    /// The customer.
    pub customer_id: String,
    /// The revision of the facts.
    pub revision: u64,
    /// The time it holds for.
    pub as_of: Timestamp,
    /// The stage, its reason, and the others that hold.
    pub classification: Classification,
    /// The customer is entitled to anything. By the record, never inferred.
    pub live: bool,
    /// Days since the current or last lifetime began.
    pub tenure_days: u32,
    /// How many continuous relationships there have been.
    pub lifetime_count: u32,
    /// The subscriptions, in the order of the facts.
    pub subscriptions: Vec<SubscriptionStatus>,
    /// The risk of the subscription asked for, or the largest among the live ones.
    pub churn_risk: Option<ChurnRisk>,
    /// What the live subscriptions are worth together.
    pub value_remaining: Option<ValueRemaining>,
    /// The version of the rules.
    pub rules_version: u64,
    /// The version of the model that churn risk comes from; zero while there is none.
    pub model_version: u64,
    /// What that model is about.
    pub model_kind: ModelKind,
    /// Which models the scores come from.
    pub score_models: Vec<ScoreModel>,
    /// Until when nothing but a new fact changes the answer.
    pub valid_until: Timestamp,
    /// The business line whose rules gave the stage.
    pub business_line: String,
    /// What the next classification has to know of this one.
    pub memory: StageMemory,
}

/// The subscription asked for is not among the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such subscription of this customer")]
pub struct UnknownSubscription;

/// What statuses are computed with.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge<'a> {
    /// The rules in force.
    pub rules: &'a RuleSet,
    /// The models in use.
    pub models: &'a ModelsInUse,
}

/// Computes the status of a customer at a time, from the facts alone.
pub fn compute(
    facts: &CustomerFacts,
    wanted_subscription: Option<&str>,
    knowledge: Knowledge<'_>,
    as_of: Timestamp,
) -> Result<CustomerStatus, UnknownSubscription> {
    compute_after(facts, wanted_subscription, knowledge, None, as_of)
}

/// Computes the status of a customer at a time, from the facts and what is remembered of the status
/// before.
pub fn compute_after(
    facts: &CustomerFacts,
    wanted_subscription: Option<&str>,
    knowledge: Knowledge<'_>,
    memory: Option<&StageMemory>,
    as_of: Timestamp,
) -> Result<CustomerStatus, UnknownSubscription> {
    let wanted = wanted_subscription
        .map(|wanted| position(facts, wanted))
        .transpose()?;
    let surroundings = Surroundings::new(facts, knowledge.rules, memory, as_of);
    let mut subjects = Vec::with_capacity(facts.subscriptions.len());
    let mut subscriptions = Vec::with_capacity(facts.subscriptions.len());
    for subscription in &facts.subscriptions {
        let rules = surroundings.rules_of(subscription);
        let scores = score::score(facts, subscription, rules, knowledge.models, as_of);
        let subject = surroundings.subscription(subscription, &scores);
        subscriptions.push(describe(subscription, &subject, rules, scores));
        subjects.push(subject);
    }
    let business_line = leading_line(facts, wanted, &subjects);
    let rules = knowledge.rules.of_line(business_line);
    let customer = surroundings.customer(rules, &subjects);
    let churn_risk = leading_risk(&subscriptions, wanted).cloned();
    let versions = Versions {
        rules: knowledge.rules.version,
        activation: knowledge.models.activation,
    };
    let found = stage::classify(&customer, rules);
    let settled = hysteresis::settle(found, &customer, rules, memory, versions, as_of);
    let mut classification = settled.classification;
    let memory = StageMemory {
        stage: classification.stage,
        since: settled.since,
        risks: risks(facts, &subjects),
        rules_version: versions.rules,
        model_activation: versions.activation,
    };
    if let Some(risk) = &churn_risk {
        let group = Measure::Text(risk.group.clone());
        let evidence = Evidence::plain("churn_risk.group", group);
        classification.finding.evidence.push(evidence);
    }
    let false_lost = false_lost(facts, &classification, knowledge);
    classification.finding.evidence.extend(false_lost);
    let score_models = score_models(&subscriptions);
    let (model_kind, model_version) = leading_model(&score_models, knowledge.models);
    Ok(CustomerStatus {
        customer_id: facts.customer_id.clone(),
        revision: facts.revision,
        as_of,
        classification,
        live: customer.standing == Standing::Live,
        tenure_days: customer.tenure_days,
        lifetime_count: lifetime_count(facts, as_of),
        value_remaining: value_together(&subscriptions),
        churn_risk,
        subscriptions,
        rules_version: versions.rules,
        model_version,
        model_kind,
        score_models,
        valid_until: valid_until(facts, &memory, as_of),
        business_line: business_line.to_owned(),
        memory,
    })
}

fn position(facts: &CustomerFacts, wanted: &str) -> Result<usize, UnknownSubscription> {
    facts
        .subscriptions
        .iter()
        .position(|subscription| subscription.subscription_id == wanted)
        .ok_or(UnknownSubscription)
}

fn describe(
    subscription: &Subscription,
    subject: &Subject,
    rules: &LineRules,
    scores: Scores,
) -> SubscriptionStatus {
    SubscriptionStatus {
        subscription_id: subscription.subscription_id.clone(),
        live: subject.standing == Standing::Live,
        tenure_days: subject.tenure_days,
        stage: stage::first(subject, rules),
        scores,
    }
}

/// Finds the line whose rules hold for the customer as a whole: of the subscription asked for, else
/// of the first live one, else of the latest.
fn leading_line<'a>(
    facts: &'a CustomerFacts,
    wanted: Option<usize>,
    subjects: &[Subject],
) -> &'a str {
    let is_live = |subject: &Subject| subject.standing == Standing::Live;
    let leading = wanted
        .or_else(|| subjects.iter().position(is_live))
        .or_else(|| subjects.len().checked_sub(1));
    leading
        .and_then(|index| facts.subscriptions.get(index))
        .map_or(DEFAULT_LINE, |subscription| &subscription.business_line)
}

/// The subscriptions that count as at risk from now on.
fn risks(facts: &CustomerFacts, subjects: &[Subject]) -> Vec<RiskMemory> {
    let remembered = facts.subscriptions.iter().zip(subjects);
    remembered
        .filter_map(|(subscription, subject)| {
            Some(RiskMemory {
                subscription_id: subscription.subscription_id.clone(),
                low_since: subject.risk.as_ref()?.at_risk?.low_since,
            })
        })
        .collect()
}

fn leading_risk(subscriptions: &[SubscriptionStatus], wanted: Option<usize>) -> Option<&ChurnRisk> {
    if let Some(wanted) = wanted {
        return subscriptions[wanted].scores.churn_risk.as_ref();
    }
    subscriptions
        .iter()
        .filter_map(|subscription| subscription.scores.churn_risk.as_ref())
        .max_by(|left, right| left.probability.total_cmp(&right.probability))
}

/// What calling silent customers lost came to, beside the call: as it was counted on those who were
/// watched since, with the rule in force; else as the gaps between purchases have it, `1 − G(∞)/G(h)`.
fn false_lost(
    facts: &CustomerFacts,
    classification: &Classification,
    knowledge: Knowledge<'_>,
) -> Option<Evidence> {
    if classification.finding.rule != LOST_BY_HIATUS {
        return None;
    }
    let mut lines = facts.subscriptions.iter();
    let share = lines.find_map(|subscription| {
        let line = subscription.business_line.as_str();
        let rule_days = knowledge.rules.of_line(line).lost_after_days;
        let purchases = knowledge.models.purchase.as_deref();
        let counted = purchases.and_then(|models| models.set.false_lost(line));
        let counted = counted.filter(|counted| counted.silence_days == rule_days);
        counted.map(FalseLost::share).or_else(|| {
            let gaps = &knowledge.models.life_tables.as_deref()?.gap(line)?.curve;
            Some(share_that_came_back(gaps, rule_days))
        })
    })?;
    let share = Measure::Share(share);
    Some(Evidence::plain("lost.share_that_came_back", share))
}

/// Lists the models of all scores, each once for a score.
fn score_models(subscriptions: &[SubscriptionStatus]) -> Vec<ScoreModel> {
    let models = subscriptions.iter();
    let mut models: Vec<ScoreModel> = models
        .flat_map(|subscription| subscription.scores.models.iter().copied())
        .collect();
    models.sort_unstable();
    models.dedup();
    models
}

/// The model that churn risk comes from, else the life table in use.
fn leading_model(score_models: &[ScoreModel], models: &ModelsInUse) -> (ModelKind, u64) {
    let of_risk = score_models.iter();
    let mut of_risk = of_risk.filter(|model| model.score == Score::ChurnRisk);
    let life_table = ModelKind::LifeTable;
    of_risk.next_back().map_or_else(
        || (life_table, models.version(life_table)),
        |model| (model.kind, model.version),
    )
}

fn lifetime_count(facts: &CustomerFacts, as_of: Timestamp) -> u32 {
    let begun = facts.lifetimes.iter().filter(|lifetime| {
        let start = lifetime.start_time;
        start.is_none_or(|start| start <= as_of)
    });
    u32::try_from(begun.count()).unwrap_or(u32::MAX)
}

/// Adds up what the live subscriptions are worth, when all that have a value share a currency. The
/// months left are those that the sum of the margins would need to give the sum of the values.
fn value_together(subscriptions: &[SubscriptionStatus]) -> Option<ValueRemaining> {
    let mut values = subscriptions
        .iter()
        .filter_map(|subscription| subscription.scores.value_remaining);
    let mut together = values.next()?;
    let mut weighted = together.residual_months * weight(together.monthly_margin);
    for value in values {
        together.amount = together.amount.checked_add(value.amount).ok()?;
        together.monthly_margin = together
            .monthly_margin
            .checked_add(value.monthly_margin)
            .ok()?;
        together.horizon_months = together.horizon_months.max(value.horizon_months);
        weighted += value.residual_months * weight(value.monthly_margin);
    }
    let total = weight(together.monthly_margin);
    if total > 0.0 {
        together.residual_months = weighted / total;
    }
    Some(together)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts are at most 10^12, far below 2^52"
)]
fn weight(margin: Money) -> f64 {
    margin.minor as f64
}

/// Finds the next instant at which time alone may change the answer. Every rule and score counts
/// whole days from some instant of the facts or from midnight, so the answer is the same until the
/// first of these is a whole number of days away; that is a day at most.
fn valid_until(facts: &CustomerFacts, memory: &StageMemory, as_of: Timestamp) -> Timestamp {
    let subscriptions = facts.subscriptions.iter().flat_map(|subscription| {
        [
            subscription.start_time,
            subscription.commitment_end_time,
            subscription.service_end_time,
        ]
    });
    let lifetimes = facts
        .lifetimes
        .iter()
        .flat_map(|lifetime| [lifetime.start_time, lifetime.end_time]);
    let activities = facts
        .activities
        .iter()
        .flat_map(|activity| [activity.first_time, activity.last_time]);
    let incidents = facts
        .open_incidents
        .iter()
        .map(|incident| incident.open_time);
    subscriptions
        .chain(lifetimes)
        .chain(activities)
        .chain(incidents)
        .chain([facts.last_incident_resolve_time, Some(memory.since)])
        .chain(memory.risks.iter().map(|risk| risk.low_since))
        .flatten()
        .map(|anchor| next_boundary(anchor, as_of))
        .fold(next_boundary(start_of_day(0), as_of), Timestamp::min)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
