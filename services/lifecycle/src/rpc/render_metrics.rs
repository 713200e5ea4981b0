//! The figures of the portfolio become messages.

use contract::lifecycle::v1 as wire;
use edge::wire::timestamp;
use statistics::purchases::hiatus::Share;
use statistics::tenures::curve::Estimate;

use super::render::{money, stage};
use crate::domain::portfolio::StageFlow;
use crate::domain::portfolio::economics::{Economics, deserved_keeping_share};
use crate::domain::portfolio::metrics::{Cohort, Flow, LifetimeValue, PortfolioMetrics, Values};
use crate::domain::portfolio::months::Window;
use crate::domain::portfolio::parity::ParityTotal;

pub(super) fn metrics(
    metrics: PortfolioMetrics,
    window: Window,
    stage_flows: &[StageFlow],
) -> wire::PortfolioMetrics {
    let months = metrics.months.iter();
    let regained = metrics.regained.iter();
    wire::PortfolioMetrics {
        customer_count: metrics.customer_count,
        unreadable_count: metrics.unreadable_count,
        flow: Some(flow(window, &metrics.flow)),
        months: months.map(|(month, it)| flow(*month, it)).collect(),
        stage_flows: stage_flows.iter().map(stage_flow).collect(),
        regained: regained
            .map(|(months, it)| wire::RegainShare {
                month_count: *months,
                share: Some(share(*it)),
            })
            .collect(),
        same_reason: Some(share(metrics.same_reason)),
        referred: Some(share(metrics.referred)),
        first_survival: survival(&metrics.first_survival),
        later_survival: survival(&metrics.later_survival),
        cohorts: metrics.cohorts.into_iter().map(cohort).collect(),
        values: metrics.values.into_values().map(values).collect(),
        horizon_months: metrics.horizon_months,
        parity: metrics.parity.into_iter().map(parity).collect(),
        deserved_keeping_share: deserved_keeping_share(&metrics.flow),
    }
}

pub(super) fn economics(economics: Economics) -> wire::PortfolioEconomics {
    wire::PortfolioEconomics {
        acquisition_cost: economics.cac.map(money),
        arrival_cost: economics.cpa.map(money),
        keeping_cost_per_month: economics.cpm.map(money),
        lifetime_value: economics.clv.map(money),
        value_to_cost: economics.clv_to_cac,
        payback_months: economics.payback_months,
        keeping_share: economics.keeping_share,
    }
}

fn flow(window: Window, flow: &Flow) -> wire::PortfolioFlow {
    wire::PortfolioFlow {
        from_time: Some(timestamp(window.from)),
        until_time: Some(timestamp(window.until)),
        live_at_start: flow.live_at_start,
        live_at_end: flow.live_at_end,
        won: flow.won,
        returned: flow.returned,
        left_voluntarily: flow.left_voluntarily,
        left_involuntarily: flow.left_involuntarily,
        left_structurally: flow.left_structurally,
        died: flow.died,
        fell_silent: flow.fell_silent,
        left_early: flow.left_early,
        gross_churn: flow.gross_churn(),
        net_churn: flow.net_churn(),
    }
}

fn share(share: Share) -> wire::CountedShare {
    let [lower, upper] = share.interval();
    wire::CountedShare {
        count: share.count,
        of_count: share.of,
        share: share.value(),
        lower,
        upper,
    }
}

fn stage_flow(flow: &StageFlow) -> wire::StageFlow {
    wire::StageFlow {
        from_stage: stage(flow.from).into(),
        to_stage: stage(flow.to).into(),
        count: flow.count,
    }
}

fn survival(estimates: &[Estimate]) -> Vec<wire::SurvivalPoint> {
    let points = (1..).zip(estimates).map(|(month, it)| wire::SurvivalPoint {
        month,
        at_risk_count: it.period.at_risk,
        left_count: it.period.ended,
        survival: it.survival,
        lower: it.lower,
        upper: it.upper,
    });
    points.collect()
}

fn cohort(cohort: Cohort) -> wire::RetentionCohort {
    wire::RetentionCohort {
        month_time: Some(timestamp(cohort.month)),
        customer_count: cohort.customer_count,
        retained: cohort.retained,
    }
}

fn values(values: Values) -> wire::LifetimeValues {
    wire::LifetimeValues {
        first: values.first.map(value),
        later: values.later.map(value),
    }
}

fn value(value: LifetimeValue) -> wire::LifetimeValue {
    wire::LifetimeValue {
        monthly_margin: Some(money(value.monthly_margin)),
        expected_months: value.expected_months,
        value: Some(money(value.value)),
        relationship_count: value.count,
    }
}

fn parity(total: ParityTotal) -> wire::ParityTotal {
    wire::ParityTotal {
        business_line: total.business_line,
        product: total.product,
        new_price: Some(money(total.new_price)),
        new_count: total.new_count,
        long_standing_count: total.long_standing_count,
        paying_more_count: total.paying_more_count,
        excess: Some(money(total.excess)),
    }
}
