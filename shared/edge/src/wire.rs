//! Well-known wire types and ours, both ways.

use kernel::time::Timestamp;

/// Writes an instant.
pub fn timestamp(instant: Timestamp) -> prost_types::Timestamp {
    // Before the epoch jiff counts both parts down, the wire wants nanoseconds that count up.
    let (seconds, nanos) = (instant.as_second(), instant.subsec_nanosecond());
    if nanos < 0 {
        return prost_types::Timestamp {
            seconds: seconds - 1,
            nanos: nanos + 1_000_000_000,
        };
    }
    prost_types::Timestamp { seconds, nanos }
}

/// Reads an instant; `None` when it is not one.
pub fn instant(wire: &prost_types::Timestamp) -> Option<Timestamp> {
    if !(0..1_000_000_000).contains(&wire.nanos) {
        return None;
    }
    Timestamp::new(wire.seconds, wire.nanos).ok()
}

/// Writes a duration.
pub fn duration(span: std::time::Duration) -> prost_types::Duration {
    let seconds = i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(span.subsec_nanos()).unwrap_or(0);
    prost_types::Duration { seconds, nanos }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn instants_survive_the_wire(seconds in -10_000_000_000_i64..10_000_000_000, nanos in 0_i32..1_000_000_000) {
            let wire = prost_types::Timestamp { seconds, nanos };
            prop_assert_eq!(timestamp(instant(&wire).unwrap()), wire);
        }
    }

    #[test]
    fn nonsense_is_not_an_instant() {
        for (seconds, nanos) in [(0, -1), (0, 1_000_000_000), (i64::MAX, 0), (i64::MIN, 0)] {
            assert_eq!(instant(&prost_types::Timestamp { seconds, nanos }), None);
        }
    }
}
