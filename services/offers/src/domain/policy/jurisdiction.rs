//! Places whose rules may hold.

use std::fmt;

/// A country of ISO 3166-1 or a part of one of ISO 3166-2, for example `US` or `US-CA`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Jurisdiction(String);

/// A text that is no such place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a country of ISO 3166-1 such as US, or a part of one such as US-CA")]
pub struct JurisdictionError;

impl Jurisdiction {
    /// Accepts the form of the codes; whether anybody lives there is not looked up.
    pub fn parse(text: &str) -> Result<Self, JurisdictionError> {
        let (country, part) = match text.split_once('-') {
            Some((country, part)) => (country, Some(part)),
            None => (text, None),
        };
        let country_fits =
            country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        let part_fits = part.is_none_or(|part| {
            (1..=3).contains(&part.len())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        });
        if country_fits && part_fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(JurisdictionError)
        }
    }

    /// Returns the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether a place lies here: the same place, or a part of this country.
    pub fn covers(&self, place: &str) -> bool {
        covers(&self.0, place)
    }
}

/// Tells whether a place is another one or a part of that country: `US` covers `US-CA`.
pub fn covers(wide: &str, place: &str) -> bool {
    match place.strip_prefix(wide) {
        Some(rest) => rest.is_empty() || (wide.len() == 2 && rest.starts_with('-')),
        None => false,
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
