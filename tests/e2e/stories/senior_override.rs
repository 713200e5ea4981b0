//! "I have been here for ten years, and this is all you have?" A senior takes over.

use contract::offers::v1 as pb;
use tests::desk::{Call, agent};
use tests::people::Person;
use tonic::Code;

use crate::suite::Suite;

fn overriding(call: &Call, screen: &pb::RequestSaveOfferResponse) -> pb::OverrideOfferRequest {
    pb::OverrideOfferRequest {
        request_id: "override".to_owned(),
        customer_id: call.request.customer_id.clone(),
        session_id: screen.session_id.clone(),
        contact_id: call.request.contact_id.clone(),
        offer_key: "thirty_percent_six_months".to_owned(),
        agent: Some(pb::Agent {
            authority: pb::AuthorityLevel::Senior.into(),
            ..agent("senior-1")
        }),
        reason: "loyal_and_let_down".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_senior_makes_what_the_agent_may_not_and_the_call_is_saved_with_it() {
    let suite = Suite::start().await;
    let person = Person::named("ten-years").customer_for_days(3_650);
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.outcome(), pb::DecisionOutcome::Present);

    let mut by_agent = overriding(&call, &screen);
    by_agent.agent = Some(agent("agent-1"));
    let refused = suite.clients.desk().override_offer(by_agent).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);

    let request = overriding(&call, &screen);
    let made = suite.clients.desk().override_offer(request).await;
    let made = made.unwrap().into_inner();
    let offer = made.offer.unwrap();
    assert!(offer.overridden);

    // The agent on the line reads it out and records the answer.
    let mut screen = screen;
    screen.offers = vec![offer.clone()];
    let presented = pb::PresentedOutcome::Presented;
    call.record(&suite.clients, &screen, presented).await;
    let accepted = pb::PresentedOutcome::Accepted;
    let saved = call.record(&suite.clients, &screen, accepted).await;
    assert_eq!(saved.session_state(), pb::SessionState::SaveRecorded);
    let session = call.session(&suite.clients, &screen.session_id).await;
    let kinds: Vec<&str> = session
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "opened",
            "offered",
            "not_presented",
            "overridden",
            "disclosed",
            "presented",
            "accepted"
        ]
    );
}
