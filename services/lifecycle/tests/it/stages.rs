//! What is remembered of stages, and how their changes are recorded.

use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::Stage;
use contract::types::v1 as facts;
use tonic::Code;

use crate::world::{World, check_refusal, contract, customer, days_ago, faulty_fields};

/// A customer with one contract, and a second one that began these days ago.
fn with_second(started_days_ago: i64, revision: u64) -> facts::CustomerFacts {
    facts::CustomerFacts {
        revision,
        ..customer(
            "c-1",
            vec![contract("s", 400), contract("t", started_days_ago)],
        )
    }
}

async fn transitions(world: &World, customer_id: &str) -> Vec<wire::StageTransition> {
    let request = wire::ListStageTransitionsRequest {
        customer_id: customer_id.to_owned(),
        ..wire::ListStageTransitionsRequest::default()
    };
    let mut client = world.service.status();
    let answer = client.list_stage_transitions(request).await.unwrap();
    answer.into_inner().transitions
}

#[tokio::test]
async fn a_stage_by_trend_lasts_a_week_and_its_end_is_recorded() {
    let world = World::start().await;
    world.profiles.put(with_second(100, 1));
    world.wait_until_followed().await;
    world.profiles.put(with_second(300, 2));
    world.wait_until_followed().await;
    let held = world.service.status_of("c-1").await;
    assert_eq!((held.stage(), held.revision), (Stage::Growing, 2));
    assert_eq!(held.stage_rule, "growing.dwell");
    assert_eq!(held.stage_since_time, days_ago(0));
    assert!(!held.without_stage_memory && held.explanation.ends_with('.'));
    assert_eq!(transitions(&world, "c-1").await, []);
    world.service.clock.advance(Duration::from_hours(7 * 24));
    world.wait_for_rows("stage_transition", 1).await;
    let found = transitions(&world, "c-1").await;
    assert_eq!(found[0].transition_time, days_ago(-7));
    assert_eq!(found[0].from_stage(), Stage::Growing);
    assert_eq!(found[0].to_stage(), Stage::Established);
    assert_eq!(found[0].stage_rule, "established.otherwise");
    assert_eq!((found[0].revision, found[0].rules_version), (2, 0));
    assert_eq!(found[0].evidence[0].fact, "tenure_days");
}

#[tokio::test]
async fn while_postgres_is_slow_a_status_is_given_without_memory_and_says_so() {
    let world = World::start_with(|settings| settings.stage_memory.timeout_ms = 100).await;
    world.profiles.put(with_second(100, 1));
    world.wait_until_followed().await;
    world.profiles.put(with_second(300, 2));
    world.wait_until_followed().await;
    let mut lock = world.database.pool.acquire().await.unwrap();
    for sql in [
        "begin",
        "lock table scored_customer in access exclusive mode",
    ] {
        sqlx::query(sql).execute(&mut *lock).await.unwrap();
    }
    let status = world.service.status_of("c-1").await;
    assert_eq!(status.stage(), Stage::Established, "by the facts alone");
    assert!(status.without_stage_memory);
    assert_eq!(status.stage_since_time, None);
    sqlx::query("rollback").execute(&mut *lock).await.unwrap();
}

/// With an incident that is open, resolved some days ago, or none.
fn with_incident(revision: u64, is_open: bool, resolved: Option<i64>) -> facts::CustomerFacts {
    let open = is_open.then(facts::IncidentFacts::default);
    facts::CustomerFacts {
        revision,
        open_incidents: open.into_iter().collect(),
        last_incident_resolve_time: resolved.and_then(days_ago),
        ..customer("c-1", vec![contract("s", 400)])
    }
}

/// An incident comes, is put right, and another one comes.
async fn live_through_incidents(world: &World) {
    let states = [
        with_incident(1, false, None),
        with_incident(2, true, None),
        with_incident(3, false, Some(40)),
        with_incident(4, true, Some(40)),
    ];
    for state in states {
        world.profiles.put(state);
        world.wait_until_followed().await;
    }
}

#[tokio::test]
async fn facts_change_the_stage_at_once_and_the_history_is_told_latest_first() {
    let world = World::start().await;
    live_through_incidents(&world).await;
    let stages: Vec<(Stage, Stage, u64)> = transitions(&world, "c-1")
        .await
        .iter()
        .map(|found| (found.from_stage(), found.to_stage(), found.revision))
        .collect();
    // Back to settled within the week: an incident that is over is no reason to hold.
    let expected = [
        (Stage::Established, Stage::FirstDisagreement, 4),
        (Stage::FirstDisagreement, Stage::Established, 3),
        (Stage::Established, Stage::FirstDisagreement, 2),
    ];
    assert_eq!(stages, expected);
}

#[tokio::test]
async fn the_same_changes_again_leave_the_same_history() {
    let mut world = World::start().await;
    live_through_incidents(&world).await;
    let before = transitions(&world, "c-1").await;
    let next = world.another(2).await;
    let first = std::mem::replace(&mut world.service, next);
    assert!(first.shut_down().await);
    sqlx::query("update feed_cursor set position = '', holder = null")
        .execute(&world.database.pool)
        .await
        .unwrap();
    world.service = world.another(3).await;
    world.wait_until_followed().await;
    assert_eq!(transitions(&world, "c-1").await, before);
}

#[tokio::test]
async fn a_history_is_read_page_by_page_with_tokens_of_its_own() {
    let world = World::start().await;
    live_through_incidents(&world).await;
    let all = transitions(&world, "c-1").await;
    let mut request = wire::ListStageTransitionsRequest {
        customer_id: "c-1".to_owned(),
        page_size: 2,
        ..wire::ListStageTransitionsRequest::default()
    };
    let mut client = world.service.status();
    let first = client.list_stage_transitions(request.clone()).await;
    let first = first.unwrap().into_inner();
    request.page_token.clone_from(&first.next_page_token);
    let second = client.list_stage_transitions(request.clone()).await;
    let second = second.unwrap().into_inner();
    assert_eq!([first.transitions, second.transitions].concat(), all);
    assert_eq!(second.next_page_token, "");
    "c-2".clone_into(&mut request.customer_id);
    let refused = client.list_stage_transitions(request).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["page_token"]);
}

#[tokio::test]
async fn with_a_customer_go_facts_stage_and_history() {
    let world = World::start().await;
    live_through_incidents(&world).await;
    world.profiles.erase("c-1");
    world.wait_until_followed().await;
    for table in ["customer_facts", "scored_customer", "stage_transition"] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_customer_whose_facts_cannot_be_read_has_no_stage_and_keeps_the_history() {
    let world = World::start().await;
    live_through_incidents(&world).await;
    world.profiles.spoil("c-1");
    world.profiles.put(with_incident(5, false, None));
    world.wait_until_followed().await;
    assert_eq!(world.count("scored_customer").await, 0);
    assert_eq!(transitions(&world, "c-1").await.len(), 3);
}

#[tokio::test]
async fn what_no_fit_can_use_has_a_stage() {
    let world = World::start().await;
    let nowhere = facts::SubscriptionFacts {
        business_line: String::new(),
        ..contract("s", 400)
    };
    world.profiles.put(customer("c-1", vec![nowhere]));
    world.wait_for_rows("set_aside_customer", 1).await;
    world.wait_for_rows("scored_customer", 1).await;
    let status = world.service.status_of("c-1").await;
    assert_eq!(status.stage(), Stage::Established);
    assert_eq!(status.stage_since_time, days_ago(0));
}

#[tokio::test]
async fn thresholds_that_would_let_stages_flicker_are_refused() {
    let world = World::start().await;
    let rules = wire::GetRulesRequest::default();
    let answer = world.service.rules().get_rules(rules).await.unwrap();
    let mut line = answer
        .into_inner()
        .rule_set
        .unwrap()
        .business_lines
        .remove(0);
    line.at_risk_exit_times_base_rate_percent = Some(181);
    line.stage_dwell_days = Some(366);
    let publish = |line| wire::PublishRulesRequest {
        business_lines: vec![line],
        ..wire::PublishRulesRequest::default()
    };
    let mut client = world.service.rules();
    let refused = client.publish_rules(publish(line.clone())).await;
    let fields = faulty_fields(&refused.unwrap_err());
    let expected = [
        "business_lines[0].at_risk_exit_times_base_rate_percent",
        "business_lines[0].stage_dwell_days",
    ];
    assert_eq!(fields, expected);
    line.at_risk_exit_times_base_rate_percent = None;
    line.stage_dwell_days = None;
    let published = client.publish_rules(publish(line)).await.unwrap();
    let line = published
        .into_inner()
        .rule_set
        .unwrap()
        .business_lines
        .remove(0);
    assert_eq!(line.at_risk_exit_times_base_rate_percent, Some(150));
    assert_eq!(line.stage_dwell_days, Some(7));
}

#[tokio::test]
async fn a_run_that_never_was_is_not_found() {
    let world = World::start().await;
    let request = wire::GetScoringRequest { number: 99 };
    let refused = world.service.portfolio().get_scoring(request).await;
    let metadata = [("number", "99")];
    let reason = "SCORING_RUN_NOT_FOUND";
    check_refusal(&refused.unwrap_err(), Code::NotFound, reason, &metadata);
}
