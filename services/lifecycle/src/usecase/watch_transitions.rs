//! Follows how the stages of all customers change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::refusal::Refusal;
use kernel::time::Deadline;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::UseCases;
use crate::domain::stage::transition::Transition;
use crate::store::Position;

/// How long one look at the changes may take; Postgres's own limits are shorter.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// How changes of stage are followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchSettings {
    /// How long to wait before looking again when there was nothing new.
    pub poll_interval_ms: u64,
    /// How long to stay silent at most.
    pub keep_alive_interval_ms: u64,
    /// How many changes go into one message.
    pub max_transitions: u32,
    /// How many may follow at once; more are refused.
    pub max_watchers: usize,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            poll_interval_ms: 250,
            keep_alive_interval_ms: 3_000,
            max_transitions: 200,
            max_watchers: 16,
        }
    }
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFrom {
    /// After a place.
    Position(Position),
    /// After all that is there now.
    Now,
}

/// Who may follow, how, and until when. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watchers {
    settings: Arc<WatchSettings>,
    places: Arc<Semaphore>,
    stop: CancellationToken,
}

/// A run of changes, empty when nothing happened for a while.
#[derive(Clone, Debug)]
pub struct WatchedRun {
    /// The changes, in order.
    pub transitions: Vec<Transition>,
    /// The place after them.
    pub position: Position,
    /// How long the oldest change that is not in this run or an earlier one has been waiting.
    pub lag: Duration,
}

/// One who follows. What was not asked for yet stays in the database: a slow one costs a page.
pub struct Watch {
    use_cases: UseCases,
    watchers: Watchers,
    position: Position,
    // Nothing was said yet when absent.
    spoke: Option<Instant>,
    _place: OwnedSemaphorePermit,
}

impl Watchers {
    /// Lets in as many as the settings say. Ends all of them when `stop` is cancelled.
    pub fn new(settings: WatchSettings, stop: CancellationToken) -> Self {
        Self {
            places: Arc::new(Semaphore::new(settings.max_watchers)),
            settings: Arc::new(settings),
            stop,
        }
    }

    fn take_place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            Refusal::unavailable(
                "OVERLOADED",
                "as many as may are following the changes of stage: try again later",
                Duration::from_secs(5),
            )
        })
    }
}

impl UseCases {
    /// Starts to follow the changes of stage.
    pub async fn watch_transitions(
        &self,
        from: WatchFrom,
        watchers: &Watchers,
    ) -> Result<Watch, Refusal> {
        let place = watchers.take_place()?;
        let position = match from {
            WatchFrom::Position(position) => position,
            WatchFrom::Now => self.store.latest_transition(look()).await?,
        };
        Ok(Watch {
            use_cases: self.clone(),
            watchers: watchers.clone(),
            position,
            spoke: None,
            _place: place,
        })
    }
}

impl Watch {
    /// Waits for the next run of changes, or for the time to show a sign of life; none at the end.
    /// The first sign comes at once.
    pub async fn next(&mut self) -> Result<Option<WatchedRun>, Refusal> {
        let settings = Arc::clone(&self.watchers.settings);
        let poll = Duration::from_millis(settings.poll_interval_ms);
        let silence = Duration::from_millis(settings.keep_alive_interval_ms);
        let store = &self.use_cases.store;
        while !self.watchers.stop.is_cancelled() {
            let limit = settings.max_transitions.max(1);
            let run = store
                .transitions_after(look(), self.position, limit)
                .await?;
            let is_silent = self.spoke.is_none_or(|spoke| spoke.elapsed() >= silence);
            if run.position != self.position || is_silent {
                self.position = run.position;
                self.spoke = Some(Instant::now());
                return Ok(Some(WatchedRun {
                    transitions: run.transitions,
                    position: run.position,
                    lag: store.transition_lag(look(), run.position).await?,
                }));
            }
            // Waits for the poll interval or the stop, whichever comes first.
            if timeout(poll, self.watchers.stop.cancelled()).await.is_ok() {
                break;
            }
        }
        Ok(None)
    }
}

fn look() -> Deadline {
    Deadline::within(LONGEST_LOOK)
}
