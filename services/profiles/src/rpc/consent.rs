//! `ConsentService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::consent_service_server::ConsentService;
use edge::violations::Violations;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::call::{call, remembered};
use super::customer::customer_id;
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::domain::consent::Consent;
use crate::usecase::Call;

const RECORD: &str = "rekindle.profiles.v1.ConsentService/RecordConsent";

#[tonic::async_trait]
impl ConsentService for Rpc {
    async fn record_consent(
        &self,
        request: Request<pb::RecordConsentRequest>,
    ) -> Result<Response<pb::RecordConsentResponse>, Status> {
        let (call, consent) = record(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let recorded = self.profiles.record_consent(call, consent).await;
        answer(recorded, |written| pb::RecordConsentResponse {
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn may_contact(
        &self,
        request: Request<pb::MayContactRequest>,
    ) -> Result<Response<pb::MayContactResponse>, Status> {
        let questions =
            parse::questions(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let answers = self.profiles.may_contact(call(), questions).await;
        answer(answers, |answers| pb::MayContactResponse {
            permissions: answers.into_iter().map(render::permission).collect(),
        })
    }

    async fn list_consents(
        &self,
        request: Request<pb::ListConsentsRequest>,
    ) -> Result<Response<pb::ListConsentsResponse>, Status> {
        let id =
            customer_id(&request.get_ref().customer_id).map_err(|error| BOUNDARY.status(error))?;
        let said = self.profiles.consents(call(), &id).await;
        answer(said, |said| pb::ListConsentsResponse {
            consents: said.iter().map(render::consent).collect(),
        })
    }
}

fn record(request: &pb::RecordConsentRequest) -> Result<(Call, Consent), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, RECORD, request);
    let consent = checks.required("consent", request.consent.as_ref());
    let consent =
        consent.and_then(|wire| checks.within("consent", |checks| parse::consent(checks, wire)));
    checks.finish(|| Some((call?, consent?)))
}
