//! The lifecycle service: one question gives the customer and where they stand.

use contract::lifecycle::v1::GetCustomerStatusRequest;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use edge::client::{Caller, refusal};
use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tonic::Request;

use super::customer::customer;
use crate::domain::customer::Customer;
use crate::usecase::ports::Lifecycle;

/// The lifecycle service.
#[derive(Clone)]
pub struct LifecycleClient {
    status: StatusServiceClient<Caller>,
}

impl LifecycleClient {
    /// Asks through a caller.
    pub fn new(caller: Caller) -> Self {
        Self {
            status: StatusServiceClient::new(caller),
        }
    }

    async fn ask(
        mut self,
        customer_id: CustomerId,
        min_revision: u64,
    ) -> Result<Customer, Refusal> {
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
        customer(answer.into_inner()).map_err(Refusal::internal)
    }
}

impl Lifecycle for LifecycleClient {
    fn customer(
        &self,
        customer_id: CustomerId,
        min_revision: u64,
        deadline: Deadline,
    ) -> BoxFuture<'static, Result<Customer, Refusal>> {
        let asked = self.clone().ask(customer_id, min_revision);
        Box::pin(edge::deadline::within(deadline, asked))
    }
}
