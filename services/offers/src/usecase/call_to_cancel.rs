//! A call to cancel stays one: the rules of the way out hold for the whole of it, whatever else is
//! spoken about, and whatever was spoken about first.

use kernel::id::SessionId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::request_save_offer::RequestSaveOffer;
use crate::domain::history::{DeskHistory, PastSession};
use crate::domain::request::{Occasion, SaveRequest};
use crate::domain::session::State;

impl RequestSaveOffer {
    /// Refuses to ask on another occasion once the customer said that they want to leave the
    /// subscription; and on the same contact nobody is asked to buy more who leaves anything.
    pub(super) async fn stays_a_call_to_cancel(
        &self,
        request: &SaveRequest,
        history: &DeskHistory,
        deadline: Deadline,
    ) -> Result<(), Refusal> {
        if request.occasion == Occasion::CancelCall {
            return Ok(());
        }
        for session in &history.sessions {
            if concerns(session, request) && self.is_to_cancel(session, request, deadline).await? {
                return Err(is_a_call_to_cancel(session.session_id));
            }
        }
        Ok(())
    }

    async fn is_to_cancel(
        &self,
        session: &PastSession,
        request: &SaveRequest,
        deadline: Deadline,
    ) -> Result<bool, Refusal> {
        let leaves = request.occasion == Occasion::Growth && session.state == State::CancelRecorded;
        if leaves || session.occasion == Some(Occasion::CancelCall) {
            return Ok(true);
        }
        // The session says how the call began; what came later its decisions say.
        let id = session.session_id;
        let under = session.under.as_ref().unwrap_or(&request.customer_id);
        let so_far = self.store.so_far(under, id, deadline).await?;
        let mut asked = so_far.records.iter().map(|record| &record.request);
        Ok(asked.any(|asked| asked.occasion == Occasion::CancelCall))
    }
}

fn concerns(session: &PastSession, request: &SaveRequest) -> bool {
    session.contact_id == request.contact_id
        && (session.subscription_id == request.subscription_id
            || request.occasion == Occasion::Growth)
}

fn is_a_call_to_cancel(session_id: SessionId) -> Refusal {
    Refusal::refused(
        "ILLEGAL_STATE",
        "the customer rang to cancel: on this contact nothing is asked for on another occasion",
    )
    .with("session_id", session_id)
}
