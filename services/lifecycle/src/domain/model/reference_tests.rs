//! Reads reference outputs and data sets, for tests.

use std::path::PathBuf;

/// Returns a file of the reference outputs; `None`, and a line that says so, where it is absent.
pub(super) fn file(name: &str) -> Option<PathBuf> {
    present(testkit::data::shared()?.join("../reference").join(name))
}

fn present(path: PathBuf) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path);
    }
    testkit::data::skipped(&format!("there is no {}", path.display()));
    None
}
