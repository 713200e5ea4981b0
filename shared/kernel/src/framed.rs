//! Texts one after the other as bytes, each led by its length, for a hash over all of them.

/// Appends texts, each led by its length in bytes as eight bytes, the highest first: no two lists of
/// texts give the same bytes. Hashes that are kept for years were taken over these, so they stay.
pub fn append(bytes: &mut Vec<u8>, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    for text in texts {
        let text = text.as_ref().as_bytes();
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(texts: &[String]) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(&mut bytes, texts);
        bytes
    }

    #[test]
    fn a_text_is_led_by_its_length_in_bytes() {
        let bytes = framed(&["ä".to_owned(), String::new()]);
        assert_eq!(
            bytes,
            b"\0\0\0\0\0\0\0\x02\xc3\xa4\0\0\0\0\0\0\0\0".as_slice()
        );
    }

    proptest! {
        #[test]
        fn only_equal_lists_give_equal_bytes(
            left in prop::collection::vec("[ab]{0,2}", 0..3),
            right in prop::collection::vec("[ab]{0,2}", 0..3),
        ) {
            prop_assert_eq!(framed(&left) == framed(&right), left == right);
        }
    }
}
