//! The Python side, a process that is asked line by line and sleeps in between.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rekindle::failure::Failure;
use serde::{Deserialize, Serialize};
use statistics::purchases::beta_geometric::BetaGeometricParameters;

/// The variables by which numeric libraries learn how many threads they may start.
const THREAD_VARIABLES: [&str; 3] = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];

/// What is asked.
#[derive(Debug, Serialize)]
pub(super) struct Question<'a> {
    /// The name of the work.
    pub(super) ask: &'static str,
    /// The BG/NBD model to score with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) parameters: Option<&'a BetaGeometricParameters>,
    /// The horizon to score, in weeks.
    pub(super) horizon: f64,
    /// Which results go into which file.
    pub(super) save: BTreeMap<&'static str, PathBuf>,
}

/// What is answered.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    /// How long the work took.
    pub(super) seconds: f64,
    /// The log-likelihood of a fit.
    pub(super) log_likelihood: Option<f64>,
}

/// With what the other side works.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Versions {
    python: String,
    numpy: String,
    scipy: String,
    lifetimes: String,
    /// How many distinct customers it counts.
    pub(super) distinct: usize,
}

/// The process; it ends with this.
#[derive(Debug)]
pub(super) struct Python {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts the script on a file of customers, with one thread.
    pub(super) fn start(interpreter: &Path, script: &Path, rows: &Path) -> Result<Self, Failure> {
        let mut process = Command::new(interpreter)
            .arg(script)
            .arg(rows)
            .envs(THREAD_VARIABLES.map(|variable| (variable, "1")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                Failure::unavailable(format!("{} does not start: {error}", interpreter.display()))
            })?;
        let pipes = process.stdin.take().zip(process.stdout.take());
        let Some((questions, answers)) = pipes else {
            return Err(Failure::failed("the Python side has no pipes"));
        };
        Ok(Self {
            process,
            questions,
            answers: BufReader::new(answers),
        })
    }

    /// Asks with what it works.
    pub(super) fn versions(&mut self) -> Result<Versions, Failure> {
        self.asked(&Question {
            ask: "versions",
            parameters: None,
            horizon: 0.0,
            save: BTreeMap::new(),
        })
    }

    /// Has it do some work.
    pub(super) fn ask(&mut self, question: &Question<'_>) -> Result<Answer, Failure> {
        self.asked(question)
    }

    fn asked<T: for<'de> Deserialize<'de>>(
        &mut self,
        question: &Question<'_>,
    ) -> Result<T, Failure> {
        let failed = |why: &dyn std::fmt::Display| {
            let message = format!("the Python side does not answer {}: {why}", question.ask);
            Failure::failed(message).advice("it says why above")
        };
        let mut line = serde_json::to_vec(question).map_err(|error| failed(&error))?;
        line.push(b'\n');
        let written = self.questions.write_all(&line);
        written
            .and_then(|()| self.questions.flush())
            .map_err(|error| failed(&error))?;
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .map_err(|error| failed(&error))?;
        serde_json::from_str(&answer).map_err(|error| failed(&error))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
