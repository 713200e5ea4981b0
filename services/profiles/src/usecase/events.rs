//! Reads timelines.

use kernel::id::CustomerId;
use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::facts::not_found;
use super::{Call, Profiles};
use crate::domain::event::TimelineEvent;
use crate::store::EventPlace;

/// A page of a timeline.
#[derive(Clone, Debug)]
pub struct EventPage {
    /// The events, newest first.
    pub events: Vec<TimelineEvent>,
    /// Where the next page begins; none on the last.
    pub next: Option<String>,
}

impl Profiles {
    /// Reads a page of a timeline, newest first, after where another page ended.
    pub async fn events(
        &self,
        call: Call,
        customer_id: &CustomerId,
        page_size: u32,
        after: Option<&str>,
    ) -> Result<EventPage, Refusal> {
        let place = after.and_then(read_place).unwrap_or(EventPlace {
            event_time: Timestamp::MAX,
            event_id: String::new(),
        });
        let found = self
            .store
            .events(
                customer_id,
                &place,
                page::one_more(page_size),
                call.deadline,
            )
            .await?;
        let mut events = found.ok_or_else(|| not_found(customer_id))?;
        let next = page::cut(&mut events, page_size).map(write_place);
        Ok(EventPage { events, next })
    }
}

fn write_place(event: &TimelineEvent) -> String {
    format!("{} {}", event.event_time.as_microsecond(), event.event_id)
}

fn read_place(text: &str) -> Option<EventPlace> {
    let (micros, event_id) = text.split_once(' ')?;
    Some(EventPlace {
        event_time: Timestamp::from_microsecond(micros.parse().ok()?).ok()?,
        event_id: event_id.to_owned(),
    })
}
