//! What a decision is told of budgets: which of them cannot be used for a call, and why.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kernel::money::Currency;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::BudgetKey;
use crate::domain::verdict::code;

/// How a budget stood when it was last looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The currency; absent for a budget that counts offers.
    pub currency: Option<Currency>,
    /// When a fixed window begins and when it is over.
    pub fixed: Option<(Timestamp, Timestamp)>,
    /// Something was left of it.
    pub has_room: bool,
}

/// How all budgets stood when they were last looked at. It may be a moment old: the database has
/// the last word when an offer is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets(BTreeMap<BudgetKey, Standing>);

/// A budget that cannot be used for a call, or not for all that it would pay for. Kept in the
/// decision's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Barred {
    /// The budget.
    pub budget: BudgetKey,
    /// The verdict on offers that need it.
    pub code: Cow<'static, str>,
    /// What is left of it for the call; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Left>,
}

impl Barred {
    /// A budget of which nothing can be used.
    pub fn exhausted(budget: &BudgetKey) -> Self {
        Self {
            budget: budget.clone(),
            code: Cow::Borrowed(code::BUDGET_EXHAUSTED),
            left: None,
        }
    }
}

/// What is left of a budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// Minor units, or a number of offers.
    pub amount: i64,
    /// It counts offers.
    pub counts_offers: bool,
}

/// A budget that turned out not to have enough for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// The budget.
    pub budget: BudgetKey,
    /// What it had.
    pub left: Left,
}

/// What is left of scarce budgets while offers are chosen; the others are taken to have enough.
#[derive(Clone, Debug, Default)]
pub struct Scarce<'a>(Vec<(&'a BudgetKey, Left)>);

impl<'a> Scarce<'a> {
    /// Takes down what is left.
    pub fn new(barred: &'a [Barred]) -> Self {
        let scarce = barred.iter();
        Self(
            scarce
                .filter_map(|barred| Some((&barred.budget, barred.left?)))
                .collect(),
        )
    }

    /// Takes what an offer costs, or says that it is not there.
    pub fn take(&mut self, budget: Option<&BudgetKey>, cost_minor: i64) -> bool {
        let mut scarce = self.0.iter_mut();
        let Some((_, left)) = scarce.find(|(key, _)| Some(*key) == budget) else {
            return true;
        };
        let amount = if left.counts_offers {
            1
        } else {
            cost_minor.max(0)
        };
        let enough = amount <= left.amount;
        if enough {
            left.amount -= amount;
        }
        enough
    }
}

impl Budgets {
    /// Takes down how budgets stand.
    pub fn new(standings: impl IntoIterator<Item = (BudgetKey, Standing)>) -> Self {
        Self(standings.into_iter().collect())
    }

    /// Lists those of `needed` that cannot pay in a currency at a time, or not much: `shortages`
    /// turned up while the decision was made.
    pub fn barred<'k>(
        &self,
        needed: impl Iterator<Item = &'k BudgetKey>,
        currency: Option<Currency>,
        now: Timestamp,
        shortages: &[Shortage],
    ) -> Vec<Barred> {
        needed
            .filter_map(|key| {
                let short = shortages.iter().find(|short| short.budget == *key);
                let (code, left) = match short.map(|short| short.left) {
                    Some(left) => (code::BUDGET_EXHAUSTED, Some(left)),
                    None => (self.why_not(key, currency, now)?, None),
                };
                Some(Barred {
                    budget: key.clone(),
                    code: Cow::Borrowed(code),
                    left: left.filter(|left| left.amount > 0),
                })
            })
            .collect()
    }

    fn why_not(
        &self,
        key: &BudgetKey,
        currency: Option<Currency>,
        now: Timestamp,
    ) -> Option<&'static str> {
        let Some(standing) = self.0.get(key) else {
            return Some(code::BUDGET_UNKNOWN);
        };
        let other = standing.currency.is_some() && standing.currency != currency;
        let closed = standing
            .fixed
            .is_some_and(|(opens, closes)| now < opens || now >= closes);
        if other {
            Some(code::BUDGET_OTHER_CURRENCY)
        } else if closed {
            Some(code::BUDGET_NOT_OPEN)
        } else {
            (!standing.has_room).then_some(code::BUDGET_EXHAUSTED)
        }
    }
}
