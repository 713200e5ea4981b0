//! A batch of decisions in which some offers are paid for by budgets: one transaction that takes the
//! room first and writes what it is there for.
//!
//! The parts of the budgets are locked before anything is written, so that a call that does not fit
//! is known before it is in the way of others. Run again on another connection, it does nothing: what
//! was written the first time is found by its request id.

use std::collections::{BTreeSet, HashMap};

use kernel::id::SessionId;
use sqlx::PgConnection;
use storage::StoreError;

use super::budget::{Allotted, PreferredPart, Purses, allot, hold, lock_rooms, open_windows};
use super::record_decision::{Noted, Rows, insert};
use crate::domain::budget::Shortage;

/// What became of each call of a batch.
#[derive(Debug, Default)]
pub(super) struct NotedCalls(HashMap<SessionId, Noted>);

impl NotedCalls {
    /// What became of one; another under the same request id was first, where it is not here.
    pub(super) fn of(&self, session_id: SessionId) -> Noted {
        self.0.get(&session_id).cloned().unwrap_or(Noted::Before)
    }
}

/// Records a batch. Calls that lack room because another took it that was there before already get
/// another try.
pub(super) async fn record_with_budgets(
    connection: &mut PgConnection,
    batch: &[&Rows],
    preferred: &PreferredPart,
) -> Result<NotedCalls, StoreError> {
    let mut noted = NotedCalls::default();
    let mut pending = batch.to_vec();
    loop {
        let round = transact(connection, &pending, preferred).await?;
        let short = |noted: &Noted| matches!(noted, Noted::Short(_));
        let some_before = round.values().any(|noted| *noted == Noted::Before);
        pending.retain(|rows| round.get(&rows.session_id()).is_some_and(short));
        noted.0.extend(round);
        if pending.is_empty() || !some_before {
            return Ok(noted);
        }
    }
}

async fn transact(
    connection: &mut PgConnection,
    batch: &[&Rows],
    preferred: &PreferredPart,
) -> Result<HashMap<SessionId, Noted>, StoreError> {
    run(connection, "begin").await?;
    let result = record(connection, batch, preferred).await;
    let end = if result.is_ok() { "commit" } else { "rollback" };
    // A connection that does not say so is not used again, which rolls back too.
    run(connection, end).await?;
    result
}

async fn record(
    connection: &mut PgConnection,
    batch: &[&Rows],
    preferred: &PreferredPart,
) -> Result<HashMap<SessionId, Noted>, StoreError> {
    let keys: BTreeSet<&str> = batch
        .iter()
        .flat_map(|rows| rows.wanted())
        .map(|wanted| wanted.budget.as_str())
        .collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    let part = preferred.number();
    let mut purses = lock_rooms(connection, &keys, Some(part)).await?;
    let mut plans = plan(batch, &mut purses, part);
    if plans.iter().any(|(_, plan)| plan.is_err()) {
        // Of a window that is not open yet nothing is known.
        if purses.len() == keys.len() {
            preferred.leave(part);
        }
        // The other parts may have it. They are locked in order, so begin anew.
        run(connection, "rollback").await?;
        run(connection, "begin").await?;
        open_windows(connection, &keys).await?;
        purses = lock_rooms(connection, &keys, None).await?;
        plans = plan(batch, &mut purses, part);
    }
    write(connection, plans).await
}

type Plan<'a> = Result<Vec<Allotted<'a>>, Vec<Shortage>>;

/// Who gets what, in the order in which they came.
fn plan<'a>(batch: &[&'a Rows], purses: &mut Purses, preferred: i16) -> Vec<(&'a Rows, Plan<'a>)> {
    let calls = batch.iter();
    calls
        .map(|rows| (*rows, allot(purses, rows.wanted(), preferred)))
        .collect()
}

async fn write(
    connection: &mut PgConnection,
    plans: Vec<(&Rows, Plan<'_>)>,
) -> Result<HashMap<SessionId, Noted>, StoreError> {
    let fits = plans.iter().filter(|(_, plan)| plan.is_ok());
    let fitting: Vec<&Rows> = fits.map(|(rows, _)| *rows).collect();
    let fresh = insert(connection, &fitting).await?;
    let (mut noted, mut taken) = (HashMap::new(), Vec::new());
    for (rows, plan) in plans {
        let session_id = rows.session_id();
        let outcome = match plan {
            Err(shortages) => Noted::Short(shortages),
            Ok(parts) => {
                let fresh = fresh.contains(&session_id);
                taken.extend(parts.into_iter().filter(|_| fresh));
                Noted::fresh(fresh)
            }
        };
        noted.insert(session_id, outcome);
    }
    hold(connection, &taken).await?;
    Ok(noted)
}

async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql).execute(connection).await?;
    Ok(())
}
