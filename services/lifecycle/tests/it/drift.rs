//! Drift: what a model was fitted on, and foretold, beside what came since.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::Code;

use crate::world::{World, check_refusal, contract, customer, ended};

/// A customer of whom nothing is known but the contract.
fn quiet(id: &str, revision: u64, subscription: facts::SubscriptionFacts) -> facts::CustomerFacts {
    facts::CustomerFacts {
        revision,
        activities: vec![],
        ..customer(id, vec![subscription])
    }
}

/// A year of contracts, of which nothing is known of the last sixty days.
fn until_sixty_days_ago(world: &World) {
    for number in 0..240_i64 {
        let started = 70 + number;
        let lasts = 10 + (number * 37) % 300;
        let subscription = if started - lasts >= 60 {
            ended("s", started, started - lasts)
        } else {
            contract("s", started)
        };
        world
            .profiles
            .put(quiet(&format!("d-{number}"), 1, subscription));
    }
    world.profiles.put(quiet("d-last", 1, ended("s", 90, 60)));
}

async fn fit(world: &World, kind: wire::ModelKind) -> wire::Model {
    let request = wire::FitModelRequest {
        kind: kind.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    world.service.fit_with(request).await.1.unwrap()
}

async fn drift(world: &World, kind: wire::ModelKind) -> wire::CheckDriftResponse {
    let request = wire::CheckDriftRequest {
        version: 0,
        kind: kind.into(),
    };
    let answer = world.service.models().check_drift(request).await;
    answer.unwrap().into_inner()
}

fn index(drift: &wire::CheckDriftResponse, input: &str) -> f64 {
    let found = drift.inputs.iter().find(|it| it.input == input);
    found.unwrap().population_stability_index
}

#[tokio::test]
async fn an_exodus_shows_in_the_forecasts_of_a_retention_model() {
    let world = World::start().await;
    until_sixty_days_ago(&world);
    let kind = wire::ModelKind::Retention;
    fit(&world, kind).await;
    let still = drift(&world, kind).await;
    assert_eq!(still.calibrations, []);
    assert!(index(&still, "tenure_months") < 1e-9);
    for number in 0..60_i64 {
        let gone = ended("s", 70 + number, 5);
        world.profiles.put(quiet(&format!("d-{number}"), 2, gone));
    }
    world.wait_until_followed().await;
    let moved = drift(&world, kind).await;
    let since = &moved.calibrations[0];
    assert_eq!((since.group.as_str(), since.watched_days), ("telecom", 55));
    assert!(since.observed > 1.5 * since.expected, "{since:?}");
    assert!(since.expected > 0.0 && since.sample_size > 60);
    assert!(index(&moved, "tenure_months") > 0.1);
}

#[tokio::test]
async fn new_tariffs_show_in_the_inputs_of_a_propensity_model() {
    let world = World::start().await;
    let put = |number: i64, revision: u64, price: i64| {
        let started = 200 + number % 300;
        let subscription = if number % 4 == 0 {
            ended("s", started, 2 + number % 60)
        } else {
            contract("s", started)
        };
        let subscription = facts::SubscriptionFacts {
            monthly_price: Some(facts::Money {
                minor: price,
                currency: "EUR".to_owned(),
            }),
            ..subscription
        };
        world
            .profiles
            .put(quiet(&format!("t-{number}"), revision, subscription));
    };
    for number in 0..400 {
        put(number, 1, 1_000 + (number * 13) % 50 * 100);
    }
    let kind = wire::ModelKind::Propensity;
    fit(&world, kind).await;
    let still = drift(&world, kind).await;
    assert!(index(&still, "monthly_price") < 0.1);
    for number in 0..400 {
        put(number, 2, 9_000);
    }
    world.wait_until_followed().await;
    assert!(index(&drift(&world, kind).await, "monthly_price") > 0.25);
}

#[tokio::test]
async fn purchases_since_a_fit_are_set_beside_the_forecast() {
    let world = World::start().await;
    let today = 20_605;
    let put = |number: i32, revision: u64, until: i32| {
        let gap = 10 + (number * 7) % 50;
        let first = 600 - (number * 13) % 200;
        let mut days = Vec::new();
        let mut before = first;
        while before >= until {
            days.push(today - before);
            before -= gap + (before + number) % 7;
        }
        let subscription = facts::SubscriptionFacts {
            relationship: facts::RelationshipType::NonContractual.into(),
            ..contract("s", 700)
        };
        let facts = facts::CustomerFacts {
            purchase_day_count: u32::try_from(days.len()).unwrap(),
            purchase_days: days,
            ..quiet(&format!("b-{number}"), revision, subscription)
        };
        world.profiles.put(facts);
    };
    for number in 0..120 {
        put(number, 1, 100);
    }
    let kind = wire::ModelKind::Purchase;
    fit(&world, kind).await;
    assert_eq!(drift(&world, kind).await.calibrations, []);
    for number in 0..120 {
        put(number, 2, 0);
    }
    world.wait_until_followed().await;
    let moved = drift(&world, kind).await;
    let since = &moved.calibrations[0];
    assert!((99..=101).contains(&since.watched_days), "{since:?}");
    // They buy like clockwork, which the model has seen.
    let ratio = since.observed / since.expected;
    assert!((0.7..1.5).contains(&ratio), "{since:?}");
    assert!(index(&moved, "age_weeks") > 0.1);
}

#[tokio::test]
async fn the_drift_of_no_model_is_not_found() {
    let world = World::start().await;
    let request = wire::CheckDriftRequest {
        version: 17,
        kind: 0,
    };
    let refused = world.service.models().check_drift(request).await;
    let metadata = [("version", "17")];
    check_refusal(
        &refused.unwrap_err(),
        Code::NotFound,
        "MODEL_NOT_FOUND",
        &metadata,
    );
}
