//! From a gRPC status to a failure: the reason, the message, the fields, what to do, the exit code.

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::failure::{Exit, Failure};

const PAUSE_AFTER_LATE: Duration = Duration::from_millis(200);

/// Renders the refusal of a call to `service` at `url`.
pub(super) fn failure(service: &str, url: &str, status: &Status, trace_id: String) -> Failure {
    let info = status.get_details_error_info();
    let answered = info.is_some();
    if status.code() == Code::Unavailable && !answered {
        return no_answer(service, url, status);
    }
    let mut failure = Failure::new(exit(status.code()), message(service, status))
        .advice(advice(service, status))
        .trace(trace_id);
    if let Some(info) = info {
        failure = failure.reason(info.reason);
        let mut metadata: Vec<_> = info.metadata.into_iter().collect();
        metadata.sort();
        for (key, value) in metadata {
            failure = failure.detail(format!("{key} = {value}"));
        }
    } else {
        failure = failure.reason(format!("{:?}", status.code()));
    }
    if let Some(pause) = retry_delay(status).or_else(|| pause_after_late(status.code())) {
        failure = failure.again_after(pause);
    }
    if let Some(request) = status.get_details_bad_request() {
        for violation in request.field_violations {
            failure = failure.detail(format!("{}: {}", violation.field, violation.description));
        }
    }
    failure
}

fn no_answer(service: &str, url: &str, status: &Status) -> Failure {
    let cause = innermost(status);
    Failure::unavailable(format!("{service} at {url} does not answer: {cause}"))
        .reason("UNAVAILABLE")
        .advice(format!(
            "start the services with `rekindle up`, or say where {service} is with \
             --{service}-url or REKINDLE_{}_URL",
            service.to_uppercase()
        ))
}

/// The cause that helps: tonic's own text is "transport error".
fn innermost(status: &Status) -> String {
    let mut cause: &dyn Error = status;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::eq(
        cause,
        std::ptr::from_ref::<Status>(status) as *const dyn Error,
    ) {
        return status.message().to_owned();
    }
    cause.to_string()
}

fn message(service: &str, status: &Status) -> String {
    match status.message() {
        "" => format!("{service} refused with {:?} and no words", status.code()),
        message => format!("{service}: {message}"),
    }
}

fn exit(code: Code) -> Exit {
    match code {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => Exit::Unavailable,
        Code::Internal | Code::Unknown | Code::DataLoss | Code::Unimplemented => Exit::Internal,
        _ => Exit::Failed,
    }
}

fn advice(service: &str, status: &Status) -> String {
    match status.code() {
        Code::InvalidArgument | Code::OutOfRange => {
            "correct what is named and try again".to_owned()
        }
        Code::NotFound => where_it_is(status).to_owned(),
        Code::AlreadyExists => "take another id, or change what is there".to_owned(),
        Code::FailedPrecondition => {
            "do what the message says; repeating it does not help".to_owned()
        }
        Code::PermissionDenied => {
            "ask somebody with more authority, or do what needs less of it".to_owned()
        }
        Code::Aborted => "somebody else changed it first: run the command again".to_owned(),
        Code::ResourceExhausted => "wait for the quota to come back".to_owned(),
        Code::Unavailable => match retry_delay(status) {
            Some(delay) => format!("try again in {} ms", delay.as_millis()),
            None => "try again in a moment".to_owned(),
        },
        Code::DeadlineExceeded | Code::Cancelled => {
            format!("try again; when it stays slow, `rekindle doctor` looks at {service}")
        }
        Code::Unimplemented => {
            format!("{service} is of another version than this program: build both anew")
        }
        _ => format!("look for the trace id in the log of {service}"),
    }
}

/// Where the ids of what was not found are shown.
fn where_it_is(status: &Status) -> &'static str {
    let info = status.get_details_error_info();
    let reason = info.map_or_else(String::new, |info| info.reason);
    match reason.as_str() {
        "CUSTOMER_NOT_FOUND" => "check the id; `rekindle import` loads customers",
        "SUBSCRIPTION_NOT_FOUND" => "`rekindle status CUSTOMER` shows a customer's subscriptions",
        "MODEL_NOT_FOUND" => {
            "`rekindle model list` shows the versions there are; `rekindle model fit` makes one"
        }
        "CONTACT_RULES_NOT_FOUND" => "`rekindle contact rules publish FILE` makes a version",
        "RULES_NOT_FOUND" => "`rekindle rules publish FILE` makes a version",
        "CATALOGUE_NOT_FOUND" => "`rekindle catalogue publish FILE...` makes a version",
        "DECISION_NOT_FOUND" | "SESSION_NOT_FOUND" | "PRESENTED_OFFER_NOT_FOUND" => {
            "check the id: `rekindle call` prints those of its answer"
        }
        "SCORING_RUN_NOT_FOUND" => "`rekindle portfolio score` begins a run",
        "SUPPRESSION_NOT_FOUND" => "`rekindle suppression list` shows those there are",
        _ => "check the id",
    }
}

/// A late answer says nothing about when to come back; the client's own time-out is CANCELLED.
fn pause_after_late(code: Code) -> Option<Duration> {
    matches!(code, Code::DeadlineExceeded | Code::Cancelled).then_some(PAUSE_AFTER_LATE)
}

fn retry_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::{ErrorDetails, FieldViolation};

    use super::*;

    fn rendered(code: Code, details: ErrorDetails) -> Failure {
        let status = Status::with_error_details(code, "no customer c-9", details);
        failure(
            "profiles",
            "http://127.0.0.1:7101",
            &status,
            "4bf9".to_owned(),
        )
    }

    #[test]
    fn a_refusal_shows_reason_facts_fields_and_advice() {
        let mut details = ErrorDetails::new();
        let facts = HashMap::from([("customer_id".to_owned(), "c-9".to_owned())]);
        details.set_error_info("CUSTOMER_NOT_FOUND", "profiles.rekindle", facts);
        let violation = FieldViolation::new("customer_id", "must not be empty");
        details.set_bad_request(vec![violation]);
        let failure = rendered(Code::NotFound, details);
        assert_eq!(failure.exit(), Exit::Failed);
        assert_eq!(failure.message(), "profiles: no customer c-9");
        assert_eq!(failure.reason_name(), Some("CUSTOMER_NOT_FOUND"));
        assert_eq!(
            failure.details(),
            ["customer_id = c-9", "customer_id: must not be empty"]
        );
        assert!(
            failure
                .what_to_do()
                .is_some_and(|advice| advice.contains("import"))
        );
        assert_eq!(failure.trace_id(), Some("4bf9"));
    }

    #[test]
    fn what_was_not_found_says_where_the_like_of_it_is() {
        let advice = |reason: &str| {
            let mut details = ErrorDetails::new();
            details.set_error_info(reason, "lifecycle.rekindle", HashMap::new());
            let failure = rendered(Code::NotFound, details);
            failure.what_to_do().unwrap_or_default().to_owned()
        };
        assert!(advice("MODEL_NOT_FOUND").contains("rekindle model list"));
        assert!(advice("CATALOGUE_NOT_FOUND").contains("rekindle catalogue publish"));
        assert!(!advice("SESSION_NOT_FOUND").contains("import"));
    }

    #[test]
    fn a_hint_when_to_try_again_is_passed_on() {
        let mut details = ErrorDetails::new();
        details.set_error_info("OVERLOADED", "profiles.rekindle", HashMap::new());
        details.set_retry_info(Some(Duration::from_millis(250)));
        let failure = rendered(Code::Unavailable, details);
        assert_eq!(failure.exit(), Exit::Unavailable);
        assert_eq!(failure.what_to_do(), Some("try again in 250 ms"));
        assert_eq!(failure.pause(), Some(Duration::from_millis(250)));
    }

    #[test]
    fn only_what_may_go_better_next_time_is_repeated() {
        let pause = |code| rendered(code, ErrorDetails::new()).pause();
        assert!(pause(Code::Cancelled).is_some() && pause(Code::DeadlineExceeded).is_some());
        for code in [
            Code::NotFound,
            Code::InvalidArgument,
            Code::FailedPrecondition,
            Code::Internal,
        ] {
            assert_eq!(pause(code), None, "{code:?}");
        }
    }

    #[test]
    fn silence_names_the_address_and_how_to_change_it() {
        let failure = rendered(Code::Unavailable, ErrorDetails::new());
        assert_eq!(failure.exit(), Exit::Unavailable);
        assert!(
            failure.message().contains("http://127.0.0.1:7101"),
            "{failure}"
        );
        assert!(
            failure
                .what_to_do()
                .is_some_and(|it| it.contains("REKINDLE_PROFILES_URL"))
        );
    }
}
