//! Gathering: who the customer is, from the cache where it can be believed, from the lifecycle
//! service otherwise, and not at all rather than wrongly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use kernel::id::CustomerId;
use kernel::refusal::{Kind, Refusal};
use kernel::time::{Clock, Deadline};
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use super::latest::Latest;
use super::ports::{Lifecycle, Told};
use crate::cache::{Cached, CachedCustomers, Freshness};
use crate::domain::customer::Customer;

/// How long asking the lifecycle service may take, whoever waits for it.
const ASK_AT_MOST: Duration = Duration::from_secs(1);

/// What is kept of a call's deadline for deciding and recording after the customer is known.
const RESERVE: Duration = Duration::from_millis(150);

/// A customer and what was down on the way to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    /// The customer; absent when nobody could say in time.
    pub customer: Option<Arc<Customer>>,
    /// What was down, as short keys.
    pub degraded: Vec<String>,
}

type Asked = Result<Arc<Customer>, Refusal>;
type Flight = Shared<BoxFuture<'static, Asked>>;

/// Whether the cache hears of changes in time. While it does not, it is not believed.
#[derive(Clone, Debug, Default)]
pub struct FeedTrust(Arc<AtomicBool>);

impl FeedTrust {
    /// Says whether the feed keeps up.
    pub fn set(&self, keeps_up: bool) {
        self.0.store(keeps_up, Ordering::Relaxed);
    }

    fn keeps_up(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Gathers customers. Cheap to clone.
#[derive(Clone)]
pub struct Gather {
    shared: Arc<Inner>,
}

struct Inner {
    cached: CachedCustomers,
    lifecycle: Arc<dyn Lifecycle>,
    clock: Arc<dyn Clock>,
    trust: FeedTrust,
    latest: Latest,
    tracker: TaskTracker,
    flights: Mutex<HashMap<(CustomerId, u64), Flight>>,
}

impl Gather {
    /// Gathers from a cache and the service behind it.
    pub fn new(
        cached: CachedCustomers,
        lifecycle: Arc<dyn Lifecycle>,
        clock: Arc<dyn Clock>,
        trust: FeedTrust,
        latest: Latest,
        tracker: TaskTracker,
    ) -> Self {
        let shared = Arc::new(Inner {
            cached,
            lifecycle,
            clock,
            trust,
            latest,
            tracker,
            flights: Mutex::default(),
        });
        Self { shared }
    }

    /// Finds out who a customer is, at `min_revision` or later. A customer that does not exist is
    /// refused; anything that is down or late is a degraded answer.
    pub async fn customer(
        &self,
        customer_id: &CustomerId,
        min_revision: u64,
        deadline: Deadline,
    ) -> Result<Gathered, Refusal> {
        let inner = &self.shared;
        let cached = inner.cached.get(customer_id, inner.clock.now()).await;
        let cached = cached.filter(|cached| cached.customer.revision >= min_revision);
        let (believed, fallback) = match cached {
            Some(cached) if !inner.believes(&cached) => (None, Some(cached)),
            other => (other, None),
        };
        if let Some(cached) = believed {
            if cached.freshness == Freshness::Ageing {
                // The flight goes on by itself; nobody on this call waits for it.
                drop(self.ask(customer_id, min_revision));
            }
            return Ok(whole(Arc::new(cached.customer)));
        }
        match self.wait(customer_id, min_revision, deadline).await {
            Ok(customer) => Ok(whole(customer)),
            Err(refusal) if says_no(&refusal) => Err(refusal),
            Err(_) => Ok(match fallback {
                Some(stale) => Gathered {
                    customer: Some(Arc::new(stale.customer)),
                    degraded: vec![
                        "lifecycle_unavailable".to_owned(),
                        "stale_eligibility".to_owned(),
                    ],
                },
                None => Gathered {
                    customer: None,
                    degraded: vec!["lifecycle_unavailable".to_owned()],
                },
            }),
        }
    }

    async fn wait(&self, customer_id: &CustomerId, min_revision: u64, deadline: Deadline) -> Asked {
        let flight = self.ask(customer_id, min_revision);
        let limit = deadline
            .instant()
            .checked_sub(RESERVE)
            .unwrap_or(deadline.instant());
        match timeout_at(limit.into(), flight).await {
            Ok(asked) => asked,
            Err(_) => Err(Refusal::late("the customer could not be read in time")),
        }
    }

    /// Asks once for everybody who wants to know the same at the same time. The question goes on,
    /// and its answer is kept, when those who asked have left.
    fn ask(&self, customer_id: &CustomerId, min_revision: u64) -> Flight {
        let key = (customer_id.clone(), min_revision);
        let mut flights = self
            .shared
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = flights.get(&key) {
            return flight.clone();
        }
        // Made here, so that it belongs to the trace of the call it is for; waited for elsewhere.
        let deadline = Deadline::within(ASK_AT_MOST);
        let lifecycle = &self.shared.lifecycle;
        let answer = lifecycle.customer(customer_id.clone(), min_revision, deadline);
        let this = self.clone();
        let flying = key.clone();
        let task = self.shared.tracker.spawn(
            async move {
                let asked = this.fetch(answer).await;
                this.land(&flying);
                asked
            }
            .in_current_span(),
        );
        let flight: Flight = async move {
            task.await
                .unwrap_or_else(|panic| Err(Refusal::internal(panic)))
        }
        .boxed()
        .shared();
        flights.insert(key, flight.clone());
        flight
    }

    async fn fetch(&self, answer: BoxFuture<'static, Result<Told, Refusal>>) -> Asked {
        let inner = &self.shared;
        let computed_at = inner.clock.now();
        let Told {
            customer,
            computed_with,
        } = answer.await?;
        inner.latest.heard(computed_with);
        let customer = Arc::new(customer);
        let (cached, keep) = (inner.cached.clone(), Arc::clone(&customer));
        // Keeping it is nobody's wait.
        inner.tracker.spawn(
            async move { cached.put(&keep, computed_with, computed_at).await }.in_current_span(),
        );
        Ok(customer)
    }

    fn land(&self, key: &(CustomerId, u64)) {
        let mut flights = self
            .shared
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        flights.remove(key);
    }
}

impl Inner {
    /// Says whether what is kept may be used as it is.
    fn believes(&self, cached: &Cached) -> bool {
        self.trust.keeps_up()
            && cached.freshness != Freshness::Stale
            && !self.latest.outdates(cached.computed_with)
    }
}

fn whole(customer: Arc<Customer>) -> Gathered {
    Gathered {
        customer: Some(customer),
        degraded: Vec::new(),
    }
}

/// Tells an answer from a failure to answer.
fn says_no(refusal: &Refusal) -> bool {
    matches!(
        refusal.kind,
        Kind::NotFound | Kind::Refused | Kind::Malformed
    )
}
