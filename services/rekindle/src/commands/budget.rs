//! `rekindle budget put|list|show|reconcile`: what offers may cost in all.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::offers::v1::{
    Budget as Wire, GetBudgetRequest, ListBudgetsRequest, PutBudgetRequest, ReconcileBudgetRequest,
    ReconcileBudgetResponse,
};
use jiff::Timestamp;

use super::files::read_text;
use crate::arguments::instant;
use crate::budgets::read_budgets;
use crate::client::{ONLINE, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};

/// Put, list or show the budgets of offers, or add one up anew.
#[derive(Debug, Args)]
pub struct Budget {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Put the budgets of a file (TOML; deploy/seed/budgets.toml is an example).
    Put {
        /// The file.
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,

        /// Only check.
        #[arg(long)]
        check: bool,
    },
    /// List all budgets with what is used of them.
    List,
    /// Show one budget.
    Show {
        /// Its key.
        key: String,
    },
    /// Add up holds, ledger and acceptances anew; fails when they and the budget differ.
    Reconcile {
        /// Its key.
        key: String,

        /// A time in the window to add up, as in 2026-11-01T00:00:00Z; now when left out.
        #[arg(long, value_name = "TIME", value_parser = instant)]
        as_of: Option<Timestamp>,
    },
}

impl Budget {
    /// Does one of the four.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle budget"))?;
        let budgets = match &self.verb {
            Verb::Put { file, check } => {
                let budgets = read_budgets(&read_text(file)?).map_err(|problem| {
                    let message = format!("{} cannot be used: {problem}", file.display());
                    Failure::new(Exit::BadInput, message).advice("correct it and put again")
                })?;
                put_budgets(&services, budgets, *check).await?
            }
            Verb::List => list(&services).await?,
            Verb::Show { key } => vec![get(&services, key).await?],
            Verb::Reconcile { key, as_of } => {
                let answer = reconcile(&services, key, *as_of).await?;
                return print_reconciled(key, &answer, output);
            }
        };
        output.result(&json::budgets(&budgets), |_| {
            screen::budgets(&budgets, Paper::of_stdout())
        })?;
        Ok(0)
    }
}

/// Puts budgets one by one and returns them as they are then.
pub(super) async fn put_budgets(
    services: &Services,
    budgets: Vec<Wire>,
    validate_only: bool,
) -> Result<Vec<Wire>, Failure> {
    let mut put = Vec::with_capacity(budgets.len());
    for budget in budgets {
        let request = PutBudgetRequest {
            request_id: new_request_id(),
            budget: Some(budget),
            validate_only,
            ..PutBudgetRequest::default()
        };
        let mut client = services.budgets();
        let method = "rekindle.offers.v1.BudgetService/PutBudget";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                client.put_budget(request).await
            })
            .await?;
        put.extend(answer.budget);
    }
    Ok(put)
}

async fn list(services: &Services) -> Result<Vec<Wire>, Failure> {
    let (mut budgets, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListBudgetsRequest {
            page_size: 100,
            page_token,
        };
        let mut client = services.budgets();
        let method = "rekindle.offers.v1.BudgetService/ListBudgets";
        let page = services
            .call(method, ONLINE, request, |request| async move {
                client.list_budgets(request).await
            })
            .await?;
        budgets.extend(page.budgets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(budgets);
        }
    }
}

async fn get(services: &Services, key: &str) -> Result<Wire, Failure> {
    let request = GetBudgetRequest {
        budget_key: key.to_owned(),
    };
    let mut client = services.budgets();
    let method = "rekindle.offers.v1.BudgetService/GetBudget";
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            client.get_budget(request).await
        })
        .await?;
    Ok(answer.budget.unwrap_or_default())
}

async fn reconcile(
    services: &Services,
    key: &str,
    as_of: Option<Timestamp>,
) -> Result<ReconcileBudgetResponse, Failure> {
    let request = ReconcileBudgetRequest {
        budget_key: key.to_owned(),
        as_of_time: as_of.map(wire_time),
    };
    let mut client = services.budgets();
    let method = "rekindle.offers.v1.BudgetService/ReconcileBudget";
    services
        .call(method, ONLINE, request, |request| async move {
            client.reconcile_budget(request).await
        })
        .await
}

fn print_reconciled(
    key: &str,
    answer: &ReconcileBudgetResponse,
    output: Output,
) -> Result<u8, Failure> {
    output.result(&json::reconciled_budget(key, answer), |_| {
        screen::reconciled_budget(key, answer, Paper::of_stdout())
    })?;
    let adds_up = answer.differences.is_empty();
    Ok(if adds_up { 0 } else { Exit::Failed.code() })
}
