//! The RPCs that hand out care tasks and hear what became of them.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::care_service_server::CareService;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse_care, render_care};
use crate::usecase::UseCases;

/// Answers `CareService`.
#[derive(Clone)]
pub struct CareRpc {
    use_cases: UseCases,
}

impl CareRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases) -> Self {
        Self { use_cases }
    }
}

#[tonic::async_trait]
impl CareService for CareRpc {
    async fn schedule_tasks(
        &self,
        request: Request<wire::ScheduleTasksRequest>,
    ) -> Result<Response<wire::ScheduleTasksResponse>, Status> {
        let asked = parse_care::schedule_tasks(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .schedule_tasks(deadline(), asked)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::ScheduleTasksResponse {
            tasks: done.into_iter().map(render_care::task).collect(),
        }))
    }

    async fn withdraw_tasks(
        &self,
        request: Request<wire::WithdrawTasksRequest>,
    ) -> Result<Response<wire::WithdrawTasksResponse>, Status> {
        let asked = parse_care::withdraw_tasks(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .withdraw_tasks(deadline(), asked)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::WithdrawTasksResponse {
            withdrawn_count: u32::try_from(done).unwrap_or(u32::MAX),
        }))
    }

    async fn lease_tasks(
        &self,
        request: Request<wire::LeaseTasksRequest>,
    ) -> Result<Response<wire::LeaseTasksResponse>, Status> {
        let asked = parse_care::lease_tasks(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .lease_tasks(deadline(), asked)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::LeaseTasksResponse {
            tasks: done.into_iter().map(render_care::leased).collect(),
        }))
    }

    async fn complete_task(
        &self,
        request: Request<wire::CompleteTaskRequest>,
    ) -> Result<Response<wire::CompleteTaskResponse>, Status> {
        let asked = parse_care::complete_task(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .complete_task(deadline(), asked)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::CompleteTaskResponse {
            task: Some(render_care::task(done)),
        }))
    }

    async fn skip_task(
        &self,
        request: Request<wire::SkipTaskRequest>,
    ) -> Result<Response<wire::SkipTaskResponse>, Status> {
        let asked =
            parse_care::skip_task(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .skip_task(deadline(), asked)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::SkipTaskResponse {
            task: Some(render_care::task(done)),
        }))
    }

    async fn list_tasks(
        &self,
        request: Request<wire::ListTasksRequest>,
    ) -> Result<Response<wire::ListTasksResponse>, Status> {
        let customer_id = parse_care::list_tasks(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .care_tasks(deadline(), &customer_id)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::ListTasksResponse {
            tasks: done.into_iter().map(render_care::task).collect(),
        }))
    }

    async fn get_care_summary(
        &self,
        request: Request<wire::GetCareSummaryRequest>,
    ) -> Result<Response<wire::GetCareSummaryResponse>, Status> {
        let (from, until) =
            parse_care::summary(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let done = self
            .use_cases
            .care_summary(deadline(), from, until)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::GetCareSummaryResponse {
            counts: done.into_iter().map(render_care::count).collect(),
        }))
    }
}
