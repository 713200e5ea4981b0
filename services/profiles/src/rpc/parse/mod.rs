//! From the wire to the domain: every violation of a request at once.

#![expect(
    clippy::option_option,
    reason = "the outer None means malformed, the inner one not given"
)]

mod account;
mod contact;
mod customer;
mod happening;
mod import;

pub(super) use account::{account, end_order, subscription};
pub(super) use contact::{contact_rules, questions};
pub(super) use customer::customer;
pub(super) use happening::{consent, event, incident, short_key};
pub(super) use import::rows;

use contract::types::v1 as types;
use edge::violations::Violations;
use kernel::money::Money;
use kernel::time::Timestamp;

use crate::domain::vocabulary::Numbered;

/// Checks a word that must be given.
pub(super) fn word<W: Numbered>(checks: &mut Violations, field: &str, number: i32) -> Option<W> {
    if number == 0 {
        checks.add(field, "REQUIRED", "must be given");
        return None;
    }
    optional_word(checks, field, number)?
}

/// Checks a word that may be unspecified: the inner `None` means "not known".
pub(super) fn optional_word<W: Numbered>(
    checks: &mut Violations,
    field: &str,
    number: i32,
) -> Option<Option<W>> {
    if number == 0 {
        return Some(None);
    }
    let word = i16::try_from(number).ok().and_then(W::from_number);
    if word.is_none() {
        let description = format_args!("{number} is not a value of this enum");
        checks.add(field, "UNKNOWN_VALUE", description);
    }
    word.map(Some)
}

/// Checks an amount that may be left out.
pub(super) fn optional_money(
    checks: &mut Violations,
    field: &str,
    wire: Option<&types::Money>,
) -> Option<Option<Money>> {
    match wire {
        None => Some(None),
        Some(money) => checks.money(field, money.minor, &money.currency).map(Some),
    }
}

/// Checks that an instant, if given, does not lie before another.
pub(super) fn not_before(
    checks: &mut Violations,
    field: &str,
    later: Option<Option<Timestamp>>,
    start: Option<Timestamp>,
) {
    if let (Some(Some(later)), Some(start)) = (later, start)
        && later < start
    {
        checks.add(field, "OUT_OF_ORDER", "must not lie before start_time");
    }
}
