//! `rekindle status CUSTOMER`: where a customer stands, with the evidence.

use clap::Args;
use contract::lifecycle::v1::GetCustomerStatusRequest;
use jiff::Timestamp;

use crate::client::{ONLINE, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::json;
use crate::mapping::wire_time;
use crate::output::Output;
use crate::screen::{self, Paper};

/// Show where a customer stands: stage, risk, value, and what these rest on.
#[derive(Debug, Args)]
pub struct Status {
    /// The customer.
    customer: String,

    /// The subscription whose risk and value come first.
    #[arg(long, default_value = "", value_name = "ID")]
    subscription: String,

    /// Show at least this revision of the customer.
    #[arg(long, default_value_t = 0, value_name = "N")]
    min_revision: u64,

    /// Reckon as of this time instead of now, as in 2026-11-01T00:00:00Z.
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,

    #[command(flatten)]
    services: ServiceArguments,
}

impl Status {
    /// Asks once and prints the answer.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle status"))?;
        let request = GetCustomerStatusRequest {
            customer_id: self.customer.clone(),
            subscription_id: self.subscription.clone(),
            min_revision: self.min_revision,
            include_facts: false,
            as_of_time: self.as_of.map(wire_time),
        };
        let mut statuses = services.statuses();
        let method = "rekindle.lifecycle.v1.StatusService/GetCustomerStatus";
        let answer = services
            .call(method, ONLINE, request, |request| async move {
                statuses.get_customer_status(request).await
            })
            .await?;
        let status = answer.status.unwrap_or_default();
        output.result(&json::status(&status), |_| {
            screen::status(&status, Paper::of_stdout())
        })?;
        Ok(0)
    }
}
