//! What another service's refusal means to us.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use kernel::refusal::{Kind, Refusal, Violation};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// How many different texts of other services are kept; more are replaced by a fixed one.
const MOST_TEXTS: usize = 1_000;

/// How long to wait before asking again, where the other service does not say.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// Reads the refusal in a status: its kind, and the reason, metadata and violations where the
/// other service gave them. Its message is kept; it is meant for callers.
pub fn refusal(status: &Status) -> Refusal {
    let details = status.get_error_details();
    let kind = kind(status.code());
    let given = details.error_info();
    let reason = given.map_or_else(|| default_reason(kind), |info| interned(&info.reason));
    let mut refusal = Refusal::new(kind, reason, status.message());
    for (key, value) in given.map(|info| &info.metadata).into_iter().flatten() {
        refusal.metadata.insert(interned(key), value.clone());
    }
    for violation in details
        .bad_request()
        .map(|bad| &bad.field_violations[..])
        .unwrap_or_default()
    {
        refusal.violations.push(Violation {
            field: violation.field.clone(),
            description: violation.description.clone(),
            reason: interned(&violation.reason),
        });
    }
    refusal.retry_after = details.retry_info().and_then(|info| info.retry_delay);
    if kind == Kind::Unavailable && refusal.retry_after.is_none() {
        refusal.retry_after = Some(RETRY_AFTER);
    }
    refusal.caused_by(status.clone())
}

fn kind(code: Code) -> Kind {
    match code {
        Code::InvalidArgument | Code::OutOfRange => Kind::Malformed,
        Code::NotFound => Kind::NotFound,
        Code::AlreadyExists => Kind::AlreadyExists,
        Code::FailedPrecondition => Kind::Refused,
        Code::PermissionDenied => Kind::Forbidden,
        Code::Unauthenticated => Kind::Unauthenticated,
        Code::Aborted => Kind::Conflict,
        Code::ResourceExhausted => Kind::Exhausted,
        // A call that was cut off on its way may be made again.
        Code::Unavailable | Code::Cancelled => Kind::Unavailable,
        Code::DeadlineExceeded => Kind::Late,
        Code::Unimplemented => Kind::Unimplemented,
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => Kind::Internal,
    }
}

fn default_reason(kind: Kind) -> &'static str {
    match kind {
        Kind::Unavailable => "UPSTREAM_UNAVAILABLE",
        Kind::Late => "DEADLINE_EXCEEDED",
        _ => "UPSTREAM_FAILED",
    }
}

/// Keeps one copy of each reason and metadata key for good. They come from contracts, so there are
/// few; the bound holds even if a peer invents some.
fn interned(text: &str) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = texts.get(text) {
        return kept;
    }
    if texts.len() >= MOST_TEXTS || text.len() > 64 {
        return "OTHER";
    }
    let kept: &'static str = text.to_owned().leak();
    texts.insert(kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Boundary;

    #[test]
    fn a_refusal_survives_the_wire() {
        let sent =
            Refusal::not_found("CUSTOMER_NOT_FOUND", "no such customer").with("customer_id", "c-1");
        let received = refusal(&Boundary::new("profiles.rekindle").status(sent));
        assert_eq!(
            (received.kind, received.reason),
            (Kind::NotFound, "CUSTOMER_NOT_FOUND")
        );
        assert_eq!(received.metadata["customer_id"], "c-1");
        assert_eq!(received.message, "no such customer");
    }

    #[test]
    fn a_status_without_details_still_says_what_to_do() {
        #[expect(
            clippy::disallowed_methods,
            reason = "what a peer of another make sends"
        )]
        let status = Status::new(Code::Unavailable, "");
        let received = refusal(&status);
        assert_eq!(
            (received.kind, received.reason),
            (Kind::Unavailable, "UPSTREAM_UNAVAILABLE")
        );
        assert!(received.retry_after.is_some());
    }

    #[test]
    fn invented_texts_do_not_fill_the_memory() {
        assert_eq!(interned(&"X".repeat(65)), "OTHER");
        assert_eq!(interned("GATHERED"), "GATHERED");
    }
}
