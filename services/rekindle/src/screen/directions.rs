//! What the agent is told beside the offers: what to say and what not, who should take the call, and
//! what somebody with more authority could offer.

use contract::offers::v1::{Escalation, Guidance, RequestSaveOfferResponse, Routing};

use super::paper::Page;
use super::words;
use crate::vocabulary;

pub(super) fn directions(page: &mut Page, answer: &RequestSaveOfferResponse) {
    if let Some(guidance) = &answer.guidance {
        say(page, guidance);
    }
    if let Some(routing) = &answer.routing {
        route(page, routing);
    }
    if !answer.considerations.is_empty() {
        page.heading("FOR YOU, NOT TO BE READ OUT");
        for consideration in &answer.considerations {
            let code = words::spoken(&consideration.code.to_lowercase());
            page.labelled(&code, &consideration.detail);
        }
    }
    if !answer.escalation.is_empty() {
        page.heading("WITH MORE AUTHORITY");
        for escalation in &answer.escalation {
            escalate(page, escalation);
        }
    }
}

fn say(page: &mut Page, guidance: &Guidance) {
    if guidance.say.is_empty() && guidance.do_not_say.is_empty() {
        return;
    }
    page.heading("WHAT TO SAY");
    page.list("say", &guidance.say);
    page.list("do not say", &guidance.do_not_say);
}

fn route(page: &mut Page, routing: &Routing) {
    page.heading("WHO SHOULD TAKE THIS CALL");
    if !routing.team.is_empty() {
        page.labelled("team", &words::spoken(&routing.team));
    }
    if routing.authority != 0 {
        let level = vocabulary::AUTHORITY.word(routing.authority);
        page.labelled("at least", &words::spoken(&level));
    }
    page.labelled("why", &routing.why);
}

fn escalate(page: &mut Page, escalation: &Escalation) {
    let level = words::spoken(&vocabulary::AUTHORITY.word(escalation.authority));
    let gain = escalation.expected_net_gain.as_ref();
    let gain = gain.map_or_else(String::new, |gain| {
        format!(" · {} expected", words::signed_money(gain))
    });
    let offer = format!("{} ({}){gain}", escalation.title, escalation.offer_key);
    page.labelled(&level, &offer);
}
