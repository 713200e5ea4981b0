//! The lifecycle service: one question gives the customer and where they stand.

use contract::lifecycle::v1::rule_service_client::RuleServiceClient;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use contract::lifecycle::v1::{GetCustomerStatusRequest, GetRulesRequest};
use edge::client::{Caller, refusal};
use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tonic::Request;

use super::customer::customer;
use crate::domain::computed_with::ComputedWith;
use crate::usecase::ports::{Lifecycle, Told};

/// The lifecycle service.
#[derive(Clone)]
pub struct LifecycleClient {
    status: StatusServiceClient<Caller>,
    rules: RuleServiceClient<Caller>,
}

impl LifecycleClient {
    /// Asks through a caller.
    pub fn new(caller: Caller) -> Self {
        Self {
            status: StatusServiceClient::new(caller.clone()),
            rules: RuleServiceClient::new(caller),
        }
    }

    async fn ask(mut self, customer_id: CustomerId, min_revision: u64) -> Result<Told, Refusal> {
        let request = GetCustomerStatusRequest {
            customer_id: customer_id.to_string(),
            min_revision,
            include_facts: true,
            ..Default::default()
        };
        let answer = self
            .status
            .get_customer_status(Request::new(request))
            .await
            .map_err(|status| refusal(&status))?;
        let answer = answer.into_inner();
        let status = answer.status.as_ref();
        let computed_with = ComputedWith {
            rules_version: status.map_or(0, |status| status.rules_version),
            model_activation: status.map_or(0, |status| status.model_activation),
        };
        Ok(Told {
            customer: customer(answer).map_err(Refusal::internal)?,
            computed_with,
        })
    }

    async fn ask_what_is_in_use(mut self) -> Result<ComputedWith, Refusal> {
        let in_force = GetRulesRequest { version: 0 };
        let answer = self.rules.get_rules(Request::new(in_force)).await;
        let answer = answer.map_err(|status| refusal(&status))?.into_inner();
        Ok(ComputedWith {
            rules_version: answer.rule_set.map_or(0, |rules| rules.version),
            model_activation: answer.model_activation,
        })
    }
}

impl Lifecycle for LifecycleClient {
    fn customer(
        &self,
        customer_id: CustomerId,
        min_revision: u64,
        deadline: Deadline,
    ) -> BoxFuture<'static, Result<Told, Refusal>> {
        let asked = self.clone().ask(customer_id, min_revision);
        Box::pin(edge::deadline::within(deadline, asked))
    }

    fn in_use(&self, deadline: Deadline) -> BoxFuture<'static, Result<ComputedWith, Refusal>> {
        let asked = self.clone().ask_what_is_in_use();
        Box::pin(edge::deadline::within(deadline, asked))
    }
}
