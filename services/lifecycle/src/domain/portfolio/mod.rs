//! Customers added up by business line and stage.

pub mod economics;
pub mod metrics;
pub mod months;
pub mod parity;
pub mod scored_customer;
pub mod spells;

use kernel::money::Money;

use crate::domain::stage::Stage;

/// How many bands of equal width churn risk is told in.
pub const RISK_BANDS: usize = 10;

/// The customers of one business line in one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageTotal {
    /// The business line.
    pub business_line: String,
    /// The stage.
    pub stage: Stage,
    /// How many.
    pub customer_count: u64,
    /// How many of these are entitled to anything.
    pub live_count: u64,
    /// How many have a churn risk.
    pub scored_count: u64,
    /// The sum of these.
    pub churn_risk_sum: f64,
    /// What they are worth, by currency.
    pub values: Vec<ValueTotal>,
}

/// Value in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueTotal {
    /// What remains.
    pub remaining: Money,
    /// What of it is expected to leave within the horizon of churn risk: value times risk.
    pub at_risk: Money,
}

/// How often customers changed from one stage to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageFlow {
    /// The stage before.
    pub from: Stage,
    /// The stage after.
    pub to: Stage,
    /// How often.
    pub count: u64,
}

impl StageTotal {
    /// Tells whether two parts belong together.
    pub fn is_of_same_group(&self, other: &Self) -> bool {
        self.business_line == other.business_line && self.stage == other.stage
    }

    /// Adds the customers whose value is in another currency.
    pub fn add(&mut self, other: Self) {
        self.customer_count += other.customer_count;
        self.live_count += other.live_count;
        self.scored_count += other.scored_count;
        self.churn_risk_sum += other.churn_risk_sum;
        self.values.extend(other.values);
    }

    /// The mean churn risk of those that have one.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a mean over more than 2^52 customers needs no more digits"
    )]
    pub fn mean_churn_risk(&self) -> f64 {
        self.churn_risk_sum / self.scored_count.max(1) as f64
    }
}
