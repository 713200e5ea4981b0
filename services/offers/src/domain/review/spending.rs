//! What was spent of a budget, week by week.

use kernel::money::Currency;
use kernel::time::Timestamp;

use crate::domain::budget::BudgetKey;

/// What was spent of a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The budget.
    pub budget: BudgetKey,
    /// Of amounts; absent where it counts offers.
    pub currency: Option<Currency>,
    /// Its limit as it is now, for each of its windows.
    pub limit: i64,
    /// How often it begins anew, as a key.
    pub window: String,
    /// The weeks in which something was spent or came back.
    pub weeks: Vec<WeekOfSpending>,
}

/// A week of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeekOfSpending {
    /// When it began.
    pub begins_at: Timestamp,
    /// What was accepted in it.
    pub committed: i64,
    /// What was given back in it.
    pub given_back: i64,
    /// All since the beginning of the review, what was given back taken off.
    pub spent_so_far: i64,
}
