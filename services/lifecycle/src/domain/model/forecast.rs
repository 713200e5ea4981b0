//! How well forecasts did on customers who were watched afterwards.

use statistics::ranking::{Outcome, area_under_curve};

use super::report::Figure;

/// A chance closer to zero or one than this counts as this far away: a sure thing that did not
/// happen costs much, but not everything.
const SUREST: f64 = 1e-9;

/// A chance that was foretold, and whether it happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Foretold {
    /// The chance.
    pub chance: f64,
    /// Whether it happened.
    pub happened: bool,
}

impl Foretold {
    /// Returns the negative log-likelihood, in nats.
    pub fn surprise(&self) -> f64 {
        let chance = self.chance.clamp(SUREST, 1.0 - SUREST);
        if self.happened {
            -chance.ln()
        } else {
            -(-chance).ln_1p()
        }
    }
}

/// Returns the mean negative log-likelihood of chances, in nats; lower is better.
pub fn log_loss(foretold: &[Foretold]) -> f64 {
    foretold.iter().map(Foretold::surprise).sum::<f64>() / real(foretold.len())
}

/// Describes chances beside what happened, with a word before the name of each figure.
pub fn figures(word: &str, foretold: &[Foretold]) -> Vec<Figure> {
    let name = |figure: &str| format!("{word}_{figure}");
    let happened = foretold.iter().filter(|it| it.happened).count();
    let expected: f64 = foretold.iter().map(|it| it.chance).sum();
    let misses = foretold.iter().map(|it| {
        let miss = it.chance - f64::from(u8::from(it.happened));
        miss * miss
    });
    let brier = misses.sum::<f64>() / real(foretold.len());
    let mut figures = vec![
        Figure::new(&name("log_loss"), log_loss(foretold)),
        Figure::new(&name("brier"), brier),
        Figure::new(&name("rows"), real(foretold.len())),
        Figure::new(&name("expected"), expected),
        Figure::new(&name("observed"), real(happened)),
    ];
    let outcomes: Vec<Outcome> = foretold
        .iter()
        .map(|it| Outcome {
            score: it.chance,
            happened: it.happened,
        })
        .collect();
    if let Some(area) = area_under_curve(&outcomes) {
        figures.push(Figure::new(&name("auc"), area));
    }
    figures
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of customers are far below 2^52"
)]
pub(in crate::domain) fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surprises_are_averaged_and_sure_things_stay_finite() {
        let foretold =
            [(0.8, true), (0.5, false)].map(|(chance, happened)| Foretold { chance, happened });
        let expected = (-(0.8_f64.ln()) - 0.5_f64.ln()) / 2.0;
        assert!((log_loss(&foretold) - expected).abs() < 1e-12);
        let sure = [Foretold {
            chance: 1.0,
            happened: false,
        }];
        assert!((log_loss(&sure) - 20.723).abs() < 1e-3);
    }
}
