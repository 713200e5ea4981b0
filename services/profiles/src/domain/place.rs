//! Places as ISO 3166 names them.

/// Tells whether a text has the form of ISO 3166-1 or 3166-2, such as `US` or `US-CA`.
pub fn is_place(text: &str) -> bool {
    let (country, part) = text.split_once('-').unwrap_or((text, "X"));
    let is_part = (1..=3).contains(&part.len())
        && part
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_country(country) && is_part
}

/// Tells whether a text has the form of ISO 3166-1, such as `US`.
pub fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Names the country that a place lies in, which may be the place itself.
pub fn country(place: &str) -> &str {
    place.split_once('-').map_or(place, |(country, _)| country)
}
