//! Statuses become messages.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as types;
use edge::wire::timestamp;
use kernel::money::Money;

use crate::domain::propensity::contribution::{ContributionMethod, RiskContribution};
use crate::domain::score::{Absence, ChurnRisk, Score, ScoreModel, ValueRemaining};
use crate::domain::stage::{Evidence, Stage};
use crate::domain::status::explanation;
use crate::domain::status::{CustomerStatus, SubscriptionStatus};
use crate::usecase::StatusWithFacts;

/// A status, and the snapshot it was computed on where that was asked for.
pub(super) fn with_facts(
    found: StatusWithFacts,
    include_facts: bool,
) -> wire::CustomerStatusWithFacts {
    let StatusWithFacts {
        status,
        without_memory,
        is_recorded,
        facts,
    } = found;
    let since = status.memory.since;
    let explanation = explanation::explain(&status.classification);
    wire::CustomerStatusWithFacts {
        facts: include_facts.then(|| facts.into_form()).flatten(),
        status: Some(wire::CustomerStatus {
            stage_since_time: is_recorded.then(|| timestamp(since)),
            without_stage_memory: without_memory,
            explanation,
            ..computed(status)
        }),
    }
}

fn computed(status: CustomerStatus) -> wire::CustomerStatus {
    let classification = status.classification;
    let further = classification.further.into_iter();
    let model_kind = if status.model_version > 0 {
        status.model_kind.key()
    } else {
        ""
    };
    wire::CustomerStatus {
        customer_id: status.customer_id,
        revision: status.revision,
        as_of_time: Some(timestamp(status.as_of)),
        stage: stage(classification.stage).into(),
        stage_rule: classification.finding.rule.to_owned(),
        evidence: classification
            .finding
            .evidence
            .into_iter()
            .map(evidence)
            .collect(),
        further_stages: further.map(|further| stage(further).into()).collect(),
        live: status.live,
        tenure_days: status.tenure_days,
        lifetime_count: status.lifetime_count,
        subscriptions: status.subscriptions.into_iter().map(subscription).collect(),
        churn_risk: status.churn_risk.as_ref().map(churn_risk),
        value_remaining: status.value_remaining.map(value_remaining),
        rules_version: status.rules_version,
        model_activation: status.memory.model_activation,
        model_version: status.model_version,
        model_kind: model_kind.to_owned(),
        valid_until_time: Some(timestamp(status.valid_until)),
        score_models: status.score_models.into_iter().map(score_model).collect(),
        ..wire::CustomerStatus::default()
    }
}

fn subscription(subscription: SubscriptionStatus) -> wire::SubscriptionStatus {
    let scores = subscription.scores;
    let reason = |absence: Absence| absence.key().to_owned();
    wire::SubscriptionStatus {
        subscription_id: subscription.subscription_id,
        live: subscription.live,
        tenure_days: subscription.tenure_days,
        stage: stage(subscription.stage).into(),
        churn_risk: scores.churn_risk.as_ref().map(churn_risk),
        value_remaining: scores.value_remaining.map(value_remaining),
        probability_alive: scores.probability_alive,
        absent_score_reasons: scores.absences.into_iter().map(reason).collect(),
        expected_purchases: scores.expected_purchases,
        score_models: scores.models.into_iter().map(score_model).collect(),
    }
}

pub(super) fn stage(stage: Stage) -> wire::Stage {
    match stage {
        Stage::Acquired => wire::Stage::Acquired,
        Stage::Onboarding => wire::Stage::Onboarding,
        Stage::Established => wire::Stage::Established,
        Stage::LongTerm => wire::Stage::LongTerm,
        Stage::Growing => wire::Stage::Growing,
        Stage::FirstDisagreement => wire::Stage::FirstDisagreement,
        Stage::AtRisk => wire::Stage::AtRisk,
        Stage::Leaving => wire::Stage::Leaving,
        Stage::Lapsed => wire::Stage::Lapsed,
        Stage::Lost => wire::Stage::Lost,
        Stage::Phoenix => wire::Stage::Phoenix,
    }
}

fn evidence(evidence: Evidence) -> wire::Evidence {
    wire::Evidence {
        fact: evidence.fact.to_owned(),
        value: evidence.value.to_string(),
        threshold: evidence
            .threshold
            .map(|threshold| threshold.to_string())
            .unwrap_or_default(),
    }
}

fn churn_risk(risk: &ChurnRisk) -> wire::ChurnRisk {
    wire::ChurnRisk {
        probability: risk.probability,
        lower: risk.lower,
        upper: risk.upper,
        horizon_days: risk.horizon_days,
        sample_size: risk.sample_size,
        contributions: risk.contributions.iter().map(contribution).collect(),
        contribution_method: method(risk.contribution_method).into(),
    }
}

fn method(method: ContributionMethod) -> wire::ContributionMethod {
    match method {
        ContributionMethod::None => wire::ContributionMethod::Unspecified,
        ContributionMethod::Exact => wire::ContributionMethod::Exact,
        ContributionMethod::Occlusion => wire::ContributionMethod::Occlusion,
    }
}

fn contribution(contribution: &RiskContribution) -> wire::RiskContribution {
    wire::RiskContribution {
        fact: contribution.fact.clone(),
        value: contribution.value.clone(),
        log_odds: contribution.log_odds,
        sentence: contribution.sentence.clone(),
    }
}

fn score_model(model: ScoreModel) -> wire::ScoreModel {
    let score = match model.score {
        Score::ChurnRisk => wire::Score::ChurnRisk,
        Score::ValueRemaining => wire::Score::ValueRemaining,
        Score::ProbabilityAlive => wire::Score::ProbabilityAlive,
        Score::ExpectedPurchases => wire::Score::ExpectedPurchases,
    };
    wire::ScoreModel {
        score: score.into(),
        kind: model.kind.key().to_owned(),
        version: model.version,
    }
}

fn value_remaining(value: ValueRemaining) -> wire::ValueRemaining {
    wire::ValueRemaining {
        amount: Some(money(value.amount)),
        residual_months: value.residual_months,
        horizon_months: value.horizon_months,
        monthly_margin: Some(money(value.monthly_margin)),
    }
}

pub(super) fn money(money: Money) -> types::Money {
    types::Money {
        minor: money.minor,
        currency: money.currency.code().to_owned(),
    }
}
