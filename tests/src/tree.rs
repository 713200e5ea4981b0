//! The files of the workspace, as far as people write them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders that nobody writes by hand.
const NOT_OURS: [&str; 7] = [
    ".git",
    ".rekindle",
    ".sqlx",
    "generated",
    "node_modules",
    "target",
    "__pycache__",
];

/// Returns the root of the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Lists the files below a folder of the workspace, as paths from its root, in order.
pub fn files(below: &str) -> io::Result<Vec<PathBuf>> {
    let root = root();
    let mut found = Vec::new();
    walk(&root.join(below), &mut found)?;
    found.sort();
    Ok(found
        .into_iter()
        .filter_map(|path| path.strip_prefix(&root).map(Path::to_owned).ok())
        .collect())
}

/// Reads a file of the workspace.
pub fn read(path: &Path) -> io::Result<String> {
    fs::read_to_string(root().join(path))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if NOT_OURS.contains(&name.as_ref()) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}
