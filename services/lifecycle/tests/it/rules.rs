//! Rules: published, in force at once, never changed, and safe to retry.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::Stage;
use futures::future::join_all;
use tonic::Code;

use crate::world::{World, check_refusal, contract, customer, faulty_fields};

fn line(name: &str, early_days: u32) -> wire::BusinessLineRules {
    wire::BusinessLineRules {
        business_line: name.to_owned(),
        early_days,
        long_term_days: 730,
        lapsed_after_days: 90,
        lost_after_days: 180,
        phoenix_days: 180,
        calm_days: 30,
        notice_days: 30,
        gross_margin_basis_points: 4_000,
        discount_rate_basis_points: 1_000,
        risk_horizon_days: 90,
        at_risk_times_base_rate_percent: 200,
        value_horizon_months: 60,
        at_risk_exit_times_base_rate_percent: Some(150),
        stage_dwell_days: Some(7),
        opportunity_days: None,
    }
}

fn publish(request_id: &str, early_days: u32) -> wire::PublishRulesRequest {
    wire::PublishRulesRequest {
        request_id: request_id.to_owned(),
        business_lines: vec![line("default", 90), line("telecom", early_days)],
        validate_only: false,
    }
}

async fn version_of(world: &World, request: wire::PublishRulesRequest) -> u64 {
    let answer = world.service.rules().publish_rules(request).await.unwrap();
    answer.into_inner().rule_set.unwrap().version
}

async fn rules(world: &World, version: u64) -> wire::RuleSet {
    let request = wire::GetRulesRequest { version };
    let answer = world.service.rules().get_rules(request).await.unwrap();
    answer.into_inner().rule_set.unwrap()
}

#[tokio::test]
async fn before_anything_is_published_the_built_in_rules_hold() {
    let world = World::start().await;
    let built_in = rules(&world, 0).await;
    assert_eq!((built_in.version, built_in.publish_time), (0, None));
    assert_eq!(built_in.business_lines, [line("default", 90)]);
}

#[tokio::test]
async fn published_rules_are_in_force_at_once_and_old_ones_can_be_read() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 100)]));
    let before = world.service.status_of("c-1").await;
    assert_eq!(before.stage(), Stage::Established);
    assert_eq!(version_of(&world, publish("", 101)).await, 1);
    let after = world.service.status_of("c-1").await;
    assert_eq!(after.stage(), Stage::Onboarding);
    assert_eq!(after.rules_version, 1);
    assert_eq!(version_of(&world, publish("", 100)).await, 2);
    let last = world.service.status_of("c-1").await;
    assert_eq!(last.stage(), Stage::Established);
    let first = rules(&world, 1).await;
    assert_eq!(first.business_lines[1], line("telecom", 101));
    assert_eq!(rules(&world, 0).await.version, 2);
}

#[tokio::test]
async fn another_process_takes_published_rules_over() {
    let world = World::start().await;
    let other = world.another(2).await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 100)]));
    version_of(&world, publish("", 101)).await;
    let taken_over = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(10));
        while other.status_of("c-1").await.rules_version != 1 {
            ticks.tick().await;
        }
    });
    taken_over.await.expect("the other process sees version 1");
}

#[tokio::test]
async fn checking_only_publishes_nothing() {
    let world = World::start().await;
    let request = wire::PublishRulesRequest {
        validate_only: true,
        ..publish("r-1", 50)
    };
    assert_eq!(version_of(&world, request).await, 0);
    assert_eq!(rules(&world, 0).await.version, 0);
    assert_eq!(world.count("request_log").await, 0);
}

#[tokio::test]
async fn every_violation_is_named_at_once() {
    let world = World::start().await;
    let request = wire::PublishRulesRequest {
        request_id: "not an id".to_owned(),
        business_lines: vec![
            line("default", 0),
            wire::BusinessLineRules {
                lost_after_days: 90,
                value_horizon_months: 121,
                ..line("default", 90)
            },
        ],
        validate_only: false,
    };
    let refused = world.service.rules().publish_rules(request).await;
    assert_eq!(
        faulty_fields(&refused.unwrap_err()),
        [
            "request_id",
            "business_lines[0].early_days",
            "business_lines[1].lost_after_days",
            "business_lines[1].value_horizon_months",
            "business_lines[1].business_line",
        ]
    );
    assert_eq!(world.count("rule_set").await, 0);
}

#[tokio::test]
async fn the_same_request_publishes_once_however_often_it_comes() {
    let world = World::start().await;
    let same = (0..16).map(|_| version_of(&world, publish("r-1", 50)));
    assert_eq!(join_all(same).await, [1; 16]);
    assert_eq!(version_of(&world, publish("r-2", 60)).await, 2);
    assert_eq!(version_of(&world, publish("r-1", 50)).await, 1, "later too");
    assert_eq!(world.count("rule_set").await, 2);
}

#[tokio::test]
async fn a_request_id_with_another_body_is_refused() {
    let world = World::start().await;
    version_of(&world, publish("r-1", 50)).await;
    let refused = world
        .service
        .rules()
        .publish_rules(publish("r-1", 51))
        .await;
    check_refusal(
        &refused.unwrap_err(),
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
        &[("request_id", "r-1")],
    );
    assert_eq!(world.count("rule_set").await, 1);
}

#[tokio::test]
async fn versions_have_no_gaps_when_many_publish_at_once() {
    let world = World::start().await;
    let many = (1..=12).map(|days| version_of(&world, publish("", days)));
    let mut versions = join_all(many).await;
    versions.sort_unstable();
    assert_eq!(versions, (1..=12).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_version_nobody_published_is_not_found() {
    let world = World::start().await;
    let request = wire::GetRulesRequest { version: 17 };
    let missing = world.service.rules().get_rules(request).await;
    check_refusal(
        &missing.unwrap_err(),
        Code::NotFound,
        "RULES_NOT_FOUND",
        &[("version", "17")],
    );
}
