//! "You promised me a line by tonight": kept for one customer, broken for another.

use contract::lifecycle::v1::{CareKind, CareState};
use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1::RecoveryStep;
use prost_types::Timestamp;
use tests::desk::{Call, codes, verdict};
use tests::people::{Person, days_ago};

use crate::care::{complete, handed_out, lease, of_team, publish_care_plan, stands, tasks_of};
use crate::suite::Suite;

/// The instant so many hours from now; before it when negative.
fn in_hours(hours: i64) -> Timestamp {
    let now = days_ago(0);
    Timestamp {
        seconds: now.seconds + hours * 3_600,
        ..now
    }
}

/// A step of the recovery of an outage.
fn step(person: &Person, step: RecoveryStep) -> profiles::AdvanceRecoveryRequest {
    profiles::AdvanceRecoveryRequest {
        customer_id: person.id().to_owned(),
        incident_id: format!("{}-outage", person.id()),
        recovery_step: step.into(),
        ..profiles::AdvanceRecoveryRequest::default()
    }
}

async fn advance(suite: &Suite, request: profiles::AdvanceRecoveryRequest) -> u64 {
    let mut incidents = suite.clients.incidents();
    let advanced = incidents.advance_recovery(request).await.unwrap();
    advanced.into_inner().revision
}

/// Somebody without a line to whom somebody promised when they have one again.
async fn promised(suite: &Suite, name: &str, due: Timestamp) -> (Person, u64) {
    let person = Person::named(name);
    person.write(&suite.clients).await;
    person.suffers(&suite.clients, "outage").await;
    let owned = profiles::AdvanceRecoveryRequest {
        promise_due_time: Some(due),
        ..step(&person, RecoveryStep::Own)
    };
    let revision = advance(suite, owned).await;
    (person, revision)
}

async fn mend(suite: &Suite, person: &Person) -> u64 {
    advance(suite, step(person, RecoveryStep::Amend)).await;
    let request = profiles::ResolveIncidentRequest {
        customer_id: person.id().to_owned(),
        incident_id: format!("{}-outage", person.id()),
        outcome: "line_replaced".to_owned(),
        ..profiles::ResolveIncidentRequest::default()
    };
    let mut incidents = suite.clients.incidents();
    let resolved = incidents.resolve_incident(request).await.unwrap();
    resolved.into_inner().revision
}

fn is_about_a_broken_promise(screen: &offers::RequestSaveOfferResponse) -> bool {
    let notes = &screen.customer.as_ref().unwrap().be_human_about;
    notes.iter().any(|note| note == "promise_broken")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_looked_after_in_time_has_no_promise_broken() {
    let suite = Suite::start().await;
    publish_care_plan(&suite.clients).await;
    let (person, _) = promised(&suite, "mended-in-time", in_hours(12)).await;

    // The day before, whoever mends it looks after it; nobody speaks of a broken promise yet.
    let clients = &suite.clients;
    stands(
        clients,
        &person,
        CareKind::RecoveryFollowUp,
        CareState::Waiting,
    )
    .await;
    stands(
        clients,
        &person,
        CareKind::PromiseBroken,
        CareState::Waiting,
    )
    .await;
    let leased = lease(clients, of_team("recovery")).await;
    assert_eq!(
        handed_out(&leased),
        [(CareKind::RecoveryFollowUp, person.id())]
    );
    complete(clients, &leased[0]).await;

    let revision = mend(&suite, &person).await;
    let over = stands(
        clients,
        &person,
        CareKind::PromiseBroken,
        CareState::Dropped,
    )
    .await;
    assert_eq!(
        (over.state_reason.as_str(), over.lease_count),
        ("NOT_NEEDED", 0)
    );
    assert_eq!(lease(clients, of_team("recovery")).await, []);

    let call = Call::of(&person, "k-1")
        .because("too_expensive")
        .not_before(revision);
    let screen = call.ask(clients).await;
    assert!(!is_about_a_broken_promise(&screen));
    let discount = verdict(&screen, "ten_percent_three_months");
    assert!(!codes(&discount.reasons).contains(&"OPEN_INCIDENT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_promise_is_made_good_before_anybody_speaks_of_price() {
    let suite = Suite::start().await;
    publish_care_plan(&suite.clients).await;
    let (person, revision) = promised(&suite, "still-without-a-line", in_hours(-1)).await;

    let clients = &suite.clients;
    let broken = stands(
        clients,
        &person,
        CareKind::PromiseBroken,
        CareState::Waiting,
    )
    .await;
    assert_eq!(
        (broken.owner.as_str(), broken.theme.as_str()),
        ("recovery", "double_deviation")
    );

    // They ring before anybody rang them.
    let call = Call::of(&person, "k-1")
        .because("promise_broken")
        .not_before(revision);
    let first = &call.ask(clients).await.offers[0];
    assert_eq!((first.lever(), first.owed), (offers::Lever::Goodwill, true));
    let call = Call::of(&person, "k-2")
        .because("too_expensive")
        .not_before(revision);
    let screen = call.ask(clients).await;
    let discount = verdict(&screen, "ten_percent_three_months");
    let codes = codes(&discount.reasons);
    assert!(codes.contains(&"OPEN_INCIDENT"), "{codes:?}");
    assert!(screen.offers.iter().all(|offer| offer.owed));

    // Nobody but its owner gets it, and once.
    assert_eq!(lease(clients, of_team("billing")).await, []);
    let leased = lease(clients, of_team("recovery")).await;
    let of_promise = leased
        .iter()
        .find(|it| it.task.as_ref().unwrap().task_id == broken.task_id);
    complete(clients, of_promise.unwrap()).await;
    let again = lease(clients, of_team("recovery")).await;
    assert_eq!(again, []);

    let confessed = profiles::AdvanceRecoveryRequest {
        promise_broken: true,
        promise_due_time: Some(in_hours(48)),
        ..step(&person, RecoveryStep::Explain)
    };
    let revision = advance(&suite, confessed).await;
    let call = Call::of(&person, "k-3").not_before(revision);
    assert!(is_about_a_broken_promise(&call.ask(clients).await));
    let tasks = tasks_of(clients, &person).await;
    let done = tasks.iter().find(|task| task.task_id == broken.task_id);
    assert_eq!(done.unwrap().state(), CareState::Completed);
}
