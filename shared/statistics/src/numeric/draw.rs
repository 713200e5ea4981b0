//! Chance out of a seed: the same seed, the same draws.

/// A stream of draws (`SplitMix64`; Steele, Lea & Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    /// The stream of a seed and of a place in the work.
    pub(crate) fn new(seed: u64, place: u64) -> Self {
        let mut draws = Self {
            state: seed ^ place.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        };
        draws.next();
        draws
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number between zero and one, neither included.
    pub(crate) fn uniform(&mut self) -> f64 {
        // 52 bits, and half a step away from both ends.
        let bits = 0x3ff0_0000_0000_0000 | (self.next() >> 12);
        f64::from_bits(bits) - (1.0 - f64::EPSILON / 2.0)
    }

    /// A whole number below a limit, which is above zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let product = u128::from(self.next()) * (limit as u128);
        usize::try_from(product >> 64).unwrap_or(0)
    }

    /// Puts items into a random order (Fisher & Yates).
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// Picks so many random items, in their order (Knuth's algorithm S).
    pub(crate) fn some_in_order<T: Copy>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut picked = Vec::with_capacity(count);
        for (place, item) in items.iter().enumerate() {
            if self.below(items.len() - place) < count - picked.len() {
                picked.push(*item);
                if picked.len() == count {
                    break;
                }
            }
        }
        picked
    }

    /// Moves so many random items to the front.
    pub(crate) fn choose<T>(&mut self, items: &mut [T], count: usize) {
        for place in 0..count.min(items.len()) {
            let other = place + self.below(items.len() - place);
            items.swap(place, other);
        }
    }
}
