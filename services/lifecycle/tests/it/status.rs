//! Statuses over the wire.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::Stage;
use contract::types::v1 as facts;

use crate::world::{World, contract, customer, days_ago, ended, population};

fn stage_and_rule(status: &wire::CustomerStatus) -> (Stage, &str) {
    (status.stage(), status.stage_rule.as_str())
}

type Case = (facts::CustomerFacts, Stage, &'static str);

/// A buyer who last bought these days ago.
fn buyer(purchases_days_ago: &[i32]) -> facts::CustomerFacts {
    let today = 20_605;
    let subscription = facts::SubscriptionFacts {
        relationship: facts::RelationshipType::NonContractual.into(),
        ..contract("s", 600)
    };
    facts::CustomerFacts {
        purchase_days: purchases_days_ago.iter().map(|ago| today - ago).collect(),
        activities: vec![],
        ..customer("", vec![subscription])
    }
}

fn with_contract(started_days_ago: i64) -> facts::CustomerFacts {
    customer("", vec![contract("s", started_days_ago)])
}

fn calm_cases() -> [Case; 6] {
    let unused = facts::CustomerFacts {
        activities: vec![],
        ..with_contract(5)
    };
    let two = customer("", vec![contract("s", 400), contract("t", 100)]);
    [
        (unused, Stage::Acquired, "acquired.nothing_used"),
        (
            with_contract(89),
            Stage::Onboarding,
            "onboarding.early_days",
        ),
        (
            with_contract(90),
            Stage::Established,
            "established.otherwise",
        ),
        (with_contract(730), Stage::LongTerm, "long_term.tenure"),
        (two, Stage::Growing, "growing.subscriptions"),
        (buyer(&[400, 10]), Stage::Phoenix, "phoenix.return"),
    ]
}

fn trouble_cases() -> [Case; 6] {
    let leaving = facts::SubscriptionFacts {
        state: facts::SubscriptionState::CancelPending.into(),
        service_end_time: days_ago(-20),
        ..contract("s", 400)
    };
    let leaving = customer("", vec![leaving]);
    let gone = customer("", vec![ended("s", 400, 10)]);
    let disagrees = facts::CustomerFacts {
        open_incidents: vec![facts::IncidentFacts::default()],
        ..with_contract(400)
    };
    let failures = facts::ActivityFacts {
        kind: facts::EventKind::PaymentFailed.into(),
        count: 2,
        last_time: days_ago(3),
        ..facts::ActivityFacts::default()
    };
    let failing = facts::CustomerFacts {
        activities: vec![failures],
        ..with_contract(400)
    };
    [
        (
            disagrees,
            Stage::FirstDisagreement,
            "first_disagreement.open",
        ),
        (failing, Stage::AtRisk, "at_risk.failed_payments"),
        (leaving, Stage::Leaving, "leaving.end_set"),
        (buyer(&[200, 120]), Stage::Lapsed, "lapsed.hiatus"),
        (buyer(&[400, 300]), Stage::Lost, "lost.hiatus"),
        (gone, Stage::Lost, "lost.ended"),
    ]
}

#[tokio::test]
async fn every_stage_is_given_by_its_rule() {
    let world = World::start().await;
    let cases = calm_cases().into_iter().chain(trouble_cases());
    for (number, (mut facts, stage, rule)) in cases.enumerate() {
        facts.customer_id = format!("c-{number}");
        world.profiles.put(facts);
        let status = world.service.status_of(&format!("c-{number}")).await;
        assert_eq!(stage_and_rule(&status), (stage, rule));
        assert!(!status.evidence.is_empty());
        assert_eq!(status.live, rule != "lost.ended");
    }
}

#[tokio::test]
async fn a_status_says_what_it_saw_and_how_long_it_holds() {
    let world = World::start().await;
    let mut facts = customer("c-1", vec![contract("s-1", 800)]);
    facts.revision = 41;
    facts.open_incidents = vec![facts::IncidentFacts::default()];
    facts.lifetimes = vec![facts::LifetimeFacts {
        number: 1,
        start_time: days_ago(800),
        ..facts::LifetimeFacts::default()
    }];
    world.profiles.put(facts);
    let status = world.service.status_of("c-1").await;
    assert_eq!(status.revision, 41);
    assert_eq!(status.further_stages, [i32::from(Stage::LongTerm)]);
    assert_eq!(status.evidence[0].fact, "incident.open_count");
    assert_eq!(status.evidence[0].value, "1");
    assert_eq!((status.tenure_days, status.lifetime_count), (800, 1));
    assert_eq!(status.subscriptions[0].stage(), Stage::FirstDisagreement);
    assert_eq!(status.as_of_time, days_ago(0));
    let midnight = prost_types::Timestamp {
        seconds: days_ago(0).unwrap().seconds + 43_200,
        nanos: 0,
    };
    assert_eq!(status.valid_until_time, Some(midnight));
}

#[tokio::test]
async fn without_a_model_scores_are_absent_with_a_reason() {
    let world = World::start().await;
    let over = ended("s-2", 400, 10);
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400), over]));
    let status = world.service.status_of("c-1").await;
    assert_eq!((status.model_version, status.model_kind.as_str()), (0, ""));
    assert_eq!(
        (&status.churn_risk, &status.value_remaining),
        (&None, &None)
    );
    let reasons = |index: usize| &status.subscriptions[index].absent_score_reasons;
    assert_eq!(reasons(0), &["no_life_table"]);
    assert_eq!(reasons(1), &["ended"]);
}

#[tokio::test]
async fn with_a_model_scores_come_with_their_intervals() {
    let world = World::start().await;
    population(&world.profiles);
    world.service.fit().await.1.unwrap();
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 10)]));
    let status = world.service.status_of("c-1").await;
    assert_eq!(status.model_version, 1);
    assert_eq!(status.model_kind, "life_table");
    let risk = status.churn_risk.unwrap();
    assert!(0.0 < risk.lower && risk.lower < risk.probability);
    assert!(risk.probability < risk.upper && risk.upper < 1.0);
    assert_eq!(risk.horizon_days, 90);
    let value = status.value_remaining.unwrap();
    assert_eq!(value.monthly_margin.unwrap().minor, 1_200);
    assert!(value.amount.unwrap().minor > 1_200);
    let group = status.evidence.last().unwrap();
    assert_eq!(
        (group.fact.as_str(), group.value.as_str()),
        ("churn_risk.group", "telecom/month_to_month")
    );
}

#[tokio::test]
async fn the_facts_travel_whole_and_only_when_asked_for() {
    let world = World::start().await;
    let mut facts = customer("c-1", vec![contract("s-1", 400)]);
    // A later version's enum value must survive.
    facts.kind = 77;
    facts.jurisdiction = "US-CA".to_owned();
    facts.subscriptions[0].end_reason = 78;
    facts.subscriptions[0]
        .attributes
        .insert("tier".to_owned(), "gold".to_owned());
    world.profiles.put(facts.clone());
    let ask = |include_facts| wire::GetCustomerStatusRequest {
        customer_id: "c-1".to_owned(),
        include_facts,
        ..wire::GetCustomerStatusRequest::default()
    };
    let mut client = world.service.status();
    let with = client.get_customer_status(ask(true)).await.unwrap();
    assert_eq!(with.into_inner().facts, Some(facts));
    let without = client.get_customer_status(ask(false)).await.unwrap();
    assert_eq!(without.into_inner().facts, None);
}

#[tokio::test]
async fn a_status_can_be_asked_for_a_time_past() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    let request = wire::GetCustomerStatusRequest {
        customer_id: "c-1".to_owned(),
        as_of_time: days_ago(350),
        ..wire::GetCustomerStatusRequest::default()
    };
    let answer = world.service.status().get_customer_status(request).await;
    let status = answer.unwrap().into_inner().status.unwrap();
    assert_eq!(status.stage(), Stage::Onboarding);
    assert_eq!(status.tenure_days, 50);
    assert_eq!(status.as_of_time, days_ago(350));
}

#[tokio::test]
async fn time_alone_changes_the_stage() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 89)]));
    let before = world.service.status_of("c-1").await;
    assert_eq!(before.stage(), Stage::Onboarding);
    world
        .service
        .clock
        .advance(std::time::Duration::from_hours(24));
    let after = world.service.status_of("c-1").await;
    assert_eq!(after.stage(), Stage::Established);
}

#[tokio::test]
async fn a_batch_leaves_out_whom_nobody_knows() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    world
        .profiles
        .put(customer("c-2", vec![ended("s-1", 400, 3)]));
    let request = wire::BatchGetCustomerStatusesRequest {
        customer_ids: ["c-1", "c-9", "c-2"].map(str::to_owned).to_vec(),
        include_facts: true,
    };
    let mut client = world.service.status();
    let answer = client.batch_get_customer_statuses(request).await.unwrap();
    let mut found: Vec<(String, Stage, bool)> = answer
        .into_inner()
        .statuses
        .into_iter()
        .map(|found| {
            let status = found.status.unwrap();
            let stage = status.stage();
            (status.customer_id, stage, found.facts.is_some())
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            ("c-1".to_owned(), Stage::Established, true),
            ("c-2".to_owned(), Stage::Lost, true),
        ]
    );
}

#[tokio::test]
async fn a_call_whose_trace_is_kept_asks_on_that_trace() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    world.wait_until_followed().await;
    let before = world.profiles.batch_count();
    let mut request = tonic::Request::new(wire::GetCustomerStatusRequest {
        customer_id: "c-1".to_owned(),
        ..wire::GetCustomerStatusRequest::default()
    });
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let metadata = request.metadata_mut();
    metadata.insert("traceparent", parent.parse().unwrap());
    let mut client = world.service.status();
    client.get_customer_status(request).await.unwrap();
    let trace = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
    assert_eq!(world.profiles.traces(), [trace]);
    assert_eq!(world.profiles.batch_count(), before);
}
