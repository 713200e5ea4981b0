//! Where somebody moves to. Nothing is moved to a place, and nobody is asked back to one, of which it is
//! not known that it is served.

use super::catalogue::{Lever, Offer, Reason as StatedReason, ReturnNeeds};
use super::customer::{Customer, Subscription};
use super::decision::{Inputs, Reason};
use super::qualification::Call;
use super::request::{Intent, Occasion};
use super::verdict::code;

/// What an agent does about a place of which nobody knows.
pub const LOOK_IT_UP: &str =
    "look up whether the new place can be served, then ask again at the next step";

/// What an agent does about a reason that the place speaks against.
const TAKE_IT_ALONG: &str =
    "it can be served: to take it along, ask again with the reason of a move within reach";

const fn counts(inputs: &Inputs<'_>) -> bool {
    inputs.generation > 6
}

/// Tells whether they move: by the reason stated, and where none is known by what they want.
fn moves(inputs: &Inputs<'_>) -> bool {
    inputs.stated().map_or_else(
        || inputs.request.intent == Intent::Move,
        |stated| stated.serviceability_check,
    )
}

/// Lets go who moves to where they cannot be served: there is nothing to argue about.
pub fn lets_go(inputs: &Inputs<'_>, stated: &StatedReason) -> Option<Reason> {
    let out_of_reach = inputs.request.destination_serviceable == Some(false);
    (counts(inputs) && stated.serviceability_check && out_of_reach)
        .then(|| Reason::new(code::DESTINATION_NOT_SERVED, stated.key.clone()))
}

/// Tells whether an offer would move the service to where it is known not to be served.
pub fn is_out_of_reach(call: &Call<'_>, offer: &Offer) -> bool {
    call.inputs.request.destination_serviceable == Some(false) && takes_along(call, offer)
}

/// Tells whether an offer would move the service to where nobody knows whether it is served.
pub fn is_not_checked(call: &Call<'_>, offer: &Offer) -> bool {
    call.inputs.request.destination_serviceable.is_none() && takes_along(call, offer)
}

fn takes_along(call: &Call<'_>, offer: &Offer) -> bool {
    counts(call.inputs) && offer.lever == Lever::Transfer && moves(call.inputs)
}

/// What an agent has to know of a place before anything can be said of it, and of one that is served
/// though the reason stated says otherwise. Nobody is asked for it who is offered nothing anyway.
pub fn note(
    inputs: &Inputs<'_>,
    customer: &Customer,
    subscription: &Subscription,
) -> Option<Reason> {
    let request = inputs.request;
    let left_alone = customer.deceased || customer.do_not_offer || !subscription.live;
    let leaves = request.occasion == Occasion::CancelCall;
    if left_alone || !leaves || !counts(inputs) || !moves(inputs) {
        return None;
    }
    let allowed = inputs.stated().is_none_or(|stated| stated.offers_allowed);
    match request.destination_serviceable {
        None => Some(Reason::new(code::DESTINATION_NOT_CHECKED, LOOK_IT_UP)),
        Some(true) if !allowed => Some(Reason::new(code::DESTINATION_SERVED, TAKE_IT_ALONG)),
        Some(_) => None,
    }
}

/// Keeps somebody from being asked back who left because they moved, until their place is served.
pub fn keeps_away(inputs: &Inputs<'_>, cause: &StatedReason) -> Option<Reason> {
    if !counts(inputs) {
        return None;
    }
    match inputs.request.destination_serviceable {
        Some(true) => None,
        Some(false) => {
            let detail = cause.key.clone();
            Some(Reason::new(code::DESTINATION_NOT_SERVED, detail))
        }
        None => Some(Reason::new(code::DESTINATION_NOT_CHECKED, LOOK_IT_UP)),
    }
}

/// The reason stated, unless it is answered: that somebody moved is none against coming back to where
/// they are served, and neither are the levers that would have kept them.
pub fn unanswered<'a>(
    inputs: &Inputs<'_>,
    stated: Option<&'a StatedReason>,
) -> Option<&'a StatedReason> {
    let request = inputs.request;
    let comes_back = matches!(request.occasion, Occasion::WinBack | Occasion::WelcomeBack);
    let served = request.destination_serviceable == Some(true);
    let is_answered = |stated: &&StatedReason| {
        counts(inputs) && comes_back && served && stated.return_needs == ReturnNeeds::Serviceable
    };
    stated.filter(|stated| !is_answered(stated))
}
