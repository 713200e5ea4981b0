//! What became of an import.

use super::paper::{Page, Paper, Style};
use super::words;
use crate::import::Summary;

/// The summary, and the first refused rows as `source:line: field: message (REASON)`.
pub fn import(source: &str, summary: &Summary, shown: usize, paper: Paper) -> String {
    let mut page = Page::on(paper);
    for refusal in summary.refusals.iter().take(shown) {
        let field = match refusal.field.as_str() {
            "" => String::new(),
            // The service's own words begin with the field.
            field if refusal.message.starts_with(field) => String::new(),
            field => format!("{field}: "),
        };
        let place = format!("{source}:{}: {field}", refusal.row);
        let line = format!("{place}{} ({})", refusal.message, refusal.reason);
        page.line(Style::Alert, &line);
    }
    let hidden = summary.refusals.len().saturating_sub(shown);
    if hidden > 0 {
        let more = format!(
            "… and {} more; --show N shows them",
            words::grouped(hidden as u64)
        );
        page.line(Style::Faint, &more);
    }
    let mut parts = vec![
        words::count(summary.rows, "row"),
        format!("{} changed something", words::grouped(summary.changed)),
        format!("{} were there already", words::grouped(summary.unchanged)),
        format!("{} refused", words::grouped(summary.refused)),
    ];
    if summary.skipped > 0 {
        parts.push(format!(
            "{} gave rise to nothing",
            words::grouped(summary.skipped)
        ));
    }
    parts.push(format!("{:.1} s", summary.seconds));
    parts.push(format!("{:.0} rows a second", summary.rows_per_second()));
    page.line(Style::Plain, &parts.join(" · "));
    page.finish()
}
