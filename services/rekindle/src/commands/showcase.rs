//! The call of the demo: played, explained, and traced.

use std::time::Duration;

use contract::offers::v1::{
    Agent, AuthorityLevel, Channel, InitialIntent, Occasion, RequestSaveOfferRequest,
};
use serde_json::{Value, json};

use super::call::{Respond, ending_json, ending_text, go_on, request_save_offer};
use super::explain::explain_decision;
use crate::client::{Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::json as documents;
use crate::sample::Caller;
use crate::screen::{self, Depth, Paper};
use crate::trace::{CollectedSpan, Collector, is_whole, tree};

/// What there is to show of the call.
#[derive(Debug)]
pub(super) struct Played {
    /// Who rang.
    pub(super) caller: Caller,
    /// The decision.
    pub(super) decision_id: String,
    /// Everything as text.
    pub(super) text: String,
    /// Everything as a document.
    pub(super) document: Value,
}

/// Plays the call of somebody for whom it is too expensive and who takes the first offer.
pub(super) async fn play(
    services: &Services,
    caller: &Caller,
    collector: &mut Collector,
    patience: Duration,
    expected: &[&str],
) -> Result<Played, Failure> {
    let trace = Trace::begin("rekindle demo: one call");
    let trace_id = trace.trace_id_bytes();
    collector.keep(trace_id);
    let desk = services.under(trace);
    let request = too_expensive(caller);
    let answer = request_save_offer(&desk, request.clone()).await?;
    let ending = go_on(&desk, &request, &answer, Respond::Accept).await?;
    // Before anything else happens: the root ends with the call.
    let own = desk.trace().spans();
    let explained = explain_decision(services, &caller.customer_id, &answer.decision_id).await?;
    let own: Vec<_> = own
        .iter()
        .map(|span| CollectedSpan::of_client(trace_id, span))
        .collect();
    let together = |received: &[CollectedSpan]| [own.as_slice(), received].concat();
    let received = collector
        .spans(trace_id, patience, |received| {
            is_whole(&together(received), expected)
        })
        .await;
    let spans = together(&received);

    let paper = Paper::of_stdout();
    let text = [
        screen::agent(&request, &answer, paper),
        ending_text(&ending, paper),
        String::new(),
        screen::explanation(&explained, Depth::Scored, paper),
        String::new(),
        screen::heading(&format!("Trace {}", desk.trace().trace_id()), paper),
        tree(&spans),
    ]
    .join("\n");
    let document = json!({
        "customer_id": caller.customer_id,
        "subscription_id": caller.subscription_id,
        "answer": documents::agent(&answer),
        "ending": ending_json(&ending),
        "explanation": documents::explanation(&explained),
        "trace_id": desk.trace().trace_id(),
        "spans": spans.iter().map(documents::span).collect::<Vec<_>>(),
    });
    let decision_id = answer.decision_id;
    Ok(Played {
        caller: caller.clone(),
        decision_id,
        text,
        document,
    })
}

fn too_expensive(caller: &Caller) -> RequestSaveOfferRequest {
    RequestSaveOfferRequest {
        request_id: new_request_id(),
        contact_id: "demo-contact-1".to_owned(),
        step: 1,
        customer_id: caller.customer_id.clone(),
        subscription_id: caller.subscription_id.clone(),
        occasion: Occasion::CancelCall.into(),
        channel: Channel::Phone.into(),
        initial_intent: InitialIntent::Disconnect.into(),
        reason: "too_expensive".to_owned(),
        agent: Some(Agent {
            agent_id: "agent-1".to_owned(),
            authority: AuthorityLevel::Agent.into(),
            team: "retention".to_owned(),
        }),
        ..Default::default()
    }
}
