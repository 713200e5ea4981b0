//! "I am moving to where you are not."

use contract::offers::v1 as pb;
use tests::desk::{Call, codes};
use tests::people::Person;

use crate::suite::Suite;

/// Structural reasons end the pitch: nothing is offered, nothing is held, and leaving is one step.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_pitched_to_who_cannot_stay() {
    let suite = Suite::start().await;
    for reason in ["moved_out_of_area", "deceased", "need_ended"] {
        let person = Person::named(reason);
        person.write(&suite.clients).await;
        let call = Call::of(&person, &suite.next()).because(reason);

        let screen = call.ask(&suite.clients).await;
        assert_eq!(screen.outcome(), pb::DecisionOutcome::LetGo, "{reason}");
        assert_eq!(screen.offers, []);
        assert_eq!(
            codes(&screen.let_go_reasons),
            ["STRUCTURAL_REASON"],
            "{reason}"
        );
        assert_eq!(screen.let_go_reasons[0].detail, reason);
        assert_eq!(suite.databases.count("presented_offer").await, 0);

        let left = call.confirm(&suite.clients).await;
        assert_eq!(left.session_id, screen.session_id, "the same session");
        let now = screen.cancel_now.unwrap();
        let proof = left.acknowledgement.unwrap();
        if reason == "deceased" {
            // At once, which is a moment after the screen said so.
            assert_eq!(proof.service_end_time, proof.acknowledge_time);
            assert_eq!(proof.billing_end_time, proof.acknowledge_time);
            assert_eq!(now.service_end_time, screen.decide_time);
        } else {
            assert_eq!(
                proof.service_end_time, now.service_end_time,
                "as the screen had said"
            );
            assert_eq!(proof.billing_end_time, now.billing_end_time);
        }
        assert_eq!(proof.dates_source(), pb::DatesSource::Contract);
    }
}

/// Moving to where the company is has its own answer: take it along, once somebody has looked up that
/// the new place is served.
#[tokio::test(flavor = "multi_thread")]
async fn who_moves_within_reach_may_take_it_along() {
    let suite = Suite::start().await;
    let person = Person::named("moves-next-door");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("moved_in_footprint");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["DESTINATION_NOT_CHECKED"]);

    let looked_up = call.later(2).to_a_place_served(true);
    let screen = looked_up.ask(&suite.clients).await;
    assert_eq!(screen.offers[0].lever(), pb::Lever::Transfer);
}

/// In Minnesota nothing may be offered before the cancellation is done.
#[tokio::test(flavor = "multi_thread")]
async fn where_the_law_forbids_a_pitch_there_is_none() {
    let suite = Suite::start().await;
    let person = Person::named("minnesotan").lives_in("US-MN");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");

    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.offers, []);
    assert_eq!(codes(&screen.let_go_reasons), ["AFTER_CANCEL_ONLY"]);
}
