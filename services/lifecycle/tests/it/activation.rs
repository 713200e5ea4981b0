//! The life of a model: a candidate, in use, replaced, back in use; and what stands in the way.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::{Code, Status};

use crate::world::{
    Running, World, check_refusal, contract, customer, days_ago, ended, faulty_fields, population,
};

/// Fits a retention model without putting it in use.
async fn fit_retention(service: &Running) -> wire::Model {
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        ..wire::FitModelRequest::default()
    };
    service.fit_with(request).await.1.unwrap()
}

async fn activate(
    service: &Running,
    request: wire::ActivateModelRequest,
) -> Result<wire::ActivateModelResponse, Status> {
    let answer = service.models().activate_model(request).await;
    answer.map(tonic::Response::into_inner)
}

fn version(version: u64) -> wire::ActivateModelRequest {
    wire::ActivateModelRequest {
        version,
        ..wire::ActivateModelRequest::default()
    }
}

fn forced(version: u64) -> wire::ActivateModelRequest {
    wire::ActivateModelRequest {
        version,
        force: true,
        reason: "the old one knows nothing of the new tariff".to_owned(),
        activated_by: "analyst-7".to_owned(),
        ..wire::ActivateModelRequest::default()
    }
}

async fn show(service: &Running, version: u64, kind: wire::ModelKind) -> wire::GetModelResponse {
    let request = wire::GetModelRequest {
        version,
        kind: kind.into(),
    };
    let answer = service.models().get_model(request).await;
    answer.unwrap().into_inner()
}

/// A year of customers, of whom more leave early: enough to rehearse on.
fn year(world: &World) {
    for number in 0..240_i64 {
        let started = 30 + number;
        let lasts = 20 + (number * 37) % 300;
        let subscription = if lasts < started {
            ended("s", started, started - lasts)
        } else {
            contract("s", started)
        };
        world
            .profiles
            .put(customer(&format!("year-{number}"), vec![subscription]));
    }
}

/// Everybody who is still there leaves at once: no model that was fitted before foresaw it.
fn exodus(world: &World) {
    for number in 0..240_i64 {
        let started = 30 + number;
        let lasts = 20 + (number * 37) % 300;
        if lasts >= started {
            let subscription = ended("s", started, number % 20);
            let gone = wire_revision(customer(&format!("year-{number}"), vec![subscription]));
            world.profiles.put(gone);
        }
    }
}

fn wire_revision(facts: contract::types::v1::CustomerFacts) -> contract::types::v1::CustomerFacts {
    contract::types::v1::CustomerFacts {
        revision: 2,
        ..facts
    }
}

#[tokio::test]
async fn a_fit_ends_with_a_candidate_that_an_activation_puts_in_use() {
    let world = World::start().await;
    year(&world);
    let candidate = fit_retention(&world.service).await;
    assert_eq!((candidate.version, candidate.active), (1, false));
    assert_eq!(candidate.kind(), wire::ModelKind::Retention);
    let evaluation = candidate.evaluation.unwrap();
    assert_eq!(evaluation.measure, "holdout_log_loss");
    assert!(evaluation.value > 0.0 && !evaluation.higher_is_better);
    let status = world.service.status_of("year-5").await;
    assert_eq!(status.model_version, 0);
    let activated = activate(&world.service, version(1)).await.unwrap();
    assert_eq!(activated.previous_version, 0);
    assert!(activated.model.unwrap().active);
    let status = world.service.status_of("year-5").await;
    assert_eq!(
        (status.model_version, status.model_kind.as_str()),
        (1, "retention")
    );
    let scores: Vec<(i32, &str, u64)> = status
        .score_models
        .iter()
        .map(|model| (model.score, model.kind.as_str(), model.version))
        .collect();
    let expected = [wire::Score::ChurnRisk, wire::Score::ValueRemaining];
    let expected = expected.map(|score| (i32::from(score), "retention", 1));
    assert_eq!(scores, expected);
    let risk = status.churn_risk.unwrap();
    assert!(0.0 < risk.lower && risk.lower <= risk.probability);
    assert!(risk.probability <= risk.upper && risk.upper < 1.0);
}

#[tokio::test]
async fn a_model_shows_its_parameters_and_when_it_was_in_use() {
    let world = World::start().await;
    year(&world);
    fit_retention(&world.service).await;
    fit_retention(&world.service).await;
    for wanted in [1, 2, 1] {
        activate(&world.service, version(wanted)).await.unwrap();
    }
    let shown = show(&world.service, 0, wire::ModelKind::Retention).await;
    assert_eq!(shown.model.unwrap().version, 1);
    let history: Vec<u64> = shown.activations.iter().map(|it| it.version).collect();
    assert_eq!(history, [1, 2, 1]);
    assert_eq!(shown.activations[0].activate_time, days_ago(0));
    let line = shown.groups.iter().find(|it| it.group == "telecom/all");
    let line = line.unwrap();
    assert_eq!(line.sample_size, 240);
    assert!(!line.parameters.is_empty() && !line.family.is_empty());
    assert!(line.convergence.is_some());
}

#[tokio::test]
async fn a_worse_model_needs_force_and_a_reason() {
    let world = World::start().await;
    year(&world);
    fit_retention(&world.service).await;
    activate(&world.service, version(1)).await.unwrap();
    exodus(&world);
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    let candidate = world.service.fit_with(request).await.1.unwrap();
    assert_eq!((candidate.version, candidate.active), (2, false));
    let refused = activate(&world.service, version(2)).await.unwrap_err();
    let metadata = [
        ("version", "2"),
        ("active_version", "1"),
        ("measure", "holdout_log_loss"),
    ];
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, "MODEL_NOT_BETTER", &metadata);
    let silent = wire::ActivateModelRequest {
        reason: " ".to_owned(),
        activated_by: String::new(),
        ..forced(2)
    };
    let refused = activate(&world.service, silent).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["reason", "activated_by"]);
    let activated = activate(&world.service, forced(2)).await.unwrap();
    assert_eq!(activated.previous_version, 1);
    let shown = show(&world.service, 2, wire::ModelKind::Unspecified).await;
    let latest = &shown.activations[0];
    assert_eq!((latest.version, latest.forced), (2, true));
    assert_eq!(latest.activated_by, "analyst-7");
    assert!(latest.reason.contains("tariff"));
}

/// Subscribers of whom few leave, or suddenly many.
fn subscribers(world: &World, revision: u64, sudden: bool) {
    for number in 0..1_200_i64 {
        let started = 30 + number % 900;
        let lasts = 20 + (number * 37) % 1_500;
        let gone = started - lasts;
        let subscription = if gone >= 0 {
            ended("s", started, gone)
        } else if sudden && number % 3 == 0 {
            ended("s", started, number % 20)
        } else {
            contract("s", started)
        };
        let facts = facts::CustomerFacts {
            revision,
            ..customer(&format!("many-{number}"), vec![subscription])
        };
        world.profiles.put(facts);
    }
}

#[tokio::test]
async fn versions_are_judged_on_the_same_customers() {
    let world = World::start().await;
    subscribers(&world, 1, false);
    let first = fit_retention(&world.service).await.evaluation.unwrap();
    assert_eq!(first.comparison, None);
    activate(&world.service, version(1)).await.unwrap();
    subscribers(&world, 2, true);
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    let second = world.service.fit_with(request).await.1.unwrap();
    // Nothing fitted before the exodus foretells it, so that its own figure is the worse one; but the
    // version in use foretells these customers no better.
    assert!(second.active);
    let second = second.evaluation.unwrap();
    assert!(second.value > first.value);
    let comparison = second.comparison.unwrap();
    assert_eq!(
        (comparison.version, comparison.measure.as_str()),
        (1, "held_out_log_loss")
    );
    assert!(comparison.value < comparison.other_value && comparison.sample_size >= 50);
    let refused = activate(&world.service, version(1)).await.unwrap_err();
    let metadata = [
        ("version", "1"),
        ("active_version", "2"),
        ("measure", "held_out_log_loss"),
    ];
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, "MODEL_NOT_BETTER", &metadata);
    activate(&world.service, forced(1)).await.unwrap();
    activate(&world.service, version(2)).await.unwrap();
}

#[tokio::test]
async fn the_same_request_has_the_same_answer() {
    let world = World::start().await;
    year(&world);
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        request_id: "fit-1".to_owned(),
        ..wire::FitModelRequest::default()
    };
    let first = world.service.fit_with(request.clone()).await.1.unwrap();
    let (steps, again) = world.service.fit_with(request.clone()).await;
    assert_eq!(again.unwrap(), first);
    assert_eq!(steps, ["done"]);
    assert_eq!(world.count("fitted_model").await, 1);
    let other = wire::FitModelRequest {
        activate_if_better: true,
        ..request
    };
    let refused = world.service.fit_with(other).await.1.unwrap_err();
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, "REQUEST_ID_REUSED", &[]);
    let request = wire::ActivateModelRequest {
        request_id: "activate-1".to_owned(),
        ..version(1)
    };
    for _ in 0..2 {
        let answer = activate(&world.service, request.clone()).await.unwrap();
        assert_eq!(answer.previous_version, 0);
    }
    assert_eq!(world.count("model_activation").await, 1);
}

#[tokio::test]
async fn what_cannot_be_activated_is_refused() {
    let world = World::start().await;
    let refused = activate(&world.service, version(0)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["version"]);
    let refused = activate(&world.service, version(17)).await.unwrap_err();
    check_refusal(
        &refused,
        Code::NotFound,
        "MODEL_NOT_FOUND",
        &[("version", "17")],
    );
    let family = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        family: wire::PurchaseFamily::BgNbd.into(),
        ..wire::FitModelRequest::default()
    };
    let refused = world.service.models().fit_model(family).await;
    assert_eq!(faulty_fields(&refused.err().unwrap()), ["family"]);
}

#[tokio::test]
async fn a_corrupt_model_is_not_used_and_the_one_before_stays() {
    let world = World::start().await;
    population(&world.profiles);
    world.service.fit().await.1.unwrap();
    let before = world.service.status_of("kept-1").await.churn_risk;
    world.service.fit().await.1.unwrap();
    let sql = "update fitted_model set artifact = '{\"kind\": \"life_table\"}' where version = 2";
    sqlx::query(sql)
        .execute(&world.database.pool)
        .await
        .unwrap();
    // A process that begins now finds nothing in memory, and goes back to what was in use before.
    let other = world.another(2).await;
    let status = other.status_of("kept-1").await;
    assert_eq!((status.model_version, status.churn_risk), (1, before));
    let request = wire::ListModelsRequest::default();
    let models = other.models().list_models(request).await.unwrap();
    let problems: Vec<String> = models
        .into_inner()
        .models
        .into_iter()
        .map(|model| model.problem)
        .collect();
    assert_eq!(problems, ["corrupt", ""]);
    let refused = activate(&other, version(2)).await.unwrap_err();
    check_refusal(&refused, Code::FailedPrecondition, "MODEL_CORRUPT", &[]);
    let shown = show(&other, 2, wire::ModelKind::Unspecified).await;
    assert_eq!(shown.model.unwrap().problem, "corrupt");
}
