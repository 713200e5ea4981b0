//! Propensity models: who leaves within the horizon, from what is known of them, and why.

use std::collections::HashMap;

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::{Code, Status};

use crate::profiles::Mood;
use crate::world::{World, check_refusal, contract, customer, ended, population};

async fn fit(world: &World) -> Result<wire::Model, Status> {
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Propensity.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    world.service.fit_with(request).await.1
}

fn with_attributes(
    subscription: facts::SubscriptionFacts,
    internet: &str,
    gender: &str,
) -> facts::SubscriptionFacts {
    let attributes = [("InternetService", internet), ("gender", gender)];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    facts::SubscriptionFacts {
        attributes: HashMap::from(attributes),
        ..subscription
    }
}

/// Six hundred contracts, of which those on fibre leave much more often than those on copper.
fn subscribers(world: &World) {
    for number in 0..600_i64 {
        let is_fibre = number % 2 == 0;
        let leaves = if is_fibre {
            number % 5 < 2
        } else {
            number % 20 == 1
        };
        let started = 200 + (number * 17) % 900;
        let subscription = if leaves {
            ended("s", started, 1 + (number * 7) % 80)
        } else {
            contract("s", started)
        };
        let internet = if is_fibre { "fibre" } else { "copper" };
        let gender = if number % 3 == 0 { "f" } else { "m" };
        let id = format!("p-{number}");
        let subscription = with_attributes(subscription, internet, gender);
        world.profiles.put(customer(&id, vec![subscription]));
    }
}

#[tokio::test]
async fn risk_comes_from_what_is_known_of_a_customer_with_its_reasons() {
    let world = World::start().await;
    subscribers(&world);
    world.service.fit().await.1.unwrap();
    let model = fit(&world).await.unwrap();
    assert!(model.active && model.event_count > 100);
    let evaluation = model.evaluation.unwrap();
    assert_eq!(evaluation.measure, "cross_validated_log_loss");
    let area = evaluation
        .figures
        .iter()
        .find(|it| it.name == "auc")
        .unwrap();
    assert!(area.value > 0.6, "{}", area.value);
    for (id, internet) in [("new-fibre", "fibre"), ("new-copper", "copper")] {
        let subscription = with_attributes(contract("s", 400), internet, "f");
        world.profiles.put(customer(id, vec![subscription]));
    }
    let fibre = world.service.status_of("new-fibre").await;
    let copper = world.service.status_of("new-copper").await;
    let (one, other) = (fibre.churn_risk.unwrap(), copper.churn_risk.unwrap());
    assert!(one.probability > 2.0 * other.probability);
    assert!(one.lower <= one.probability && one.probability <= one.upper);
    let reason = &one.contributions[0];
    assert_eq!(reason.fact, "attribute.InternetService");
    assert_eq!(reason.value, "fibre");
    assert!(reason.log_odds > 0.0);
    assert_eq!(
        reason.sentence.split(':').next(),
        Some("Internet service is fibre")
    );
    assert!(other.contributions[0].log_odds < 0.0);
    assert_eq!(
        (fibre.model_kind.as_str(), fibre.model_version),
        ("propensity", 2)
    );
    // Who is less likely to leave is worth more at the same price.
    let months = |value: Option<wire::ValueRemaining>| value.unwrap().residual_months;
    assert!(months(copper.value_remaining) > months(fibre.value_remaining));
}

#[tokio::test]
async fn protected_attributes_are_left_out_and_counted() {
    let world = World::start().await;
    subscribers(&world);
    let model = fit(&world).await.unwrap();
    let request = wire::GetModelRequest {
        version: model.version,
        kind: 0,
    };
    let shown = world.service.models().get_model(request).await.unwrap();
    let group = shown.into_inner().groups.remove(0);
    let figure = |name: &str| {
        let found = group.figures.iter().find(|figure| figure.name == name);
        found.unwrap().value
    };
    assert!((figure("protected_left_out") - 1.0).abs() < 1e-9);
    // Without a life table or a retention curve there is nothing to set an interval by.
    let status = world.service.status_of("p-3").await;
    assert_eq!(status.churn_risk, None);
    assert_eq!(
        status.subscriptions[0].absent_score_reasons,
        ["no_life_table"]
    );
}

fn figure(model: &wire::Model, name: &str) -> Option<f64> {
    let evaluation = model.evaluation.as_ref().unwrap();
    let found = evaluation.figures.iter().find(|it| it.name == name);
    found.map(|it| it.value)
}

#[tokio::test]
async fn a_fit_rests_on_what_was_taken_over_and_says_what_it_lacks() {
    let world = World::start().await;
    subscribers(&world);
    world
        .profiles
        .put(customer("strange", vec![ended("s", 5, 10)]));
    world.wait_until_followed().await;
    let asked = world.profiles.batch_count();
    let whole = fit(&world).await.unwrap();
    assert_eq!(
        world.profiles.batch_count(),
        asked,
        "profiles is not asked for facts"
    );
    assert_eq!(figure(&whole, "facts_caught_up"), Some(1.0));
    assert_eq!(figure(&whole, "facts_age_hours"), None);
    // Who ends before they begin is set aside.
    assert_eq!(figure(&whole, "customers_left_out"), Some(1.0));
    let old = "update customer_facts set format = 0 where customer_id in ('p-1', 'p-2')";
    let gone = "delete from customer_facts where customer_id = 'p-3'";
    for sql in [old, gone] {
        sqlx::query(sql)
            .execute(&world.database.pool)
            .await
            .unwrap();
    }
    world.profiles.feel(Mood::Down);
    let partly = fit(&world).await.unwrap();
    assert_eq!(figure(&partly, "facts_caught_up"), Some(0.0));
    assert!(figure(&partly, "facts_age_hours").is_some_and(|age| (0.0..1.0).contains(&age)));
    assert_eq!(figure(&partly, "customers_left_out"), Some(4.0));
    assert!(partly.sample_size < whole.sample_size);
}

/// Puts customers before a fit.
type Put<'a> = &'a dyn Fn(&World);

#[tokio::test]
async fn what_cannot_be_learnt_from_is_refused() {
    let all_stay = |world: &World| {
        for number in 0..300 {
            let subscription = contract("s", 300 + number % 50);
            world
                .profiles
                .put(customer(&format!("k-{number}"), vec![subscription]));
        }
    };
    let all_leave = |world: &World| {
        for number in 0..300 {
            let subscription = ended("s", 300 + number % 50, number % 60);
            world
                .profiles
                .put(customer(&format!("g-{number}"), vec![subscription]));
        }
    };
    let nobody = |_: &World| {};
    let short = |world: &World| population(&world.profiles);
    let cases: [(Put<'_>, &str, &str); 4] = [
        (&nobody, "TOO_LITTLE_DATA", ""),
        (&short, "TOO_LITTLE_DATA", ""),
        (&all_stay, "SAMPLE_NOT_FITTABLE", "nobody_left"),
        (&all_leave, "SAMPLE_NOT_FITTABLE", "nobody_stayed"),
    ];
    for (put, reason, cause) in cases {
        let world = World::start().await;
        put(&world);
        let refused = fit(&world).await.unwrap_err();
        let cause = [("cause", cause)];
        let metadata = if cause[0].1.is_empty() {
            &cause[..0]
        } else {
            &cause[..]
        };
        check_refusal(&refused, Code::FailedPrecondition, reason, metadata);
        assert_eq!(world.count("fitted_model").await, 0);
    }
}
