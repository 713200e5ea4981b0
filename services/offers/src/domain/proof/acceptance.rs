//! Acceptances as proof: each fits the event that recorded it, and nothing became of it that no event
//! tells.

use kernel::id::PresentedOfferId;

use super::{Finding, Rows};
use crate::domain::history::Outcome;

/// What is looked at of an acceptance.
#[derive(Clone, Debug)]
pub struct AcceptanceRow {
    /// The offer that was accepted.
    pub presented_offer_id: PresentedOfferId,
    /// Who recorded it.
    pub agent_id: Option<String>,
    /// What became of carrying it out.
    pub fulfilment: String,
}

impl Rows {
    pub(super) fn check_acceptances(&self, findings: &mut Vec<Finding>) {
        for offer in &self.offers {
            let id = offer.presented_offer_id;
            let mut rows = self.acceptances.iter();
            let is_there = rows.any(|row| row.presented_offer_id == id);
            if offer.outcome == Outcome::Accepted && !is_there {
                findings.push(Finding::new("acceptance", &id, "is missing"));
            }
        }
        for row in &self.acceptances {
            if let Some(problem) = self.tells_all().then(|| self.contradicts(row)).flatten() {
                findings.push(Finding::new("acceptance", &row.presented_offer_id, problem));
            }
        }
    }

    fn contradicts(&self, row: &AcceptanceRow) -> Option<&'static str> {
        let id = row.presented_offer_id.to_string();
        let event = |kind: &str| {
            let mut events = self.events.iter();
            events.find(|event| event.kind == kind && event.detail == id)
        };
        let Some(accepted) = event("accepted") else {
            return Some("no event says that it was accepted");
        };
        if accepted.agent_id != row.agent_id {
            return Some("somebody else recorded it");
        }
        let told = match row.fulfilment.as_str() {
            "completed" => event("fulfilled").is_some(),
            "failed" => event("fulfilment_failed").is_some(),
            "rolled_back" => self.tells_of_undoing(&id),
            _ => true,
        };
        (!told).then_some("no event says what became of carrying it out")
    }

    /// Leaving undoes what was accepted; on this contact its own event says so.
    fn tells_of_undoing(&self, id: &str) -> bool {
        let mut events = self.events.iter();
        events.any(|event| match event.kind.as_str() {
            "cancel_recorded" => true,
            "fulfilment_failed" | "acceptance_undone" => event.detail == id,
            _ => false,
        })
    }
}
