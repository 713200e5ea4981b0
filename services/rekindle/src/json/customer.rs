//! Customers as JSON.

use contract::profiles::v1 as pb;
use serde_json::{Value, json};

/// What erasing came to.
pub fn erased_customer(it: pb::EraseCustomerResponse) -> Value {
    json!({"id_count": it.id_count, "changed": it.changed})
}

/// The one customer that two are now.
pub fn merged_customer(it: &pb::MergeCustomersResponse) -> Value {
    json!({
        "customer_id": it.customer_id,
        "merged_customer_ids": it.merged_customer_ids,
        "revision": it.revision,
        "changed": it.changed,
    })
}
