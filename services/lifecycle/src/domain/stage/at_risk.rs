//! Being at risk: it begins at one threshold of churn risk and ends below a lower one, seen on two
//! days.

use kernel::time::Timestamp;

use super::memory::RiskMemory;
use crate::domain::clock_days::days_between;

/// How many days lie at least between the two low risks that end being at risk.
const CALM_DAYS: i64 = 1;

/// The thresholds of one subscription's churn risk.
#[derive(Clone, Copy, Debug)]
pub(super) struct RiskThresholds {
    /// At risk from here on.
    pub(super) entry: f64,
    /// No more below this.
    pub(super) exit: f64,
}

/// A subscription counts as at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) struct AtRisk {
    /// Since when churn risk has been below the threshold for leaving; absent while it is not.
    pub(in crate::domain) low_since: Option<Timestamp>,
}

/// Goes on from what was remembered of a subscription's risk to what is to be remembered: nothing
/// when it is not at risk.
pub(super) fn remember_risk(
    probability: f64,
    thresholds: RiskThresholds,
    before: Option<&RiskMemory>,
    as_of: Timestamp,
) -> Option<AtRisk> {
    if thresholds.entry <= 0.0 {
        return None;
    }
    if probability >= thresholds.entry {
        return Some(AtRisk { low_since: None });
    }
    let before = before?;
    if probability >= thresholds.exit {
        return Some(AtRisk { low_since: None });
    }
    let low_since = before.low_since.unwrap_or(as_of);
    (days_between(low_since, as_of) < CALM_DAYS).then_some(AtRisk {
        low_since: Some(low_since),
    })
}
