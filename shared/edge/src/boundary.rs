//! Where refusals become statuses, and where they are logged: once.

use std::error::Error;

use kernel::refusal::{Kind, Refusal, Violation};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

/// How many bytes of violations a status carries. A status travels in headers, of which clients
/// take 8 to 16 KiB in all: one that is larger never arrives.
const MOST_VIOLATION_BYTES: usize = 4 * 1_024;

/// How many characters of its message a status carries.
const LONGEST_MESSAGE: usize = 500;

/// The edge of one service. Make it a constant: `Boundary::new("offers.rekindle")`.
#[derive(Clone, Copy, Debug)]
pub struct Boundary {
    domain: &'static str,
}

impl Boundary {
    /// Names the domain that the reasons of the service belong to.
    pub const fn new(domain: &'static str) -> Self {
        Self { domain }
    }

    /// Renders a refusal for the wire, and logs it if it is a failure of ours.
    ///
    /// Use it as `.map_err(|error| BOUNDARY.status(error))`.
    pub fn status(&self, refusal: impl Into<Refusal>) -> Status {
        let refusal = refusal.into();
        log(&refusal);
        self.render(&refusal)
    }

    /// Renders a refusal for the wire without logging it.
    pub(crate) fn render(&self, refusal: &Refusal) -> Status {
        let metadata = refusal
            .metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        let mut details = ErrorDetails::with_error_info(
            refusal.reason,
            self.domain,
            metadata.collect::<std::collections::HashMap<_, _>>(),
        );
        if !refusal.violations.is_empty() {
            details.set_bad_request(first_violations(&refusal.violations));
        }
        if refusal.retry_after.is_some() {
            details.set_retry_info(refusal.retry_after);
        }
        let message: String = refusal.message.chars().take(LONGEST_MESSAGE).collect();
        Status::with_error_details(code(refusal.kind), message, details)
    }
}

/// As many violations as a status can carry, from the first on.
fn first_violations(violations: &[Violation]) -> Vec<FieldViolation> {
    let mut bytes = 0;
    violations
        .iter()
        .take_while(|violation| {
            bytes += violation.field.len() + violation.description.len() + violation.reason.len();
            bytes <= MOST_VIOLATION_BYTES
        })
        .map(|violation| FieldViolation {
            field: violation.field.clone(),
            description: violation.description.clone(),
            reason: violation.reason.to_owned(),
            localized_message: None,
        })
        .collect()
}

/// The canonical code of a kind of refusal.
pub(crate) fn code(kind: Kind) -> Code {
    match kind {
        Kind::Malformed => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::Refused => Code::FailedPrecondition,
        Kind::Forbidden => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Conflict => Code::Aborted,
        Kind::Exhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Late => Code::DeadlineExceeded,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Internal => Code::Internal,
    }
}

/// Logs kinds and causes, never messages or metadata: these may quote the request.
fn log(refusal: &Refusal) {
    let reason = refusal.reason;
    match refusal.kind {
        Kind::Internal => {
            tracing::error!(reason, cause = %Causes(refusal), "call failed: {reason}");
        }
        Kind::Unavailable => {
            tracing::warn!(reason, cause = %Causes(refusal), "call not possible now: {reason}");
        }
        kind => tracing::debug!(reason, ?kind, "call refused: {reason}"),
    }
}

/// The chain of causes of an error in one line.
struct Causes<'e>(&'e Refusal);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut next = Error::source(self.0);
        let mut separator = "";
        while let Some(cause) = next {
            write!(formatter, "{separator}{cause}")?;
            separator = ": ";
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BOUNDARY: Boundary = Boundary::new("offers.rekindle");

    #[test]
    fn every_status_carries_reason_domain_and_metadata() {
        let status =
            BOUNDARY.status(Refusal::refused("OFFER_EXPIRED", "ask again").with("offer", "o-1"));
        assert_eq!(
            (status.code(), status.message()),
            (Code::FailedPrecondition, "ask again")
        );
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (info.reason.as_str(), info.domain.as_str()),
            ("OFFER_EXPIRED", "offers.rekindle")
        );
        assert_eq!(info.metadata["offer"], "o-1");
        assert!(details.retry_info().is_none() && details.bad_request().is_none());
    }

    #[test]
    fn violations_and_hints_are_rendered() {
        let violation = Violation {
            field: "customer_id".into(),
            description: "must not be empty".into(),
            reason: "REQUIRED",
        };
        let refusal = Refusal::malformed(vec![violation]).retry_after(Duration::from_secs(2));
        let details = BOUNDARY.status(refusal).get_error_details();
        let field = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(
            (field.field.as_str(), field.reason.as_str()),
            ("customer_id", "REQUIRED")
        );
        assert_eq!(
            details.retry_info().unwrap().retry_delay,
            Some(Duration::from_secs(2))
        );
    }

    #[test]
    fn a_status_stays_small_enough_to_arrive() {
        let violations = (0..1_000)
            .map(|index| Violation {
                field: format!("business_lines[{index}].early_days"),
                description: "must be between 1 and 3650".repeat(index + 1),
                reason: "OUT_OF_RANGE",
            })
            .collect();
        let mut refusal = Refusal::malformed(violations);
        refusal.message = "\u{e9}".repeat(10_000);
        let status = BOUNDARY.status(refusal);
        let fields = status
            .get_error_details()
            .bad_request()
            .unwrap()
            .field_violations
            .len();
        assert!((5..100).contains(&fields), "{fields}");
        assert!(status.details().len() < 6_500, "{}", status.details().len());
        assert!(status.message().len() <= 2 * LONGEST_MESSAGE);
    }

    #[test]
    fn a_cause_stays_inside() {
        let secret = std::io::Error::other("relation \"customer\" does not exist");
        let status = BOUNDARY.status(Refusal::internal(secret));
        assert_eq!(status.code(), Code::Internal);
        assert!(!format!("{status:?}").contains("relation"));
    }
}
