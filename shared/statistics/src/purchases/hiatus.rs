//! Lost by hiatus: who has not bought for so long is called lost.
//!
//! The rule is plain enough for a manager, and ranks who will come back as well as the models do
//! (Wuebben & v. Wangenheim 2008, J. Marketing 72:82). What it costs is always told with it: the share
//! of those called lost who came back, measured on customers who were watched a while longer.

use crate::purchases::purchase_summary::{LONGEST_TIME, PurchaseSummary};
use crate::ranking::{Outcome, area_under_curve};
use crate::refusal::{InputRefusal, at_most, positive};
use crate::tenures::curve::Curve;

/// The standard normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// The rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiatusRule {
    silence: f64,
}

/// A customer at the end of an observation, and whether they bought within the time after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WatchedCustomer {
    /// The purchases until then.
    pub customer: PurchaseSummary,
    /// Whether another one followed.
    pub returned: bool,
}

/// A share that was counted, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// How many are counted.
    pub count: u32,
    /// Out of how many.
    pub of: u32,
}

/// What calling customers lost came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LostReport {
    /// Those called lost, of all.
    pub called_lost: Share,
    /// Those who came back, of those called lost: the false-lost rate.
    pub came_back: Share,
    /// Those called lost, of those who did not come back.
    pub found: Share,
}

/// The rule beside a score such as the chance of being alive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiatusComparison {
    /// What the rule came to.
    pub rule: LostReport,
    /// What it comes to when as many are called lost by the lowest scores.
    pub lowest_scores: LostReport,
    /// How well a short silence tells who comes back.
    pub area_of_silence: Option<f64>,
    /// How well a high score does.
    pub area_of_score: Option<f64>,
}

impl Share {
    /// Returns the share; zero of none is zero.
    pub fn value(self) -> f64 {
        f64::from(self.count) / f64::from(self.of.max(1))
    }

    /// Returns its 95 % interval (Wilson 1927), all of `[0, 1]` where nothing was counted.
    pub fn interval(self) -> [f64; 2] {
        if self.of == 0 {
            return [0.0, 1.0];
        }
        let (of, share) = (f64::from(self.of), self.value());
        let square = Z_95 * Z_95 / of;
        let centre = share + 0.5 * square;
        let spread = (square * (share * (1.0 - share) + 0.25 * square)).sqrt();
        [centre - spread, centre + spread].map(|end| (end / (1.0 + square)).clamp(0.0, 1.0))
    }

    fn count(&mut self, counts: bool) {
        self.of = self.of.saturating_add(1);
        self.count = self.count.saturating_add(u32::from(counts));
    }
}

impl LostReport {
    /// Counts calls and what became of them.
    fn of(calls: impl Iterator<Item = Call>) -> Self {
        let none = Share { count: 0, of: 0 };
        let mut report = Self {
            called_lost: none,
            came_back: none,
            found: none,
        };
        for call in calls {
            report.called_lost.count(call.lost);
            if call.lost {
                report.came_back.count(call.returned);
            }
            if !call.returned {
                report.found.count(call.lost);
            }
        }
        report
    }
}

/// Whether a customer was called lost, and whether they came back.
#[derive(Clone, Copy, Debug)]
struct Call {
    lost: bool,
    returned: bool,
}

impl HiatusRule {
    /// Calls lost who has been silent for so long, in the unit of the times (weeks).
    pub fn new(silence: f64) -> Result<Self, InputRefusal> {
        positive("silence", silence)?;
        let silence = at_most("silence", silence, LONGEST_TIME)?;
        Ok(Self { silence })
    }

    /// Finds the shortest silence, in whole periods of the curve of gaps between purchases, after which
    /// at most the target share comes back as far as that curve saw: `1 − G(∞)/G(h)`. `None` where no
    /// silence that was observed will do.
    pub fn for_target(gaps: &Curve, target: f64) -> Option<u32> {
        let plateau = gaps.plateau();
        let mut periods = 0;
        while f64::from(periods) <= gaps.last_period() {
            let silent = gaps.log_survival(f64::from(periods)).exp();
            if 1.0 - plateau / silent <= target {
                return Some(periods);
            }
            periods += 1;
        }
        None
    }

    /// Returns the silence.
    pub const fn silence(self) -> f64 {
        self.silence
    }

    /// Says whether a customer is called lost.
    pub fn is_lost(self, customer: &PurchaseSummary) -> bool {
        customer.silence() >= self.silence
    }

    /// Measures the rule on customers who were watched a while longer.
    pub fn measure(self, watched: &[WatchedCustomer]) -> LostReport {
        LostReport::of(watched.iter().map(|watched| Call {
            lost: self.is_lost(&watched.customer),
            returned: watched.returned,
        }))
    }

    /// Sets the rule beside a score that is higher for those likelier to come back.
    pub fn compare(
        self,
        watched: &[WatchedCustomer],
        score: impl Fn(&PurchaseSummary) -> f64,
    ) -> HiatusComparison {
        let rule = self.measure(watched);
        let outcomes = |score: &dyn Fn(&PurchaseSummary) -> f64| -> Vec<Outcome> {
            let outcome = |watched: &WatchedCustomer| Outcome {
                score: score(&watched.customer),
                happened: watched.returned,
            };
            watched.iter().map(outcome).collect()
        };
        let mut scored = outcomes(&score);
        let area_of_score = area_under_curve(&scored);
        scored.sort_by(|one, other| one.score.total_cmp(&other.score));
        let calls = (0..).zip(&scored).map(|(place, outcome)| Call {
            lost: place < rule.called_lost.count,
            returned: outcome.happened,
        });
        HiatusComparison {
            rule,
            lowest_scores: LostReport::of(calls),
            area_of_silence: area_under_curve(&outcomes(&|customer| -customer.silence())),
            area_of_score,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenures::curve::Period;

    fn watched(recency: f64, age: f64, returned: bool) -> WatchedCustomer {
        let frequency = u32::from(recency > 0.0);
        WatchedCustomer {
            customer: PurchaseSummary::new(frequency, recency, age).unwrap(),
            returned,
        }
    }

    #[test]
    fn the_false_lost_rate_is_the_share_of_the_lost_who_came_back() {
        let base = [
            watched(0.0, 30.0, false),
            watched(0.0, 40.0, false),
            watched(0.0, 26.0, true),
            watched(10.0, 30.0, false),
            watched(20.0, 30.0, true),
        ];
        let report = HiatusRule::new(26.0).unwrap().measure(&base);
        assert_eq!(report.called_lost, Share { count: 3, of: 5 });
        assert_eq!(report.came_back, Share { count: 1, of: 3 });
        assert_eq!(report.found, Share { count: 2, of: 3 });
        let nothing = HiatusRule::new(26.0).unwrap().measure(&[]);
        let [lower, upper] = nothing.came_back.interval();
        assert!(lower <= 0.0 && upper >= 1.0);
    }

    #[test]
    fn the_interval_is_wilsons() {
        let [lower, upper] = Share { count: 10, of: 100 }.interval();
        assert!((lower - 0.055_229).abs() < 1e-5 && (upper - 0.174_365).abs() < 1e-5);
    }

    #[test]
    fn the_silence_is_the_shortest_that_meets_the_target() {
        // Of 100 gaps 40, 20 and 5 closed in the first three weeks; 35 never did.
        let weeks = [(100, 40), (60, 20), (40, 5), (35, 0)];
        let periods = weeks.map(|(at_risk, ended)| Period { at_risk, ended });
        let gaps = Curve::new(periods.to_vec());
        assert_eq!(HiatusRule::for_target(&gaps, 0.7), Some(0));
        assert_eq!(HiatusRule::for_target(&gaps, 0.5), Some(1));
        assert_eq!(HiatusRule::for_target(&gaps, 0.13), Some(2));
        assert_eq!(HiatusRule::for_target(&gaps, 0.1), Some(3));
    }

    #[test]
    fn a_silence_that_cannot_be_is_refused() {
        assert!(HiatusRule::new(0.0).is_err());
        assert!(HiatusRule::new(f64::NAN).is_err());
    }
}
