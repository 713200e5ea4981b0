//! The profiles service, asked in its own words, answering in ours.

use std::time::Duration;

use contract::profiles::v1 as wire;
use contract::profiles::v1::change_service_client::ChangeServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use edge::client::Caller;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use kernel::refusal::{Kind, Refusal};
use tonic::Status;

use super::facts;
use crate::usecase::ports::{Carried, Change, Changes, Profiles, Snapshot};

/// A batch of facts is larger than one answer to a call.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// The profiles service.
#[derive(Clone)]
pub struct ProfilesClient {
    customers: CustomerServiceClient<Caller>,
    changes: ChangeServiceClient<Caller>,
}

impl ProfilesClient {
    /// Asks through a caller.
    pub fn new(caller: Caller) -> Self {
        let customers =
            CustomerServiceClient::new(caller.clone()).max_decoding_message_size(MAX_BATCH_BYTES);
        Self {
            customers,
            changes: ChangeServiceClient::new(caller),
        }
    }
}

impl Profiles for ProfilesClient {
    fn facts(
        &self,
        customer_id: String,
        min_revision: u64,
    ) -> BoxFuture<'_, Result<Snapshot, Refusal>> {
        let mut customers = self.customers.clone();
        let request = wire::GetCustomerFactsRequest {
            customer_id,
            min_revision,
        };
        async move {
            let answer = customers.get_customer_facts(request).await;
            let facts = answer.map_err(|status| ours(&status))?.into_inner().facts;
            facts.map(snapshot).ok_or_else(no_facts)
        }
        .boxed()
    }

    fn facts_of(&self, customer_ids: Vec<String>) -> BoxFuture<'_, Result<Vec<Snapshot>, Refusal>> {
        let mut customers = self.customers.clone();
        let request = wire::BatchGetCustomerFactsRequest { customer_ids };
        async move {
            let answer = customers.batch_get_customer_facts(request).await;
            let answer = answer.map_err(|status| ours(&status))?.into_inner();
            Ok(answer.facts.into_iter().map(snapshot).collect())
        }
        .boxed()
    }

    fn watch(
        &self,
        after_cursor: String,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Result<Changes, Refusal>>, Refusal>> {
        let mut changes = self.changes.clone();
        let request = wire::WatchChangesRequest {
            after_cursor,
            partition: 0,
            partition_count: 1,
        };
        async move {
            let answer = changes.watch_changes(request).await;
            let stream = answer.map_err(|status| ours(&status))?.into_inner();
            let runs = stream.map(|run| run.map(read_run).map_err(|status| ours(&status)));
            Ok(runs.boxed())
        }
        .boxed()
    }
}

fn snapshot(answer: contract::types::v1::CustomerFacts) -> Snapshot {
    Snapshot {
        facts: facts::read(&answer),
        carried: Carried::new(answer),
    }
}

fn read_run(run: wire::WatchChangesResponse) -> Changes {
    let change = |change: wire::Change| Change {
        customer_id: change.customer_id,
        change_time: change.change_time.as_ref().and_then(edge::wire::instant),
    };
    Changes {
        changes: run.changes.into_iter().map(change).collect(),
        cursor: run.cursor,
        lag_seconds: run.lag_seconds,
    }
}

/// Says in our words why profiles did not answer. Only what concerns the question itself is passed
/// on; whatever else is wrong there is not the caller's doing.
fn ours(status: &Status) -> Refusal {
    let refusal = edge::client::refusal(status);
    match (refusal.kind, refusal.reason) {
        (Kind::NotFound, "CUSTOMER_NOT_FOUND")
        | (Kind::Refused, "REVISION_NOT_REACHED")
        | (Kind::Late, _) => refusal,
        (Kind::Unavailable | Kind::Exhausted | Kind::Conflict, _) => {
            let wait = refusal.retry_after.unwrap_or(Duration::from_millis(250));
            let message = "the profiles service cannot answer just now: try again";
            Refusal::unavailable("PROFILES_UNAVAILABLE", message, wait).caused_by(refusal)
        }
        _ => Refusal::internal(refusal),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("profiles answered without facts")]
struct NoFacts;

fn no_facts() -> Refusal {
    Refusal::internal(NoFacts)
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the other service's status is what is given"
    )]
    fn only_what_concerns_the_question_is_passed_on() {
        let became = |code| ours(&Status::new(code, "text")).kind;
        assert_eq!(became(Code::Unavailable), Kind::Unavailable);
        assert_eq!(became(Code::ResourceExhausted), Kind::Unavailable);
        assert_eq!(became(Code::DeadlineExceeded), Kind::Late);
        assert_eq!(became(Code::NotFound), Kind::Internal, "without the reason");
        assert_eq!(became(Code::InvalidArgument), Kind::Internal);
        assert_eq!(became(Code::Internal), Kind::Internal);
    }
}
