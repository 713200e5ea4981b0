//! `rekindle explain DECISION --customer ID`: a decision as it was made.

use clap::Args;
use contract::offers::v1::{ExplainDecisionRequest, ExplainDecisionResponse};

use crate::client::{ONLINE, ServiceArguments, Services, Trace};
use crate::failure::Failure;
use crate::json;
use crate::output::Output;
use crate::screen::{self, Paper};

/// Show a decision as it was made: what was known, how each offer was scored, what was drawn.
#[derive(Debug, Args)]
pub struct Explain {
    /// The decision, as the agent's screen shows it.
    decision: String,

    /// The customer it was made for.
    #[arg(long, value_name = "ID")]
    customer: String,

    #[command(flatten)]
    services: ServiceArguments,
}

impl Explain {
    /// Asks once and prints the answer.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle explain"))?;
        let explained = explain_decision(&services, &self.customer, &self.decision).await?;
        output.result(&json::explanation(&explained), |_| {
            screen::explanation(&explained, Paper::of_stdout())
        })?;
        Ok(0)
    }
}

/// Reads a decision of a customer.
pub(super) async fn explain_decision(
    services: &Services,
    customer_id: &str,
    decision_id: &str,
) -> Result<ExplainDecisionResponse, Failure> {
    let request = ExplainDecisionRequest {
        customer_id: customer_id.to_owned(),
        decision_id: decision_id.to_owned(),
    };
    let mut desk = services.save_desk();
    let method = "rekindle.offers.v1.SaveDeskService/ExplainDecision";
    services
        .call(method, ONLINE, request, |request| async move {
            desk.explain_decision(request).await
        })
        .await
}
