//! Models that somebody else trained: imported, judged, put in use and asked.

use std::collections::HashMap;

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::Code;

use crate::foreign_world::{
    Drawn, activate, declaration, file, import, newcomer, parts, send, serving, subscribers, world,
    wrong_way_round,
};
use crate::world::{World, check_refusal, customer};

async fn fit(world: &World) -> wire::Model {
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Propensity.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    world.service.fit_with(request).await.1.unwrap()
}

fn figure(model: &wire::Model, name: &str) -> f64 {
    let evaluation = model.evaluation.as_ref().unwrap();
    let found = evaluation.figures.iter().find(|it| it.name == name);
    found.unwrap().value
}

/// A world with a model of ours in use, as version 2.
async fn with_ours(world: &World) -> wire::Model {
    subscribers(world, 250);
    world.service.fit().await.1.unwrap();
    let ours = fit(world).await;
    assert!(ours.active);
    ours
}

#[tokio::test]
async fn an_imported_model_is_judged_as_ours_is_and_passes_the_same_gate() {
    let world = world().await;
    let ours = with_ours(&world).await;
    let bad = import(&world.service, wrong_way_round(), "named_inputs").await;
    let refused = activate(&world.service, bad.unwrap().version, "").await;
    let metadata = [
        ("version", "3"),
        ("active_version", "2"),
        ("measure", "cross_validated_log_loss"),
    ];
    let code = Code::FailedPrecondition;
    check_refusal(&refused.unwrap_err(), code, "MODEL_NOT_BETTER", &metadata);
    let messages = parts(declaration(), &file("named_inputs"));
    let (mut steps, good) = send(&world.service, messages).await.unwrap();
    steps.dedup();
    let all = "loading catching_up counting evaluating storing done";
    assert_eq!(steps.join(" "), all);
    assert_eq!((good.kind(), good.active), (ours.kind(), false));
    // The same customers, by the same measures.
    for name in ["rows", "events"] {
        let (one, other) = (figure(&good, name), figure(&ours, name));
        assert!((one - other).abs() < 1e-9, "{name}");
    }
    for name in ["log_loss", "auc", "brier", "ece"] {
        assert!(figure(&good, name).is_finite(), "{name}");
    }
    assert!(figure(&good, "log_loss") < figure(&ours, "log_loss"));
    let foreign = good.foreign_model.unwrap();
    assert_eq!(foreign.trained_by, "data science, north");
    assert_eq!((foreign.file_bytes, foreign.file_sha256.len()), (415, 64));
    assert_eq!(ours.foreign_model, None);
    let before = activate(&world.service, good.version, "").await;
    assert_eq!(before.unwrap(), ours.version);
    let refused = activate(&world.service, ours.version, "").await;
    check_refusal(&refused.unwrap_err(), code, "MODEL_NOT_BETTER", &[]);
}

#[tokio::test]
async fn an_imported_model_serves_in_place_of_ours_and_ours_serves_again() {
    let world = world().await;
    let ours = with_ours(&world).await;
    let theirs = import(&world.service, declaration(), "named_inputs").await;
    let theirs = theirs.unwrap().version;
    activate(&world.service, theirs, "").await.unwrap();
    let drawn = newcomer(&world, "new", |_| {});
    let status = world.service.status_of("new").await;
    let kind_and_version = (status.model_kind.as_str(), status.model_version);
    assert_eq!(kind_and_version, ("propensity", theirs));
    let risk = status.churn_risk.unwrap();
    assert!((risk.probability - drawn.probability(0.0)).abs() < 1e-3);
    assert!(risk.lower <= risk.probability && risk.probability <= risk.upper);
    let method = wire::ContributionMethod::Occlusion;
    assert_eq!(risk.contribution_method(), method);
    let reasons = &risk.contributions;
    assert!(reasons.iter().all(|it| it.log_odds.is_finite()));
    // Pays more than most.
    let price = reasons.iter().find(|it| it.fact == "monthly_price");
    assert!(price.unwrap().log_odds > 0.1);

    let why = "theirs is not maintained";
    let before = activate(&world.service, ours.version, why).await;
    assert_eq!(before.unwrap(), theirs);
    let status = world.service.status_of("new").await;
    assert_eq!(status.model_version, ours.version);
    let risk = status.churn_risk.unwrap();
    assert_eq!(risk.contribution_method(), wire::ContributionMethod::Exact);
}

#[tokio::test]
async fn who_gets_no_answer_is_scored_as_if_there_were_no_such_model() {
    let world = world().await;
    let model = serving(&world).await;
    newcomer(&world, "known", |_| {});
    newcomer(&world, "no-price", |subscription| {
        subscription.monthly_price = None;
    });
    newcomer(&world, "no-number", |subscription| {
        let calls = ("support_calls".to_owned(), "1e300".to_owned());
        subscription.attributes.extend([calls]);
    });
    newcomer(&world, "elsewhere", |subscription| {
        "energy".clone_into(&mut subscription.business_line);
    });
    let known = world.service.status_of("known").await;
    assert_eq!(known.model_kind, "propensity");
    assert_eq!(known.model_version, model.version);
    for id in ["no-price", "no-number", "elsewhere"] {
        let status = world.service.status_of(id).await;
        assert_eq!(status.model_kind, "life_table", "{id}");
        let risk = status.churn_risk.unwrap();
        assert!((0.0..=1.0).contains(&risk.probability), "{id}");
        assert_eq!(risk.contributions, [], "{id}");
    }
    let request = wire::BatchGetCustomerStatusesRequest {
        customer_ids: vec!["known".to_owned(), "no-price".to_owned()],
        include_facts: false,
    };
    let batch = world
        .service
        .status()
        .batch_get_customer_statuses(request)
        .await;
    let kinds: Vec<String> = batch
        .unwrap()
        .into_inner()
        .statuses
        .into_iter()
        .map(|found| found.status.unwrap().model_kind)
        .collect();
    assert_eq!(kinds, ["propensity", "life_table"]);
}

/// Waits until the portfolio was scored by an activation, and returns its risks by customer.
async fn risks_by(world: &World, activation: u64) -> HashMap<String, Option<f64>> {
    let scored = async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let request = wire::GetScoringRequest::default();
            let answer = world.service.portfolio().get_scoring(request).await;
            let run = answer.ok().and_then(|answer| answer.into_inner().run);
            if run.is_some_and(|run| run.end_time.is_some() && run.model_activation == activation) {
                return;
            }
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, scored).await.unwrap();
    let rows: Vec<(String, Option<f64>)> =
        sqlx::query_as("select customer_id, churn_risk from scored_customer")
            .fetch_all(&world.database.pool)
            .await
            .unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn the_portfolio_has_the_risk_that_a_status_has() {
    let world = world().await;
    newcomer(&world, "no-price", |subscription| {
        subscription.monthly_price = None;
    });
    newcomer(&world, "elsewhere", |subscription| {
        "energy".clone_into(&mut subscription.business_line);
    });
    subscribers(&world, 300);
    // Judged while everybody's price was known.
    world.profiles.erase("no-price");
    world.service.fit().await.1.unwrap();
    let model = import(&world.service, declaration(), "named_inputs").await;
    let version = model.unwrap().version;
    activate(&world.service, version, "").await.unwrap();
    newcomer(&world, "no-price", |subscription| {
        subscription.monthly_price = None;
    });
    world.wait_until_followed().await;
    let risks = risks_by(&world, 2).await;
    assert_eq!(risks.len(), 302);
    let mut by_model = 0;
    for (id, risk) in risks {
        let status = world.service.status_of(&id).await;
        by_model += u32::from(status.model_version == version);
        let online = status.churn_risk.map(|risk| risk.probability);
        let same = match (risk, online) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-6,
            (one, other) => one == other,
        };
        assert!(same, "{id}: {risk:?} is not {online:?}");
    }
    assert!((100..300).contains(&by_model), "{by_model}");
}

#[tokio::test]
async fn drift_is_told_of_an_imported_model_too() {
    let world = world().await;
    let model = serving(&world).await;
    let request = wire::CheckDriftRequest {
        version: model.version,
        kind: 0,
    };
    let check = async || {
        let answer = world.service.models().check_drift(request).await;
        answer.unwrap().into_inner()
    };
    let index = |drift: &wire::CheckDriftResponse, input: &str| {
        let found = drift.inputs.iter().find(|it| it.input == input);
        found.unwrap().population_stability_index
    };
    let still = check().await;
    assert_eq!(still.calibrations, []);
    assert_eq!(still.inputs.len(), 4);
    assert!(index(&still, "attribute.support_calls") < 0.25);
    // Ninety days later everybody who was there has gone, and who joined pays much more.
    for number in 0..300 {
        let drawn = Drawn::of(number);
        let gone = drawn.subscription(Some(-30));
        world.profiles.put(facts::CustomerFacts {
            revision: 2,
            ..customer(&format!("f-{number}"), vec![gone])
        });
        let mut dear = drawn.subscription(None);
        dear.start_time = crate::world::days_ago(-10);
        dear.monthly_price.as_mut().unwrap().minor = 50_000;
        world
            .profiles
            .put(customer(&format!("dear-{number}"), vec![dear]));
    }
    let end = crate::world::days_ago(-95);
    let mut late = Drawn::of(1).subscription(None);
    late.start_time = end;
    world
        .service
        .clock
        .advance(std::time::Duration::from_hours(24 * 96));
    world.profiles.put(customer("late", vec![late]));
    world.wait_until_followed().await;
    let moved = check().await;
    assert!(index(&moved, "monthly_price") > 0.25);
    let since = &moved.calibrations[0];
    assert_eq!((since.group.as_str(), since.watched_days), ("telecom", 90));
    assert!(
        since.observed > since.expected && since.expected > 0.0,
        "{since:?}"
    );
}
