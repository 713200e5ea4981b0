//! Measuring what became of calls: describe what ended, ask profiles who is still here, settle.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::id::CustomerId;
use kernel::refusal::{Kind, Refusal};
use kernel::time::{Clock, Deadline, Timestamp};

use super::ports::Profiles;
use crate::domain::outcome::{Description, Evidence, Judged, Measured, describe, judge};
use crate::store::{ClaimedCall, DescribedCall, JudgedCall, Store};

/// How many calls one round looks at, at most.
const BATCH: i64 = 100;
/// How long profiles may take to answer about them.
const ASK_AT_MOST: Duration = Duration::from_secs(5);

/// The use case.
#[derive(Clone)]
pub struct MeasureOutcomes {
    /// The tables.
    pub store: Store,
    /// Who is still here.
    pub profiles: Arc<dyn Profiles>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A call that is looked at, with what is known of it.
struct Looked {
    claimed: ClaimedCall,
    description: Description,
    measured: Measured,
}

impl MeasureOutcomes {
    /// Looks at what is due, once. Returns whether there was anything. What cannot be judged now, since
    /// profiles does not answer, is described all the same and comes back later.
    pub async fn look(&self) -> Result<bool, Refusal> {
        let now = self.clock.now();
        let noted = self.store.note_ended_calls(now, BATCH).await?;
        let claimed = self.store.claim_outcomes(now, BATCH).await?;
        if claimed.is_empty() {
            return Ok(noted > 0);
        }
        let looked: Vec<Looked> = claimed.into_iter().map(looked).collect();
        let described: Vec<_> = looked.iter().map(Looked::described).collect();
        self.store.describe_outcomes(&described).await?;
        let evidence = self.evidence(&looked).await?;
        let judged: Vec<_> = looked
            .iter()
            .filter_map(|call| call.judged(&evidence, now))
            .collect();
        self.store.settle_outcomes(&judged, now).await?;
        Ok(true)
    }

    /// Asks about the customers of some calls. Whom nobody could be asked about is left out; whom
    /// profiles does not know is there without facts.
    async fn evidence(
        &self,
        looked: &[Looked],
    ) -> Result<HashMap<CustomerId, Option<Evidence>>, Refusal> {
        let mut customers: Vec<_> = looked.iter().map(Looked::customer_id).cloned().collect();
        customers.sort_unstable();
        customers.dedup();
        match self.ask(&customers).await {
            Ok(evidence) => Ok(evidence),
            Err(refusal) if customers.len() == 1 || is_for_everybody(&refusal) => Err(refusal),
            // One answer may be too large, or one customer not to be read: the others are judged.
            Err(_) => {
                let mut all = HashMap::new();
                for customer in &customers {
                    match self.ask(std::slice::from_ref(customer)).await {
                        Ok(evidence) => all.extend(evidence),
                        Err(refusal) => {
                            tracing::warn!(reason = refusal.reason, "a customer is judged later");
                        }
                    }
                }
                Ok(all)
            }
        }
    }

    async fn ask(
        &self,
        customers: &[CustomerId],
    ) -> Result<HashMap<CustomerId, Option<Evidence>>, Refusal> {
        let deadline = Deadline::within(ASK_AT_MOST);
        let told = self.profiles.evidence(customers.to_vec(), deadline).await?;
        let mut all: HashMap<_, _> = customers.iter().cloned().map(|id| (id, None)).collect();
        for evidence in told {
            all.insert(evidence.customer_id.clone(), Some(evidence));
        }
        Ok(all)
    }
}

/// Whether asking about fewer customers would come to the same.
const fn is_for_everybody(refusal: &Refusal) -> bool {
    matches!(refusal.kind, Kind::Unavailable | Kind::Late)
}

fn looked(claimed: ClaimedCall) -> Looked {
    let description = describe(&claimed.call);
    let measured = Measured::new(&claimed.call, &description);
    Looked {
        claimed,
        description,
        measured,
    }
}

impl Looked {
    const fn customer_id(&self) -> &CustomerId {
        &self.claimed.call.customer_id
    }

    const fn described(&self) -> DescribedCall<'_> {
        DescribedCall {
            claimed: &self.claimed,
            description: &self.description,
            durable_due_at: self.measured.durable_due_at,
        }
    }

    fn judged(
        &self,
        evidence: &HashMap<CustomerId, Option<Evidence>>,
        now: Timestamp,
    ) -> Option<JudgedCall<'_>> {
        let evidence = evidence.get(self.customer_id())?.as_ref();
        let before = self.claimed.before.as_ref();
        let stands = before.and_then(|before| before.of(&self.measured));
        // Where nobody knows the customer any more, the judgement that stands rests on what it did.
        let revision = match evidence {
            Some(evidence) => Some(evidence.revision),
            None => before.and_then(|before| before.revision),
        };
        let judged = Judged {
            judgement: judge(&self.measured, evidence, stands, now),
            revision,
            judged_at: now,
        };
        Some(JudgedCall {
            claimed: &self.claimed,
            judged,
        })
    }
}
