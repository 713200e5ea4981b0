//! The RPCs that publish and read the care plan.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::care_plan_service_server::CarePlanService;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse_care_plan, render_care};
use crate::usecase::UseCases;

/// Answers `CarePlanService`.
#[derive(Clone)]
pub struct CarePlanRpc {
    use_cases: UseCases,
}

impl CarePlanRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases) -> Self {
        Self { use_cases }
    }
}

#[tonic::async_trait]
impl CarePlanService for CarePlanRpc {
    async fn publish_care_plan(
        &self,
        request: Request<wire::PublishCarePlanRequest>,
    ) -> Result<Response<wire::PublishCarePlanResponse>, Status> {
        let plan = parse_care_plan::publish(request.get_ref())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let published = self
            .use_cases
            .publish_care_plan(deadline(), plan)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::PublishCarePlanResponse {
            care_plan: Some(render_care::plan(&published)),
        }))
    }

    async fn get_care_plan(
        &self,
        request: Request<wire::GetCarePlanRequest>,
    ) -> Result<Response<wire::GetCarePlanResponse>, Status> {
        let version = request.into_inner().version;
        let plan = self
            .use_cases
            .get_care_plan(deadline(), version)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::GetCarePlanResponse {
            care_plan: Some(render_care::plan(&plan)),
        }))
    }
}
