//! The desk did not hear the answer, and asks again.

use contract::offers::v1 as pb;
use prost::Message;
use tests::desk::Call;
use tests::people::Person;
use tests::refusal::assert_refused;
use tonic::Code;

use crate::suite::Suite;

/// The answer as bytes, apart from the flag that says it was given before.
fn bytes(answer: &pb::RequestSaveOfferResponse) -> Vec<u8> {
    let mut answer = answer.clone();
    answer.replayed = false;
    answer.encode_to_vec()
}

/// However often, in parallel, on another process, after a restart: one effect and one answer.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_has_one_answer() {
    let mut suite = Suite::start().await;
    let person = Person::named("rings-once");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let (other_process, other) = suite.another_offers().await;

    let both = [&suite.clients, &other];
    let asked = (0..16).map(|number| call.ask(both[number % 2]));
    let answers = futures::future::join_all(asked).await;
    let first = answers.iter().find(|answer| !answer.replayed).unwrap();
    let fresh = answers.iter().filter(|answer| !answer.replayed).count();
    assert_eq!(fresh, 1, "one was first and the others were told so");
    for answer in &answers {
        assert_eq!(bytes(answer), bytes(first));
    }

    assert!(other_process.shutdown().await);
    suite.restart_offers().await;
    let later = call.ask(&suite.clients).await;
    assert!(later.replayed);
    assert_eq!(bytes(&later), bytes(first));

    for table in ["save_session", "decision", "presented_offer"] {
        assert_eq!(suite.databases.count(table).await, 1, "{table}");
    }
}

/// Without its own request id, contact and step alone bring the same answer.
#[tokio::test(flavor = "multi_thread")]
async fn one_contact_and_step_has_one_answer() {
    let suite = Suite::start().await;
    let person = Person::named("rings-once");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let first = call.ask(&suite.clients).await;

    let mut another = call.clone();
    another.request.request_id = "another".to_owned();
    another.request.reason = "not_using".to_owned();
    let again = another.ask(&suite.clients).await;
    assert!(again.replayed);
    assert_eq!(bytes(&again), bytes(&first));
}

/// The same id with another body is another request, and is refused before anything happens.
#[tokio::test(flavor = "multi_thread")]
async fn one_request_id_has_one_body() {
    let suite = Suite::start().await;
    let person = Person::named("rings-once");
    let other = Person::named("rings-too");
    person.write(&suite.clients).await;
    other.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;

    let mut changed = call.clone();
    changed.request.reason = "not_using".to_owned();
    let answer = changed.try_ask(&suite.clients).await;
    let refused = assert_refused(answer, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    assert_eq!(refused.metadata["request_id"], "k-1-ask");
    assert_eq!(refused.domain, "offers.rekindle");

    let mut elsewhere = Call::of(&other, "k-2").because("too_expensive");
    elsewhere.request.request_id = "k-1-ask".to_owned();
    let answer = elsewhere.try_ask(&suite.clients).await;
    assert_refused(answer, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    assert_eq!(suite.databases.count("save_session").await, 1);

    let mut response = call.response(&screen, pb::PresentedOutcome::Presented);
    suite
        .clients
        .desk()
        .record_response(response.clone())
        .await
        .unwrap();
    response.outcome = pb::PresentedOutcome::Declined.into();
    let answer = suite.clients.desk().record_response(response).await;
    assert_refused(answer, Code::FailedPrecondition, "REQUEST_ID_REUSED");

    let mut leaving = call.leave();
    leaving.request_id = "leave".to_owned();
    suite
        .clients
        .desk()
        .confirm_cancellation(leaving.clone())
        .await
        .unwrap();
    leaving.reason = "too_expensive".to_owned();
    let answer = suite.clients.desk().confirm_cancellation(leaving).await;
    assert_refused(answer, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    assert_eq!(suite.databases.count("cancellation").await, 1);
}
