//! The follower: takes over what changed, once, and goes on where it stood.

use std::time::Duration;

use contract::types::v1 as facts;
use kernel::time::{Deadline, Timestamp};
use lifecycle::domain::facts::ContractKind;
use lifecycle::domain::tenure::observation::{Exposure, Observation};
use lifecycle::store::{CHANGES_FEED, Cursor, MIGRATOR, Store, TakeOver};
use storage::{Postgres, PostgresSettings};
use tokio_util::task::TaskTracker;

use crate::world::{World, contract, customer, ended};

#[tokio::test]
async fn customers_are_taken_over_as_they_change_and_go() {
    let world = World::start().await;
    world.profiles.put(customer(
        "c-1",
        vec![contract("s-1", 400), contract("s-2", 10)],
    ));
    world.wait_for_rows("subscription_exposure", 2).await;
    let mut fewer = customer("c-1", vec![ended("s-1", 400, 1)]);
    fewer.revision = 2;
    world.profiles.put(fewer);
    world.wait_for_rows("subscription_exposure", 1).await;
    let ended: i64 =
        sqlx::query_scalar("select count(*) from subscription_exposure where end_time is not null")
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
    assert_eq!(ended, 1);
    world.profiles.erase("c-1");
    world.wait_for_rows("observed_customer", 0).await;
    assert_eq!(world.count("subscription_exposure").await, 0);
}

#[tokio::test]
async fn nothing_is_left_of_whom_profiles_has_erased() {
    let world = World::start().await;
    for id in ["warbler", "wren"] {
        world.profiles.put(customer(id, vec![contract("s-1", 400)]));
    }
    world.wait_for_rows("scored_customer", 2).await;
    // Ranges of a scoring begin and end at customers.
    sqlx::raw_sql(
        "insert into scoring_run values (9, now(), now(), 0, 0, 2); \
         insert into scoring_range (run, number, after_customer, until_customer) \
         values (9, 1, '', 'warbler'), (9, 2, 'warbler', null)",
    )
    .execute(&world.database.pool)
    .await
    .unwrap();
    world.profiles.erase("warbler");
    world.wait_for_rows("scored_customer", 1).await;
    world.wait_until_followed().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables \
         where table_schema = 'public' and table_type = 'BASE TABLE'",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    for table in tables {
        let sql = format!("select count(*) from {table} where {table}::text like '%warbler%'");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn a_change_of_a_kind_nobody_here_knows_is_not_passed_over() {
    let world = World::start().await;
    let newest = contract_of_the_newest_kind();
    world.profiles.tell_of("c-1", newest);
    world.wait_until_followed().await;
    world.profiles.tell_of("c-1", newest + 1);
    world
        .profiles
        .put(customer("c-2", vec![contract("s-1", 400)]));
    // Whoever understands it can follow now.
    world.wait_until_given_up().await;
    assert_eq!(world.position().await.as_deref(), Some("1"));
    assert_eq!(world.count("observed_customer").await, 0);
}

fn contract_of_the_newest_kind() -> i32 {
    contract::profiles::v1::ChangeKind::Erased.into()
}

#[tokio::test]
async fn an_older_revision_changes_nothing() {
    let world = World::start().await;
    let mut newer = customer("c-1", vec![contract("s-1", 400)]);
    newer.revision = 5;
    world.profiles.put(newer);
    world.wait_for_rows("subscription_exposure", 1).await;
    world.profiles.put(customer(
        "c-1",
        vec![contract("s-1", 400), contract("s-2", 1)],
    ));
    world.wait_until_followed().await;
    assert_eq!(world.count("subscription_exposure").await, 1);
}

#[tokio::test]
async fn a_follower_that_was_killed_goes_on_where_it_stood() {
    let (mut world, runtime) = World::start_mortal().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    world.wait_until_followed().await;
    // The lease stays with the dead until it runs out.
    runtime.shutdown_background();
    world.service = world.another(2).await;
    world
        .profiles
        .put(customer("c-2", vec![contract("s-1", 400)]));
    world.wait_for_rows("observed_customer", 2).await;
    assert_eq!(world.profiles.watched_after(), ["", "1"]);
}

#[tokio::test]
async fn one_process_follows_and_the_next_takes_over_at_once() {
    // A lease so long that nobody waits for its end.
    let mut world = World::start_with(|settings| settings.feed_lease_ms = 600_000).await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    world.wait_until_followed().await;
    let next = world.another(2).await;
    let first = std::mem::replace(&mut world.service, next);
    assert_eq!(world.profiles.watched_after(), [""], "one follows");
    assert!(first.shut_down().await);
    world
        .profiles
        .put(customer("c-2", vec![contract("s-1", 400)]));
    world.wait_for_rows("observed_customer", 2).await;
    assert_eq!(world.profiles.watched_after(), ["", "1"]);
}

#[tokio::test]
async fn unusable_facts_are_set_aside_with_the_reason_until_they_are_mended() {
    let world = World::start().await;
    let mut no_start = contract("s-1", 400);
    no_start.start_time = None;
    world.profiles.put(customer("bad", vec![no_start]));
    world.profiles.spoil("worse");
    world
        .profiles
        .put(customer("worse", vec![contract("s-1", 400)]));
    world
        .profiles
        .put(customer("good", vec![contract("s-1", 400)]));
    world.wait_until_followed().await;
    let reasons: Vec<(String, String)> =
        sqlx::query_as("select customer_id, reason from set_aside_customer order by customer_id")
            .fetch_all(&world.database.pool)
            .await
            .unwrap();
    let expected = [
        ("bad", "subscription s-1 has no start time"),
        ("worse", "the facts cannot be read: INTERNAL"),
    ];
    assert_eq!(
        reasons,
        expected.map(|(id, reason)| (id.to_owned(), reason.to_owned()))
    );
    assert_eq!(world.count("observed_customer").await, 1);
    world
        .profiles
        .put(customer("bad", vec![contract("s-1", 400)]));
    world.wait_for_rows("set_aside_customer", 1).await;
    assert_eq!(world.count("observed_customer").await, 2);
}

fn store(database_url: &str) -> Store {
    let settings = PostgresSettings::at(database_url);
    Store::new(Postgres::connect_lazy(&settings, &TaskTracker::new()).unwrap())
}

fn cursor(holder: &str, position: &str) -> Cursor {
    Cursor {
        feed: CHANGES_FEED,
        holder: holder.to_owned(),
        position: position.to_owned(),
    }
}

#[tokio::test]
async fn whoever_lost_the_lease_changes_nothing() {
    let world = World::start().await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    world.wait_until_followed().await;
    let run = TakeOver {
        gone: vec!["c-1".to_owned()],
        cursor: Some(cursor("somebody else", "99")),
        ..TakeOver::default()
    };
    let taken = store(&world.database.url).take_over(soon(), run).await;
    assert!(!taken.unwrap());
    assert_eq!(world.position().await.as_deref(), Some("1"));
    assert_eq!(world.count("observed_customer").await, 1);
}

#[tokio::test]
async fn what_cannot_be_stored_moves_no_cursor() {
    let database = testkit::postgres::fresh(&MIGRATOR).await;
    let store = store(&database.url);
    let lease = Duration::from_mins(1);
    let position = store.acquire_feed("us", lease).await.unwrap();
    assert_eq!(position.as_deref(), Some(""));
    let impossible = Exposure {
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        business_line: "telecom".to_owned(),
        contract_kind: ContractKind::OneYear,
        start_time: Timestamp::from_second(1_000).unwrap(),
        end_time: Timestamp::from_second(999).ok(),
        lives_on: false,
    };
    let observation = |customer_id: &str, exposures| Observation {
        customer_id: customer_id.to_owned(),
        revision: 1,
        last_seen_time: Timestamp::UNIX_EPOCH,
        exposures,
        histories: vec![],
    };
    let run = TakeOver {
        observations: vec![
            observation("c-1", vec![]),
            observation("c-2", vec![impossible]),
        ],
        cursor: Some(cursor("us", "2")),
        ..TakeOver::default()
    };
    let refused = store.take_over(soon(), run).await.unwrap_err();
    assert!(refused.is_conflict_on("subscription_exposure_end_check"));
    assert_eq!(store.feed_position().await.unwrap(), "");
    let customers: i64 = sqlx::query_scalar("select count(*) from observed_customer")
        .fetch_one(&database.pool)
        .await
        .unwrap();
    assert_eq!(customers, 0);
}

fn soon() -> Deadline {
    Deadline::within(Duration::from_secs(10))
}

#[tokio::test]
async fn a_buyer_leaves_the_days_of_the_purchases() {
    let world = World::start().await;
    let buyer = facts::SubscriptionFacts {
        relationship: facts::RelationshipType::NonContractual.into(),
        ..contract("s-1", 400)
    };
    world.profiles.put(facts::CustomerFacts {
        purchase_days: vec![20_000, 20_100],
        ..customer("c-1", vec![buyer])
    });
    world.wait_for_rows("purchase_history", 1).await;
    let days: Vec<i32> = sqlx::query_scalar("select purchase_days from purchase_history")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(days, [20_000, 20_100]);
    assert_eq!(world.count("subscription_exposure").await, 0);
}
