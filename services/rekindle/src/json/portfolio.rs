//! The portfolio as JSON.

use contract::lifecycle::v1 as pb;
use serde_json::{Value, json};

use super::{metrics, money, time};
use crate::vocabulary;

/// Customers added up, and what they come to.
pub fn portfolio(
    portfolio: &pb::GetPortfolioResponse,
    figures: &pb::GetPortfolioMetricsResponse,
) -> Value {
    let bands = portfolio.risk_bands.iter().map(|band| {
        json!({
            "from_probability": band.from_probability,
            "to_probability": band.to_probability,
            "customer_count": band.customer_count,
        })
    });
    json!({
        "totals": portfolio.totals.iter().map(total).collect::<Vec<_>>(),
        "risk_bands": bands.collect::<Vec<_>>(),
        "latest_run": portfolio.latest_run.as_ref().map(scoring_run),
        "metrics": figures.metrics.as_ref().map(metrics::metrics),
        "economics": figures.economics.as_ref().map(metrics::economics),
    })
}

fn total(total: &pb::StageTotal) -> Value {
    let values = total.values.iter().map(|value| {
        json!({
            "value_remaining": money(value.value_remaining.as_ref()),
            "value_at_risk": money(value.value_at_risk.as_ref()),
        })
    });
    json!({
        "business_line": total.business_line,
        "stage": vocabulary::STAGE.word(total.stage),
        "customer_count": total.customer_count,
        "live_count": total.live_count,
        "scored_count": total.scored_count,
        "mean_churn_risk": total.mean_churn_risk,
        "values": values.collect::<Vec<_>>(),
    })
}

/// One scoring of the portfolio.
pub fn scoring_run(run: &pb::ScoringRun) -> Value {
    json!({
        "number": run.number,
        "start_time": time(run.start_time.as_ref()),
        "end_time": time(run.end_time.as_ref()),
        "rules_version": run.rules_version,
        "model_activation": run.model_activation,
        "range_count": run.range_count,
        "done_range_count": run.done_range_count,
        "customer_count": run.customer_count,
        "done_customer_count": run.done_customer_count,
        "scored_customer_count": run.scored_customer_count,
        "transition_count": run.transition_count,
        "unreadable_customer_count": run.unreadable_customer_count,
    })
}

/// A customer in a list.
pub fn scored_customer(customer: &pb::ScoredCustomer) -> Value {
    json!({
        "customer_id": customer.customer_id,
        "stage": vocabulary::STAGE.word(customer.stage),
        "stage_rule": customer.stage_rule,
        "stage_since_time": time(customer.stage_since_time.as_ref()),
        "business_line": customer.business_line,
        "live": customer.live,
        "churn_risk": customer.churn_risk,
        "probability_alive": customer.probability_alive,
        "value_remaining": money(customer.value_remaining.as_ref()),
        "scored_time": time(customer.scored_time.as_ref()),
        "revision": customer.revision,
        "rules_version": customer.rules_version,
        "model_activation": customer.model_activation,
    })
}

/// A change of stage, with the cursor to go on from once it was dealt with.
pub fn watched_transition(transition: &pb::StageTransition, cursor: &str) -> Value {
    let evidence = transition.evidence.iter().map(|evidence| {
        json!({
            "fact": evidence.fact,
            "value": evidence.value,
            "threshold": evidence.threshold,
        })
    });
    json!({
        "customer_id": transition.customer_id,
        "transition_time": time(transition.transition_time.as_ref()),
        "from_stage": vocabulary::STAGE.word(transition.from_stage),
        "to_stage": vocabulary::STAGE.word(transition.to_stage),
        "stage_rule": transition.stage_rule,
        "evidence": evidence.collect::<Vec<_>>(),
        "churn_risk": transition.churn_risk,
        "probability_alive": transition.probability_alive,
        "rules_version": transition.rules_version,
        "model_activation": transition.model_activation,
        "revision": transition.revision,
        "cursor": cursor,
    })
}
