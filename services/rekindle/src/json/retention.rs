//! Retention curves as JSON.

use contract::lifecycle::v1 as pb;
use serde_json::{Value, json};

use super::money;
use crate::vocabulary;

/// Every curve with all its months.
pub fn retention(answer: &pb::GetRetentionCurvesResponse) -> Value {
    json!({
        "model_version": answer.model_version,
        "curves": answer.curves.iter().map(curve).collect::<Vec<_>>(),
    })
}

fn curve(curve: &pb::RetentionCurve) -> Value {
    let parameters = curve.parameters.iter();
    let parameters = parameters.map(|figure| (figure.name.clone(), json!(figure.value)));
    // Every kind together has none.
    let kind =
        (curve.contract_kind != 0).then(|| vocabulary::CONTRACT_KIND.word(curve.contract_kind));
    json!({
        "group": curve.group,
        "business_line": curve.business_line,
        "contract_kind": kind,
        "family": curve.family,
        "parameters": parameters.collect::<serde_json::Map<_, _>>(),
        "sample_size": curve.sample_size,
        "points": curve.points.iter().map(point).collect::<Vec<_>>(),
        "residual_months": curve.residual_months,
        "months_ahead": curve.months_ahead.iter().map(month_ahead).collect::<Vec<_>>(),
    })
}

fn point(point: &pb::RetentionPoint) -> Value {
    json!({
        "month": point.month,
        "at_risk": point.at_risk,
        "ended": point.ended,
        "observed_survival": point.observed_survival,
        "observed_lower": point.observed_lower,
        "observed_upper": point.observed_upper,
        "fitted_survival": point.fitted_survival,
        "residual_months": point.residual_months,
    })
}

fn month_ahead(month: &pb::MonthAhead) -> Value {
    json!({
        "month": month.month,
        "stays": month.stays,
        "leaves": month.leaves,
        "expected_months": month.expected_months,
        "months_at_risk": month.months_at_risk,
        "expected_value": money(month.expected_value.as_ref()),
        "value_at_risk": money(month.value_at_risk.as_ref()),
    })
}
