//! What customers answer to an offer, and what the desk may not make of it.

use std::sync::Arc;
use std::time::Duration;

use contract::offers::v1 as pb;
use kernel::time::{Clock, SystemClock, Timestamp};
use tests::desk::{Call, agent};
use tests::people::Person;
use tests::refusal::{Refused, assert_refused, refused};
use tonic::Code;

use crate::suite::{Plan, Suite};

/// Runs behind: what it promises until next week is over already by the clock of the database.
struct LateClock(Duration);

impl Clock for LateClock {
    fn now(&self) -> Timestamp {
        SystemClock.now() - self.0
    }
}

/// A call in which an offer was made.
async fn offered(suite: &Suite, name: &str) -> (Call, pb::RequestSaveOfferResponse) {
    let person = Person::named(name);
    person.write(&suite.clients).await;
    let call = Call::of(&person, &format!("{name}-call")).because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.outcome(), pb::DecisionOutcome::Present);
    (call, screen)
}

/// After a refusal no second offer is made, and leaving takes one step.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_the_pitch() {
    let suite = Suite::start().await;
    let (call, screen) = offered(&suite, "refuses").await;
    let declined = call
        .record(&suite.clients, &screen, pb::PresentedOutcome::Declined)
        .await;
    assert_eq!(declined.session_state(), pb::SessionState::Declined);
    assert_eq!(suite.databases.holds().await, ["released"]);

    let mut second = call.clone();
    second.request.request_id = "second".to_owned();
    second.request.step = 2;
    let answer = second.try_ask(&suite.clients).await;
    let refused = assert_refused(answer, Code::FailedPrecondition, "OFFER_AFTER_REFUSAL");
    assert_eq!(refused.metadata["state"], "declined");
    assert_eq!(refused.metadata["session_id"], screen.session_id);
    assert_eq!(suite.databases.count("presented_offer").await, 1);

    let left = call.confirm(&suite.clients).await;
    assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);
    assert_eq!(left.session_id, screen.session_id);
}

/// One offer is out: the next step gives no further one before it is answered.
#[tokio::test(flavor = "multi_thread")]
async fn no_second_offer_is_made_while_one_is_out() {
    let suite = Suite::start().await;
    let (mut call, _) = offered(&suite, "hears-one").await;
    call.request.request_id = "second".to_owned();
    call.request.step = 2;
    let answer = call.try_ask(&suite.clients).await;
    let refused = assert_refused(answer, Code::FailedPrecondition, "TOO_MANY_OFFERS");
    assert_eq!(refused.metadata["state"], "offered");
}

/// Expiry goes by the database's clock; the hold comes back once, and leaving is possible.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_offer_is_not_accepted() {
    let plan = Plan {
        offers_clock: Some(Arc::new(LateClock(Duration::from_hours(24 * 60)))),
        ..Plan::default()
    };
    let suite = plan.start().await;
    let person = Person::named("hesitates");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    let accept = call.response(&screen, pb::PresentedOutcome::Accepted);
    let answer = suite.clients.desk().record_response(accept).await;
    let refused = assert_refused(answer, Code::FailedPrecondition, "OFFER_EXPIRED");
    assert_eq!(
        refused.metadata["presented_offer_id"],
        screen.offers[0].presented_offer_id
    );
    assert!(
        refused.metadata["expire_time"]
            .parse::<Timestamp>()
            .unwrap()
            < SystemClock.now()
    );
    assert_eq!(suite.databases.count("acceptance").await, 0);

    tests::wait::eventually("the hold is given back", async || {
        (suite.databases.holds().await == ["expired"]).then_some(())
    })
    .await;
    let left = call.confirm(&suite.clients).await;
    assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);
    assert_eq!(
        suite.databases.holds().await,
        ["expired"],
        "not given back twice"
    );
}

/// Accepted is accepted: not twice, not otherwise, not by another contact, not without the offer.
#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_answered_once_by_its_own_contact() {
    let suite = Suite::start().await;
    let (call, screen) = offered(&suite, "accepts").await;
    let (other_call, other_screen) = offered(&suite, "another").await;
    let accept = call.response(&screen, pb::PresentedOutcome::Accepted);

    let mut by_another = accept.clone();
    by_another
        .contact_id
        .clone_from(&other_call.request.contact_id);
    let by_another = refusal_of(&suite, by_another).await;
    assert_eq!(by_another.reason, "WRONG_CONTACT");
    assert_eq!(
        by_another.metadata["contact_id"],
        other_call.request.contact_id
    );
    let mut of_another = accept.clone();
    of_another
        .presented_offer_id
        .clone_from(&other_screen.offers[0].presented_offer_id);
    let of_another = refusal_of(&suite, of_another).await;
    assert_eq!(of_another.reason, "PRESENTED_OFFER_NOT_FOUND");
    assert_eq!(of_another.code, Code::NotFound);
    let mut elsewhere = accept.clone();
    elsewhere.session_id.clone_from(&other_screen.session_id);
    assert_eq!(
        refusal_of(&suite, elsewhere).await.reason,
        "SESSION_NOT_FOUND"
    );
    assert_eq!(suite.databases.count("acceptance").await, 0);

    suite
        .clients
        .desk()
        .record_response(accept.clone())
        .await
        .unwrap();
    let replayed = suite
        .clients
        .desk()
        .record_response(accept.clone())
        .await
        .unwrap();
    assert!(
        replayed.into_inner().replayed,
        "the same request again is the same answer"
    );
    let twice = refusal_of(&suite, accept.clone()).await;
    assert_eq!(twice.reason, "OFFER_ALREADY_ANSWERED");
    assert_eq!(twice.metadata["outcome"], "accepted");
    let mut otherwise = accept;
    otherwise.outcome = pb::PresentedOutcome::Declined.into();
    assert_eq!(
        refusal_of(&suite, otherwise).await.reason,
        "OFFER_ALREADY_ANSWERED"
    );
    assert_eq!(suite.databases.count("acceptance").await, 1);
}

/// Sends an answer under a new request id, and returns why it is refused.
async fn refusal_of(suite: &Suite, mut request: pb::RecordResponseRequest) -> Refused {
    request.request_id = suite.next();
    refused(suite.clients.desk().record_response(request).await)
}

/// Two agents on two processes accept at the same time, again and again: exactly one is told OK.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_agents_exactly_one_is_told_ok() {
    let suite = Suite::start().await;
    let (_running, other) = suite.another_offers().await;
    for round in 0..8 {
        let (call, screen) = offered(&suite, &format!("wanted-{round}")).await;
        let mut requests = Vec::new();
        for number in 0..8 {
            let mut request = call.response(&screen, pb::PresentedOutcome::Accepted);
            request.request_id = format!("round-{round}-{number}");
            request.agent = Some(agent(&format!("agent-{number}")));
            requests.push(request);
        }
        let both = [&suite.clients, &other];
        let sent = requests.into_iter().enumerate().map(|(number, request)| {
            let mut desk = both[number % 2].desk();
            async move { desk.record_response(request).await }
        });
        let answers = futures::future::join_all(sent).await;
        let told_ok = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(told_ok, 1, "round {round}");
        for refused in answers.into_iter().filter_map(Result::err) {
            assert_eq!(Refused::of(&refused).reason, "OFFER_ALREADY_ANSWERED");
        }
    }
    assert_eq!(suite.databases.count("acceptance").await, 8);
    assert_eq!(suite.databases.holds().await, ["committed"; 8]);
}
