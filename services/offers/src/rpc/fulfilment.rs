//! The RPCs of those who carry out what was accepted.

use std::time::Duration;

use contract::offers::v1 as pb;
use contract::offers::v1::fulfilment_service_server::FulfilmentService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, render};
use crate::domain::fulfilment::{LeaseId, PromiseTaskId, Report, Resolution};
use crate::usecase::fulfil::{Command, Fulfil, Leased, NewResolution, PromiseTask};

/// The question page tokens belong to.
const PAGES: &str = "ListPromiseTasks";
const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;
const DEFAULT_COUNT: u32 = 10;
const MAX_COUNT: u32 = 100;
const DEFAULT_LEASE_SECONDS: u32 = 60;
const MAX_LEASE_SECONDS: u32 = 3_600;

/// Answers those who carry out what was accepted.
pub struct FulfilmentRpc {
    /// Leases, reports, tasks.
    pub fulfil: Fulfil,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl FulfilmentService for FulfilmentRpc {
    async fn lease_fulfilments(
        &self,
        request: Request<pb::LeaseFulfilmentsRequest>,
    ) -> Result<Response<pb::LeaseFulfilmentsResponse>, Status> {
        let (worker, most, lease) =
            lease(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let (lease_id, leased) = self
            .fulfil
            .lease(worker, most, lease, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let fulfilments = leased.iter().map(|leased| fulfilment(lease_id, leased));
        Ok(Response::new(pb::LeaseFulfilmentsResponse {
            fulfilments: fulfilments.collect(),
        }))
    }

    async fn report_fulfilment(
        &self,
        request: Request<pb::ReportFulfilmentRequest>,
    ) -> Result<Response<pb::ReportFulfilmentResponse>, Status> {
        let command = report(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let reported = self
            .fulfil
            .report(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let task_id = reported.task_id.map(|task_id| task_id.to_string());
        Ok(Response::new(pb::ReportFulfilmentResponse {
            task_id: task_id.unwrap_or_default(),
            replayed: reported.replayed,
        }))
    }

    async fn list_promise_tasks(
        &self,
        request: Request<pb::ListPromiseTasksRequest>,
    ) -> Result<Response<pb::ListPromiseTasksResponse>, Status> {
        let (after, size) = list(request.get_ref(), &self.page_tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .fulfil
            .tasks(after, size, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page
            .next_after
            .map(|task_id| self.page_tokens.seal(PAGES, &task_id.to_string()));
        Ok(Response::new(pb::ListPromiseTasksResponse {
            tasks: page.tasks.iter().map(task).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn close_promise_task(
        &self,
        request: Request<pb::ClosePromiseTaskRequest>,
    ) -> Result<Response<pb::ClosePromiseTaskResponse>, Status> {
        let new = close(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let replayed = self
            .fulfil
            .close_task(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::ClosePromiseTaskResponse { replayed }))
    }
}

fn lease(wire: &pb::LeaseFulfilmentsRequest) -> Result<(String, u32, Duration), Refusal> {
    let mut checks = Violations::default();
    let worker = checks.id::<LeaseWorker>("worker", &wire.worker);
    let most = checks.between("max_count", wire.max_count, 0, MAX_COUNT);
    let seconds = checks.between("lease_seconds", wire.lease_seconds, 0, MAX_LEASE_SECONDS);
    checks.finish(|| {
        let or = |number: u32, default| if number == 0 { default } else { number };
        let seconds = or(seconds?, DEFAULT_LEASE_SECONDS);
        Some((
            worker?.to_string(),
            or(most?, DEFAULT_COUNT),
            Duration::from_secs(u64::from(seconds)),
        ))
    })
}

/// Names a worker; the type exists for the compiler only.
#[derive(Debug)]
enum LeaseWorker {}

fn report(wire: &pb::ReportFulfilmentRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let presented_offer_id = checks.uid("presented_offer_id", &wire.presented_offer_id);
    let lease_id = checks.uid("lease_id", &wire.lease_id);
    let outcome = checks.known("outcome", wire.outcome);
    let report = outcome.and_then(|outcome| outcome_of(&mut checks, outcome, &wire.failure_code));
    checks.finish(|| {
        Some(Command {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            customer_id: customer_id?,
            presented_offer_id: presented_offer_id?,
            lease_id: lease_id?,
            report: report?,
        })
    })
}

fn outcome_of(
    checks: &mut Violations,
    outcome: pb::FulfilmentOutcome,
    failure_code: &str,
) -> Option<Report> {
    match outcome {
        pb::FulfilmentOutcome::Unspecified => None,
        pb::FulfilmentOutcome::Completed if failure_code.is_empty() => Some(Report::Completed),
        pb::FulfilmentOutcome::Completed => {
            let description = "says why something failed: leave it out of what was completed";
            checks.add("failure_code", "NOT_A_FAILURE", description);
            None
        }
        pb::FulfilmentOutcome::Failed => {
            let failure_code = checks.key("failure_code", failure_code)?;
            Some(Report::Failed(failure_code))
        }
    }
}

fn list(
    wire: &pb::ListPromiseTasksRequest,
    tokens: &PageTokens,
) -> Result<(Option<PromiseTaskId>, u32), Refusal> {
    let mut checks = Violations::default();
    let size = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, PAGES, &wire.page_token);
    checks.finish(|| {
        // Only cursors that were sealed here get this far, and those are ids.
        let after = cursor?.and_then(|task_id| task_id.parse().ok());
        Some((after, size?))
    })
}

fn close(wire: &pb::ClosePromiseTaskRequest) -> Result<NewResolution, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let task_id = checks.uid("task_id", &wire.task_id);
    let resolution = checks.known("resolution", wire.resolution);
    let agent_id = checks.optional_id("agent_id", &wire.agent_id);
    checks.finish(|| {
        Some(NewResolution {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            customer_id: customer_id?,
            task_id: task_id?,
            resolution: resolution_of(resolution?)?,
            agent_id: agent_id?,
        })
    })
}

const fn resolution_of(wire: pb::PromiseResolution) -> Option<Resolution> {
    match wire {
        pb::PromiseResolution::Unspecified => None,
        pb::PromiseResolution::Retried => Some(Resolution::Retried),
        pb::PromiseResolution::MadeGoodByHand => Some(Resolution::MadeGoodByHand),
        pb::PromiseResolution::CustomerReleased => Some(Resolution::CustomerReleased),
    }
}

fn fulfilment(lease_id: LeaseId, leased: &Leased) -> pb::Fulfilment {
    let promise = &leased.promise;
    pb::Fulfilment {
        customer_id: leased.customer_id.to_string(),
        presented_offer_id: leased.presented_offer_id.to_string(),
        subscription_id: leased.subscription_id.to_string(),
        offer_key: promise.offer_key.to_string(),
        terms: Some(render::terms(&promise.summary, &promise.terms)),
        cost: Some(render::money(promise.cost)),
        accept_time: Some(timestamp(leased.accepted_at)),
        lease_id: lease_id.to_string(),
        lease_expire_time: Some(timestamp(leased.expires_at)),
        lease_count: leased.lease_count,
    }
}

fn task(task: &PromiseTask) -> pb::PromiseTask {
    pb::PromiseTask {
        task_id: task.task_id.to_string(),
        customer_id: task.customer_id.to_string(),
        session_id: task.session_id.to_string(),
        presented_offer_id: task.presented_offer_id.to_string(),
        offer_key: task.offer_key.to_string(),
        failure_code: task.failure_code.clone(),
        open_time: Some(timestamp(task.opened_at)),
    }
}
