//! The difference with what was known beforehand taken out of its noise.

use serde::{Deserialize, Serialize};

use super::difference::{Lift, LiftRefusal, NORMAL_95};

/// A group of customers, how many of them were kept, and what was known of each before: sums over the
/// calls of which both are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Covaried {
    /// The calls, each of a customer of its own.
    pub calls: u32,
    /// Those of them that were kept.
    pub saves: u32,
    /// The sum of what was known, as of the risk of leaving.
    pub sum: f64,
    /// The sum of its squares.
    pub sum_of_squares: f64,
    /// Its sum over those that were kept.
    pub sum_of_saves: f64,
}

/// A difference with what was known beforehand taken out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adjusted {
    /// The difference.
    pub lift: Lift,
    /// Which share of the variance within the groups what was known explains, 0 to 1.
    pub explained: f64,
}

/// What offers keep beyond those who stay anyway, with what was known before the assignment taken out
/// (CUPED; Deng, Xu, Kohavi & Walker 2013): the more of who stays is told by it, the narrower the
/// interval, and never wider than by chance.
pub fn adjusted_lift(offered: Covaried, held_out: Covaried) -> Result<Adjusted, LiftRefusal> {
    let (with, without) = (offered.moments()?, held_out.moments()?);
    let known = with.known + without.known;
    let together = with.together + without.together;
    let kept = with.kept + without.kept;
    let slope = if known > 0.0 { together / known } else { 0.0 };
    let explained = if known > 0.0 && kept > 0.0 {
        (together * slope / kept).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let standard_error = (with.variance(slope) + without.variance(slope)).sqrt();
    let unlike = slope * (with.mean_known - without.mean_known);
    let difference = with.mean_kept - without.mean_kept - unlike;
    let reach = NORMAL_95 * standard_error;
    Ok(Adjusted {
        lift: Lift {
            difference,
            standard_error,
            low: (difference - reach).max(-1.0),
            high: (difference + reach).min(1.0),
        },
        explained,
    })
}

/// Means, and sums of squares about them.
struct Moments {
    calls: f64,
    mean_known: f64,
    mean_kept: f64,
    known: f64,
    kept: f64,
    together: f64,
}

impl Covaried {
    fn moments(self) -> Result<Moments, LiftRefusal> {
        let Self { calls, saves, .. } = self;
        if saves > calls {
            return Err(LiftRefusal::MoreSavesThanCalls { calls, saves });
        }
        if calls < 2 {
            return Err(LiftRefusal::TooFew {
                have: calls,
                need: 2,
            });
        }
        let sums = [self.sum, self.sum_of_squares, self.sum_of_saves];
        if !sums.iter().all(|sum| sum.is_finite()) {
            return Err(LiftRefusal::NoSums);
        }
        let (calls, saves) = (f64::from(calls), f64::from(saves));
        let (mean_known, mean_kept) = (self.sum / calls, saves / calls);
        Ok(Moments {
            calls,
            mean_known,
            mean_kept,
            known: (self.sum_of_squares - self.sum * mean_known).max(0.0),
            kept: saves * (1.0 - mean_kept),
            together: self.sum_of_saves - self.sum * mean_kept,
        })
    }
}

impl Moments {
    /// The variance of the mean of what is left.
    fn variance(&self, slope: f64) -> f64 {
        let left = self.kept - 2.0 * slope * self.together + slope * slope * self.known;
        left.max(0.0) / (self.calls - 1.0) / self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::draw::Draws;

    fn covaried(calls: &[(f64, bool)]) -> Covaried {
        calls
            .iter()
            .fold(Covaried::default(), |sums, (known, kept)| Covaried {
                calls: sums.calls + 1,
                saves: sums.saves + u32::from(*kept),
                sum: sums.sum + known,
                sum_of_squares: sums.sum_of_squares + known * known,
                sum_of_saves: sums.sum_of_saves + if *kept { *known } else { 0.0 },
            })
    }

    #[test]
    fn it_is_the_difference_at_equal_risk() {
        // By hand: within the groups the slope is -1 and everything is explained.
        let with = [(0.0, true), (1.0, false)];
        let without = [(0.0, true), (1.0, false), (1.0, false)];
        let found = adjusted_lift(covaried(&with), covaried(&without)).unwrap();
        assert!((found.explained - 1.0).abs() < 1e-12, "{found:?}");
        assert!(found.lift.difference.abs() < 1e-12, "{found:?}");
        assert!(found.lift.standard_error < 1e-6);
    }

    #[test]
    fn what_tells_nothing_changes_nothing() {
        let same = |kept: u32| Covaried {
            calls: 100,
            saves: kept,
            sum: 50.0,
            sum_of_squares: 25.0,
            sum_of_saves: 0.5 * f64::from(kept),
        };
        let found = adjusted_lift(same(40), same(10)).unwrap();
        assert!((found.lift.difference - 0.3).abs() < 1e-12);
        assert_eq!(found.explained.to_string(), "0");
        let error = (0.4_f64 * 0.6 / 99.0 + 0.1 * 0.9 / 99.0).sqrt();
        assert!((found.lift.standard_error - error).abs() < 1e-12);
    }

    #[test]
    fn it_is_narrower_where_risk_tells_and_covers_the_truth_as_often_as_it_says() {
        let (runs, truth) = (800_u32, 0.1);
        let (mut covered, mut explained) = (0_u32, 0.0);
        for seed in 0..runs {
            let mut draws = Draws::new(u64::from(seed), 7);
            let mut side = |count: u32, lift: f64| {
                let calls = (0..count).map(|_| {
                    let risk = if draws.uniform() < 0.5 { 0.1 } else { 0.8 };
                    (risk, draws.uniform() < 0.9 - risk + lift)
                });
                covaried(&calls.collect::<Vec<_>>())
            };
            let found = adjusted_lift(side(600, truth), side(120, 0.0)).unwrap();
            covered += u32::from((found.lift.low..=found.lift.high).contains(&truth));
            explained += found.explained / f64::from(runs);
        }
        let share = f64::from(covered) / f64::from(runs);
        assert!((0.93..=0.97).contains(&share), "{share}");
        assert!(explained > 0.4, "{explained}");
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let some = covaried(&[(0.1, true), (0.2, false)]);
        let one = covaried(&[(0.1, true)]);
        let few = LiftRefusal::TooFew { have: 1, need: 2 };
        assert_eq!(adjusted_lift(some, one), Err(few));
        let wrong = Covaried { saves: 3, ..some };
        assert!(adjusted_lift(wrong, some).is_err());
        let endless = Covaried {
            sum: f64::INFINITY,
            ..some
        };
        assert_eq!(adjusted_lift(endless, some), Err(LiftRefusal::NoSums));
    }
}
