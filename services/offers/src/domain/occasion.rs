//! Occasions: the same engine, whatever the parties speak about. Each occasion has its own conditions
//! and its own belief in what happens when nothing is offered. Only a call to cancel is under the
//! rules of the way out.

use std::collections::BTreeMap;

use kernel::money::BasisPoints;

use super::catalogue::{Offer, Reason as StatedReason, ReturnNeeds, StagePrior};
use super::customer::{Customer, Score, Subscription};
use super::decision::{Inputs, Reason};
use super::destination;
use super::history::days_since;
use super::policy::PolicyOutcome;
use super::qualification::Call;
use super::request::Occasion;

/// How long after an incident was resolved there is something to make good for, in days.
const RECOVERY_DAYS: i64 = 30;
/// How long somebody who came back is welcomed, in days.
const WELCOME_DAYS: i64 = 90;

/// What the catalogue believes of the occasions it has something for.
pub type Occasions = BTreeMap<Occasion, Belief>;

/// What is believed of those who are offered nothing on an occasion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Belief {
    /// How many stay, or come, without an offer.
    pub no_offer: StagePrior,
    /// What a subscription is worth of which nothing is estimated, such as one that has ended.
    pub worth: Option<Worth>,
}

/// What a subscription is worth where nobody has estimated it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worth {
    /// For how many months it is believed to last.
    pub residual_months: f64,
    /// The share of its price that is margin.
    pub margin: BasisPoints,
}

/// Says why an occasion is none for a customer, or lets the engine go on.
pub fn lets_go(
    inputs: &Inputs<'_>,
    customer: &Customer,
    subscription: &Subscription,
    stated: Option<&StatedReason>,
    policy: &PolicyOutcome,
) -> Option<Reason> {
    let occasion = inputs.request.occasion;
    if occasion != Occasion::CancelCall && !inputs.catalogue.occasions.contains_key(&occasion) {
        let detail = "the catalogue has no belief for this occasion: add it under occasions";
        return Some(Reason::new("OCCASION_NOT_COVERED", detail));
    }
    let now = inputs.now;
    match occasion {
        Occasion::CancelCall => None,
        Occasion::ServiceRecovery => nothing_to_recover(customer, inputs),
        Occasion::WinBack => no_win_back(inputs, subscription, stated, policy)
            .or_else(|| cause_stands(inputs, customer, stated)),
        Occasion::WelcomeBack if customer.lifetime_count < 2 => Some(Reason::new(
            "NOT_BACK",
            "it is their first time, so they did not come back",
        )),
        Occasion::WelcomeBack => {
            let days = customer.tenure_days(now);
            let over = days > WELCOME_DAYS;
            over.then(|| Reason::new("WELCOME_OVER", format!("they are back for {days} days")))
                .or_else(|| cause_stands(inputs, customer, stated))
        }
        Occasion::Recognition => wrong_stage(customer, "long_term", "NOT_LONG_STANDING"),
        Occasion::Growth => wrong_stage(customer, "growing", "NOT_GROWING"),
    }
}

fn nothing_to_recover(customer: &Customer, inputs: &Inputs<'_>) -> Option<Reason> {
    let resolved = customer.last_incident_resolved_at;
    let recent = resolved.is_some_and(|then| days_since(then, inputs.now) <= RECOVERY_DAYS);
    let nothing = customer.open_incidents.is_empty() && !recent;
    nothing.then(|| {
        let detail =
            format!("no incident is open or was resolved in the last {RECOVERY_DAYS} days");
        Reason::new("NOTHING_TO_RECOVER", detail)
    })
}

fn wrong_stage(customer: &Customer, stage: &str, code: &'static str) -> Option<Reason> {
    (customer.stage != stage).then(|| Reason::new(code, customer.stage.clone()))
}

/// Nobody is asked back who is still here, when too long has passed, at a time of day when nobody
/// calls, or before the reason they left for allows it. What is not known is the strictest.
fn no_win_back(
    inputs: &Inputs<'_>,
    subscription: &Subscription,
    stated: Option<&StatedReason>,
    policy: &PolicyOutcome,
) -> Option<Reason> {
    let now = inputs.now;
    if subscription.live && !subscription.end_is_pending() {
        let detail = "the subscription neither ended nor is about to";
        return Some(Reason::new("STILL_HERE", detail));
    }
    // Their local time is not known, so that the hours are those of UTC.
    let hour = now
        .in_tz("UTC")
        .map_or(u32::MAX, |now| now.hour().unsigned_abs().into());
    if !policy.contact_hours.allows(hour) {
        return Some(Reason::new(
            "OUTSIDE_CONTACT_HOURS",
            format!("it is {hour} o'clock UTC"),
        ));
    }
    let Some(ended) = subscription.service_ends_at else {
        let detail = "when it ended is not known";
        return Some(Reason::new("WIN_BACK_WINDOW_OVER", detail));
    };
    let days = days_since(ended, now).max(0);
    if days > i64::from(policy.win_back_window_days) {
        let detail = format!("{days} of {} days", policy.win_back_window_days);
        return Some(Reason::new("WIN_BACK_WINDOW_OVER", detail));
    }
    let reason = stated.or_else(|| inputs.catalogue.reasons.unstated())?;
    match reason.win_back_after_days {
        None => Some(Reason::new("NEVER_ASKED_BACK", reason.key.clone())),
        Some(after) if days < i64::from(after) => {
            let detail = format!("{}: {days} of {after} days", reason.key);
            Some(Reason::new("TOO_EARLY_TO_ASK_BACK", detail))
        }
        Some(_) => None,
    }
}

/// Nobody is offered anything for coming back to what drove them away. The cause is what is stated on
/// the call, or what was said when the last lifetime ended; one that is not known asks for nothing.
fn cause_stands(
    inputs: &Inputs<'_>,
    customer: &Customer,
    stated: Option<&StatedReason>,
) -> Option<Reason> {
    let last = customer.past_lifetimes.last();
    let said = last.and_then(|life| inputs.catalogue.reason(&life.stated_reason));
    let cause = stated
        .filter(|_| inputs.request.reason.is_some())
        .or(said)?;
    match cause.return_needs {
        ReturnNeeds::None => None,
        ReturnNeeds::IncidentResolved => not_mended(inputs, customer, cause),
        ReturnNeeds::Serviceable => destination::keeps_away(inputs, cause),
    }
}

fn not_mended(inputs: &Inputs<'_>, customer: &Customer, cause: &StatedReason) -> Option<Reason> {
    let open = customer.open_incidents.len();
    (inputs.generation > 5 && open > 0).then(|| {
        let detail = format!("{}: {open} open incidents", cause.key);
        Reason::new("CAUSE_NOT_MENDED", detail)
    })
}

/// Tells whether an offer is made on this occasion. One that is not is none that is passed over, so
/// that no verdict is made and stored of it.
pub fn is_made_here(call: &Call<'_>, offer: &Offer) -> bool {
    offer.occasions.contains(&call.inputs.request.occasion)
}

/// Tells whether an offer about price has no place: making good is no talk about price.
pub fn is_without_price(call: &Call<'_>, offer: &Offer) -> bool {
    call.inputs.request.occasion == Occasion::ServiceRecovery && offer.is_price_offer()
}

/// What is believed of a customer who is offered nothing on this occasion.
pub fn no_offer(call: &Call<'_>) -> Option<StagePrior> {
    let belief = call.catalogue.occasions.get(&call.inputs.request.occasion);
    belief.map(|belief| belief.no_offer)
}

/// What a subscription is believed to be worth of which nothing is estimated.
pub fn believed_worth(call: &Call<'_>) -> Option<Score> {
    let belief = call
        .catalogue
        .occasions
        .get(&call.inputs.request.occasion)?;
    let worth = belief.worth?;
    let margin = call
        .subscription
        .monthly_price?
        .mul_basis_points(worth.margin)
        .ok()?;
    Some(Score {
        churn_risk: 0.0,
        residual_months: worth.residual_months,
        monthly_margin: margin,
        value_remaining: margin,
    })
}
