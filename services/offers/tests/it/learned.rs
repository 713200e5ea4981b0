//! What was learnt comes first: the newest version, on every process, named by the record.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use kernel::time::{Clock, Deadline};
use offers::domain::posterior::{Prices, Seen, Segment};
use offers::store::{NewLearned, Store};
use statistics::selection::Count;
use std::time::Duration;
use storage::{Postgres, PostgresSettings};
use tokio_util::task::TaskTracker;

use crate::neighbours::facts;
use crate::world::{World, file, too_expensive, wait_until};

pub(crate) const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");

/// Starts with the seed, without a floor: what is best beyond doubt is drawn for certain.
pub(crate) async fn world() -> World {
    let world = World::start().await;
    publish(&world, CATALOGUE).await;
    world
}

pub(crate) async fn publish(world: &World, catalogue: &str) {
    assert!(catalogue.contains("  floor: 0.005\n"));
    let catalogue = catalogue.replacen("  floor: 0.005\n", "  floor: 0\n", 1);
    let request = pb::PublishCatalogueRequest {
        request_id: format!("floor-{}", catalogue.len()),
        files: vec![
            file("catalogue.yaml", &catalogue),
            file("reasons.yaml", REASONS),
        ],
        published_by: "ada".to_owned(),
        note: String::new(),
    };
    let mut catalogues = CatalogueServiceClient::new(world.channel().await);
    let published = catalogues.publish_catalogue(request).await.unwrap();
    assert!(published.into_inner().changed);
}

pub(crate) fn asks(customer: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        customer_id: customer.to_owned(),
        ..too_expensive(&format!("of-{customer}"))
    }
}

pub(crate) async fn ask(world: &mut World, customer: &str) -> pb::RequestSaveOfferResponse {
    world.neighbours.put(facts(customer));
    world.ask(asks(customer)).await.unwrap()
}

/// The offer that was passed over for another.
pub(crate) fn passed_over(answer: &pb::RequestSaveOfferResponse) -> String {
    let lower = |verdict: &&pb::OfferVerdict| {
        let mut reasons = verdict.reasons.iter();
        reasons.any(|reason| reason.code == "RANKED_LOWER")
    };
    let found = answer.verdicts.iter().find(lower);
    found.expect("an offer ranked lower").offer_key.clone()
}

/// The tables, as another process has them.
pub(crate) fn store(world: &World) -> Store {
    let settings = PostgresSettings::at(&world.database.url);
    let postgres = Postgres::connect_lazy(&settings, &TaskTracker::new()).unwrap();
    Store::start(
        postgres,
        &storage::batch::BatchSettings::default(),
        &storage::batch::BatchSettings::default(),
    )
}

/// Keeps a version by which everybody stays for one offer and nobody for any other.
async fn keep(world: &World, answer: &pb::RequestSaveOfferResponse, best: &str) -> u64 {
    let store = store(world);
    let offers = answer
        .verdicts
        .iter()
        .map(|verdict| verdict.offer_key.as_str());
    let evidence = offers.chain(["no_offer"]).map(|arm| {
        let stayed = if arm == best { 1_000_000.0 } else { 1.0 };
        let all = Count {
            calls: stayed,
            successes: stayed,
        };
        Seen {
            segment: Segment {
                category: "price".to_owned(),
                value_tier: 1,
                long_term: true,
            },
            arm: arm.to_owned(),
            stay: Count {
                calls: 1_000_000.0,
                successes: stayed,
            },
            here_30_days: all,
            durable: all,
        }
    });
    let new = NewLearned {
        made_at: world.clock.now(),
        catalogue_version: answer.catalogue_version,
        evidence: evidence.collect(),
        prices: Prices::new(),
        seed: u64::MAX - 5,
    };
    let deadline = Deadline::within(Duration::from_secs(20));
    store.keep_learned(new, deadline).await.unwrap()
}

/// Of how many decisions the records name a version.
async fn drawn_with(world: &World, version: &'static str) -> i64 {
    world.number(version).await
}

const OF_FIRST: &str = "select count(*) from decision where record::jsonb @> '{\"learned_version\": 1}' \
     and record::jsonb #> '{decision,drawn,propensities}' is not null";
const OF_SECOND: &str =
    "select count(*) from decision where record::jsonb @> '{\"learned_version\": 2}'";

#[tokio::test]
async fn the_newest_version_is_served_by_every_process_and_replayed_by_name() {
    let mut world = world().await;
    let before = ask(&mut world, "c-1").await;
    let best = passed_over(&before);
    assert_ne!(before.offers[0].offer_key, best);
    assert_eq!(keep(&world, &before, &best).await, 1);

    // A process that runs hears of it, and one that starts begins with it.
    let (_second, mut second) = world.second().await;
    world.neighbours.put(facts("c-2"));
    let there = second.request_save_offer(asks("c-2")).await.unwrap();
    assert_eq!(there.into_inner().offers[0].offer_key, best);
    let number = std::cell::Cell::new(3);
    let desk = world.desk.clone();
    wait_until("a process that runs hears of it", async || {
        let customer = format!("c-{}", number.get());
        number.set(number.get() + 1);
        world.neighbours.put(facts(&customer));
        let answer = desk.clone().request_save_offer(asks(&customer)).await;
        answer.unwrap().into_inner().offers[0].offer_key == best
    })
    .await;
    assert_eq!(drawn_with(&world, OF_FIRST).await, 2);

    let mut world = world.restart().await;
    world.neighbours.put(facts("c-1"));
    let first = "select decision_id::text from decision where record::jsonb @> '{\"learned_version\": 1}' \
         order by decided_at limit 1";
    let decision_id: String = sqlx::query_scalar(first)
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    let explain = pb::ExplainDecisionRequest {
        customer_id: "c-2".to_owned(),
        decision_id,
    };
    let explained = world.desk.explain_decision(explain.clone()).await.unwrap();
    let explained = explained.into_inner();
    assert!(explained.replay_agrees);
    assert_eq!(explained.arm, best);
    assert!((explained.propensity - 1.0).abs() < 1e-9);

    // With a newer one, and a newer catalogue, what was decided before is still found again.
    let other = before.offers[0].offer_key.clone();
    assert_eq!(keep(&world, &before, &other).await, 2);
    let changed = CATALOGUE.replace("ten_percent_three_months", "ten_percent_a_quarter");
    publish(&world, &changed).await;
    let mut world = world.restart().await;
    ask(&mut world, "c-24").await;
    assert_eq!(drawn_with(&world, OF_SECOND).await, 1);
    let again = world
        .desk
        .explain_decision(explain)
        .await
        .unwrap()
        .into_inner();
    assert!(again.replay_agrees);
}

#[tokio::test]
async fn a_version_never_changes() {
    let mut world = world().await;
    let answer = ask(&mut world, "c-1").await;
    keep(&world, &answer, "no_offer").await;
    for change in ["update learned set price = 1", "delete from learned"] {
        let refused = sqlx::raw_sql(change).execute(&world.database.pool).await;
        let fault = refused.unwrap_err().to_string();
        assert!(fault.contains("never changes"), "{fault}");
    }
}
