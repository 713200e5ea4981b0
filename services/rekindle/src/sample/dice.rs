//! Seeded randomness, one independent stream for each customer: the n-th customer of a seed is the
//! same however many are drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The dice of one customer.
#[derive(Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn of(seed: u64, customer: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(customer);
        Self(stream)
    }

    /// A number below `bound`, which is at least one.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        // The product of two numbers below 2^32, shifted back, is below the bound.
        let product = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(product >> 32).unwrap_or_default()
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// True in so many of ten thousand cases.
    pub(super) fn chance(&mut self, of_ten_thousand: u32) -> bool {
        self.below(10_000) < of_ten_thousand
    }

    /// One of a list that is not empty.
    pub(super) fn pick<'list, T>(&mut self, list: &'list [T]) -> &'list T {
        let bound = u32::try_from(list.len()).unwrap_or(u32::MAX);
        &list[self.below(bound) as usize]
    }

    /// One of a list, by weight.
    pub(super) fn weighted<'list, T>(&mut self, list: &'list [(u32, T)]) -> &'list T {
        let total = list.iter().map(|(weight, _)| weight).sum();
        let mut drawn = self.below(total);
        for (weight, item) in list {
            if drawn < *weight {
                return item;
            }
            drawn -= weight;
        }
        &list[0].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_stream_others() {
        let draw = |seed, customer| {
            let mut dice = Dice::of(seed, customer);
            std::iter::repeat_with(|| dice.below(1_000))
                .take(8)
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn chances_come_out_about_right() {
        let mut dice = Dice::of(1, 1);
        let hits = std::iter::repeat_with(|| dice.chance(2_500))
            .take(4_000)
            .filter(|hit| *hit);
        assert!((900..1_100).contains(&hits.count()));
    }
}
