//! The shared data sets, where they are there.

use std::path::{Path, PathBuf};

/// Returns the folder of the shared data sets: `REKINDLE_SHARED_DATA`, or `shared/data` beside the
/// workspace. `None`, with a line that says so, where there is none: the caller skips its checks.
pub fn shared() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("REKINDLE_SHARED_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    skipped("REKINDLE_SHARED_DATA names no folder of data sets");
    None
}

/// Says that a check was skipped, and why.
#[expect(clippy::print_stderr, reason = "for the reader of the test's output")]
pub fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}
