//! The decision of one call: what it rests on, what it comes to, and its record.
//!
//! Deciding is pure: the same inputs give the same answer, so that a stored record can be decided
//! again and compared.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::id::{DecisionId, OfferKey, PresentedOfferId, SessionId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::arbitration::{self, Scored};
use super::asking::most_offers;
use super::authority::{Escalation, escalation};
use super::budget::{Barred, Scarce};
use super::catalogue::{Catalogue, ExitPath, Reason as StatedReason};
use super::contact_policy;
use super::customer::{Customer, Subscription};
use super::destination;
use super::draw::{self, Drawn};
use super::exit::contract_end;
use super::facts::Facts;
use super::history::DeskHistory;
use super::holdout::{self, Assignment};
use super::leaving::{Leaving, leaving, may_withdraw};
use super::occasion;
use super::overriding::{Overridden, decide_override};
use super::parity::{Compared, compare_price_now};
use super::policy::{OffersAllowed, PolicyOutcome, PolicySet, Situation};
use super::posterior::{Given, Posterior};
use super::promise::{Promise, promise};
use super::qualification::{self, Call};
use super::request::{Occasion, Permission, SaveRequest};
use super::serial_saver;
use super::session::State;
use super::suppression;
use super::verdict::{Verdict, VerdictKind, code};

/// The name of the arm that offers nothing.
pub const NO_OFFER: &str = "no_offer";

/// The generation of the rules that decide today. A record is decided again by those of its own,
/// so that it replays to the same answer: from the second on an offer may be made once the end is
/// set, with permission, and who may withdraw is let go; from the third on the rules of a customer's
/// home hold wherever they are, and a refusal ends the offers on other contacts, too; from the fourth
/// on customers are held out, and what somebody had who died ends at once; from the fifth on nobody is
/// offered what they have, or anything but what they ask for while they do not want to leave, and an
/// end that is set counts; from the sixth on nobody is offered anything for coming back while what they
/// left for is not mended; from the seventh on nothing is moved to a place, and nobody is asked back to
/// one, of which it is not known that it is served.
pub const GENERATION: u32 = 7;

const fn first_generation() -> u32 {
    1
}

/// Everything a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// What the desk asked.
    pub request: &'a SaveRequest,
    /// The customer; absent when nobody could say in time.
    pub customer: Option<&'a Customer>,
    /// What the desk did before.
    pub history: &'a DeskHistory,
    /// The offers and reasons.
    pub catalogue: &'a Catalogue,
    /// What may be said.
    pub policy: &'a PolicySet,
    /// When it is decided.
    pub now: Timestamp,
    /// What was down, as short keys.
    pub degraded: &'a [String],
    /// The generation of the rules.
    pub generation: u32,
    /// The budgets that cannot pay for an offer of this call.
    pub barred: &'a [Barred],
    /// What was learnt of offers; absent while nothing was.
    pub learned: Option<Given<'a>>,
}

impl<'a> Inputs<'a> {
    /// What the customer wants to leave; absent when nobody could say.
    pub fn subscription(&self) -> Option<&'a Subscription> {
        self.customer?.subscription(&self.request.subscription_id)
    }

    /// The language to speak; empty when nobody knows.
    pub fn language(&self) -> &'a str {
        match (self.request.language.as_str(), self.customer) {
            ("", Some(customer)) => &customer.language,
            (asked, _) => asked,
        }
    }

    /// When a subscription ends if they leave now: after a death at once, by its contract otherwise, and
    /// no later than its end is set already.
    fn end(&self, subscription: &Subscription) -> Timestamp {
        let of_reason = self.stated().map(|stated| stated.exit_path);
        let died = of_reason == Some(ExitPath::Bereavement)
            || self.customer.is_some_and(|customer| customer.deceased);
        if died && self.generation > 3 {
            return self.now;
        }
        let contract = contract_end(subscription, self.now);
        match subscription.service_ends_at.filter(|_| self.generation > 4) {
            Some(set) if subscription.live => contract.min(set),
            Some(ended) => ended,
            None => contract,
        }
    }

    /// The reason stated, as the catalogue knows it.
    pub fn stated(&self) -> Option<&'a StatedReason> {
        self.catalogue.reason(self.request.reason.as_deref()?)
    }
}

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// What may be said.
    pub policy: PolicyOutcome,
    /// The offers, best first; empty means: let them go.
    pub offers: Vec<Promise>,
    /// Why there is no offer; empty when there are some.
    pub let_go: Vec<Reason>,
    /// What somebody with more authority could offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub escalation: Vec<Escalation>,
    /// What about the customer made the offers others than usual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considerations: Vec<Reason>,
    /// The price now against that of a new customer, where policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parity: Option<Compared>,
    /// What became of each offer of the catalogue that is made on the occasion.
    pub verdicts: Vec<Verdict>,
    /// When the contract would end if the customer left now; absent when it was not known.
    pub contract_ends_at: Option<Timestamp>,
    /// The state of the session afterwards.
    pub state: State,
    /// The arm: the key of the first offer, or `no_offer`.
    pub arm: String,
    /// With which probability the arm was drawn; certain until the desk learns.
    pub propensity: f64,
    /// Somebody with authority decided against the ranking; nothing is learnt from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overridden: Option<Overridden>,
    /// The side of the holdout; absent where none is in force, or there was no pitch at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdout: Option<Assignment>,
    /// What was drawn to come first; absent where nothing was learnt. Who is held out is offered
    /// nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<Drawn>,
}

/// One reason why there is no offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// A short key.
    pub code: Cow<'static, str>,
    /// More about it, or empty.
    pub detail: String,
}

impl Reason {
    /// Makes a reason.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(code),
            detail: detail.into(),
        }
    }
}

/// The record of a decision: its inputs, its answer and the ids given to it. Never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The decision.
    pub decision_id: DecisionId,
    /// The session.
    pub session_id: SessionId,
    /// What the desk asked.
    pub request: SaveRequest,
    /// The customer at the time.
    pub customer: Option<Arc<Customer>>,
    /// What the desk had done before.
    pub history: DeskHistory,
    /// The version of the catalogue.
    pub catalogue_version: u64,
    /// The version of the policy.
    pub policy_version: u64,
    /// The generation of the rules it was decided by.
    #[serde(default = "first_generation")]
    pub generation: u32,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// What was down.
    pub degraded: Vec<String>,
    /// The budgets that could not pay for an offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub barred: Vec<Barred>,
    /// The seed of the draw.
    pub seed: u64,
    /// The version of what was learnt that it was drawn with; absent while nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned_version: Option<u64>,
    /// The offer that is not owed and was chosen first, where a budget turned out to be unable to pay
    /// for what was chosen and the call was decided again: calls are compared by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_choice: Option<OfferKey>,
    /// The answer.
    pub decision: Decision,
    /// The ids of the presented offers, in their order.
    pub presented_offer_ids: Vec<PresentedOfferId>,
    /// The trace of the call; empty when there was none.
    pub trace_id: String,
    /// How long deciding took.
    pub decide_microseconds: u64,
}

impl Decision {
    /// What it came to, as an event of the session: its kind, and the offers or the reason for none.
    pub fn event(&self) -> (&'static str, String) {
        if self.offers.is_empty() {
            let why = self.let_go.first();
            return (
                "let_go",
                why.map_or_else(String::new, |why| why.code.to_string()),
            );
        }
        let keys = self.offers.iter().map(|offer| offer.offer_key.as_str());
        ("offered", keys.collect::<Vec<_>>().join(" "))
    }
}

impl Record {
    /// Finds what was promised under an id.
    pub fn promise(&self, id: PresentedOfferId) -> Option<&Promise> {
        let ids = self.presented_offer_ids.iter();
        let mut promises = ids.zip(&self.decision.offers);
        promises
            .find(|(presented, _)| **presented == id)
            .map(|(_, promise)| promise)
    }

    /// When the subscription ended, if that was before the call.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let customer = self.customer.as_ref()?;
        let subscription = customer.subscription(&self.request.subscription_id)?;
        let ended = subscription.service_ends_at.filter(|_| !subscription.live);
        ended.filter(|ended| *ended <= self.decided_at)
    }

    /// What it rested on, with the versions it was made with.
    pub fn inputs<'a>(&'a self, catalogue: &'a Catalogue, policy: &'a PolicySet) -> Inputs<'a> {
        Inputs {
            request: &self.request,
            customer: self.customer.as_deref(),
            history: &self.history,
            catalogue,
            policy,
            now: self.decided_at,
            degraded: &self.degraded,
            generation: self.generation,
            barred: &self.barred,
            learned: None,
        }
    }

    /// What it rested on, with what was learnt by then, too.
    pub fn inputs_learned<'a>(
        &'a self,
        catalogue: &'a Catalogue,
        policy: &'a PolicySet,
        learned: Option<&'a Posterior>,
    ) -> Inputs<'a> {
        let seed = self.seed;
        Inputs {
            learned: learned.map(|posterior| Given { posterior, seed }),
            ..self.inputs(catalogue, policy)
        }
    }

    /// Decides again on what is recorded: the record as it would be then. What was learnt is the
    /// version that the record names.
    #[must_use]
    pub fn replayed(
        &self,
        catalogue: &Catalogue,
        policy: &PolicySet,
        learned: Option<&Posterior>,
    ) -> Self {
        let inputs = self.inputs_learned(catalogue, policy, learned);
        let decision = match (&self.decision.overridden, self.decision.offers.first()) {
            (Some(Overridden { reason }), Some(made)) => {
                decide_override(&inputs, &made.offer_key, reason)
                    .unwrap_or_else(|_| decide(&inputs))
            }
            _ => decide(&inputs),
        };
        Self {
            decision,
            ..self.clone()
        }
    }
}

/// Decides: policy, then who qualifies, then what is worth more than offering nothing.
pub fn decide(inputs: &Inputs<'_>) -> Decision {
    decide_on_facts(inputs).0
}

/// Decides, and returns the facts it looked at for whoever needs them next; none where it let go
/// without a look.
pub fn decide_on_facts(inputs: &Inputs<'_>) -> (Decision, Option<Facts>) {
    let subscription = inputs.subscription();
    let situation = situation(inputs, subscription);
    let policy = inputs
        .policy
        .resolve_in(inputs.language(), &situation, inputs.now);
    let stated = inputs.stated();
    let mut decision = Decision {
        policy,
        offers: Vec::new(),
        let_go: Vec::new(),
        escalation: Vec::new(),
        considerations: Vec::new(),
        parity: None,
        verdicts: Vec::new(),
        contract_ends_at: subscription.map(|subscription| inputs.end(subscription)),
        state: State::IntentStated,
        arm: NO_OFFER.to_owned(),
        propensity: 1.0,
        overridden: None,
        holdout: None,
        drawn: None,
    };
    let (Some(customer), Some(subscription)) = (inputs.customer, subscription) else {
        decision
            .let_go
            .push(Reason::new("SAFE_DEFAULT", inputs.degraded.join(", ")));
        return (decision, None);
    };
    let note = destination::note(inputs, customer, subscription);
    decision.considerations.extend(note);
    if let Some(reason) = let_go_at_once(inputs, customer, subscription, stated, &decision.policy) {
        decision.let_go.push(reason);
        return (decision, None);
    }
    let call = Call::new(inputs, customer, subscription, stated).under(&decision.policy);
    decision.parity = compare_price_now(&call);
    choose(&call, &mut decision);
    holdout::withhold(&call, &mut decision);
    (decision, Some(call.facts))
}

fn situation(inputs: &Inputs<'_>, subscription: Option<&Subscription>) -> Situation {
    let customer = inputs.customer;
    let own = customer.map(|customer| customer.jurisdiction.as_str());
    let own = own.filter(|place| !place.is_empty());
    let stated = Some(inputs.request.jurisdiction.as_str()).filter(|place| !place.is_empty());
    // Whoever says where the customer is cannot talk away the law of their home.
    let is_elsewhere = inputs.generation > 2 && stated.is_some() && stated != own;
    Situation {
        jurisdiction: stated.or(own).map(str::to_owned),
        home: own.filter(|_| is_elsewhere).map(str::to_owned),
        channel: inputs.request.channel,
        occasion: Some(inputs.request.occasion),
        customer_kind: customer.and_then(|customer| customer.kind),
        contract_kind: subscription.and_then(|subscription| subscription.contract_kind),
    }
}

/// The cases in which there is no pitch at all.
fn let_go_at_once(
    inputs: &Inputs<'_>,
    customer: &Customer,
    subscription: &Subscription,
    stated: Option<&StatedReason>,
    policy: &PolicyOutcome,
) -> Option<Reason> {
    if customer.deceased {
        return Some(Reason::new(
            "BEREAVEMENT",
            "the account of somebody who died is closed with care",
        ));
    }
    if customer.do_not_offer {
        return Some(Reason::new(
            "DO_NOT_OFFER",
            "the customer asked never to be made an offer",
        ));
    }
    if let Some(told) = suppression::of_everything(inputs, subscription) {
        return Some(Reason::new(code::SUPPRESSED, told.reason_key.clone()));
    }
    if let Some(reason) = occasion::lets_go(inputs, customer, subscription, stated, policy) {
        return Some(reason);
    }
    let by_reason = destination::unanswered(inputs, stated).and_then(|stated| {
        reason_allows_none(stated).or_else(|| destination::lets_go(inputs, stated))
    });
    // Whoever tells of a death is not asked for a permission first.
    if by_reason.is_some() && inputs.generation > 4 {
        return by_reason;
    }
    let request = inputs.request;
    let asked_back = request.occasion == Occasion::WinBack;
    let leaving = leaving(inputs, subscription);
    if leaving == Leaving::Gone && !asked_back {
        return Some(Reason::new("NOT_LIVE", "the subscription is not live"));
    }
    let permitted = request.permission == Permission::Granted && inputs.generation > 1;
    if leaving == Leaving::Pending && !permitted && !asked_back {
        return Some(Reason::new(
            "ALREADY_CANCELLED",
            "its end is set: an offer needs the customer's permission now",
        ));
    }
    let on_the_way_out = request.occasion == Occasion::CancelCall;
    if on_the_way_out && inputs.generation > 1 && may_withdraw(policy, subscription, inputs.now) {
        return Some(Reason::new(
            "WITHDRAWAL",
            "the customer may withdraw: confirm it, the contract ends at once",
        ));
    }
    by_reason.or_else(|| policy_lets_go(request, leaving, policy))
}

fn reason_allows_none(stated: &StatedReason) -> Option<Reason> {
    let code = match (stated.offers_allowed, stated.structural) {
        (true, _) => return None,
        (false, true) => "STRUCTURAL_REASON",
        (false, false) => "REASON_ALLOWS_NO_OFFER",
    };
    Some(Reason::new(code, stated.key.clone()))
}

fn policy_lets_go(
    request: &SaveRequest,
    leaving: Leaving,
    policy: &PolicyOutcome,
) -> Option<Reason> {
    let (permission, alternative) = (request.permission, request.alternative);
    if permission == Permission::Refused {
        return Some(Reason::new(
            "PERMISSION_REFUSED",
            "the customer does not want to hear an offer",
        ));
    }
    if policy.max_offers == 0 || (alternative && policy.alternatives_on_request == 0) {
        return Some(Reason::new(
            "POLICY_ALLOWS_NO_OFFER",
            policy.applied_rows.join(", "),
        ));
    }
    match policy.offers_allowed {
        OffersAllowed::During => None,
        // The rules of the way out are for those who are on it.
        OffersAllowed::WithPermission | OffersAllowed::AfterCancelOnly
            if request.occasion != Occasion::CancelCall =>
        {
            None
        }
        OffersAllowed::WithPermission if permission == Permission::Granted => None,
        OffersAllowed::WithPermission => Some(Reason::new(
            "PERMISSION_NEEDED",
            "ask whether the customer wants to hear an offer, then ask again at the next step",
        )),
        // Nobody comes here with an end set who did not agree to hear an offer.
        OffersAllowed::AfterCancelOnly if leaving == Leaving::Pending => None,
        OffersAllowed::AfterCancelOnly => Some(Reason::new(
            "AFTER_CANCEL_ONLY",
            "confirm the cancellation first; an offer needs permission afterwards",
        )),
        OffersAllowed::None => Some(Reason::new(
            "POLICY_ALLOWS_NO_OFFER",
            policy.applied_rows.join(", "),
        )),
    }
}

fn choose(call: &Call<'_>, decision: &mut Decision) {
    let no_offer = arbitration::no_offer(call);
    let mut scored: Vec<Scored<'_>> = Vec::new();
    let mut beyond = Vec::new();
    let offers = call.catalogue.offers();
    for offer in offers.filter(|offer| occasion::is_made_here(call, offer)) {
        match qualification::qualify(call, offer) {
            Ok(benefit) => scored.push(arbitration::score(call, offer, benefit, &no_offer)),
            Err(code) => {
                if code == code::AUTHORITY {
                    beyond.push(offer);
                }
                decision.verdicts.push(Verdict {
                    offer_key: offer.key.clone(),
                    code: Some(Cow::Borrowed(code)),
                    score: None,
                });
            }
        }
    }
    arbitration::rank(&mut scored);
    if let Some(band) = serial_saver::band_of(call) {
        let note = Reason::new(code::SERIAL_SAVER, band.key.clone());
        decision.considerations.push(note);
        if band.non_price_first {
            scored.sort_by_key(|arm| serial_saver::lowers_the_price(arm.offer));
        }
    }
    if call.customer.vulnerable {
        let note = Reason::new(code::VULNERABLE, "");
        decision.considerations.push(note);
    }
    let most = most_offers(call, &decision.policy);
    if !beyond.is_empty() {
        decision.escalation = escalation(call, &beyond, &scored, &no_offer, most);
    }
    decision.drawn = draw::draw(call, &mut scored, most);
    promise_best(call, scored, most, decision);
}

/// Promises the first ones that there is a place and money for, and says what became of each.
fn promise_best(call: &Call<'_>, scored: Vec<Scored<'_>>, most: usize, decision: &mut Decision) {
    let mut scarce = Scarce::new(call.inputs.barred);
    for arm in scored {
        let place_left = decision.offers.len() < most
            && contact_policy::leaves_room_beside(call, arm.offer, &decision.offers);
        let mut verdict = draw::verdict(decision.drawn.as_ref(), &arm, place_left);
        if verdict.kind() == VerdictKind::Chosen
            && !scarce.take(arm.offer.budget.as_ref(), arm.cost.minor)
        {
            verdict.code = Some(Cow::Borrowed(code::BUDGET_EXHAUSTED));
        }
        if verdict.kind() == VerdictKind::Chosen {
            decision.offers.push(promise(call, &arm));
        }
        decision.verdicts.push(verdict);
    }
    match decision.offers.first() {
        Some(best) => {
            decision.arm = best.offer_key.to_string();
            decision.state = State::Offered;
        }
        None => decision.let_go.push(why_nothing(call, &decision.verdicts)),
    }
    if let Some(drawn) = &decision.drawn {
        drawn.arm().clone_into(&mut decision.arm);
        decision.propensity = drawn.propensity();
    }
}

fn why_nothing(call: &Call<'_>, verdicts: &[Verdict]) -> Reason {
    let is_any = |code| {
        let mut codes = verdicts.iter().map(|verdict| verdict.code.as_deref());
        codes.any(|found| found == Some(code))
    };
    if is_any(code::DESTINATION_NOT_CHECKED) {
        return Reason::new(code::DESTINATION_NOT_CHECKED, destination::LOOK_IT_UP);
    }
    if is_any(code::NOT_DRAWN) {
        let detail = "offering nothing was drawn, to learn what that comes to";
        return Reason::new("NO_OFFER_DRAWN", detail);
    }
    let is_told = call.inputs.generation > 4 && verdicts.iter().all(|it| it.score.is_none());
    match is_told.then(|| most_often(verdicts)).flatten() {
        Some(code) => Reason::new(
            "NOTHING_SUITABLE",
            format!("no offer qualifies, mostly {code}"),
        ),
        None => Reason::new("NOTHING_SUITABLE", "no offer is worth more than none"),
    }
}

/// The code that most verdicts have; of several the first in the alphabet.
fn most_often(verdicts: &[Verdict]) -> Option<&str> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for code in verdicts
        .iter()
        .filter_map(|verdict| verdict.code.as_deref())
    {
        *counts.entry(code).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut codes = counts.into_iter();
    codes
        .find(|(_, count)| *count == most)
        .map(|(code, _)| code)
}

#[cfg(test)]
mod tests;
