//! A customer in the portfolio: the status, as far as lists and totals need it.

use kernel::money::Money;
use kernel::time::Timestamp;

use crate::domain::care::plan::CarePlan;
use crate::domain::care::planning::{self, CareOutlook};
use crate::domain::facts::CustomerFacts;
use crate::domain::stage::memory::StageMemory;
use crate::domain::stage::transition::Transition;
use crate::domain::status::{self, CustomerStatus, Knowledge};

/// Where one customer stands, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredCustomer {
    /// The customer.
    pub customer_id: String,
    /// The revision of the facts.
    pub revision: u64,
    /// The business line whose rules gave the stage; of a customer without any, the default.
    pub business_line: String,
    /// The rule that gave the stage.
    pub rule: String,
    /// The stage, and what the next scoring has to know.
    pub memory: StageMemory,
    /// The customer is entitled to anything.
    pub live: bool,
    /// The largest churn risk among the live subscriptions.
    pub churn_risk: Option<f64>,
    /// The largest chance among the live subscriptions that the silent customer is still one.
    pub probability_alive: Option<f64>,
    /// What the live subscriptions are worth together.
    pub value_remaining: Option<Money>,
    /// When it was scored.
    pub scored_time: Timestamp,
    /// Until when nothing but a new fact changes it.
    pub valid_until: Timestamp,
}

/// What comes of scoring one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Scoring {
    /// Where the customer stands now.
    pub customer: ScoredCustomer,
    /// The change of stage, if it is one. The first stage of a customer is none.
    pub transition: Option<Transition>,
    /// What the care plan wants for the customer.
    pub care: CareOutlook,
}

/// Scores customers after what is remembered of each. A foreign model is asked about all of them at
/// once.
pub fn score_all(
    customers: &[(CustomerFacts, Option<StageMemory>)],
    knowledge: Knowledge<'_>,
    plan: &CarePlan,
    as_of: Timestamp,
) -> Vec<Option<Scoring>> {
    let facts = customers.iter().map(|(facts, _)| facts);
    let models = knowledge.models.with_answers_for(facts, as_of);
    let knowledge = Knowledge {
        models: &models,
        ..knowledge
    };
    customers
        .iter()
        .map(|(facts, memory)| score(facts, knowledge, plan, memory.as_ref(), as_of))
        .collect()
}

/// Scores one customer, by the same computation that answers questions for a status.
pub fn score(
    facts: &CustomerFacts,
    knowledge: Knowledge<'_>,
    plan: &CarePlan,
    memory: Option<&StageMemory>,
    as_of: Timestamp,
) -> Option<Scoring> {
    // Without a subscription asked for there is none to miss.
    let status = status::compute_after(facts, None, knowledge, memory, as_of).ok()?;
    let care = planning::outlook(facts, &status, plan, knowledge.rules);
    let probability_alive = probability_alive(&status);
    let transition = memory
        .filter(|memory| memory.stage != status.memory.stage)
        .map(|memory| transition(&status, memory, probability_alive));
    let customer = ScoredCustomer {
        customer_id: status.customer_id,
        revision: status.revision,
        business_line: status.business_line,
        rule: status.classification.finding.rule.to_owned(),
        memory: status.memory,
        live: status.live,
        churn_risk: status.churn_risk.map(|risk| risk.probability),
        probability_alive,
        value_remaining: status.value_remaining.map(|value| value.amount),
        scored_time: as_of,
        valid_until: status.valid_until,
    };
    Some(Scoring {
        customer,
        transition,
        care,
    })
}

fn probability_alive(status: &CustomerStatus) -> Option<f64> {
    let subscriptions = status.subscriptions.iter();
    subscriptions
        .filter_map(|subscription| subscription.scores.probability_alive)
        .max_by(f64::total_cmp)
}

fn transition(
    status: &CustomerStatus,
    before: &StageMemory,
    probability_alive: Option<f64>,
) -> Transition {
    let finding = &status.classification.finding;
    Transition {
        customer_id: status.customer_id.clone(),
        from: before.stage,
        to: status.memory.stage,
        rule: finding.rule.to_owned(),
        evidence: finding.evidence.iter().map(Into::into).collect(),
        churn_risk: status.churn_risk.as_ref().map(|risk| risk.probability),
        probability_alive,
        rules_version: status.rules_version,
        model_activation: status.memory.model_activation,
        revision: status.revision,
        time: status.as_of,
    }
}
