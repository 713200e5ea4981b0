//! Past decisions, read in stretches of their key: customer, session, step.
//!
//! There is no index by time, since each call would pay for it. A session's id begins with the
//! millisecond in which its call began, and the id is part of the key: which decisions are of calls
//! in a time is found in the key's index alone, and only those are fetched from the table. Each
//! statement is short and sees the table as it is by then; what is written meanwhile is of calls that
//! began later.

use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::{Store, statement};
use crate::domain::decision::Record;

/// How many entries of the index one statement counts.
const COUNTED: i64 = 50_000;
/// How many entries of the index one statement looks through for records.
const LOOKED_THROUGH: i64 = 5_000;
/// The most records of one statement.
const RECORDS: usize = 500;

/// A place among the decisions; by default before all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    customer_id: String,
    session_id: Uuid,
    step: i32,
}

/// Calls that began from one time until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallsBegun {
    /// From this time on.
    pub from: Timestamp,
    /// Before this time.
    pub until: Timestamp,
}

/// What a stretch of the index holds.
#[derive(Clone, Debug)]
pub struct CountedStretch {
    /// The decisions of calls in the time, by the second in which these began.
    pub by_second: Vec<(i64, u64)>,
    /// Where the stretch after this one begins; absent after the last.
    pub next: Option<Place>,
}

/// The records of a stretch.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The decisions of calls in the time.
    pub decisions: Vec<PastDecision>,
    /// Where the stretch after this one begins; absent after the last.
    pub next: Option<Place>,
}

/// A decision as it was recorded.
#[derive(Clone, Debug)]
pub struct PastDecision {
    /// The second in which its call began.
    pub second: i64,
    text: String,
    durable: Option<bool>,
}

impl PastDecision {
    /// The record; absent where this program cannot read it.
    pub fn record(&self) -> Option<Record> {
        serde_json::from_str(&self.text).ok()
    }

    /// What came of the call, where that is known: one where the customer stayed for good, zero where
    /// they did not.
    pub fn reward(&self) -> Option<f64> {
        self.durable.map(|durable| f64::from(u8::from(durable)))
    }
}

impl CallsBegun {
    /// The least id of a session on each end.
    fn session_ids(self) -> (Uuid, Uuid) {
        let least = |at: Timestamp| {
            let milliseconds = u128::try_from(at.as_millisecond()).unwrap_or(0);
            Uuid::from_u128(milliseconds.min((1 << 48) - 1) << 80)
        };
        (least(self.from), least(self.until))
    }
}

impl Store {
    /// Counts the decisions of calls in a time, in the stretch after a place.
    pub async fn count_decisions(
        &self,
        after: &Place,
        begun: CallsBegun,
    ) -> Result<CountedStretch, StoreError> {
        let input = (after, begun.session_ids());
        self.postgres
            .background(&input, |(after, ids), connection| {
                Box::pin(count(connection, after, *ids))
            })
            .await
    }

    /// Reads the decisions of calls in a time, in the stretch after a place.
    pub async fn decisions_begun(
        &self,
        after: &Place,
        begun: CallsBegun,
    ) -> Result<Stretch, StoreError> {
        let input = (after, begun.session_ids());
        self.postgres
            .background(&input, |(after, ids), connection| {
                Box::pin(read(connection, after, *ids))
            })
            .await
    }
}

/// Finds the end of the stretch after a place, and tells whether it is the last; absent where nothing
/// is after it.
async fn end_of_stretch(
    connection: &mut PgConnection,
    after: &Place,
    entries: i64,
) -> Result<Option<(Place, bool)>, StoreError> {
    let end = sqlx::query_as!(
        Place,
        "select customer_id, session_id, step from decision \
         where (customer_id, session_id, step) > ($1, $2, $3) \
         order by customer_id, session_id, step offset $4 limit 1",
        after.customer_id,
        after.session_id,
        after.step,
        entries - 1,
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    if let Some(end) = end {
        return Ok(Some((end, false)));
    }
    let last = sqlx::query_as!(
        Place,
        "select customer_id, session_id, step from decision \
         where (customer_id, session_id, step) > ($1, $2, $3) \
         order by customer_id desc, session_id desc, step desc limit 1",
        after.customer_id,
        after.session_id,
        after.step,
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    Ok(last.map(|last| (last, true)))
}

async fn count(
    connection: &mut PgConnection,
    after: &Place,
    (first, beyond): (Uuid, Uuid),
) -> Result<CountedStretch, StoreError> {
    let Some((end, is_last)) = end_of_stretch(connection, after, COUNTED).await? else {
        return Ok(CountedStretch {
            by_second: Vec::new(),
            next: None,
        });
    };
    let rows = sqlx::query!(
        "select ('x' || left(replace(session_id::text, '-', ''), 12))::bit(48)::bigint / 1000 \
                as \"second!\", count(*) as \"count!\" \
         from decision \
         where (customer_id, session_id, step) > ($1, $2, $3) \
           and (customer_id, session_id, step) <= ($4, $5, $6) \
           and session_id >= $7 and session_id < $8 \
         group by 1",
        after.customer_id,
        after.session_id,
        after.step,
        end.customer_id,
        end.session_id,
        end.step,
        first,
        beyond,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let by_second = rows.into_iter();
    let by_second = by_second.map(|row| (row.second, row.count.unsigned_abs()));
    Ok(CountedStretch {
        by_second: by_second.collect(),
        next: (!is_last).then_some(end),
    })
}

async fn read(
    connection: &mut PgConnection,
    after: &Place,
    (first, beyond): (Uuid, Uuid),
) -> Result<Stretch, StoreError> {
    let Some((end, is_last)) = end_of_stretch(connection, after, LOOKED_THROUGH).await? else {
        return Ok(Stretch {
            decisions: Vec::new(),
            next: None,
        });
    };
    let rows = sqlx::query!(
        "select decision.customer_id, decision.session_id, decision.step, decision.record, \
                outcome.durable as \"durable?\" \
         from decision \
         left join call_outcome outcome on outcome.customer_id = decision.customer_id \
              and outcome.session_id = decision.session_id \
              and outcome.decision_id = decision.decision_id and outcome.neutral_reason is null \
         where (decision.customer_id, decision.session_id, decision.step) > ($1, $2, $3) \
           and (decision.customer_id, decision.session_id, decision.step) <= ($4, $5, $6) \
           and decision.session_id >= $7 and decision.session_id < $8 \
         order by decision.customer_id, decision.session_id, decision.step limit $9",
        after.customer_id,
        after.session_id,
        after.step,
        end.customer_id,
        end.session_id,
        end.step,
        first,
        beyond,
        i64::try_from(RECORDS).unwrap_or(i64::MAX),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let cut = rows.last().filter(|_| rows.len() >= RECORDS);
    let next = match cut {
        Some(last) => Some(Place {
            customer_id: last.customer_id.clone(),
            session_id: last.session_id,
            step: last.step,
        }),
        None => (!is_last).then_some(end),
    };
    let decisions = rows.into_iter().map(|row| PastDecision {
        second: began(row.session_id),
        text: row.record,
        durable: row.durable,
    });
    Ok(Stretch {
        decisions: decisions.collect(),
        next,
    })
}

/// The second in which the call of a session began.
fn began(session_id: Uuid) -> i64 {
    let milliseconds = session_id.as_u128() >> 80;
    i64::try_from(milliseconds / 1_000).unwrap_or(i64::MAX)
}
