//! What the service says when it cannot answer, each reason with its code.

use std::time::{Duration, Instant};

use contract::lifecycle::v1 as wire;
use testkit::fault::{Mode, Proxy};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::profiles::Mood;
use crate::world::{World, check_refusal, contract, customer, days_ago, faulty_fields};

fn ask(customer_id: &str) -> wire::GetCustomerStatusRequest {
    wire::GetCustomerStatusRequest {
        customer_id: customer_id.to_owned(),
        ..wire::GetCustomerStatusRequest::default()
    }
}

async fn refusal_of(world: &World, request: wire::GetCustomerStatusRequest) -> Status {
    let answer = world.service.status().get_customer_status(request).await;
    answer.unwrap_err()
}

async fn world_with_customer() -> World {
    let world = World::start().await;
    let mut facts = customer("c-1", vec![contract("s-1", 400)]);
    facts.revision = 4;
    world.profiles.put(facts);
    world
}

#[tokio::test]
async fn every_malformed_field_is_named_at_once() {
    let world = World::start().await;
    let request = wire::GetCustomerStatusRequest {
        customer_id: "c\u{7}1".to_owned(),
        subscription_id: "s".repeat(65),
        as_of_time: days_ago(-1),
        ..wire::GetCustomerStatusRequest::default()
    };
    let fields = faulty_fields(&refusal_of(&world, request).await);
    assert_eq!(fields, ["customer_id", "subscription_id", "as_of_time"]);
    let fields = faulty_fields(&refusal_of(&world, ask("")).await);
    assert_eq!(fields, ["customer_id"]);
}

#[tokio::test]
async fn a_batch_of_too_many_or_the_same_is_refused() {
    let world = World::start().await;
    let refused = async |customer_ids: Vec<String>| {
        let request = wire::BatchGetCustomerStatusesRequest {
            customer_ids,
            include_facts: false,
        };
        let mut client = world.service.status();
        let answer = client.batch_get_customer_statuses(request).await;
        faulty_fields(&answer.unwrap_err())
    };
    let many = (0..101).map(|number| format!("c-{number}")).collect();
    assert_eq!(refused(many).await, ["customer_ids"]);
    let twice = vec!["c-1".to_owned(), "c-1".to_owned()];
    assert_eq!(refused(twice).await, ["customer_ids"]);
}

#[tokio::test]
async fn whoever_is_not_there_is_not_found() {
    let world = world_with_customer().await;
    let status = refusal_of(&world, ask("c-9")).await;
    let metadata = [("customer_id", "c-9")];
    check_refusal(&status, Code::NotFound, "CUSTOMER_NOT_FOUND", &metadata);
    let request = wire::GetCustomerStatusRequest {
        subscription_id: "s-9".to_owned(),
        ..ask("c-1")
    };
    let status = refusal_of(&world, request).await;
    let metadata = [("subscription_id", "s-9")];
    check_refusal(&status, Code::NotFound, "SUBSCRIPTION_NOT_FOUND", &metadata);
}

#[tokio::test]
async fn a_revision_that_was_never_written_is_refused() {
    let world = world_with_customer().await;
    let at_least = |min_revision| wire::GetCustomerStatusRequest {
        min_revision,
        ..ask("c-1")
    };
    let mut client = world.service.status();
    assert!(client.get_customer_status(at_least(4)).await.is_ok());
    check_refusal(
        &refusal_of(&world, at_least(9)).await,
        Code::FailedPrecondition,
        "REVISION_NOT_REACHED",
        &[("min_revision", "9"), ("revision", "4")],
    );
}

#[tokio::test]
async fn profiles_down_is_said_and_recovers_by_itself() {
    let world = world_with_customer().await;
    world.profiles.feel(Mood::Down);
    let status = refusal_of(&world, ask("c-1")).await;
    check_refusal(&status, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
    let wait = status.get_details_retry_info().unwrap().retry_delay;
    assert_eq!(wait, Some(Duration::from_millis(70)), "as profiles said");
    let request = wire::BatchGetCustomerStatusesRequest {
        customer_ids: vec!["c-1".to_owned()],
        include_facts: false,
    };
    let mut client = world.service.status();
    let batch = client.batch_get_customer_statuses(request).await;
    let status = batch.unwrap_err();
    check_refusal(&status, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
    world.profiles.feel(Mood::Well);
    assert_eq!(world.service.status_of("c-1").await.revision, 4);
}

#[tokio::test]
async fn profiles_out_of_reach_is_said_too() {
    let world = World::start_with(|settings| {
        // Nobody listens there.
        "http://127.0.0.1:1".clone_into(&mut settings.profiles.uri);
    })
    .await;
    let status = refusal_of(&world, ask("c-1")).await;
    check_refusal(&status, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
}

#[tokio::test]
async fn a_call_has_its_time_and_no_more() {
    // The service's own limit: with a limit of the client the two would race in this test.
    let world = World::start_with(|settings| {
        settings.process.serve.edge.max_deadline_ms = 150;
    })
    .await;
    world.profiles.feel(Mood::Silent);
    for min_revision in [0, 1] {
        let request = wire::GetCustomerStatusRequest {
            min_revision,
            ..ask("c-1")
        };
        let started = Instant::now();
        let status = refusal_of(&world, request).await;
        let (code, reason) = (Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
        check_refusal(&status, code, reason, &[]);
        assert!(started.elapsed() < Duration::from_secs(1));
    }
}

#[tokio::test]
async fn more_than_may_be_in_flight_is_refused_at_once() {
    let world = World::start_with(|settings| {
        settings.process.serve.edge.max_calls_in_flight = 1;
    })
    .await;
    world.profiles.feel(Mood::Silent);
    let (mut one, mut other) = (world.service.status(), world.service.status());
    let both = async {
        tokio::select! {
            biased;
            first = one.get_customer_status(ask("c-1")) => first,
            second = other.get_customer_status(ask("c-1")) => second,
        }
    };
    let status = both.await.unwrap_err();
    check_refusal(&status, Code::Unavailable, "OVERLOADED", &[]);
}

#[tokio::test]
async fn postgres_down_stops_writes_and_no_status() {
    let database = testkit::postgres::fresh(&lifecycle::store::MIGRATOR).await;
    let (proxy, url) = Proxy::postgres(&database.url).await;
    let world = World::start_with(|settings| {
        settings.postgres.url = kernel::secret::Secret::new(url);
    })
    .await;
    world
        .profiles
        .put(customer("c-1", vec![contract("s-1", 400)]));
    proxy.set(Mode::Refuse);
    proxy.cut();
    let request = wire::GetRulesRequest::default();
    let started = Instant::now();
    let status = world.service.rules().get_rules(request).await.unwrap_err();
    check_refusal(&status, Code::Unavailable, "STORAGE_UNAVAILABLE", &[]);
    assert!(started.elapsed() < Duration::from_millis(500));
    let refused = world.service.fit().await.1.unwrap_err();
    check_refusal(&refused, Code::Unavailable, "STORAGE_UNAVAILABLE", &[]);
    assert_eq!(world.service.status_of("c-1").await.customer_id, "c-1");
    proxy.set(Mode::Pass);
    assert!(world.service.rules().get_rules(request).await.is_ok());
}

#[tokio::test]
async fn an_answer_that_cannot_be_is_a_fault_of_ours() {
    let world = world_with_customer().await;
    world.profiles.feel(Mood::Picky);
    let status = refusal_of(&world, ask("c-1")).await;
    check_refusal(&status, Code::Internal, "INTERNAL", &[]);
    world.profiles.feel(Mood::Empty);
    let request = wire::GetCustomerStatusRequest {
        min_revision: 1,
        ..ask("c-1")
    };
    let status = refusal_of(&world, request).await;
    check_refusal(&status, Code::Internal, "INTERNAL", &[]);
}

#[tokio::test]
async fn one_customer_that_cannot_be_read_spoils_nobody_elses_answer() {
    let world = world_with_customer().await;
    world.profiles.spoil("bad");
    world.profiles.put(customer("bad", vec![]));
    let mut clients: Vec<_> = (0..40).map(|_| world.service.status()).collect();
    let asked = clients.iter_mut().enumerate().map(|(number, client)| {
        let customer_id = if number % 4 == 0 { "bad" } else { "c-1" };
        client.get_customer_status(ask(customer_id))
    });
    let answers = futures::future::join_all(asked).await;
    for (number, answer) in answers.into_iter().enumerate() {
        if number % 4 == 0 {
            check_refusal(&answer.unwrap_err(), Code::Internal, "INTERNAL", &[]);
        } else {
            let status = answer.unwrap().into_inner().status.unwrap();
            assert_eq!(status.customer_id, "c-1");
        }
    }
}

#[tokio::test]
async fn many_questions_at_once_share_calls_and_each_gets_its_own_answer() {
    let world = World::start().await;
    for number in 0..50 {
        let id = format!("c-{number}");
        world
            .profiles
            .put(customer(&id, vec![contract("s-1", 400)]));
    }
    let ids = || (0..200).map(|number| format!("c-{}", number % 60));
    let mut clients: Vec<_> = ids().map(|_| world.service.status()).collect();
    let asked = clients
        .iter_mut()
        .zip(ids())
        .map(|(client, id)| client.get_customer_status(ask(&id)));
    let before = world.profiles.batch_count();
    let answers = futures::future::join_all(asked).await;
    for (id, answer) in ids().zip(answers) {
        let number: u32 = id["c-".len()..].parse().unwrap();
        if number < 50 {
            assert_eq!(answer.unwrap().into_inner().status.unwrap().customer_id, id);
        } else {
            let metadata = [("customer_id", id.as_str())];
            let status = answer.unwrap_err();
            check_refusal(&status, Code::NotFound, "CUSTOMER_NOT_FOUND", &metadata);
        }
    }
    let calls = world.profiles.batch_count() - before;
    assert!(calls < 100, "{calls} calls for 200 questions");
}
