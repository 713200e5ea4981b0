//! The figures of the portfolio as JSON.

use contract::lifecycle::v1 as pb;
use serde_json::{Value, json};

use super::{money, time};
use crate::vocabulary;

/// What the customers together come to.
pub(super) fn metrics(metrics: &pb::PortfolioMetrics) -> Value {
    let regained = metrics
        .regained
        .iter()
        .map(|it| json!({"month_count": it.month_count, "share": it.share.as_ref().map(share)}));
    let stages = metrics.stage_flows.iter().map(|flow| {
        json!({
            "from_stage": vocabulary::STAGE.word(flow.from_stage),
            "to_stage": vocabulary::STAGE.word(flow.to_stage),
            "count": flow.count,
        })
    });
    let cohorts = metrics.cohorts.iter().map(|cohort| {
        json!({
            "month_time": time(cohort.month_time.as_ref()),
            "customer_count": cohort.customer_count,
            "retained": cohort.retained,
        })
    });
    let values = metrics.values.iter().map(|values| {
        json!({
            "first": values.first.as_ref().map(value),
            "later": values.later.as_ref().map(value),
        })
    });
    json!({
        "customer_count": metrics.customer_count,
        "unreadable_count": metrics.unreadable_count,
        "flow": metrics.flow.as_ref().map(flow),
        "months": metrics.months.iter().map(flow).collect::<Vec<_>>(),
        "stage_flows": stages.collect::<Vec<_>>(),
        "regained": regained.collect::<Vec<_>>(),
        "same_reason": metrics.same_reason.as_ref().map(share),
        "referred": metrics.referred.as_ref().map(share),
        "first_survival": metrics.first_survival.iter().map(survival).collect::<Vec<_>>(),
        "later_survival": metrics.later_survival.iter().map(survival).collect::<Vec<_>>(),
        "cohorts": cohorts.collect::<Vec<_>>(),
        "values": values.collect::<Vec<_>>(),
        "horizon_months": metrics.horizon_months,
        "parity": metrics.parity.iter().map(parity).collect::<Vec<_>>(),
        "deserved_keeping_share": metrics.deserved_keeping_share,
    })
}

fn flow(flow: &pb::PortfolioFlow) -> Value {
    json!({
        "from_time": time(flow.from_time.as_ref()),
        "until_time": time(flow.until_time.as_ref()),
        "live_at_start": flow.live_at_start,
        "live_at_end": flow.live_at_end,
        "won": flow.won,
        "returned": flow.returned,
        "left_voluntarily": flow.left_voluntarily,
        "left_involuntarily": flow.left_involuntarily,
        "left_structurally": flow.left_structurally,
        "died": flow.died,
        "fell_silent": flow.fell_silent,
        "left_early": flow.left_early,
        "gross_churn": flow.gross_churn,
        "net_churn": flow.net_churn,
    })
}

fn share(share: &pb::CountedShare) -> Value {
    json!({
        "count": share.count,
        "of_count": share.of_count,
        "share": share.share,
        "lower": share.lower,
        "upper": share.upper,
    })
}

fn survival(point: &pb::SurvivalPoint) -> Value {
    json!({
        "month": point.month,
        "at_risk_count": point.at_risk_count,
        "left_count": point.left_count,
        "survival": point.survival,
        "lower": point.lower,
        "upper": point.upper,
    })
}

fn value(value: &pb::LifetimeValue) -> Value {
    json!({
        "monthly_margin": money(value.monthly_margin.as_ref()),
        "expected_months": value.expected_months,
        "value": money(value.value.as_ref()),
        "relationship_count": value.relationship_count,
    })
}

fn parity(total: &pb::ParityTotal) -> Value {
    json!({
        "business_line": total.business_line,
        "product": total.product,
        "new_price": money(total.new_price.as_ref()),
        "new_count": total.new_count,
        "long_standing_count": total.long_standing_count,
        "paying_more_count": total.paying_more_count,
        "excess": money(total.excess.as_ref()),
    })
}

/// What spending comes to.
pub(super) fn economics(economics: &pb::PortfolioEconomics) -> Value {
    json!({
        "acquisition_cost": money(economics.acquisition_cost.as_ref()),
        "arrival_cost": money(economics.arrival_cost.as_ref()),
        "keeping_cost_per_month": money(economics.keeping_cost_per_month.as_ref()),
        "lifetime_value": money(economics.lifetime_value.as_ref()),
        "value_to_cost": economics.value_to_cost,
        "payback_months": economics.payback_months,
        "keeping_share": economics.keeping_share,
    })
}
