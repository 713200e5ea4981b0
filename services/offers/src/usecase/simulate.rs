//! Deciding past calls again under a draft of the catalogue, the policy or both. Nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline, Timestamp};
use storage::StoreError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout_at;

use super::active::Active;
use super::compile::{compile_policy, review_catalogue};
use crate::domain::budget::Budget;
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Record;
use crate::domain::holdout::Holdout;
use crate::domain::policy::PolicySet;
use crate::domain::problem::Problem;
use crate::domain::simulation::{Draft, Judged, Report, Simulation, Then};
use crate::domain::version::SourceFile;
use crate::store::{CallsBegun, PastDecision, Place, Store};

/// How many pairs of versions of the past are kept ready.
const MOST_VERSIONS: usize = 64;

/// The use case.
#[derive(Clone)]
pub struct Simulate {
    store: Store,
    active: Active,
    clock: Arc<dyn Clock>,
    /// One at a time in a process: each works as fast as it can.
    turn: Arc<Semaphore>,
}

/// What to try, and on which calls.
#[derive(Clone, Debug)]
pub struct Command {
    /// The files of the catalogue; none for the one in force.
    pub catalogue: Option<Vec<SourceFile>>,
    /// The files of the policy; none for the one in force.
    pub policy: Option<Vec<SourceFile>>,
    /// Calls that began from this time on; all without it.
    pub from: Option<Timestamp>,
    /// Calls that began before this time; until now without it.
    pub until: Option<Timestamp>,
    /// At most so many decisions, those of the latest calls.
    pub most: u64,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Decisions of calls in the time that were found so far.
    Found(u64),
    /// Decisions that were decided again, of how many.
    Decided(u64, u64),
}

/// What it came to.
#[derive(Debug)]
pub enum Answer {
    /// Nothing was simulated: this is wrong with the files.
    Refused(Vec<Problem>),
    /// This.
    Simulated(Box<Simulated>),
}

/// What a draft would have done.
#[derive(Debug)]
pub struct Simulated {
    /// The figures, without what came of the calls.
    pub report: Report,
    /// How many outcomes are known, and how many of them were left out.
    pub outcome_counts: (usize, u64),
    /// What these say of the draft.
    pub judged: Judged,
    /// The budgets that there are.
    pub budgets: Vec<Budget>,
    /// The calls that were looked at.
    pub begun: CallsBegun,
    /// Whether there were more decisions in the time than were asked for.
    pub is_cut: bool,
    /// What somebody should look at before publishing.
    pub warnings: Vec<Problem>,
}

/// Where it is told how far it is: who reads too slowly must not hold it up.
pub type Listener = mpsc::Sender<Progress>;

/// The decisions to read: of calls that began in a time, and of those of its first second only so
/// many.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    begun: CallsBegun,
    total: u64,
    first_second: i64,
    of_first_second: u64,
    is_cut: bool,
}

impl Simulate {
    /// Simulates on these tables.
    pub fn on(store: Store, active: Active, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            active,
            clock,
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Simulates, unless somebody else does. It ends when the future is dropped, within one statement
    /// or a few hundred decisions.
    pub async fn handle(
        &self,
        command: Command,
        listener: Listener,
        deadline: Deadline,
    ) -> Result<Answer, Refusal> {
        let _turn = self.turn.try_acquire().map_err(|_| under_way())?;
        let work = self.simulate(command, &listener);
        match timeout_at(deadline.instant().into(), work).await {
            Ok(answer) => answer,
            Err(_) => Err(Refusal::late(
                "the time was not enough for so many calls: ask for fewer, or give more time",
            )),
        }
    }

    async fn simulate(&self, command: Command, listener: &Listener) -> Result<Answer, Refusal> {
        let (draft, warnings) = match self.draft(&command).await? {
            Ok(draft) => draft,
            Err(problems) => return Ok(Answer::Refused(problems)),
        };
        let wanted = self.wanted(&command, listener).await?;
        let simulation = self.decide_again(draft, wanted, listener).await?;
        let (mut report, budgets) = simulation.finish();
        let outcomes = std::mem::take(&mut report.outcomes);
        let outcome_counts = outcomes.counts();
        let judged = spawn_blocking(move || outcomes.judge()).await;
        Ok(Answer::Simulated(Box::new(Simulated {
            report,
            outcome_counts,
            judged: judged.map_err(Refusal::internal)?,
            budgets,
            begun: wanted.begun,
            is_cut: wanted.is_cut,
            warnings,
        })))
    }

    /// Compiles what would be published, as publishing would; what is not given is as in force.
    async fn draft(
        &self,
        command: &Command,
    ) -> Result<Result<(Draft, Vec<Problem>), Vec<Problem>>, Refusal> {
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        let active = self.active.current();
        let mut catalogue = Arc::clone(&active.catalogue);
        if let Some(files) = &command.catalogue {
            match review_catalogue(files).await? {
                Ok((tried, told)) => {
                    catalogue = Arc::new(self.with_its_holdout(tried).await?);
                    warnings = told;
                }
                Err(found) => problems.extend(found),
            }
        }
        let mut policy = Arc::clone(&active.policy);
        if let Some(files) = &command.policy {
            match compile_policy(files).await? {
                Ok(tried) => policy = Arc::new(tried),
                Err(found) => problems.extend(found),
            }
        }
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let draft = Draft {
            catalogue,
            policy,
            budgets: self.store.all_budgets().await?,
        };
        Ok(Ok((draft, warnings)))
    }

    /// Holds out whom publishing would, or refuses as it does where the share was settled otherwise.
    async fn with_its_holdout(&self, tried: Catalogue) -> Result<Catalogue, StoreError> {
        let Some(learning) = &tried.learning else {
            return Ok(tried);
        };
        let key = learning.holdout.key.clone();
        let share = self.store.holdout_share_to_be(&learning.holdout).await?;
        Ok(tried.with_holdout(Holdout { key, share }))
    }

    /// Finds from when on calls are looked at, so that there are as many decisions as were asked for.
    async fn wanted(&self, command: &Command, listener: &Listener) -> Result<Wanted, Refusal> {
        let until = command
            .until
            .unwrap_or_else(|| just_after(self.clock.now()));
        let begun = CallsBegun {
            from: command.from.unwrap_or(Timestamp::UNIX_EPOCH),
            until,
        };
        let mut latest = Latest::at_most(command.most);
        let mut place = Some(Place::default());
        while let Some(after) = place {
            let stretch = self.store.count_decisions(&after, begun).await?;
            for (second, count) in stretch.by_second {
                latest.add(second, count);
            }
            tell(listener, Progress::Found(latest.found));
            place = stretch.next;
        }
        Ok(latest.wanted(begun))
    }

    async fn decide_again(
        &self,
        draft: Draft,
        wanted: Wanted,
        listener: &Listener,
    ) -> Result<Simulation, Refusal> {
        let mut simulation = Simulation::of(draft);
        let mut versions = Versions::default();
        let (mut left, mut done) = (wanted.of_first_second, 0);
        let mut place = (wanted.total > 0).then(Place::default);
        while let Some(after) = place {
            let stretch = self.store.decisions_begun(&after, wanted.begun).await?;
            let mut decisions = stretch.decisions;
            decisions.retain(|decision| {
                if decision.second > wanted.first_second {
                    return true;
                }
                let taken = decision.second == wanted.first_second && left > 0;
                left -= u64::from(taken);
                taken
            });
            let records = parse(decisions).await?;
            done += u64::try_from(records.len()).unwrap_or(u64::MAX);
            let calls = self
                .find_versions(records, &mut versions, &simulation)
                .await?;
            simulation = observe(simulation, calls).await?;
            tell(listener, Progress::Decided(done, wanted.total));
            place = stretch.next;
        }
        Ok(simulation)
    }

    /// Finds the versions that each record was decided with.
    async fn find_versions(
        &self,
        records: Vec<Option<Parsed>>,
        versions: &mut Versions,
        simulation: &Simulation,
    ) -> Result<Vec<PastCall>, StoreError> {
        let mut calls = Vec::with_capacity(records.len());
        for record in records {
            let Some((record, reward)) = record else {
                calls.push(None);
                continue;
            };
            let key = (
                record.catalogue_version,
                record.policy_version,
                record.learned_version,
            );
            let known = versions.0.get(&key).cloned();
            let then = if let Some(then) = known {
                then
            } else {
                let then = self.read_versions(key, simulation.draft()).await?;
                versions.keep(key, then.clone());
                then
            };
            calls.push(then.map(|then| (record, reward, then)));
        }
        Ok(calls)
    }

    async fn read_versions(
        &self,
        (catalogue, policy, learned): Key,
        draft: &Draft,
    ) -> Result<Option<Arc<Then>>, StoreError> {
        let deadline = Deadline::within(super::active::REFRESH_TIME);
        // Before anything was published there was an empty one.
        let catalogue = match catalogue {
            0 => Some(Arc::new(Catalogue::empty())),
            version => self.active.read_catalogue(version, deadline).await?,
        };
        let policy = match policy {
            0 => Some(Arc::new(PolicySet::empty())),
            version => self.active.read_policy(version, deadline).await?,
        };
        let Some((catalogue, policy)) = catalogue.zip(policy) else {
            return Ok(None);
        };
        let then = Then::new(catalogue, policy, draft);
        let Some(version) = learned else {
            return Ok(Some(Arc::new(then)));
        };
        let learned = self.store.learned(version, deadline).await?;
        Ok(learned.map(|learned| Arc::new(then.with_learned(&learned, draft))))
    }
}

/// A record with what came of its call, where that is known.
type Parsed = (Record, Option<f64>);
/// A record with the versions it was decided with; absent where either cannot be read.
type PastCall = Option<(Record, Option<f64>, Arc<Then>)>;

/// The versions of the catalogue, of the policy and of what was learnt.
type Key = (u64, u64, Option<u64>);

/// The versions of the past that were read; nothing where one of them cannot be.
#[derive(Default)]
struct Versions(BTreeMap<Key, Option<Arc<Then>>>);

impl Versions {
    fn keep(&mut self, key: Key, then: Option<Arc<Then>>) {
        while self.0.len() >= MOST_VERSIONS {
            self.0.pop_first();
        }
        self.0.insert(key, then);
    }
}

/// How many decisions there are of each second, of the latest so many.
#[derive(Debug)]
struct Latest {
    most: u64,
    found: u64,
    kept: u64,
    by_second: BTreeMap<i64, u64>,
}

impl Latest {
    const fn at_most(most: u64) -> Self {
        Self {
            most,
            found: 0,
            kept: 0,
            by_second: BTreeMap::new(),
        }
    }

    /// Takes in a count, and forgets the oldest seconds that are not needed any more.
    fn add(&mut self, second: i64, count: u64) {
        self.found += count;
        self.kept += count;
        *self.by_second.entry(second).or_default() += count;
        while let Some(oldest) = self.by_second.first_entry() {
            let without = self.kept - *oldest.get();
            if without < self.most {
                return;
            }
            self.kept = without;
            oldest.remove();
        }
    }

    fn wanted(&self, begun: CallsBegun) -> Wanted {
        let total = self.found.min(self.most);
        let first = self.by_second.first_key_value();
        let (first_second, of_first) =
            first.map_or((i64::MAX, 0), |(first, count)| (*first, *count));
        let from = Timestamp::from_second(first_second).unwrap_or(begun.until);
        Wanted {
            begun: CallsBegun {
                from: begun.from.max(from),
                until: begun.until,
            },
            total,
            first_second,
            of_first_second: of_first - (self.kept - total),
            is_cut: self.found > total,
        }
    }
}

/// The next millisecond, so that a call that begins now is in the time.
fn just_after(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond().saturating_add(1)).unwrap_or(now)
}

fn tell(listener: &Listener, progress: Progress) {
    let _ = listener.try_send(progress);
}

/// Reads records, off the threads that answer calls.
async fn parse(decisions: Vec<PastDecision>) -> Result<Vec<Option<Parsed>>, Refusal> {
    let one = |decision: PastDecision| Some((decision.record()?, decision.reward()));
    let parse = move || decisions.into_iter().map(one).collect();
    spawn_blocking(parse).await.map_err(Refusal::internal)
}

/// Decides again, off the threads that answer calls.
async fn observe(mut simulation: Simulation, calls: Vec<PastCall>) -> Result<Simulation, Refusal> {
    let observe = move || {
        for call in calls {
            match call {
                Some((record, reward, then)) => simulation.observe(&record, &then, reward),
                None => simulation.skip(),
            }
        }
        simulation
    };
    spawn_blocking(observe).await.map_err(Refusal::internal)
}

fn under_way() -> Refusal {
    let message = "another simulation is under way: wait for it";
    Refusal::refused("SIMULATION_UNDER_WAY", message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn begun() -> CallsBegun {
        CallsBegun {
            from: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(1_000).unwrap(),
        }
    }

    #[test]
    fn without_calls_there_is_nothing_to_read() {
        let wanted = Latest::at_most(5).wanted(begun());
        assert_eq!((wanted.total, wanted.is_cut), (0, false));
    }

    proptest! {
        /// As many as were asked for, and the latest, in whatever order they were counted.
        #[test]
        fn the_latest_are_wanted(
            seconds in proptest::collection::vec(0i64..40, 1..200),
            most in 1u64..220,
        ) {
            let mut latest = Latest::at_most(most);
            for second in &seconds {
                latest.add(*second, 1);
            }
            let wanted = latest.wanted(begun());
            let mut sorted = seconds.clone();
            sorted.sort_unstable_by(|left, right| right.cmp(left));
            sorted.truncate(usize::try_from(most).unwrap());
            let oldest = *sorted.last().unwrap();
            let of_oldest = sorted.iter().filter(|second| **second == oldest).count();
            prop_assert_eq!(wanted.total, u64::try_from(sorted.len()).unwrap());
            prop_assert_eq!(wanted.first_second, oldest);
            prop_assert_eq!(wanted.of_first_second, u64::try_from(of_oldest).unwrap());
            prop_assert_eq!(wanted.is_cut, seconds.len() > sorted.len());
            prop_assert!(latest.by_second.len() <= sorted.len());
        }
    }
}
