//! Mistakes that others shipped.

use kernel::money::{Currency, Money};

use super::*;

fn gift(currency: &str) -> Situated {
    let mut call = Situated::new();
    let amount = Money::new(1_500, Currency::parse(currency).unwrap());
    let mut gift = offer("gift", Lever::ValueAdd, 0, 0.6);
    gift.benefit.one_off = Amounts::default().with(amount);
    let offers = catalogue().offers().cloned().chain([gift]).collect();
    call.catalogue = Catalogue::new(catalogue().reasons, offers);
    call
}

/// A fixed amount competes with shares of the price, and where it has none in the currency of the
/// price that is said, and not that there is no such offer.
#[test]
fn an_offer_of_a_fixed_amount_is_not_silently_skipped() {
    let call = gift("USD");
    let decision = call.decide();
    assert_eq!(decision.arm, "gift");
    assert_eq!(
        decision.offers[0].terms.one_off_amount.unwrap().minor,
        1_500
    );
    assert_eq!(gift("EUR").disqualified("gift"), "NO_TERMS");
}

/// What ran out, however often and however lately, blocks nothing.
#[test]
fn an_expired_discount_blocks_no_new_one() {
    let mut call = Situated::new();
    let expired = PastOffer {
        offer_key: OfferKey::parse("discount").unwrap(),
        price_offer: true,
        outcome: Outcome::Expired,
        decided_at: now(),
        answered_at: Some(now()),
        session_id: None,
        subscription_id: None,
        undone: false,
    };
    call.history.offers = vec![expired; 50];
    assert_eq!(call.decide().arm, "discount");
}

/// Nothing is offered to somebody whose cancellation is set: accepting it would not undo that.
#[test]
fn nothing_is_offered_once_the_cancellation_is_set() {
    let mut call = Situated::new();
    call.customer().subscriptions[0].state = "cancel_pending".to_owned();
    assert_eq!(call.let_go(), "ALREADY_CANCELLED");
    assert!(call.decide().verdicts.is_empty());
}
