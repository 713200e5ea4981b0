//! `IncidentService`.

use contract::profiles::v1 as pb;
use contract::profiles::v1::incident_service_server::IncidentService;
use edge::violations::Violations;
use kernel::id::{CustomerId, IncidentId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tonic::{Request, Response, Status};

use super::call::remembered;
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::domain::incident::{IncidentDraft, RecoveryOrder};
use crate::usecase::Call;

const OPEN: &str = "rekindle.profiles.v1.IncidentService/OpenIncident";
const ADVANCE: &str = "rekindle.profiles.v1.IncidentService/AdvanceRecovery";
const RESOLVE: &str = "rekindle.profiles.v1.IncidentService/ResolveIncident";

#[tonic::async_trait]
impl IncidentService for Rpc {
    async fn open_incident(
        &self,
        request: Request<pb::OpenIncidentRequest>,
    ) -> Result<Response<pb::OpenIncidentResponse>, Status> {
        let (call, draft) = open(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let customer_id = draft.customer_id.clone();
        let opened = self.profiles.open_incident(call, draft).await;
        answer(opened, |written| pb::OpenIncidentResponse {
            incident: Some(render::incident(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn advance_recovery(
        &self,
        request: Request<pb::AdvanceRecoveryRequest>,
    ) -> Result<Response<pb::AdvanceRecoveryResponse>, Status> {
        let (call, (customer_id, incident_id), order) =
            advance(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let advanced = self
            .profiles
            .advance_recovery(call, customer_id.clone(), incident_id, order)
            .await;
        answer(advanced, |written| pb::AdvanceRecoveryResponse {
            incident: Some(render::incident(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }

    async fn resolve_incident(
        &self,
        request: Request<pb::ResolveIncidentRequest>,
    ) -> Result<Response<pb::ResolveIncidentResponse>, Status> {
        let (call, (customer_id, incident_id), (time, outcome)) =
            resolve(request.get_ref()).map_err(|error| BOUNDARY.status(error))?;
        let resolved = self
            .profiles
            .resolve_incident(call, customer_id.clone(), incident_id, time, outcome)
            .await;
        answer(resolved, |written| pb::ResolveIncidentResponse {
            incident: Some(render::incident(
                written.customer_id(&customer_id),
                &written.value,
            )),
            revision: written.revision,
            changed: written.changed,
        })
    }
}

fn open(request: &pb::OpenIncidentRequest) -> Result<(Call, IncidentDraft), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, OPEN, request);
    let incident = checks.required("incident", request.incident.as_ref());
    let draft =
        incident.and_then(|wire| checks.within("incident", |checks| parse::incident(checks, wire)));
    checks.finish(|| Some((call?, draft?)))
}

type Whose = (CustomerId, IncidentId);

fn whose(checks: &mut Violations, customer: &str, incident: &str) -> Option<Whose> {
    let customer_id = checks.id("customer_id", customer);
    let incident_id = checks.id("incident_id", incident);
    Some((customer_id?, incident_id?))
}

fn advance(request: &pb::AdvanceRecoveryRequest) -> Result<(Call, Whose, RecoveryOrder), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, ADVANCE, request);
    let whose = whose(&mut checks, &request.customer_id, &request.incident_id);
    let step = parse::word(&mut checks, "recovery_step", request.recovery_step);
    let promise = request.promise_due_time.as_ref();
    let promise = checks.optional_instant("promise_due_time", promise);
    checks.finish(|| {
        let order = RecoveryOrder {
            recovery_step: step?,
            promise_due_time: promise?,
            promise_broken: request.promise_broken,
        };
        Some((call?, whose?, order))
    })
}

type Closing = (Option<Timestamp>, String);

fn resolve(request: &pb::ResolveIncidentRequest) -> Result<(Call, Whose, Closing), Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, RESOLVE, request);
    let whose = whose(&mut checks, &request.customer_id, &request.incident_id);
    let time = request.resolve_time.as_ref();
    let time = checks.optional_instant("resolve_time", time);
    let outcome = parse::short_key(&mut checks, "outcome", &request.outcome);
    checks.finish(|| Some((call?, whose?, (time?, outcome?))))
}
