//! Why a call was not carried out, free of any transport: the edge turns it into a wire status.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::time::Duration;

/// What a refusal means to the caller. Each kind maps to one canonical gRPC code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The request breaks its contract; sending it again cannot help (`INVALID_ARGUMENT`).
    Malformed,
    /// The named thing does not exist (`NOT_FOUND`).
    NotFound,
    /// The thing to be made exists with other content (`ALREADY_EXISTS`).
    AlreadyExists,
    /// State or a business rule forbids it (`FAILED_PRECONDITION`).
    Refused,
    /// The caller's role or authority does not reach (`PERMISSION_DENIED`).
    Forbidden,
    /// The caller did not prove who it is (`UNAUTHENTICATED`).
    Unauthenticated,
    /// Somebody else changed it first; read again, then retry (`ABORTED`).
    Conflict,
    /// A quota is used up (`RESOURCE_EXHAUSTED`).
    Exhausted,
    /// Not possible just now; retry after the hint (`UNAVAILABLE`).
    Unavailable,
    /// The caller's deadline passed (`DEADLINE_EXCEEDED`).
    Late,
    /// The operation is not offered here (`UNIMPLEMENTED`).
    Unimplemented,
    /// A defect of ours (`INTERNAL`).
    Internal,
}

/// One thing wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, for example `offers[2].price.currency`.
    pub field: String,
    /// What is wrong and what would be right.
    pub description: String,
    /// Machine-readable cause, `UPPER_SNAKE_CASE`.
    pub reason: &'static str,
}

/// A call that was not carried out, with what its caller may know and do.
///
/// Everything but `source` leaves the process; the source is logged once, at the edge.
#[derive(Clone)]
pub struct Refusal {
    /// What it means to the caller.
    pub kind: Kind,
    /// Machine-readable cause: a value of the contract's `ErrorReason` without its prefix.
    pub reason: &'static str,
    /// What happened and what to do about it, in words.
    pub message: String,
    /// Facts a program needs to act on it.
    pub metadata: BTreeMap<&'static str, String>,
    /// Field violations of a malformed request, all of them.
    pub violations: Vec<Violation>,
    /// How long to wait before trying again, where trying again makes sense.
    pub retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Refusal {
    /// Starts a refusal of any kind.
    pub fn new(kind: Kind, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            reason,
            message: message.into(),
            metadata: BTreeMap::new(),
            violations: Vec::new(),
            retry_after: None,
            source: None,
        }
    }

    /// Refuses a request that breaks its contract, naming every violation at once.
    pub fn malformed(violations: Vec<Violation>) -> Self {
        let first = violations.first().map_or_else(
            || "the request is malformed".to_owned(),
            Self::first_violation,
        );
        let mut refusal = Self::new(Kind::Malformed, "INVALID_FIELD", first);
        refusal.violations = violations;
        refusal
    }

    fn first_violation(violation: &Violation) -> String {
        format!("{}: {}", violation.field, violation.description)
    }

    /// Says that the named thing does not exist.
    pub fn not_found(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, reason, message)
    }

    /// Says that the thing to be made exists with other content.
    pub fn already_exists(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::AlreadyExists, reason, message)
    }

    /// Refuses because of state or a business rule.
    pub fn refused(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, reason, message)
    }

    /// Refuses because the caller's role or authority does not reach.
    pub fn forbidden(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, reason, message)
    }

    /// Refuses because the caller did not prove who it is.
    pub fn unauthenticated(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Unauthenticated, reason, message)
    }

    /// Says that somebody else changed the thing first.
    pub fn conflict(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, reason, message)
    }

    /// Says that a quota is used up.
    pub fn exhausted(reason: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Exhausted, reason, message)
    }

    /// Says that it is not possible just now and when to try again.
    pub fn unavailable(
        reason: &'static str,
        message: impl Into<String>,
        retry_after: Duration,
    ) -> Self {
        let mut refusal = Self::new(Kind::Unavailable, reason, message);
        refusal.retry_after = Some(retry_after);
        refusal
    }

    /// Says that the caller's deadline passed.
    pub fn late(message: impl Into<String>) -> Self {
        Self::new(Kind::Late, "DEADLINE_EXCEEDED", message)
    }

    /// Says that the operation is not offered here.
    pub fn unimplemented(message: impl Into<String>) -> Self {
        Self::new(Kind::Unimplemented, "UNIMPLEMENTED", message)
    }

    /// Reports a defect of ours. The cause is kept for the log and never leaves the process.
    pub fn internal(source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(
            Kind::Internal,
            "INTERNAL",
            "internal error; the failure has been logged",
        )
        .caused_by(source)
    }

    /// Adds a fact a program may act on.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.metadata.insert(key, value.to_string());
        self
    }

    /// Says how long to wait before trying again.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.reason, self.message)
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Refusal")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .field("message", &self.message)
            .field("metadata", &self.metadata)
            .field("violations", &self.violations)
            .field("retry_after", &self.retry_after)
            .field("source", &self.source)
            .finish()
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_malformed_refusal_keeps_every_violation_and_names_the_first() {
        let violation = |field: &str| Violation {
            field: field.to_owned(),
            description: "must not be empty".to_owned(),
            reason: "REQUIRED",
        };
        let refusal = Refusal::malformed(vec![violation("customer_id"), violation("request_id")]);
        assert_eq!(refusal.kind, Kind::Malformed);
        assert_eq!(refusal.message, "customer_id: must not be empty");
        assert_eq!(refusal.violations.len(), 2);
    }

    #[test]
    fn the_cause_is_a_source_and_never_part_of_the_text() {
        let refusal = Refusal::internal(fmt::Error);
        assert!(refusal.source().is_some());
        assert!(!refusal.to_string().contains(&fmt::Error.to_string()));
    }

    #[test]
    fn facts_and_hints_are_kept() {
        let refusal = Refusal::refused("OFFER_EXPIRED", "ask for a new offer")
            .with("presented_offer_id", 7)
            .retry_after(Duration::from_secs(1));
        assert_eq!(refusal.metadata["presented_offer_id"], "7");
        assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));
    }
}
