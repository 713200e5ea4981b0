//! The portfolio, end to end: measured by `bench portfolio`, a process of its own, so that what it
//! starts ends with it.

use std::process::{Command, Stdio};

use rekindle::failure::Failure;
use serde_json::Value as Json;

use super::figure::{Figure, Goal, Value};

/// The subcommand.
const SUBCOMMAND: &str = "portfolio";
/// The figures it finds.
const RATIO: &str = "speed.portfolio_vs_copy";
const MEMORY: &str = "memory_mib";
/// The most memory that scoring may hold, in mebibytes, however many customers there are.
const MOST_MEMORY: f64 = 512.0;

/// Measures the portfolio.
pub(super) fn figures() -> Result<Vec<Figure>, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("bench {SUBCOMMAND} fails: {error}"))
    };
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let run = Command::new(program)
        .args([SUBCOMMAND, "--json"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(&error))?;
    if !run.status.success() {
        return Err(failed(&run.status));
    }
    let document: Json = serde_json::from_slice(&run.stdout).map_err(|error| failed(&error))?;
    read(&document).ok_or_else(|| failed(&format!("it finds no {RATIO} and {MEMORY}")))
}

pub(super) fn read(document: &Json) -> Option<Vec<Figure>> {
    let ratio = document.get("portfolio_vs_copy")?.as_f64()?;
    let memory = document.get("memory_mib")?.as_f64()?;
    Some(vec![
        Figure::new(RATIO, Value::Number(ratio), None),
        Figure::new(
            MEMORY,
            Value::Number(memory),
            Some(Goal::AtMost(MOST_MEMORY)),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_figures_are_read_where_they_are() {
        let document = json!({"portfolio_vs_copy": 0.3, "memory_mib": 600});
        let figures = read(&document).unwrap();
        assert_eq!(figures[0].value, Value::Number(0.3));
        assert_eq!(figures[1].reached, Some(false));
        assert!(read(&json!({"memory_mib": 3})).is_none());
    }
}
