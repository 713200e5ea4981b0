//! How many offers a session has room for when it comes to recording one.

use kernel::refusal::Refusal;

use super::*;
use crate::domain::answer::{OfferNow, SessionNow};
use crate::domain::session::State;

fn out(outcome: Outcome, expires_in_hours: i64) -> OfferNow {
    let hours = kernel::time::Span::new().hours(expires_in_hours);
    OfferNow {
        presented_offer_id: PresentedOfferId::new(now(), [9; 10]),
        outcome,
        expires_at: now().checked_add(hours).unwrap(),
        held: true,
        owed: false,
    }
}

fn session(offers: &[OfferNow]) -> SessionNow {
    SessionNow {
        session_id: SessionId::new(now(), [2; 10]),
        contact_id: Situated::new().request.contact_id,
        state: State::Offered,
        refusal_ends: false,
        refused: false,
        offers: offers.to_vec(),
        now: now(),
    }
}

fn refusal(found: Result<(), Refusal>) -> &'static str {
    found.map_or_else(|refusal| refusal.reason, |()| "")
}

#[test]
fn a_session_has_room_for_two_offers_and_for_one_at_a_time() {
    let (open, read_out) = (out(Outcome::Decided, 1), out(Outcome::Presented, 1));
    let (refused, ran_out) = (out(Outcome::Declined, 1), out(Outcome::Expired, -1));
    let one_more = record(&Situated::new());
    assert_eq!(one_more.decision.offers.len(), 1);
    for (offers, expected) in [
        (&[][..], ""),
        (&[refused], ""),
        (&[ran_out], ""),
        (&[open], "TOO_MANY_OFFERS"),
        (&[read_out], "TOO_MANY_OFFERS"),
        (&[refused, ran_out], "TOO_MANY_OFFERS"),
    ] {
        let found = one_more.finds_room(&session(offers));
        assert_eq!(refusal(found), expected, "{offers:?}");
    }
    // What offers nothing needs no room.
    let mut nothing = one_more;
    nothing.decision.offers.clear();
    nothing.finds_room(&session(&[open, refused])).unwrap();
}

#[test]
fn an_alternative_stands_beside_an_offer_that_can_still_be_taken() {
    let (open, read_out) = (out(Outcome::Decided, 1), out(Outcome::Presented, 1));
    let (refused, late) = (out(Outcome::Declined, 1), out(Outcome::Presented, 0));
    let mut alternative = record(&Situated::new());
    alternative.request.alternative = true;
    for (offers, expected) in [
        (&[open][..], ""),
        (&[read_out], ""),
        (&[], "ILLEGAL_STATE"),
        (&[refused], "ILLEGAL_STATE"),
        (&[late], "ILLEGAL_STATE"),
        (&[open, refused], "TOO_MANY_OFFERS"),
    ] {
        let found = alternative.finds_room(&session(offers));
        assert_eq!(refusal(found), expected, "{offers:?}");
    }
}
