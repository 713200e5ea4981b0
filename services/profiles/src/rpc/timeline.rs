//! `TimelineService`.

use std::collections::BTreeMap;

use contract::profiles::v1 as pb;
use contract::profiles::v1::timeline_service_server::TimelineService;
use edge::violations::Violations;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::call::{call, remembered};
use super::{BOUNDARY, Rpc, answer, parse, render};
use crate::domain::record::Record;
use crate::usecase::{Call, RecordedEvents, RowRefusal};

const RECORD: &str = "rekindle.profiles.v1.TimelineService/RecordEvents";
const MOST_EVENTS: usize = 1_000;
const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;

#[tonic::async_trait]
impl TimelineService for Rpc {
    async fn record_events(
        &self,
        request: Request<pb::RecordEventsRequest>,
    ) -> Result<Response<pb::RecordEventsResponse>, Status> {
        let request = request.get_ref();
        let call = record_call(request).map_err(|error| BOUNDARY.status(error))?;
        let (events, refused) = events(request);
        let recorded = self.profiles.record_events(call, events, refused).await;
        answer(recorded, recorded_events)
    }

    async fn list_events(
        &self,
        request: Request<pb::ListEventsRequest>,
    ) -> Result<Response<pb::ListEventsResponse>, Status> {
        let page = self
            .page(request.get_ref())
            .map_err(|error| BOUNDARY.status(error))?;
        let events = self
            .profiles
            .events(call(), &page.customer_id, page.size, page.after.as_deref())
            .await;
        answer(events, |found| pb::ListEventsResponse {
            events: found.events.iter().map(render::event).collect(),
            next_page_token: found
                .next
                .map(|place| self.page_tokens.seal(&page.scope, &place))
                .unwrap_or_default(),
        })
    }
}

struct Page {
    customer_id: CustomerId,
    size: u32,
    scope: String,
    after: Option<String>,
}

impl Rpc {
    fn page(&self, request: &pb::ListEventsRequest) -> Result<Page, Refusal> {
        let mut checks = Violations::default();
        let customer_id = checks.id("customer_id", &request.customer_id);
        let size = checks.page_size("page_size", request.page_size, DEFAULT_PAGE, LARGEST_PAGE);
        let scope = format!("ListEvents {}", request.customer_id);
        let token = &request.page_token;
        let after = checks.page_token("page_token", &self.page_tokens, &scope, token);
        checks.finish(|| {
            Some(Page {
                customer_id: customer_id?,
                size: size?,
                scope,
                after: after?,
            })
        })
    }
}

fn record_call(request: &pb::RecordEventsRequest) -> Result<Call, Refusal> {
    let mut checks = Violations::default();
    let call = remembered(&mut checks, &request.request_id, RECORD, request);
    checks.at_most("events", &request.events, MOST_EVENTS);
    checks.finish(|| call)
}

/// Events by their place in the request, the malformed ones apart.
type Sorted = (Vec<(u32, Record)>, BTreeMap<u32, RowRefusal>);

fn events(request: &pb::RecordEventsRequest) -> Sorted {
    let (mut sound, mut refused) = (Vec::new(), BTreeMap::new());
    for (index, wire) in (0..).zip(&request.events) {
        let mut checks = Violations::default();
        let field = format_args!("events[{index}]");
        let event = checks.within(field, |checks| parse::event(checks, wire));
        match checks.finish(|| event) {
            Ok(event) => sound.push((index, Record::Event(event))),
            Err(refusal) => {
                refused.insert(index, RowRefusal::from(refusal));
            }
        }
    }
    (sound, refused)
}

fn recorded_events(recorded: RecordedEvents) -> pb::RecordEventsResponse {
    let refusals = recorded.refusals.into_iter();
    pb::RecordEventsResponse {
        recorded_count: recorded.recorded_count,
        duplicate_count: recorded.duplicate_count,
        refusals: refusals
            .map(|(index, refusal)| pb::EventRefusal {
                index,
                reason: refusal.reason,
                field: refusal.field,
                message: refusal.message,
            })
            .collect(),
        revisions: recorded.revisions.into_iter().collect(),
    }
}
