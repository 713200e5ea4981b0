//! Overriding: somebody with authority makes an offer that the desk passed over for a reason of
//! business. What law or care forbids, nobody overrides.

use kernel::id::{OfferKey, PresentedOfferId};
use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::answer::SessionNow;
use super::arbitration;
use super::authority;
use super::catalogue::Offer;
use super::decision::{Decision, Inputs, decide};
use super::grant::authority_exceeded;
use super::history::Outcome;
use super::occasion;
use super::progress::Progress;
use super::promise::{Promise, promise};
use super::qualification::{Call, benefit, standing};
use super::session::{State, Step};
use super::verdict::{Verdict, code};

/// The first step that an override takes within its contact; a desk asks for those below.
pub const FIRST_STEP: u32 = 101;
/// The last one.
pub const LAST_STEP: u32 = 200;

/// That an offer was made against the ranking, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overridden {
    /// Why, as a short key.
    pub reason: String,
}

/// What may be overridden. Every other obstacle stands, those that do not exist yet too.
const OVERRIDABLE: &[&str] = &[
    code::ELIGIBILITY,
    code::APPLICABILITY,
    code::SUITABILITY,
    code::REFUSED_BEFORE,
    code::ACCEPTED_BEFORE,
    code::SERIAL_SAVER,
    code::CAP_REACHED,
    code::COOLING_DOWN,
    code::AUTHORITY,
];

/// The reasons for letting go that are of business. That somebody was held out and is offered
/// something anyway is in the record, and shows in the checks of the holdout.
const OF_BUSINESS: &[&str] = &["NOTHING_SUITABLE", "NO_OFFER_DRAWN", code::HELD_OUT];

/// Decides that one offer is made, whatever the ranking says, or refuses.
pub fn decide_override(
    inputs: &Inputs<'_>,
    offer_key: &OfferKey,
    reason: &str,
) -> Result<Decision, Refusal> {
    let decision = decide(inputs);
    let keeps = |code: &str| Err(override_forbidden(offer_key, code));
    let stands = |why: &&super::decision::Reason| !OF_BUSINESS.contains(&&*why.code);
    if let Some(why) = decision.let_go.iter().find(stands) {
        return keeps(&why.code);
    }
    let (Some(customer), Some(subscription)) = (inputs.customer, inputs.subscription()) else {
        return keeps("SAFE_DEFAULT");
    };
    if refused_in_this_call(inputs, offer_key) {
        return keeps("REFUSED_IN_THIS_CALL");
    }
    let offer = inputs.catalogue.named_offer(offer_key)?;
    let call = Call::new(inputs, customer, subscription, inputs.stated()).under(&decision.policy);
    check(&call, offer)?;
    make(&call, offer, decision, reason).map_or_else(|| keeps(code::NO_TERMS), Ok)
}

/// Refuses what stands in the way of an offer and is no matter of business, then what is beyond the
/// authority of who overrides.
fn check(call: &Call<'_>, offer: &Offer) -> Result<(), Refusal> {
    if !occasion::is_made_here(call, offer) {
        return Err(override_forbidden(&offer.key, "OTHER_OCCASION"));
    }
    let standing = standing(call, offer);
    let forbids = standing.iter().find(|code| !OVERRIDABLE.contains(code));
    if let Some(code) = forbids {
        return Err(override_forbidden(&offer.key, code));
    }
    if standing.contains(&code::AUTHORITY) {
        let level = call.inputs.request.agent.authority;
        return Err(authority_exceeded(level, authority::needed(call, offer)));
    }
    Ok(())
}

fn make(call: &Call<'_>, offer: &Offer, decision: Decision, reason: &str) -> Option<Decision> {
    let no_offer = arbitration::no_offer(call);
    let scored = arbitration::score(call, offer, benefit(call, offer)?, &no_offer);
    let made = Promise {
        overridden: true,
        ..promise(call, &scored)
    };
    Some(Decision {
        arm: made.offer_key.to_string(),
        offers: vec![made],
        let_go: Vec::new(),
        escalation: Vec::new(),
        verdicts: vec![Verdict {
            offer_key: offer.key.clone(),
            code: None,
            score: Some(scored.terms),
        }],
        state: State::Offered,
        // Nobody drew it.
        propensity: 1.0,
        drawn: None,
        overridden: Some(Overridden {
            reason: reason.to_owned(),
        }),
        ..decision
    })
}

/// What the customer refused on this call is not offered to them again, by nobody.
fn refused_in_this_call(inputs: &Inputs<'_>, offer_key: &OfferKey) -> bool {
    let request = inputs.request;
    let history = inputs.history;
    let Some(session) = history.session(&request.contact_id, &request.subscription_id) else {
        return false;
    };
    history.offers.iter().any(|past| {
        past.offer_key == *offer_key
            && past.outcome == Outcome::Declined
            && past.decided_at >= session.opened_at
    })
}

/// Finds room for one more offer in a session: those not read out yet make way for it, from the last
/// on. What was heard counts, and policy's bound holds for an override too.
pub fn make_way(session: &SessionNow, max_offers: u32) -> Result<Vec<PresentedOfferId>, Refusal> {
    Progress::of(session.state, session.refused)
        .after(Step::Override)
        .map_err(|illegal| illegal.refusal(session.session_id))?;
    // What ran out may have been heard before: nobody knows any more.
    let heard = session
        .offers
        .iter()
        .filter(|offer| offer.outcome.was_heard() || offer.outcome == Outcome::Expired);
    let most = usize::try_from(max_offers).unwrap_or(0);
    let left = most.saturating_sub(heard.count());
    if left == 0 {
        return Err(too_many_offers(session));
    }
    let unread = session
        .offers
        .iter()
        .filter(|offer| offer.outcome == Outcome::Decided);
    Ok(unread
        .skip(left - 1)
        .map(|offer| offer.presented_offer_id)
        .collect())
}

/// The refusal of one offer more than policy allows.
pub fn too_many_offers(session: &SessionNow) -> Refusal {
    Refusal::refused(
        "TOO_MANY_OFFERS",
        "the customer has heard as many offers as policy allows on this call",
    )
    .with("session_id", session.session_id)
    .with("state", super::named::Named::name(session.state))
}

fn override_forbidden(offer_key: &OfferKey, code: &str) -> Refusal {
    Refusal::refused(
        "OVERRIDE_FORBIDDEN",
        "something that no authority changes keeps this offer from the call, named in `code`: make another, or let it be",
    )
    .with("offer_key", offer_key)
    .with("code", code)
}
