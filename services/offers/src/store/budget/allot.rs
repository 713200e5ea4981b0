//! Taking from budgets for offers that are handed to the desk.
//!
//! Many calls are served by one batch of statements that belongs to none of their traces, so spans are
//! made by those callers who serve one call.

use std::collections::HashMap;

use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use uuid::Uuid;

use super::super::session::bind;
use crate::domain::budget::{BudgetKey, Left, Room, Shortage, take};

/// What an offer needs of a budget.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct Wanted<'a> {
    pub(in crate::store) customer_id: &'a str,
    pub(in crate::store) presented_offer_id: Uuid,
    /// From one: reserving again for the same offer counts on.
    pub(in crate::store) attempt: i16,
    pub(in crate::store) budget: &'a BudgetKey,
    /// Minor units.
    pub(in crate::store) cost_minor: i64,
    pub(in crate::store) currency: &'a str,
    pub(in crate::store) held_at: Timestamp,
}

/// What is left of one budget in its present window, locked.
#[derive(Clone, Debug)]
pub(in crate::store) struct Purse {
    currency: Option<String>,
    window_start: Timestamp,
    rooms: Vec<Room>,
}

/// The budgets that a transaction has locked.
pub(in crate::store) type Purses = HashMap<String, Purse>;

/// A part of a budget taken for an offer.
#[derive(Clone, Debug)]
pub(in crate::store) struct Allotted<'a> {
    wanted: Wanted<'a>,
    window_start: Timestamp,
    bucket: i16,
    amount: i64,
}

/// Makes sure that the present windows of budgets have their parts. Before any part is locked.
pub(in crate::store) async fn open_windows(
    connection: &mut PgConnection,
    keys: &[&str],
) -> Result<(), StoreError> {
    let missing = sqlx::query_scalar!(
        "select budget_key from budget \
         where budget_key = any($1) and budget_window_start(window_kind, opens_at, closes_at, now()) is not null \
           and not exists (select from budget_bucket bucket where bucket.budget_key = budget.budget_key \
               and bucket.window_start = budget_window_start(window_kind, opens_at, closes_at, now())) \
         order by budget_key for share",
        keys as &[&str],
    )
    .fetch_all(&mut *connection)
    .await?;
    if missing.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into budget_bucket (budget_key, window_start, bucket, limit_part) \
         select budget_key, budget_window_start(window_kind, opens_at, closes_at, now()), bucket, \
                limit_amount / bucket_count + (bucket < limit_amount % bucket_count)::int \
         from budget cross join lateral generate_series(0, bucket_count - 1) as bucket \
         where budget_key = any($1) order by budget_key, bucket \
         on conflict on constraint budget_bucket_pkey do nothing",
        &missing,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks what is left of budgets in their present windows: the preferred part of each, or all. One
/// that is not there or not open is left out.
pub(in crate::store) async fn lock_rooms(
    connection: &mut PgConnection,
    keys: &[&str],
    preferred: Option<i16>,
) -> Result<Purses, StoreError> {
    let rows = sqlx::query!(
        "select budget.budget_key, budget.currency, bucket.window_start, bucket.bucket, \
                bucket.limit_part - bucket.held - bucket.committed as \"free!\" \
         from budget join budget_bucket bucket on bucket.budget_key = budget.budget_key \
              and bucket.window_start = budget_window_start(window_kind, opens_at, closes_at, now()) \
         where budget.budget_key = any($1) and ($2::smallint is null or bucket.bucket = $2 % budget.bucket_count) \
         order by bucket.budget_key, bucket.window_start, bucket.bucket for update of bucket",
        keys as &[&str],
        preferred,
    )
    .fetch_all(connection)
    .await?;
    let mut purses = Purses::new();
    for row in rows {
        let purse = purses.entry(row.budget_key).or_insert_with(|| Purse {
            currency: row.currency,
            window_start: row.window_start.to_jiff(),
            rooms: Vec::new(),
        });
        purse.rooms.push(Room {
            bucket: row.bucket,
            free: row.free,
        });
    }
    Ok(purses)
}

/// Takes everything that one call needs, or nothing: then it returns what the budgets have that
/// lack it.
pub(in crate::store) fn allot<'a>(
    purses: &mut Purses,
    wanted: impl Iterator<Item = Wanted<'a>>,
    preferred: i16,
) -> Result<Vec<Allotted<'a>>, Vec<Shortage>> {
    let (mut allotted, mut gone) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match allot_one(purses, wanted, preferred) {
            Some(parts) => allotted.extend(parts),
            None => gone.push(wanted.budget.clone()),
        }
    }
    if gone.is_empty() {
        return Ok(allotted);
    }
    give_back(purses, &allotted);
    gone.dedup();
    Err(gone.into_iter().map(|key| shortage(purses, key)).collect())
}

fn shortage(purses: &Purses, budget: BudgetKey) -> Shortage {
    let purse = purses.get(budget.as_str());
    let rooms = purse.map_or(&[][..], |purse| &purse.rooms);
    Shortage {
        left: Left {
            amount: rooms.iter().map(|room| room.free.max(0)).sum(),
            counts_offers: purse.is_some_and(|purse| purse.currency.is_none()),
        },
        budget,
    }
}

fn allot_one<'a>(
    purses: &mut Purses,
    wanted: Wanted<'a>,
    preferred: i16,
) -> Option<Vec<Allotted<'a>>> {
    let purse = purses.get_mut(wanted.budget.as_str())?;
    let amount = match &purse.currency {
        None => 1,
        Some(currency) if currency == wanted.currency => wanted.cost_minor.max(0),
        Some(_) => return None,
    };
    let parts = i16::try_from(purse.rooms.len())
        .ok()
        .filter(|parts| *parts > 0)?;
    let taken = take(&mut purse.rooms, preferred % parts, amount)?;
    let window_start = purse.window_start;
    let parts = taken.into_iter().map(|taken| Allotted {
        wanted,
        window_start,
        bucket: taken.bucket,
        amount: taken.amount,
    });
    Some(parts.collect())
}

fn give_back(purses: &mut Purses, allotted: &[Allotted<'_>]) {
    for part in allotted {
        let purse = purses.get_mut(part.wanted.budget.as_str());
        let room = purse.and_then(|purse| {
            let mut rooms = purse.rooms.iter_mut();
            rooms.find(|room| room.bucket == part.bucket)
        });
        if let Some(room) = room {
            room.free += part.amount;
        }
    }
}

/// Writes down what was taken of parts that are locked: holds, ledger, sums.
pub(in crate::store) async fn hold(
    connection: &mut PgConnection,
    allotted: &[Allotted<'_>],
) -> Result<(), StoreError> {
    if allotted.is_empty() {
        return Ok(());
    }
    let column = allotted.iter();
    let customers: Vec<&str> = column.clone().map(|it| it.wanted.customer_id).collect();
    let offers: Vec<Uuid> = column
        .clone()
        .map(|it| it.wanted.presented_offer_id)
        .collect();
    let attempts: Vec<i16> = column.clone().map(|it| it.wanted.attempt).collect();
    let keys: Vec<&str> = column.clone().map(|it| it.wanted.budget.as_str()).collect();
    let windows: Vec<_> = column.clone().map(|it| bind(it.window_start)).collect();
    let buckets: Vec<i16> = column.clone().map(|it| it.bucket).collect();
    let amounts: Vec<i64> = column.clone().map(|it| it.amount).collect();
    let times: Vec<_> = column.map(|it| bind(it.wanted.held_at)).collect();
    sqlx::query!(
        "with part as ( \
             select * from unnest($1::text[], $2::uuid[], $3::smallint[], $4::text[], \
                 $5::timestamptz[], $6::smallint[], $7::bigint[], $8::timestamptz[]) \
             as part (customer_id, presented_offer_id, attempt, budget_key, window_start, bucket, amount, held_at) \
         ), held as ( \
             insert into budget_hold (customer_id, presented_offer_id, attempt, bucket, budget_key, \
                 window_start, amount, state, held_at) \
             select customer_id, presented_offer_id, attempt, bucket, budget_key, window_start, \
                    amount, 'held', held_at from part \
         ), noted as ( \
             insert into budget_entry (customer_id, presented_offer_id, attempt, bucket, kind, \
                 budget_key, window_start, amount, entered_at) \
             select customer_id, presented_offer_id, attempt, bucket, 'hold', budget_key, \
                    window_start, amount, now() from part \
         ) \
         update budget_bucket bucket set held = bucket.held + taken.amount \
         from (select budget_key, window_start, bucket, sum(amount)::bigint as amount \
               from part group by 1, 2, 3) as taken \
         where bucket.budget_key = taken.budget_key and bucket.window_start = taken.window_start \
           and bucket.bucket = taken.bucket",
        &customers as &[&str],
        &offers,
        &attempts,
        &keys as &[&str],
        &windows as &[jiff_sqlx::Timestamp],
        &buckets,
        &amounts,
        &times as &[jiff_sqlx::Timestamp],
    )
    .execute(connection)
    .await?;
    Ok(())
}
