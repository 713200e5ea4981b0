//! Whole numbers as real ones, and back.

/// A count as a real number; exact below 2⁵³, more than there are rows anywhere.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows and of columns are far below 2⁵³"
)]
pub(crate) fn real(count: usize) -> f64 {
    count as f64
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate: below zero and NaN become zero"
)]
pub(crate) fn whole(value: f64) -> usize {
    value as usize
}
