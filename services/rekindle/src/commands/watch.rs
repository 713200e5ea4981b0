//! `rekindle portfolio watch`: the changes of stage of all customers, as they are made.

use std::time::Duration;

use clap::Args;
use contract::lifecycle::v1::{WatchTransitionsRequest, WatchTransitionsResponse};
use tokio::time::timeout;
use tonic::Streaming;

use crate::client::{SILENCE, STREAMING, Services, pause};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::signals::StopSignals;
use crate::{json, screen};

const WATCH: &str = "rekindle.lifecycle.v1.StatusService/WatchTransitions";

/// How often in a row lifecycle may be out of reach before it is given up.
const MAX_TRIES: u32 = 30;
/// How long to wait before trying again.
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// Follow how the stages of customers change, a line a change, until Ctrl-C.
///
/// While lifecycle is away it is tried again, and nothing is left out.
#[derive(Debug, Args)]
pub(super) struct Watch {
    /// Begin with the first change there is instead of with the next one.
    #[arg(long, conflicts_with = "after")]
    from_beginning: bool,

    /// Go on after a cursor, as JSON lines and the end of an earlier watch have it.
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,

    /// End after so many changes.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

/// How far a watch is.
struct Place {
    cursor: String,
    told: u64,
    tries: u32,
}

/// Why listening ended without a failure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// By lifecycle, which stops or ends long streams.
    There,
    /// Here: as many as wanted were told, or nobody reads any more.
    Here,
}

impl Watch {
    /// Prints changes until there were enough, or a signal comes.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let mut signals = StopSignals::listen()?;
        let mut place = Place {
            cursor: self.after.clone().unwrap_or_default(),
            told: 0,
            tries: 0,
        };
        let ended = tokio::select! {
            ended = self.follow(services, output, &mut place) => ended.map(|()| 0),
            signal = signals.next() => Ok(signal.exit_code()),
        };
        let has_moved = self.after.as_ref() != Some(&place.cursor);
        if has_moved && !place.cursor.is_empty() {
            output.progress(format_args!("to go on: --after {}", place.cursor));
        }
        ended
    }

    async fn follow(
        &self,
        services: &Services,
        output: Output,
        place: &mut Place,
    ) -> Result<(), Failure> {
        loop {
            match self.listen(services, output, place).await {
                Ok(Ended::Here) => return Ok(()),
                Ok(Ended::There) => {}
                Err(failure) => {
                    place.tries += 1;
                    if failure.exit() != Exit::Unavailable || place.tries >= MAX_TRIES {
                        return Err(failure);
                    }
                    output.progress(format_args!("{failure}; trying again"));
                }
            }
            pause(Some(BETWEEN_TRIES)).await;
        }
    }

    /// Listens to one stream to its end.
    async fn listen(
        &self,
        services: &Services,
        output: Output,
        place: &mut Place,
    ) -> Result<Ended, Failure> {
        let request = WatchTransitionsRequest {
            only_new: place.cursor.is_empty() && !self.from_beginning,
            after_cursor: place.cursor.clone(),
        };
        let mut client = services.statuses();
        let mut runs = services
            .call(WATCH, STREAMING, request, |request| async move {
                client.watch_transitions(request).await
            })
            .await?;
        while let Some(run) = next_run(services, &mut runs).await? {
            place.tries = 0;
            if self.tell(&run, output, place)? == Ended::Here {
                return Ok(Ended::Here);
            }
            place.cursor = run.cursor;
        }
        Ok(Ended::There)
    }

    /// Prints a run. Each line has the cursor to go on from once it was dealt with: only the last one
    /// of a run is the end of it, so that going on may repeat a change and never leaves one out.
    fn tell(
        &self,
        run: &WatchTransitionsResponse,
        output: Output,
        place: &mut Place,
    ) -> Result<Ended, Failure> {
        let last = run.transitions.len();
        for (number, transition) in (1..).zip(&run.transitions) {
            if number == last {
                run.cursor.clone_into(&mut place.cursor);
            }
            let document = json::watched_transition(transition, &place.cursor);
            let is_read = output.line(&document, |_| screen::transition_line(transition))?;
            place.told += 1;
            if !is_read || self.count.is_some_and(|count| place.told >= count) {
                return Ok(Ended::Here);
            }
        }
        Ok(Ended::There)
    }
}

async fn next_run(
    services: &Services,
    runs: &mut Streaming<WatchTransitionsResponse>,
) -> Result<Option<WatchTransitionsResponse>, Failure> {
    match timeout(SILENCE, runs.message()).await {
        Ok(run) => run.map_err(|status| services.failure(WATCH, &status)),
        Err(_elapsed) => {
            let seconds = SILENCE.as_secs();
            Err(Failure::unavailable(format!(
                "lifecycle has been silent for {seconds} s"
            )))
        }
    }
}
