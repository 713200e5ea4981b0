//! What became of an import, as JSON.

use serde_json::{Value, json};

use crate::import::Summary;

/// The summary with its refused rows.
pub fn import(source: &str, summary: &Summary) -> Value {
    let refusals: Vec<Value> = summary
        .refusals
        .iter()
        .map(|it| {
            json!({"row": it.row, "reason": it.reason, "field": it.field, "message": it.message})
        })
        .collect();
    json!({
        "source": source,
        "rows": summary.rows,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "skipped": summary.skipped,
        "refused": summary.refused,
        "seconds": summary.seconds,
        "rows_per_second": summary.rows_per_second(),
        "refusals": refusals,
    })
}
