//! Records and reads what customers said about being contacted.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;

use super::accounts::written;
use super::facts::not_found;
use super::{Call, Profiles, Written};
use crate::domain::books::Books;
use crate::domain::consent::Consent;
use crate::domain::record::{Named, Record};

/// How much of what a customer said is listed.
const MOST_LISTED: u32 = 200;

impl Profiles {
    /// Records what a customer said. Said twice is said once.
    pub async fn record_consent(
        &self,
        call: Call,
        consent: Consent,
    ) -> Result<Written<()>, Refusal> {
        let named = Named::of(&Record::Consent(consent.clone()));
        let decide = move |books: &mut Books| {
            let now = books.now();
            let book = books.of(&consent.customer_id);
            let changed = book.record_consent(&consent, now)?;
            Ok(written(book, (), changed, now))
        };
        self.write(&call, named, decide).await
    }

    /// Reads what a customer said, newest first.
    pub async fn consents(
        &self,
        call: Call,
        customer_id: &CustomerId,
    ) -> Result<Vec<Consent>, Refusal> {
        let said = self
            .store
            .consents(customer_id, MOST_LISTED, call.deadline)
            .await?;
        said.ok_or_else(|| not_found(customer_id))
    }
}
