//! Files that are published, and what is wrong with them.

use std::path::{Path, PathBuf};

use contract::offers::v1::{Problem, Severity, SourceFile};

use crate::failure::{Exit, Failure};
use crate::json;
use crate::output::Output;
use crate::screen;

/// Reads files as their author wrote them, under the names they were given by.
pub(super) fn read_sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    paths
        .iter()
        .map(|path| {
            Ok(SourceFile {
                name: path.display().to_string(),
                text: read_text(path)?,
            })
        })
        .collect()
}

/// Reads one file of text.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::new(
            Exit::BadInput,
            format!("{} cannot be read: {error}", path.display()),
        )
        .advice("check the name, the permissions, and that it is UTF-8")
    })
}

/// Tells whether a problem keeps files from being published.
pub(super) fn is_error(problem: &Problem) -> bool {
    problem.severity() != Severity::Warning
}

/// Shows what does not keep files from being published, and should be looked at.
pub(super) fn tell_warnings(warnings: &[Problem], output: Output) {
    if !warnings.is_empty() {
        output.progress(format_args!("{}", screen::problems(warnings)));
    }
}

/// Prints every problem and answers with the exit code for that.
pub(super) fn print_problems(problems: &[Problem], output: Output) -> Result<u8, Failure> {
    output.result(&json::problems(problems), |_| screen::problems(problems))?;
    output.progress(format_args!(
        "{} problems; nothing was published",
        problems.len()
    ));
    Ok(Exit::Failed.code())
}

/// Writes a page that is complete in itself, and says where it is.
pub(super) fn write_page(file: &Path, page: &str, output: Output) -> Result<(), Failure> {
    std::fs::write(file, page).map_err(|error| {
        let message = format!("{} cannot be written: {error}", file.display());
        Failure::failed(message).advice("check the folder and its permissions")
    })?;
    output.progress(format_args!("the page is in {}", file.display()));
    Ok(())
}
