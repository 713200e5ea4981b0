//! What follows from a retention curve, whoever drew it: a fitted model or the Kaplan–Meier curve.
//!
//! `S(t)` is the share of customers still there after `t` renewals. What somebody with `n` renewals
//! behind them will do is `S(n+k)/S(n)`.

use crate::refusal::{InputRefusal, at_least, at_most, positive};
use crate::tenures::curve::Curve;

/// The lowest discount rate of a period: below it the sums have no end to speak of.
pub const LOWEST_PERIOD_RATE: f64 = 1e-5;
/// The highest discount rate of a period.
pub const HIGHEST_PERIOD_RATE: f64 = 10.0;
/// A sum is cut where all that follows is smaller than this share of it.
const NEGLIGIBLE: f64 = 1e-13;

/// A share of customers who stay, by the periods since they came.
pub trait Retention {
    /// Returns `ln S` after so many periods.
    fn log_survival(&self, periods: f64) -> f64;

    /// Returns `S` after so many periods.
    fn survival(&self, periods: f64) -> f64 {
        self.log_survival(periods).exp()
    }

    /// Returns `S(tenure + ahead)/S(tenure)`: the chance that who is there stays that much longer.
    fn conditional_survival(&self, tenure: f64, ahead: f64) -> f64 {
        (self.log_survival(tenure + ahead) - self.log_survival(tenure)).exp()
    }

    /// Returns the share of those there before a renewal decision who renew, `S(t)/S(t − 1)`.
    fn retention_rate(&self, period: f64) -> f64 {
        self.conditional_survival(period - 1.0, 1.0)
    }
}

impl Retention for Curve {
    fn log_survival(&self, periods: f64) -> f64 {
        Self::log_survival(self, periods)
    }
}

/// The rate by which money a period later is worth less.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodDiscount {
    factor: f64,
}

impl PeriodDiscount {
    /// Takes the rate of one period, such as 0.1.
    pub fn new(rate: f64) -> Result<Self, InputRefusal> {
        positive("discount rate", rate)?;
        at_least("discount rate", rate, LOWEST_PERIOD_RATE)?;
        at_most("discount rate", rate, HIGHEST_PERIOD_RATE)?;
        Ok(Self {
            factor: (1.0 + rate).recip(),
        })
    }

    /// Returns what money a period later is worth, `1/(1 + rate)`.
    pub const fn factor(self) -> f64 {
        self.factor
    }
}

/// One period to come of a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodAtRisk {
    /// Which one, the next being number one.
    pub period: u32,
    /// The chance to be still there after it.
    pub stays: f64,
    /// The chance to leave in it.
    pub leaves: f64,
    /// The margin to expect of it, discounted.
    pub expected_margin: f64,
    /// The margin it would bring besides, had nobody left by then, discounted.
    pub margin_at_risk: f64,
}

/// Returns the periods to come of a customer, with what each is expected to bring and to lose.
pub fn periods_at_risk(
    model: &(impl Retention + ?Sized),
    tenure: f64,
    margin: f64,
    discount: PeriodDiscount,
    horizon: u32,
) -> impl Iterator<Item = PeriodAtRisk> {
    let mut stayed = 1.0;
    let mut worth = margin;
    (1..=horizon).map(move |period| {
        let stays = model.conditional_survival(tenure, f64::from(period));
        worth *= discount.factor;
        let leaves = stayed - stays;
        stayed = stays;
        PeriodAtRisk {
            period,
            stays,
            leaves,
            expected_margin: worth * stays,
            margin_at_risk: worth * (1.0 - stays),
        }
    })
}

/// Returns the discounted periods that a customer is expected to stay, `Σ_{k=1}^{h} S(n+k)/S(n)
/// (1+d)^−k`: seen right after a renewal, the next one lying ahead.
pub fn residual_lifetime_within(
    model: &(impl Retention + ?Sized),
    tenure: f64,
    discount: PeriodDiscount,
    horizon: u32,
) -> f64 {
    periods_at_risk(model, tenure, 1.0, discount, horizon)
        .map(|period| period.expected_margin)
        .sum()
}

/// Returns the discounted expected residual lifetime (DERL) right before a renewal decision,
/// `Σ_{t≥n} S(t)/S(n−1) (1+d)^(n−t)` (Fader & Hardie 2010, Marketing Science 29:85): the renewal due
/// counts in full.
pub fn residual_lifetime_before_renewal(
    model: &(impl Retention + ?Sized),
    renewal: u32,
    discount: PeriodDiscount,
) -> f64 {
    let before = model.log_survival(f64::from(renewal.max(1)) - 1.0);
    let (mut sum, mut worth) = (0.0, 1.0);
    let mut period = f64::from(renewal.max(1));
    loop {
        let stays = (model.log_survival(period) - before).exp();
        sum += worth * stays;
        worth *= discount.factor;
        // The share that stays only falls.
        if worth * stays <= NEGLIGIBLE * sum * (1.0 - discount.factor) {
            return sum;
        }
        period += 1.0;
    }
}

/// Returns the periods after which half are gone; `None` if that is not within the limit.
pub fn median_lifetime(model: &(impl Retention + ?Sized), limit: u32) -> Option<u32> {
    let half = -core::f64::consts::LN_2;
    (1..=limit).find(|period| model.log_survival(f64::from(*period)) <= half)
}

/// Returns the periods to expect out of the first so many, `Σ_{t=0}^{h−1} S(t)`.
pub fn restricted_mean_lifetime(model: &(impl Retention + ?Sized), horizon: u32) -> f64 {
    (0..horizon)
        .map(|period| model.survival(f64::from(period)))
        .sum()
}
