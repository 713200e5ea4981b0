//! Settling holds: what was held is spent or given back, once, and the ledger says so.

use std::collections::BTreeMap;

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::super::session::{bind, columns};
use super::super::statement;

/// What becomes of holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Settlement {
    /// The offer was accepted.
    Commit,
    /// The offer was refused, or never read out, or the customer leaves.
    Release,
    /// The time of the offer ran out.
    Expire,
    /// What was accepted is undone.
    Refund,
}

impl Settlement {
    /// The state that it is settled from and to, and the kind of the entry.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Commit => ("held", "committed", "commit"),
            Self::Release => ("held", "released", "release"),
            Self::Expire => ("held", "expired", "expire"),
            Self::Refund => ("committed", "refunded", "refund"),
        }
    }

    /// By how much an amount changes what is held and committed.
    const fn moves(self, amount: i64) -> (i64, i64) {
        match self {
            Self::Commit => (-amount, amount),
            Self::Release | Self::Expire => (-amount, 0),
            Self::Refund => (0, -amount),
        }
    }
}

/// By how much the sums of budgets change at the end of a transaction.
#[derive(Debug, Default)]
pub(in crate::store) struct Moves(BTreeMap<(String, Timestamp, i16), (i64, i64)>);

impl Moves {
    /// Settles the holds of offers that are in the state for it. The sums stay to be moved.
    pub(in crate::store) async fn settle(
        &mut self,
        connection: &mut PgConnection,
        offers: &[(CustomerId, Uuid)],
        settlement: Settlement,
    ) -> Result<(), StoreError> {
        if offers.is_empty() {
            return Ok(());
        }
        let (customers, ids) = columns(offers);
        let (from, to, kind) = settlement.names();
        let settled = sqlx::query!(
            "with settled as ( \
                 update budget_hold hold set state = $4, settled_at = now() \
                 from unnest($1::text[], $2::uuid[]) as offer (customer_id, presented_offer_id) \
                 where hold.customer_id = offer.customer_id \
                   and hold.presented_offer_id = offer.presented_offer_id and hold.state = $3 \
                 returning hold.* \
             ), noted as ( \
                 insert into budget_entry (customer_id, presented_offer_id, attempt, bucket, kind, \
                     budget_key, window_start, amount, entered_at) \
                 select customer_id, presented_offer_id, attempt, bucket, $5, budget_key, \
                        window_start, amount, now() from settled \
             ) \
             select budget_key, window_start, bucket, amount from settled",
            &customers as &[&str],
            &ids,
            from,
            to,
            kind,
        )
        .fetch_all(connection)
        .instrument(statement("UPDATE", "budget_hold"))
        .await?;
        for row in settled {
            let (held, committed) = settlement.moves(row.amount);
            let part = (row.budget_key, row.window_start.to_jiff(), row.bucket);
            let sums = self.0.entry(part).or_default();
            *sums = (sums.0 + held, sums.1 + committed);
        }
        Ok(())
    }

    /// Moves the sums. Everybody waits for these rows, so this comes last.
    pub(in crate::store) async fn apply(
        self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let keys: Vec<&str> = self.0.keys().map(|(key, _, _)| key.as_str()).collect();
        let windows: Vec<_> = self.0.keys().map(|(_, start, _)| bind(*start)).collect();
        let buckets: Vec<i16> = self.0.keys().map(|(_, _, bucket)| *bucket).collect();
        if self.0.len() > 1 {
            lock(connection, &keys, &windows, &buckets).await?;
        }
        let held: Vec<i64> = self.0.values().map(|(held, _)| *held).collect();
        let committed: Vec<i64> = self.0.values().map(|(_, committed)| *committed).collect();
        sqlx::query!(
            "update budget_bucket bucket set held = bucket.held + moved.held, \
                 committed = bucket.committed + moved.committed \
             from unnest($1::text[], $2::timestamptz[], $3::smallint[], $4::bigint[], $5::bigint[]) \
                 as moved (budget_key, window_start, bucket, held, committed) \
             where bucket.budget_key = moved.budget_key and bucket.window_start = moved.window_start \
               and bucket.bucket = moved.bucket",
            &keys as &[&str],
            &windows as &[jiff_sqlx::Timestamp],
            &buckets,
            &held,
            &committed,
        )
        .execute(connection)
        .instrument(statement("UPDATE", "budget_bucket"))
        .await?;
        Ok(())
    }
}

/// Locks several parts in the order that everybody does.
async fn lock(
    connection: &mut PgConnection,
    keys: &[&str],
    windows: &[jiff_sqlx::Timestamp],
    buckets: &[i16],
) -> Result<(), StoreError> {
    sqlx::query!(
        "select bucket.bucket from budget_bucket bucket \
         join unnest($1::text[], $2::timestamptz[], $3::smallint[]) as moved (budget_key, window_start, bucket) \
              using (budget_key, window_start, bucket) \
         order by bucket.budget_key, bucket.window_start, bucket.bucket for update of bucket",
        keys as &[&str],
        windows as &[jiff_sqlx::Timestamp],
        buckets,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "budget_bucket"))
    .await?;
    Ok(())
}
