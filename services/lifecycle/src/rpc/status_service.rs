//! The RPCs that say where customers stand.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::status_service_server::StatusService;
use edge::page::PageTokens;
use futures::StreamExt;
use futures::stream::{BoxStream, try_unfold};
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, parse_portfolio, render, render_portfolio};
use crate::usecase::{UseCases, WatchedRun, Watchers};

/// Answers `StatusService`.
#[derive(Clone)]
pub struct StatusRpc {
    use_cases: UseCases,
    tokens: PageTokens,
    watchers: Watchers,
}

impl StatusRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases, tokens: PageTokens, watchers: Watchers) -> Self {
        Self {
            use_cases,
            tokens,
            watchers,
        }
    }
}

/// A run of changes with its cursor.
fn watched(run: WatchedRun, tokens: &PageTokens) -> wire::WatchTransitionsResponse {
    let position = run.position.to_string();
    let transitions = run.transitions.into_iter();
    wire::WatchTransitionsResponse {
        transitions: transitions.map(render_portfolio::transition).collect(),
        cursor: tokens.seal(parse_portfolio::TRANSITION_CURSORS, &position),
        lag_seconds: run.lag.as_secs_f64(),
    }
}

#[tonic::async_trait]
impl StatusService for StatusRpc {
    type WatchTransitionsStream =
        BoxStream<'static, Result<wire::WatchTransitionsResponse, Status>>;

    async fn watch_transitions(
        &self,
        request: Request<wire::WatchTransitionsRequest>,
    ) -> Result<Response<Self::WatchTransitionsStream>, Status> {
        let from = parse_portfolio::watch_transitions(request.get_ref(), &self.tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let watch = self
            .use_cases
            .watch_transitions(from, &self.watchers)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let runs = try_unfold((watch, self.tokens.clone()), async |(mut watch, tokens)| {
            let run = watch.next().await;
            let run = run.map_err(|refusal| BOUNDARY.status(refusal))?;
            Ok(run.map(|run| (watched(run, &tokens), (watch, tokens))))
        });
        Ok(Response::new(runs.boxed()))
    }

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
