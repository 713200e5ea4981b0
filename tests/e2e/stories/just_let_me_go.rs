//! "I just want to cancel."

use contract::offers::v1 as pb;
use contract::types::v1::SubscriptionState;
use tests::desk::Call;
use tests::people::Person;
use tests::wait::eventually;

use crate::suite::{Plan, Suite};

/// The customer is never asked why, never pitched, and keeps a proof; profiles learns of it by
/// itself.
#[tokio::test(flavor = "multi_thread")]
async fn leaving_takes_one_call_and_no_reason() {
    let suite = Plan::default().start_empty().await;
    let person = Person::named("wants-out");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1");

    let left = call.confirm(&suite.clients).await;
    let proof = left.acknowledgement.clone().unwrap();
    assert!(!left.replayed);
    assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);
    assert_eq!(proof.acknowledgement_id.len(), 36);
    assert!(proof.hash.len() == 64 && proof.hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(proof.acknowledge_time.is_some());
    assert!(proof.service_end_time.is_some() && proof.billing_end_time.is_some());

    let again = call.confirm(&suite.clients).await;
    assert!(again.replayed);
    assert_eq!(again.acknowledgement.unwrap(), proof, "the same proof");

    let ended = subscription_with_an_end(&suite, &person).await;
    assert_eq!(ended.service_end_time, proof.service_end_time);
    assert_eq!(ended.billing_end_time, proof.billing_end_time);

    let session = call.session(&suite.clients, &left.session_id).await;
    assert_eq!((session.offers, session.reason.as_str()), (vec![], ""));
    assert_eq!(session.acknowledgement.unwrap(), proof);
}

/// Waits until profiles has carried out what was ordered.
async fn subscription_with_an_end(
    suite: &Suite,
    person: &Person,
) -> contract::profiles::v1::Subscription {
    eventually("the subscription's end is set", async || {
        let recorded = person.recorded_subscription(&suite.clients).await;
        let pending = [SubscriptionState::CancelPending, SubscriptionState::Ended];
        pending.contains(&recorded.state()).then_some(recorded)
    })
    .await
}
