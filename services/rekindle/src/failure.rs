//! How a command ends when it cannot do what was asked: what went wrong, and what to do about it.

use std::fmt;
use std::time::Duration;

use crate::report::PlotError;

/// The exit codes of `rekindle`; scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The command ran and did not succeed.
    Failed,
    /// The arguments cannot be used (clap ends with the same code).
    Usage,
    /// A program or a service that is needed is not there or does not answer.
    Unavailable,
    /// A file that was given cannot be used: a mapping, a source, a catalogue.
    BadInput,
    /// A service failed in a way it should not.
    Internal,
    /// Stopped by a signal before it was done.
    Interrupted,
}

impl Exit {
    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::BadInput => 65,
            Self::Unavailable => 69,
            Self::Internal => 70,
            Self::Interrupted => 130,
        }
    }
}

/// Why a command failed, in words for the person at the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    exit: Exit,
    message: String,
    advice: Option<String>,
    reason: Option<String>,
    details: Vec<String>,
    trace_id: Option<String>,
    again_after: Option<Duration>,
}

impl Failure {
    /// A failure that names the thing and what is wrong with it.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            advice: None,
            reason: None,
            details: Vec::new(),
            trace_id: None,
            again_after: None,
        }
    }

    /// A program or a service that is not there.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Exit::Unavailable, message)
    }

    /// Anything else that went wrong.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// Says what to do about it.
    #[must_use]
    pub fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Names the reason for programs, as the service gave it.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Adds one of several things that are wrong.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Names the trace of the call that failed.
    #[must_use]
    pub fn trace(mut self, trace_id: impl Into<String>) -> Self {
        self.trace_id = Some(trace_id.into());
        self
    }

    /// Says that the same call may be made again, and after which pause.
    #[must_use]
    pub fn again_after(mut self, pause: Duration) -> Self {
        self.again_after = Some(pause);
        self
    }

    /// After which pause the same call may be made again, if it may.
    pub fn pause(&self) -> Option<Duration> {
        self.again_after
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn exiting(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The reason for programs, where a service gave one.
    pub fn reason_name(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The single things that are wrong.
    pub fn details(&self) -> &[String] {
        &self.details
    }

    /// The trace of the call that failed, in hexadecimal.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }

    /// The exit code this failure ends the process with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, where that is known.
    pub fn what_to_do(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        Self::failed(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
