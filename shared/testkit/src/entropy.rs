//! Randomness that repeats itself.

use std::sync::{Mutex, PoisonError};

use kernel::entropy::Entropy;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Randomness that is the same in every run with the same seed.
#[derive(Debug)]
pub struct Seeded(Mutex<ChaCha8Rng>);

impl Seeded {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha8Rng::seed_from_u64(seed)))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}
