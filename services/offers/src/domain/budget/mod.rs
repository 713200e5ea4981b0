//! Budgets: what offers may cost in all, in money or in their number, within a window of time.
//!
//! The database keeps the sums and decides. What is here is what a budget is, how its limit and an
//! amount are spread over its parts, and what a decision is told of budgets.

mod reconcile;
mod share;
mod standing;

use kernel::id::Id;
use kernel::money::Currency;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::named::Named;

pub use reconcile::{Difference, Sums, differences};
pub use share::{Room, Taken, spread, take};
pub use standing::{Barred, Budgets, Left, Scarce, Shortage, Standing};

/// What a budget is; the type exists for the compiler only.
#[derive(Debug)]
pub enum BudgetMarker {}
/// Names a budget in the catalogue.
pub type BudgetKey = Id<BudgetMarker>;

/// The time that a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// For ever.
    Endless,
    /// A day, UTC.
    CalendarDay,
    /// A month, UTC.
    CalendarMonth,
    /// From one time until another, once.
    Fixed,
}

impl Named for Window {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Endless, "endless"),
        (Self::CalendarDay, "calendar_day"),
        (Self::CalendarMonth, "calendar_month"),
        (Self::Fixed, "fixed"),
    ];
}

/// A budget as it is defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Names it.
    pub key: BudgetKey,
    /// The limit of one window: minor units, or a number of offers.
    pub limit_amount: i64,
    /// The currency; absent for a budget that counts offers.
    pub currency: Option<Currency>,
    /// The time the limit is for.
    pub window: Window,
    /// When a fixed window begins and when it is over; absent for the others.
    pub fixed: Option<(Timestamp, Timestamp)>,
    /// In how many parts it is kept.
    pub bucket_count: u16,
}

impl Budget {
    /// The largest limit: what is added up of it stays exact.
    pub const MAX_LIMIT: i64 = 1_000_000_000_000_000;
    /// The most parts.
    pub const MAX_BUCKETS: u16 = 64;
    /// The most budgets that there may be.
    pub const MOST: i64 = 1_000;

    /// Says what stands in the way of putting this in the place of `before`: holds that are out
    /// were reckoned in its unit, for its window, on its parts.
    pub fn replaces(&self, before: &Self) -> Result<(), Refusal> {
        let opens = |budget: &Self| budget.fixed.map(|(opens, _)| opens);
        let field = if self.currency != before.currency {
            "currency"
        } else if self.window != before.window {
            "window"
        } else if opens(self) != opens(before) {
            "open_time"
        } else if self.bucket_count < before.bucket_count {
            "bucket_count"
        } else {
            return Ok(());
        };
        Err(Refusal::refused(
            "BUDGET_FIELD_FIXED",
            format!("{field} of a budget stands: put another budget under another key"),
        )
        .with("budget_key", &self.key)
        .with("field", field))
    }
}

/// What is used of a budget in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// When the window began.
    pub window_start: Timestamp,
    /// Held for offers that wait for an answer.
    pub held: i64,
    /// Committed to offers that were accepted.
    pub committed: i64,
    /// Neither.
    pub available: i64,
}

#[cfg(test)]
mod tests;
