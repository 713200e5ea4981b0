//! From answers to the wire.

use contract::offers::v1 as pb;
use contract::types::v1::Money as WireMoney;
use edge::wire::timestamp;
use kernel::id::PresentedOfferId;
use kernel::money::Money;

use super::escalation::escalation;
use super::guidance::{guidance, routing};
use super::learned;
use super::parity::{compared, parity};
use super::request::save_request;

use crate::domain::budget::BudgetKey;
use crate::domain::catalogue::{Lever, Terms};
use crate::domain::customer::Customer;
use crate::domain::decision::{Reason, Record};
use crate::domain::direction::Directions;
use crate::domain::exit::DatesSource;
use crate::domain::exit_plan::ExitPlan;
use crate::domain::history::Outcome;
use crate::domain::keep_in_touch::Choices;
use crate::domain::named::Named;
use crate::domain::policy::{OffersAllowed, PolicyOutcome};
use crate::domain::promise::Promise;
use crate::domain::session::State;
use crate::domain::verdict::{ScoreTerms, Verdict, VerdictKind};
use crate::usecase::confirm_cancellation::Confirmed;
use crate::usecase::explain_decision::Explanation;
use crate::usecase::override_offer;
use crate::usecase::read_session::{EventView, Linked, OfferView};
use crate::usecase::request_save_offer::Answer;

/// Renders the answer to a request for an offer, with or without the offers passed over.
pub(super) fn answer(answer: Answer, with_passed_over: bool) -> pb::RequestSaveOfferResponse {
    let mut record = answer.record;
    if !with_passed_over {
        let verdicts = &mut record.decision.verdicts;
        verdicts.retain(|verdict| verdict.kind() == VerdictKind::Chosen);
    }
    recorded(record, answer.replayed, answer.directions)
}

/// Renders a recorded decision as it was answered. The texts move: there are many of them.
pub(super) fn recorded(
    record: Record,
    replayed: bool,
    mut directions: Directions,
) -> pb::RequestSaveOfferResponse {
    let customer = record
        .customer
        .as_ref()
        .map(|customer| customer_view(customer, &record));
    let cancel_now = cancel_now(&record);
    let session_state = record.session_state();
    let decision = record.decision;
    let outcome = if decision.offers.is_empty() {
        pb::DecisionOutcome::LetGo
    } else {
        pb::DecisionOutcome::Present
    };
    let offers = decision.offers.iter().zip(&record.presented_offer_ids);
    let offers = offers
        .map(|(promise, id)| {
            let notices = promise.notices(&decision.policy);
            presented_offer(*id, promise, Outcome::Decided, notices)
        })
        .collect();
    pb::RequestSaveOfferResponse {
        session_id: record.session_id.to_string(),
        decision_id: record.decision_id.to_string(),
        outcome: outcome.into(),
        customer,
        policy: Some(policy(decision.policy)),
        offers,
        let_go_reasons: decision.let_go.into_iter().map(reason).collect(),
        considerations: decision.considerations.into_iter().map(reason).collect(),
        cancel_now: Some(cancel_now),
        verdicts: decision.verdicts.into_iter().map(verdict).collect(),
        degraded: !record.degraded.is_empty(),
        degraded_reasons: record.degraded,
        catalogue_version: record.catalogue_version,
        decide_time: Some(timestamp(record.decided_at)),
        replayed,
        session_state: state(session_state).into(),
        guidance: guidance(&mut directions),
        routing: directions.routing.map(routing),
        parity: decision.parity.map(compared),
        escalation: decision.escalation.into_iter().map(escalation).collect(),
    }
}

fn customer_view(customer: &Customer, record: &Record) -> pb::CustomerView {
    let live = customer.live_subscription_count();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let score = customer
        .subscription(&record.request.subscription_id)
        .and_then(|subscription| subscription.score);
    pb::CustomerView {
        stage: customer.stage.clone(),
        stage_rule: customer.stage_rule.clone(),
        tenure_days: u32::try_from(customer.tenure_days(record.decided_at)).unwrap_or(u32::MAX),
        lifetime_count: customer.lifetime_count,
        live_subscription_count: count(live),
        ended_subscription_count: count(customer.subscriptions.len() - live),
        open_incident_count: count(customer.open_incidents.len()),
        be_human_about: customer.be_human_about(),
        churn_risk: score.map(|score| score.churn_risk),
        value_remaining: score.map(|score| money(score.value_remaining)),
        revision: customer.revision,
    }
}

fn cancel_now(record: &Record) -> pb::CancelNow {
    let now = record.decided_at;
    let plan = ExitPlan::of(Some(record), None, None, Choices::default(), now);
    let dates = plan.dates(record.decision.contract_ends_at, None, now);
    pb::CancelNow {
        token: record.session_id.to_string(),
        service_end_time: Some(timestamp(dates.service_end_at)),
        billing_end_time: Some(timestamp(dates.billing_end_at)),
    }
}

/// Renders what may be said.
pub(super) fn policy(policy: PolicyOutcome) -> pb::PolicyOutcome {
    pb::PolicyOutcome {
        offers_allowed: offers_allowed(policy.offers_allowed).into(),
        max_offers: policy.max_offers,
        disclosures: policy.disclosures,
        notices: policy.notices,
        refusal_ends_offers: policy.refusal_ends_offers,
        max_feedback_screens: policy.max_feedback_screens,
        cooling_off_days: policy.cooling_off_days,
        cancel_deadline_hours: policy.cancel_deadline_hours,
        acknowledgement_medium: policy.acknowledgement_medium.name().to_owned(),
        record_retention_months: policy.record_retention_months,
        parity: parity(policy.parity).into(),
        price_notices: policy.price_notices,
        alternatives_on_request: policy.alternatives_on_request,
        applied_rows: policy.applied_rows,
        policy_version: policy.policy_version,
    }
}

/// Renders a presented offer.
pub(super) fn presented_offer(
    id: PresentedOfferId,
    promise: &Promise,
    outcome: Outcome,
    notices: Vec<String>,
) -> pb::PresentedOffer {
    pb::PresentedOffer {
        presented_offer_id: id.to_string(),
        offer_key: promise.offer_key.to_string(),
        lever: lever(promise.lever).into(),
        title: promise.title.clone(),
        script: promise.script.clone(),
        terms: Some(terms(&promise.summary, &promise.terms)),
        expire_time: Some(timestamp(promise.expires_at)),
        expected_net_gain: Some(money(promise.gain)),
        outcome: presented_outcome(outcome).into(),
        overridden: promise.overridden,
        budget_key: budget_key(promise.budget.as_ref()),
        owed: promise.owed,
        parity: promise.parity.map(compared),
        notices,
    }
}

/// Renders an override.
pub(super) fn overriding(answer: &override_offer::Answer) -> pb::OverrideOfferResponse {
    let record = &answer.record;
    let mut made = record
        .presented_offer_ids
        .iter()
        .zip(&record.decision.offers);
    pb::OverrideOfferResponse {
        offer: made.next().map(|(id, promise)| {
            let notices = promise.notices(&record.decision.policy);
            presented_offer(*id, promise, Outcome::Decided, notices)
        }),
        decision_id: record.decision_id.to_string(),
        session_state: state(record.decision.state).into(),
        replayed: answer.replayed,
    }
}

/// Renders the budget that pays for an offer, if one does.
pub(super) fn budget_key(budget: Option<&BudgetKey>) -> String {
    budget.map(ToString::to_string).unwrap_or_default()
}

/// Renders a presented offer as it stands.
pub(super) fn offer_view(view: &OfferView) -> pb::PresentedOffer {
    let notices = view.notices.clone();
    presented_offer(
        view.presented_offer_id,
        &view.promise,
        view.outcome,
        notices,
    )
}

/// Renders the terms of an offer.
pub(super) fn terms(summary: &str, terms: &Terms) -> pb::OfferTerms {
    pb::OfferTerms {
        summary: summary.to_owned(),
        price_now: terms.price_now.map(money),
        price_during: terms.price_during.map(money),
        price_after: terms.price_after.map(money),
        benefit_months: terms.benefit_months,
        commitment_months: terms.commitment_months,
        one_off_amount: terms.one_off_amount.map(money),
        benefit_end_time: terms.benefit_end_at.map(timestamp),
    }
}

/// Renders a verdict in short: the code of why not, and the score of what was chosen.
fn verdict(verdict: Verdict) -> pb::OfferVerdict {
    let kind = verdict.kind();
    let chosen = kind == VerdictKind::Chosen;
    let reason = verdict.code.map(|code| pb::Reason {
        code: code.into_owned(),
        detail: String::new(),
    });
    pb::OfferVerdict {
        kind: verdict_kind(kind).into(),
        reasons: reason.into_iter().collect(),
        score: verdict.score.as_ref().filter(|_| chosen).map(score),
        offer_key: verdict.offer_key.to_string(),
    }
}

fn verdict_kind(kind: VerdictKind) -> pb::VerdictKind {
    match kind {
        VerdictKind::Chosen => pb::VerdictKind::Chosen,
        VerdictKind::NotChosen => pb::VerdictKind::NotChosen,
        VerdictKind::Disqualified => pb::VerdictKind::Disqualified,
    }
}

/// Renders a verdict with its score and everything that speaks against it in words.
fn explained(verdict: &Verdict, grounds: &[(String, String)]) -> pb::OfferVerdict {
    let reason = |(code, words): &(String, String)| pb::Reason {
        code: code.clone(),
        detail: words.clone(),
    };
    pb::OfferVerdict {
        offer_key: verdict.offer_key.to_string(),
        kind: verdict_kind(verdict.kind()).into(),
        reasons: grounds.iter().map(reason).collect(),
        score: verdict.score.as_ref().map(score),
    }
}

fn score(score: &ScoreTerms) -> pb::ScoreTerms {
    let amount = |minor| Some(money(score.money(minor)));
    pb::ScoreTerms {
        probability_stay: score.stay,
        probability_here_30_days: score.here_30_days,
        probability_durable: score.durable,
        value_first_month: amount(score.first_month),
        value_window: amount(score.window),
        value_after: amount(score.after),
        expected_value: amount(score.expected),
        expected_value_no_offer: amount(score.expected_no_offer),
        expected_net_gain: amount(score.gain),
    }
}

fn reason(reason: Reason) -> pb::Reason {
    pb::Reason {
        code: reason.code.into_owned(),
        detail: reason.detail,
    }
}

/// Renders an acknowledgement.
pub(super) fn acknowledgement(confirmed: &Confirmed) -> pb::Acknowledgement {
    let source = match confirmed.dates.source {
        DatesSource::Contract => pb::DatesSource::Contract,
        DatesSource::Request => pb::DatesSource::Request,
        DatesSource::Provisional => pb::DatesSource::Provisional,
    };
    pb::Acknowledgement {
        acknowledgement_id: confirmed.cancellation_id.to_string(),
        hash: hex(&confirmed.hash),
        acknowledge_time: Some(timestamp(confirmed.acknowledged_at)),
        service_end_time: Some(timestamp(confirmed.dates.service_end_at)),
        billing_end_time: Some(timestamp(confirmed.dates.billing_end_at)),
        dates_source: source.into(),
    }
}

/// Renders a session.
pub(super) fn session(linked: &Linked) -> pb::SaveSession {
    let session = &linked.session;
    pb::SaveSession {
        customer_id: session.customer_id.to_string(),
        session_id: session.session_id.to_string(),
        contact_id: session.contact_id.to_string(),
        subscription_id: session.subscription_id.to_string(),
        state: state(session.state).into(),
        open_time: Some(timestamp(session.opened_at)),
        update_time: Some(timestamp(session.updated_at)),
        reason: session.reason.clone().unwrap_or_default(),
        offers: session.offers.iter().map(offer_view).collect(),
        acknowledgement: session.cancellation.as_ref().map(acknowledgement),
        linked_session_ids: linked.linked.iter().map(ToString::to_string).collect(),
        events: session.events.iter().map(event).collect(),
    }
}

fn event(event: &EventView) -> pb::SessionEvent {
    pb::SessionEvent {
        sequence: event.sequence,
        kind: event.kind.clone(),
        event_time: Some(timestamp(event.happened_at)),
        agent_id: event.agent_id.clone().unwrap_or_default(),
        hash: String::new(),
        detail: event.detail.clone(),
    }
}

/// Renders an amount.
pub(super) fn money(money: Money) -> WireMoney {
    WireMoney {
        minor: money.minor,
        currency: money.currency.to_string(),
    }
}

/// Renders a state.
pub(super) fn state(state: State) -> pb::SessionState {
    match state {
        State::Opened => pb::SessionState::Opened,
        State::IntentStated => pb::SessionState::IntentStated,
        State::Disclosed => pb::SessionState::Disclosed,
        State::PermissionAsked => pb::SessionState::PermissionAsked,
        State::Offered => pb::SessionState::Offered,
        State::Accepted => pb::SessionState::Accepted,
        State::Declined => pb::SessionState::Declined,
        State::CancelReaffirmed => pb::SessionState::CancelReaffirmed,
        State::SaveRecorded => pb::SessionState::SaveRecorded,
        State::CancelRecorded => pb::SessionState::CancelRecorded,
        State::Transferred => pb::SessionState::Transferred,
        State::Abandoned => pb::SessionState::Abandoned,
        State::Closed => pb::SessionState::Closed,
    }
}

/// Renders what became of an offer on the call.
pub(super) fn presented_outcome(outcome: Outcome) -> pb::PresentedOutcome {
    match outcome {
        Outcome::Decided => pb::PresentedOutcome::Decided,
        Outcome::Presented => pb::PresentedOutcome::Presented,
        Outcome::Accepted => pb::PresentedOutcome::Accepted,
        Outcome::Declined => pb::PresentedOutcome::Declined,
        Outcome::NotPresented => pb::PresentedOutcome::NotPresented,
        Outcome::Expired => pb::PresentedOutcome::Expired,
    }
}

fn offers_allowed(allowed: OffersAllowed) -> pb::OffersAllowed {
    match allowed {
        OffersAllowed::During => pb::OffersAllowed::During,
        OffersAllowed::WithPermission => pb::OffersAllowed::WithPermission,
        OffersAllowed::AfterCancelOnly => pb::OffersAllowed::AfterCancelOnly,
        OffersAllowed::None => pb::OffersAllowed::None,
    }
}

/// Renders a lever.
pub(super) fn lever(lever: Lever) -> pb::Lever {
    match lever {
        Lever::ServiceFix => pb::Lever::ServiceFix,
        Lever::Training => pb::Lever::Training,
        Lever::RightSize => pb::Lever::RightSize,
        Lever::Pause => pb::Lever::Pause,
        Lever::PlanChange => pb::Lever::PlanChange,
        Lever::TermChange => pb::Lever::TermChange,
        Lever::ValueAdd => pb::Lever::ValueAdd,
        Lever::Transfer => pb::Lever::Transfer,
        Lever::AccountManager => pb::Lever::AccountManager,
        Lever::EarlyRenewal => pb::Lever::EarlyRenewal,
        Lever::Goodwill => pb::Lever::Goodwill,
        Lever::Credit => pb::Lever::Credit,
        Lever::FeeWaiver => pb::Lever::FeeWaiver,
        Lever::PriceDiscount => pb::Lever::PriceDiscount,
        Lever::InformationOnly => pb::Lever::InformationOnly,
    }
}

/// Renders an explained decision.
pub(super) fn explanation(explanation: &Explanation) -> pb::ExplainDecisionResponse {
    let record = &explanation.record;
    let verdicts = record.decision.verdicts.iter().zip(&explanation.grounds);
    pb::ExplainDecisionResponse {
        answer: Some(recorded(
            record.clone(),
            false,
            explanation.directions.clone(),
        )),
        request: Some(save_request(&record.request)),
        facts: explanation
            .facts
            .iter()
            .map(|(fact, value)| (fact.name().to_owned(), value.to_string()))
            .collect(),
        arm: record.decision.arm.clone(),
        propensity: record.decision.propensity,
        seed: record.seed,
        replay_agrees: explanation.replay_agrees,
        trace_id: record.trace_id.clone(),
        decide_microseconds: record.decide_microseconds,
        verdicts: verdicts
            .map(|(verdict, grounds)| explained(verdict, grounds))
            .collect(),
        holdout: record.decision.holdout.as_ref().map(learned::side),
        draw: explanation.draw.as_ref().map(learned::draw),
    }
}

/// Writes bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(digit).collect()
}
