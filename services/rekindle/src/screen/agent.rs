//! The agent's screen: who this is, what may be said, the offers, how to leave, and why.

use contract::offers::v1::{
    CancelNow, CustomerView, OffersAllowed, PolicyOutcome, RequestSaveOfferRequest,
    RequestSaveOfferResponse,
};
use jiff::Timestamp;

use super::paper::{Page, Paper, Style};
use super::words;
use super::{directions, offers, why};
use crate::vocabulary;

/// The whole screen for one answer. `request` is what was asked.
pub fn agent(
    request: &RequestSaveOfferRequest,
    answer: &RequestSaveOfferResponse,
    paper: Paper,
) -> String {
    let mut page = Page::on(paper);
    // An answer of another version may lack its time; then nothing is reckoned from it.
    let now = words::instant(answer.decide_time.as_ref()).unwrap_or(Timestamp::UNIX_EPOCH);
    page.title("Save desk");
    call(&mut page, request, answer);
    who(&mut page, answer.customer.as_ref());
    policy(&mut page, answer.policy.as_ref());
    offers::offers(&mut page, answer, now);
    directions::directions(&mut page, answer);
    cancel_now(&mut page, answer.cancel_now.as_ref(), now);
    why::verdicts(&mut page, &answer.verdicts);
    page.gap();
    page.paragraph(0, Style::Faint, &format!("decision {}", answer.decision_id));
    page.finish()
}

fn call(page: &mut Page, request: &RequestSaveOfferRequest, answer: &RequestSaveOfferResponse) {
    let parties = format!("{} · {}", request.customer_id, request.subscription_id);
    page.labelled("customer", &parties);
    let channel = words::spoken(&vocabulary::CHANNEL.word(request.channel));
    let intent = words::spoken(&vocabulary::INTENT.word(request.initial_intent));
    let place = match request.jurisdiction.as_str() {
        "" => "at the customer's own place".to_owned(),
        place => format!("in {place}"),
    };
    let contact = format!("{} by {channel}, {place}", request.contact_id);
    page.labelled("contact", &contact);
    let reason = match request.reason.as_str() {
        "" => "no reason given".to_owned(),
        reason => format!("because: {}", words::spoken(reason)),
    };
    let destination = match request.destination_serviceable {
        Some(true) => ", the new place can be served",
        Some(false) => ", the new place cannot be served",
        None => "",
    };
    page.labelled("wants", &format!("{intent}, {reason}{destination}"));
    let state = words::spoken(&vocabulary::SESSION_STATE.word(answer.session_state));
    page.labelled("session", &format!("{} · {state}", answer.session_id));
    if answer.replayed {
        page.labelled("", "answered before: this is that answer");
    }
    if answer.degraded {
        let reasons: Vec<String> = answer
            .degraded_reasons
            .iter()
            .map(|reason| words::spoken(reason))
            .collect();
        let text = format!("a safer answer, because {}", reasons.join(", "));
        page.labelled_in(2, Style::Alert, "degraded", &text);
    }
}

fn who(page: &mut Page, customer: Option<&CustomerView>) {
    page.heading("WHO THIS IS");
    let Some(customer) = customer else {
        page.paragraph(
            2,
            Style::Alert,
            "not known: the customer could not be looked up in time",
        );
        return;
    };
    let stage = words::spoken(&customer.stage);
    let tenure = words::tenure(customer.tenure_days);
    page.labelled(
        "stage",
        &format!("{stage}, here for {tenure} (rule {})", customer.stage_rule),
    );
    let live = words::count(
        u64::from(customer.live_subscription_count),
        "live subscription",
    );
    let ended = format!("{} ended", customer.ended_subscription_count);
    let lifetime = words::ordinal(customer.lifetime_count.max(1));
    page.labelled(
        "relationship",
        &format!("{lifetime} time with us · {live}, {ended}"),
    );
    if customer.open_incident_count > 0 {
        let incidents = words::count(u64::from(customer.open_incident_count), "open incident");
        page.labelled_in(2, Style::Alert, "trouble", &incidents);
    }
    let risk = customer.churn_risk.map_or_else(
        || "no estimate of the risk of leaving".to_owned(),
        |risk| format!("risk of leaving {}", words::percent(risk)),
    );
    let value = customer.value_remaining.as_ref().map_or_else(
        || "no estimate of the value from here".to_owned(),
        |value| format!("worth {} from here", words::money(value)),
    );
    page.labelled("outlook", &format!("{risk} · {value}"));
    let human: Vec<String> = customer
        .be_human_about
        .iter()
        .map(|key| words::spoken(key))
        .collect();
    if !human.is_empty() {
        page.labelled_in(2, Style::Alert, "be human", &human.join(" · "));
    }
}

fn policy(page: &mut Page, policy: Option<&PolicyOutcome>) {
    page.heading("WHAT MAY BE SAID");
    match policy {
        None => page.paragraph(2, Style::Alert, "not known: make no offer"),
        Some(policy) => policy_lines(page, policy),
    }
}

pub(super) fn policy_lines(page: &mut Page, policy: &PolicyOutcome) {
    let allowed = match policy.offers_allowed() {
        OffersAllowed::During => "during the call",
        OffersAllowed::WithPermission => "once the customer agreed to hear one: ask first",
        OffersAllowed::AfterCancelOnly => "only once the cancellation is done, with permission",
        OffersAllowed::None | OffersAllowed::Unspecified => "none",
    };
    let mut offers = format!("{allowed}, at most {}", policy.max_offers);
    if policy.refusal_ends_offers {
        offers.push_str("; a refusal ends the offers");
    }
    page.labelled("offers", &offers);
    page.list("say first", &policy.disclosures);
    page.list("with an offer", &policy.notices);
    let mut leaving = match policy.cancel_deadline_hours {
        0 => "done at once".to_owned(),
        hours => format!("done within {}", words::count(u64::from(hours), "hour")),
    };
    if !policy.acknowledgement_medium.is_empty() {
        let medium = words::spoken(&policy.acknowledgement_medium);
        leaving.extend([", acknowledged on: ", &medium]);
    }
    if policy.cooling_off_days > 0 {
        let days = words::count(u64::from(policy.cooling_off_days), "day");
        leaving.extend(["; ", &days, " to withdraw"]);
    }
    page.labelled("leaving", &leaving);
    let screens = u64::from(policy.max_feedback_screens);
    let questions = match screens {
        0 => "none before the cancellation".to_owned(),
        screens => format!("at most {} before it", words::count(screens, "screen")),
    };
    page.labelled("questions", &questions);
    let months = words::count(u64::from(policy.record_retention_months), "month");
    page.labelled("record", &format!("kept for {months}"));
    let rows = policy.applied_rows.join(", ");
    page.labelled(
        "rows",
        &format!("{rows} (policy {})", policy.policy_version),
    );
}

fn cancel_now(page: &mut Page, cancel: Option<&CancelNow>, now: Timestamp) {
    page.heading("CANCEL NOW");
    page.paragraph(
        2,
        Style::Good,
        "possible at every moment, at once, without a reason",
    );
    let Some(cancel) = cancel else { return };
    for (label, time) in [
        ("service ends", &cancel.service_end_time),
        ("billing ends", &cancel.billing_end_time),
    ] {
        if let Some(time) = words::instant(time.as_ref()) {
            let said = if time <= now {
                "at once".to_owned()
            } else {
                words::minute(time)
            };
            page.labelled(label, &said);
        }
    }
    page.labelled("token", &cancel.token);
}
