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
        "score_models": status.score_models.iter().map(score_model).collect::<Vec<_>>(),
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
        "expected_purchases": subscription.expected_purchases,
        "score_models": subscription.score_models.iter().map(score_model).collect::<Vec<_>>(),
    })
}

fn score_model(model: &pb::ScoreModel) -> Value {
    json!({
        "score": vocabulary::SCORE.word(model.score),
        "kind": model.kind,
        "version": model.version,
    })
}

fn contribution(contribution: &pb::RiskContribution) -> Value {
    json!({
        "fact": contribution.fact,
        "value": contribution.value,
        "log_odds": contribution.log_odds,
        "sentence": contribution.sentence,
    })
}

fn risk(risk: &pb::ChurnRisk) -> Value {
    json!({
        "probability": risk.probability,
        "lower": risk.lower,
        "upper": risk.upper,
        "horizon_days": risk.horizon_days,
        "sample_size": risk.sample_size,
        "contributions": risk.contributions.iter().map(contribution).collect::<Vec<_>>(),
        "contribution_method": vocabulary::CONTRIBUTION_METHOD.word(risk.contribution_method),
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
        "evaluation": model.evaluation.as_ref().map(evaluation),
        "problem": model.problem,
        "foreign_model": model.foreign_model.as_ref().map(foreign_model),
    })
}

fn foreign_model(foreign: &pb::ForeignModel) -> Value {
    json!({
        "trained_by": foreign.trained_by,
        "description": foreign.description,
        "file_sha256": foreign.file_sha256,
        "file_bytes": foreign.file_bytes,
    })
}

fn evaluation(evaluation: &pb::ModelEvaluation) -> Value {
    json!({
        "measure": evaluation.measure,
        "value": evaluation.value,
        "higher_is_better": evaluation.higher_is_better,
        "figures": figures(&evaluation.figures),
        "comparison": evaluation.comparison.as_ref().map(comparison),
    })
}

fn comparison(comparison: &pb::ModelComparison) -> Value {
    json!({
        "version": comparison.version,
        "measure": comparison.measure,
        "sample_size": comparison.sample_size,
        "value": comparison.value,
        "other_value": comparison.other_value,
        "standard_error": comparison.standard_error,
    })
}

/// Figures by name; a figure with a standard error, or that has none, is an object of both.
fn figures(figures: &[pb::Figure]) -> Value {
    let told = figures.iter().map(|figure| {
        let value = match figure.standard_error {
            Some(error) => json!({"value": figure.value, "standard_error": error}),
            None if figure.not_identified => json!({"value": figure.value, "not_identified": true}),
            None => json!(figure.value),
        };
        (figure.name.clone(), value)
    });
    Value::Object(told.collect())
}

/// A model with its groups and its history.
pub fn shown_model(shown: &pb::GetModelResponse) -> Value {
    json!({
        "model": shown.model.as_ref().map(model),
        "groups": shown.groups.iter().map(group).collect::<Vec<_>>(),
        "activations": shown.activations.iter().map(activation).collect::<Vec<_>>(),
    })
}

fn group(group: &pb::ModelGroup) -> Value {
    let convergence = group.convergence.as_ref().map(|convergence| {
        json!({
            "iterations": convergence.iterations,
            "evaluations": convergence.evaluations,
            "largest_slope": convergence.largest_slope,
            "hardly_bounded": convergence.hardly_bounded,
        })
    });
    json!({
        "group": group.group,
        "family": group.family,
        "sample_size": group.sample_size,
        "parameters": figures(&group.parameters),
        "figures": figures(&group.figures),
        "convergence": convergence,
        "pooled_because": group.pooled_because,
    })
}

fn activation(activation: &pb::ModelActivation) -> Value {
    json!({
        "number": activation.number,
        "version": activation.version,
        "activate_time": time(activation.activate_time.as_ref()),
        "activated_by": activation.activated_by,
        "forced": activation.forced,
        "reason": activation.reason,
    })
}

/// A model that was put in use.
pub fn activated_model(activated: &pb::ActivateModelResponse) -> Value {
    json!({
        "model": activated.model.as_ref().map(model),
        "previous_version": activated.previous_version,
    })
}

/// How far customers have moved since a fit.
pub fn drift(drift: &pb::CheckDriftResponse) -> Value {
    let input = |input: &pb::InputDrift| {
        json!({
            "group": input.group,
            "input": input.input,
            "population_stability_index": input.population_stability_index,
            "unknown_share": input.unknown_share,
        })
    };
    let calibration = |calibration: &pb::CalibrationDrift| {
        json!({
            "group": calibration.group,
            "sample_size": calibration.sample_size,
            "expected": calibration.expected,
            "observed": calibration.observed,
            "watched_days": calibration.watched_days,
            "slope": calibration.slope,
            "intercept": calibration.intercept,
        })
    };
    json!({
        "model": drift.model.as_ref().map(model),
        "inputs": drift.inputs.iter().map(input).collect::<Vec<_>>(),
        "calibrations": drift.calibrations.iter().map(calibration).collect::<Vec<_>>(),
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
        "opportunity_days": line.opportunity_days,
    })
}
