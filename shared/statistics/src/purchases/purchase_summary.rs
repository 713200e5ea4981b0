//! What the models of non-contractual buying know of a customer, and how it follows from purchases.
//!
//! Times are in weeks, days divided by seven. Everything a customer buys on one day is one
//! transaction. The first transaction makes the customer; the rest are repeat transactions.

use serde::{Deserialize, Serialize};

use crate::refusal::{InputRefusal, at_most, not_negative};

/// The days of a week.
pub const DAYS_PER_WEEK: f64 = 7.0;
/// The most repeat transactions that are believed.
pub const MOST_TRANSACTIONS: u32 = 100_000;
/// The longest time that is believed, whatever its unit.
pub const LONGEST_TIME: f64 = 100_000.0;
/// The highest spend that is believed.
pub const HIGHEST_SPEND: f64 = 1e12;

/// The purchases of one customer in short: the sufficient statistics `(x, t_x, T)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "PurchaseFigures", into = "PurchaseFigures")]
pub struct PurchaseSummary {
    frequency: u32,
    recency: f64,
    age: f64,
}

/// The same figures before anybody looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurchaseFigures {
    /// Repeat transactions, `x`.
    pub frequency: u32,
    /// Weeks from the first transaction to the last one, `t_x`.
    pub recency: f64,
    /// Weeks from the first transaction to the end of the observation, `T`.
    pub age: f64,
}

impl PurchaseSummary {
    /// Somebody who has just bought for the first time.
    pub const NEW: Self = Self {
        frequency: 0,
        recency: 0.0,
        age: 0.0,
    };

    /// Makes a summary, unless its figures contradict each other.
    pub fn new(frequency: u32, recency: f64, age: f64) -> Result<Self, InputRefusal> {
        not_negative("age", age)?;
        not_negative("recency", recency)?;
        at_most("age", age, LONGEST_TIME)?;
        let most = f64::from(MOST_TRANSACTIONS);
        at_most("frequency", f64::from(frequency), most)?;
        if recency > age {
            return Err(InputRefusal::Above {
                field: "recency",
                value: recency,
                bound_field: "age",
                bound: age,
            });
        }
        match (frequency > 0, recency > 0.0) {
            (true, false) => Err(InputRefusal::RepeatsWithoutRecency { frequency }),
            (false, true) => Err(InputRefusal::RecencyWithoutRepeats { recency }),
            _ => Ok(Self {
                frequency,
                // Minus zero is zero, also for whoever compares bits.
                recency: recency + 0.0,
                age: age + 0.0,
            }),
        }
    }

    /// Returns the repeat transactions, `x`.
    pub const fn frequency(&self) -> u32 {
        self.frequency
    }

    /// Returns the weeks from the first transaction to the last one, `t_x`.
    pub const fn recency(&self) -> f64 {
        self.recency
    }

    /// Returns the weeks from the first transaction to the end of the observation, `T`.
    pub const fn age(&self) -> f64 {
        self.age
    }

    /// Returns the weeks since the last transaction: the hiatus.
    pub fn silence(&self) -> f64 {
        self.age - self.recency
    }
}

impl TryFrom<PurchaseFigures> for PurchaseSummary {
    type Error = InputRefusal;

    fn try_from(figures: PurchaseFigures) -> Result<Self, Self::Error> {
        Self::new(figures.frequency, figures.recency, figures.age)
    }
}

impl From<PurchaseSummary> for PurchaseFigures {
    fn from(summary: PurchaseSummary) -> Self {
        Self {
            frequency: summary.frequency,
            recency: summary.recency,
            age: summary.age,
        }
    }
}

/// One purchase: the number of its day, counted from anywhere, and what was spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purchase {
    /// The day.
    pub day: i32,
    /// The money spent, in any unit that is the same throughout.
    pub spend: f64,
}

/// A customer's purchases up to the end of an observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PurchaseHistory {
    /// When they bought.
    pub summary: PurchaseSummary,
    /// What they spent a repeat transaction on average; nothing without one.
    pub mean_repeat_spend: Option<f64>,
}

/// Sums up the purchases of one customer, in the order of their days, until the end of a day.
/// `None` when the first one came later.
pub fn summarise(
    purchases: &[Purchase],
    last_day: i32,
) -> Result<Option<PurchaseHistory>, InputRefusal> {
    let seen = purchases.partition_point(|purchase| purchase.day <= last_day);
    let (mut transactions, mut repeat_spend) = (0_u32, 0.0);
    let mut latest = None;
    for purchase in &purchases[..seen] {
        not_negative("spend", purchase.spend)?;
        at_most("spend", purchase.spend, HIGHEST_SPEND)?;
        if latest.is_none_or(|day| day != purchase.day) {
            transactions = transactions.saturating_add(1);
            latest = Some(purchase.day);
        }
        if transactions > 1 {
            repeat_spend += purchase.spend;
        }
    }
    let Some((first, latest)) = purchases.first().map(|first| first.day).zip(latest) else {
        return Ok(None);
    };
    let frequency = transactions - 1;
    let weeks = |until: i32| (f64::from(until) - f64::from(first)) / DAYS_PER_WEEK;
    let summary = PurchaseSummary::new(frequency, weeks(latest), weeks(last_day))?;
    Ok(Some(PurchaseHistory {
        summary,
        mean_repeat_spend: (frequency > 0).then(|| repeat_spend / f64::from(frequency)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bought(day: i32, spend: f64) -> Purchase {
        Purchase { day, spend }
    }

    #[test]
    fn a_day_is_one_transaction_and_the_first_is_no_repeat() {
        let purchases = [
            (0, 5.0),
            (0, 5.0),
            (14, 10.0),
            (14, 20.0),
            (21, 6.0),
            (99, 7.0),
        ]
        .map(|(day, spend)| bought(day, spend));
        let history = summarise(&purchases, 70).unwrap().unwrap();
        assert_eq!(history.summary, PurchaseSummary::new(2, 3.0, 10.0).unwrap());
        assert_eq!(history.mean_repeat_spend, Some(18.0));
        let once = summarise(&purchases[..2], 70).unwrap().unwrap();
        assert_eq!(once.mean_repeat_spend, None);
        assert_eq!(summarise(&purchases, -1), Ok(None));
        assert_eq!(summarise(&[], 3), Ok(None));
    }

    #[test]
    fn contradictions_are_refused_by_field() {
        let refused = |frequency, recency, age| {
            PurchaseSummary::new(frequency, recency, age)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refused(1, f64::NAN, 3.0), "recency is not a finite number");
        assert_eq!(refused(0, 0.0, f64::INFINITY), "age is not a finite number");
        assert_eq!(refused(0, 0.0, -1.0), "age is negative: -1");
        assert_eq!(refused(2, 0.0, 3.0), "frequency is 2 and recency is zero");
        assert_eq!(refused(0, 1.0, 3.0), "frequency is zero and recency is 1");
        assert_eq!(refused(2, 4.0, 3.0), "recency is 4, above age, which is 3");
        assert!(refused(2, 4.0, 1e9).starts_with("age is 1000000000, above the limit"));
        assert!(refused(4_000_000, 4.0, 5.0).starts_with("frequency is 4000000, above"));
        let negative = summarise(&[bought(0, 1.0), bought(1, -2.0)], 3).unwrap_err();
        assert_eq!(negative.to_string(), "spend is negative: -2");
    }
}
