//! Simulation on the wire: the request, and the stream of steps, result and examples.

use contract::offers::v1 as pb;
use edge::violations::Violations;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, BoxStream, StreamExt as _};
use kernel::refusal::Refusal;
use tokio::sync::mpsc;
use tonic::Status;
use tracing::Instrument as _;

use super::{BOUNDARY, deadline, files, simulation_report};
use crate::usecase::simulate::{Answer, Command, Progress, Simulate};

/// How many steps may wait for their listener.
const WAITING_STEPS: usize = 8;

/// The most examples in a message.
const EXAMPLES_IN_A_MESSAGE: usize = 20;

const DEFAULT_DECISIONS: u32 = 10_000;
const MAX_DECISIONS: u32 = 1_000_000;

/// What is streamed.
pub(super) type Answers = BoxStream<'static, Result<pb::SimulateCatalogueResponse, Status>>;

/// Checks a request.
pub(super) fn parse(wire: &pb::SimulateCatalogueRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let catalogue = files::listed(&mut checks, "catalogue_files", &wire.catalogue_files);
    let policy = files::listed(&mut checks, "policy_files", &wire.policy_files);
    if wire.catalogue_files.is_empty() && wire.policy_files.is_empty() {
        let message = "give files of the catalogue, of the policy, or both";
        checks.add("catalogue_files", "REQUIRED", message);
    }
    let between = checks.between_times(wire.from_time.as_ref(), wire.until_time.as_ref());
    let most = checks.page_size(
        "max_decisions",
        wire.max_decisions,
        DEFAULT_DECISIONS,
        MAX_DECISIONS,
    );
    checks.finish(|| {
        let (from, until) = between?;
        Some(Command {
            catalogue: Some(catalogue?).filter(|files| !files.is_empty()),
            policy: Some(policy?).filter(|files| !files.is_empty()),
            from,
            until,
            most: most?.into(),
        })
    })
}

/// Simulates as the stream is read, so that nothing goes on when its reader has left.
pub(super) fn run(simulate: Simulate, command: Command) -> Answers {
    let (listener, steps) = mpsc::channel(WAITING_STEPS);
    let deadline = deadline();
    let work = async move { simulate.handle(command, listener, deadline).await };
    let under_way = UnderWay {
        work: work.in_current_span().boxed(),
        steps,
    };
    stream::unfold(Some(under_way), |under_way| async {
        let mut under_way = under_way?;
        match under_way.next().await {
            Next::Step(step) => Some((vec![Ok(progress(step))], Some(under_way))),
            Next::End(told, ending) => {
                let told = told.into_iter().map(|step| Ok(progress(step)));
                let ending = match ending {
                    Ok(answer) => answers(answer),
                    Err(refusal) => vec![Err(BOUNDARY.status(refusal))],
                };
                Some((told.chain(ending).collect(), None))
            }
        }
    })
    .flat_map(stream::iter)
    .boxed()
}

/// A simulation with the steps that it told.
struct UnderWay {
    work: BoxFuture<'static, Result<Answer, Refusal>>,
    steps: mpsc::Receiver<Progress>,
}

enum Next {
    Step(Progress),
    /// With the steps that were told since the last one was sent.
    End(Vec<Progress>, Result<Answer, Refusal>),
}

impl UnderWay {
    async fn next(&mut self) -> Next {
        tokio::select! {
            biased;
            Some(step) = self.steps.recv() => Next::Step(step),
            answer = &mut self.work => {
                Next::End(std::iter::from_fn(|| self.steps.try_recv().ok()).collect(), answer)
            }
        }
    }
}

fn progress(step: Progress) -> pb::SimulateCatalogueResponse {
    let (step, done_count, total_count) = match step {
        Progress::Found(found) => ("finding", found, 0),
        Progress::Decided(done, total) => ("deciding", done, total),
    };
    pb::SimulateCatalogueResponse {
        progress: Some(pb::SimulationProgress {
            step: step.to_owned(),
            done_count,
            total_count,
        }),
        ..pb::SimulateCatalogueResponse::default()
    }
}

fn answers(answer: Answer) -> Vec<Result<pb::SimulateCatalogueResponse, Status>> {
    let simulated = match answer {
        Answer::Refused(problems) => {
            return vec![Ok(pb::SimulateCatalogueResponse {
                problems: files::problems(&problems),
                ..pb::SimulateCatalogueResponse::default()
            })];
        }
        Answer::Simulated(simulated) => simulated,
    };
    let problems = files::problems(&simulated.warnings);
    let (simulation, examples) = simulation_report::render(*simulated);
    let mut answers = vec![Ok(pb::SimulateCatalogueResponse {
        simulation: Some(simulation),
        problems,
        ..pb::SimulateCatalogueResponse::default()
    })];
    answers.extend(examples.chunks(EXAMPLES_IN_A_MESSAGE).map(|examples| {
        Ok(pb::SimulateCatalogueResponse {
            examples: examples.to_vec(),
            ..pb::SimulateCatalogueResponse::default()
        })
    }));
    answers
}
