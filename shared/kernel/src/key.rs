//! Keys and codes: short words of our own choosing. Their form keeps out what people wrote, which may
//! be about a person.

/// How many characters a key or a code may have.
pub const MOST_CHARACTERS: usize = 64;

/// What the form of a key is, for messages.
pub const KEY_FORM: &str =
    "lower-case letters, digits and _, a letter first, at most 64 characters";

/// Whether this is a key such as `too_expensive`.
pub fn is_key(text: &str) -> bool {
    is_word(text, |first| first.is_ascii_lowercase())
}

/// Whether this is a code such as `BOUNCED`.
pub fn is_code(text: &str) -> bool {
    is_word(text, |first| first.is_ascii_uppercase())
}

fn is_word(text: &str, is_letter: impl Fn(char) -> bool) -> bool {
    let fits =
        |character: char| is_letter(character) || character.is_ascii_digit() || character == '_';
    text.len() <= MOST_CHARACTERS && text.starts_with(&is_letter) && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_people_are_neither_keys_nor_codes() {
        assert!(is_key("too_expensive_2") && is_code("QUIET_HOURS_2"));
        for text in ["", "_a", "2_many", "Ada", "ada lovelace", "zoë", "a-b"] {
            assert!(!is_key(text), "{text}");
        }
        for text in ["", "_A", "2_MANY", "Ada", "ADA LOVELACE", "ZOË", "A-B"] {
            assert!(!is_code(text), "{text}");
        }
        let (longest, longer) = ("a".repeat(64), "a".repeat(65));
        assert!(is_key(&longest) && !is_key(&longer));
    }
}
