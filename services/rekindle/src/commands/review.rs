//! `rekindle review`: which offers really keep people, what managers decide about them, and what became
//! of calls.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::offers::v1::{DecideOfferRequest, ReviewOffersRequest, ReviewOffersResponse};
use jiff::Timestamp;

use super::files::write_page;
use super::review_learned::Learned;
use super::review_outcomes::Outcomes;
use crate::client::{IN_BULK, ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::{json as documents, report, vocabulary};

/// Review which offers really keep people, by the facts of billing.
#[derive(Debug, Args)]
pub struct Review {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Compare each offer with those who were offered nothing.
    Offers(Offers),
    /// Record what is decided about an offer.
    Decide(Decide),
    /// List calls that ended, newest first: also those who were offered nothing, and those who left.
    Outcomes(Outcomes),
    /// Show what was learnt: what was seen of each offer by reason, and what is believed of it.
    Learned(Learned),
}

#[derive(Debug, Args)]
struct Offers {
    /// Only this offer.
    #[arg(long, default_value = "", value_name = "KEY")]
    offer: String,

    /// Only calls since then, as in 2027-01-01T00:00:00Z; 400 days ago when left out.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,

    /// By segment, too: the reason, the tier of value, and whether customers are long-standing.
    #[arg(long)]
    by_segment: bool,

    /// Write a page with plots into this file, complete in itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct Decide {
    /// The offer.
    #[arg(value_name = "OFFER")]
    offer: String,

    /// What: continue, watch, change, drop.
    #[arg(value_name = "DECISION", value_parser = |word: &str| vocabulary::REVIEW_VERDICT.number(word))]
    decision: i32,

    /// Why, as a short key.
    #[arg(long, value_name = "KEY")]
    reason: String,

    /// Who decides.
    #[arg(long, default_value = "rekindle", value_name = "ID")]
    by: String,

    /// The next review is due on this day, as in 2027-01-31.
    #[arg(long, default_value = "", value_name = "DAY")]
    review_due: String,
}

impl Review {
    /// Does one of the four.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle review"))?;
        match &self.verb {
            Verb::Offers(offers) => offers.run(&services, output).await,
            Verb::Decide(decide) => decide.run(&services, output).await,
            Verb::Outcomes(outcomes) => outcomes.run(&services, output).await,
            Verb::Learned(learned) => learned.run(&services, output).await,
        }
    }
}

impl Offers {
    async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let answer = self.ask(services).await?;
        if let Some(file) = &self.html {
            write_page(file, &report::review(&answer)?, output)?;
        }
        output.result(&documents::review(&answer), |_| {
            screen::review(&answer, Paper::of_stdout())
        })?;
        Ok(0)
    }

    async fn ask(&self, services: &Services) -> Result<ReviewOffersResponse, Failure> {
        let request = ReviewOffersRequest {
            offer_key: self.offer.clone(),
            since_time: self.since.map(wire_time),
            by_segment: self.by_segment,
        };
        let mut review = services.review();
        let method = "rekindle.offers.v1.ReviewService/ReviewOffers";
        services
            .call(method, IN_BULK, request, |request| async move {
                review.review_offers(request).await
            })
            .await
    }
}

impl Decide {
    async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let request = DecideOfferRequest {
            request_id: new_request_id(),
            offer_key: self.offer.clone(),
            decision: self.decision,
            reason: self.reason.clone(),
            decided_by: self.by.clone(),
            review_due: self.review_due.clone(),
        };
        let mut review = services.review();
        let method = "rekindle.offers.v1.ReviewService/DecideOffer";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                review.decide_offer(request).await
            })
            .await?;
        let decision = answer.decision.unwrap_or_default();
        output.result(&documents::offer_decision(&decision), |_| {
            format!(
                "{}: {}, since {}",
                self.offer,
                vocabulary::REVIEW_VERDICT.word(decision.decision),
                decision.reason
            )
        })?;
        Ok(0)
    }
}
