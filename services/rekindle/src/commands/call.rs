//! `rekindle call`: one cancellation call, as desk software would play it.

use std::io::{BufRead as _, IsTerminal as _};

use clap::{Args, ValueEnum};
use contract::offers::v1::{
    Agent, ConfirmCancellationRequest, ConfirmCancellationResponse, KeepInTouch, PresentedOutcome,
    RecordResponseRequest, RecordResponseResponse, RequestAlternativeRequest,
    RequestSaveOfferRequest, RequestSaveOfferResponse,
};
use contract::profiles::v1::GetCustomerFactsRequest;
use contract::types::v1::{SubscriptionFacts, SubscriptionState};
use serde_json::{Value, json};

use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json as documents;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// Play one cancellation call: ask for a save offer, show the agent's screen, record the answer.
///
/// The same contact asked again gets the same answer. Exit code 1 when --respond accept finds no
/// offer to accept.
#[derive(Debug, Args)]
pub struct Call {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// The subscription they want to leave; the live one when there is only one.
    #[arg(long, value_name = "ID")]
    subscription: Option<String>,

    /// The contact, as the desk names it; a new one when left out.
    #[arg(long, value_name = "ID")]
    contact: Option<String>,

    /// The step within the contact.
    #[arg(long, default_value_t = 1, value_name = "N")]
    step: u32,

    /// The reason stated, as in `too_expensive`; never required.
    #[arg(long, default_value = "", value_name = "KEY")]
    reason: String,

    /// How they speak: phone, chat, web, app, email, store.
    #[arg(long, default_value = "phone", value_parser = |word: &str| vocabulary::CHANNEL.number(word))]
    channel: i32,

    /// Where the customer is, as in US-CA; their own place when left out.
    #[arg(long, default_value = "", value_name = "PLACE")]
    jurisdiction: String,

    /// What they want: disconnect, downgrade, `reduce_cost`, move, pause, complaint, enquiry.
    #[arg(long, default_value = "disconnect", value_parser = |word: &str| vocabulary::INTENT.number(word))]
    intent: i32,

    /// Why the parties speak, as in `cancel_call` or `service_recovery`.
    #[arg(long, default_value = "cancel_call", value_parser = |word: &str| vocabulary::OCCASION.number(word))]
    occasion: i32,

    /// The language to speak, as in es-MX; the customer's own when left out.
    #[arg(long, default_value = "", value_name = "LANGUAGE")]
    language: String,

    /// Whether they agreed to hear an offer: granted, refused; not asked when left out.
    #[arg(long, value_parser = |word: &str| vocabulary::PERMISSION.number(word))]
    permission: Option<i32>,

    /// Whether the place they move to, or would come back to, can be served: true, false; not looked up
    /// when left out.
    #[arg(long, value_name = "SERVED")]
    destination_serviceable: Option<bool>,

    /// The agent.
    #[arg(long, default_value = "agent-1", value_name = "ID")]
    agent: String,

    /// How much the agent may grant: agent, senior, manager.
    #[arg(long, default_value = "agent", value_parser = |word: &str| vocabulary::AUTHORITY.number(word))]
    authority: i32,

    /// Decide on facts at least this fresh.
    #[arg(long, default_value_t = 0, value_name = "REVISION")]
    min_revision: u64,

    /// How the call goes on: accept or decline the first offer, ask what else there is, cancel, or
    /// nothing.
    #[arg(long, value_enum, default_value_t = Respond::None)]
    respond: Respond,

    /// Ask at the keyboard how the call goes on.
    #[arg(long, conflicts_with = "respond")]
    interactive: bool,

    #[command(flatten)]
    services: ServiceArguments,
}

/// How a call goes on after the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Respond {
    /// The first offer is accepted.
    Accept,
    /// The first offer is declined.
    Decline,
    /// The customer asks what else there is.
    Alternative,
    /// The customer leaves.
    Cancel,
    /// Nothing more is recorded.
    None,
}

/// What a call came to.
#[derive(Debug)]
pub(super) enum Ending {
    /// An offer was answered.
    Responded(Box<RecordResponseResponse>),
    /// The customer left.
    Cancelled(Box<ConfirmCancellationResponse>),
    /// There was no offer to answer.
    NoOffer,
    /// Nothing was recorded.
    Open,
}

impl Call {
    /// Asks, shows, goes on, shows what happened.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle call"))?;
        let request = self.request(&services).await?;
        let asked = request_save_offer(&services, request.clone()).await;
        let mut answer = match asked {
            Err(failure) if self.respond == Respond::Cancel => {
                return leave_unasked(&services, &request, &failure, output).await;
            }
            asked => asked?,
        };
        show(&request, &answer, output)?;
        let mut respond = self.how(output)?;
        while respond == Respond::Alternative {
            answer = request_alternative(&services, &request, &answer).await?;
            show(&request, &answer, output)?;
            respond = if self.interactive {
                ask_how(output)?
            } else {
                Respond::None
            };
        }
        let ending = go_on(&services, &request, &answer, respond).await?;
        print_ending(&answer, &ending, &services, output)?;
        match (&ending, respond) {
            (Ending::NoOffer, Respond::Accept) => Ok(Exit::Failed.code()),
            _ => Ok(0),
        }
    }

    fn how(&self, output: Output) -> Result<Respond, Failure> {
        if self.interactive {
            ask_how(output)
        } else {
            Ok(self.respond)
        }
    }

    async fn request(&self, services: &Services) -> Result<RequestSaveOfferRequest, Failure> {
        let subscription_id = match &self.subscription {
            Some(subscription) => subscription.clone(),
            None => only_live_subscription(services, &self.customer)
                .await
                .map_err(nameable)?,
        };
        Ok(RequestSaveOfferRequest {
            request_id: new_request_id(),
            contact_id: self.contact.clone().unwrap_or_else(new_request_id),
            step: self.step,
            customer_id: self.customer.clone(),
            subscription_id,
            occasion: self.occasion,
            channel: self.channel,
            jurisdiction: self.jurisdiction.clone(),
            initial_intent: self.intent,
            reason: self.reason.clone(),
            secondary_reasons: Vec::new(),
            agent: Some(Agent {
                agent_id: self.agent.clone(),
                authority: self.authority,
                team: String::new(),
            }),
            language: self.language.clone(),
            permission: self.permission.unwrap_or_default(),
            min_revision: self.min_revision,
            include_passed_over: true,
            destination_serviceable: self.destination_serviceable,
        })
    }
}

/// Leaves where no offer could be asked for: nothing that goes wrong with an offer keeps anybody here.
async fn leave_unasked(
    services: &Services,
    request: &RequestSaveOfferRequest,
    failure: &Failure,
    output: Output,
) -> Result<u8, Failure> {
    output.progress(format_args!(
        "no offer could be asked for ({}); they leave all the same",
        failure.message()
    ));
    let answer = RequestSaveOfferResponse::default();
    let ending = go_on(services, request, &answer, Respond::Cancel).await?;
    print_ending(&answer, &ending, services, output)?;
    Ok(0)
}

/// Where profiles does not answer, the subscription can be named instead of looked up.
fn nameable(failure: Failure) -> Failure {
    if failure.exit() != Exit::Unavailable {
        return failure;
    }
    failure.advice("name the subscription with --subscription: then nobody has to be asked for it")
}

fn show(
    request: &RequestSaveOfferRequest,
    answer: &RequestSaveOfferResponse,
    output: Output,
) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(());
    }
    let screen = screen::agent(request, answer, Paper::of_stdout());
    output.result(&Value::Null, |_| screen)
}

async fn only_live_subscription(services: &Services, customer: &str) -> Result<String, Failure> {
    let request = GetCustomerFactsRequest {
        customer_id: customer.to_owned(),
        min_revision: 0,
    };
    let mut customers = services.customers();
    let method = "rekindle.profiles.v1.CustomerService/GetCustomerFacts";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            customers.get_customer_facts(request).await
        })
        .await?;
    let is_live = |it: &&SubscriptionFacts| {
        !matches!(
            it.state(),
            SubscriptionState::Ended | SubscriptionState::Prospect
        )
    };
    let facts = answer.facts.unwrap_or_default();
    let live: Vec<&SubscriptionFacts> = facts.subscriptions.iter().filter(is_live).collect();
    match live[..] {
        [only] => Ok(only.subscription_id.clone()),
        [] => Err(
            Failure::failed(format!("customer {customer} has no live subscription"))
                .advice("name an ended one with --subscription to see what the desk says"),
        ),
        _ => {
            let failure = Failure::failed(format!("customer {customer} has several subscriptions"))
                .advice("say which with --subscription");
            Err(live.iter().fold(failure, |failure, it| {
                failure.detail(format!("{} ({})", it.subscription_id, it.product))
            }))
        }
    }
}

fn ask_how(output: Output) -> Result<Respond, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::new(Exit::Usage, "--interactive needs a terminal")
            .advice("say how the call goes on with --respond"));
    }
    loop {
        output.progress("\n[a]ccept, [d]ecline, what [e]lse is there, [c]ancel, [n]othing?");
        let mut line = String::new();
        let read = stdin.lock().read_line(&mut line);
        let read = read.map_err(|error| Failure::failed(format!("no answer: {error}")))?;
        match line.trim().to_ascii_lowercase().as_str() {
            "a" | "accept" => return Ok(Respond::Accept),
            "d" | "decline" => return Ok(Respond::Decline),
            "e" | "else" => return Ok(Respond::Alternative),
            "c" | "cancel" => return Ok(Respond::Cancel),
            "n" | "nothing" => return Ok(Respond::None),
            _ if read == 0 => return Ok(Respond::None),
            _ => {}
        }
    }
}

fn print_ending(
    answer: &RequestSaveOfferResponse,
    ending: &Ending,
    services: &Services,
    output: Output,
) -> Result<(), Failure> {
    let document = json!({
        "answer": documents::agent(answer),
        "ending": ending_json(ending),
        "trace_id": services.trace().trace_id(),
    });
    output.result(&document, |_| ending_text(ending, Paper::of_stdout()))
}

/// What happened, as a document.
pub(super) fn ending_json(ending: &Ending) -> Value {
    match ending {
        Ending::Responded(response) => json!({"response": documents::responded(response)}),
        Ending::Cancelled(cancelled) => json!({"cancellation": documents::acknowledged(cancelled)}),
        Ending::NoOffer => json!({"no_offer": true}),
        Ending::Open => Value::Null,
    }
}

/// What happened, as text.
pub(super) fn ending_text(ending: &Ending, paper: Paper) -> String {
    match ending {
        Ending::Responded(response) => format!("\n{}", screen::responded(response, paper)),
        Ending::Cancelled(cancelled) => format!("\n{}", screen::acknowledged(cancelled, paper)),
        Ending::NoOffer => "\nThere was no offer to answer.".to_owned(),
        Ending::Open => "\nNothing more was recorded; the session closes by itself.".to_owned(),
    }
}

/// Asks the desk for its screen.
pub(super) async fn request_save_offer(
    services: &Services,
    request: RequestSaveOfferRequest,
) -> Result<RequestSaveOfferResponse, Failure> {
    let mut desk = services.save_desk();
    let method = "rekindle.offers.v1.SaveDeskService/RequestSaveOffer";
    services
        .call(method, ONLINE, request, |request| async move {
            desk.request_save_offer(request).await
        })
        .await
}

async fn request_alternative(
    services: &Services,
    request: &RequestSaveOfferRequest,
    answer: &RequestSaveOfferResponse,
) -> Result<RequestSaveOfferResponse, Failure> {
    let alternative = RequestAlternativeRequest {
        request_id: new_request_id(),
        customer_id: request.customer_id.clone(),
        session_id: answer.session_id.clone(),
        contact_id: request.contact_id.clone(),
        agent: request.agent.clone(),
    };
    let mut desk = services.save_desk();
    let method = "rekindle.offers.v1.SaveDeskService/RequestAlternative";
    let further = services
        .call(method, ONLINE, alternative, |request| async move {
            desk.request_alternative(request).await
        })
        .await?;
    Ok(further.answer.unwrap_or_default())
}

/// Plays the rest of a call.
pub(super) async fn go_on(
    services: &Services,
    request: &RequestSaveOfferRequest,
    answer: &RequestSaveOfferResponse,
    respond: Respond,
) -> Result<Ending, Failure> {
    let outcome = match respond {
        Respond::None | Respond::Alternative => return Ok(Ending::Open),
        Respond::Cancel => {
            let cancelled = confirm_cancellation(services, request, answer).await?;
            return Ok(Ending::Cancelled(Box::new(cancelled)));
        }
        Respond::Accept => PresentedOutcome::Accepted,
        Respond::Decline => PresentedOutcome::Declined,
    };
    let Some(offer) = answer.offers.first() else {
        return Ok(Ending::NoOffer);
    };
    let mut last = None;
    // It is read out first: what was never heard can be neither accepted nor declined.
    for outcome in [PresentedOutcome::Presented, outcome] {
        let response = RecordResponseRequest {
            request_id: new_request_id(),
            customer_id: request.customer_id.clone(),
            session_id: answer.session_id.clone(),
            contact_id: request.contact_id.clone(),
            presented_offer_id: offer.presented_offer_id.clone(),
            outcome: outcome.into(),
            agent: request.agent.clone(),
            // The screen shows what must be said first, before the offer.
            disclosed: true,
        };
        last = Some(record_response(services, response).await?);
    }
    Ok(last.map_or(Ending::NoOffer, |response| {
        Ending::Responded(Box::new(response))
    }))
}

async fn record_response(
    services: &Services,
    request: RecordResponseRequest,
) -> Result<RecordResponseResponse, Failure> {
    let mut desk = services.save_desk();
    let method = "rekindle.offers.v1.SaveDeskService/RecordResponse";
    services
        .call(method, ONLINE, request, |request| async move {
            desk.record_response(request).await
        })
        .await
}

async fn confirm_cancellation(
    services: &Services,
    request: &RequestSaveOfferRequest,
    answer: &RequestSaveOfferResponse,
) -> Result<ConfirmCancellationResponse, Failure> {
    let token = answer
        .cancel_now
        .as_ref()
        .map(|cancel| cancel.token.clone());
    let confirm = ConfirmCancellationRequest {
        request_id: new_request_id(),
        customer_id: request.customer_id.clone(),
        subscription_id: request.subscription_id.clone(),
        contact_id: request.contact_id.clone(),
        cancel_token: token.unwrap_or_default(),
        reason: request.reason.clone(),
        requested_end_time: None,
        agent: request.agent.clone(),
        keep_in_touch: KeepInTouch::Unspecified.into(),
        channel_choices: Vec::new(),
    };
    let mut desk = services.save_desk();
    let method = "rekindle.offers.v1.SaveDeskService/ConfirmCancellation";
    services
        .call(method, ONLINE, confirm, |request| async move {
            desk.confirm_cancellation(request).await
        })
        .await
}
