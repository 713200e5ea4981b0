//! What the review tells of money beside the comparison: prices against those of new customers, and what
//! was spent of budgets.

use std::collections::BTreeMap;

use kernel::id::OfferKey;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::review::{WhichReview, count, currency, offer_key};
use super::session::bind;
use super::statement;
use crate::domain::budget::BudgetKey;
use crate::domain::review::{Spending, WeekOfSpending};

/// How often the price of an offer afterwards was above that of a new customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParityKept {
    /// It was accepted all the same.
    pub breaches: u32,
    /// It was kept from the call for it.
    pub refused: u32,
}

pub(super) async fn parity(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<BTreeMap<OfferKey, ParityKept>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/review_parity.sql",
        bind(which.since) as _,
        bind(which.now) as _,
        which.offer_key.as_ref().map_or("", OfferKey::as_str),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "call_outcome"))
    .await?;
    rows.into_iter()
        .map(|row| {
            let kept = ParityKept {
                breaches: count(row.breaches),
                refused: count(row.refused),
            };
            Ok((offer_key(&row.offer_key)?, kept))
        })
        .collect()
}

pub(super) async fn spending(
    connection: &mut PgConnection,
    which: &WhichReview,
) -> Result<Vec<Spending>, StoreError> {
    let rows = sqlx::query_file!("src/store/review_spending.sql", bind(which.since) as _,)
        .fetch_all(connection)
        .instrument(statement("SELECT", "budget_entry"))
        .await?;
    let mut all: Vec<Spending> = Vec::new();
    for row in rows {
        let is_next = all
            .last()
            .is_none_or(|last| last.budget.as_str() != row.budget_key);
        if is_next {
            let broken = |_| StoreError::inconsistent("budget", "budget_key", &row.budget_key);
            all.push(Spending {
                budget: BudgetKey::parse(&row.budget_key).map_err(broken)?,
                currency: currency(row.currency.as_deref())?,
                limit: row.limit,
                window: row.window_kind,
                weeks: Vec::new(),
            });
        }
        let Some(of_budget) = all.last_mut() else {
            continue;
        };
        let before = of_budget.weeks.last().map_or(0, |week| week.spent_so_far);
        of_budget.weeks.push(WeekOfSpending {
            begins_at: row.week.to_jiff(),
            committed: row.committed,
            given_back: row.given_back,
            spent_so_far: before + row.committed - row.given_back,
        });
    }
    Ok(all)
}
