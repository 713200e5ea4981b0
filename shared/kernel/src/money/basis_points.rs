//! Shares in hundredths of a per cent.

use serde::{Deserialize, Serialize};

/// A share in basis points: 10,000 is the whole.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BasisPoints(pub u32);

impl BasisPoints {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(10_000);

    /// Returns the share as a fraction of one.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(Self::ONE.0)
    }

    /// Returns what is missing to the whole, zero when there is more than the whole.
    #[must_use]
    pub fn complement(self) -> Self {
        Self(Self::ONE.0.saturating_sub(self.0))
    }
}

impl std::fmt::Display for BasisPoints {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_reads_as_a_percentage_and_as_a_fraction() {
        assert_eq!(BasisPoints(1_205).to_string(), "12.05 %");
        assert!((BasisPoints(2_500).fraction() - 0.25).abs() < f64::EPSILON);
        assert_eq!(BasisPoints(2_500).complement(), BasisPoints(7_500));
        assert_eq!(BasisPoints(12_000).complement(), BasisPoints::ZERO);
    }
}
