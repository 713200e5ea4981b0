//! The RPCs that say where customers stand.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::status_service_server::StatusService;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, parse, render};
use crate::usecase::UseCases;

/// Answers `StatusService`.
#[derive(Clone)]
pub struct StatusRpc {
    use_cases: UseCases,
}

impl StatusRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases) -> Self {
        Self { use_cases }
    }
}

#[tonic::async_trait]
impl StatusService for StatusRpc {
    async fn get_customer_status(
        &self,
        request: Request<wire::GetCustomerStatusRequest>,
    ) -> Result<Response<wire::GetCustomerStatusResponse>, Status> {
        let request = request.into_inner();
        let include_facts = request.include_facts;
        let wanted = parse::get_customer_status(request, self.use_cases.now())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let found = self
            .use_cases
            .get_customer_status(wanted)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let facts = include_facts.then(|| found.facts.into_form()).flatten();
        Ok(Response::new(wire::GetCustomerStatusResponse {
            status: Some(render::status(found.status)),
            facts,
        }))
    }

    async fn batch_get_customer_statuses(
        &self,
        request: Request<wire::BatchGetCustomerStatusesRequest>,
    ) -> Result<Response<wire::BatchGetCustomerStatusesResponse>, Status> {
        let request = request.into_inner();
        let customer_ids = parse::batch_get_customer_statuses(&request)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let found = self
            .use_cases
            .get_customer_statuses(customer_ids)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let with_facts = found
            .into_iter()
            .map(|found| wire::CustomerStatusWithFacts {
                facts: request
                    .include_facts
                    .then(|| found.facts.into_form())
                    .flatten(),
                status: Some(render::status(found.status)),
            });
        Ok(Response::new(wire::BatchGetCustomerStatusesResponse {
            statuses: with_facts.collect(),
        }))
    }
}
