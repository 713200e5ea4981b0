//! Opens incidents, records their recovery, closes them.

use kernel::id::{CustomerId, IncidentId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::accounts::written;
use super::{Call, Profiles, Written};
use crate::domain::books::Books;
use crate::domain::incident::{Incident, IncidentDraft, RecoveryOrder, Resolution};
use crate::domain::record::{Named, Record};

impl Profiles {
    /// Opens an incident. Opening what is open already changes nothing.
    pub async fn open_incident(
        &self,
        call: Call,
        draft: IncidentDraft,
    ) -> Result<Written<Incident>, Refusal> {
        let named = Named::of(&Record::Incident(draft.clone()));
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&draft.customer_id);
            let changed = book.open_incident(&draft, now)?;
            let incident = book.incident(&draft.incident_id)?.clone();
            Ok(written(book, incident, changed, now))
        };
        self.write(&call, named, decide).await
    }

    /// Records the next step of a recovery.
    pub async fn advance_recovery(
        &self,
        call: Call,
        customer_id: CustomerId,
        incident_id: IncidentId,
        order: RecoveryOrder,
    ) -> Result<Written<Incident>, Refusal> {
        let named = Named::incident(&customer_id, &incident_id);
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&customer_id);
            let changed = book.advance_recovery(&incident_id, order)?;
            let incident = book.incident(&incident_id)?.clone();
            Ok(written(book, incident, changed, now))
        };
        self.write(&call, named, decide).await
    }

    /// Closes an incident, at an instant or now.
    pub async fn resolve_incident(
        &self,
        call: Call,
        customer_id: CustomerId,
        incident_id: IncidentId,
        resolve_time: Option<Timestamp>,
        outcome: String,
    ) -> Result<Written<Incident>, Refusal> {
        let named = Named::incident(&customer_id, &incident_id);
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&customer_id);
            let open_time = book.incident(&incident_id)?.core.open_time;
            let resolution = Resolution {
                // "Now" is never before the opening, whatever the clocks of the two calls say.
                resolve_time: resolve_time.unwrap_or_else(|| now.max(open_time)),
                outcome: outcome.clone(),
            };
            let changed = book.resolve_incident(&incident_id, resolution, now)?;
            let incident = book.incident(&incident_id)?.clone();
            Ok(written(book, incident, changed, now))
        };
        self.write(&call, named, decide).await
    }
}
