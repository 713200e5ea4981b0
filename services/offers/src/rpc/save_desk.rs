//! The save desk's RPCs.

use contract::offers::v1 as pb;
use contract::offers::v1::save_desk_service_server::SaveDeskService;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, alternative, deadline, exit, parse, proof, render, step, trace_id};
use crate::usecase::confirm_cancellation::ConfirmCancellation;
use crate::usecase::explain_decision::ExplainDecision;
use crate::usecase::override_offer::OverrideOffer;
use crate::usecase::prove_call::ProveCall;
use crate::usecase::read_session::ReadSession;
use crate::usecase::record_exit_satisfaction::RecordExitSatisfaction;
use crate::usecase::record_response::RecordResponse;
use crate::usecase::record_step::RecordStep;
use crate::usecase::reinstate::Reinstate;
use crate::usecase::request_alternative::RequestAlternative;
use crate::usecase::request_save_offer::RequestSaveOffer;

/// Answers the agent's desk.
pub struct SaveDesk {
    /// Asking for an offer.
    pub request_save_offer: RequestSaveOffer,
    /// Answering one.
    pub record_response: RecordResponse,
    /// Asking what else there is.
    pub request_alternative: RequestAlternative,
    /// What is said besides.
    pub record_step: RecordStep,
    /// Leaving.
    pub confirm_cancellation: ConfirmCancellation,
    /// Staying after all.
    pub reinstate: Reinstate,
    /// What is said of leaving.
    pub record_exit_satisfaction: RecordExitSatisfaction,
    /// Reading and closing sessions.
    pub read_session: ReadSession,
    /// Overriding the ranking.
    pub override_offer: OverrideOffer,
    /// Showing that a record is what it was.
    pub prove_call: ProveCall,
    /// Explaining a decision.
    pub explain_decision: ExplainDecision,
}

#[tonic::async_trait]
impl SaveDeskService for SaveDesk {
    async fn request_save_offer(
        &self,
        request: Request<pb::RequestSaveOfferRequest>,
    ) -> Result<Response<pb::RequestSaveOfferResponse>, Status> {
        let request = request.get_ref();
        let command =
            parse::save_request(request, trace_id()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = self
            .request_save_offer
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render::answer(
            answer,
            request.include_passed_over,
        )))
    }

    async fn record_response(
        &self,
        request: Request<pb::RecordResponseRequest>,
    ) -> Result<Response<pb::RecordResponseResponse>, Status> {
        let command =
            parse::response(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let recorded = self
            .record_response
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::RecordResponseResponse {
            offer: Some(render::offer_view(&recorded.offer)),
            session_state: render::state(recorded.state).into(),
            replayed: recorded.replayed,
        }))
    }

    async fn record_step(
        &self,
        request: Request<pb::RecordStepRequest>,
    ) -> Result<Response<pb::RecordStepResponse>, Status> {
        let new = step::parse(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let recorded = self
            .record_step
            .handle(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(step::recorded(recorded)))
    }

    async fn override_offer(
        &self,
        request: Request<pb::OverrideOfferRequest>,
    ) -> Result<Response<pb::OverrideOfferResponse>, Status> {
        let command = parse::overriding(request.get_ref(), trace_id())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = self
            .override_offer
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render::overriding(&answer)))
    }

    async fn request_alternative(
        &self,
        request: Request<pb::RequestAlternativeRequest>,
    ) -> Result<Response<pb::RequestAlternativeResponse>, Status> {
        let command = alternative::parse(request.get_ref(), trace_id())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = self
            .request_alternative
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::RequestAlternativeResponse {
            answer: Some(render::answer(answer, false)),
        }))
    }

    async fn confirm_cancellation(
        &self,
        request: Request<pb::ConfirmCancellationRequest>,
    ) -> Result<Response<pb::ConfirmCancellationResponse>, Status> {
        let command = exit::parse(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let confirmed = self
            .confirm_cancellation
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::ConfirmCancellationResponse {
            acknowledgement: Some(render::acknowledgement(&confirmed)),
            session_id: confirmed.session_id.to_string(),
            session_state: pb::SessionState::CancelRecorded.into(),
            replayed: confirmed.replayed,
            exit_plan: Some(exit::plan(&confirmed)),
        }))
    }

    async fn reinstate_subscription(
        &self,
        request: Request<pb::ReinstateSubscriptionRequest>,
    ) -> Result<Response<pb::ReinstateSubscriptionResponse>, Status> {
        let command =
            exit::reinstatement(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let reinstated = self
            .reinstate
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let ids = reinstated.cancellations.iter();
        Ok(Response::new(pb::ReinstateSubscriptionResponse {
            acknowledgement_ids: ids.map(ToString::to_string).collect(),
            replayed: reinstated.replayed,
        }))
    }

    async fn record_exit_satisfaction(
        &self,
        request: Request<pb::RecordExitSatisfactionRequest>,
    ) -> Result<Response<pb::RecordExitSatisfactionResponse>, Status> {
        let new = exit::content(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let (said, replayed) = self
            .record_exit_satisfaction
            .handle(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::RecordExitSatisfactionResponse {
            exit_satisfaction: Some(exit::satisfaction(&said)),
            replayed,
        }))
    }

    async fn close_session(
        &self,
        request: Request<pb::CloseSessionRequest>,
    ) -> Result<Response<pb::CloseSessionResponse>, Status> {
        let new = parse::close(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let linked = self
            .read_session
            .close(new, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::CloseSessionResponse {
            session: Some(render::session(&linked)),
        }))
    }

    async fn get_session(
        &self,
        request: Request<pb::GetSessionRequest>,
    ) -> Result<Response<pb::GetSessionResponse>, Status> {
        let (customer_id, session_id) =
            parse::session(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let linked = self
            .read_session
            .get(&customer_id, session_id, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::GetSessionResponse {
            session: Some(render::session(&linked)),
        }))
    }

    async fn get_cancellation_record(
        &self,
        request: Request<pb::GetCancellationRecordRequest>,
    ) -> Result<Response<pb::GetCancellationRecordResponse>, Status> {
        let (customer_id, session_id) =
            proof::parse(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let proof = self
            .prove_call
            .handle(&customer_id, session_id, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(pb::GetCancellationRecordResponse {
            record: Some(proof::record(&proof)),
        }))
    }

    async fn explain_decision(
        &self,
        request: Request<pb::ExplainDecisionRequest>,
    ) -> Result<Response<pb::ExplainDecisionResponse>, Status> {
        let (customer_id, decision_id) =
            parse::decision(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let explanation = self
            .explain_decision
            .handle(&customer_id, decision_id, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render::explanation(&explanation)))
    }
}
