//! What the files may say, and what is said about files that may not.

mod authority;
mod catalogue_problems;
mod contact_policy;
mod damaged;
mod guidance;
mod laws;
mod learning;
mod loyalty;
mod policy_problems;
mod seeds;
mod serial_savers;
mod yaml_problems;

use super::*;
use crate::domain::problem::{Code, Severity};

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Where each problem is and of what kind.
fn found<T>(result: Result<T, Vec<Problem>>) -> Vec<(u32, Code)> {
    let problems = result.err().unwrap_or_default();
    problems
        .iter()
        .map(|problem| (problem.place.line, problem.code))
        .collect()
}
