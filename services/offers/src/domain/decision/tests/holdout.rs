//! Customers who are held out: nothing but the offers is otherwise for them.

use kernel::money::Currency;

use super::*;
use crate::domain::catalogue::{Learning, ValueTiers};
use crate::domain::holdout::{Holdout, HoldoutKey, PlannedHoldout, PlannedShare};
use crate::domain::overriding::decide_override;

/// A key that holds the customer of these tests out, or does not.
fn key(held_out: bool) -> HoldoutKey {
    let keys = (0..64).map(|number| HoldoutKey::parse(&format!("h{number}")).unwrap());
    let mut keys = keys.filter(|key| {
        let share = PlannedShare::LARGEST;
        let holdout = Holdout {
            key: key.clone(),
            share,
        };
        holdout.holds_out(&customer().customer_id) == held_out
    });
    keys.next().unwrap()
}

fn learning(holdout: PlannedHoldout) -> Learning {
    let from = |minor| Amounts::default().with(Money::new(minor, usd()));
    Learning {
        holdout,
        value_tiers: ValueTiers {
            middle: from(1_500),
            high: from(5_000),
        },
        long_term_months: Learning::LONG_TERM_MONTHS,
        half_life_days: Learning::HALF_LIFE_DAYS,
        floor: Learning::FLOOR,
    }
}

pub(super) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// A call whose catalogue holds its customer out, or not, and learns.
pub(super) fn learning_call(held_out: bool) -> Situated {
    let mut call = Situated::new();
    with_holdout(&mut call, held_out);
    call
}

fn with_holdout(call: &mut Situated, held_out: bool) {
    let catalogue = std::mem::replace(&mut call.catalogue, Catalogue::empty());
    call.catalogue = catalogue.with_learning(Some(learning(PlannedHoldout {
        key: key(held_out),
        share: PlannedShare::Fixed(PlannedShare::LARGEST),
    })));
}

fn broken(call: &mut Situated) {
    call.customer().open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 3,
        promise_broken: false,
    });
}

/// A catalogue with a gesture that is owed beside what is offered.
fn with_gesture(call: &mut Situated) {
    let mut gesture = offer("gesture", Lever::Goodwill, 0, 0.2);
    gesture.owed = true;
    let offers = call.catalogue.offers().cloned().chain([gesture]);
    call.catalogue = Catalogue::new(call.catalogue.reasons.clone(), offers.collect());
}

#[test]
fn who_is_held_out_is_offered_nothing_and_the_record_says_so() {
    let mut call = Situated::new();
    let without = call.decide();
    assert_eq!(without.holdout, None);
    with_holdout(&mut call, true);
    assert_eq!(call.let_go(), "HELD_OUT");
    let decision = call.decide();
    let verdict = &decision.verdicts[0];
    assert_eq!(
        (verdict.offer_key.as_str(), verdict.code.as_deref()),
        ("discount", Some("HELD_OUT"))
    );
    assert_eq!(verdict.kind(), VerdictKind::NotChosen);
    assert_eq!(verdict.score, without.verdicts[0].score);
    let assignment = decision.holdout.clone().unwrap();
    assert!(assignment.held_out && assignment.exposed);
    // All the rest is as it is for everybody.
    let same = Decision {
        offers: without.offers.clone(),
        verdicts: without.verdicts.clone(),
        let_go: Vec::new(),
        arm: without.arm.clone(),
        state: without.state,
        holdout: None,
        ..decision
    };
    assert_eq!(same, without);
}

#[test]
fn who_is_not_held_out_is_offered_what_they_were_and_counts_too() {
    let mut call = Situated::new();
    let without = call.decide();
    with_holdout(&mut call, false);
    let decision = call.decide();
    let assignment = decision.holdout.clone().unwrap();
    assert!(!assignment.held_out && assignment.exposed);
    let same = Decision {
        holdout: None,
        ..decision
    };
    assert_eq!(same, without);
}

/// Both sides count where an offer would be made, and neither where none would.
#[test]
fn a_call_without_an_offer_counts_on_neither_side() {
    for held_out in [false, true] {
        let mut call = Situated::new();
        with_holdout(&mut call, held_out);
        for offer in ["discount", "extra"] {
            call.history.offers.push(PastOffer {
                offer_key: OfferKey::parse(offer).unwrap(),
                price_offer: false,
                outcome: Outcome::Declined,
                decided_at: now(),
                answered_at: None,
                session_id: None,
                subscription_id: None,
                undone: false,
            });
        }
        assert_eq!(call.let_go(), "NOTHING_SUITABLE");
        let assignment = call.decide().holdout.unwrap();
        assert_eq!((assignment.held_out, assignment.exposed), (held_out, false));
        call.customer().deceased = true;
        assert_eq!(call.decide().holdout, None);
    }
}

#[test]
fn what_is_owed_is_owed_to_the_held_out_too() {
    let mut call = Situated::new();
    with_gesture(&mut call);
    broken(&mut call);
    call.policy = policy(lenient(2));
    call.catalogue.reasons = catalogue().reasons;
    let keys = |decision: &Decision| {
        let keys = decision
            .offers
            .iter()
            .map(|made| made.offer_key.to_string());
        keys.collect::<Vec<_>>()
    };
    assert_eq!(keys(&call.decide()), ["gesture", "extra"]);
    with_holdout(&mut call, true);
    let decision = call.decide();
    assert_eq!(keys(&decision), ["gesture"]);
    assert_eq!(
        (decision.arm.as_str(), decision.state),
        (NO_OFFER, State::Offered)
    );
    assert!(decision.let_go.is_empty() && decision.holdout.unwrap().exposed);
    // Where nothing else would be offered, the call tells nothing of offers.
    call.policy = policy(lenient(1));
    let decision = call.decide();
    assert_eq!(keys(&decision), ["gesture"]);
    assert_eq!(decision.arm, "gesture");
    assert!(!decision.holdout.unwrap().exposed);
}

#[test]
fn nobody_is_told_that_somebody_above_could_offer_something() {
    let mut call = Situated::new();
    let offers = call.catalogue.offers().cloned().map(|mut offer| {
        offer.minimum_authority = Authority::Senior;
        offer
    });
    let offers: Vec<Offer> = offers.collect();
    call.catalogue = Catalogue::new(catalogue().reasons, offers);
    with_holdout(&mut call, false);
    let decision = call.decide();
    assert!(!decision.escalation.is_empty() && decision.offers.is_empty());
    assert!(decision.holdout.unwrap().exposed);
    with_holdout(&mut call, true);
    let decision = call.decide();
    assert!(decision.escalation.is_empty());
    assert_eq!(decision.let_go[0].code, "HELD_OUT");
    assert!(decision.holdout.unwrap().exposed);
}

#[test]
fn another_step_and_another_contact_leak_nothing() {
    let mut call = Situated::new();
    with_holdout(&mut call, true);
    call.policy = policy(Rules {
        alternatives_on_request: Some(1),
        ..lenient(1)
    });
    for step in [2, 3] {
        call.request.step = step;
        assert_eq!(call.let_go(), "HELD_OUT");
    }
    call.request.alternative = true;
    assert_eq!(call.let_go(), "HELD_OUT");
    call.request.contact_id = "k-2".parse().unwrap();
    call.request.permission = Permission::Granted;
    assert_eq!(call.let_go(), "HELD_OUT");
}

#[test]
fn an_override_is_made_and_stays_visible() {
    let mut call = Situated::new();
    with_holdout(&mut call, true);
    let key = OfferKey::parse("extra").unwrap();
    let made = decide_override(&call.inputs(), &key, "supervisor").unwrap();
    assert_eq!((made.arm.as_str(), made.offers.len()), ("extra", 1));
    assert!(made.let_go.is_empty());
    let assignment = made.holdout.clone().unwrap();
    assert!(assignment.held_out && assignment.exposed && made.overridden.is_some());
}

#[test]
fn records_of_before_are_decided_without_it() {
    let mut call = Situated::new();
    with_holdout(&mut call, true);
    let before = decide(&Inputs {
        generation: 3,
        ..call.inputs()
    });
    assert_eq!((before.offers.len(), before.holdout), (1, None));
}

#[test]
fn a_share_by_volume_holds_nobody_out_before_it_is_settled() {
    let mut call = Situated::new();
    call.catalogue = catalogue().with_learning(Some(learning(PlannedHoldout {
        key: key(true),
        share: PlannedShare::ByVolume,
    })));
    assert_eq!(call.decide().holdout, None);
}

/// A few bytes for each call, and none where nobody is held out.
#[test]
fn the_record_holds_the_side_in_short() {
    let mut call = Situated::new();
    let text = |call: &Situated| serde_json::to_string(&call.decide()).unwrap();
    assert!(!text(&call).contains("holdout"));
    with_holdout(&mut call, false);
    assert!(text(&call).contains(r#""holdout":{"key":"h"#));
    let read: Decision = serde_json::from_str(&text(&call)).unwrap();
    assert_eq!(read, call.decide());
}
