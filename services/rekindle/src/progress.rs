//! Long work says how far it is: a bar on a terminal, a line every few seconds elsewhere, nothing
//! beside JSON.

use std::fmt::Display;
use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output::Output;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(3);

/// Work that is told as a share counts in these.
const PARTS: u64 = 1_000;

/// How far one piece of work is.
#[derive(Debug)]
pub struct Progress {
    label: String,
    total: u64,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Bar(ProgressBar),
    Lines { output: Output, last: Instant },
    Silent,
}

impl Progress {
    /// Begins a piece of work of `total` units, whatever these are.
    pub fn begin(output: Output, label: impl Into<String>, total: u64) -> Self {
        let label = label.into();
        let shape = if output.is_json() {
            Shape::Silent
        } else if stderr().is_terminal() {
            Shape::Bar(bar(&label, total))
        } else {
            Shape::Lines {
                output,
                last: Instant::now(),
            }
        };
        Self {
            label,
            total,
            shape,
        }
    }

    /// Begins a piece of work that tells which share of it is done.
    pub fn begin_share(output: Output, label: impl Into<String>) -> Self {
        Self::begin(output, label, PARTS)
    }

    /// Says which share is done, 0 to 1, and what else is worth knowing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a thousand parts, clamped to none and all of them"
    )]
    pub fn reached_share(&mut self, share: f64, note: impl Display) {
        let all = PARTS as f64;
        self.reached((share * all).clamp(0.0, all) as u64, note);
    }

    /// Says how many units are done, and what else is worth knowing.
    pub fn reached(&mut self, done: u64, note: impl Display) {
        let percent = percent(done, self.total);
        match &mut self.shape {
            Shape::Bar(bar) => {
                bar.set_position(done.min(self.total));
                bar.set_message(note.to_string());
            }
            Shape::Lines { output, last } if last.elapsed() >= LINE_EVERY => {
                *last = Instant::now();
                output.progress(format_args!("{:<12} {percent:>3} %  {note}", self.label));
            }
            Shape::Lines { .. } | Shape::Silent => {}
        }
    }

    /// Ends the work: the bar goes, one line stays.
    pub fn end(self, note: impl Display) {
        match self.shape {
            Shape::Bar(bar) => {
                bar.finish_and_clear();
                Output::new(false).progress(format_args!("{:<12} {note}", self.label));
            }
            Shape::Lines { output, .. } => {
                output.progress(format_args!("{:<12} {note}", self.label));
            }
            Shape::Silent => {}
        }
    }
}

fn bar(label: &str, total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) =
        ProgressStyle::with_template("{prefix:<12} {bar:30} {percent:>3} %  {wide_msg}")
    {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar.set_prefix(label.to_owned());
    bar
}

fn percent(done: u64, total: u64) -> u64 {
    let percent = done.min(total).saturating_mul(100).checked_div(total);
    percent.unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_stay_between_nothing_and_all() {
        assert_eq!(percent(0, 0), 100);
        assert_eq!(percent(1, 3), 33);
        assert_eq!(percent(5, 3), 100);
    }
}
