//! The profiles service, asked in its own words, answering in ours.

use std::sync::Arc;
use std::time::Duration;

use contract::profiles::v1 as wire;
use contract::profiles::v1::change_service_client::ChangeServiceClient;
use contract::profiles::v1::consent_service_client::ConsentServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use edge::client::Caller;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use kernel::refusal::{Kind, Refusal};
use tokio_util::task::TaskTracker;
use tonic::Status;

use super::bundle::{BundleSettings, Bundler};
use super::facts::{self, AttributeNames};
use super::permissions;
use crate::domain::care::permission::Permission;
use crate::usecase::ports::{
    CHANGE_NOT_KNOWN, Carried, Change, Changes, ContactQuestion, Profiles, Snapshot,
};

/// A batch of facts is larger than one answer to a call.
const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// The time a question has that is not asked for a call.
const UNTOLD_DEADLINE: Duration = Duration::from_secs(2);

/// The profiles service.
#[derive(Clone)]
pub struct ProfilesClient {
    customers: CustomerServiceClient<Caller>,
    changes: ChangeServiceClient<Caller>,
    consents: ConsentServiceClient<Caller>,
    bundler: Bundler,
    attributes: Arc<AttributeNames>,
}

impl ProfilesClient {
    /// Asks through a caller; bundles are made on the tracker. Of the attributes of subscriptions
    /// only the named ones are read.
    pub fn new(
        caller: Caller,
        settings: &BundleSettings,
        attributes: &[String],
        tracker: &TaskTracker,
    ) -> Self {
        let customers =
            CustomerServiceClient::new(caller.clone()).max_decoding_message_size(MAX_BATCH_BYTES);
        Self {
            bundler: Bundler::start(settings, customers.clone(), tracker),
            customers,
            changes: ChangeServiceClient::new(caller.clone()),
            consents: ConsentServiceClient::new(caller),
            attributes: Arc::new(attributes.iter().cloned().collect()),
        }
    }

    /// Asks for the facts of one customer in a call of its own.
    async fn ask_alone(&self, customer_id: String, min_revision: u64) -> Result<Snapshot, Refusal> {
        let request = wire::GetCustomerFactsRequest {
            customer_id,
            min_revision,
        };
        let answer = self.customers.clone().get_customer_facts(request).await;
        let facts = answer.map_err(|status| ours(&status))?.into_inner().facts;
        facts
            .map(|facts| snapshot(facts, &self.attributes))
            .ok_or_else(no_facts)
    }

    /// Asks for the facts of one customer together with whatever else is asked just now.
    async fn ask_bundled(&self, customer_id: String) -> Result<Snapshot, Refusal> {
        let deadline = edge::deadline::current_or(UNTOLD_DEADLINE);
        let answer = self.bundler.ask(customer_id.clone(), deadline).await?;
        match answer {
            Ok(Some(facts)) => Ok(snapshot(facts, &self.attributes)),
            Ok(None) => Err(no_such_customer(&customer_id)),
            Err(status) => {
                let refusal = ours(&status);
                if refusal.kind == Kind::Internal {
                    // It may be about another customer of the bundle.
                    return self.ask_alone(customer_id, 0).await;
                }
                Err(refusal)
            }
        }
    }
}

/// A call's span must be below the span of the call it is made for, so a call whose trace is kept
/// asks alone; and a bundle cannot ask for a revision.
fn must_ask_alone(min_revision: u64) -> bool {
    min_revision > 0 || edge::trace::current().is_some_and(|trace| trace.sampled)
}

fn no_such_customer(customer_id: &str) -> Refusal {
    Refusal::not_found(
        "CUSTOMER_NOT_FOUND",
        "there is no such customer: check its id",
    )
    .with("customer_id", customer_id)
}

impl Profiles for ProfilesClient {
    fn facts(
        &self,
        customer_id: String,
        min_revision: u64,
    ) -> BoxFuture<'_, Result<Snapshot, Refusal>> {
        async move {
            if must_ask_alone(min_revision) {
                self.ask_alone(customer_id, min_revision).await
            } else {
                self.ask_bundled(customer_id).await
            }
        }
        .boxed()
    }

    fn facts_of(&self, customer_ids: Vec<String>) -> BoxFuture<'_, Result<Vec<Snapshot>, Refusal>> {
        let mut customers = self.customers.clone();
        let attributes = Arc::clone(&self.attributes);
        let request = wire::BatchGetCustomerFactsRequest { customer_ids };
        async move {
            let answer = customers.batch_get_customer_facts(request).await;
            let answer = answer.map_err(|status| ours(&status))?.into_inner();
            let facts = answer.facts.into_iter();
            Ok(facts.map(|facts| snapshot(facts, &attributes)).collect())
        }
        .boxed()
    }

    fn may_contact(
        &self,
        questions: Vec<ContactQuestion>,
    ) -> BoxFuture<'_, Result<Vec<Permission>, Refusal>> {
        let mut consents = self.consents.clone();
        let request = permissions::request(&questions);
        async move {
            let answer = consents.may_contact(request).await;
            let answer = answer.map_err(|status| ours(&status))?.into_inner();
            permissions::read(&questions, answer).ok_or_else(no_permissions)
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
            let runs = stream.map(|run| run.map_err(|status| ours(&status)).and_then(read_run));
            Ok(runs.boxed())
        }
        .boxed()
    }
}

fn snapshot(answer: contract::types::v1::CustomerFacts, attributes: &AttributeNames) -> Snapshot {
    Snapshot {
        facts: facts::read(&answer, attributes),
        carried: Carried::new(answer),
    }
}

fn read_run(run: wire::WatchChangesResponse) -> Result<Changes, Refusal> {
    let mut kinds = run.changes.iter().flat_map(|change| &change.kinds);
    if let Some(kind) = kinds.find(|kind| wire::ChangeKind::try_from(**kind).is_err()) {
        return Err(change_not_known(*kind));
    }
    let change = |change: wire::Change| Change {
        customer_id: change.customer_id,
        change_time: change.change_time.as_ref().and_then(edge::wire::instant),
    };
    Ok(Changes {
        changes: run.changes.into_iter().map(change).collect(),
        cursor: run.cursor,
        lag_seconds: run.lag_seconds,
    })
}

/// What a change of a later version asks for must not be passed over.
fn change_not_known(kind: i32) -> Refusal {
    Refusal::unavailable(
        CHANGE_NOT_KNOWN,
        "profiles tells of a kind of change that this version does not know: update this service",
        Duration::from_secs(30),
    )
    .with("change_kind", kind)
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

#[derive(Debug, thiserror::Error)]
#[error("profiles answered another number of questions than it was asked")]
struct NoPermissions;

fn no_permissions() -> Refusal {
    Refusal::internal(NoPermissions)
}

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
