//! Which part of each budget a process takes from first.

use std::sync::atomic::{AtomicI16, Ordering};

/// No budget has more parts.
const MOST_PARTS: i16 = 64;

/// The part that a process takes from each budget first, so that processes seldom wait for each
/// other. It moves on when the part has too little: otherwise every later batch would look there in
/// vain, and then lock all parts.
#[derive(Debug)]
pub(in crate::store) struct PreferredPart(AtomicI16);

impl PreferredPart {
    /// Where a process begins: those that start one after the other, at different parts.
    pub(in crate::store) fn first(process_id: u32) -> Self {
        Self(AtomicI16::new(
            i16::try_from(process_id % u32::from(MOST_PARTS.unsigned_abs())).unwrap_or(0),
        ))
    }

    /// Counts from zero; a budget with fewer parts takes the remainder.
    pub(in crate::store) fn number(&self) -> i16 {
        self.0.load(Ordering::Relaxed)
    }

    /// Prefers the next part to `part`, unless another batch did that already.
    pub(in crate::store) fn leave(&self, part: i16) {
        let next = (part + 1) % MOST_PARTS;
        // Whoever was faster chose the next part too.
        let _ = self
            .0
            .compare_exchange(part, next, Ordering::Relaxed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_that_find_one_part_empty_move_on_once_and_after_the_last_comes_the_first() {
        let preferred = PreferredPart::first(126);
        preferred.leave(62);
        preferred.leave(62);
        assert_eq!(preferred.number(), 63);
        preferred.leave(63);
        assert_eq!(preferred.number(), 0);
    }
}
