//! `rekindle portfolio [score|retention|watch]`: all customers by stage, scoring them anew, how long
//! they stay, and how their stages change.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use contract::lifecycle::v1::{
    GetPortfolioMetricsRequest, GetPortfolioMetricsResponse, GetPortfolioRequest,
    GetScoringRequest, PortfolioSpending, ScoringRun, StartScoringRequest,
};
use contract::types::v1::Money;
use tokio::time::{Instant, interval};

use super::files::write_page;
use super::retention::{Retention, amount};
use super::watch::Watch;
use crate::client::{IN_BULK, ONLINE, SILENCE, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper};
use crate::{json, report};

/// How often a run is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Show all customers by stage: how many, what they are worth, and what of it is at risk.
#[derive(Debug, Args)]
pub struct Portfolio {
    #[command(subcommand)]
    verb: Option<Verb>,

    /// Only this business line.
    #[arg(long, default_value = "", value_name = "LINE")]
    business_line: String,

    /// How many months the figures of who came and left reach back.
    #[arg(long, default_value_t = 12, value_name = "N")]
    months: u32,

    /// What was spent on winning customers in these months, such as 120000.00EUR.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    spent_winning: Option<Money>,

    /// What was spent on winning customers back.
    #[arg(long, value_name = "AMOUNT", value_parser = amount, requires = "spent_winning")]
    spent_winning_back: Option<Money>,

    /// What was spent on keeping customers.
    #[arg(long, value_name = "AMOUNT", value_parser = amount, requires = "spent_winning")]
    spent_keeping: Option<Money>,

    /// Write a page with plots into this file, complete in itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Score all customers anew, and wait for it.
    Score,
    Retention(Retention),
    Watch(Watch),
}

impl Portfolio {
    /// Shows the portfolio, or scores it.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle portfolio"))?;
        match &self.verb {
            None => self.show(&services, output).await?,
            Some(Verb::Retention(retention)) => retention.run(&services, output).await?,
            Some(Verb::Watch(watch)) => return watch.run(&services, output).await,
            Some(Verb::Score) => {
                let run = score(&services, output).await?;
                output.result(&json::scoring_run(&run), |_| screen::scoring_line(&run))?;
            }
        }
        Ok(0)
    }

    async fn show(&self, services: &Services, output: Output) -> Result<(), Failure> {
        let mut client = services.portfolio();
        let request = GetPortfolioRequest {
            business_line: self.business_line.clone(),
        };
        let method = "rekindle.lifecycle.v1.PortfolioService/GetPortfolio";
        let answer = services
            .call(method, IN_BULK, request, |request| async move {
                client.get_portfolio(request).await
            })
            .await?;
        let figures = self.metrics(services).await?;
        if let Some(file) = &self.html {
            write_page(file, &report::portfolio(&figures)?, output)?;
        }
        output.result(&json::portfolio(&answer, &figures), |_| {
            let paper = Paper::of_stdout();
            let totals = screen::portfolio(&answer, paper);
            format!("{totals}\n\n{}", screen::metrics(&figures, paper))
        })
    }

    async fn metrics(&self, services: &Services) -> Result<GetPortfolioMetricsResponse, Failure> {
        let mut client = services.portfolio();
        let request = GetPortfolioMetricsRequest {
            business_line: self.business_line.clone(),
            month_count: self.months,
            until_time: None,
            spending: self.spent_winning.clone().map(|winning| PortfolioSpending {
                winning: Some(winning),
                winning_back: self.spent_winning_back.clone(),
                keeping: self.spent_keeping.clone(),
            }),
        };
        let method = "rekindle.lifecycle.v1.PortfolioService/GetPortfolioMetrics";
        services
            .call(method, IN_BULK, request, |request| async move {
                client.get_portfolio_metrics(request).await
            })
            .await
    }
}

/// Starts a run, or joins the one that goes on, and waits for its end.
async fn score(services: &Services, output: Output) -> Result<ScoringRun, Failure> {
    let mut client = services.portfolio();
    let method = "rekindle.lifecycle.v1.PortfolioService/StartScoring";
    let request = StartScoringRequest {};
    let started = services
        .call(method, IN_BULK, request, |request| async move {
            client.start_scoring(request).await
        })
        .await?;
    let mut run = started.run.unwrap_or_default();
    let mut progress = Progress::begin(output, "portfolio", run.customer_count);
    let mut ticks = interval(LOOK_EVERY);
    let mut moved = Instant::now();
    while run.end_time.is_none() {
        ticks.tick().await;
        let next = look(services, run.number).await?;
        if next.done_range_count > run.done_range_count {
            moved = Instant::now();
        }
        if moved.elapsed() > SILENCE {
            let message = format!("scoring {} does not move on", run.number);
            return Err(Failure::unavailable(message).advice("look into the log of lifecycle"));
        }
        run = next;
        progress.reached(run.done_customer_count, screen::scoring_line(&run));
    }
    progress.end(screen::scoring_line(&run));
    Ok(run)
}

async fn look(services: &Services, number: u64) -> Result<ScoringRun, Failure> {
    let mut client = services.portfolio();
    let method = "rekindle.lifecycle.v1.PortfolioService/GetScoring";
    let request = GetScoringRequest { number };
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.get_scoring(request).await
        })
        .await?;
    Ok(answer.run.unwrap_or_default())
}
