//! Randomness from the operating system.

use kernel::entropy::Entropy;
use rand::Rng;

/// The operating system's randomness, drawn through a cryptographic generator of each thread that
/// it seeds again and again: a call draws many ids, and each would cost a system call.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }

    fn next_u64(&self) -> u64 {
        rand::rng().next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_the_same() {
        let (mut first, mut second) = ([0; 32], [0; 32]);
        OsEntropy.fill(&mut first);
        OsEntropy.fill(&mut second);
        assert_ne!(first, second);
        assert_ne!(OsEntropy.next_u64(), OsEntropy.next_u64());
    }
}
