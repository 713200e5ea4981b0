//! `bench year`: a year of simulated calls through the real services, and what their review says of
//! the offers against what only the simulator knows.
//!
//! | room | owns |
//! |---|---|
//! | `calendar` | moving the clocks of everything that runs |
//! | `truth` | what offers do, and when customers leave |
//! | `files` | the catalogue and the reasons of the desk |
//! | `customers` | who calls |
//! | `desk` | the calls, and those who leave later |
//! | `services` | what runs, and waiting until its jobs have caught up |
//! | `judge` | the review against the truth |
//! | `report` | the table and the document |

pub(crate) mod calendar;
mod customers;
mod desk;
mod files;
mod judge;
mod report;
mod services;
mod truth;

use std::time::Instant;

use rekindle::failure::{Exit, Failure};
use rekindle::output::Output;
use rekindle::progress::Progress;
use rekindle::signals::StopSignals;
use rekindle::stack::{DataStack, Durability, Lifetime, StackOptions};

use crate::arguments::Year;
use crate::speed::world::with_logs;
use calendar::Calendar;
use desk::Desk;
pub(crate) use report::Report;
use services::Running;

/// How far the clocks are moved at a time.
const STEP_DAYS: u64 = 7;

/// A machine that loses power loses the run as well, so that nothing waits for the disk.
const STACK: StackOptions = StackOptions {
    durability: Durability::FsyncOff,
    lifetime: Lifetime::ThisRun,
};

/// Plays a year and judges what the review makes of it.
pub(crate) async fn run(arguments: &Year, output: Output) -> Result<Report, Failure> {
    if arguments.stack.database_url.is_some() || arguments.stack.redis_url.is_some() {
        return Err(
            Failure::failed("the clock of that Postgres cannot be moved")
                .advice("unset DATABASE_URL and REDIS_URL: this benchmark starts its own"),
        );
    }
    let calendar = Calendar::open(arguments.clock_file.as_deref())?;
    let mut signals = StopSignals::listen()?;
    let mut stack = DataStack::open(&arguments.stack, STACK, output).await?;
    let work = async {
        stack.start(output).await?;
        play_on(arguments, &stack, calendar, output).await
    };
    let played = tokio::select! {
        played = work => played.map_err(|failure| with_logs(failure, &stack)),
        // The services end with what holds them.
        _ = signals.next() => Err(Failure::new(Exit::Interrupted, "stopped before it was done")),
    };
    stack.stop().await?;
    played
}

async fn play_on(
    arguments: &Year,
    stack: &DataStack,
    mut calendar: Calendar,
    output: Output,
) -> Result<Report, Failure> {
    let world = truth::drawn(arguments.seed, arguments.offers);
    let began = Instant::now();
    let mut running = Running::start(arguments, &world, stack, output).await?;
    let prepared = began.elapsed();
    let desk = running.desk(arguments, world).await?;
    let began = Instant::now();
    let on_calls = play(arguments, &desk, &mut calendar, &running, output).await?;
    let played = report::Played {
        counts: desk.counts(),
        days: calendar.moved_days(),
        prepared,
        on_calls,
        in_all: began.elapsed(),
    };
    running.followed(stack, output).await?;
    let review = running.review().await?;
    let amounts = running.amounts().await?;
    let report = Report {
        findings: judge::judge(&desk.world, &review, &amounts),
        holdout: review.holdout.unwrap_or_default(),
        played,
        memory: running.memory().await?,
    };
    running.stop().await;
    Ok(report)
}

/// Plays the weeks of calls and those in which windows ripen. Returns the time that was spent on calls.
async fn play(
    arguments: &Year,
    desk: &Desk,
    calendar: &mut Calendar,
    running: &Running,
    output: Output,
) -> Result<std::time::Duration, Failure> {
    let weeks = arguments.weeks + arguments.ripening_weeks;
    let mut progress = Progress::begin(output, "weeks", weeks);
    let mut on_calls = std::time::Duration::ZERO;
    for week in 0..weeks {
        if week > 0 {
            calendar.forward(STEP_DAYS)?;
        }
        desk.let_leave().await?;
        let by = |weeks: u64| arguments.calls * weeks.min(arguments.weeks) / arguments.weeks;
        let began = Instant::now();
        desk.play(by(week) + 1..by(week + 1) + 1).await?;
        on_calls += began.elapsed();
        running.caught_up().await?;
        let counts = desk.counts();
        let note = format!("{} calls, {} left later", counts.calls, counts.left_later);
        progress.reached(week + 1, note);
    }
    progress.end(format_args!("{weeks} played"));
    Ok(on_calls)
}
