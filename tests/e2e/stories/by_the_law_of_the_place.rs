//! "I want to cancel", from three places with rules of their own.

use contract::offers::v1 as pb;
use contract::types::v1::SubscriptionState;
use tests::desk::{Call, codes};
use tests::people::Person;
use tests::refusal::Refused;
use tests::wait::eventually;

use crate::suite::Suite;

/// Asks again at a later step, with the customer's permission.
fn with_permission(call: &Call, step: u32) -> Call {
    let mut later = call.clone();
    later.request.request_id = format!("{}-step-{step}", call.request.contact_id);
    later.request.step = step;
    later.request.permission = pb::Permission::Granted.into();
    later
}

/// Minnesota: nothing before the cancellation is done; asked back afterwards, the customer stays, and
/// profiles learns of it by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_minnesotan_is_asked_back_once_they_have_left_and_stays() {
    let suite = Suite::start().await;
    let person = Person::named("minnesotan").lives_in("US-MN");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["AFTER_CANCEL_ONLY"]);
    call.confirm(&suite.clients).await;

    let afterwards = with_permission(&call, 2);
    let offered = afterwards.ask(&suite.clients).await;
    assert_eq!(offered.outcome(), pb::DecisionOutcome::Present);
    let accepted = pb::PresentedOutcome::Accepted;
    let stayed = afterwards.record(&suite.clients, &offered, accepted).await;
    assert_eq!(stayed.session_state(), pb::SessionState::SaveRecorded);

    eventually("both orders are carried out", async || {
        (suite.databases.count("outbox").await == 0).then_some(())
    })
    .await;
    let recorded = person.recorded_subscription(&suite.clients).await;
    assert_eq!(recorded.state(), SubscriptionState::Active);
    assert_eq!(recorded.service_end_time, None);
    let request = pb::GetCancellationRecordRequest {
        customer_id: person.id().to_owned(),
        session_id: screen.session_id,
    };
    let record = suite.clients.desk().get_cancellation_record(request).await;
    let record = record.unwrap().into_inner().record.unwrap();
    assert!(record.intact && record.sealed, "{:?}", record.findings);
}

/// Ireland: one offer, one refusal, and no second attempt, even if the agent tries.
#[tokio::test(flavor = "multi_thread")]
async fn who_refuses_once_in_ireland_is_let_go() {
    let suite = Suite::start().await;
    let person = Person::named("dubliner").lives_in("IE");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.offers.len(), 1);
    let declined = pb::PresentedOutcome::Declined;
    call.record(&suite.clients, &screen, declined).await;
    let again = with_permission(&call, 2).try_ask(&suite.clients).await;
    assert_eq!(
        Refused::of(&again.unwrap_err()).reason,
        "OFFER_AFTER_REFUSAL"
    );
    let else_ = pb::RequestAlternativeRequest {
        request_id: "what-else".to_owned(),
        customer_id: person.id().to_owned(),
        session_id: screen.session_id.clone(),
        contact_id: "k-1".to_owned(),
        agent: None,
    };
    let other = suite.clients.desk().request_alternative(else_).await;
    assert_eq!(
        Refused::of(&other.unwrap_err()).reason,
        "OFFER_AFTER_REFUSAL"
    );
    let left = call.confirm(&suite.clients).await;
    assert_eq!(left.session_id, screen.session_id);
    assert_eq!(suite.databases.count("presented_offer").await, 1);
}

/// The cooling-off time: an exit and no occasion for an offer; it ends at once.
#[tokio::test(flavor = "multi_thread")]
async fn who_withdraws_within_the_cooling_off_time_is_out_at_once() {
    let suite = Suite::start().await;
    let person = Person::named("second-thoughts")
        .lives_in("DE")
        .customer_for_days(5);
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["WITHDRAWAL"]);
    let left = call.confirm(&suite.clients).await;
    let proof = left.acknowledgement.unwrap();
    assert_eq!(proof.service_end_time, proof.acknowledge_time);
    assert_eq!(left.exit_plan.unwrap().r#type(), pb::ExitType::Withdrawal);
    let ended = eventually("it has ended", async || {
        let recorded = person.recorded_subscription(&suite.clients).await;
        (recorded.state() == SubscriptionState::Ended).then_some(recorded)
    })
    .await;
    assert_eq!(
        ended.end_reason(),
        contract::types::v1::EndReason::CustomerWithdrawal
    );
}
