//! Suppressions as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// One suppression.
pub fn suppression(it: &pb::Suppression) -> Value {
    let lever = (it.lever != 0).then(|| vocabulary::LEVER.word(it.lever));
    json!({
        "suppression_id": it.suppression_id,
        "scope": vocabulary::SUPPRESSION_SCOPE.word(it.scope),
        "customer_id": it.customer_id,
        "account_id": it.account_id,
        "suppressed_offers": vocabulary::SUPPRESSED_OFFERS.word(it.suppressed_offers),
        "lever": lever,
        "offer_key": it.offer_key,
        "until_time": time(it.until_time.as_ref()),
        "for_ever": it.for_ever,
        "reason_key": it.reason_key,
        "suppressed_by": it.suppressed_by,
        "suppress_time": time(it.suppress_time.as_ref()),
        "lift_time": time(it.lift_time.as_ref()),
        "lifted_by": it.lifted_by,
    })
}

/// A page of them.
pub fn suppressions(page: &pb::ListSuppressionsResponse) -> Value {
    let suppressions: Vec<Value> = page.suppressions.iter().map(suppression).collect();
    json!({"suppressions": suppressions, "next_page_token": page.next_page_token})
}
