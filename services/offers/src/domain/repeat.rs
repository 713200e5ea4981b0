//! What is never offered again so soon, whatever the cool-downs of the catalogue say: what this call
//! had already, and what was refused just now.

use kernel::time::{Span, Timestamp};

use super::care;
use super::catalogue::Offer;
use super::history::{Outcome, PastOffer};
use super::qualification::Call;
use super::request::Permission;

/// For how long a refusal is fresh, in hours.
const FRESH_HOURS: i64 = 24;

/// Tells whether the offer was handed out in this session before, whatever became of it.
pub(super) fn had_on_this_call(call: &Call<'_>, offer: &Offer) -> bool {
    let inputs = call.inputs;
    let request = inputs.request;
    let own = inputs
        .history
        .session(&request.contact_id, &request.subscription_id);
    own.is_some_and(|own| {
        let mut past = past(call, offer);
        past.any(|past| past.session_id == Some(own.session_id))
    })
}

/// Tells whether the offer was refused within the last day. It is the answer that counts: an offer
/// may have been open for days.
pub(super) fn refused_just_now(call: &Call<'_>, offer: &Offer) -> bool {
    past(call, offer).any(|past| {
        past.outcome == Outcome::Declined
            && past
                .answered_at
                .is_some_and(|answered| is_fresh(answered, call.inputs.now))
    })
}

/// Tells whether the customer refused some offer within the last day, on another contact, where a
/// refusal ends the offers: ringing again, or being put through, begins no new pitch. What is owed
/// is none, and who asks to hear offers may.
pub(super) fn refused_all(call: &Call<'_>, offer: &Offer) -> bool {
    let inputs = call.inputs;
    let request = inputs.request;
    if !call.refusal_ends_offers || inputs.generation < 3 {
        return false;
    }
    if request.permission == Permission::Granted || care::is_owed(call, offer) {
        return false;
    }
    let own = inputs
        .history
        .session(&request.contact_id, &request.subscription_id)
        .map(|own| own.session_id);
    inputs.history.offers.iter().any(|past| {
        past.outcome == Outcome::Declined
            && (own.is_none() || past.session_id != own)
            && past
                .answered_at
                .is_some_and(|answered| is_fresh(answered, inputs.now))
    })
}

fn past<'a>(call: &Call<'a>, offer: &Offer) -> impl Iterator<Item = &'a PastOffer> {
    let offers = call.inputs.history.offers.iter();
    offers.filter(|past| past.offer_key == offer.key)
}

fn is_fresh(answered_at: Timestamp, now: Timestamp) -> bool {
    answered_at
        .checked_add(Span::new().hours(FRESH_HOURS))
        .is_ok_and(|until| now < until)
}
