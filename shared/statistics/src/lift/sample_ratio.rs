//! Whether as many are held out as should be.

use std::f64::consts::FRAC_1_SQRT_2;

use serde::{Deserialize, Serialize};

/// Below this chance it is no accident. It is low since somebody looks every day.
const ALARM: f64 = 0.001;

/// How far the share of the held out is from what was planned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleRatio {
    /// The share that is held out; zero of nobody.
    pub held_out_share: f64,
    /// How likely a share as far off is by chance alone, either way.
    pub chance: f64,
    /// It is too unlikely: do not believe the lift before the reason is found.
    pub is_suspicious: bool,
}

/// Compares the counts of both groups with the planned share, which is between zero and one
/// (a chi-square test of one degree, with half a call as correction for continuity).
pub fn sample_ratio(offered: u32, held_out: u32, planned_share: f64) -> SampleRatio {
    let (offered, held_out) = (f64::from(offered), f64::from(held_out));
    let calls = offered + held_out;
    if calls <= 0.0 {
        return SampleRatio {
            held_out_share: 0.0,
            chance: 1.0,
            is_suspicious: false,
        };
    }
    let off = ((held_out - calls * planned_share).abs() - 0.5).max(0.0);
    let deviation = (calls * planned_share * (1.0 - planned_share)).sqrt();
    let chance = if off > 0.0 {
        libm::erfc(off / deviation * FRAC_1_SQRT_2)
    } else {
        1.0
    };
    SampleRatio {
        held_out_share: held_out / calls,
        chance,
        is_suspicious: chance < ALARM,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_planned_is_no_cause_for_alarm() {
        for (offered, held_out) in [(0, 0), (9_000, 1_000), (890, 110), (9, 1)] {
            let found = sample_ratio(offered, held_out, 0.1);
            assert!(!found.is_suspicious, "{found:?}");
        }
    }

    #[test]
    fn far_off_is() {
        // 1,200 where 1,000 are expected: 199.5/30 = 6.65 deviations.
        let found = sample_ratio(8_800, 1_200, 0.1);
        assert!(found.is_suspicious && found.chance < 1e-9, "{found:?}");
        assert!(sample_ratio(10_000, 0, 0.05).is_suspicious);
        assert!(sample_ratio(0, 50, 0.05).is_suspicious);
    }

    #[test]
    fn the_chance_is_that_of_the_normal_distribution() {
        // 1,059.3 of 10,000: 58.8/30 = 1.96 deviations.
        let found = sample_ratio(8_941, 1_059, 0.1);
        assert!((found.chance - 0.051_2).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn a_plan_of_all_or_nobody_is_held_to_it() {
        assert!(!sample_ratio(100, 0, 0.0).is_suspicious);
        assert!(sample_ratio(100, 1, 0.0).is_suspicious);
        assert!(!sample_ratio(0, 100, 1.0).is_suspicious);
    }
}
