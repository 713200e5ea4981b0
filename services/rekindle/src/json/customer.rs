//! Customers as JSON.

use contract::profiles::v1 as pb;
use serde_json::{Value, json};

/// The one customer that two are now.
pub fn merged_customer(it: &pb::MergeCustomersResponse) -> Value {
    json!({
        "customer_id": it.customer_id,
        "merged_customer_ids": it.merged_customer_ids,
        "revision": it.revision,
        "changed": it.changed,
    })
}
