//! Leaving: when service and billing end, and what the acknowledgement proves.

use kernel::framed;
use kernel::id::{CancellationId, ContactId, CustomerId, SubscriptionId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::Subscription;
use super::exit_plan::ExitType;
use super::named::Named;

/// When service and billing end. The two may differ: what is paid for can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndDates {
    /// When service ends.
    pub service_end_at: Timestamp,
    /// When billing ends.
    pub billing_end_at: Timestamp,
    /// Where the dates come from.
    pub source: DatesSource,
}

impl EndDates {
    /// Of what has ended before: nobody ends it again.
    pub const fn of_the_past(ended_at: Timestamp) -> Self {
        Self {
            service_end_at: ended_at,
            billing_end_at: ended_at,
            source: DatesSource::Contract,
        }
    }
}

/// The order to end a subscription: what profiles is told, for as long as it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndSubscription {
    /// The cancellation that asks for it; the request id towards profiles.
    pub cancellation_id: CancellationId,
    /// The customer.
    pub customer_id: CustomerId,
    /// What ends.
    pub subscription_id: SubscriptionId,
    /// When service ends.
    pub service_end_at: Timestamp,
    /// When billing ends.
    pub billing_end_at: Timestamp,
}

/// The order to undo the end of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReinstateSubscription {
    /// The acceptance that asks for it; the request id towards profiles.
    pub acceptance_id: String,
    /// The customer.
    pub customer_id: CustomerId,
    /// What goes on.
    pub subscription_id: SubscriptionId,
}

/// An order about a subscription. Those about one customer are carried out one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionOrder {
    /// It ends, as the customer terminated it.
    End(EndSubscription),
    /// It ends otherwise.
    EndAs(ExitType, EndSubscription),
    /// It goes on.
    Reinstate(ReinstateSubscription),
}

/// Where end dates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatesSource {
    /// From the contract.
    Contract,
    /// From what the customer asked for.
    Request,
    /// The contract could not be looked at.
    Provisional,
}

impl Named for DatesSource {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Contract, "contract"),
        (Self::Request, "request"),
        (Self::Provisional, "provisional"),
    ];
}

/// The earliest day a subscription can end by its contract: the end of the commitment while that
/// lies ahead, the end of the month that is paid for otherwise, and at once where nothing recurs.
pub fn contract_end(subscription: &Subscription, now: Timestamp) -> Timestamp {
    if let Some(end) = subscription.commitment_ends_at.filter(|end| *end > now) {
        return end;
    }
    match subscription.started_at {
        Some(start) if subscription.contractual && subscription.monthly_price.is_some() => {
            next_monthly_anniversary(start, now)
        }
        _ => now,
    }
}

/// How long after the end of the contract somebody may want to stay on, in hours: two years.
const FURTHEST_HOURS: i64 = 731 * 24;

/// Tells whether an end can be what the customer asked for: a day decades ahead is a mistake, and
/// taken at its word would keep who wants to leave.
pub fn can_be_meant(requested: Timestamp, contract: Option<Timestamp>, now: Timestamp) -> bool {
    let earliest = contract.map_or(now, |contract| contract.max(now));
    let furthest = kernel::time::Span::new().hours(FURTHEST_HOURS);
    earliest
        .checked_add(furthest)
        .is_ok_and(|latest| requested <= latest)
}

/// Decides the dates of a cancellation. `contract` is the end by the contract, when it was known;
/// `requested` the day the customer asked for, which they get: billing still ends by the contract.
pub fn end_dates(
    contract: Option<Timestamp>,
    requested: Option<Timestamp>,
    now: Timestamp,
) -> EndDates {
    match (contract, requested) {
        (Some(contract), None) => EndDates {
            service_end_at: contract,
            billing_end_at: contract,
            source: DatesSource::Contract,
        },
        (contract, Some(requested)) => EndDates {
            service_end_at: requested,
            billing_end_at: contract.map_or(requested, |contract| contract.max(requested)),
            source: DatesSource::Request,
        },
        (None, None) => EndDates {
            service_end_at: now,
            billing_end_at: now,
            source: DatesSource::Provisional,
        },
    }
}

/// The first monthly anniversary of `start` after `now`; `now` itself where calendars run out.
fn next_monthly_anniversary(start: Timestamp, now: Timestamp) -> Timestamp {
    let start = start.in_tz("UTC").ok();
    let today = now.in_tz("UTC").ok();
    let (Some(start), Some(today)) = (start, today) else {
        return now;
    };
    let months = (i32::from(today.year()) - i32::from(start.year())) * 12
        + i32::from(today.month())
        - i32::from(start.month());
    // The same month's anniversary may be over already; then it is the next one's.
    (months.max(0)..=months.max(0) + 1)
        .filter_map(|count| start.checked_add(months_span(count)).ok())
        .map(|anniversary| anniversary.timestamp())
        .find(|anniversary| *anniversary > now)
        .unwrap_or(now)
}

fn months_span(count: i32) -> kernel::time::Span {
    kernel::time::Span::new().months(count)
}

/// What an acknowledgement says, in the form its hash is taken over.
#[derive(Clone, Copy, Debug)]
pub struct AcknowledgedContent<'a> {
    /// The id to quote.
    pub cancellation_id: CancellationId,
    /// The customer.
    pub customer_id: &'a CustomerId,
    /// What is cancelled.
    pub subscription_id: &'a SubscriptionId,
    /// The contact in which it was.
    pub contact_id: &'a ContactId,
    /// When it was acknowledged.
    pub acknowledged_at: Timestamp,
    /// The two end dates.
    pub dates: EndDates,
}

impl AcknowledgedContent<'_> {
    /// Writes the content as bytes, each part led by its length so that no two contents agree.
    pub fn bytes(&self) -> Vec<u8> {
        let parts = [
            "rekindle acknowledgement 1".to_owned(),
            self.cancellation_id.to_string(),
            self.customer_id.to_string(),
            self.subscription_id.to_string(),
            self.contact_id.to_string(),
            self.acknowledged_at.as_microsecond().to_string(),
            self.dates.service_end_at.as_microsecond().to_string(),
            self.dates.billing_end_at.as_microsecond().to_string(),
            self.dates.source.name().to_owned(),
        ];
        let mut bytes = Vec::with_capacity(256);
        framed::append(&mut bytes, parts);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_decades_ahead_is_not_meant() {
        let now = at("2026-02-10T12:00:00Z");
        let contract = Some(at("2028-02-10T12:00:00Z"));
        for (requested, without, with) in [
            ("2020-01-01T00:00:00Z", true, true),
            ("2028-02-11T12:00:00Z", true, true),
            ("2028-02-11T12:00:01Z", false, true),
            ("2030-02-10T12:00:00Z", false, true),
            ("2030-02-11T12:00:00Z", false, false),
            ("2199-01-01T00:00:00Z", false, false),
        ] {
            assert_eq!(
                can_be_meant(at(requested), None, now),
                without,
                "{requested}"
            );
            let meant = can_be_meant(at(requested), contract, now);
            assert_eq!(meant, with, "{requested}");
        }
    }

    #[test]
    fn a_month_that_is_paid_for_can_be_used() {
        let next = next_monthly_anniversary(at("2024-01-31T00:00:00Z"), at("2026-02-10T12:00:00Z"));
        assert_eq!(next, at("2026-02-28T00:00:00Z"));
        let next = next_monthly_anniversary(at("2024-01-05T00:00:00Z"), at("2026-02-10T12:00:00Z"));
        assert_eq!(next, at("2026-03-05T00:00:00Z"));
        let ahead =
            next_monthly_anniversary(at("2027-01-05T00:00:00Z"), at("2026-02-10T12:00:00Z"));
        assert_eq!(ahead, at("2027-01-05T00:00:00Z"));
    }

    #[test]
    fn the_customer_gets_the_day_they_ask_for_and_billing_keeps_to_the_contract() {
        let (now, contract, asked) = (
            at("2026-01-01T00:00:00Z"),
            at("2026-03-01T00:00:00Z"),
            at("2026-02-01T00:00:00Z"),
        );
        let dates = end_dates(Some(contract), Some(asked), now);
        assert_eq!(
            (dates.service_end_at, dates.billing_end_at),
            (asked, contract)
        );
        assert_eq!(end_dates(None, None, now).source, DatesSource::Provisional);
        assert_eq!(
            end_dates(Some(contract), None, now).billing_end_at,
            contract
        );
    }
}
