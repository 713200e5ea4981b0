//! Writes a customer whole.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::{Call, Profiles, refusals};
use crate::domain::books::Books;
use crate::domain::customer::{Customer, Version};
use crate::domain::record::Named;
use crate::store::Amendment;

/// A customer as it shall be.
#[derive(Clone, Debug)]
pub struct PutCustomer {
    /// The customer.
    pub customer: Customer,
    /// The tag of the version to write over; none for whatever is there.
    pub etag: Option<String>,
    /// Only say what would happen.
    pub validate_only: bool,
}

/// A customer as it is now.
#[derive(Clone, Debug)]
pub struct UpsertedCustomer {
    /// The customer.
    pub customer: Customer,
    /// How often and when it was written.
    pub version: Version,
    /// Something changed.
    pub changed: bool,
}

/// What is remembered of a write: no personal data, the request itself brings it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Outcome {
    /// The customer, which may have another id than was given; absent in what was remembered before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stays: Option<CustomerId>,
    version: Version,
    changed: bool,
}

impl Profiles {
    /// Writes a customer whole. Writing what is there already changes nothing.
    pub async fn upsert_customer(
        &self,
        call: Call,
        command: PutCustomer,
    ) -> Result<UpsertedCustomer, Refusal> {
        let mut customer = command.customer.clone();
        let named = Named::customer(&customer.customer_id);
        let outcome = if command.validate_only {
            let preview = Amendment {
                named,
                now: self.clock.now(),
                remembered: None,
                decide: Box::new(move |books| put(books, &command)),
            };
            let previewed = self.store.preview(call.deadline, &preview).await;
            previewed.map_err(refusals::of_store)?
        } else {
            let decide = move |books: &mut Books| put(books, &command);
            self.write(&call, named, decide).await?
        };
        if let Some(stays) = outcome.stays {
            customer.customer_id = stays;
        }
        Ok(UpsertedCustomer {
            customer,
            version: outcome.version,
            changed: outcome.changed,
        })
    }
}

fn put(books: &mut Books, command: &PutCustomer) -> Result<Outcome, Refusal> {
    let now = books.now();
    let book = books.of(&command.customer.customer_id);
    let changed = book.put_customer(&command.customer, command.etag.as_deref())?;
    Ok(Outcome {
        stays: Some(book.customer_id.clone()),
        version: book.version_after(now),
        changed,
    })
}
