//! The call of the demo: played, explained, and traced.

use std::time::Duration;

use contract::offers::v1::{
    Agent, AuthorityLevel, Channel, InitialIntent, Occasion, RequestSaveOfferRequest,
};
use serde_json::{Value, json};

use super::call::{Respond, ending_json, ending_text, go_on, request_save_offer};
use super::explain::explain_decision;
use crate::client::{ClientSpan, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::json as documents;
use crate::output::Output;
use crate::sample::Caller;
use crate::screen::{self, Paper};
use crate::suite::SERVICES;
use crate::trace::{CollectedSpan, Collector, is_whole, tree};

/// Services send their spans every second.
const PATIENCE_FOR_SPANS: Duration = Duration::from_secs(6);

/// Plays the call of somebody for whom it is too expensive and who takes the first offer. Prints
/// the agent's screen, the explanation and the trace, and answers with the decision.
pub(super) async fn play(
    services: &Services,
    caller: &Caller,
    collector: &mut Collector,
    output: Output,
) -> Result<String, Failure> {
    let trace = Trace::begin("rekindle demo: one call");
    collector.keep(trace.trace_id_bytes());
    let desk = services.under(trace);
    let request = too_expensive(caller);
    let answer = request_save_offer(&desk, request.clone()).await?;
    let ending = go_on(&desk, &request, &answer, Respond::Accept).await?;
    // The root of the trace ends with the call.
    let own = desk.trace().spans();
    let paper = Paper::of_stdout();
    if !output.is_json() {
        let screen = screen::agent(&request, &answer, paper);
        output.result(&Value::Null, |_| {
            format!("\n{screen}\n{}", ending_text(&ending, paper))
        })?;
    }
    let explained = explain_decision(services, &caller.customer_id, &answer.decision_id).await?;
    let spans = all_spans(desk.trace(), &own, collector).await;
    let document = json!({
        "customer_id": caller.customer_id,
        "subscription_id": caller.subscription_id,
        "answer": documents::agent(&answer),
        "ending": ending_json(&ending),
        "explanation": documents::explanation(&explained),
        "trace_id": desk.trace().trace_id(),
        "spans": spans.iter().map(documents::span).collect::<Vec<_>>(),
    });
    output.result(&document, |_| {
        let explanation = screen::explanation(&explained, paper);
        let heading = screen::heading(&format!("Trace {}", desk.trace().trace_id()), paper);
        format!("\n{explanation}\n\n{heading}\n{}", tree(&spans))
    })?;
    Ok(answer.decision_id)
}

/// Our own spans and those of the services, as soon as none seems to be missing.
async fn all_spans(
    trace: &Trace,
    own: &[ClientSpan],
    collector: &mut Collector,
) -> Vec<CollectedSpan> {
    let trace_id = trace.trace_id_bytes();
    let own: Vec<_> = own
        .iter()
        .map(|span| CollectedSpan::of_client(trace_id, span))
        .collect();
    let together = |received: &[CollectedSpan]| [own.as_slice(), received].concat();
    let whole = |received: &[CollectedSpan]| is_whole(&together(received), &SERVICES);
    let received = collector.spans(trace_id, PATIENCE_FOR_SPANS, whole).await;
    together(&received)
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
        include_passed_over: true,
        agent: Some(Agent {
            agent_id: "agent-1".to_owned(),
            authority: AuthorityLevel::Agent.into(),
            team: "retention".to_owned(),
        }),
        ..Default::default()
    }
}
