//! How long customers stayed after a call, by whole weeks.

use statistics::tenures::curve::{Curve, Period};

/// How many weeks are shown: a little more than a year.
const MOST_WEEKS: usize = 58;

/// Customers who left in a week, or are known to be here in it and not yet longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekOfCalls {
    /// Whole weeks since the call.
    pub week: u32,
    /// Left in it.
    pub left: u64,
    /// Here, as far as is known.
    pub still_here: u64,
}

/// A point of a survival curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SurvivalPoint {
    /// Whole weeks since the call.
    pub week: u32,
    /// The share still here at its end.
    pub share: f64,
    /// Of how many it is known.
    pub calls: u64,
}

/// The survival curve of some calls (Kaplan & Meier, 1958), as far as there are calls so old. Who is
/// only known to be here in a week says nothing about its end.
pub fn survival(weeks: &[WeekOfCalls]) -> Vec<SurvivalPoint> {
    let mut left_and_here = vec![(0_u64, 0_u64); MOST_WEEKS];
    let mut later = 0;
    for it in weeks {
        let place = usize::try_from(it.week).unwrap_or(usize::MAX);
        match left_and_here.get_mut(place) {
            Some((left, here)) => {
                *left += it.left;
                *here += it.still_here;
            }
            None => later += it.left + it.still_here,
        }
    }
    let mut at_risk: u64 = later
        + left_and_here
            .iter()
            .map(|(left, here)| left + here)
            .sum::<u64>();
    let mut periods = Vec::with_capacity(MOST_WEEKS);
    for (left, here) in left_and_here {
        at_risk -= here;
        if at_risk == 0 {
            break;
        }
        periods.push(Period {
            at_risk,
            ended: left,
        });
        at_risk -= left;
    }
    let curve = Curve::new(periods);
    let known = curve.periods().iter().map(|period| period.at_risk);
    let points = curve.survival_by_period().zip(known);
    (0..)
        .zip(points)
        .map(|(week, (share, calls))| SurvivalPoint { week, share, calls })
        .collect()
}
