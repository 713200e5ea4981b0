//! `rekindle fulfilment lease|report|tasks|close`: carrying out what was accepted, by hand.

use clap::{Args, Subcommand};
use contract::offers::v1::{
    ClosePromiseTaskRequest, FulfilmentOutcome, LeaseFulfilmentsRequest, ListPromiseTasksRequest,
    PromiseTask, ReportFulfilmentRequest,
};
use serde_json::json;

use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::json as documents;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// Carry out what was accepted, and see to promises that could not be kept.
#[derive(Debug, Args)]
pub struct Fulfilment {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Take accepted offers to carry out; others may have them when the lease has run out.
    Lease {
        /// Who takes them.
        #[arg(long, default_value = "rekindle", value_name = "NAME")]
        worker: String,

        /// How many at most.
        #[arg(long, default_value_t = 10, value_name = "N")]
        max: u32,

        /// For how long, in seconds.
        #[arg(long, default_value_t = 600, value_name = "SECONDS")]
        seconds: u32,
    },
    /// Say that a leased one was carried out, or with --failed that it cannot be.
    Report(Report),
    /// List the promises that could not be kept.
    Tasks,
    /// Close the task of such a promise.
    Close {
        /// The task.
        task: String,

        /// The customer.
        #[arg(long, value_name = "ID")]
        customer: String,

        /// How it ends: retried, `made_good_by_hand`, `customer_released`.
        #[arg(long, value_parser = |word: &str| vocabulary::PROMISE_RESOLUTION.number(word))]
        resolution: i32,

        /// Who closes it.
        #[arg(long, default_value = "", value_name = "ID")]
        agent: String,
    },
}

/// What became of one.
#[derive(Debug, Args)]
struct Report {
    /// The presented offer.
    offer: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// The lease.
    #[arg(long, value_name = "ID")]
    lease: String,

    /// Why it cannot be carried out, as a short key.
    #[arg(long, value_name = "CODE")]
    failed: Option<String>,
}

impl Fulfilment {
    /// Does one of the four.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle fulfilment"))?;
        match &self.verb {
            Verb::Lease {
                worker,
                max,
                seconds,
            } => lease(&services, worker, *max, *seconds, output).await,
            Verb::Report(made) => report(&services, made, output).await,
            Verb::Tasks => {
                let tasks = tasks(&services).await?;
                output.result(&documents::promise_tasks(&tasks), |_| {
                    screen::promise_tasks(&tasks, Paper::of_stdout())
                })?;
                Ok(0)
            }
            Verb::Close {
                task,
                customer,
                resolution,
                agent,
            } => {
                let request = ClosePromiseTaskRequest {
                    request_id: new_request_id(),
                    customer_id: customer.clone(),
                    task_id: task.clone(),
                    resolution: *resolution,
                    agent_id: agent.clone(),
                };
                close(&services, request, output).await
            }
        }
    }
}

async fn lease(
    services: &Services,
    worker: &str,
    max_count: u32,
    lease_seconds: u32,
    output: Output,
) -> Result<u8, Failure> {
    let request = LeaseFulfilmentsRequest {
        worker: worker.to_owned(),
        max_count,
        lease_seconds,
    };
    let mut client = services.fulfilments();
    let method = "rekindle.offers.v1.FulfilmentService/LeaseFulfilments";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.lease_fulfilments(request).await
        })
        .await?;
    output.result(&documents::fulfilments(&answer.fulfilments), |_| {
        screen::fulfilments(&answer.fulfilments, Paper::of_stdout())
    })?;
    Ok(0)
}

async fn report(services: &Services, made: &Report, output: Output) -> Result<u8, Failure> {
    let outcome = match made.failed {
        Some(_) => FulfilmentOutcome::Failed,
        None => FulfilmentOutcome::Completed,
    };
    let request = ReportFulfilmentRequest {
        request_id: new_request_id(),
        customer_id: made.customer.clone(),
        presented_offer_id: made.offer.clone(),
        lease_id: made.lease.clone(),
        outcome: outcome.into(),
        failure_code: made.failed.clone().unwrap_or_default(),
    };
    let mut client = services.fulfilments();
    let method = "rekindle.offers.v1.FulfilmentService/ReportFulfilment";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.report_fulfilment(request).await
        })
        .await?;
    let document = json!({"task_id": answer.task_id, "replayed": answer.replayed});
    output.result(&document, |_| match answer.task_id.as_str() {
        "" => "recorded".to_owned(),
        task => format!("recorded; the promise is task {task}"),
    })?;
    Ok(0)
}

async fn tasks(services: &Services) -> Result<Vec<PromiseTask>, Failure> {
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListPromiseTasksRequest {
            page_size: 100,
            page_token,
        };
        let mut client = services.fulfilments();
        let method = "rekindle.offers.v1.FulfilmentService/ListPromiseTasks";
        let page = services
            .call(method, ONLINE, request, |request| async move {
                client.list_promise_tasks(request).await
            })
            .await?;
        tasks.extend(page.tasks);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(tasks);
        }
    }
}

async fn close(
    services: &Services,
    request: ClosePromiseTaskRequest,
    output: Output,
) -> Result<u8, Failure> {
    let mut client = services.fulfilments();
    let method = "rekindle.offers.v1.FulfilmentService/ClosePromiseTask";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.close_promise_task(request).await
        })
        .await?;
    output.result(&json!({"replayed": answer.replayed}), |_| {
        "the task is closed".to_owned()
    })?;
    Ok(0)
}
