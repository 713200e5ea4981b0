//! Rules and models become messages.

use contract::lifecycle::v1 as wire;
use edge::page::PageTokens;
use edge::wire::timestamp;

use super::parse::MODEL_PAGES;
use crate::domain::life_tables::{Group, ModelPage, ModelSummary};
use crate::domain::rules::{LineRules, RuleSet};
use crate::usecase::FitStep;
use statistics::tenures::curve::Curve;

pub(super) fn rule_set(rules: &RuleSet) -> wire::RuleSet {
    let line = |(business_line, rules): (&String, &LineRules)| wire::BusinessLineRules {
        business_line: business_line.clone(),
        early_days: rules.early_days,
        long_term_days: rules.long_term_days,
        lapsed_after_days: rules.lapsed_after_days,
        lost_after_days: rules.lost_after_days,
        phoenix_days: rules.phoenix_days,
        calm_days: rules.calm_days,
        notice_days: rules.notice_days,
        gross_margin_basis_points: rules.gross_margin.0,
        discount_rate_basis_points: rules.discount_rate.0,
        risk_horizon_days: rules.risk_horizon_days,
        at_risk_times_base_rate_percent: rules.at_risk_times_base_rate_percent,
        value_horizon_months: rules.value_horizon_months,
    };
    wire::RuleSet {
        version: rules.version,
        publish_time: rules.publish_time.map(timestamp),
        business_lines: rules.lines().iter().map(line).collect(),
    }
}

pub(super) fn step(step: FitStep) -> wire::FitModelResponse {
    wire::FitModelResponse {
        step: step.step.to_owned(),
        progress: step.progress,
        model: None,
    }
}

pub(super) fn last_step(summary: &ModelSummary) -> wire::FitModelResponse {
    wire::FitModelResponse {
        step: "done".to_owned(),
        progress: 1.0,
        model: Some(model(summary)),
    }
}

pub(super) fn model(model: &ModelSummary) -> wire::Model {
    wire::Model {
        version: model.version,
        kind: wire::ModelKind::LifeTable.into(),
        fit_time: Some(timestamp(model.fit_time)),
        sample_size: model.sample_size,
        event_count: model.event_count,
        active: model.active,
    }
}

pub(super) fn models(page: &ModelPage, tokens: &PageTokens) -> wire::ListModelsResponse {
    let last = page.models.last().filter(|_| page.more);
    let next_page_token = last.map_or_else(String::new, |last| {
        tokens.seal(MODEL_PAGES, &last.version.to_string())
    });
    wire::ListModelsResponse {
        models: page.models.iter().map(model).collect(),
        next_page_token,
    }
}

pub(super) fn table((group, curve): &(Group, Curve)) -> wire::LifeTable {
    let periods = (1_u32..)
        .zip(curve.periods())
        .zip(curve.survival_by_period());
    let rows = periods.map(|((number, period), survival)| wire::LifeTableRow {
        period: number,
        at_risk: period.at_risk,
        ended: period.ended,
        survival,
    });
    wire::LifeTable {
        group: group.to_string(),
        unit: group.unit().to_owned(),
        rows: rows.collect(),
    }
}
