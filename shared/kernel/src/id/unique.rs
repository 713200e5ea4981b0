//! Identifiers that we draw: UUID version 7, ordered by the time they were drawn.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::entropy::Entropy;
use crate::time::Timestamp;

/// A unique identifier of a `K`.
pub struct Uid<K> {
    uuid: Uuid,
    kind: PhantomData<fn() -> K>,
}

/// A text that is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a UUID such as 0198c1f0-5a7e-7c3b-9d52-3f0a6f1f2b11")]
pub struct UidError;

impl<K> Uid<K> {
    /// Builds an identifier from its two ingredients: when, and ten random bytes.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Draws a fresh identifier.
    pub fn draw(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut random = [0; 10];
        entropy.fill(&mut random);
        Self::new(now, random)
    }

    /// Adopts a UUID, for example one read from the database.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Returns the UUID, for example for the database.
    pub const fn as_uuid(self) -> Uuid {
        self.uuid
    }

    /// Accepts a text that is a UUID.
    pub fn parse(text: &str) -> Result<Self, UidError> {
        Uuid::try_parse(text)
            .map(Self::from_uuid)
            .map_err(|_| UidError)
    }
}

impl<K> Clone for Uid<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for Uid<K> {}

impl<K> PartialEq for Uid<K> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}

impl<K> Eq for Uid<K> {}

impl<K> PartialOrd for Uid<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Uid<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.uuid.cmp(&other.uuid)
    }
}

impl<K> Hash for Uid<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<K> fmt::Display for Uid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, formatter)
    }
}

impl<K> fmt::Debug for Uid<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid, formatter)
    }
}

impl<K> std::str::FromStr for Uid<K> {
    type Err = UidError;

    fn from_str(text: &str) -> Result<Self, UidError> {
        Self::parse(text)
    }
}

impl<K> Serialize for Uid<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.uuid)
    }
}

impl<'de, K> Deserialize<'de> for Uid<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::SessionId;

    struct Constant(u8);

    impl Entropy for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_drawn_identifier_is_version_seven_and_reads_back() {
        let id = SessionId::draw(
            Timestamp::from_second(1_800_000_000).unwrap(),
            &Constant(0xff),
        );
        assert_eq!(id.as_uuid().get_version_num(), 7);
        assert_eq!(SessionId::parse(&id.to_string()).unwrap(), id);
        assert_eq!(SessionId::parse("17").unwrap_err(), UidError);
    }

    #[test]
    fn a_time_before_the_epoch_does_not_panic() {
        let id = SessionId::new(Timestamp::from_second(-5).unwrap(), [0; 10]);
        assert_eq!(id.as_uuid().get_version_num(), 7);
    }

    proptest! {
        #[test]
        fn a_later_identifier_sorts_after_an_earlier_one(
            earlier in 0_i64..4_000_000_000,
            step in 1_i64..1_000_000,
            random: ([u8; 10], [u8; 10]),
        ) {
            let first = SessionId::new(Timestamp::from_second(earlier).unwrap(), random.0);
            let second = SessionId::new(Timestamp::from_second(earlier + step).unwrap(), random.1);
            prop_assert!(first < second);
        }
    }
}
