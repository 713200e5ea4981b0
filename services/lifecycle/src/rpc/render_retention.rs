//! Retention curves become messages.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as types;
use edge::page::PageTokens;

use super::render::money;
use super::render_model::figure;
use crate::domain::facts::ContractKind;
use crate::domain::tenure::life_tables::Subject;
use crate::domain::tenure::retention_outlook::{MonthAhead, Outlook, OutlookPage, OutlookPoint};

pub(super) fn curves(
    page: OutlookPage,
    tokens: &PageTokens,
    scope: &str,
) -> wire::GetRetentionCurvesResponse {
    let last = page.outlooks.last().filter(|_| page.more);
    let next_page_token = last.map(|last| tokens.seal(scope, &last.report.group));
    wire::GetRetentionCurvesResponse {
        model_version: page.version,
        next_page_token: next_page_token.unwrap_or_default(),
        curves: page.outlooks.into_iter().map(curve).collect(),
    }
}

fn curve(outlook: Outlook) -> wire::RetentionCurve {
    let report = outlook.report;
    wire::RetentionCurve {
        group: report.group,
        business_line: outlook.business_line.unwrap_or_default(),
        contract_kind: contract_kind(outlook.subject).into(),
        family: report.family.to_owned(),
        parameters: report.parameters.iter().map(figure).collect(),
        sample_size: report.sample_size,
        points: outlook.points.iter().map(point).collect(),
        residual_months: outlook.residual_months,
        months_ahead: outlook.months_ahead.iter().map(month_ahead).collect(),
    }
}

fn contract_kind(subject: Subject) -> types::ContractKind {
    match subject {
        Subject::EveryContract | Subject::Gap | Subject::Contract(ContractKind::Unknown) => {
            types::ContractKind::Unspecified
        }
        Subject::Contract(ContractKind::MonthToMonth) => types::ContractKind::MonthToMonth,
        Subject::Contract(ContractKind::OneYear) => types::ContractKind::OneYear,
        Subject::Contract(ContractKind::TwoYear) => types::ContractKind::TwoYear,
        Subject::Contract(ContractKind::FixedTerm) => types::ContractKind::FixedTerm,
        Subject::Contract(ContractKind::PayAsYouGo) => types::ContractKind::PayAsYouGo,
    }
}

fn point(point: &OutlookPoint) -> wire::RetentionPoint {
    let observed = point.observed;
    let period = observed.map(|observed| observed.period).unwrap_or_default();
    wire::RetentionPoint {
        month: point.month,
        at_risk: period.at_risk,
        ended: period.ended,
        observed_survival: observed.map(|observed| observed.survival),
        observed_lower: observed.map(|observed| observed.lower),
        observed_upper: observed.map(|observed| observed.upper),
        fitted_survival: point.fitted_survival,
        residual_months: point.residual_months,
    }
}

fn month_ahead(ahead: &MonthAhead) -> wire::MonthAhead {
    wire::MonthAhead {
        month: ahead.period.period,
        stays: ahead.period.stays,
        leaves: ahead.period.leaves,
        expected_months: ahead.period.expected_margin,
        months_at_risk: ahead.period.margin_at_risk,
        expected_value: ahead.expected_value.map(money),
        value_at_risk: ahead.value_at_risk.map(money),
    }
}
