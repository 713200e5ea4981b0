//! `ContactRuleService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::contact_rule_service_server::ContactRuleService;
use edge::violations::Violations;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::call::{call, remembered};
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::domain::contact_rules::Content;
use crate::usecase::Call;

const PUBLISH: &str = "rekindle.profiles.v1.ContactRuleService/PublishContactRules";

#[tonic::async_trait]
impl ContactRuleService for Rpc {
    async fn publish_contact_rules(
        &self,
        request: Request<pb::PublishContactRulesRequest>,
    ) -> Result<Response<pb::PublishContactRulesResponse>, Status> {
        let request = request.get_ref();
        let (call, content) = publish(request).map_err(|error| BOUNDARY.status(error))?;
        let published = self
            .profiles
            .publish_contact_rules(call, content, request.validate_only)
            .await;
        answer(published, |rules| pb::PublishContactRulesResponse {
            rule_set: Some(render::contact_rules(rules)),
        })
    }

    async fn get_contact_rules(
        &self,
        request: Request<pb::GetContactRulesRequest>,
    ) -> Result<Response<pb::GetContactRulesResponse>, Status> {
        let version = request.get_ref().version;
        let rules = self.profiles.contact_rules(call(), version).await;
        answer(rules, |rules| pb::GetContactRulesResponse {
            rule_set: Some(render::contact_rules(rules)),
        })
    }
}

fn publish(request: &pb::PublishContactRulesRequest) -> Result<(Call, Content), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, PUBLISH, request);
    let content = parse::contact_rules(&mut checks, request);
    checks.finish(|| Some((call?, content)))
}
