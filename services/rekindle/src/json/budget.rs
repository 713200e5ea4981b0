//! Budgets as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// Budgets with what is used of them.
pub fn budgets(budgets: &[pb::Budget]) -> Value {
    let budgets: Vec<Value> = budgets
        .iter()
        .map(|it| {
            json!({
                "budget_key": it.budget_key,
                "limit_amount": it.limit_amount,
                "currency": (!it.currency.is_empty()).then_some(&it.currency),
                "window": vocabulary::BUDGET_WINDOW.word(it.window),
                "open_time": time(it.open_time.as_ref()),
                "close_time": time(it.close_time.as_ref()),
                "bucket_count": it.bucket_count,
                "etag": it.etag,
                "update_time": time(it.update_time.as_ref()),
                "use": used(it.r#use.as_ref()),
            })
        })
        .collect();
    json!({"budgets": budgets})
}

/// A budget that was added up anew.
pub fn reconciled_budget(key: &str, answer: &pb::ReconcileBudgetResponse) -> Value {
    let differences: Vec<Value> = answer
        .differences
        .iter()
        .map(|it| {
            json!({
                "bucket": it.bucket,
                "what": it.what,
                "against": it.against,
                "found": it.found,
                "expected": it.expected,
            })
        })
        .collect();
    json!({
        "budget_key": key,
        "use": used(answer.r#use.as_ref()),
        "differences": differences,
    })
}

fn used(used: Option<&pb::BudgetUse>) -> Value {
    used.map_or(Value::Null, |it| {
        json!({
            "window_start_time": time(it.window_start_time.as_ref()),
            "held": it.held,
            "committed": it.committed,
            "available": it.available,
        })
    })
}
