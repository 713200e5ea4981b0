//! Rules and models become messages.

use contract::lifecycle::v1 as wire;
use edge::page::PageTokens;
use edge::wire::timestamp;

use super::parse::MODEL_PAGES;
use crate::domain::foreign::ForeignOrigin;
use crate::domain::model::activation::Activation;
use crate::domain::model::comparison::Comparison;
use crate::domain::model::drift::{CalibrationDrift, Drift, InputDrift};
use crate::domain::model::report::{Evaluation, Figure, GroupReport};
use crate::domain::model::{ModelKind, ModelPage, ModelSummary};
use crate::domain::rules::{LineRules, RuleSet};
use crate::domain::tenure::life_tables::Group;
use crate::usecase::{ActivatedModel, FitStep, ShownModel};
use statistics::tenures::curve::Curve;

/// What is wrong with a model that cannot be read back.
const CORRUPT: &str = "corrupt";

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
        at_risk_exit_times_base_rate_percent: Some(rules.at_risk_exit_times_base_rate_percent),
        stage_dwell_days: Some(rules.stage_dwell_days),
        opportunity_days: rules.opportunity_days,
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
        group: step.group,
        iteration: step.iteration,
    }
}

pub(super) fn import_step(step: &FitStep) -> wire::ImportModelResponse {
    wire::ImportModelResponse {
        step: step.step.to_owned(),
        progress: step.progress,
        model: None,
    }
}

pub(super) fn last_import_step(summary: &ModelSummary) -> wire::ImportModelResponse {
    wire::ImportModelResponse {
        step: "done".to_owned(),
        progress: 1.0,
        model: Some(model(summary)),
    }
}

pub(super) fn last_step(summary: &ModelSummary) -> wire::FitModelResponse {
    wire::FitModelResponse {
        step: "done".to_owned(),
        progress: 1.0,
        model: Some(model(summary)),
        ..wire::FitModelResponse::default()
    }
}

pub(super) fn model(model: &ModelSummary) -> wire::Model {
    let problem = if model.corrupt { CORRUPT } else { "" };
    wire::Model {
        version: model.version,
        kind: kind(model.kind).into(),
        fit_time: Some(timestamp(model.fit_time)),
        sample_size: model.sample_size,
        event_count: model.event_count,
        active: model.active,
        evaluation: model.evaluation.as_ref().map(evaluation),
        problem: problem.to_owned(),
        foreign_model: model.foreign.as_ref().map(foreign_model),
    }
}

fn foreign_model(origin: &ForeignOrigin) -> wire::ForeignModel {
    let digits = origin.sha256.iter().map(|byte| format!("{byte:02x}"));
    wire::ForeignModel {
        trained_by: origin.trained_by.clone(),
        description: origin.description.clone(),
        file_sha256: digits.collect(),
        file_bytes: origin.bytes,
    }
}

fn kind(kind: ModelKind) -> wire::ModelKind {
    match kind {
        ModelKind::LifeTable => wire::ModelKind::LifeTable,
        ModelKind::Purchase => wire::ModelKind::Purchase,
        ModelKind::Retention => wire::ModelKind::Retention,
        ModelKind::Propensity => wire::ModelKind::Propensity,
    }
}

fn evaluation(evaluation: &Evaluation) -> wire::ModelEvaluation {
    wire::ModelEvaluation {
        measure: evaluation.measure.clone(),
        value: evaluation.value,
        higher_is_better: evaluation.higher_is_better,
        figures: evaluation.figures.iter().map(figure).collect(),
        comparison: evaluation.comparison.as_ref().map(comparison),
    }
}

fn comparison(comparison: &Comparison) -> wire::ModelComparison {
    wire::ModelComparison {
        version: comparison.version,
        measure: comparison.measure.clone(),
        sample_size: comparison.rows,
        value: comparison.value,
        other_value: comparison.other_value,
        standard_error: comparison.standard_error,
    }
}

pub(super) fn figure(figure: &Figure) -> wire::Figure {
    wire::Figure {
        name: figure.name.clone(),
        value: figure.value,
        standard_error: figure.standard_error,
        not_identified: figure.not_identified,
    }
}

pub(super) fn activated(activated: &ActivatedModel) -> wire::ActivateModelResponse {
    wire::ActivateModelResponse {
        model: Some(model(&activated.model)),
        previous_version: activated.previous_version,
    }
}

pub(super) fn shown(shown: &ShownModel) -> wire::GetModelResponse {
    wire::GetModelResponse {
        model: Some(model(&shown.summary)),
        groups: shown.groups.iter().map(group).collect(),
        activations: shown.activations.iter().map(activation).collect(),
    }
}

fn group(group: &GroupReport) -> wire::ModelGroup {
    let convergence = group.search.as_ref().map(|search| wire::Convergence {
        iterations: search.iterations,
        evaluations: search.evaluations,
        largest_slope: search.largest_slope,
        hardly_bounded: search.hardly_bounded.clone().unwrap_or_default(),
    });
    wire::ModelGroup {
        group: group.group.clone(),
        family: group.family.to_owned(),
        sample_size: group.sample_size,
        parameters: group.parameters.iter().map(figure).collect(),
        figures: group.figures.iter().map(figure).collect(),
        convergence,
        pooled_because: group.pooled_because.clone().unwrap_or_default(),
    }
}

pub(super) fn drift(drift: &Drift) -> wire::CheckDriftResponse {
    let input = |input: &InputDrift| wire::InputDrift {
        group: input.group.clone(),
        input: input.input.clone(),
        population_stability_index: input.stability_index,
        unknown_share: input.unknown_share,
    };
    let calibration = |calibration: &CalibrationDrift| wire::CalibrationDrift {
        group: calibration.group.clone(),
        sample_size: calibration.sample_size,
        expected: calibration.expected,
        observed: calibration.observed,
        watched_days: calibration.watched_days,
        slope: calibration.slope,
        intercept: calibration.intercept,
    };
    wire::CheckDriftResponse {
        model: Some(model(&drift.summary)),
        inputs: drift.inputs.iter().map(input).collect(),
        calibrations: drift.calibrations.iter().map(calibration).collect(),
    }
}

fn activation(activation: &Activation) -> wire::ModelActivation {
    wire::ModelActivation {
        number: activation.number,
        version: activation.version,
        activate_time: Some(timestamp(activation.activate_time)),
        activated_by: activation.activated_by.clone(),
        forced: activation.forced,
        reason: activation.reason.clone(),
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
