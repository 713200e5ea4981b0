//! What the customer has, what they ask for, and when it ends for them.

use kernel::time::Timestamp;

use super::*;

fn taken(subscription: &str, days: u64) -> PastOffer {
    PastOffer {
        offer_key: OfferKey::parse("discount").unwrap(),
        price_offer: true,
        outcome: Outcome::Accepted,
        decided_at: now() - std::time::Duration::from_hours(24 * days),
        answered_at: Some(now() - std::time::Duration::from_hours(24 * days)),
        session_id: None,
        subscription_id: Some(SubscriptionId::parse(subscription).unwrap()),
        undone: false,
    }
}

fn without_cool_down() -> Situated {
    let mut call = Situated::new();
    let mut discount = offer("discount", Lever::PriceDiscount, 2_000, 0.4);
    discount.cool_down.after_acceptance_days = 0;
    call.catalogue = Catalogue::new(catalogue().reasons, vec![discount]);
    call
}

#[test]
fn nobody_is_offered_what_they_have_for_the_same_subscription() {
    let mut call = without_cool_down();
    let months = call.catalogue.offers().next().unwrap().benefit.months();
    let days = u64::from(months) * 31;
    call.history.offers = vec![taken("s-1", days - 1)];
    assert_eq!(call.disqualified("discount"), "HAD_ALREADY");
    let mut undone = taken("s-1", 1);
    undone.undone = true;
    for over in [taken("s-1", days), taken("s-2", 1), undone] {
        call.history.offers = vec![over];
        assert_eq!(call.decide().arm, "discount");
    }
}

#[test]
fn what_is_changed_for_good_is_had_for_a_quarter() {
    let mut call = without_cool_down();
    let mut change = offer("discount", Lever::RightSize, 0, 0.4);
    change.cool_down.after_acceptance_days = 0;
    let reasons = ReasonTree::new([reason("too_expensive", &[Lever::RightSize], false)]);
    call.catalogue = Catalogue::new(reasons, vec![change]);
    call.history.offers = vec![taken("s-1", 89)];
    assert_eq!(call.disqualified("discount"), "HAD_ALREADY");
    call.history.offers = vec![taken("s-1", 90)];
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn a_record_of_before_is_decided_as_it_was() {
    let mut call = without_cool_down();
    call.history.offers = vec![taken("s-1", 1)];
    let of_before = Inputs {
        generation: 4,
        ..call.inputs()
    };
    assert_eq!(decide(&of_before).arm, "discount");
}

#[test]
fn who_does_not_want_to_leave_is_offered_what_they_ask_for_and_nothing_else() {
    let mut call = Situated::new();
    call.request.reason = None;
    call.request.intent = Intent::Pause;
    assert_eq!(
        call.disqualified("discount"),
        "LEVER_DOES_NOT_ANSWER_INTENT"
    );
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    let why = call.decide().let_go[0].detail.clone();
    assert_eq!(
        why,
        "no offer qualifies, mostly LEVER_DOES_NOT_ANSWER_INTENT"
    );

    // The levers of the reason that stands for none do not matter then.
    let pause = offer("break", Lever::Pause, 0, 0.4);
    call.catalogue = Catalogue::new(catalogue().reasons, vec![pause]);
    assert_eq!(call.decide().arm, "break");

    call.catalogue = catalogue();
    call.request.intent = Intent::ReduceCost;
    assert_eq!(call.decide().arm, "discount");
    // Who says why is answered.
    call.request.intent = Intent::Complaint;
    call.request.reason = Some("too_expensive".to_owned());
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn an_end_that_is_set_is_no_later_by_the_contract_and_one_that_came_stays() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut call = Situated::new();
    let contract = call.decide().contract_ends_at.unwrap();
    let sooner = now() + std::time::Duration::from_hours(1);
    assert!(sooner < contract);
    for (set, live, ends) in [
        (sooner, true, sooner),
        (at("2099-01-01T00:00:00Z"), true, contract),
        (
            at("2026-03-16T00:00:00Z"),
            false,
            at("2026-03-16T00:00:00Z"),
        ),
    ] {
        let subscription = &mut call.customer().subscriptions[0];
        subscription.service_ends_at = Some(set);
        subscription.live = live;
        assert_eq!(call.decide().contract_ends_at, Some(ends));
    }
}

#[test]
fn whoever_tells_of_a_reason_for_no_offer_is_asked_for_no_permission() {
    let mut call = Situated::new();
    "cancel_pending".clone_into(&mut call.customer().subscriptions[0].state);
    assert_eq!(call.let_go(), "ALREADY_CANCELLED");
    call.request.reason = Some("moved_out_of_area".to_owned());
    assert_eq!(call.let_go(), "STRUCTURAL_REASON");
}
