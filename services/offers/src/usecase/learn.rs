//! Learning from what became of calls: once a day, by one process, a new version of what was learnt.

use std::sync::Arc;
use std::time::Duration;

use kernel::entropy::Entropy;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Span, Timestamp};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::active::{Active, Versions};
use crate::domain::budget::Budget;
use crate::domain::catalogue::Learning;
use crate::domain::decision::Record;
use crate::domain::evidence::{HALF_LIVES, LEAST_CALLS, Tally};
use crate::domain::posterior::{LearnedVersion, Posterior, Prices, Seen};
use crate::domain::price::{Purse, RECENT_CALLS, bids, prices};
use crate::store::{NewLearned, Store};

/// The longest that reading budgets and keeping a version may take.
const AT_MOST: Duration = Duration::from_secs(30);

/// How soon after a call it is known whether the customer stayed that day, in hours.
const SETTLED_AFTER_HOURS: i64 = 24;

/// The use case.
#[derive(Clone)]
pub struct Learn {
    /// The tables.
    pub store: Store,
    /// The versions in force.
    pub active: Active,
    /// Where seeds come from.
    pub entropy: Arc<dyn Entropy>,
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learnt {
    /// The catalogue says nothing about learning, or a version of today is there.
    NotDue,
    /// Another process is at it.
    Elsewhere,
    /// Too few calls came to something: so many.
    TooFew(u64),
    /// This version was made of so many calls.
    Made {
        /// The version.
        version: u64,
        /// The calls.
        calls: u64,
    },
}

impl Learn {
    /// Makes the version of today, if that is due and nobody else does. Whatever goes wrong, the version
    /// in use stays in use.
    pub async fn look(&self) -> Result<Learnt, Refusal> {
        let versions = self.active.current();
        let Some(learning) = &versions.catalogue.learning else {
            return Ok(Learnt::NotDue);
        };
        if self.store.learning_is_due().await?.is_none() {
            return Ok(Learnt::NotDue);
        }
        let Some(lock) = self.store.lock_learning().await? else {
            return Ok(Learnt::Elsewhere);
        };
        let learnt = self.learn(&versions, learning).await;
        lock.release().await;
        learnt
    }

    /// Whoever had the lock before may have made it meanwhile.
    async fn learn(
        &self,
        versions: &Arc<Versions>,
        learning: &Learning,
    ) -> Result<Learnt, Refusal> {
        let Some(now) = self.store.learning_is_due().await? else {
            return Ok(Learnt::NotDue);
        };
        let tally = self.count(versions, learning, now).await?;
        let calls = tally.calls();
        if calls < LEAST_CALLS {
            return Ok(Learnt::TooFew(calls));
        }
        let new = NewLearned {
            made_at: now,
            catalogue_version: versions.catalogue.version,
            evidence: tally.seen(),
            prices: Prices::new(),
            seed: self.entropy.next_u64(),
        };
        let prices = self.prices(versions, &new, now).await?;
        let new = NewLearned { prices, ..new };
        let version = self.store.keep_learned(new, Deadline::within(AT_MOST));
        Ok(Learnt::Made {
            version: version.await?,
            calls,
        })
    }

    async fn count<'a>(
        &self,
        versions: &Versions,
        learning: &'a Learning,
        now: Timestamp,
    ) -> Result<Tally<'a>, Refusal> {
        let hours = |hours: i64| now.checked_sub(Span::new().hours(hours));
        let furthest = 24 * i64::from(learning.half_life_days) * i64::from(HALF_LIVES);
        let since = hours(furthest).unwrap_or(Timestamp::UNIX_EPOCH);
        let until = hours(SETTLED_AFTER_HOURS).unwrap_or(now);
        let mut tally = Tally::new(learning, now);
        let mut after = Some(Uuid::nil());
        while let Some(place) = after {
            let page = self.store.known_calls(place, since, until).await?;
            for call in page.calls {
                if let Some(result) = call.result(&versions.catalogue) {
                    tally.add(&result);
                }
            }
            after = page.next;
        }
        Ok(tally)
    }

    /// What a unit of each budget must return, as is believed with what was counted.
    async fn prices(
        &self,
        versions: &Arc<Versions>,
        new: &NewLearned,
        now: Timestamp,
    ) -> Result<Prices, Refusal> {
        let most = u32::try_from(Budget::MOST).unwrap_or(u32::MAX);
        let budgets = self.store.budgets(None, most, Deadline::within(AT_MOST));
        let budgets = budgets.await?.into_iter();
        let named = versions.catalogue.budgets();
        let purses: Vec<Purse> = budgets
            .filter(|stored| named.contains(&stored.budget.key))
            .filter_map(|stored| Purse::of(&stored.budget, &stored.used, now))
            .collect();
        if purses.iter().all(|purse| purse.days.is_none()) {
            return Ok(Prices::new());
        }
        let records = self.store.latest_contended(RECENT_CALLS).await?;
        let rate = self.store.contended_rate(now).await?;
        let calls_a_day = f64::from(u32::try_from(rate.calls).unwrap_or(u32::MAX)) / rate.days;
        let (versions, believed) = (Arc::clone(versions), believed(new));
        let work = move || worked_out(&versions, &believed, &records, &purses, calls_a_day);
        spawn_blocking(work).await.map_err(Refusal::internal)
    }
}

/// What was counted, as a version without prices.
fn believed(new: &NewLearned) -> LearnedVersion {
    let evidence: Vec<Seen> = new.evidence.clone();
    LearnedVersion {
        version: 0,
        made_at: new.made_at,
        catalogue_version: new.catalogue_version,
        evidence,
        prices: Prices::new(),
        seed: new.seed,
    }
}

fn worked_out(
    versions: &Versions,
    believed: &LearnedVersion,
    records: &[Record],
    purses: &[Purse],
    calls_a_day: f64,
) -> Prices {
    let (catalogue, policy) = (&versions.catalogue, &versions.policy);
    let Some(posterior) = Posterior::new(catalogue, believed) else {
        return Prices::new();
    };
    let calls: Vec<_> = records
        .iter()
        .map(|record| bids(record, catalogue, policy, &posterior, purses))
        .collect();
    prices(&calls, purses, calls_a_day)
}
