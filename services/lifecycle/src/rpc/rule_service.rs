//! The RPCs that publish and read rules.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::rule_service_server::RuleService;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, parse, render_model};
use crate::usecase::UseCases;

/// Answers `RuleService`.
#[derive(Clone)]
pub struct RuleRpc {
    use_cases: UseCases,
}

impl RuleRpc {
    /// Answers with these use cases.
    pub fn new(use_cases: UseCases) -> Self {
        Self { use_cases }
    }
}

#[tonic::async_trait]
impl RuleService for RuleRpc {
    async fn publish_rules(
        &self,
        request: Request<wire::PublishRulesRequest>,
    ) -> Result<Response<wire::PublishRulesResponse>, Status> {
        let rules = parse::publish_rules(request.into_inner())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let published = self
            .use_cases
            .publish_rules(deadline(), rules)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::PublishRulesResponse {
            rule_set: Some(render_model::rule_set(&published)),
        }))
    }

    async fn get_rules(
        &self,
        request: Request<wire::GetRulesRequest>,
    ) -> Result<Response<wire::GetRulesResponse>, Status> {
        let version = request.into_inner().version;
        let rules = self
            .use_cases
            .get_rules(deadline(), version)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::GetRulesResponse {
            rule_set: Some(render_model::rule_set(&rules)),
            model_activation: self.use_cases.model_activation(),
        }))
    }
}
