//! What is owed, and who is not pressed.

use super::*;

fn gesture() -> Offer {
    Offer {
        owed: true,
        // As good as useless as a sale.
        priors: Priors {
            default: prior(0.01),
            by_category: BTreeMap::new(),
            weight: 10.0,
        },
        ..offer("gesture", Lever::Goodwill, 0, 0.01)
    }
}

fn with_gesture() -> Situated {
    let mut call = Situated::new();
    let offers = catalogue().offers().cloned().chain([gesture()]).collect();
    call.catalogue = Catalogue::new(catalogue().reasons, offers);
    call
}

fn broken(call: &mut Situated) {
    call.customer().open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 3,
        promise_broken: false,
    });
}

#[test]
fn what_is_owed_comes_first_while_something_is_broken_whatever_it_gains_and_is_no_sale_otherwise() {
    let mut call = with_gesture();
    assert_eq!(call.decide().arm, "discount");
    assert_eq!(call.disqualified("gesture"), "LEVER_DOES_NOT_ANSWER_REASON");

    broken(&mut call);
    call.policy = policy(lenient(2));
    let decision = call.decide();
    assert_eq!(decision.arm, "gesture");
    assert!(decision.offers[0].owed && decision.offers[0].gain.minor <= 0);
    assert!(!decision.offers[1].owed);
    assert!(decision.offers.iter().all(|offer| !offer.price_offer));
}

#[test]
fn what_is_owed_needs_no_estimate_of_worth() {
    let mut call = with_gesture();
    call.customer().subscriptions[0].score = None;
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    broken(&mut call);
    assert_eq!(call.decide().arm, "gesture");
}

#[test]
fn nobody_who_needs_care_is_bound_or_pressed_about_price() {
    let mut call = Situated::new();
    call.customer().vulnerable = true;
    let levers = [Lever::PriceDiscount, Lever::FeeWaiver, Lever::Pause];
    let reasons = ReasonTree::new([reason("too_expensive", &levers, false)]);
    let mut binding = offer("binding", Lever::Pause, 0, 0.5);
    binding.benefit.commitment_months = 12;
    call.catalogue = Catalogue::new(
        reasons,
        vec![
            offer("discount", Lever::PriceDiscount, 2_000, 0.6),
            binding,
            offer("fee", Lever::FeeWaiver, 0, 0.2),
        ],
    );
    assert_eq!(call.disqualified("discount"), "VULNERABLE");
    assert_eq!(call.disqualified("binding"), "VULNERABLE");
    let decision = call.decide();
    assert_eq!(decision.arm, "fee");
    assert_eq!(decision.considerations, [Reason::new("VULNERABLE", "")]);
    call.customer().vulnerable = false;
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn whoever_died_or_moved_away_is_let_go_whatever_is_owed_or_worth_it() {
    let mut call = with_gesture();
    broken(&mut call);
    call.customer().deceased = true;
    assert_eq!(call.let_go(), "BEREAVEMENT");
    call.customer().deceased = false;
    call.request.reason = Some("moved_out_of_area".to_owned());
    assert_eq!(call.let_go(), "STRUCTURAL_REASON");
    assert!(call.decide().verdicts.is_empty());
}
