//! The last look at the calls of a person who is erased: what is due or open is answered from what is
//! known, or those who left would vanish from the figures.

use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::super::statement;
use super::claim::{ClaimedCall, calls_of};
use super::settle::{DescribedCall, JudgedCall, describe, described_rows, judged_rows, settle};
use crate::domain::outcome::{Description, Judged, Measured, describe as described, judge_erased};

/// A call with what is known of it.
struct Last {
    claimed: ClaimedCall,
    description: Description,
    measured: Measured,
}

/// Answers what is open of the calls of a person, in the transaction that erases them and before
/// anything of theirs is gone. Calls that nobody ended are ended, as erasing does. Doing it again
/// changes nothing.
pub(in crate::store) async fn settle_before_erasing(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<(), StoreError> {
    let now = end_calls(connection, ids).await?;
    take_notes(connection, ids).await?;
    let calls = calls_of(connection, ids).await?;
    if calls.is_empty() {
        return Ok(());
    }
    let calls: Vec<Last> = calls.into_iter().map(last).collect();
    let known: Vec<_> = calls.iter().map(Last::described).collect();
    describe(connection, &described_rows(&known)?).await?;
    let judged: Vec<_> = calls.iter().map(|call| call.judged(now)).collect();
    settle(connection, &judged_rows(&judged)?, now).await
}

/// Ends what is under way, and tells the time: never before a look that was taken, whoever's clock is
/// ahead.
async fn end_calls(connection: &mut PgConnection, ids: &[String]) -> Result<Timestamp, StoreError> {
    sqlx::query!(
        "select abandon_session(customer_id, session_id) from save_session \
         where customer_id = any ($1) \
           and state in ('opened', 'intent_stated', 'disclosed', 'permission_asked', 'offered', \
                         'declined', 'cancel_reaffirmed')",
        ids,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("UPDATE", "save_session"))
    .await?;
    let now = sqlx::query_scalar!(
        "select greatest(now(), max(judged_at)) as \"now!\" from call_outcome \
         where customer_id = any ($1)",
        ids,
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "call_outcome"))
    .await?;
    Ok(now.to_jiff())
}

/// Calls that ended and are not among the outcomes yet.
async fn take_notes(connection: &mut PgConnection, ids: &[String]) -> Result<(), StoreError> {
    sqlx::query!(
        "with taken as ( \
             delete from call_to_measure where customer_id = any ($1) \
             returning customer_id, session_id \
         ) \
         insert into call_outcome (customer_id, session_id, subscription_id, decided_at, look_at) \
         select distinct customer_id, session_id, subscription_id, opened_at, now() \
         from taken join save_session using (customer_id, session_id) \
         order by customer_id, session_id \
         on conflict on constraint call_outcome_pkey do update \
         set notes = call_outcome.notes + 1, look_at = excluded.look_at",
        ids,
    )
    .execute(connection)
    .instrument(statement("INSERT", "call_outcome"))
    .await?;
    Ok(())
}

fn last(claimed: ClaimedCall) -> Last {
    let description = described(&claimed.call);
    let measured = Measured::new(&claimed.call, &description);
    Last {
        claimed,
        description,
        measured,
    }
}

impl Last {
    const fn described(&self) -> DescribedCall<'_> {
        DescribedCall {
            claimed: &self.claimed,
            description: &self.description,
            durable_due_at: self.measured.durable_due_at,
        }
    }

    fn judged(&self, now: Timestamp) -> JudgedCall<'_> {
        let before = self.claimed.before.as_ref();
        let customer_id = &self.claimed.call.customer_id;
        let judged = Judged {
            judgement: judge_erased(customer_id, &self.measured, before, now),
            revision: before.and_then(|before| before.revision),
            judged_at: now,
        };
        JudgedCall {
            claimed: &self.claimed,
            judged,
        }
    }
}
