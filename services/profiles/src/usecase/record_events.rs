//! Records events, each on its own.

use std::collections::BTreeMap;

use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::{Call, Profiles, RowRefusal};
use crate::domain::books::Books;
use crate::domain::record::{Named, Record};

/// What became of many events.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct RecordedEvents {
    /// How many were new.
    pub recorded_count: u32,
    /// How many were known already.
    pub duplicate_count: u32,
    /// The ones that were refused, by their place in the request.
    pub refusals: BTreeMap<u32, RowRefusal>,
    /// The revisions of the customers touched.
    pub revisions: BTreeMap<String, u64>,
}

impl Profiles {
    /// Records events. `refused` are those that were malformed, by their place among all.
    pub async fn record_events(
        &self,
        call: Call,
        events: Vec<(u32, Record)>,
        refused: BTreeMap<u32, RowRefusal>,
    ) -> Result<RecordedEvents, Refusal> {
        let mut named = Named::default();
        for (_, record) in &events {
            named.add(record);
        }
        let decide = move |books: &mut Books| Ok(record(books, &events, refused.clone()));
        self.write(&call, named, decide).await
    }
}

fn record(
    books: &mut Books,
    events: &[(u32, Record)],
    refused: BTreeMap<u32, RowRefusal>,
) -> RecordedEvents {
    let now = books.now();
    let mut recorded = RecordedEvents {
        refusals: refused,
        ..RecordedEvents::default()
    };
    for (index, event) in events {
        match books.take_row(std::slice::from_ref(event)) {
            Ok(true) => recorded.recorded_count += 1,
            Ok(false) => recorded.duplicate_count += 1,
            Err(refused) => {
                let mut refusal = RowRefusal::from(refused);
                refusal.field = place(*index, &refusal.field);
                recorded.refusals.insert(*index, refusal);
            }
        }
    }
    for book in books.iter().filter(|book| book.customer.is_some()) {
        let revision = book.version_after(now).revision;
        recorded
            .revisions
            .insert(book.customer_id.to_string(), revision);
    }
    // Whoever sent an event by another name of its customer finds the revision by that name, too.
    for (_, event) in events {
        let revision = recorded
            .revisions
            .get(books.stays(event.customer_id()).as_str());
        if let Some(revision) = revision.copied() {
            let named = event.customer_id().to_string();
            recorded.revisions.insert(named, revision);
        }
    }
    recorded
}

/// Names a field of the event at a place of the request.
fn place(index: u32, field: &str) -> String {
    match field.strip_prefix("event.") {
        Some(field) => format!("events[{index}].{field}"),
        None => format!("events[{index}]"),
    }
}
