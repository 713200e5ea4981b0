//! The portfolio: scored in ranges by several workers, once, and the same as online.

use std::collections::BTreeMap;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::Stage;
use contract::types::v1 as facts;
use sqlx::PgConnection;
use sqlx::pool::PoolConnection;

use crate::world::{
    Running, World, contract, customer, ended, faulty_fields, population, settings,
};

const STAGES: [Stage; 11] = [
    Stage::Acquired,
    Stage::Onboarding,
    Stage::Established,
    Stage::LongTerm,
    Stage::Growing,
    Stage::FirstDisagreement,
    Stage::AtRisk,
    Stage::Leaving,
    Stage::Lapsed,
    Stage::Lost,
    Stage::Phoenix,
];

async fn list(world: &World, stage: Stage) -> Vec<wire::ScoredCustomer> {
    let mut request = wire::ListCustomersRequest {
        stage: stage.into(),
        page_size: 7,
        ..wire::ListCustomersRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let mut client = world.service.portfolio();
        let page = client.list_customers(request.clone()).await.unwrap();
        let page = page.into_inner();
        found.extend(page.customers);
        if page.next_page_token.is_empty() {
            return found;
        }
        request.page_token = page.next_page_token;
    }
}

async fn portfolio(world: &World, business_line: &str) -> wire::GetPortfolioResponse {
    let request = wire::GetPortfolioRequest {
        business_line: business_line.to_owned(),
    };
    let answer = world.service.portfolio().get_portfolio(request).await;
    answer.unwrap().into_inner()
}

/// Waits until a run has scored everybody by some version of the rules and of the model.
async fn wait_for_run(world: &World, rules: u64, model: u64) -> wire::ScoringRun {
    let reached = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let request = wire::GetScoringRequest::default();
            let answer = world.service.portfolio().get_scoring(request).await;
            let run = answer.map(|answer| answer.into_inner().run.unwrap());
            if let Ok(run) = run
                && run.end_time.is_some()
                && (run.rules_version, run.model_activation) == (rules, model)
            {
                return run;
            }
        }
    });
    reached.await.expect("the portfolio is scored")
}

/// Waits until a run is over.
pub(crate) async fn wait_for_run_number(world: &World, number: u64) {
    let reached = tokio::time::timeout(std::time::Duration::from_mins(1), async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let request = wire::GetScoringRequest { number };
            let answer = world.service.portfolio().get_scoring(request).await;
            if answer.unwrap().into_inner().run.unwrap().end_time.is_some() {
                return;
            }
        }
    });
    reached.await.expect("the run ends");
}

#[tokio::test]
async fn the_portfolio_says_the_same_as_every_status() {
    let world = World::start().await;
    population(&world.profiles);
    let buyer = facts::SubscriptionFacts {
        relationship: facts::RelationshipType::NonContractual.into(),
        ..contract("s", 600)
    };
    world.profiles.put(facts::CustomerFacts {
        purchase_days: vec![20_300, 20_595],
        purchase_day_count: 2,
        ..customer("buyer", vec![buyer])
    });
    let mut two = vec![contract("s", 800), contract("t", 800)];
    two[1].monthly_price.as_mut().unwrap().currency = "USD".to_owned();
    world.profiles.put(customer("two-currencies", two));
    world.profiles.put(customer("nothing", vec![]));
    world.service.fit().await.1.unwrap();
    world.wait_until_followed().await;
    let run = wait_for_run(&world, 0, 1).await;
    assert_eq!(run.done_range_count, run.range_count);
    assert_eq!((run.customer_count, run.done_customer_count), (123, 123));
    let mut seen = 0;
    for stage in STAGES {
        for row in list(&world, stage).await {
            let status = world.service.status_of(&row.customer_id).await;
            assert_eq!(row, as_row(&status, &row), "{}", row.customer_id);
            seen += 1;
        }
    }
    assert_eq!(seen, 123);
}

/// What a status would be in the portfolio; what a status does not say is taken from there.
fn as_row(status: &wire::CustomerStatus, row: &wire::ScoredCustomer) -> wire::ScoredCustomer {
    let alive = status.subscriptions.iter();
    wire::ScoredCustomer {
        customer_id: status.customer_id.clone(),
        stage: status.stage,
        stage_rule: status.stage_rule.clone(),
        stage_since_time: status.stage_since_time,
        business_line: row.business_line.clone(),
        live: status.live,
        churn_risk: status.churn_risk.as_ref().map(|risk| risk.probability),
        probability_alive: alive
            .filter_map(|subscription| subscription.probability_alive)
            .max_by(f64::total_cmp),
        value_remaining: status
            .value_remaining
            .as_ref()
            .and_then(|value| value.amount.clone()),
        scored_time: status.as_of_time,
        revision: status.revision,
        rules_version: status.rules_version,
        model_activation: row.model_activation,
    }
}

#[tokio::test]
async fn the_totals_are_those_of_the_customers() {
    let world = World::start().await;
    population(&world.profiles);
    world.service.fit().await.1.unwrap();
    world.wait_until_followed().await;
    wait_for_run(&world, 0, 1).await;
    let found = portfolio(&world, "").await;
    let counts: BTreeMap<Stage, u64> = found
        .totals
        .iter()
        .map(|total| (total.stage(), total.customer_count))
        .collect();
    assert_eq!(counts.values().sum::<u64>(), 120);
    for (stage, count) in &counts {
        assert_eq!(
            u64::try_from(list(&world, *stage).await.len()).unwrap(),
            *count
        );
    }
    assert_eq!(counts[&Stage::Lost], 60);
    let kept = found
        .totals
        .iter()
        .find(|total| total.live_count > 0)
        .unwrap();
    assert_eq!((kept.live_count, kept.scored_count), (60, 60));
    let value = &kept.values[0];
    let (remaining, at_risk) = (&value.value_remaining, &value.value_at_risk);
    let minor = |money: &Option<facts::Money>| money.as_ref().unwrap().minor;
    assert!(0 < minor(at_risk) && minor(at_risk) < minor(remaining));
    assert!(0.0 < kept.mean_churn_risk && kept.mean_churn_risk < 1.0);
    let banded: u64 = found
        .risk_bands
        .iter()
        .map(|band| band.customer_count)
        .sum();
    assert_eq!((found.risk_bands.len(), banded), (10, 60));
    assert_eq!(portfolio(&world, "retail").await.totals, []);
}

#[tokio::test]
async fn pages_of_customers_cannot_be_carried_over() {
    let world = World::start().await;
    for number in 0..3 {
        let id = format!("c-{number}");
        world.profiles.put(customer(&id, vec![ended("s", 400, 10)]));
    }
    world.wait_until_followed().await;
    let mut request = wire::ListCustomersRequest {
        stage: Stage::Lost.into(),
        business_line: "telecom".to_owned(),
        page_size: 2,
        ..wire::ListCustomersRequest::default()
    };
    let mut client = world.service.portfolio();
    let page = client.list_customers(request.clone()).await.unwrap();
    request.page_token = page.into_inner().next_page_token;
    let rest = client.list_customers(request.clone()).await.unwrap();
    assert_eq!(rest.into_inner().customers.len(), 1);
    request.stage = Stage::Leaving.into();
    let refused = client.list_customers(request.clone()).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["page_token"]);
    request.stage = 99;
    let refused = client.list_customers(request).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["stage"]);
}

/// Puts customers who are settled by the built-in rules, and publishes rules by which all of them
/// are in their early days.
async fn change_everybody(world: &World, count: u32) {
    for number in 0..count {
        let id = format!("c-{number:03}");
        world.profiles.put(customer(&id, vec![contract("s", 400)]));
    }
    world.wait_until_followed().await;
}

async fn publish_long_early_days(world: &World) {
    let mut client = world.service.rules();
    let rules = client.get_rules(wire::GetRulesRequest::default()).await;
    let mut lines = rules.unwrap().into_inner().rule_set.unwrap().business_lines;
    lines[0].early_days = 500;
    let request = wire::PublishRulesRequest {
        business_lines: lines,
        ..wire::PublishRulesRequest::default()
    };
    client.publish_rules(request).await.unwrap();
}

/// Holds the stage of one customer, so that whoever scores the range waits in the middle of it.
async fn hold(world: &World, customer_id: &str) -> PoolConnection<sqlx::Postgres> {
    let mut held = world.database.pool.acquire().await.unwrap();
    let connection: &mut PgConnection = &mut held;
    sqlx::query("begin")
        .execute(&mut *connection)
        .await
        .unwrap();
    sqlx::query("select from scored_customer where customer_id = $1 for update")
        .bind(customer_id)
        .execute(connection)
        .await
        .unwrap();
    held
}

async fn wait_for_done(world: &World, wanted: i64) {
    let reached = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        let sql = "select count(*) from scoring_range as range join scoring_run as run \
                   on run.number = range.run \
                   where run.rules_version = 1 and range.done_time is not null";
        loop {
            ticks.tick().await;
            let done: i64 = sqlx::query_scalar(sql)
                .fetch_one(&world.database.pool)
                .await
                .unwrap();
            if done == wanted {
                return;
            }
        }
    });
    reached.await.expect("the other ranges are done");
}

#[tokio::test]
async fn a_worker_that_is_killed_in_a_range_loses_nothing_and_nobody_changes_twice() {
    let (mut world, runtime) = World::start_mortal().await;
    change_everybody(&world, 200).await;
    let held = hold(&world, "c-100").await;
    publish_long_early_days(&world).await;
    // Five ranges of forty and the open one; the range of the one held waits.
    wait_for_done(&world, 5).await;
    assert_eq!(world.count("stage_transition").await, 160);
    runtime.shutdown_background();
    drop(held.detach());
    world.service = world.another(2).await;
    let run = wait_for_run(&world, 1, 0).await;
    assert_eq!(
        (run.done_customer_count, run.scored_customer_count),
        (200, 200)
    );
    assert_eq!(run.transition_count, 200);
    assert_eq!(world.count("stage_transition").await, 200);
    let early = list(&world, Stage::Onboarding).await;
    assert_eq!(early.len(), 200);
    assert!(early.iter().all(|customer| customer.rules_version == 1));
}

#[tokio::test]
async fn several_processes_share_one_run() {
    let world = World::start().await;
    // One that learns of other rules through the run alone.
    let mut uninformed = settings(&world.database.url, &world.profiles.uri);
    uninformed.refresh_interval_ms = 600_000;
    let other = Running::start(&uninformed, 2).await;
    change_everybody(&world, 200).await;
    publish_long_early_days(&world).await;
    let run = wait_for_run(&world, 1, 0).await;
    assert_eq!((run.done_customer_count, run.transition_count), (200, 200));
    assert_eq!(world.count("stage_transition").await, 200);
    assert!(other.shut_down().await);
}

#[tokio::test]
async fn other_rules_end_a_run_and_begin_the_next() {
    let world = World::start().await;
    change_everybody(&world, 200).await;
    let held = hold(&world, "c-100").await;
    publish_long_early_days(&world).await;
    wait_for_done(&world, 5).await;
    publish_long_early_days(&world).await;
    drop(held.detach());
    let run = wait_for_run(&world, 2, 0).await;
    assert_eq!(run.done_customer_count, 200);
    let early = list(&world, Stage::Onboarding).await;
    assert_eq!(early.len(), 200);
    assert!(early.iter().all(|customer| customer.rules_version == 2));
    assert_eq!(world.count("stage_transition").await, 200);
}

#[tokio::test]
async fn who_is_erased_while_being_scored_does_not_come_back() {
    let world = World::start().await;
    change_everybody(&world, 40).await;
    let held = hold(&world, "c-020").await;
    publish_long_early_days(&world).await;
    // The open range is empty and done; the one with everybody waits.
    wait_for_done(&world, 1).await;
    world.profiles.erase("c-010");
    drop(held.detach());
    world.wait_until_followed().await;
    wait_for_run(&world, 1, 0).await;
    assert_eq!(world.count("customer_facts").await, 39);
    assert_eq!(world.count("scored_customer").await, 39);
    assert_eq!(world.count("stage_transition").await, 39);
}

#[tokio::test]
async fn scoring_on_demand_leaves_alone_who_is_up_to_date() {
    let world = World::start().await;
    change_everybody(&world, 50).await;
    let mut client = world.service.portfolio();
    let before = wait_for_run(&world, 0, 0).await;
    let run = client.start_scoring(wire::StartScoringRequest {}).await;
    let run = run.unwrap().into_inner().run.unwrap();
    assert!(run.number > before.number);
    let reached = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        loop {
            let latest = wait_for_run(&world, 0, 0).await;
            if latest.number == run.number {
                return latest;
            }
        }
    });
    let done = reached.await.unwrap();
    assert_eq!(
        (done.done_customer_count, done.scored_customer_count),
        (50, 0)
    );
    let unreadable = "update customer_facts set format = 0 where customer_id = 'c-007'";
    let sql = [unreadable, "update scored_customer set revision = 0"];
    for sql in sql {
        sqlx::query(sql)
            .execute(&world.database.pool)
            .await
            .unwrap();
    }
    client
        .start_scoring(wire::StartScoringRequest {})
        .await
        .unwrap();
    let done = loop {
        let latest = wait_for_run(&world, 0, 0).await;
        if latest.number > run.number {
            break latest;
        }
    };
    assert_eq!(done.unreadable_customer_count, 1);
    assert_eq!(done.scored_customer_count, 49);
}
