//! What is never offered again so soon, whatever the cool-downs of the catalogue say: what this call
//! had already, what was refused just now, and what the customer has.

use kernel::time::{Span, Timestamp};

use super::care;
use super::catalogue::Offer;
use super::history::{Outcome, PastOffer, days_since};
use super::qualification::Call;
use super::request::Permission;

/// For how long a refusal is fresh, in hours.
const FRESH_HOURS: i64 = 24;

/// For how many days somebody has what is given at once or changed for good: no shorter than
/// carrying it out may take, so that it is not given twice.
const SINGLE_DAYS: i64 = 90;

/// The days of a month, so that a benefit has run for certain.
const MONTH_DAYS: i64 = 31;

/// Tells whether the offer was handed out in this session before, whatever became of it.
pub(super) fn had_on_this_call(call: &Call<'_>, offer: &Offer) -> bool {
    let own = call.own_session();
    own.is_some() && past(call, offer).any(|past| past.session_id == own)
}

/// Tells whether the customer took the offer for the same subscription and has it still, or will when
/// it is carried out. What is owed again is had again.
pub(super) fn is_had(call: &Call<'_>, offer: &Offer) -> bool {
    let inputs = call.inputs;
    if inputs.generation < 5 || care::is_owed(call, offer) {
        return false;
    }
    let months = offer.benefit.months().max(offer.benefit.commitment_months);
    let days = match i64::from(months) {
        0 => SINGLE_DAYS,
        months => months.saturating_mul(MONTH_DAYS),
    };
    past(call, offer).any(|past| {
        let here = past.subscription_id.as_ref();
        past.is_taken()
            && here.is_none_or(|id| *id == inputs.request.subscription_id)
            && days_since(past.heard_at(), inputs.now) < days
    })
}

/// Tells whether the offer was refused within the last day. It is the answer that counts: an offer
/// may have been open for days.
pub(super) fn refused_just_now(call: &Call<'_>, offer: &Offer) -> bool {
    past(call, offer).any(|past| is_fresh_refusal(past, call.inputs.now))
}

/// Tells whether the customer refused some offer within the last day, on another contact, where a
/// refusal ends the offers: ringing again, or being put through, begins no new pitch. What is owed
/// is none, and who asks to hear offers may.
pub(super) fn refused_all(call: &Call<'_>, offer: &Offer) -> bool {
    let inputs = call.inputs;
    if !call.refusal_ends_offers || inputs.generation < 3 {
        return false;
    }
    if inputs.request.permission == Permission::Granted || care::is_owed(call, offer) {
        return false;
    }
    let own = call.own_session();
    inputs
        .history
        .offers
        .iter()
        .any(|past| (own.is_none() || past.session_id != own) && is_fresh_refusal(past, inputs.now))
}

fn past<'a>(call: &Call<'a>, offer: &Offer) -> impl Iterator<Item = &'a PastOffer> {
    let offers = call.inputs.history.offers.iter();
    offers.filter(|past| past.offer_key == offer.key)
}

fn is_fresh_refusal(past: &PastOffer, now: Timestamp) -> bool {
    let fresh_until = past
        .answered_at
        .filter(|_| past.outcome == Outcome::Declined)
        .and_then(|answered| answered.checked_add(Span::new().hours(FRESH_HOURS)).ok());
    fresh_until.is_some_and(|until| now < until)
}
