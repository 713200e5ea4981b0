//! `rekindle win-back [summary]`: whom of those who left to ask back first, and who is not asked.

use clap::{Args, Subcommand};
use contract::offers::v1::{
    GetWinBackSummaryRequest, ListWinBackCandidatesRequest, ListWinBackCandidatesResponse,
    WinBackCandidate,
};
use contract::profiles::v1::{
    ContactPermission, ContactPurpose, ContactQuestion, MayContactRequest,
};
use contract::types::v1::Money;
use jiff::Timestamp;

use super::retention::amount;
use crate::arguments::instant;
use crate::client::{IN_BULK, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::json;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// List those who left and are asked back, the largest expected value first, or count them.
#[derive(Debug, Args)]
pub struct WinBack {
    #[command(subcommand)]
    verb: Option<Verb>,

    #[command(flatten)]
    list: List,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Count those who left by whether they are asked back, and why not.
    Summary(Summary),
}

/// Of which cancellations.
#[derive(Debug, Args)]
struct Summary {
    /// Only this business line.
    #[arg(
        long = "business-line",
        alias = "line",
        default_value = "",
        value_name = "LINE"
    )]
    line: String,

    /// Only who left then or later, as in 2027-01-01.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,

    /// Only who left before then.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,
}

/// Whom.
#[derive(Debug, Args)]
struct List {
    /// Only this business line.
    #[arg(
        long = "business-line",
        alias = "line",
        default_value = "",
        value_name = "LINE"
    )]
    line: String,

    /// Only who left for a reason of this category, as in price; may be given several times.
    #[arg(long, value_name = "KEY")]
    category: Vec<String>,

    /// Only who is asked back in this way: `win_back`, `follow`.
    #[arg(long, value_parser = |word: &str| vocabulary::WIN_BACK_WAY.number(word))]
    way: Option<i32>,

    /// Only who is asked from then on or later, as in 2027-01-01.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    from: Option<Timestamp>,

    /// Only who is asked from before then on.
    #[arg(long, value_name = "TIME", value_parser = instant)]
    until: Option<Timestamp>,

    /// Only who was worth this or more, such as 100.00EUR; nobody whose worth is in another currency.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    min_value: Option<Money>,

    /// Those who are held out or not asked back, too, and why.
    #[arg(long)]
    all: bool,

    /// Ask profiles of each whether they may be contacted on this channel now: phone, email, sms, post,
    /// app.
    #[arg(
        long,
        value_name = "CHANNEL",
        value_parser = |word: &str| vocabulary::CONSENT_CHANNEL.number(word)
    )]
    permission: Option<i32>,

    /// How many at most, 1 to 100.
    #[arg(long, default_value_t = 20, value_name = "COUNT")]
    page_size: i32,

    /// The page after one; the token stands at its end.
    #[arg(long, default_value = "", value_name = "TOKEN")]
    page_token: String,
}

impl WinBack {
    /// Lists them, or counts.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle win-back"))?;
        match &self.verb {
            None => self.list.show(&services, output).await?,
            Some(Verb::Summary(summary)) => summary.show(&services, output).await?,
        }
        Ok(0)
    }
}

impl Summary {
    async fn show(&self, services: &Services, output: Output) -> Result<(), Failure> {
        let request = GetWinBackSummaryRequest {
            business_line: self.line.clone(),
            from_time: self.from.map(wire_time),
            until_time: self.until.map(wire_time),
        };
        let mut client = services.win_back();
        let method = "rekindle.offers.v1.WinBackService/GetWinBackSummary";
        let answer = services
            .call(method, IN_BULK, request, |request| async move {
                client.get_win_back_summary(request).await
            })
            .await?;
        output.result(&json::win_back_counts(&answer.counts), |_| {
            screen::win_back_counts(&answer.counts, Paper::of_stdout())
        })
    }
}

impl List {
    async fn show(&self, services: &Services, output: Output) -> Result<(), Failure> {
        let page = self.ask(services).await?;
        let permissions = match self.permission {
            Some(channel) => may_contact(services, channel, &page.candidates).await?,
            None => Vec::new(),
        };
        output.result(&json::win_back_candidates(&page, &permissions), |_| {
            screen::win_back_candidates(&page, &permissions, Paper::of_stdout())
        })
    }

    async fn ask(&self, services: &Services) -> Result<ListWinBackCandidatesResponse, Failure> {
        let request = ListWinBackCandidatesRequest {
            reason_categories: self.category.clone(),
            business_line: self.line.clone(),
            way: self.way.unwrap_or_default(),
            from_time: self.from.map(wire_time),
            until_time: self.until.map(wire_time),
            min_value: self.min_value.clone(),
            include_held_out: self.all,
            include_not_asked_back: self.all,
            page_size: self.page_size,
            page_token: self.page_token.clone(),
        };
        let mut client = services.win_back();
        let method = "rekindle.offers.v1.WinBackService/ListWinBackCandidates";
        services
            .call(method, IN_BULK, request, |request| async move {
                client.list_win_back_candidates(request).await
            })
            .await
    }
}

/// Asks whether each may be contacted now, in their order. A page is no larger than what may be asked at
/// once.
async fn may_contact(
    services: &Services,
    channel: i32,
    candidates: &[WinBackCandidate],
) -> Result<Vec<ContactPermission>, Failure> {
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let questions = candidates.iter().map(|candidate| ContactQuestion {
        customer_id: candidate.customer_id.clone(),
        channel,
        purpose: ContactPurpose::Marketing.into(),
        send_time: None,
    });
    let request = MayContactRequest {
        questions: questions.collect(),
    };
    let mut consents = services.consents();
    let method = "rekindle.profiles.v1.ConsentService/MayContact";
    let answer = services
        .call(method, IN_BULK, request, |request| async move {
            consents.may_contact(request).await
        })
        .await?;
    Ok(answer.permissions)
}
