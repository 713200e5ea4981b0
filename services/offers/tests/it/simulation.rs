//! Past calls under a draft of the catalogue or the policy.

#![expect(
    clippy::disallowed_methods,
    reason = "a transaction of the test holds up what reads, and ends with it"
)]

use std::time::Duration;

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use pb::PresentedOutcome::{Accepted, Declined};
use tonic::transport::Channel;
use tonic::{Code, Request, Status, Streaming};

use crate::neighbours::facts;
use crate::world::{World, file, let_go, refused, respond, too_expensive};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");
const POLICY: &str = include_str!("../../../../deploy/seed/policy.yaml");
const ASK_FIRST: &str = "rows:\n  ask_first:\n    source: a test\n    verify: false\n    \
                         rules: { offers_allowed: with_permission }\n";

/// Everything that is stored, apart from what jobs write meanwhile: how far a feed was followed, and what
/// became of calls.
const STORED: &str = "select ('x' || left(md5(string_agg(query_to_xml(format( \
        'select one::text as one from %I one order by 1', table_name), true, false, '')::text, \
        '' order by table_name)), 15))::bit(60)::bigint \
    from information_schema.tables \
    where table_schema = 'public' and table_type = 'BASE TABLE' \
      and table_name not in ('feed_cursor', 'call_to_measure', 'call_outcome')";

/// What a simulation came to.
#[derive(Default)]
struct Simulated {
    result: Option<pb::Simulation>,
    problems: Vec<pb::Problem>,
    examples: Vec<pb::SimulationExample>,
    steps: Vec<String>,
}

impl Simulated {
    fn result(&self) -> &pb::Simulation {
        assert_eq!(self.problems, []);
        self.result.as_ref().expect("a result")
    }

    fn changes(&self) -> pb::SimulationChanges {
        self.result().changes.unwrap()
    }
}

/// Five customers, each with a call of their own; of one the reason allows no offer.
async fn with_calls() -> (World, Vec<pb::RequestSaveOfferResponse>) {
    let mut world = World::start().await;
    let mut answers = Vec::new();
    for number in 1..=5 {
        let customer_id = format!("c-{number}");
        world.neighbours.put(facts(&customer_id));
        let mut request = pb::RequestSaveOfferRequest {
            customer_id,
            ..too_expensive(&format!("k-{number}"))
        };
        if number == 5 {
            "moved_out_of_area".clone_into(&mut request.reason);
        }
        answers.push(world.ask(request).await.unwrap());
        world.clock.advance(Duration::from_mins(1));
    }
    assert_eq!(let_go(&answers[4]), "STRUCTURAL_REASON");
    (world, answers)
}

async fn client(world: &World) -> CatalogueServiceClient<Channel> {
    CatalogueServiceClient::new(world.channel().await)
}

fn files(catalogue: &str) -> Vec<pb::SourceFile> {
    vec![
        file("catalogue.yaml", catalogue),
        file("reasons.yaml", REASONS),
    ]
}

fn under(catalogue: &str) -> pb::SimulateCatalogueRequest {
    pb::SimulateCatalogueRequest {
        catalogue_files: files(catalogue),
        ..Default::default()
    }
}

async fn simulate(world: &World, request: pb::SimulateCatalogueRequest) -> Simulated {
    let mut client = client(world).await;
    let answers = client.simulate_catalogue(request).await.unwrap();
    read(answers.into_inner()).await.unwrap()
}

async fn read(mut answers: Streaming<pb::SimulateCatalogueResponse>) -> Result<Simulated, Status> {
    let mut read = Simulated::default();
    while let Some(answer) = answers.message().await? {
        read.steps.extend(answer.progress.map(|it| it.step));
        read.result = answer.simulation.or(read.result);
        read.problems.extend(answer.problems);
        read.examples.extend(answer.examples);
    }
    Ok(read)
}

/// The seed without one of its offers.
fn without(offer_key: &str) -> String {
    let begins = format!("\n  {offer_key}:\n");
    let (before, rest) = CATALOGUE.split_once(&begins).expect("the offer");
    let next = rest.split("\n  ").skip(1).find(|it| {
        let first = it.lines().next().unwrap_or_default();
        !it.starts_with([' ', '#']) && first.ends_with(':')
    });
    let after = next.and_then(|next| rest.find(&format!("\n  {next}")));
    format!("{before}{}", after.map_or("", |after| &rest[after..]))
}

#[tokio::test]
async fn the_same_catalogue_changes_nothing_and_nothing_is_written() {
    let (mut world, answers) = with_calls().await;
    world
        .answer(respond("k-1", &answers[0], Accepted))
        .await
        .unwrap();
    // Somebody whom the seed's holdout holds out.
    world.neighbours.put(facts("c-29"));
    let held_out = pb::RequestSaveOfferRequest {
        customer_id: "c-29".to_owned(),
        ..too_expensive("k-29")
    };
    assert_eq!(let_go(&world.ask(held_out).await.unwrap()), "HELD_OUT");
    let declined = pb::RecordResponseRequest {
        customer_id: "c-2".to_owned(),
        ..respond("k-2", &answers[1], Declined)
    };
    world.answer(declined).await.unwrap();
    world.wait_for_feed().await;
    let stored = world.number(STORED).await;

    let simulated = simulate(&world, under(CATALOGUE)).await;
    let result = simulated.result();
    assert_eq!((result.read_count, result.compared_count), (6, 6));
    assert_eq!(simulated.changes().same_count, 6);
    assert!(!result.more_exist);
    assert_eq!(simulated.examples, []);
    assert_eq!(result.newly_failing, []);
    let gain = &result.gains[0];
    assert_eq!((gain.currency.as_str(), gain.call_count), ("USD", 6));
    assert!(gain.before_mean_minor > 0.0);
    assert!(gain.difference_mean_minor.abs() < f64::EPSILON);
    let same = |it: &pb::SimulationCount| it.before_count == it.after_count;
    assert!(result.offers.iter().all(same) && result.let_go_reasons.iter().all(same));
    let reasons = result.let_go_reasons.iter().map(|it| it.key.as_str());
    assert!(reasons.eq(["HELD_OUT", "STRUCTURAL_REASON"]));
    let breaches: u64 = result.checks.iter().map(|it| it.after_count).sum();
    assert_eq!((result.checks.len(), breaches), (7, 0));
    assert_eq!(result.evidence.as_ref().unwrap().state, "too_few_outcomes");
    for step in ["finding", "deciding"] {
        assert!(simulated.steps.iter().any(|it| it == step), "{step}");
    }
    // The share that was settled for its key holds, whatever the draft would settle.
    let by_volume = CATALOGUE.replacen("share: 0.05", "share: by_volume", 1);
    let simulated = simulate(&world, under(&by_volume)).await;
    assert_eq!(simulated.changes().same_count, 6);
    assert_eq!(world.number(STORED).await, stored);
}

#[tokio::test]
async fn without_an_offer_exactly_those_calls_change_that_had_it() {
    let (world, answers) = with_calls().await;
    let gone = &answers[0].offers[0].offer_key;
    let simulated = simulate(&world, under(&without(gone))).await;
    let result = simulated.result();
    let changes = simulated.changes();
    let others = changes.other_offers_count + changes.no_longer_offered_count;
    assert_eq!((others, changes.same_count), (4, 1));
    let handed_out = result.offers.iter().find(|it| it.key == *gone).unwrap();
    assert_eq!((handed_out.before_count, handed_out.after_count), (4, 0));
    let failing = &result.newly_failing[0];
    assert_eq!(
        (failing.offer_key.as_str(), failing.code.as_str()),
        (gone.as_str(), "NOT_IN_CATALOGUE")
    );
    assert_eq!((failing.call_count, failing.handed_out_count), (4, 4));
    assert!(result.gains[0].difference_mean_minor < 0.0);
    let of_price = result.segments.iter().find(|it| it.name == "too_expensive");
    assert_eq!(of_price.unwrap().fortune.unwrap().call_count, 4);

    // The examples are decisions that can be explained.
    let mut explained = simulated.examples.iter().map(|it| it.decision_id.as_str());
    let decisions: Vec<&str> = answers.iter().map(|it| it.decision_id.as_str()).collect();
    assert_eq!(simulated.examples.len(), 4);
    assert!(explained.all(|id| decisions[..4].contains(&id)));
    assert_eq!(simulated.examples[0].because, "NOT_IN_CATALOGUE");
    assert_eq!(
        simulated.examples[0].before_offer_keys,
        std::slice::from_ref(gone)
    );
}

#[tokio::test]
async fn a_stricter_policy_is_tried_with_the_catalogue_in_force() {
    let (world, _) = with_calls().await;
    let request = pb::SimulateCatalogueRequest {
        policy_files: vec![file("policy.yaml", POLICY), file("ask.yaml", ASK_FIRST)],
        ..Default::default()
    };
    // What came of four of the calls is known; of one more nothing is learnt.
    world
        .execute(
            "insert into call_outcome (customer_id, session_id, subscription_id, decided_at, \
                 decision_id, durable, neutral_reason) \
             select customer_id, session_id, 's-1', decided_at, decision_id, true, \
                 case customer_id when 'c-2' then 'not_presented' end from decision",
        )
        .await;
    let simulated = simulate(&world, request).await;
    assert_eq!(
        simulated.result().evidence.as_ref().unwrap().outcome_count,
        4
    );
    let changes = simulated.changes();
    assert_eq!(
        (changes.no_longer_offered_count, changes.same_count),
        (4, 1)
    );
    let needed = simulated.result().let_go_reasons.iter();
    let needed = needed.clone().find(|it| it.key == "PERMISSION_NEEDED");
    assert_eq!(needed.unwrap().after_count, 4);
    // Who loses, by how long they have been here.
    let long_standing = simulated.result().long_standing.unwrap();
    assert_eq!(
        (long_standing.call_count, long_standing.worse_count),
        (5, 4)
    );
}

#[tokio::test]
async fn what_could_not_be_published_is_not_simulated() {
    let (world, _) = with_calls().await;
    let inverted = CATALOGUE.replacen(
        "customer.tenure_days: { at_least: 90 }",
        "customer.tenure_days: { between: [90, 5000] }",
        1,
    );
    let simulated = simulate(&world, under(&inverted)).await;
    assert!(simulated.result.is_none());
    let codes: Vec<&str> = simulated
        .problems
        .iter()
        .map(|it| it.code.as_str())
        .collect();
    assert!(codes.contains(&"LOYALTY_INVERSION"), "{codes:?}");
    let publish = pb::PublishCatalogueRequest {
        request_id: "inverted".to_owned(),
        files: files(&inverted),
        published_by: "ada".to_owned(),
        note: String::new(),
    };
    let published = client(&world).await.publish_catalogue(publish).await;
    let published = published.unwrap().into_inner();
    assert_eq!(
        (published.catalogue, published.problems),
        (None, simulated.problems)
    );

    // The share of a holdout never changes under its key.
    let other_share = CATALOGUE.replacen("share: 0.05", "share: 0.07", 1);
    let mut client = client(&world).await;
    let answers = client.simulate_catalogue(under(&other_share)).await;
    let answer = read(answers.unwrap().into_inner()).await.map(|_| ());
    refused(answer, Code::FailedPrecondition, "HOLDOUT_LOCKED");

    // Both drafts are looked at, and all their problems told.
    let both = pb::SimulateCatalogueRequest {
        policy_files: vec![file("policy.yaml", "rows: 7\n")],
        ..under("offers: 7\n")
    };
    let simulated = simulate(&world, both).await;
    let told: Vec<&str> = simulated
        .problems
        .iter()
        .map(|it| it.file.as_str())
        .collect();
    assert!(
        told.contains(&"policy.yaml") && told.contains(&"catalogue.yaml"),
        "{told:?}"
    );
}

#[tokio::test]
async fn the_latest_calls_are_read_or_those_of_a_time() {
    let (world, answers) = with_calls().await;
    let latest = pb::SimulateCatalogueRequest {
        max_decisions: 2,
        ..under(CATALOGUE)
    };
    let result = simulate(&world, latest).await.result.unwrap();
    assert_eq!((result.read_count, result.more_exist), (2, true));
    assert_eq!(result.let_go_reasons[0].before_count, 1);
    let begins: i64 = world.number(
        "select extract(epoch from min(opened_at))::bigint from save_session where customer_id = 'c-4'",
    ).await;
    assert_eq!(result.from_time.unwrap().seconds, begins);

    let time = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
    let of_a_time = pb::SimulateCatalogueRequest {
        from_time: Some(time(begins - 60)),
        until_time: Some(time(begins + 60)),
        ..under(CATALOGUE)
    };
    let result = simulate(&world, of_a_time).await.result.unwrap();
    assert_eq!((result.read_count, result.more_exist), (2, false));
    assert_eq!(result.let_go_reasons.len(), 0);
    assert_eq!(answers.len(), 5);

    // A record that this program cannot read is counted, and the others are compared.
    world
        .execute("update decision set record = '{}' where customer_id = 'c-1'")
        .await;
    let result = simulate(&world, under(CATALOGUE)).await.result.unwrap();
    assert_eq!((result.unreadable_count, result.compared_count), (1, 4));
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_said_at_once() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let time = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
    for request in [
        pb::SimulateCatalogueRequest::default(),
        pb::SimulateCatalogueRequest {
            max_decisions: -1,
            ..under(CATALOGUE)
        },
        pb::SimulateCatalogueRequest {
            from_time: time(200),
            until_time: time(200),
            ..under(CATALOGUE)
        },
    ] {
        let answer = client.simulate_catalogue(request).await;
        refused(answer, Code::InvalidArgument, "INVALID_FIELD");
    }
    // Of no calls there is nothing to say.
    let simulated = simulate(&world, under(CATALOGUE)).await;
    assert_eq!(simulated.result().read_count, 0);
}

/// Asks while nobody can read a decision.
async fn held_up(world: &World) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held_up = world.database.pool.begin().await.unwrap();
    sqlx::raw_sql("lock table decision in access exclusive mode")
        .execute(&mut *held_up)
        .await
        .unwrap();
    held_up
}

const WAITING: &str = "select count(*) from pg_stat_activity where datname = current_database() \
                       and wait_event_type = 'Lock' and query like '%from decision%'";

#[tokio::test]
async fn it_stops_when_its_caller_leaves_and_lets_the_next_one() {
    let (world, _) = with_calls().await;
    let mut client = client(&world).await;
    let lock = held_up(&world).await;
    let first = client.simulate_catalogue(under(CATALOGUE)).await.unwrap();
    world.wait_for(WAITING, 1).await;
    let second = client.simulate_catalogue(under(CATALOGUE)).await;
    let second = read(second.unwrap().into_inner()).await;
    refused(
        second.map(|_| ()),
        Code::FailedPrecondition,
        "SIMULATION_UNDER_WAY",
    );

    // The lock is still held: only leaving frees the place.
    drop(first);
    crate::world::wait_until("the place is free", async || {
        let mut client = client.clone();
        let mut request = Request::new(under(CATALOGUE));
        request.set_timeout(Duration::from_millis(500));
        let answer = client.simulate_catalogue(request).await;
        let answer = match answer {
            Ok(answers) => read(answers.into_inner()).await.map(|_| ()),
            Err(status) => Err(status),
        };
        answer.is_err_and(|status| status.code() == Code::DeadlineExceeded)
    })
    .await;
    drop(lock);
    crate::world::wait_until("it goes through again", async || {
        let mut client = client.clone();
        let answer = client.simulate_catalogue(under(CATALOGUE)).await.unwrap();
        read(answer.into_inner())
            .await
            .is_ok_and(|it| it.result.is_some())
    })
    .await;
}
