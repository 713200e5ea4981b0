//! What a command says: results on stdout, as text or as JSON; progress and errors on stderr.

use std::fmt::Display;
use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;

/// Where and in which form a command speaks.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// With `json`, results and errors are JSON documents and progress is silent.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether results are JSON documents.
    pub fn is_json(self) -> bool {
        self.json
    }

    /// Says what is going on, on stderr, so that stdout holds results alone.
    pub fn progress(self, text: impl Display) {
        if !self.json {
            // A closed stderr is no reason to stop working.
            let _ = writeln!(io::stderr().lock(), "{text}");
        }
    }

    /// Prints a result: one line of JSON, or the text made by `render`.
    pub fn result<T: Serialize>(
        self,
        value: &T,
        render: impl FnOnce(&T) -> String,
    ) -> Result<(), Failure> {
        self.line(value, render).map(|_| ())
    }

    /// Prints one of many results; `false` when nobody reads them any more.
    pub fn line<T: Serialize>(
        self,
        value: &T,
        render: impl FnOnce(&T) -> String,
    ) -> Result<bool, Failure> {
        let text = if self.json {
            serde_json::to_string(value)
                .map_err(|source| Failure::failed(format!("the result has no JSON: {source}")))?
        } else {
            render(value)
        };
        match writeln!(io::stdout().lock(), "{text}") {
            // The reader has what it wanted, as `head` does.
            Err(source) if source.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            Err(source) => Err(Failure::failed(format!(
                "stdout cannot be written: {source}"
            ))),
            Ok(()) => Ok(true),
        }
    }

    /// Prints why the command failed and what to do about it.
    pub fn failure(self, failure: &Failure) {
        let text = if self.json {
            json!({"error": {
                "reason": failure.reason_name(),
                "message": failure.message(),
                "details": failure.details(),
                "what_to_do": failure.what_to_do(),
                "trace_id": failure.trace_id(),
                "exit_code": failure.exit().code(),
            }})
            .to_string()
        } else {
            failure_text(failure)
        };
        // Nothing is left to tell it to when stderr is closed.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

fn failure_text(failure: &Failure) -> String {
    let mut text = format!("error: {failure}");
    if let Some(reason) = failure.reason_name() {
        text.extend([" (", reason, ")"]);
    }
    // A service's message is the first of its violations.
    let is_new = |detail: &&String| !failure.message().ends_with(detail.as_str());
    for detail in failure.details().iter().filter(is_new) {
        text.extend(["\n  ", detail]);
    }
    if let Some(advice) = failure.what_to_do() {
        text.extend(["\n  what to do: ", advice]);
    }
    if let Some(trace_id) = failure.trace_id() {
        text.extend(["\n  trace: ", trace_id]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_message_says_is_not_said_again() {
        let failure = Failure::failed("profiles: customer_id: is too long")
            .detail("customer_id: is too long")
            .detail("page_size: is too large");
        let text = failure_text(&failure);
        assert_eq!(
            text,
            "error: profiles: customer_id: is too long\n  page_size: is too large"
        );
    }
}
