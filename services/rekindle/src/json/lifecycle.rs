//! Statuses, rules and models as JSON.

use contract::lifecycle::v1 as pb;
use serde_json::{Value, json};

use super::{money, time};
use crate::vocabulary;

/// Where a customer stands.
pub fn status(status: &pb::CustomerStatus) -> Value {
    let further: Vec<String> = status
        .further_stages
        .iter()
        .map(|stage| vocabulary::STAGE.word(*stage))
        .collect();
    json!({
        "customer_id": status.customer_id,
        "revision": status.revision,
        "as_of_time": time(status.as_of_time.as_ref()),
        "stage": vocabulary::STAGE.word(status.stage),
        "stage_rule": status.stage_rule,
        "evidence": status.evidence.iter().map(evidence).collect::<Vec<_>>(),
        "further_stages": further,
        "live": status.live,
        "tenure_days": status.tenure_days,
        "lifetime_count": status.lifetime_count,
        "subscriptions": status.subscriptions.iter().map(subscription).collect::<Vec<_>>(),
        "churn_risk": status.churn_risk.as_ref().map(risk),
        "value_remaining": status.value_remaining.as_ref().map(value),
        "rules_version": status.rules_version,
        "model_version": status.model_version,
        "model_kind": status.model_kind,
        "valid_until_time": time(status.valid_until_time.as_ref()),
        "stage_since_time": time(status.stage_since_time.as_ref()),
        "without_stage_memory": status.without_stage_memory,
        "explanation": status.explanation,
    })
}

fn evidence(evidence: &pb::Evidence) -> Value {
    json!({"fact": evidence.fact, "value": evidence.value, "threshold": evidence.threshold})
}

fn subscription(subscription: &pb::SubscriptionStatus) -> Value {
    json!({
        "subscription_id": subscription.subscription_id,
        "live": subscription.live,
        "tenure_days": subscription.tenure_days,
        "stage": vocabulary::STAGE.word(subscription.stage),
        "churn_risk": subscription.churn_risk.as_ref().map(risk),
        "value_remaining": subscription.value_remaining.as_ref().map(value),
        "probability_alive": subscription.probability_alive,
        "absent_score_reasons": subscription.absent_score_reasons,
    })
}

fn risk(risk: &pb::ChurnRisk) -> Value {
    json!({
        "probability": risk.probability,
        "lower": risk.lower,
        "upper": risk.upper,
        "horizon_days": risk.horizon_days,
        "sample_size": risk.sample_size,
    })
}

fn value(value: &pb::ValueRemaining) -> Value {
    json!({
        "amount": money(value.amount.as_ref()),
        "residual_months": value.residual_months,
        "horizon_months": value.horizon_months,
        "monthly_margin": money(value.monthly_margin.as_ref()),
    })
}

/// A fitted model.
pub fn model(model: &pb::Model) -> Value {
    json!({
        "version": model.version,
        "kind": vocabulary::MODEL_KIND.word(model.kind),
        "fit_time": time(model.fit_time.as_ref()),
        "sample_size": model.sample_size,
        "event_count": model.event_count,
        "active": model.active,
    })
}

/// The rules of the business lines.
pub fn rules(rules: &pb::RuleSet) -> Value {
    json!({
        "version": rules.version,
        "publish_time": time(rules.publish_time.as_ref()),
        "business_lines": rules.business_lines.iter().map(line).collect::<Vec<_>>(),
    })
}

fn line(line: &pb::BusinessLineRules) -> Value {
    json!({
        "business_line": line.business_line,
        "early_days": line.early_days,
        "long_term_days": line.long_term_days,
        "lapsed_after_days": line.lapsed_after_days,
        "lost_after_days": line.lost_after_days,
        "phoenix_days": line.phoenix_days,
        "calm_days": line.calm_days,
        "notice_days": line.notice_days,
        "gross_margin_basis_points": line.gross_margin_basis_points,
        "discount_rate_basis_points": line.discount_rate_basis_points,
        "risk_horizon_days": line.risk_horizon_days,
        "at_risk_times_base_rate_percent": line.at_risk_times_base_rate_percent,
        "at_risk_exit_times_base_rate_percent": line.at_risk_exit_times_base_rate_percent,
        "stage_dwell_days": line.stage_dwell_days,
        "value_horizon_months": line.value_horizon_months,
    })
}
