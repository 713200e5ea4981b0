//! The policy's RPCs.

use contract::offers::v1 as pb;
use contract::offers::v1::policy_service_server::PolicyService;
use contract::types::v1 as types;
use edge::violations::Violations;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, files, parse, render};
use crate::domain::policy::{ContractKind, CustomerKind, RowEffect, Situation};
use crate::usecase::explain_policy::ExplainPolicy;
use crate::usecase::publish_policy::{Answer, Command, PublishPolicy};

/// Answers those who keep the policy.
pub struct PolicyRpc {
    /// Checking and publishing.
    pub publish_policy: PublishPolicy,
    /// Explaining.
    pub explain_policy: ExplainPolicy,
}

#[tonic::async_trait]
impl PolicyService for PolicyRpc {
    async fn publish_policy(
        &self,
        request: Request<pb::PublishPolicyRequest>,
    ) -> Result<Response<pb::PublishPolicyResponse>, Status> {
        let command = publish(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = self
            .publish_policy
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(published(&answer)))
    }

    async fn explain_policy(
        &self,
        request: Request<pb::ExplainPolicyRequest>,
    ) -> Result<Response<pb::ExplainPolicyResponse>, Status> {
        let (situation, at) =
            explain(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let explanation = self.explain_policy.handle(situation, at);
        let effects = explanation
            .policy
            .explain(&explanation.situation, explanation.at);
        Ok(Response::new(pb::ExplainPolicyResponse {
            policy: Some(render::policy(explanation.outcome)),
            rows: effects.into_iter().map(row).collect(),
        }))
    }
}

fn publish(wire: &pb::PublishPolicyRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let files = files::files(&mut checks, &wire.files);
    let publisher = files::publisher(&mut checks, &wire.published_by, &wire.note);
    checks.finish(|| {
        let (published_by, note) = publisher?;
        Some(Command {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            files: files?,
            published_by,
            note,
            validate_only: wire.validate_only,
        })
    })
}

fn explain(wire: &pb::ExplainPolicyRequest) -> Result<(Situation, Option<Timestamp>), Refusal> {
    let mut checks = Violations::default();
    let jurisdiction = parse::jurisdiction(&mut checks, "jurisdiction", &wire.jurisdiction);
    let channel = checks
        .optional_known("channel", wire.channel)
        .map(parse::channel);
    let customer_kind = checks
        .optional_known("customer_kind", wire.customer_kind)
        .map(customer_kind);
    let contract_kind = checks
        .optional_known("contract_kind", wire.contract_kind)
        .map(contract_kind);
    let at = checks.optional_instant("as_of_time", wire.as_of_time.as_ref());
    let occasion = checks
        .optional_known("occasion", wire.occasion)
        .map(parse::occasion);
    checks.finish(|| {
        let situation = Situation {
            jurisdiction: Some(jurisdiction?).filter(|place| !place.is_empty()),
            home: None,
            channel: channel?,
            occasion: Some(occasion?),
            customer_kind: customer_kind?,
            contract_kind: contract_kind?,
        };
        Some((situation, at?))
    })
}

const fn customer_kind(wire: types::CustomerKind) -> Option<CustomerKind> {
    match wire {
        types::CustomerKind::Unspecified => None,
        types::CustomerKind::Person => Some(CustomerKind::Person),
        types::CustomerKind::Organisation => Some(CustomerKind::Organisation),
    }
}

const fn contract_kind(wire: types::ContractKind) -> Option<ContractKind> {
    match wire {
        types::ContractKind::Unspecified => None,
        types::ContractKind::MonthToMonth => Some(ContractKind::MonthToMonth),
        types::ContractKind::OneYear => Some(ContractKind::OneYear),
        types::ContractKind::TwoYear => Some(ContractKind::TwoYear),
        types::ContractKind::FixedTerm => Some(ContractKind::FixedTerm),
        types::ContractKind::PayAsYouGo => Some(ContractKind::PayAsYouGo),
    }
}

fn published(answer: &Answer) -> pb::PublishPolicyResponse {
    let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
    match answer {
        Answer::Refused(problems) => pb::PublishPolicyResponse {
            problems: files::problems(problems),
            ..pb::PublishPolicyResponse::default()
        },
        Answer::Sound {
            row_count,
            warnings,
        } => pb::PublishPolicyResponse {
            problems: files::problems(warnings),
            row_count: count(*row_count),
            ..pb::PublishPolicyResponse::default()
        },
        Answer::InForce {
            version,
            changed,
            row_count,
            warnings,
        } => pb::PublishPolicyResponse {
            version: *version,
            problems: files::problems(warnings),
            changed: *changed,
            row_count: count(*row_count),
        },
    }
}

fn row(effect: RowEffect<'_>) -> pb::PolicyRow {
    pb::PolicyRow {
        key: effect.row.key.clone(),
        applied: effect.applied,
        why: effect.why,
        source: effect.row.source.clone(),
        verify: effect.row.verify,
    }
}
