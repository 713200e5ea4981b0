//! Models: fitted on everything written before, one at a time, and never half.

use contract::lifecycle::v1 as wire;
use tonic::Code;

use crate::profiles::Mood;
use crate::world::{
    World, check_refusal, contract, customer, days_ago, ended, faulty_fields, population,
};

async fn list(world: &World, page_size: i32, page_token: &str) -> wire::ListModelsResponse {
    let request = wire::ListModelsRequest {
        page_size,
        page_token: page_token.to_owned(),
    };
    let answer = world.service.models().list_models(request).await.unwrap();
    answer.into_inner()
}

async fn life_table(world: &World, version: u64) -> wire::GetLifeTableResponse {
    let request = wire::GetLifeTableRequest { version };
    let answer = world.service.models().get_life_table(request).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn a_fit_sees_everything_that_was_written_before_it() {
    let world = World::start().await;
    population(&world.profiles);
    let (steps, model) = world.service.fit().await;
    let model = model.unwrap();
    assert_eq!((model.version, model.active), (1, true));
    assert_eq!((model.sample_size, model.event_count), (120, 60));
    assert_eq!(model.fit_time, days_ago(0));
    let mut in_order = steps.clone();
    in_order.dedup();
    assert_eq!(
        in_order,
        ["catching_up", "counting", "fitting", "storing", "done"]
    );
    // Twenty ended in each of three months. Nobody was heard of after yesterday, so the others
    // were watched for 39 days, which is into the second month.
    let tables = life_table(&world, 0).await.tables;
    let names: Vec<&str> = tables.iter().map(|table| table.group.as_str()).collect();
    assert_eq!(names, ["all/all", "telecom/all", "telecom/month_to_month"]);
    let rows: Vec<(u32, u64, u64)> = tables[2]
        .rows
        .iter()
        .map(|row| (row.period, row.at_risk, row.ended))
        .collect();
    assert_eq!(rows, [(1, 120, 20), (2, 100, 20), (3, 20, 20)]);
    assert_eq!(tables[2].unit, "month");
    assert!((tables[2].rows[1].survival - 100.0 / 120.0 * 80.0 / 100.0).abs() < 1e-12);
}

#[tokio::test]
async fn buyers_give_a_table_of_gaps_whose_observation_ends_with_their_line() {
    use contract::types::v1 as facts;
    let world = World::start().await;
    for number in 0..40 {
        // Long ago: the line's observation ends with its last purchase, not today.
        let subscription = facts::SubscriptionFacts {
            business_line: "music".to_owned(),
            relationship: facts::RelationshipType::NonContractual.into(),
            start_time: Some(prost_types::Timestamp {
                seconds: 10_000 * 86_400,
                nanos: 0,
            }),
            ..contract("s", 0)
        };
        world.profiles.put(facts::CustomerFacts {
            activities: vec![],
            purchase_days: vec![10_000, 10_007, if number == 0 { 10_030 } else { 10_020 }],
            ..customer(&format!("c-{number}"), vec![subscription])
        });
    }
    let model = world.service.fit().await.1.unwrap();
    assert_eq!((model.sample_size, model.event_count), (119, 80));
    let tables = life_table(&world, 1).await.tables;
    let rows = |row: &wire::LifeTableRow| (row.period, row.at_risk, row.ended);
    let gap = tables.iter().find(|table| table.group == "music/gap");
    let gap = gap.unwrap();
    let found: Vec<(u32, u64, u64)> = gap.rows.iter().map(rows).collect();
    // The last one's open gap had no time to show anything.
    assert_eq!(found, [(1, 119, 40), (2, 79, 39), (3, 1, 0), (4, 1, 1)]);
    assert_eq!(gap.unit, "week");
    let status = world.service.status_of("c-1").await;
    assert_eq!(status.subscriptions[0].probability_alive, Some(0.0));
}

#[tokio::test]
async fn models_are_listed_newest_first_page_by_page() {
    let world = World::start().await;
    population(&world.profiles);
    for _ in 0..3 {
        world.service.fit().await.1.unwrap();
    }
    let first = list(&world, 2, "").await;
    let seen = |page: &wire::ListModelsResponse| -> Vec<(u64, bool)> {
        let model = |model: &wire::Model| (model.version, model.active);
        page.models.iter().map(model).collect()
    };
    assert_eq!(seen(&first), [(3, true), (2, false)]);
    let second = list(&world, 2, &first.next_page_token).await;
    assert_eq!(seen(&second), [(1, false)]);
    assert_eq!(second.next_page_token, "");
    assert_eq!(life_table(&world, 1).await.model.unwrap().version, 1);
}

#[tokio::test]
async fn nonsense_in_a_list_or_fit_request_is_refused() {
    let world = World::start().await;
    let request = wire::ListModelsRequest {
        page_size: -1,
        page_token: "made up".to_owned(),
    };
    let refused = world.service.models().list_models(request).await;
    let fields = faulty_fields(&refused.unwrap_err());
    assert_eq!(fields, ["page_size", "page_token"]);
    let request = wire::FitModelRequest {
        kind: 99,
        ..wire::FitModelRequest::default()
    };
    let refused = world.service.models().fit_model(request).await;
    assert_eq!(faulty_fields(&refused.err().unwrap()), ["kind"]);
}

#[tokio::test]
async fn a_model_nobody_fitted_is_not_found() {
    let world = World::start().await;
    for version in [0, 17] {
        let request = wire::GetLifeTableRequest { version };
        let missing = world.service.models().get_life_table(request).await;
        let status = missing.unwrap_err();
        let metadata = [("version", &*version.to_string())];
        check_refusal(&status, Code::NotFound, "MODEL_NOT_FOUND", &metadata);
    }
}

#[tokio::test]
async fn too_little_data_leaves_the_model_in_use_alone() {
    let world = World::start().await;
    let refused = world.service.fit().await.1.unwrap_err();
    let reason = "TOO_LITTLE_DATA";
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, reason, &[("sample_size", "0")]);
    population(&world.profiles);
    world.service.fit().await.1.unwrap();
    for number in 0..60 {
        world.profiles.erase(&format!("gone-{number}"));
    }
    let refused = world.service.fit().await.1.unwrap_err();
    check_refusal(&refused, code, reason, &[("sample_size", "60")]);
    let models = list(&world, 0, "").await.models;
    assert_eq!(models.len(), 1);
    assert!(models[0].active);
}

#[tokio::test]
async fn a_fit_while_another_is_under_way_is_refused() {
    let world = World::start().await;
    population(&world.profiles);
    let other = world.another(2).await;
    world.wait_until_followed().await;
    // The first fit waits for the feed, and holds its place meanwhile.
    world.profiles.feel(Mood::Silent);
    let request = wire::FitModelRequest::default();
    let first = world.service.models().fit_model(request).await.unwrap();
    let mut first = first.into_inner();
    let step = first.message().await.unwrap().unwrap();
    assert_eq!(step.step, "catching_up");
    let refused = other.fit().await.1.unwrap_err();
    check_refusal(&refused, Code::FailedPrecondition, "FIT_UNDER_WAY", &[]);
    world.profiles.feel(Mood::Well);
    drop(first);
    assert_eq!(world.count("fitted_model").await, 0);
}

#[tokio::test]
async fn without_anything_taken_over_a_fit_needs_the_feed() {
    let world = World::start().await;
    world.profiles.feel(Mood::Down);
    let refused = world.service.fit().await.1.unwrap_err();
    check_refusal(&refused, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
    world.profiles.feel(Mood::Well);
    population(&world.profiles);
    assert_eq!(world.service.fit().await.1.unwrap().version, 1);
}

#[tokio::test]
async fn a_fit_does_not_wait_for_ever_for_the_end_of_the_feed() {
    let world = World::start_with(|settings| settings.catch_up_limit_ms = 200).await;
    population(&world.profiles);
    world.profiles.never_reach_the_end();
    let fit = world.service.fit();
    let fit = tokio::time::timeout(std::time::Duration::from_secs(15), fit).await;
    let refused = fit.expect("the fit gives up").1.unwrap_err();
    check_refusal(&refused, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
}

#[tokio::test]
async fn a_second_fit_gives_the_same_tables() {
    let world = World::start().await;
    population(&world.profiles);
    world
        .profiles
        .put(customer("c-1", vec![ended("s-1", 10, 5)]));
    world.service.fit().await.1.unwrap();
    world.service.fit().await.1.unwrap();
    let (first, second) = (life_table(&world, 1).await, life_table(&world, 2).await);
    assert_eq!(first.tables, second.tables);
}
