//! Accounts and subscriptions from the wire.

use std::collections::{BTreeMap, HashMap};

use contract::profiles::v1 as pb;
use edge::violations::Violations;
use kernel::time::Timestamp;

use super::{not_before, optional_money, optional_word};
use crate::domain::account::AccountDraft;
use crate::domain::subscription::{EndOrder, StatedReason, SubscriptionDraft};
use crate::domain::vocabulary::EndReason;

const MOST_ATTRIBUTES: usize = 64;
const LONGEST_ATTRIBUTE_NAME: usize = 64;
const LONGEST_ATTRIBUTE_VALUE: usize = 200;

/// Checks an account.
pub(in crate::rpc) fn account(checks: &mut Violations, wire: &pb::Account) -> Option<AccountDraft> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let account_id = checks.id("account_id", &wire.account_id);
    let business_line = checks.id("business_line", &wire.business_line);
    let open_time = checks.optional_instant("open_time", wire.open_time.as_ref());
    Some(AccountDraft {
        customer_id: customer_id?,
        account_id: account_id?,
        business_line: business_line?,
        open_time: open_time?,
    })
}

/// Checks a subscription.
pub(in crate::rpc) fn subscription(
    checks: &mut Violations,
    wire: &pb::Subscription,
) -> Option<SubscriptionDraft> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let account_id = checks.id("account_id", &wire.account_id);
    let subscription_id = checks.id("subscription_id", &wire.subscription_id);
    let product = checks.text("product", &wire.product, 100);
    let relationship = optional_word(checks, "relationship", wire.relationship);
    let contract_kind = optional_word(checks, "contract_kind", wire.contract_kind);
    let state = optional_word(checks, "state", wire.state);
    let dates = dates(checks, wire);
    let monthly_price = optional_money(checks, "monthly_price", wire.monthly_price.as_ref());
    let attributes = attributes(checks, &wire.attributes);
    let stated = stated(checks, &wire.stated_reason, &wire.reason_category);
    let dates = dates?;
    Some(SubscriptionDraft {
        customer_id: customer_id?,
        account_id: account_id?,
        subscription_id: subscription_id?,
        product: product?,
        relationship: relationship?,
        contract_kind: contract_kind?,
        state: state?,
        start_time: dates.start,
        commitment_end_time: dates.commitment_end,
        service_end_time: dates.service_end,
        billing_end_time: dates.billing_end,
        end_reason: dates.end_reason,
        stated: stated?,
        monthly_price: monthly_price?,
        attributes: attributes?,
    })
}

struct Dates {
    start: Timestamp,
    commitment_end: Option<Timestamp>,
    service_end: Option<Timestamp>,
    billing_end: Option<Timestamp>,
    end_reason: Option<EndReason>,
}

fn dates(checks: &mut Violations, wire: &pb::Subscription) -> Option<Dates> {
    let start = checks.instant("start_time", wire.start_time.as_ref());
    let commitment_end =
        checks.optional_instant("commitment_end_time", wire.commitment_end_time.as_ref());
    let service_end = checks.optional_instant("service_end_time", wire.service_end_time.as_ref());
    let billing_end = checks.optional_instant("billing_end_time", wire.billing_end_time.as_ref());
    let end_reason = optional_word(checks, "end_reason", wire.end_reason);
    not_before(checks, "commitment_end_time", commitment_end, start);
    not_before(checks, "service_end_time", service_end, start);
    not_before(checks, "billing_end_time", billing_end, start);
    if wire.service_end_time.is_none() {
        let needs_end = "must not be given without service_end_time";
        if wire.billing_end_time.is_some() {
            checks.add("billing_end_time", "UNFIT", needs_end);
        }
        if wire.end_reason != 0 {
            checks.add("end_reason", "UNFIT", needs_end);
        }
        if !wire.stated_reason.is_empty() {
            checks.add("stated_reason", "UNFIT", needs_end);
        }
        if !wire.reason_category.is_empty() {
            checks.add("reason_category", "UNFIT", needs_end);
        }
    }
    Some(Dates {
        start: start?,
        commitment_end: commitment_end?,
        service_end: service_end?,
        billing_end: billing_end?,
        end_reason: end_reason?,
    })
}

/// Checks what a customer said, as keys.
fn stated(checks: &mut Violations, reason: &str, category: &str) -> Option<StatedReason> {
    let key = checks.optional_key("stated_reason", reason);
    let category = checks.optional_key("reason_category", category);
    Some(StatedReason {
        key: key?,
        category: category?,
    })
}

fn attributes(
    checks: &mut Violations,
    wire: &HashMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    if wire.len() > MOST_ATTRIBUTES {
        let limit = format_args!("must have at most {MOST_ATTRIBUTES} entries");
        checks.add("attributes", "TOO_MANY", limit);
        return None;
    }
    let mut attributes = BTreeMap::new();
    let mut sorted: Vec<_> = wire.iter().collect();
    sorted.sort_unstable();
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        let place = format!("attributes[{index}]");
        let name = checks.required_text(&format!("{place}.key"), name, LONGEST_ATTRIBUTE_NAME);
        let value = checks.text(&format!("{place}.value"), value, LONGEST_ATTRIBUTE_VALUE);
        attributes.extend(name.zip(value));
    }
    Some(attributes)
}

/// Checks an end that somebody orders.
pub(in crate::rpc) fn end_order(
    checks: &mut Violations,
    wire: &pb::EndSubscriptionRequest,
) -> Option<EndOrder> {
    let service_end_time = checks.instant("service_end_time", wire.service_end_time.as_ref());
    let billing_end_time =
        checks.optional_instant("billing_end_time", wire.billing_end_time.as_ref());
    let reason = optional_word(checks, "end_reason", wire.end_reason);
    let stated = stated(checks, &wire.stated_reason, &wire.reason_category);
    Some(EndOrder {
        service_end_time: service_end_time?,
        billing_end_time: billing_end_time?,
        reason: reason?,
        stated: stated?,
    })
}
