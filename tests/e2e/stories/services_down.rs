//! Something the desk rests on is down.

use std::time::{Duration, Instant};

use contract::offers::v1 as pb;
use testkit::fault::Mode;
use tests::desk::{Call, codes};
use tests::people::Person;
use tests::refusal::refused;
use tests::wait::eventually;
use tonic::{Code, Request};

use crate::suite::{Plan, Suite};

/// What call-centre software gives an answer when nobody says otherwise.
const DEADLINE: Duration = Duration::from_secs(3);

async fn ask_in_time(suite: &Suite, call: &Call) -> pb::RequestSaveOfferResponse {
    let mut request = Request::new(call.request.clone());
    request.set_timeout(DEADLINE);
    let began = Instant::now();
    let answer = suite.clients.desk().request_save_offer(request).await;
    assert!(began.elapsed() < DEADLINE, "{:?}", began.elapsed());
    answer.unwrap().into_inner()
}

fn is_the_safe_default(screen: &pb::RequestSaveOfferResponse) {
    assert_eq!(screen.outcome(), pb::DecisionOutcome::LetGo);
    assert_eq!(codes(&screen.let_go_reasons), ["SAFE_DEFAULT"]);
    assert!(screen.degraded);
    assert_eq!(screen.degraded_reasons, ["lifecycle_unavailable"]);
    assert_eq!(screen.offers, []);
    assert!(screen.customer.is_none(), "nobody could say who this is");
    // Where nothing is known about a place, the strictest holds.
    let policy = screen.policy.as_ref().unwrap();
    assert_eq!(policy.offers_allowed(), pb::OffersAllowed::AfterCancelOnly);
    assert!(!screen.cancel_now.as_ref().unwrap().token.is_empty());
}

/// Nobody can say who it is: no offer, let them go, and in time.
#[tokio::test(flavor = "multi_thread")]
async fn without_lifecycle_the_answer_is_the_safe_default() {
    let mut suite = Suite::start().await;
    let person = Person::named("unknown-now");
    person.write(&suite.clients).await;

    suite.to_lifecycle.set(Mode::BlackHole);
    let silent = Call::of(&person, "silent").because("too_expensive");
    is_the_safe_default(&ask_in_time(&suite, &silent).await);

    suite.to_lifecycle.set(Mode::Refuse);
    suite.to_lifecycle.cut();
    let refusing = Call::of(&person, "refusing").because("too_expensive");
    is_the_safe_default(&ask_in_time(&suite, &refusing).await);

    suite.to_lifecycle.set(Mode::Pass);
    let back = eventually("lifecycle is asked again", async || {
        let call = Call::of(&person, &suite.next()).because("too_expensive");
        let screen = ask_in_time(&suite, &call).await;
        (!screen.degraded).then_some(screen)
    });
    assert_eq!(
        back.await.outcome(),
        pb::DecisionOutcome::Present,
        "it was not remembered"
    );

    suite.stop_lifecycle().await;
    let other = Person::named("never-seen");
    other.write(&suite.clients).await;
    let gone = Call::of(&other, "gone").because("too_expensive");
    is_the_safe_default(&ask_in_time(&suite, &gone).await);
}

/// Leaving needs nobody: with profiles and lifecycle gone it is confirmed, and carried out later.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_confirmed_with_everything_else_down() {
    let suite = Suite::start().await;
    let person = Person::named("leaves-anyway");
    person.write(&suite.clients).await;
    for proxy in [&suite.to_lifecycle, &suite.to_profiles] {
        proxy.set(Mode::Refuse);
        proxy.cut();
    }
    let call = Call::of(&person, "k-1");
    let began = Instant::now();
    let left = call.confirm(&suite.clients).await;
    assert!(began.elapsed() < DEADLINE);
    let proof = left.acknowledgement.unwrap();
    assert_eq!(proof.dates_source(), pb::DatesSource::Provisional);
    let before = person.recorded_subscription(&suite.clients).await;
    assert!(
        before.service_end_time.is_none(),
        "profiles has not heard of it"
    );

    suite.to_profiles.set(Mode::Pass);
    eventually("the order is delivered once profiles is back", async || {
        let recorded = person.recorded_subscription(&suite.clients).await;
        (recorded.service_end_time == proof.service_end_time).then_some(())
    })
    .await;
}

/// Both services are really gone, not only unreachable.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_confirmed_with_both_services_stopped() {
    let mut suite = Suite::start().await;
    let person = Person::named("leaves-anyway");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    suite.stop_lifecycle().await;
    suite.stop_profiles().await;
    let left = call.confirm(&suite.clients).await;
    assert_eq!(left.session_id, screen.session_id);
    let proof = left.acknowledgement.unwrap();
    assert_eq!(
        proof.dates_source(),
        pb::DatesSource::Contract,
        "the session knew the contract"
    );
    assert_eq!(suite.databases.holds().await, ["released"]);
}

/// Without its database the desk says so at once, and mends itself when it is back.
#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_the_desk_says_so_at_once() {
    let (suite, person) = meets_an_outage().await;
    let postgres = suite.to_postgres.as_ref().unwrap();
    let sessions_before = suite.databases.count("save_session").await;
    postgres.set(Mode::Refuse);
    postgres.cut();
    let mut quickest = DEADLINE;
    for _ in 0..4 {
        quickest = quickest.min(both_say_unavailable(&suite, &person).await);
    }
    // The slower ones waited for the machine, not for Postgres.
    assert!(quickest < Duration::from_millis(500), "{quickest:?}");
    let sessions = suite.databases.count("save_session").await;
    assert_eq!(sessions, sessions_before, "nothing is half written");
    postgres.set(Mode::Pass);
    answers_again(&suite, &person).await;
}

/// A Postgres that takes everything and says nothing costs a bounded time, and no connection is
/// used again afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_postgres_costs_a_bounded_time() {
    let (suite, person) = meets_an_outage().await;
    let postgres = suite.to_postgres.as_ref().unwrap();
    let sessions_before = suite.databases.count("save_session").await;
    postgres.set(Mode::BlackHole);
    for _ in 0..2 {
        both_say_unavailable(&suite, &person).await;
    }
    let sessions = suite.databases.count("save_session").await;
    assert_eq!(sessions, sessions_before, "nothing is half written");
    // What was swallowed is never delivered, as behind a dead firewall.
    postgres.cut();
    postgres.set(Mode::Pass);
    answers_again(&suite, &person).await;
}

async fn meets_an_outage() -> (Suite, Person) {
    let plan = Plan {
        breakable_postgres: true,
        ..Plan::default()
    };
    let suite = plan.start().await;
    let person = Person::named("meets-an-outage");
    person.write(&suite.clients).await;
    Call::of(&person, "before")
        .because("too_expensive")
        .ask(&suite.clients)
        .await;
    (suite, person)
}

/// Asks and leaves; both must be told to come back. Returns how long the slower one took.
async fn both_say_unavailable(suite: &Suite, person: &Person) -> Duration {
    let call = Call::of(person, &suite.next());
    let mut slowest = Duration::ZERO;
    for leaving in [false, true] {
        let began = Instant::now();
        let refused = if leaving {
            refused(
                suite
                    .clients
                    .desk()
                    .confirm_cancellation(call.leave())
                    .await,
            )
        } else {
            refused(call.try_ask(&suite.clients).await)
        };
        slowest = slowest.max(began.elapsed());
        assert_eq!(
            (refused.code, refused.reason.as_str()),
            (Code::Unavailable, "STORAGE_UNAVAILABLE"),
            "leaving: {leaving}"
        );
        assert!(refused.retry_after.is_some());
    }
    assert!(slowest < DEADLINE, "{slowest:?}");
    slowest
}

async fn answers_again(suite: &Suite, person: &Person) {
    let began = Instant::now();
    eventually("the desk answers again", async || {
        let call = Call::of(person, &suite.next());
        call.try_ask(&suite.clients).await.ok()
    })
    .await;
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}
