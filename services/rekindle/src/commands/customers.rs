//! `rekindle customers --stage STAGE`: the customers in a stage.

use clap::Args;
use contract::lifecycle::v1::{ListCustomersRequest, ScoredCustomer};
use serde_json::{Value, json};

use crate::client::{ONLINE, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::json as documents;
use crate::output::Output;
use crate::screen::{self, Paper};
use crate::vocabulary;

/// How many customers one page has at most.
const PAGE: usize = 1_000;

/// List the customers in a stage.
#[derive(Debug, Args)]
pub struct Customers {
    /// The stage, for example `at_risk`.
    #[arg(long, value_name = "STAGE", value_parser = |word: &str| vocabulary::STAGE.number(word))]
    stage: i32,

    /// Only this business line.
    #[arg(long, default_value = "", value_name = "LINE")]
    business_line: String,

    /// How many at most.
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: usize,

    #[command(flatten)]
    services: ServiceArguments,
}

impl Customers {
    /// Lists page by page.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle customers"))?;
        let mut found: Vec<ScoredCustomer> = Vec::new();
        let mut page_token = String::new();
        while found.len() < self.limit {
            let size = (self.limit - found.len()).min(PAGE);
            let request = ListCustomersRequest {
                stage: self.stage,
                business_line: self.business_line.clone(),
                page_size: i32::try_from(size).unwrap_or(i32::MAX),
                page_token,
            };
            let mut client = services.portfolio();
            let method = "rekindle.lifecycle.v1.PortfolioService/ListCustomers";
            let page = services
                .call(method, ONLINE, request, |request| async move {
                    client.list_customers(request).await
                })
                .await?;
            found.extend(page.customers);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let list: Vec<Value> = found.iter().map(documents::scored_customer).collect();
        output.result(&json!({"customers": list}), |_| {
            screen::customers(&found, Paper::of_stdout())
        })?;
        Ok(0)
    }
}
