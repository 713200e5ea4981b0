//! `rekindle override`: an offer that somebody with authority makes against the ranking.

use clap::{Args, ValueEnum};
use contract::offers::v1::{
    Agent, OverrideOfferRequest, OverrideOfferResponse, RecordResponseResponse,
    RequestSaveOfferRequest, RequestSaveOfferResponse,
};

use super::call::{Ending, Respond, ending_json, ending_text, go_on};
use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::{json as documents, vocabulary};

/// Make an offer on a call against the ranking, as a senior or a manager.
///
/// It is recorded with its reason, and nothing is learnt from it. The session and the contact are
/// in what `rekindle --json call` prints.
#[derive(Debug, Args)]
pub struct Override {
    /// The offer.
    #[arg(value_name = "OFFER")]
    offer: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// The session of the call.
    #[arg(long, value_name = "ID")]
    session: String,

    /// The contact of the session.
    #[arg(long, value_name = "ID")]
    contact: String,

    /// Why, as a short key, for example `loyal_and_let_down`.
    #[arg(long, value_name = "KEY")]
    reason: String,

    /// Who overrides.
    #[arg(long, value_name = "ID")]
    agent: String,

    /// What they are: senior, manager.
    #[arg(long, default_value = "senior", value_parser = |word: &str| vocabulary::AUTHORITY.number(word))]
    authority: i32,

    /// What the customer says to it; it stays open when left out.
    #[arg(long, value_enum)]
    respond: Option<Said>,

    #[command(flatten)]
    services: ServiceArguments,
}

/// What a customer says to an offer.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Said {
    /// They accept it.
    Accept,
    /// They decline it.
    Decline,
}

impl Override {
    /// Makes the offer, shows it and records what is said to it.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle override"))?;
        let mut desk = services.save_desk();
        let method = "rekindle.offers.v1.SaveDeskService/OverrideOffer";
        let made = services
            .call(method, ONLINE, self.request(), |request| async move {
                desk.override_offer(request).await
            })
            .await?;
        let ending = self.go_on(&services, &made).await?;
        // It is shown as an answer to an offer is: the offer, and where the call stands.
        let shown = RecordResponseResponse {
            offer: made.offer.clone(),
            session_state: made.session_state,
            replayed: made.replayed,
        };
        let mut document = documents::responded(&shown);
        if let Some(document) = document.as_object_mut() {
            document.insert("ending".to_owned(), ending_json(&ending));
        }
        output.result(&document, |_| match (&made.offer, &ending) {
            (Some(offer), Ending::Open) => screen::made(offer, Paper::of_stdout()),
            (Some(offer), ending) => {
                let made = screen::made(offer, Paper::of_stdout());
                format!("{made}\n{}", ending_text(ending, Paper::of_stdout()))
            }
            (None, _) => screen::responded(&shown, Paper::of_stdout()),
        })?;
        Ok(0)
    }

    async fn go_on(
        &self,
        services: &Services,
        made: &OverrideOfferResponse,
    ) -> Result<Ending, Failure> {
        let respond = match self.respond {
            Some(Said::Accept) => Respond::Accept,
            Some(Said::Decline) => Respond::Decline,
            None => Respond::None,
        };
        let request = RequestSaveOfferRequest {
            customer_id: self.customer.clone(),
            contact_id: self.contact.clone(),
            agent: self.request().agent,
            ..RequestSaveOfferRequest::default()
        };
        let answer = RequestSaveOfferResponse {
            session_id: self.session.clone(),
            offers: made.offer.iter().cloned().collect(),
            ..RequestSaveOfferResponse::default()
        };
        go_on(services, &request, &answer, respond).await
    }

    fn request(&self) -> OverrideOfferRequest {
        OverrideOfferRequest {
            request_id: new_request_id(),
            customer_id: self.customer.clone(),
            session_id: self.session.clone(),
            contact_id: self.contact.clone(),
            offer_key: self.offer.clone(),
            agent: Some(Agent {
                agent_id: self.agent.clone(),
                authority: self.authority,
                team: String::new(),
            }),
            reason: self.reason.clone(),
        }
    }
}
