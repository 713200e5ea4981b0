//! Moves: nothing is moved to a place, and nobody is asked back to one, of which it is not known that
//! it is served.

use super::occasions::gone;
use super::overriding::overridden;
use super::*;
use crate::domain::customer::PastLifetime;
use crate::domain::facts::{Fact, Value};

/// Somebody who moves, and one offer that takes the service along.
fn moves(served: Option<bool>) -> Situated {
    let along = [Lever::Transfer];
    let to_look_up = |reason: StatedReason| StatedReason {
        serviceability_check: true,
        ..reason
    };
    let reasons = [
        to_look_up(reason("moved_in_footprint", &along, false)),
        to_look_up(reason("moved_out_of_area", &[], true)),
        reason("declined_to_say", &along, false),
    ];
    let offers = vec![offer("along", Lever::Transfer, 0, 0.4)];
    let mut call = Situated::new();
    call.catalogue = Catalogue::new(ReasonTree::new(reasons), offers);
    call.request.reason = Some("moved_in_footprint".to_owned());
    call.request.destination_serviceable = served;
    call
}

fn noted(call: &Situated) -> Vec<String> {
    let notes = call.decide().considerations.into_iter();
    notes.map(|note| note.code.into_owned()).collect()
}

#[test]
fn the_service_is_taken_along_only_to_where_it_is_known_to_be_served() {
    let unknown = moves(None);
    assert_eq!(unknown.disqualified("along"), "DESTINATION_NOT_CHECKED");
    assert_eq!(unknown.let_go(), "DESTINATION_NOT_CHECKED");
    assert_eq!(noted(&unknown), ["DESTINATION_NOT_CHECKED"]);
    let out_of_reach = moves(Some(false));
    assert_eq!(out_of_reach.let_go(), "DESTINATION_NOT_SERVED");
    assert!(out_of_reach.decide().verdicts.is_empty());
    assert!(noted(&out_of_reach).is_empty());
    let within_reach = moves(Some(true));
    assert_eq!(within_reach.decide().arm, "along");
    assert!(noted(&within_reach).is_empty());
}

#[test]
fn a_call_of_before_is_decided_as_it_was() {
    for served in [None, Some(false), Some(true)] {
        let call = moves(served);
        let before = Inputs {
            generation: 6,
            ..call.inputs()
        };
        let decision = decide(&before);
        assert_eq!((decision.arm.as_str(), decision.offers.len()), ("along", 1));
        assert!(decision.considerations.is_empty());
    }
    let stored = serde_json::to_string(&record(&moves(None))).unwrap();
    assert!(!stored.contains("destination_serviceable"), "{stored}");
    let call = moves(Some(true));
    let stored = serde_json::to_string(&record(&call)).unwrap();
    let read: Record = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.request.destination_serviceable, Some(true));
    assert_eq!(read.replayed(&call.catalogue, &call.policy, None), read);
}

#[test]
fn who_wants_to_move_and_says_no_more_is_asked_where_to() {
    let wants = |served| {
        let mut call = moves(served);
        call.request.reason = None;
        call.request.intent = Intent::Move;
        call
    };
    assert_eq!(wants(None).disqualified("along"), "DESTINATION_NOT_CHECKED");
    assert_eq!(noted(&wants(None)), ["DESTINATION_NOT_CHECKED"]);
    assert_eq!(
        wants(Some(false)).disqualified("along"),
        "DESTINATION_NOT_SERVED"
    );
    assert_eq!(wants(Some(true)).decide().arm, "along");
    let mut leaves = wants(None);
    leaves.request.intent = Intent::Disconnect;
    assert!(noted(&leaves).is_empty());
}

#[test]
fn a_reason_that_the_place_speaks_against_is_told_to_the_agent() {
    let out_of_area = |served| {
        let mut call = moves(served);
        call.request.reason = Some("moved_out_of_area".to_owned());
        call
    };
    for (served, notes) in [
        (None, &["DESTINATION_NOT_CHECKED"][..]),
        (Some(true), &["DESTINATION_SERVED"][..]),
        (Some(false), &[][..]),
    ] {
        let call = out_of_area(served);
        assert_eq!(call.let_go(), "STRUCTURAL_REASON");
        assert_eq!(noted(&call), notes);
    }
    let cases: [Change; 4] = [
        |call| call.customer().deceased = true,
        |call| call.customer().do_not_offer = true,
        |call| call.customer().subscriptions[0].live = false,
        |call| call.request.occasion = Occasion::Growth,
    ];
    for change in cases {
        let mut call = out_of_area(None);
        change(&mut call);
        assert!(noted(&call).is_empty());
    }
}

#[test]
fn nobody_overrides_what_is_not_known_of_a_place() {
    for (served, code) in [
        (None, "DESTINATION_NOT_CHECKED"),
        (Some(false), "DESTINATION_NOT_SERVED"),
    ] {
        let mut call = moves(served);
        assert_eq!(overridden(&call, "along").unwrap_err(), code);
        call.request.reason = None;
        call.request.intent = Intent::Move;
        assert_eq!(overridden(&call, "along").unwrap_err(), code);
    }
    assert!(overridden(&moves(Some(true)), "along").is_ok());
}

/// Somebody who left 40 days ago because they moved to where they were not served.
fn moved_away(served: Option<bool>) -> Situated {
    let mut call = gone(40);
    let days_ago = |days: u64| now() - std::time::Duration::from_hours(24 * days);
    let reasons = call.catalogue.reasons.iter().cloned();
    let reasons = reasons.map(|reason| StatedReason {
        return_needs: if reason.key == "moved_out_of_area" {
            ReturnNeeds::Serviceable
        } else {
            reason.return_needs
        },
        ..reason
    });
    call.catalogue.reasons = ReasonTree::new(reasons);
    call.customer().past_lifetimes = vec![PastLifetime {
        started_at: days_ago(440),
        ended_at: days_ago(40),
        stated_reason: "moved_out_of_area".to_owned(),
    }];
    call.request.reason = None;
    call.request.destination_serviceable = served;
    call
}

#[test]
fn who_moved_away_is_asked_back_only_to_where_they_are_served() {
    for reason in [None, Some("moved_out_of_area".to_owned())] {
        let back = |served| {
            let mut call = moved_away(served);
            call.request.reason.clone_from(&reason);
            call
        };
        assert_eq!(back(None).let_go(), "DESTINATION_NOT_CHECKED");
        assert_eq!(back(Some(false)).let_go(), "DESTINATION_NOT_SERVED");
        assert_eq!(back(Some(true)).decide().offers.len(), 1, "{reason:?}");
        assert!(noted(&back(None)).is_empty());
    }
    let mut elsewhere = moved_away(None);
    "too_expensive".clone_into(&mut elsewhere.customer().past_lifetimes[0].stated_reason);
    assert_eq!(
        elsewhere.decide().offers.len(),
        1,
        "left for another reason"
    );
    let before = |call: &Situated| {
        let inputs = Inputs {
            generation: 6,
            ..call.inputs()
        };
        decide(&inputs)
    };
    assert_eq!(before(&moved_away(None)).offers.len(), 1);
    let mut stated = moved_away(Some(true));
    stated.request.reason = Some("moved_out_of_area".to_owned());
    assert_eq!(before(&stated).let_go[0].code, "STRUCTURAL_REASON");
}

#[test]
fn rules_may_ask_whether_a_place_is_served() {
    for (served, seen) in [
        (None, None),
        (Some(false), Some(Value::Boolean(false))),
        (Some(true), Some(Value::Boolean(true))),
    ] {
        let mut call = Situated::new();
        call.request.destination_serviceable = served;
        let (_, facts) = decide_on_facts(&call.inputs());
        let facts = facts.unwrap();
        assert_eq!(facts.get(Fact::CallDestinationServiceable).cloned(), seen);
    }
}
