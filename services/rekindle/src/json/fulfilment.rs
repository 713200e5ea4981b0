//! What is to be carried out, and promises that could not be kept, as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::{money, time};

/// What was leased.
pub fn fulfilments(leased: &[pb::Fulfilment]) -> Value {
    let leased: Vec<Value> = leased
        .iter()
        .map(|it| {
            json!({
                "customer_id": it.customer_id,
                "presented_offer_id": it.presented_offer_id,
                "subscription_id": it.subscription_id,
                "offer_key": it.offer_key,
                "summary": it.terms.as_ref().map(|terms| terms.summary.as_str()),
                "cost": money(it.cost.as_ref()),
                "accept_time": time(it.accept_time.as_ref()),
                "lease_id": it.lease_id,
                "lease_expire_time": time(it.lease_expire_time.as_ref()),
                "lease_count": it.lease_count,
            })
        })
        .collect();
    json!({"fulfilments": leased})
}

/// The open promise tasks.
pub fn promise_tasks(tasks: &[pb::PromiseTask]) -> Value {
    let tasks: Vec<Value> = tasks
        .iter()
        .map(|it| {
            json!({
                "task_id": it.task_id,
                "customer_id": it.customer_id,
                "session_id": it.session_id,
                "presented_offer_id": it.presented_offer_id,
                "offer_key": it.offer_key,
                "failure_code": it.failure_code,
                "open_time": time(it.open_time.as_ref()),
            })
        })
        .collect();
    json!({"tasks": tasks})
}
