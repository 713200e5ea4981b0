//! Identifiers as text that callers provide.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A caller-provided identifier of a `K`: 1 to 64 visible ASCII characters.
pub struct Id<K> {
    text: Arc<str>,
    kind: PhantomData<fn() -> K>,
}

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// More than [`Id::MAX_LENGTH`] characters.
    #[error("must have at most 64 characters, has {length}")]
    TooLong {
        /// Length as given, in bytes.
        length: usize,
    },
    /// A character that is not visible ASCII.
    #[error("must consist of visible ASCII characters only, see position {position}")]
    Forbidden {
        /// Byte offset of the first such character.
        position: usize,
    },
}

impl<K> Id<K> {
    /// The longest identifier accepted, in characters.
    pub const MAX_LENGTH: usize = 64;

    /// Accepts a text that is an identifier.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(IdError::TooLong { length: text.len() });
        }
        if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(IdError::Forbidden { position });
        }
        Ok(Self {
            text: Arc::from(text),
            kind: PhantomData,
        })
    }

    /// Returns the identifier as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self {
            text: Arc::clone(&self.text),
            kind: PhantomData,
        }
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<K> std::str::FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text)
    }
}

impl<K> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, K> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::CustomerId;

    #[test]
    fn the_limits_are_one_and_sixty_four_visible_characters() {
        assert_eq!(CustomerId::parse("").unwrap_err(), IdError::Empty);
        assert!(CustomerId::parse("c").is_ok());
        assert!(CustomerId::parse(&"c".repeat(64)).is_ok());
        assert_eq!(
            CustomerId::parse(&"c".repeat(65)).unwrap_err(),
            IdError::TooLong { length: 65 }
        );
    }

    #[test]
    fn blanks_controls_and_other_alphabets_are_refused_with_their_position() {
        for (text, position) in [("a b", 1), (" a", 0), ("a\n", 1), ("né", 1), ("a\u{7f}", 1)] {
            assert_eq!(
                CustomerId::parse(text).unwrap_err(),
                IdError::Forbidden { position }
            );
        }
    }

    #[test]
    fn json_is_the_plain_text_and_is_checked_on_the_way_in() {
        let id = CustomerId::parse("c-1").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"c-1\"");
        assert_eq!(serde_json::from_str::<CustomerId>("\"c-1\"").unwrap(), id);
        assert!(serde_json::from_str::<CustomerId>("\"c 1\"").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_returned_unchanged(text in ".{0,80}") {
            if let Ok(id) = CustomerId::parse(&text) {
                prop_assert_eq!(id.as_str(), text.as_str());
                prop_assert!(text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic()));
            }
        }
    }
}
