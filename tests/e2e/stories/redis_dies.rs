//! Redis dies in the middle of the day.

use std::time::{Duration, Instant};

use contract::offers::v1 as pb;
use testkit::redis::Private;
use tests::desk::Call;
use tests::people::Person;

use crate::suite::{Plan, Suite};

/// What call-centre software gives an answer when nobody says otherwise. Redis' own client would
/// hold every call for nine seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks for many people at once, while `meanwhile` happens; every answer must be whole and prompt.
async fn everybody_is_answered(suite: &Suite, round: &str, meanwhile: impl FnOnce() + Send) {
    let calls = (0..24).map(|number| async move {
        let person = Person::named(&format!("person-{}", number % 6));
        let call = Call::of(&person, &format!("{round}-{number}")).because("too_expensive");
        let began = Instant::now();
        let screen = call.ask(&suite.clients).await;
        (screen, began.elapsed())
    });
    let (answers, ()) = futures::join!(futures::future::join_all(calls), async { meanwhile() });
    for (screen, took) in answers {
        assert_eq!(screen.outcome(), pb::DecisionOutcome::Present, "{round}");
        assert!(!screen.degraded, "{round}: {:?}", screen.degraded_reasons);
        assert!(took < PATIENCE, "{round}: {took:?}");
    }
}

/// Killed or frozen under load, gone, back and empty: every answer is whole, and nobody waits.
#[tokio::test(flavor = "multi_thread")]
async fn with_redis_dead_or_frozen_every_call_is_answered_in_full() {
    let mut redis = Private::start();
    let plan = Plan {
        redis_url: Some(redis.url()),
        ..Plan::default()
    };
    let suite = plan.start().await;
    for number in 0..6 {
        Person::named(&format!("person-{number}"))
            .write(&suite.clients)
            .await;
    }
    everybody_is_answered(&suite, "warm", || {}).await;
    everybody_is_answered(&suite, "dying", || redis.kill()).await;
    everybody_is_answered(&suite, "dead", || {}).await;
    redis.restart();
    everybody_is_answered(&suite, "back", || {}).await;
    everybody_is_answered(&suite, "freezing", || redis.freeze()).await;
    everybody_is_answered(&suite, "frozen", || {}).await;
    redis.thaw();
    everybody_is_answered(&suite, "thawed", || {}).await;
}

/// Leaving and answering an offer do not even look at Redis.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_promised_is_kept_without_redis() {
    let mut redis = Private::start();
    let plan = Plan {
        redis_url: Some(redis.url()),
        ..Plan::default()
    };
    let suite = plan.start().await;
    let person = Person::named("was-promised");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    redis.kill();
    let accepted = call
        .record(&suite.clients, &screen, pb::PresentedOutcome::Accepted)
        .await;
    assert_eq!(accepted.session_state(), pb::SessionState::SaveRecorded);
    let left = call.confirm(&suite.clients).await;
    assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);
}
