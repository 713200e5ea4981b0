//! Noting what is to be looked at: calls that ended or moved on, and customers who changed.

use kernel::id::CustomerId;
use kernel::time::{Span, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::super::session::bind;
use super::super::{Store, statement};
use super::TABLE;

/// Facts are looked at again for calls that are no older, in days.
const LOOKED_AT_AGAIN_DAYS: i64 = 400;
/// And for those whose last window was due no longer ago, in days.
const AFTER_THE_LAST_WINDOW_DAYS: i64 = 30;
/// How long what changed waits for what changes next, in seconds.
const GATHERED_SECONDS: i64 = 60;

impl Store {
    /// Takes up to `limit` notes of calls that ended or moved on among the outcomes, to be looked at
    /// now. Returns how many calls that were.
    pub async fn note_ended_calls(&self, now: Timestamp, limit: i64) -> Result<u64, StoreError> {
        self.postgres
            .background(&(now, limit), |(now, limit), connection| {
                Box::pin(take_notes(connection, *now, *limit))
            })
            .await
    }

    /// Has the calls of customers who changed looked at again, as long as they are not too old.
    pub async fn hear_of_changes(
        &self,
        changed: &[(CustomerId, u64)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        self.postgres
            .background(&(changed, now), |(changed, now), connection| {
                Box::pin(hear(connection, changed, *now))
            })
            .await
    }
}

async fn take_notes(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "with due as ( \
             select customer_id, note_id from call_to_measure \
             order by customer_id, note_id limit $2 for update skip locked \
         ), taken as ( \
             delete from call_to_measure note using due \
             where note.customer_id = due.customer_id and note.note_id = due.note_id \
             returning note.customer_id, note.session_id \
         ) \
         insert into call_outcome (customer_id, session_id, subscription_id, decided_at, look_at) \
         select distinct customer_id, session_id, subscription_id, opened_at, $1::timestamptz \
         from taken join save_session using (customer_id, session_id) \
         order by customer_id, session_id \
         on conflict on constraint call_outcome_pkey do update \
         set notes = call_outcome.notes + 1, attempts = 0, look_at = excluded.look_at",
        bind(now) as _,
        limit,
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(done.rows_affected())
}

async fn hear(
    connection: &mut PgConnection,
    changed: &[(CustomerId, u64)],
    now: Timestamp,
) -> Result<(), StoreError> {
    let (customers, revisions): (Vec<&str>, Vec<i64>) = changed
        .iter()
        .map(|(customer, revision)| {
            let revision = i64::try_from(*revision).unwrap_or(i64::MAX);
            (customer.as_str(), revision)
        })
        .unzip();
    let ago = |days: i64| now.checked_sub(Span::new().hours(24 * days)).unwrap_or(now);
    let soon = now.checked_add(Span::new().seconds(GATHERED_SECONDS));
    // All ids first: joined by `any` of a function, every outcome is compared with every change where
    // the planner believes that there are few, and the feed stands still.
    sqlx::query!(
        "with heard as ( \
             select known.id as customer_id, max(revision) as revision \
             from unnest($1::text[], $2::bigint[]) as told (customer_id, revision) \
             cross join lateral unnest(identities_of(told.customer_id)) as known (id) group by 1 \
         ), again as ( \
             select outcome.customer_id, outcome.session_id, heard.revision \
             from heard join call_outcome outcome using (customer_id) \
             where heard_revision < revision and (decided_at > $4 or durable_due_at > $5) \
             order by outcome.customer_id, outcome.session_id for update of outcome \
         ) \
         update call_outcome outcome \
         set heard_revision = again.revision, \
             look_at = least(coalesce(outcome.look_at, $3), $3) \
         from again \
         where outcome.customer_id = again.customer_id and outcome.session_id = again.session_id",
        &customers as &[&str],
        &revisions,
        bind(soon.unwrap_or(now)) as _,
        bind(ago(LOOKED_AT_AGAIN_DAYS)) as _,
        bind(ago(AFTER_THE_LAST_WINDOW_DAYS)) as _,
    )
    .execute(connection)
    .instrument(statement("UPDATE", TABLE))
    .await?;
    Ok(())
}
