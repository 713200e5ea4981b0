//! A refusal as a client sees it.

use std::collections::BTreeMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A refusal, read from a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The canonical code.
    pub code: Code,
    /// The reason of the `ErrorInfo`; empty when there is none.
    pub reason: String,
    /// The domain of the `ErrorInfo`.
    pub domain: String,
    /// The metadata of the `ErrorInfo`.
    pub metadata: BTreeMap<String, String>,
    /// The fields at fault, in the order of the answer.
    pub fields: Vec<String>,
    /// After how long to try again, when that is said.
    pub retry_after: Option<Duration>,
    /// What to do, for people.
    pub message: String,
}

impl Refused {
    /// Reads a status.
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let bad_request = details.bad_request();
        Self {
            code: status.code(),
            reason: info.map(|info| info.reason.clone()).unwrap_or_default(),
            domain: info.map(|info| info.domain.clone()).unwrap_or_default(),
            metadata: info
                .map(|info| info.metadata.clone().into_iter().collect())
                .unwrap_or_default(),
            fields: bad_request
                .map(|bad| {
                    bad.field_violations
                        .iter()
                        .map(|one| one.field.clone())
                        .collect()
                })
                .unwrap_or_default(),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
            message: status.message().to_owned(),
        }
    }
}

/// Takes the refusal out of an answer that must be one.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> Refused {
    Refused::of(&answer.expect_err("the call should have been refused"))
}

/// Checks the code and reason of an answer that must be a refusal, and returns it.
pub fn assert_refused<T: std::fmt::Debug>(
    answer: Result<T, Status>,
    code: Code,
    reason: &str,
) -> Refused {
    let refused = refused(answer);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (code, reason),
        "{refused:?}"
    );
    refused
}
