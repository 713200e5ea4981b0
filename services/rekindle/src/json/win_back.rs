//! Those who left and may be asked back, as JSON.

use contract::offers::v1 as pb;
use contract::profiles::v1::ContactPermission;
use serde_json::{Value, json};

use super::contact::permission;
use super::{money, time};
use crate::vocabulary;

/// A page of them; `permissions` are those of the candidates in their order, or none at all.
pub fn win_back_candidates(
    page: &pb::ListWinBackCandidatesResponse,
    permissions: &[ContactPermission],
) -> Value {
    let candidates = page.candidates.iter().enumerate();
    let candidates = candidates.map(|(place, it)| candidate(it, permissions.get(place)));
    json!({
        "candidates": candidates.collect::<Vec<_>>(),
        "next_page_token": page.next_page_token,
    })
}

fn candidate(it: &pb::WinBackCandidate, may_contact: Option<&ContactPermission>) -> Value {
    json!({
        "customer_id": it.customer_id,
        "cancellation_id": it.cancellation_id,
        "subscription_id": it.subscription_id,
        "acknowledge_time": time(it.acknowledge_time.as_ref()),
        "service_end_time": time(it.service_end_time.as_ref()),
        "billing_end_time": time(it.billing_end_time.as_ref()),
        "stated_reason": it.stated_reason,
        "reason_category": it.reason_category,
        "business_line": it.business_line,
        "way": way(it.way),
        "theme": it.theme,
        "ask_from_time": time(it.ask_from_time.as_ref()),
        "ask_until_time": time(it.ask_until_time.as_ref()),
        "value": money(it.value.as_ref()),
        "expected_return": it.expected_return,
        "expected_value": money(it.expected_value.as_ref()),
        "not_asked_back": it.not_asked_back,
        "held_out": it.held_out,
        "permission": may_contact.map(permission),
    })
}

/// Those who left, counted.
pub fn win_back_counts(counts: &[pb::WinBackCount]) -> Value {
    let counts = counts.iter().map(|it| {
        json!({
            "way": way(it.way),
            "not_asked_back": it.not_asked_back,
            "cancellation_count": it.cancellation_count,
        })
    });
    json!({"counts": counts.collect::<Vec<_>>()})
}

fn way(number: i32) -> Option<String> {
    (number != 0).then(|| vocabulary::WIN_BACK_WAY.word(number))
}
