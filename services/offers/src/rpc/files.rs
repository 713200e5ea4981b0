//! Files in, problems out: what the services of catalogue and policy share on the wire.

use contract::offers::v1 as pb;
use edge::violations::Violations;

use crate::domain::problem::{Problem, Severity};
use crate::domain::version::SourceFile;

/// The longest name of a publisher, and the longest note, in characters.
const MAX_PUBLISHER: usize = 64;
const MAX_NOTE: usize = 500;

/// Checks files: their number, names and sizes. What they say is checked later, with its places.
pub(super) fn files(checks: &mut Violations, wire: &[pb::SourceFile]) -> Option<Vec<SourceFile>> {
    if wire.is_empty() {
        checks.add("files", "REQUIRED", "must hold at least one file");
        return None;
    }
    listed(checks, "files", wire)
}

/// Checks files of one of several lists, which may be empty.
pub(super) fn listed(
    checks: &mut Violations,
    field: &str,
    wire: &[pb::SourceFile],
) -> Option<Vec<SourceFile>> {
    let wire = checks.at_most(field, wire, SourceFile::MAX_COUNT)?;
    let files: Vec<Option<SourceFile>> = wire
        .iter()
        .enumerate()
        .map(|(index, file)| {
            checks.within(format_args!("{field}[{index}]"), |checks| {
                one_file(checks, file)
            })
        })
        .collect();
    files.into_iter().collect()
}

fn one_file(checks: &mut Violations, wire: &pb::SourceFile) -> Option<SourceFile> {
    let name = checks.required_text("name", &wire.name, SourceFile::MAX_NAME_LENGTH);
    let most = SourceFile::MAX_BYTES;
    let fits = wire.text.len() <= most;
    if !fits {
        let size = wire.text.len();
        let limit = format_args!("must have at most {most} bytes, has {size}: split it");
        checks.add("text", "TOO_LONG", limit);
    }
    Some(SourceFile {
        name: name?,
        text: fits.then(|| wire.text.clone())?,
    })
}

/// Checks who publishes and why.
pub(super) fn publisher(
    checks: &mut Violations,
    published_by: &str,
    note: &str,
) -> Option<(String, String)> {
    let published_by = checks.text("published_by", published_by, MAX_PUBLISHER);
    let note = checks.text("note", note, MAX_NOTE);
    Some((published_by?, note?))
}

/// Renders problems, in their order.
pub(super) fn problems(problems: &[Problem]) -> Vec<pb::Problem> {
    problems.iter().map(problem).collect()
}

fn problem(problem: &Problem) -> pb::Problem {
    pb::Problem {
        file: problem.place.file.to_string(),
        line: problem.place.line,
        column: problem.place.column,
        code: problem.code.as_str().to_owned(),
        message: problem.message.clone(),
        severity: match problem.severity {
            Severity::Error => pb::Severity::Error,
            Severity::Warning => pb::Severity::Warning,
        }
        .into(),
    }
}
