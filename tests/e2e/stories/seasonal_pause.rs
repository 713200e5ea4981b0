//! "I am only here in summer": a pause, and the same relationship after it.

use contract::lifecycle::v1 as lifecycle;
use contract::lifecycle::v1::{CareKind, CareState, Stage};
use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use tests::desk::Call;
use tests::people::{Person, days_ago};

use crate::care::{kinds_of, publish_care_plan, stands};
use crate::suite::Suite;

/// What only those hear who left or came back.
const OF_THE_GONE: [CareKind; 4] = [
    CareKind::KeepInTouch,
    CareKind::Follow,
    CareKind::WinBack,
    CareKind::WelcomeBack,
];

/// Records that it was used; returns the revision reached.
async fn uses(suite: &Suite, person: &Person, days: i64) -> u64 {
    let event = profiles::TimelineEvent {
        customer_id: person.id().to_owned(),
        event_id: format!("used-{days}"),
        kind: types::EventKind::Usage.into(),
        event_time: Some(days_ago(days)),
        subscription_id: person.subscription_id().to_owned(),
        ..profiles::TimelineEvent::default()
    };
    let request = profiles::RecordEventsRequest {
        events: vec![event],
        ..profiles::RecordEventsRequest::default()
    };
    let mut timeline = suite.clients.timeline();
    let recorded = timeline.record_events(request).await.unwrap().into_inner();
    assert_eq!(recorded.refusals, []);
    recorded.revisions[person.id()]
}

/// Where somebody stands, by facts at least this fresh.
async fn status(
    suite: &Suite,
    person: &Person,
    min_revision: u64,
) -> (lifecycle::CustomerStatus, types::CustomerFacts) {
    let request = lifecycle::GetCustomerStatusRequest {
        customer_id: person.id().to_owned(),
        min_revision,
        include_facts: true,
        ..lifecycle::GetCustomerStatusRequest::default()
    };
    let mut statuses = suite.clients.statuses();
    let answer = statuses.get_customer_status(request).await.unwrap();
    let answer = answer.into_inner();
    (answer.status.unwrap(), answer.facts.unwrap())
}

/// Still a customer, in the one relationship there ever was.
async fn is_still_here(suite: &Suite, person: &Person, revision: u64) {
    let (status, facts) = status(suite, person, revision).await;
    assert!(status.live);
    let gone = [Stage::Leaving, Stage::Lapsed, Stage::Lost, Stage::Phoenix];
    assert!(!gone.contains(&status.stage()), "{:?}", status.stage());
    assert_eq!(status.lifetime_count, 1);
    assert!(status.tenure_days >= 800);
    let lifetimes = facts.lifetimes;
    assert_eq!(lifetimes.len(), 1);
    assert_eq!(lifetimes[0].start_time, person.subscription.start_time);
    assert_eq!(lifetimes[0].end_time, None);
    let heard = kinds_of(&suite.clients, person).await;
    assert!(
        !heard.iter().any(|kind| OF_THE_GONE.contains(kind)),
        "{heard:?}"
    );
}

/// Rings to cancel because the season is over.
async fn rings(suite: &Suite, person: &Person) -> (Call, offers::RequestSaveOfferResponse) {
    let call = Call::of(person, &suite.next()).because("seasonal");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.offers[0].lever(), offers::Lever::Pause);
    (call, screen)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_pauses_for_the_season_never_left() {
    let suite = Suite::start().await;
    publish_care_plan(&suite.clients).await;
    let clients = &suite.clients;
    let mut person = Person::named("summer-guest");
    person.write(clients).await;
    uses(&suite, &person, 70).await;
    stands(clients, &person, CareKind::CheckIn, CareState::Waiting).await;

    let (call, screen) = rings(&suite, &person).await;
    let accepted = offers::PresentedOutcome::Accepted;
    call.record(clients, &screen, accepted).await;
    person.subscription.state = types::SubscriptionState::Paused.into();
    let revision = person.write(clients).await;
    let recorded = person.recorded_subscription(clients).await;
    assert_eq!(recorded.state(), types::SubscriptionState::Paused);
    // Nobody asks why it is so quiet.
    let dropped = stands(clients, &person, CareKind::CheckIn, CareState::Dropped).await;
    assert_eq!(dropped.state_reason, "NOT_NEEDED");

    // Somebody else leaves for the same reason and is asked back for the next season.
    let leaver = Person::named("leaves-after-summer");
    leaver.write(clients).await;
    let (call, screen) = rings(&suite, &leaver).await;
    let declined = offers::PresentedOutcome::Declined;
    call.record(clients, &screen, declined).await;
    call.confirm(clients).await;
    let asked = stands(clients, &leaver, CareKind::WinBack, CareState::Waiting).await;
    assert_eq!(asked.theme, "next_season");
    is_still_here(&suite, &person, revision).await;

    // Summer comes.
    person.subscription.state = types::SubscriptionState::Active.into();
    person.write(clients).await;
    let revision = uses(&suite, &person, 0).await;
    is_still_here(&suite, &person, revision).await;
}
