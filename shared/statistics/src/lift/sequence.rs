//! An interval that may be looked at every day.

use super::difference::{Group, LEAST_VALUES_HELD_OUT, Lift, LiftRefusal, Values};

/// With fewer held out the interval says nothing that could be relied on.
pub const LEAST_HELD_OUT: u32 = 30;

/// How often it may be wrong, over all looks together.
const ALPHA: f64 = 0.05;

/// A 95 % confidence sequence for a difference of shares, at its tightest around half of the planned
/// calls: `d ± σ √((nρ²+1)/(n²ρ²) ln((nρ²+1)/α²))` after n calls, with `ρ² = (L + ln(L+1))/n*` and
/// `L = −2 ln α`. At the end of the plan it is 1.56 times as wide as an interval for a single look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConfidenceSequence {
    /// ρ².
    tuning: f64,
}

impl ConfidenceSequence {
    /// Plans for so many calls of both groups together.
    pub fn planned(calls: u32) -> Self {
        let tightest_at = f64::from(calls.max(2)) / 2.0;
        let level = -2.0 * ALPHA.ln();
        Self {
            tuning: (level + level.ln_1p()) / tightest_at,
        }
    }

    /// What is known after these calls. Refused until enough are held out.
    pub fn look(self, offered: Group, held_out: Group) -> Result<Lift, LiftRefusal> {
        offered.check(LEAST_HELD_OUT)?;
        held_out.check(LEAST_HELD_OUT)?;
        // As in the interval for one look, or a holdout that nobody stayed in would be certain.
        let variance = offered.smoothed().1 + held_out.smoothed().1;
        let standard_error = variance.sqrt();
        let reach = standard_error * self.reach(offered.calls, held_out.calls);
        let difference = offered.rate() - held_out.rate();
        Ok(Lift {
            difference,
            standard_error,
            low: (difference - reach).max(-1.0),
            high: (difference + reach).min(1.0),
        })
    }

    /// What is known of mean values after these calls. Refused until enough are held out.
    pub fn look_at_values(self, offered: Values, held_out: Values) -> Result<Lift, LiftRefusal> {
        let fewest = offered.calls.min(held_out.calls);
        if fewest < LEAST_VALUES_HELD_OUT {
            return Err(LiftRefusal::TooFew {
                have: fewest,
                need: LEAST_VALUES_HELD_OUT,
            });
        }
        let (with, variance_with) = offered.mean()?;
        let (without, variance_without) = held_out.mean()?;
        let standard_error = (variance_with + variance_without).sqrt();
        let reach = standard_error * self.reach(offered.calls, held_out.calls);
        let difference = with - without;
        Ok(Lift {
            difference,
            standard_error,
            low: difference - reach,
            high: difference + reach,
        })
    }

    /// How many standard errors it reaches to each side after these calls.
    fn reach(self, offered: u32, held_out: u32) -> f64 {
        let calls = f64::from(offered) + f64::from(held_out);
        let grown = calls * self.tuning + 1.0;
        (grown / (calls * self.tuning) * (grown / (ALPHA * ALPHA)).ln()).sqrt()
    }
}
