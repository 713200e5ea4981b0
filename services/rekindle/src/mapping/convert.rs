//! From the text of a cell to a typed value. Each function says what is wrong in words that make
//! sense behind "column X: ".

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use kernel::money::Currency;

/// No subscription is a hundred years old; more is a misread column.
const MAX_MONTHS: u32 = 1_200;

/// A date in the given `strftime` format, as the first instant of that day in UTC.
pub(super) fn date(text: &str, format: &str) -> Result<Timestamp, String> {
    let day = Date::strptime(format, text)
        .map_err(|_| format!("\"{text}\" is no date of the form {format}"))?;
    midnight(day)
}

/// The first instant of a day in UTC.
pub(crate) fn midnight(day: Date) -> Result<Timestamp, String> {
    let zoned = day
        .to_zoned(TimeZone::UTC)
        .map_err(|_| format!("{day} is out of range"))?;
    Ok(zoned.timestamp())
}

/// The first instant of the day that lies a number of whole months before another day.
pub(super) fn months_before(text: &str, day: Date) -> Result<Timestamp, String> {
    let months = count(text)?;
    if months > MAX_MONTHS {
        return Err(format!(
            "{months} months is too long ago; at most {MAX_MONTHS}"
        ));
    }
    let earlier = day
        .checked_sub(Span::new().months(i64::from(months)))
        .map_err(|_| format!("{months} months before {day} is out of range"))?;
    midnight(earlier)
}

/// A whole number, not negative.
pub(super) fn count(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is no whole number from 0 to {}", u32::MAX))
}

/// A decimal amount in the minor unit of its currency. Digits beyond the currency's own must be
/// zeros: money is never rounded on the way in.
pub(super) fn money(text: &str, currency: Currency) -> Result<i64, String> {
    let decimals = currency.decimals() as usize;
    let wanted = || format!("\"{text}\" is no amount; write it like 29.85, without separators");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) || digits.ends_with('.') {
        return Err(wanted());
    }
    let (kept, beyond) = fraction.split_at(fraction.len().min(decimals));
    if beyond.bytes().any(|byte| byte != b'0') {
        return Err(format!(
            "\"{text}\" has more decimals than {currency} has ({decimals})"
        ));
    }
    let minor: i64 = format!("{whole}{kept:0<decimals$}")
        .parse()
        .map_err(|_| format!("\"{text}\" is too large an amount"))?;
    Ok(if negative { -minor } else { minor })
}

/// A boolean, by the words that mean yes and no, whatever their case.
pub(super) fn flag(text: &str, yes: &[String], no: &[String]) -> Result<bool, String> {
    let is_one_of = |words: &[String]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    match (is_one_of(yes), is_one_of(no)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(format!(
            "\"{text}\" is neither yes ({}) nor no ({})",
            yes.join(", "),
            no.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).expect("a currency")
    }

    #[test]
    fn amounts_become_minor_units_exactly() {
        let usd = currency("USD");
        for (text, minor) in [
            ("29.85", 2985),
            ("42.3", 4230),
            ("7", 700),
            ("0.00", 0),
            ("1.500", 150),
            ("-3.20", -320),
        ] {
            assert_eq!(money(text, usd), Ok(minor), "{text}");
        }
        assert_eq!(money("1200", currency("JPY")), Ok(1_200));
        assert_eq!(money("1.234", currency("KWD")), Ok(1_234));
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        let usd = currency("USD");
        for text in [
            "", " ", "1,50", "1.2.3", ".5", "5.", "1e3", "$5", "--1", "1.005", "NaN", "+4",
        ] {
            assert!(money(text, usd).is_err(), "{text}");
        }
        assert!(money("92233720368547758.08", usd).is_err());
        assert!(money("0.5", currency("JPY")).is_err());
    }

    #[test]
    fn months_are_counted_on_the_calendar() {
        let as_of = day(2024, 3, 31);
        let at = |text| months_before(text, as_of).map(|instant| instant.to_string());
        assert_eq!(at("0"), Ok("2024-03-31T00:00:00Z".to_owned()));
        assert_eq!(at("1"), Ok("2024-02-29T00:00:00Z".to_owned()));
        assert_eq!(at("13"), Ok("2023-02-28T00:00:00Z".to_owned()));
        assert!(at("-1").is_err() && at("1.5").is_err() && at("1201").is_err());
    }

    #[test]
    fn dates_follow_their_format_and_nothing_else() {
        let at = |text| date(text, "%Y%m%d").map(|instant| instant.to_string());
        assert_eq!(at("19970118"), Ok("1997-01-18T00:00:00Z".to_owned()));
        assert!(at("19970230").is_err() && at("1997-01-18").is_err() && at("").is_err());
    }

    #[test]
    fn booleans_have_words() {
        let (yes, no) = (["Yes".to_owned(), "1".to_owned()], ["No".to_owned()]);
        assert_eq!(flag("yes", &yes, &no), Ok(true));
        assert_eq!(flag("NO", &yes, &no), Ok(false));
        assert!(flag("0", &yes, &no).is_err());
    }
}
