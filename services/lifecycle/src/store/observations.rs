//! What the fits rest on: taken over from the feed, customer by customer, with the cursor.

use std::collections::HashSet;
use std::fmt;

use jiff_sqlx::ToSqlx;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, feed_cursor, statement_span};
use tracing::Instrument;

use super::scored_customers::Scorer;
use super::{Store, bigint, care, memories, scored_customers, snapshots, transitions};
use crate::domain::facts::CustomerFacts;
use crate::domain::tenure::observation::{Exposure, Observation, PurchaseHistory};

/// A customer whose facts could not be used.
#[derive(Clone, Debug)]
pub struct SetAside {
    /// The customer.
    pub customer_id: String,
    /// The revision of the facts; zero when they could not be read.
    pub revision: u64,
    /// Why.
    pub reason: String,
}

/// Where the feed stands after what is taken over.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The name of the feed.
    pub feed: &'static str,
    /// Who follows it.
    pub holder: String,
    /// The position.
    pub position: String,
}

/// Facts to keep, and how to score them.
#[derive(Clone)]
pub struct ToScore {
    /// The facts.
    pub facts: Vec<CustomerFacts>,
    /// How to score them.
    pub score: Scorer,
}

impl fmt::Debug for ToScore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts.len();
        formatter
            .debug_struct("ToScore")
            .field("facts", &facts)
            .finish_non_exhaustive()
    }
}

/// What became of the customers of one run of changes.
#[derive(Clone, Debug, Default)]
pub struct TakeOver {
    /// The ones with usable facts.
    pub observations: Vec<Observation>,
    /// The ones without.
    pub set_aside: Vec<SetAside>,
    /// The ones that are no more.
    pub gone: Vec<String>,
    /// The facts to keep, and how to score them.
    pub to_score: Option<ToScore>,
    /// The cursor to advance in the same transaction; absent when somebody else's cursor stays.
    pub cursor: Option<Cursor>,
}

impl Store {
    /// Takes over a run of changes in one transaction; `false` when the lease on the cursor was
    /// lost, and then nothing has changed.
    pub async fn take_over(&self, deadline: Deadline, run: TakeOver) -> Result<bool, StoreError> {
        let taken = storage::write(&self.postgres, deadline, run, |run, transaction| {
            Box::pin(take_over(run, transaction))
        });
        match taken.await {
            Ok(()) => Ok(true),
            Err(TakeOverError::LeaseLost) => Ok(false),
            Err(TakeOverError::Store(error)) => Err(error),
        }
    }
}

/// Why a run was rolled back.
#[derive(Debug, thiserror::Error)]
enum TakeOverError {
    #[error("the lease on the feed was lost")]
    LeaseLost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for TakeOverError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

async fn take_over(run: &TakeOver, transaction: &mut PgConnection) -> Result<(), TakeOverError> {
    // First of all, before the transaction gets its number: changes of stage are followed in the
    // order of these numbers, and a worker may be changing the same customer until it lets go.
    scored_customers::lock_alone(transaction).await?;
    if let Some(cursor) = &run.cursor {
        let advanced =
            feed_cursor::advance(transaction, cursor.feed, &cursor.holder, &cursor.position);
        if !advanced.await? {
            return Err(TakeOverError::LeaseLost);
        }
    }
    let claimed = claim(&run.observations, transaction).await?;
    clear(&claimed, transaction).await?;
    let fresh: Vec<&Observation> = run
        .observations
        .iter()
        .filter(|observation| claimed.contains(&observation.customer_id))
        .collect();
    insert_exposures(&fresh, transaction).await?;
    insert_histories(&fresh, transaction).await?;
    delete(&run.gone, transaction).await?;
    set_aside(&run.set_aside, transaction).await?;
    if let Some(to_score) = &run.to_score {
        keep_and_score(to_score, transaction).await?;
    }
    forget(run, transaction).await?;
    Ok(())
}

/// Keeps the facts that are new and scores their customers, so that facts and stage never differ.
async fn keep_and_score(
    to_score: &ToScore,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    care::merge(&to_score.facts, transaction).await?;
    let kept = snapshots::keep(&to_score.facts, transaction).await?;
    let memories = memories::read(&kept, transaction).await?;
    let wanted_before = care::fingerprints(&kept, transaction).await?;
    let kept: HashSet<String> = kept.into_iter().collect();
    let kept = to_score
        .facts
        .iter()
        .filter(|facts| kept.contains(&facts.customer_id))
        .map(|facts| (facts.clone(), memories.get(&facts.customer_id).cloned()));
    let scorings = scored_customers::score_aside(&to_score.score, kept.collect()).await;
    let scorings = scorings.into_iter().flatten().collect();
    scored_customers::replace(scorings, &wanted_before, transaction).await
}

/// Forgets the customers that are no more, and the stage of those whose facts cannot be read.
async fn forget(run: &TakeOver, transaction: &mut PgConnection) -> Result<(), StoreError> {
    let unreadable = run.set_aside.iter().filter(|found| found.revision == 0);
    let unreadable = unreadable.map(|found| found.customer_id.clone());
    let forgotten: Vec<String> = run.gone.iter().cloned().chain(unreadable).collect();
    if !forgotten.is_empty() {
        snapshots::forget(&forgotten, transaction).await?;
    }
    if !run.gone.is_empty() {
        transitions::forget(&run.gone, transaction).await?;
        forget_set_aside(&run.gone, transaction).await?;
        forget_in_ranges(&run.gone, transaction).await?;
        care::forget(&run.gone, transaction).await?;
    }
    Ok(())
}

async fn forget_set_aside(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/set_aside_delete.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "set_aside_customer",
            include_str!("sql/set_aside_delete.sql"),
        ))
        .await?;
    Ok(())
}

/// Forgets the names of customers at which the ranges of a scoring begin and end.
async fn forget_in_ranges(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/scoring_range_forget.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "UPDATE",
            "scoring_range",
            include_str!("sql/scoring_range_forget.sql"),
        ))
        .await?;
    Ok(())
}

/// Locks the customers whose facts are at least as new as the ones held, and returns these.
async fn claim(
    observations: &[Observation],
    transaction: &mut PgConnection,
) -> Result<Vec<String>, StoreError> {
    let ids: Vec<String> = observations
        .iter()
        .map(|observation| observation.customer_id.clone())
        .collect();
    let revisions: Vec<i64> = observations
        .iter()
        .map(|observation| bigint(observation.revision))
        .collect();
    let times: Vec<jiff_sqlx::Timestamp> = observations
        .iter()
        .map(|observation| observation.last_seen_time.to_sqlx())
        .collect();
    let claimed = sqlx::query_file_scalar!(
        "src/store/sql/observed_customer_claim.sql",
        &ids,
        &revisions,
        &times as _
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "INSERT",
        "observed_customer",
        include_str!("sql/observed_customer_claim.sql"),
    ))
    .await?;
    Ok(claimed)
}

async fn clear(customers: &[String], transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/subscription_exposure_clear.sql", customers)
        .execute(&mut *transaction)
        .instrument(statement_span(
            "DELETE",
            "subscription_exposure",
            include_str!("sql/subscription_exposure_clear.sql"),
        ))
        .await?;
    sqlx::query_file!("src/store/sql/purchase_history_clear.sql", customers)
        .execute(&mut *transaction)
        .instrument(statement_span(
            "DELETE",
            "purchase_history",
            include_str!("sql/purchase_history_clear.sql"),
        ))
        .await?;
    forget_set_aside(customers, transaction).await
}

async fn insert_exposures(
    observations: &[&Observation],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let all = || {
        observations.iter().flat_map(|observation| {
            let customer = &observation.customer_id;
            observation
                .exposures
                .iter()
                .map(move |exposure| (customer, exposure))
        })
    };
    let text = |field: fn(&Exposure) -> &str| -> Vec<String> {
        all()
            .map(|(_, exposure)| field(exposure).to_owned())
            .collect()
    };
    let customers: Vec<String> = all().map(|(customer, _)| customer.clone()).collect();
    let starts: Vec<jiff_sqlx::Timestamp> = all()
        .map(|(_, exposure)| exposure.start_time.to_sqlx())
        .collect();
    let ends: Vec<Option<jiff_sqlx::Timestamp>> = all()
        .map(|(_, exposure)| exposure.end_time.map(ToSqlx::to_sqlx))
        .collect();
    let lives_on: Vec<bool> = all().map(|(_, exposure)| exposure.lives_on).collect();
    sqlx::query_file!(
        "src/store/sql/subscription_exposure_insert.sql",
        &customers,
        &text(|exposure| &exposure.subscription_id),
        &text(|exposure| &exposure.business_line),
        &text(|exposure| exposure.contract_kind.key()),
        &starts as _,
        &ends as _,
        &lives_on
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "subscription_exposure",
        include_str!("sql/subscription_exposure_insert.sql"),
    ))
    .await?;
    Ok(())
}

async fn insert_histories(
    observations: &[&Observation],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let (mut customers, mut lines, mut days) = (Vec::new(), Vec::new(), Vec::new());
    for observation in observations {
        for PurchaseHistory {
            business_line,
            purchase_days,
        } in &observation.histories
        {
            for day in purchase_days {
                customers.push(observation.customer_id.clone());
                lines.push(business_line.clone());
                days.push(*day);
            }
        }
    }
    sqlx::query_file!(
        "src/store/sql/purchase_history_insert.sql",
        &customers,
        &lines,
        &days
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "purchase_history",
        include_str!("sql/purchase_history_insert.sql"),
    ))
    .await?;
    Ok(())
}

async fn delete(customers: &[String], transaction: &mut PgConnection) -> Result<(), StoreError> {
    if customers.is_empty() {
        return Ok(());
    }
    sqlx::query_file!("src/store/sql/observed_customer_delete.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "observed_customer",
            include_str!("sql/observed_customer_delete.sql"),
        ))
        .await?;
    Ok(())
}

async fn set_aside(
    customers: &[SetAside],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if customers.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = customers
        .iter()
        .map(|customer| customer.customer_id.clone())
        .collect();
    let revisions: Vec<i64> = customers
        .iter()
        .map(|customer| bigint(customer.revision))
        .collect();
    let reasons: Vec<String> = customers
        .iter()
        .map(|customer| customer.reason.clone())
        .collect();
    delete(&ids, transaction).await?;
    sqlx::query_file!(
        "src/store/sql/set_aside_insert.sql",
        &ids,
        &revisions,
        &reasons
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "set_aside_customer",
        include_str!("sql/set_aside_insert.sql"),
    ))
    .await?;
    Ok(())
}
