//! The RPCs that say where customers stand.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::status_service_server::StatusService;
use edge::page::PageTokens;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, parse_portfolio, render, render_portfolio};
use crate::usecase::UseCases;

/// Answers `StatusService`.
#[derive(Clone)]
pub struct StatusRpc {
    use_cases: UseCases,
    tokens: PageTokens,
}

impl StatusRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases, tokens: PageTokens) -> Self {
        Self { use_cases, tokens }
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
        let with_facts = render::with_facts(found, include_facts);
        Ok(Response::new(wire::GetCustomerStatusResponse {
            status: with_facts.status,
            facts: with_facts.facts,
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
            .map(|found| render::with_facts(found, request.include_facts));
        Ok(Response::new(wire::BatchGetCustomerStatusesResponse {
            statuses: with_facts.collect(),
        }))
    }

    async fn list_stage_transitions(
        &self,
        request: Request<wire::ListStageTransitionsRequest>,
    ) -> Result<Response<wire::ListStageTransitionsResponse>, Status> {
        let request = request.into_inner();
        let page = parse_portfolio::list_stage_transitions(&request, &self.tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let (transitions, next) = self
            .use_cases
            .list_transitions(deadline(), &request.customer_id, page.before, page.size)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let scope = parse_portfolio::transition_pages(&request.customer_id);
        let next_page_token = next.map(|next| self.tokens.seal(&scope, &next.to_string()));
        Ok(Response::new(wire::ListStageTransitionsResponse {
            transitions: transitions
                .into_iter()
                .map(render_portfolio::transition)
                .collect(),
            next_page_token: next_page_token.unwrap_or_default(),
        }))
    }
}
