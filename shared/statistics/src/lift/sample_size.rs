//! How many calls it takes to see a difference.

use serde::{Deserialize, Serialize};

/// The normal quantiles of an error of 5 % on both sides and of 80 % power.
const SEEN: f64 = 1.959_963_984_540_054;
const POWER: f64 = 0.841_621_233_572_914_3;

/// What is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The share that is kept without an offer.
    pub without: f64,
    /// By how much offers are to raise it.
    pub lift: f64,
    /// The share of customers who are held out.
    pub holdout: f64,
}

/// Why there is no number of calls.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PlanRefusal {
    /// The shares are no shares, or there is nothing to see.
    #[error("no number of calls shows a lift of {lift} over {without} with a holdout of {holdout}")]
    Impossible {
        /// The share that is kept without an offer.
        without: f64,
        /// The lift.
        lift: f64,
        /// The holdout.
        holdout: f64,
    },
    /// More calls than anybody has.
    #[error("more than {most} calls are needed")]
    TooMany {
        /// The most that is told.
        most: u32,
    },
}

/// How many calls of both groups together it takes to see the lift, at 5 % error and 80 % power:
/// `(z + z')² (p₁q₁/(1−h) + p₀q₀/h)/δ²`.
pub fn calls_needed(plan: &Plan) -> Result<u32, PlanRefusal> {
    let Plan {
        without,
        lift,
        holdout,
    } = *plan;
    let with = without + lift;
    let inside = |share: f64| share > 0.0 && share < 1.0;
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    if !(is_share(without) && is_share(with) && inside(holdout) && lift.abs() > 0.0) {
        return Err(PlanRefusal::Impossible {
            without,
            lift,
            holdout,
        });
    }
    let variance = with * (1.0 - with) / (1.0 - holdout) + without * (1.0 - without) / holdout;
    let calls = ((SEEN + POWER).powi(2) * variance / (lift * lift)).ceil();
    if calls > f64::from(u32::MAX) {
        return Err(PlanRefusal::TooMany { most: u32::MAX });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not negative, and not above the largest"
    )]
    Ok(calls as u32)
}

/// How many are still to come.
pub fn calls_still_needed(plan: &Plan, calls: u32) -> Result<u32, PlanRefusal> {
    Ok(calls_needed(plan)?.saturating_sub(calls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference_tests::reference;

    #[test]
    fn as_many_as_the_reference_says() {
        let Some(exact) = reference("sequential.json") else {
            return;
        };
        let table = exact["sample_size_total_calls"].as_object().unwrap();
        assert!(table.len() > 20);
        for (key, calls) in table {
            let [without, lift, holdout] = ["p0=", "delta=", "holdout="].map(|name| {
                let part = key.split(' ').find_map(|part| part.strip_prefix(name));
                part.unwrap().parse().unwrap()
            });
            let plan = Plan {
                without,
                lift,
                holdout,
            };
            let ours = calls_needed(&plan).unwrap();
            // Whether half a call is rounded up is not said.
            assert!(
                u64::from(ours).abs_diff(calls.as_u64().unwrap()) <= 1,
                "{key}"
            );
        }
    }

    #[test]
    fn what_was_called_is_taken_off() {
        let plan = Plan {
            without: 0.10,
            lift: 0.05,
            holdout: 0.10,
        };
        assert_eq!(calls_still_needed(&plan, 3_000), Ok(271));
        assert_eq!(calls_still_needed(&plan, 5_000), Ok(0));
    }

    #[test]
    fn what_no_calls_show_is_refused() {
        let plan = Plan {
            without: 0.10,
            lift: 0.05,
            holdout: 0.10,
        };
        let wrong = [
            Plan { lift: 0.0, ..plan },
            Plan { lift: 0.95, ..plan },
            Plan {
                lift: f64::NAN,
                ..plan
            },
            Plan {
                holdout: 0.0,
                ..plan
            },
            Plan {
                holdout: 1.0,
                ..plan
            },
            Plan {
                without: -0.1,
                ..plan
            },
        ];
        for plan in wrong {
            assert!(matches!(
                calls_needed(&plan),
                Err(PlanRefusal::Impossible { .. })
            ));
        }
        let faint = Plan { lift: 1e-9, ..plan };
        let most = u32::MAX;
        assert_eq!(calls_needed(&faint), Err(PlanRefusal::TooMany { most }));
    }
}
