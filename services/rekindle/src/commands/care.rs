//! `rekindle care plan|tasks|lease|complete|skip|summary`: what is due to be done for customers, by
//! hand.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::lifecycle::v1 as pb;

use super::files::read_text;
use crate::care_plan::read_care_plan;
use crate::client::{ONLINE, PUBLISHING, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// See and do what is due for customers: welcomes, check-ins, steps of an exit.
#[derive(Debug, Args)]
pub struct Care {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Publish or show the plan that says what is done, when, and how often at most.
    Plan {
        #[command(subcommand)]
        verb: PlanVerb,
    },
    /// List the tasks of a customer.
    Tasks {
        /// The customer.
        customer: String,
    },
    /// Take tasks that are due and allowed; others may have them when the lease has run out.
    Lease(Lease),
    /// Say that a leased task was done.
    Complete {
        #[command(flatten)]
        task: Task,

        /// What came of it, as a short key.
        #[arg(long, default_value = "", value_name = "KEY")]
        outcome: String,

        /// The customer objected to being contacted.
        #[arg(long)]
        objected: bool,
    },
    /// Say that a leased task was not done.
    Skip {
        #[command(flatten)]
        task: Task,

        /// Why, as a code, for example BOUNCED.
        #[arg(long, value_name = "CODE")]
        reason: String,
    },
    /// Count tasks by kind and state.
    Summary,
}

#[derive(Debug, Subcommand)]
enum PlanVerb {
    /// Make a new version of a file (TOML; `deploy/seed/care_plan.toml` is an example).
    Publish {
        /// The file.
        file: PathBuf,

        /// Only check.
        #[arg(long)]
        check: bool,
    },
    /// Show the version in force.
    Show,
}

/// What to take.
#[derive(Debug, Args)]
struct Lease {
    /// Who takes them.
    #[arg(long, default_value = "rekindle", value_name = "NAME")]
    sender: String,

    /// How many at most.
    #[arg(long, default_value_t = 20, value_name = "N")]
    max: u32,

    /// For how long, in seconds.
    #[arg(long, default_value_t = 300, value_name = "SECONDS")]
    seconds: u32,

    /// Whose tasks: messages and calls are the sender's.
    #[arg(long, default_value = "sender", value_name = "OWNER")]
    owner: String,

    /// Only this kind; may be given several times.
    #[arg(long, value_parser = |word: &str| vocabulary::CARE_KIND.number(word))]
    kind: Vec<i32>,

    /// Only what can be done on this channel; may be given several times.
    #[arg(long, value_parser = |word: &str| vocabulary::CONSENT_CHANNEL.number(word))]
    channel: Vec<i32>,
}

/// Which task, and the lease on it.
#[derive(Debug, Args)]
struct Task {
    /// The task.
    #[arg(value_name = "TASK")]
    id: String,

    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,

    /// The token of the lease.
    #[arg(long, value_name = "TOKEN")]
    lease: String,
}

impl Care {
    /// Does one of them.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle care"))?;
        match &self.verb {
            Verb::Plan { verb } => plan(&services, verb, output).await?,
            Verb::Tasks { customer } => tasks(&services, customer, output).await?,
            Verb::Lease(wanted) => lease(&services, wanted, output).await?,
            Verb::Complete {
                task,
                outcome,
                objected,
            } => {
                let request = pb::CompleteTaskRequest {
                    request_id: new_request_id(),
                    task_id: task.id.clone(),
                    lease_token: task.lease.clone(),
                    customer_id: task.customer.clone(),
                    outcome: outcome.clone(),
                    objected: *objected,
                };
                complete(&services, request, output).await?;
            }
            Verb::Skip { task, reason } => {
                let request = pb::SkipTaskRequest {
                    request_id: new_request_id(),
                    task_id: task.id.clone(),
                    lease_token: task.lease.clone(),
                    customer_id: task.customer.clone(),
                    reason: reason.clone(),
                    retry_time: None,
                };
                skip(&services, request, output).await?;
            }
            Verb::Summary => summary(&services, output).await?,
        }
        Ok(0)
    }
}

async fn plan(services: &Services, verb: &PlanVerb, output: Output) -> Result<(), Failure> {
    let plan = match verb {
        PlanVerb::Show => get_care_plan(services).await?,
        PlanVerb::Publish { file, check } => {
            let plan = read_care_plan(&read_text(file)?).map_err(|problem| {
                let message = format!("{} cannot be used: {problem}", file.display());
                Failure::new(Exit::BadInput, message).advice("correct it and publish again")
            })?;
            publish_care_plan(services, plan, *check).await?
        }
    };
    output.result(&json::care_plan(&plan), |_| {
        screen::care_plan(&plan, Paper::of_stdout())
    })
}

async fn get_care_plan(services: &Services) -> Result<pb::CarePlan, Failure> {
    let mut client = services.care_plans();
    let method = "rekindle.lifecycle.v1.CarePlanService/GetCarePlan";
    let request = pb::GetCarePlanRequest { version: 0 };
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.get_care_plan(request).await
        })
        .await?;
    Ok(answer.care_plan.unwrap_or_default())
}

/// Publishes a care plan.
pub(super) async fn publish_care_plan(
    services: &Services,
    plan: pb::CarePlan,
    validate_only: bool,
) -> Result<pb::CarePlan, Failure> {
    let request = pb::PublishCarePlanRequest {
        request_id: new_request_id(),
        care_plan: Some(plan),
        validate_only,
    };
    let mut client = services.care_plans();
    let method = "rekindle.lifecycle.v1.CarePlanService/PublishCarePlan";
    let answer = services
        .call(method, PUBLISHING, request, |request| async move {
            client.publish_care_plan(request).await
        })
        .await?;
    Ok(answer.care_plan.unwrap_or_default())
}

async fn tasks(services: &Services, customer: &str, output: Output) -> Result<(), Failure> {
    let request = pb::ListTasksRequest {
        customer_id: customer.to_owned(),
    };
    let mut client = services.care();
    let method = "rekindle.lifecycle.v1.CareService/ListTasks";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.list_tasks(request).await
        })
        .await?;
    output.result(&json::care_tasks(&answer.tasks), |_| {
        screen::care_tasks(&answer.tasks, Paper::of_stdout())
    })
}

async fn lease(services: &Services, wanted: &Lease, output: Output) -> Result<(), Failure> {
    let request = pb::LeaseTasksRequest {
        sender: wanted.sender.clone(),
        max_tasks: wanted.max,
        lease_seconds: wanted.seconds,
        kinds: wanted.kind.clone(),
        channels: wanted.channel.clone(),
        owner: wanted.owner.clone(),
    };
    let mut client = services.care();
    let method = "rekindle.lifecycle.v1.CareService/LeaseTasks";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.lease_tasks(request).await
        })
        .await?;
    output.result(&json::leased_care(&answer.tasks), |_| {
        screen::leased_care(&answer.tasks, Paper::of_stdout())
    })
}

async fn complete(
    services: &Services,
    request: pb::CompleteTaskRequest,
    output: Output,
) -> Result<(), Failure> {
    let mut client = services.care();
    let method = "rekindle.lifecycle.v1.CareService/CompleteTask";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.complete_task(request).await
        })
        .await?;
    show_task(answer.task, output)
}

async fn skip(
    services: &Services,
    request: pb::SkipTaskRequest,
    output: Output,
) -> Result<(), Failure> {
    let mut client = services.care();
    let method = "rekindle.lifecycle.v1.CareService/SkipTask";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.skip_task(request).await
        })
        .await?;
    show_task(answer.task, output)
}

fn show_task(task: Option<pb::CareTask>, output: Output) -> Result<(), Failure> {
    let tasks = [task.unwrap_or_default()];
    output.result(&json::care_task(&tasks[0]), |_| {
        screen::care_tasks(&tasks, Paper::of_stdout())
    })
}

async fn summary(services: &Services, output: Output) -> Result<(), Failure> {
    let mut client = services.care();
    let method = "rekindle.lifecycle.v1.CareService/GetCareSummary";
    let request = pb::GetCareSummaryRequest::default();
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.get_care_summary(request).await
        })
        .await?;
    output.result(&json::care_summary(&answer.counts), |_| {
        screen::care_summary(&answer.counts, Paper::of_stdout())
    })
}
