//! Takes over what the fits rest on, as customers change, and scores these customers.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use kernel::refusal::{Kind, Refusal};
use kernel::time::Deadline;
use tokio_util::sync::CancellationToken;

use super::UseCases;
use super::ports::{CHANGE_NOT_KNOWN, Change, Changes, Snapshot};
use crate::domain::tenure::observation;
use crate::store::{CHANGES_FEED, Cursor, SetAside, TakeOver, ToScore};

/// How many customers are taken over at once.
const CHUNK: usize = 500;
/// How long the transaction of one chunk is waited for.
const STORE_LIMIT: Duration = Duration::from_secs(30);

/// Why following stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// Another process follows.
    NotOurs,
    /// The feed ended its stream: go on at once.
    StreamEnded,
    /// The process stops.
    Stopped,
}

impl UseCases {
    /// Follows the feed for as long as the lease, the stream and the process last.
    pub async fn follow_changes(
        &self,
        holder: &str,
        stop: &CancellationToken,
    ) -> Result<Followed, Refusal> {
        let lease = self.limits.feed_lease;
        let Some(position) = self.store.acquire_feed(holder, lease).await? else {
            return Ok(Followed::NotOurs);
        };
        let mut stream = self.profiles.watch(position).await?;
        let mut renewal = tokio::time::interval(lease / 3);
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.store.release_feed(holder).await?;
                    return Ok(Followed::Stopped);
                }
                _ = renewal.tick() => {
                    if !self.store.renew_feed(holder, lease).await? {
                        return Ok(Followed::NotOurs);
                    }
                }
                run = stream.next() => {
                    let Some(run) = run else {
                        return Ok(Followed::StreamEnded);
                    };
                    let run = self.understood(run, holder).await?;
                    if !self.take_over_run(run, holder).await? {
                        return Ok(Followed::NotOurs);
                    }
                }
            }
        }
    }

    /// Gives the feed up to a process that understands it, where this one does not.
    async fn understood(
        &self,
        run: Result<Changes, Refusal>,
        holder: &str,
    ) -> Result<Changes, Refusal> {
        if let Err(refusal) = &run
            && refusal.reason == CHANGE_NOT_KNOWN
        {
            self.store.release_feed(holder).await?;
        }
        run
    }

    async fn take_over_run(&self, run: Changes, holder: &str) -> Result<bool, Refusal> {
        let cursor = Cursor {
            feed: CHANGES_FEED,
            holder: holder.to_owned(),
            position: run.cursor,
        };
        self.take_over(&run.changes, Some(cursor)).await
    }

    /// Takes over the customers of a run, the cursor with the last of them; `false` when the lease
    /// on it was lost. Doing it twice, or beside another process, changes nothing.
    pub(super) async fn take_over(
        &self,
        changes: &[Change],
        cursor: Option<Cursor>,
    ) -> Result<bool, Refusal> {
        let customers: BTreeSet<&str> = changes
            .iter()
            .map(|change| change.customer_id.as_str())
            .collect();
        let customers: Vec<String> = customers.into_iter().map(str::to_owned).collect();
        let mut chunks = customers.chunks(CHUNK).peekable();
        if chunks.peek().is_none() && cursor.is_some() {
            let only_cursor = TakeOver {
                cursor,
                ..TakeOver::default()
            };
            return self.store_run(only_cursor).await;
        }
        while let Some(chunk) = chunks.next() {
            let mut run = self.observe(chunk).await?;
            if chunks.peek().is_none() {
                run.cursor.clone_from(&cursor);
            }
            if !self.store_run(run).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn store_run(&self, run: TakeOver) -> Result<bool, Refusal> {
        let deadline = Deadline::within(STORE_LIMIT);
        Ok(self.store.take_over(deadline, run).await?)
    }

    /// Reads the facts of some customers. When these cannot be read together for a reason that
    /// trying again does not mend, each is read alone, and the bad ones are set aside.
    async fn observe(&self, customers: &[String]) -> Result<TakeOver, Refusal> {
        let score = self.scorer(self.now())?;
        let facts = Vec::with_capacity(customers.len());
        let mut run = TakeOver {
            to_score: Some(ToScore { facts, score }),
            ..TakeOver::default()
        };
        match self.profiles.facts_of(customers.to_vec()).await {
            Ok(snapshots) => self.sort_out(customers, snapshots, &mut run),
            Err(refusal) if is_passing(&refusal) => return Err(refusal),
            Err(_) => {
                for customer in customers {
                    self.observe_alone(customer, &mut run).await?;
                }
            }
        }
        Ok(run)
    }

    async fn observe_alone(&self, customer: &String, run: &mut TakeOver) -> Result<(), Refusal> {
        let alone = std::slice::from_ref(customer);
        match self.profiles.facts_of(alone.to_vec()).await {
            Ok(snapshots) => self.sort_out(alone, snapshots, run),
            Err(refusal) if is_passing(&refusal) => return Err(refusal),
            Err(refusal) => run.set_aside.push(SetAside {
                customer_id: customer.clone(),
                revision: 0,
                reason: format!("the facts cannot be read: {}", refusal.reason),
            }),
        }
        Ok(())
    }

    fn sort_out(&self, customers: &[String], snapshots: Vec<Snapshot>, run: &mut TakeOver) {
        let now = self.now();
        let mut gone: BTreeSet<&String> = customers.iter().collect();
        for Snapshot { facts, .. } in snapshots {
            gone.remove(&facts.customer_id);
            match observation::observe(&facts, now) {
                Ok(observation) => run.observations.push(observation),
                Err(unusable) => run.set_aside.push(SetAside {
                    customer_id: facts.customer_id.clone(),
                    revision: facts.revision,
                    reason: unusable.to_string(),
                }),
            }
            // Also what no fit can use has a stage.
            if let Some(to_score) = &mut run.to_score {
                to_score.facts.push(facts);
            }
        }
        run.gone.extend(gone.into_iter().cloned());
    }
}

/// Tells whether the same question may be answered another time.
fn is_passing(refusal: &Refusal) -> bool {
    matches!(
        refusal.kind,
        Kind::Unavailable | Kind::Late | Kind::Conflict | Kind::Exhausted
    )
}
