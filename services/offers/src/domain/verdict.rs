//! What became of each offer of the catalogue in a decision.
//!
//! A verdict is made for every offer on every call and stored with the decision, so it holds a code
//! and numbers. What else speaks against an offer, and in words, is said when somebody asks, by
//! [`qualification::obstacles`](super::qualification::obstacles), on the catalogue it was made with.

use std::borrow::Cow;

use kernel::id::OfferKey;
use kernel::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// The terms of the expected net gain of one arm. Amounts are minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreTerms {
    /// The currency of the amounts: that of the price.
    pub currency: Currency,
    /// The chance that the customer stays today.
    pub stay: f64,
    /// The chance that they are here at 30 days, given that they stay.
    pub here_30_days: f64,
    /// The chance that it lasts, given that they are here at 30 days.
    pub durable: f64,
    /// The margin of the first month.
    pub first_month: i64,
    /// The margin of the months to the end of the window.
    pub window: i64,
    /// The value after the window.
    pub after: i64,
    /// The expected value of the arm.
    pub expected: i64,
    /// The expected value of offering nothing.
    pub expected_no_offer: i64,
    /// The difference.
    pub gain: i64,
}

impl ScoreTerms {
    /// One of the amounts.
    pub const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}

/// What became of one offer of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The offer.
    pub offer_key: OfferKey,
    /// Why it was not chosen, the first reason of perhaps more; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'static, str>>,
    /// The terms of its score; absent when it does not qualify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreTerms>,
}

/// The kinds of verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// Chosen.
    Chosen,
    /// Qualified, and ranked below the chosen ones or below offering nothing.
    NotChosen,
    /// Not qualified.
    Disqualified,
}

impl Verdict {
    /// Tells which kind it is.
    pub const fn kind(&self) -> VerdictKind {
        match (&self.code, &self.score) {
            (None, _) => VerdictKind::Chosen,
            (Some(_), Some(_)) => VerdictKind::NotChosen,
            (Some(_), None) => VerdictKind::Disqualified,
        }
    }
}

/// The codes of what keeps an offer from a call.
pub mod code {
    /// Its authors have paused it.
    pub const PAUSED: &str = "PAUSED";
    /// The rule who may have it fails.
    pub const ELIGIBILITY: &str = "ELIGIBILITY";
    /// The rule when it applies fails.
    pub const APPLICABILITY: &str = "APPLICABILITY";
    /// The rule whom it suits fails.
    pub const SUITABILITY: &str = "SUITABILITY";
    /// The reason stated allows no offer about price.
    pub const NO_PRICE_OFFER_FOR_REASON: &str = "NO_PRICE_OFFER_FOR_REASON";
    /// Its lever does not answer the reason stated.
    pub const LEVER_DOES_NOT_ANSWER_REASON: &str = "LEVER_DOES_NOT_ANSWER_REASON";
    /// Nobody asked for anything of the kind, and nobody wants to leave.
    pub const LEVER_DOES_NOT_ANSWER_INTENT: &str = "LEVER_DOES_NOT_ANSWER_INTENT";
    /// Nobody has looked up whether the place that the customer moves to can be served.
    pub const DESTINATION_NOT_CHECKED: &str = "DESTINATION_NOT_CHECKED";
    /// The place that the customer moves to cannot be served.
    pub const DESTINATION_NOT_SERVED: &str = "DESTINATION_NOT_SERVED";
    /// The place that the customer moves to can be served, though the reason stated says otherwise.
    pub const DESTINATION_SERVED: &str = "DESTINATION_SERVED";
    /// Something is broken: mend it first, and speak about price afterwards.
    pub const OPEN_INCIDENT: &str = "OPEN_INCIDENT";
    /// It needs an agent with more authority.
    pub const AUTHORITY: &str = "AUTHORITY";
    /// It ends above the price of a new customer, where policy forbids that.
    pub const PARITY: &str = "PARITY";
    /// It was refused not long ago.
    pub const REFUSED_BEFORE: &str = "REFUSED_BEFORE";
    /// The customer refused one within a day, where policy ends the offers then.
    pub const OFFERS_REFUSED: &str = "OFFERS_REFUSED";
    /// This call had it already.
    pub const OFFERED_ON_THIS_CALL: &str = "OFFERED_ON_THIS_CALL";
    /// It was taken not long ago.
    pub const ACCEPTED_BEFORE: &str = "ACCEPTED_BEFORE";
    /// The customer has it, or will when it is carried out.
    pub const HAD_ALREADY: &str = "HAD_ALREADY";
    /// It is kept from the customer, or from everybody.
    pub const SUPPRESSED: &str = "SUPPRESSED";
    /// The customer has heard, or taken, as many as the contact policy allows.
    pub const CAP_REACHED: &str = "CAP_REACHED";
    /// The customer heard one not long ago and is left in peace.
    pub const COOLING_DOWN: &str = "COOLING_DOWN";
    /// The customer rang to leave so often that price is no argument any more, or less of one.
    pub const SERIAL_SAVER: &str = "SERIAL_SAVER";
    /// The customer needs care: nothing that binds them or presses them about price.
    pub const VULNERABLE: &str = "VULNERABLE";
    /// Price is no subject on this occasion.
    pub const NO_PRICE_OFFER_ON_OCCASION: &str = "NO_PRICE_OFFER_ON_OCCASION";
    /// It has no terms or costs for this price.
    pub const NO_TERMS: &str = "NO_TERMS";
    /// The budget that pays for it is not there.
    pub const BUDGET_UNKNOWN: &str = "BUDGET_UNKNOWN";
    /// The budget that pays for it has not enough left.
    pub const BUDGET_EXHAUSTED: &str = "BUDGET_EXHAUSTED";
    /// The budget that pays for it is in another currency.
    pub const BUDGET_OTHER_CURRENCY: &str = "BUDGET_OTHER_CURRENCY";
    /// The budget that pays for it is not open yet, or not any more.
    pub const BUDGET_NOT_OPEN: &str = "BUDGET_NOT_OPEN";
    /// What the relationship is worth is not known.
    pub const NO_VALUE_ESTIMATE: &str = "NO_VALUE_ESTIMATE";
    /// It is worth no more than offering nothing.
    pub const BELOW_NO_OFFER: &str = "BELOW_NO_OFFER";
    /// The customer is held out, so that what offers keep can be told from who stays anyway.
    pub const HELD_OUT: &str = "HELD_OUT";
    /// Offering nothing was drawn, to learn what that comes to.
    pub const NOT_DRAWN: &str = "NOT_DRAWN";
    /// Others are worth more.
    pub const RANKED_LOWER: &str = "RANKED_LOWER";
}
