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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Refusal;

    fn refusal(row: u64, field: &str, message: &str) -> Refusal {
        Refusal {
            row,
            reason: "INVALID_FIELD".to_owned(),
            field: field.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn refused_rows_read_like_the_errors_of_a_compiler_and_the_rest_is_counted() {
        let summary = Summary {
            rows: 7_043,
            changed: 7_041,
            refused: 2,
            refusals: vec![
                refusal(2, "event.kind", "column Kind: is blank"),
                refusal(
                    9,
                    "customer.email",
                    "customer.email: must have at most 254 characters",
                ),
                refusal(9, "", "has 3 cells where 5 are due"),
            ],
            ..Default::default()
        };
        let text = import("calls.csv", &summary, 2, Paper::plain(80));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "calls.csv:2: event.kind: column Kind: is blank (INVALID_FIELD)"
        );
        let email = "calls.csv:9: customer.email: must have at most 254 characters (INVALID_FIELD)";
        assert_eq!(lines[1], email);
        assert!(lines[2].contains("1 more"), "{text}");
        assert!(
            lines[3].starts_with("7,043 rows · 7,041 changed something"),
            "{text}"
        );
    }
}
