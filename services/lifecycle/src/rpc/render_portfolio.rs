//! Portfolio and transitions become messages.

use contract::lifecycle::v1 as wire;
use edge::wire::timestamp;

use super::render::{money, stage};
use crate::domain::portfolio::scored_customer::ScoredCustomer;
use crate::domain::portfolio::{RISK_BANDS, StageTotal, ValueTotal};
use crate::domain::stage::transition::{RecordedEvidence, Transition};
use crate::usecase::{Portfolio, ScoringRun};

pub(super) fn transition(transition: Transition) -> wire::StageTransition {
    wire::StageTransition {
        transition_time: Some(timestamp(transition.time)),
        from_stage: stage(transition.from).into(),
        to_stage: stage(transition.to).into(),
        stage_rule: transition.rule,
        evidence: transition.evidence.into_iter().map(evidence).collect(),
        churn_risk: transition.churn_risk,
        probability_alive: transition.probability_alive,
        rules_version: transition.rules_version,
        model_activation: transition.model_activation,
        revision: transition.revision,
        customer_id: transition.customer_id,
    }
}

fn evidence(evidence: RecordedEvidence) -> wire::Evidence {
    wire::Evidence {
        fact: evidence.fact,
        value: evidence.value,
        threshold: evidence.threshold,
    }
}

pub(super) fn customer(customer: ScoredCustomer) -> wire::ScoredCustomer {
    wire::ScoredCustomer {
        customer_id: customer.customer_id,
        stage: stage(customer.memory.stage).into(),
        stage_rule: customer.rule,
        stage_since_time: Some(timestamp(customer.memory.since)),
        business_line: customer.business_line,
        live: customer.live,
        churn_risk: customer.churn_risk,
        probability_alive: customer.probability_alive,
        value_remaining: customer.value_remaining.map(money),
        scored_time: Some(timestamp(customer.scored_time)),
        revision: customer.revision,
        rules_version: customer.memory.rules_version,
        model_activation: customer.memory.model_activation,
    }
}

pub(super) fn run(run: &ScoringRun) -> wire::ScoringRun {
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    wire::ScoringRun {
        number: run.number,
        start_time: Some(timestamp(run.start_time)),
        end_time: run.end_time.map(timestamp),
        rules_version: run.versions.rules,
        model_activation: run.versions.activation,
        range_count: count(run.range_count),
        done_range_count: count(run.done_range_count),
        customer_count: run.customer_count,
        done_customer_count: run.done_customer_count,
        scored_customer_count: run.scored_count,
        transition_count: run.transition_count,
        unreadable_customer_count: run.unreadable_count,
    }
}

pub(super) fn portfolio(portfolio: Portfolio) -> wire::GetPortfolioResponse {
    let (totals, bands) = portfolio.totals;
    wire::GetPortfolioResponse {
        totals: totals.into_iter().map(total).collect(),
        risk_bands: bands.into_iter().enumerate().map(band).collect(),
        latest_run: portfolio.latest_run.as_ref().map(run),
    }
}

fn total(total: StageTotal) -> wire::StageTotal {
    wire::StageTotal {
        mean_churn_risk: total.mean_churn_risk(),
        business_line: total.business_line,
        stage: stage(total.stage).into(),
        customer_count: total.customer_count,
        live_count: total.live_count,
        scored_count: total.scored_count,
        values: total.values.into_iter().map(value).collect(),
    }
}

fn value(value: ValueTotal) -> wire::ValueTotal {
    wire::ValueTotal {
        value_remaining: Some(money(value.remaining)),
        value_at_risk: Some(money(value.at_risk)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are ten bands")]
fn band((number, customer_count): (usize, u64)) -> wire::RiskBand {
    let end = |number: usize| number as f64 / RISK_BANDS as f64;
    wire::RiskBand {
        from_probability: end(number),
        to_probability: end(number + 1),
        customer_count,
    }
}
