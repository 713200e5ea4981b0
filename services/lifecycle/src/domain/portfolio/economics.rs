//! What winning and keeping customers costs, beside what they are worth.
//!
//! - CAC, what a new customer cost: spending on winning ÷ customers won for the first time.
//! - CPA, what an arrival cost: spending on winning and winning back ÷ everybody who came.
//! - CPM, what keeping cost: spending on keeping ÷ months that customers were there.
//! - Payback: the months of margin that pay CAC back.
//! - The share of effort that keeping deserves: what keeping is about, the customers who left in the
//!   window and could have been kept, at what a customer is worth; beside what winning is about, those
//!   who came, at the same worth. Structural endings and deaths could not have been kept.

use kernel::money::{Currency, Money};

use super::metrics::{Flow, PortfolioMetrics};

/// What was spent in the window, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// On winning new customers.
    pub winning: Money,
    /// On winning customers back.
    pub winning_back: Money,
    /// On keeping customers.
    pub keeping: Money,
}

/// What spending comes to. What cannot be told is absent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Economics {
    /// What a new customer cost.
    pub cac: Option<Money>,
    /// What an arrival cost, new or returning.
    pub cpa: Option<Money>,
    /// What keeping a customer for a month cost.
    pub cpm: Option<Money>,
    /// The value of a first relationship.
    pub clv: Option<Money>,
    /// How often the value pays for the cost.
    pub clv_to_cac: Option<f64>,
    /// After how many months margin has paid the cost back.
    pub payback_months: Option<f64>,
    /// The share of spending that went into keeping, 0 to 1.
    pub keeping_share: Option<f64>,
}

/// The share of effort that keeping deserves, 0 to 1; absent where nobody came or left.
pub fn deserved_keeping_share(flow: &Flow) -> Option<f64> {
    let lost = flow.left_voluntarily + flow.left_involuntarily + flow.fell_silent;
    let came = flow.won + flow.returned;
    let all = lost + came;
    (all > 0).then(|| f64::from(lost) / f64::from(all))
}

impl Economics {
    /// Reckons with the figures of the same window.
    pub fn of(spending: &Spending, metrics: &PortfolioMetrics) -> Self {
        let currency = spending.winning.currency;
        let flow = &metrics.flow;
        let winning = real(spending.winning);
        let all_winning = winning + real(spending.winning_back);
        let keeping = real(spending.keeping);
        let first = metrics
            .values
            .get(currency.code())
            .and_then(|values| values.first.as_ref());
        let cac = per(winning, f64::from(flow.won));
        let paid_back = |amount: f64| cac.filter(|cac| *cac > 0.0).map(|cac| amount / cac);
        let margin = first.map(|it| real(it.monthly_margin));
        Self {
            cac: cac.map(|amount| money(amount, currency)),
            cpa: per(all_winning, f64::from(flow.won + flow.returned))
                .map(|amount| money(amount, currency)),
            cpm: per(keeping, metrics.customer_months).map(|amount| money(amount, currency)),
            clv: first.map(|it| it.value),
            clv_to_cac: first.and_then(|it| paid_back(real(it.value))),
            payback_months: cac.zip(margin).and_then(|(cac, margin)| per(cac, margin)),
            keeping_share: per(keeping, all_winning + keeping),
        }
    }
}

fn per(amount: f64, count: f64) -> Option<f64> {
    (count > 0.0).then(|| amount / count)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no figure needs more digits than 2^52 minor units have"
)]
fn real(money: Money) -> f64 {
    money.minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and nothing is rounded up to the bounds"
)]
fn money(minor: f64, currency: Currency) -> Money {
    Money::new(minor.round() as i64, currency)
}
