//! Two versions judged on the same customers, from whom neither has learnt.
//!
//! A candidate is worse when its loss exceeds the other's by more than [`TOLERANCE`] standard errors of
//! the mean difference, and by more than [`MARGIN`] of it. The losses are paired, so that what makes a
//! customer hard to foretell for both drops out (Diebold & Mariano 1995, J. Business & Economic Statistics 13:253, with customers instead
//! of periods, who do not hang on each other). Figures that two versions were given at their own fits
//! differ by the customers, too: after a bad season every honest model looks worse than the last.
//!
//! The margin is what makes it a test of being no worse instead of being the same (Schuirmann 1987, J.
//! Pharmacokinetics & Biopharmaceutics 15:657). No model is true, so that the loss has a slope in the
//! direction of any small change of parameters; among enough customers every refit would be
//! significantly better or worse.

use serde::{Deserialize, Serialize};

use super::forecast::real;

/// The normal quantile of 0.95: of candidates that are no worse one in twenty is held to be.
pub const TOLERANCE: f64 = 1.644_853_6;
/// The share of a loss that is no loss: several times what two seeds of the same propensity fit differ by
/// (0.4097 to 0.4102 of log-loss, see `statistics::propensity`).
pub const MARGIN: f64 = 0.005;
/// On fewer customers the standard error itself is not known well enough.
pub const FEWEST: usize = 50;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The other version, which was in use at the fit.
    pub version: u64,
    /// What was measured, a mean loss: lower is better.
    pub measure: String,
    /// On how many customers.
    pub rows: u64,
    /// The loss of the candidate.
    pub value: f64,
    /// The loss of the other version.
    pub other_value: f64,
    /// The standard error of the difference.
    pub standard_error: f64,
}

impl Comparison {
    /// Compares losses, the candidate's first, customer by customer; `None` of fewer than [`FEWEST`],
    /// or where one is no number.
    pub fn of(version: u64, measure: &str, losses: &[(f64, f64)]) -> Option<Self> {
        if losses.len() < FEWEST {
            return None;
        }
        let count = real(losses.len());
        let mean = |sum: f64| sum / count;
        let value = mean(losses.iter().map(|(loss, _)| loss).sum());
        let other_value = mean(losses.iter().map(|(_, other)| other).sum());
        let squares = losses.iter().map(|(loss, other)| {
            let off = (loss - other) - (value - other_value);
            off * off
        });
        let variance = squares.sum::<f64>() / (count - 1.0);
        let standard_error = (variance / count).sqrt();
        let is_known = [value, other_value, standard_error];
        is_known.iter().all(|it| it.is_finite()).then(|| Self {
            version,
            measure: measure.to_owned(),
            rows: u64::try_from(losses.len()).unwrap_or(u64::MAX),
            value,
            other_value,
            standard_error,
        })
    }

    /// Says whether the candidate is worse.
    pub fn is_worse(&self) -> bool {
        let uncertain = TOLERANCE * self.standard_error;
        let slight = MARGIN * self.other_value.abs();
        self.value - self.other_value > uncertain.max(slight)
    }

    /// The same, seen from the other version, of which `version` is the other one.
    #[must_use]
    pub fn turned(&self, version: u64) -> Self {
        Self {
            version,
            value: self.other_value,
            other_value: self.value,
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(losses: impl Iterator<Item = (f64, f64)>) -> Comparison {
        Comparison::of(3, "loss", &losses.collect::<Vec<_>>()).unwrap()
    }

    /// Losses that differ widely between customers, and little between versions.
    fn loss(number: u32) -> f64 {
        f64::from(number % 10)
    }

    fn noise(number: u32) -> f64 {
        if number.is_multiple_of(2) { 0.1 } else { -0.1 }
    }

    #[test]
    fn what_is_hard_for_both_does_not_count() {
        let shifted = |by: f64| {
            compared((0..400).map(move |number| (loss(number) + noise(number) + by, loss(number))))
        };
        let found = shifted(0.05);
        // The deviation is 0.1, its standard error 0.1/√400; the loss itself has 2.9.
        assert!((found.standard_error - 0.005).abs() < 1e-4, "{found:?}");
        assert!((found.value - found.other_value - 0.05).abs() < 1e-12);
        assert!(found.is_worse() && !found.turned(7).is_worse());
        assert!(!shifted(-0.05).is_worse());
        let turned = shifted(-0.05).turned(7);
        assert!(turned.is_worse() && turned.version == 7);
        // Beyond the margin, of a few, and not beyond their noise.
        let few =
            compared((0..50).map(|number| (loss(number) + 1.5 * noise(number), loss(number))));
        assert!(
            !Comparison {
                value: few.other_value + 0.03,
                ..few
            }
            .is_worse()
        );
    }

    #[test]
    fn what_is_certain_and_slight_is_not_worse() {
        let same = compared((0..100).map(|number| (loss(number), loss(number))));
        assert!(!same.is_worse() && same.standard_error.abs() < 1e-12);
        // The mean loss is 4.5.
        let by = |by: f64| compared((0..100).map(move |number| (loss(number) + by, loss(number))));
        assert!(!by(0.02).is_worse() && by(0.03).is_worse());
    }

    #[test]
    fn a_few_customers_or_no_numbers_tell_nothing() {
        let few = vec![(0.9, 0.1); FEWEST - 1];
        assert_eq!(Comparison::of(1, "loss", &few), None);
        let mut broken = vec![(0.9, 0.1); 2 * FEWEST];
        broken[3].0 = f64::NAN;
        assert_eq!(Comparison::of(1, "loss", &broken), None);
    }
}
