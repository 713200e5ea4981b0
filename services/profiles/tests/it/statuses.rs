//! What a status says, taken apart.

use tonic::{Code, Status};
use tonic_types::StatusExt;

/// Returns the code and the reason of an error of this service.
pub(crate) fn reason(status: &Status) -> (Code, String) {
    let details = status.get_error_details();
    let info = details
        .error_info()
        .unwrap_or_else(|| panic!("no error info in {status:?}"));
    assert_eq!(info.domain, "profiles.rekindle");
    (status.code(), info.reason.clone())
}

/// Returns a fact that an error carries.
pub(crate) fn fact(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().metadata[key].clone()
}

/// Returns the fields of all violations, sorted.
pub(crate) fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let mut fields: Vec<String> = violations.iter().map(|one| one.field.clone()).collect();
    fields.sort_unstable();
    fields
}

/// Asserts the code and the reason of an error.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
    wanted: &str,
) -> Status {
    let status = result.expect_err("must be refused");
    assert_eq!(reason(&status), (code, wanted.to_owned()));
    status
}
