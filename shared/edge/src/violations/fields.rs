//! The checks, one per kind of field.

use jiff::civil::Date;
use kernel::id::{Id, Uid};
use kernel::key::{KEY_FORM, is_code, is_key};
use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::{Timestamp, to_microseconds};

use super::Violations;
use crate::page::PageTokens;
use crate::wire;

/// The largest amount accepted, in minor units.
const MAX_MINOR: i64 = 1_000_000_000_000;

/// Years between which instants and dates are accepted, the later one excluded.
const YEARS: std::ops::Range<i16> = 1970..2200;

/// From when on and before when; absent where it is open.
pub type BetweenTimes = (Option<Timestamp>, Option<Timestamp>);

impl Violations {
    /// Checks an identifier that must be given.
    pub fn id<K>(&mut self, field: &str, text: &str) -> Option<Id<K>> {
        if text.is_empty() {
            self.add(field, "REQUIRED", "must not be empty");
            return None;
        }
        match Id::parse(text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.add(field, "INVALID_ID", error);
                None
            }
        }
    }

    /// Checks an identifier that may be left out: the inner `None` means "not given".
    pub fn optional_id<K>(&mut self, field: &str, text: &str) -> Option<Option<Id<K>>> {
        if text.is_empty() {
            Some(None)
        } else {
            self.id(field, text).map(Some)
        }
    }

    /// Checks a list of identifiers: at most `most`, each once.
    pub fn ids<K>(&mut self, field: &str, texts: &[String], most: usize) -> Option<Vec<Id<K>>> {
        let texts = self.at_most(field, texts, most)?;
        let mut ids: Vec<Id<K>> = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let id = self.id(&format!("{field}[{index}]"), text)?;
            ids.push(id);
        }
        let mut sorted: Vec<&Id<K>> = ids.iter().collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            self.add(field, "DUPLICATE", "must not name anything twice");
            return None;
        }
        Some(ids)
    }

    /// Checks an identifier that we draw, as a UUID.
    pub fn uid<K>(&mut self, field: &str, text: &str) -> Option<Uid<K>> {
        if text.is_empty() {
            self.add(field, "REQUIRED", "must not be empty");
            return None;
        }
        match Uid::parse(text) {
            Ok(uid) => Some(uid),
            Err(error) => {
                self.add(field, "INVALID_ID", error);
                None
            }
        }
    }

    /// Checks a UUID that may be left out: the inner `None` means "not given".
    pub fn optional_uid<K>(&mut self, field: &str, text: &str) -> Option<Option<Uid<K>>> {
        if text.is_empty() {
            Some(None)
        } else {
            self.uid(field, text).map(Some)
        }
    }

    /// Checks that a message is given.
    pub fn required<'m, M>(&mut self, field: &str, message: Option<&'m M>) -> Option<&'m M> {
        if message.is_none() {
            self.add(field, "REQUIRED", "must be given");
        }
        message
    }

    /// Checks an enum that must be given and known to this version of the contract.
    pub fn known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        if number == 0 {
            self.add(field, "REQUIRED", "must be given");
            return None;
        }
        self.optional_known(field, number)
    }

    /// Checks an enum that may be unspecified.
    pub fn optional_known<E: TryFrom<i32>>(&mut self, field: &str, number: i32) -> Option<E> {
        let known = E::try_from(number).ok();
        if known.is_none() {
            self.add(
                field,
                "UNKNOWN_VALUE",
                format_args!("{number} is not a value of this enum"),
            );
        }
        known
    }

    /// Checks an amount: not negative, not absurd, of a known currency.
    pub fn money(&mut self, field: &str, minor: i64, currency: &str) -> Option<Money> {
        let known = Currency::parse(currency);
        if let Err(error) = known {
            self.add(format_args!("{field}.currency"), "UNKNOWN_CURRENCY", error);
        }
        if !(0..=MAX_MINOR).contains(&minor) {
            let limits = format_args!("must be between 0 and {MAX_MINOR} minor units");
            self.add(format_args!("{field}.minor"), "OUT_OF_RANGE", limits);
            return None;
        }
        known.ok().map(|currency| Money::new(minor, currency))
    }

    /// Checks a share of the whole, in basis points.
    pub fn share(&mut self, field: &str, basis_points: u32) -> Option<BasisPoints> {
        if basis_points > BasisPoints::ONE.0 {
            self.add(field, "OUT_OF_RANGE", "must be at most 10000 basis points");
            return None;
        }
        Some(BasisPoints(basis_points))
    }

    /// Checks an instant that must be given, between the years 1970 and 2200, and cuts it to the
    /// microseconds that are kept.
    pub fn instant(
        &mut self,
        field: &str,
        wire: Option<&prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        let instant = wire::instant(self.required(field, wire)?);
        let in_range = instant
            .filter(|instant| YEARS.contains(&instant.to_zoned(jiff::tz::TimeZone::UTC).year()));
        if in_range.is_none() {
            self.add(
                field,
                "OUT_OF_RANGE",
                "must be an instant of the years 1970 to 2199",
            );
        }
        in_range.map(to_microseconds)
    }

    /// Checks an instant that may be left out: the inner `None` means "not given".
    pub fn optional_instant(
        &mut self,
        field: &str,
        wire: Option<&prost_types::Timestamp>,
    ) -> Option<Option<Timestamp>> {
        if wire.is_none() {
            Some(None)
        } else {
            self.instant(field, wire).map(Some)
        }
    }

    /// Checks `from_time` and `until_time`, a time that may be open at either end.
    pub fn between_times(
        &mut self,
        from: Option<&prost_types::Timestamp>,
        until: Option<&prost_types::Timestamp>,
    ) -> Option<BetweenTimes> {
        let from = self.optional_instant("from_time", from);
        let until = self.optional_instant("until_time", until);
        let ends = from.flatten().zip(until.flatten());
        if ends.is_some_and(|(from, until)| until <= from) {
            self.add("until_time", "OUT_OF_RANGE", "must be after from_time");
        }
        Some((from?, until?))
    }

    /// Checks a date in the form `2026-11-30`, between the years 1970 and 2200.
    pub fn date(&mut self, field: &str, text: &str) -> Option<Date> {
        let date = text
            .parse::<Date>()
            .ok()
            .filter(|date| YEARS.contains(&date.year()));
        // The parser knows more forms than the contract allows.
        let date = date.filter(|date| date.to_string() == text);
        if date.is_none() {
            self.add(field, "INVALID_DATE", "must be a date such as 2026-11-30");
        }
        date
    }

    /// Checks the form of BCP 47, such as `en` or `pt-BR`. Empty is fine.
    pub fn language(&mut self, field: &str, text: &str) -> Option<String> {
        let is_tag = text.len() <= 35
            && text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.split('-').all(|part| {
                (1..=8).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if text.is_empty() || is_tag {
            return Some(text.to_owned());
        }
        self.add(
            field,
            "INVALID_LANGUAGE",
            "must be a language such as en or pt-BR, or empty",
        );
        None
    }

    /// Checks a text: at most `most` characters, no control characters. Empty is fine.
    pub fn text(&mut self, field: &str, text: &str, most: usize) -> Option<String> {
        if text.chars().count() > most {
            self.add(
                field,
                "TOO_LONG",
                format_args!("must have at most {most} characters"),
            );
            return None;
        }
        let forbidden = |character: char| character.is_control() && character != '\n';
        if text.chars().any(forbidden) {
            self.add(
                field,
                "CONTROL_CHARACTER",
                "must not contain control characters",
            );
            return None;
        }
        Some(text.to_owned())
    }

    /// Checks a text that must not be empty.
    pub fn required_text(&mut self, field: &str, text: &str, most: usize) -> Option<String> {
        if text.trim().is_empty() {
            self.add(field, "REQUIRED", "must not be empty");
            return None;
        }
        self.text(field, text, most)
    }

    /// Checks a key such as `too_expensive`.
    pub fn key(&mut self, field: &str, text: &str) -> Option<String> {
        if text.is_empty() {
            self.add(field, "REQUIRED", "must not be empty");
            return None;
        }
        self.optional_key(field, text)
    }

    /// Checks a key that may be empty.
    pub fn optional_key(&mut self, field: &str, text: &str) -> Option<String> {
        if text.is_empty() || is_key(text) {
            return Some(text.to_owned());
        }
        let form = format_args!("must be a key such as too_expensive and no text: {KEY_FORM}");
        self.add(field, "INVALID_KEY", form);
        None
    }

    /// Checks a code such as `BOUNCED`.
    pub fn code(&mut self, field: &str, text: &str) -> Option<String> {
        if text.is_empty() {
            self.add(field, "REQUIRED", "must not be empty");
            return None;
        }
        if is_code(text) {
            return Some(text.to_owned());
        }
        let form = "must be a code such as BOUNCED and no text: capitals, digits and _, a letter \
                    first, at most 64 characters";
        self.add(field, "INVALID_CODE", form);
        None
    }

    /// Checks how many elements a repeated field has.
    pub fn at_most<'e, E>(
        &mut self,
        field: &str,
        elements: &'e [E],
        most: usize,
    ) -> Option<&'e [E]> {
        if elements.len() > most {
            self.add(
                field,
                "TOO_MANY",
                format_args!("must have at most {most} elements"),
            );
            return None;
        }
        Some(elements)
    }

    /// Checks a number against its limits, both included.
    pub fn between<N>(&mut self, field: &str, number: N, least: N, most: N) -> Option<N>
    where
        N: PartialOrd + std::fmt::Display + Copy,
    {
        // Also refuses a floating-point number that is not one.
        if number >= least && number <= most {
            return Some(number);
        }
        self.add(
            field,
            "OUT_OF_RANGE",
            format_args!("must be between {least} and {most}"),
        );
        None
    }

    /// Checks a page size: 0 means `default`, more than `most` is cut to `most`.
    pub fn page_size(&mut self, field: &str, size: i32, default: u32, most: u32) -> Option<u32> {
        match u32::try_from(size) {
            Ok(0) => Some(default),
            Ok(size) => Some(size.min(most)),
            Err(_) => {
                self.add(field, "OUT_OF_RANGE", "must not be negative");
                None
            }
        }
    }

    /// Checks a page token: the inner `None` means the first page.
    pub fn page_token(
        &mut self,
        field: &str,
        tokens: &PageTokens,
        scope: &str,
        token: &str,
    ) -> Option<Option<String>> {
        match tokens.open(scope, token) {
            Ok(cursor) => Some(cursor),
            Err(error) => {
                self.add(field, "INVALID_PAGE_TOKEN", error);
                None
            }
        }
    }
}
