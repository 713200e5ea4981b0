//! Amounts, times and counts as people say them.

use contract::types::v1::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kernel::money::{Currency, Money as Amount};
use prost_types::Timestamp as WireTime;

/// An amount in its major unit.
pub(crate) fn money(money: &Money) -> String {
    match Currency::parse(&money.currency) {
        Ok(currency) => Amount::new(money.minor, currency).to_string(),
        Err(_) => format!("{} {}", money.minor, money.currency),
    }
}

/// An amount with its sign, for gains.
pub(crate) fn signed_money(amount: &Money) -> String {
    let sign = if amount.minor > 0 { "+" } else { "" };
    format!("{sign}{}", money(amount))
}

/// An instant of the wire; none when it is absent or out of range.
pub(crate) fn instant(time: Option<&WireTime>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

/// An instant to the minute.
pub(crate) fn minute(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

/// The day of an instant.
pub(crate) fn day(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).date().to_string()
}

/// An instant as programs like it; empty when it is absent.
pub(crate) fn optional_minute(time: Option<&WireTime>) -> String {
    instant(time).map_or_else(|| "unknown".to_owned(), minute)
}

/// How long it is from one instant to a later one, roughly.
pub(crate) fn distance(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second() - from.as_second();
    match seconds {
        ..0 => "over".to_owned(),
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A number of days as years and months.
pub(crate) fn tenure(days: u32) -> String {
    // Months of 30.4375 days, so that years come out whole.
    let months = u64::from(days) * 10_000 / 304_375;
    match (months / 12, months % 12) {
        (0, 0) => count(u64::from(days), "day"),
        (0, months) => count(months, "month"),
        (years, 0) => count(years, "year"),
        (years, months) => format!("{} {}", count(years, "year"), count(months, "month")),
    }
}

/// A number with its noun.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// A number with its thousands set apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share as a percentage.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 10.0 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

/// A short key as words: `open_incident:outage` as `open incident: outage`.
pub(crate) fn spoken(key: &str) -> String {
    key.replace('_', " ").replace(':', ": ")
}

/// A place in a row: 1st, 2nd, 3rd, 11th.
pub(crate) fn ordinal(number: u32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_in_their_major_unit() {
        let of = |minor, currency: &str| Money {
            minor,
            currency: currency.to_owned(),
        };
        assert_eq!(money(&of(2985, "USD")), "29.85 USD");
        assert_eq!(money(&of(5, "???")), "5 ???");
        assert_eq!(signed_money(&of(150, "EUR")), "+1.50 EUR");
        assert_eq!(signed_money(&of(-150, "EUR")), "-1.50 EUR");
    }

    #[test]
    fn tenures_are_said_in_years_and_months() {
        for (days, said) in [
            (0, "0 days"),
            (1, "1 day"),
            (31, "1 month"),
            (366, "1 year"),
            (1_157, "3 years 2 months"),
        ] {
            assert_eq!(tenure(days), said);
        }
    }

    #[test]
    fn distances_shares_and_places_are_rounded_for_reading() {
        let at = |second| Timestamp::from_second(second).expect("an instant");
        assert_eq!(distance(at(0), at(900)), "15 min");
        assert_eq!(distance(at(0), at(-1)), "over");
        assert_eq!(distance(at(0), at(3 * 86_400)), "3 days");
        assert_eq!(percent(0.0449), "4.5 %");
        assert_eq!(percent(0.5), "50 %");
        assert_eq!(
            [1, 2, 3, 4, 11, 22].map(ordinal).join(" "),
            "1st 2nd 3rd 4th 11th 22nd"
        );
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(spoken("open_incident:outage"), "open incident: outage");
    }
}
