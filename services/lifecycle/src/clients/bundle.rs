//! Bundles the questions for facts that arrive at the same time into one call.
//!
//! A few calls are under way at once; what is asked meanwhile waits for the next, so that a bundle
//! is as large as the load makes it and a lone question never waits. A call costs profiles and us
//! far more than a customer in it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use contract::profiles::v1 as wire;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use contract::types::v1::CustomerFacts;
use edge::client::Caller;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;
use tonic::{Request, Status};

/// How questions are bundled.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BundleSettings {
    /// How many calls may be under way at once.
    pub calls: usize,
    /// How many questions one call asks at most; profiles allows 500.
    pub size: usize,
    /// How many questions may wait; more are refused at once.
    pub waiting: usize,
}

impl Default for BundleSettings {
    fn default() -> Self {
        Self {
            calls: 2,
            size: 100,
            waiting: 1_024,
        }
    }
}

/// What comes of one question; nothing for a customer nobody knows.
type Answer = Result<Option<CustomerFacts>, Status>;

/// One question, and who waits for its answer.
struct Question {
    customer_id: String,
    deadline: Deadline,
    asker: oneshot::Sender<Answer>,
}

/// Takes questions and bundles them; clones share the bundles.
#[derive(Clone)]
pub(super) struct Bundler {
    questions: mpsc::Sender<Question>,
}

/// Why a question was not put.
#[derive(Debug)]
pub(super) enum NotAsked {
    /// Too many are waiting, or the process stops.
    Full,
    /// The time was over.
    Late,
}

impl Bundler {
    /// Starts to bundle. Ends when the last clone is gone.
    pub(super) fn start(
        settings: &BundleSettings,
        customers: CustomerServiceClient<Caller>,
        tracker: &TaskTracker,
    ) -> Self {
        let (questions, waiting) = mpsc::channel(settings.waiting.max(1));
        let bundles = Bundles {
            customers,
            tracker: tracker.clone(),
            calls: Arc::new(Semaphore::new(settings.calls.max(1))),
            size: settings.size.clamp(1, 500),
        };
        tracker.spawn(bundles.run(waiting));
        Self { questions }
    }

    /// Asks for the facts of a customer.
    pub(super) async fn ask(
        &self,
        customer_id: String,
        deadline: Deadline,
    ) -> Result<Answer, NotAsked> {
        let (asker, answer) = oneshot::channel();
        let question = Question {
            customer_id,
            deadline,
            asker,
        };
        self.questions
            .try_send(question)
            .map_err(|_| NotAsked::Full)?;
        match timeout_at(deadline.instant().into(), answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(NotAsked::Full),
            Err(_) => Err(NotAsked::Late),
        }
    }
}

/// The loop that makes bundles.
struct Bundles {
    customers: CustomerServiceClient<Caller>,
    tracker: TaskTracker,
    calls: Arc<Semaphore>,
    size: usize,
}

impl Bundles {
    async fn run(self, mut waiting: mpsc::Receiver<Question>) {
        // A place is taken before the questions, so that these pile up while all calls are busy.
        while let Ok(place) = Arc::clone(&self.calls).acquire_owned().await {
            let mut bundle = Vec::with_capacity(self.size);
            if waiting.recv_many(&mut bundle, self.size).await == 0 {
                return;
            }
            let customers = self.customers.clone();
            self.tracker.spawn(async move {
                call(customers, bundle).await;
                drop(place);
            });
        }
    }
}

/// Asks one bundle and hands the answers out.
async fn call(mut customers: CustomerServiceClient<Caller>, mut bundle: Vec<Question>) {
    // Who has left, or whose time is over, needs no answer.
    let now = Instant::now();
    bundle.retain(|question| !question.asker.is_closed() && !question.deadline.is_past(now));
    let longest = bundle.iter().map(|question| question.deadline).max();
    let Some(longest) = longest else { return };
    let customer_ids = bundle
        .iter()
        .map(|question| question.customer_id.clone())
        .collect();
    let mut request = Request::new(wire::BatchGetCustomerFactsRequest { customer_ids });
    request.set_timeout(longest.remaining(now).max(Duration::from_millis(1)));
    match customers.batch_get_customer_facts(request).await {
        Ok(answer) => hand_out(answer.into_inner().facts, bundle),
        Err(status) => {
            for question in bundle {
                let _ = question.asker.send(Err(status.clone()));
            }
        }
    }
}

fn hand_out(facts: Vec<CustomerFacts>, bundle: Vec<Question>) {
    let mut by_customer: HashMap<String, CustomerFacts> = HashMap::with_capacity(facts.len());
    for facts in facts {
        // Somebody may have asked by another id of the same customer.
        for id in &facts.merged_customer_ids {
            by_customer.insert(id.clone(), facts.clone());
        }
        by_customer.insert(facts.customer_id.clone(), facts);
    }
    let mut askers: HashMap<String, Vec<oneshot::Sender<Answer>>> = HashMap::new();
    for question in bundle {
        askers
            .entry(question.customer_id)
            .or_default()
            .push(question.asker);
    }
    for (customer_id, mut askers) in askers {
        let found = by_customer.remove(&customer_id);
        let last = askers.pop();
        for asker in askers {
            let _ = asker.send(Ok(found.clone()));
        }
        if let Some(asker) = last {
            let _ = asker.send(Ok(found));
        }
    }
}

impl From<NotAsked> for Refusal {
    fn from(reason: NotAsked) -> Self {
        match reason {
            NotAsked::Full => Self::unavailable(
                "OVERLOADED",
                "more is waiting for profiles than can be asked in time: try again later",
                Duration::from_millis(100),
            ),
            NotAsked::Late => Self::late("profiles did not answer within the call's time"),
        }
    }
}
