//! `rekindle catalogue simulate FILES`: what past calls would have got under a draft.

use std::path::PathBuf;

use clap::Args;
use contract::offers::v1::{
    Problem, SimulateCatalogueRequest, SimulateCatalogueResponse, Simulation, SimulationExample,
    SimulationProgress,
};
use jiff::civil::Date;
use prost_types::Timestamp as WireTime;
use tokio::time::timeout;

use super::files::{read_sources, tell_warnings, write_page};
use crate::client::{SILENCE, STREAMING, Services};
use crate::failure::{Exit, Failure};
use crate::mapping::{midnight, wire_time};
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper, words};
use crate::{json, report};

const METHOD: &str = "rekindle.offers.v1.CatalogueService/SimulateCatalogue";

/// Decide past calls again under files that are not published; nothing is written.
///
/// What would have been otherwise, for whom, what it is worth by the catalogue's belief, what budgets
/// would spend, and calls to look at with `rekindle explain`. Files that could not be published are
/// not simulated: their problems are printed, and the exit code is 1.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// The files of the catalogue, reasons and offers together.
    #[arg(required_unless_present = "policy")]
    files: Vec<PathBuf>,

    /// The files of the policy. What is not given stays as it is in force.
    #[arg(long, value_name = "FILE", num_args = 1)]
    policy: Vec<PathBuf>,

    /// At most so many decisions, those of the latest calls; a million at most.
    #[arg(long, default_value_t = 10_000, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1_000_000))]
    calls: i32,

    /// Only calls that began on this day or later, as in 2026-11-01, UTC.
    #[arg(long, value_name = "DATE", value_parser = beginning)]
    since: Option<WireTime>,

    /// Write a page into this file, complete in itself.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// What came over the stream.
#[derive(Debug, Default)]
pub(super) struct Answer {
    simulation: Option<Simulation>,
    examples: Vec<SimulationExample>,
    problems: Vec<Problem>,
}

impl Simulate {
    /// Simulates, tells how far it is, and shows what came of it.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<u8, Failure> {
        let request = SimulateCatalogueRequest {
            catalogue_files: read_sources(&self.files)?,
            policy_files: read_sources(&self.policy)?,
            from_time: self.since,
            until_time: None,
            max_decisions: self.calls,
        };
        let answer = ask(services, request, output).await?;
        let Some(simulation) = &answer.simulation else {
            return refused(&answer.problems, output);
        };
        tell_warnings(&answer.problems, output);
        if let Some(file) = &self.html {
            let page = report::simulation(simulation, &answer.examples)?;
            write_page(file, &page, output)?;
        }
        let document = json::simulation(simulation, &answer.examples, &answer.problems);
        output.result(&document, |_| {
            screen::simulation(simulation, &answer.examples, Paper::of_stdout())
        })?;
        Ok(0)
    }
}

/// Prints what is wrong with the files.
fn refused(problems: &[Problem], output: Output) -> Result<u8, Failure> {
    output.result(&json::problems(problems), |_| screen::problems(problems))?;
    output.progress(format_args!(
        "{} problems; nothing was simulated",
        problems.len()
    ));
    Ok(Exit::Failed.code())
}

async fn ask(
    services: &Services,
    request: SimulateCatalogueRequest,
    output: Output,
) -> Result<Answer, Failure> {
    let mut progress = Progress::begin_share(output, "simulation");
    let mut catalogues = services.catalogues();
    let mut steps = services
        .call(METHOD, STREAMING, request, |request| async move {
            catalogues.simulate_catalogue(request).await
        })
        .await?;
    let mut answer = Answer::default();
    loop {
        let step = timeout(SILENCE, steps.message()).await;
        let step = step.map_err(|_elapsed| silent())?;
        let Some(step) = step.map_err(|status| services.failure(METHOD, &status))? else {
            break;
        };
        if let Some(reached) = &step.progress {
            progress.reached_share(share(reached), said(reached));
        }
        answer.take(step);
    }
    if answer.simulation.is_none() && answer.problems.is_empty() {
        return Err(
            Failure::new(Exit::Internal, "offers ended without a result")
                .advice("look into the log of offers")
                .trace(services.trace().trace_id()),
        );
    }
    match &answer.simulation {
        Some(it) => progress.end(words::count(it.read_count, "decision")),
        None => progress.end("the files cannot be published"),
    }
    Ok(answer)
}

impl Answer {
    fn take(&mut self, step: SimulateCatalogueResponse) {
        self.simulation = step.simulation.or(self.simulation.take());
        self.examples.extend(step.examples);
        self.problems.extend(step.problems);
    }
}

fn silent() -> Failure {
    let seconds = SILENCE.as_secs();
    Failure::unavailable(format!("offers has been silent for {seconds} s"))
}

/// Finding the calls counts as a tenth: how many there are is not known before.
#[expect(
    clippy::cast_precision_loss,
    reason = "a progress needs no more digits"
)]
fn share(progress: &SimulationProgress) -> f64 {
    const FOUND: f64 = 0.1;
    if progress.total_count == 0 {
        return 0.0;
    }
    FOUND + (1.0 - FOUND) * progress.done_count as f64 / progress.total_count as f64
}

fn said(progress: &SimulationProgress) -> String {
    let done = words::grouped(progress.done_count);
    match progress.total_count {
        0 => format!("{} {done}", progress.step),
        total => format!("{} {done} of {}", progress.step, words::grouped(total)),
    }
}

fn beginning(text: &str) -> Result<WireTime, String> {
    let day: Date = text
        .parse()
        .map_err(|_| format!("{text:?} is no day: write it like 2026-11-01"))?;
    midnight(day).map(wire_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(beginning("2026-11-01").unwrap().seconds, 1_793_491_200);
        for text in ["", "yesterday", "2026-13-01"] {
            assert!(beginning(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_done_grows_to_all_of_it() {
        let at = |done_count, total_count| {
            share(&SimulationProgress {
                step: "deciding".to_owned(),
                done_count,
                total_count,
            })
        };
        assert!(at(7, 0) < at(1, 10) && at(1, 10) < at(9, 10));
        assert!((at(10, 10) - 1.0).abs() < f64::EPSILON);
    }
}
