//! Defining and reading budgets.

use kernel::id::RequestId;
use kernel::money::Currency;
use kernel::refusal::{Refusal, Violation};
use kernel::time::{Deadline, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use super::super::session::{bind, request_id_reused};
use super::super::{Store, json, statement};
use crate::domain::budget::{Budget, BudgetKey, Budgets, Standing, Use, Window, spread};
use crate::domain::named::Named;

const TABLE: &str = "budget";
const METHOD: &str = "PutBudget";

/// A budget to write.
#[derive(Clone, Debug)]
pub struct NewBudget {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The budget; no part count means: as many as before.
    pub budget: Budget,
    /// How many parts there shall be; `None` for as many as before.
    pub bucket_count: Option<u16>,
    /// The state that was read; `None` for whatever is there.
    pub etag: Option<String>,
    /// Only check.
    pub validate_only: bool,
}

/// A budget as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBudget {
    /// The definition.
    pub budget: Budget,
    /// Counts its changes.
    pub revision: i64,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What is used in the present window.
    pub used: Use,
}

impl StoredBudget {
    /// Names this state of the definition.
    pub fn etag(&self) -> String {
        format!("r{}", self.revision)
    }
}

impl Store {
    /// Writes a budget, once.
    pub async fn put_budget(
        &self,
        new: NewBudget,
        deadline: Deadline,
    ) -> Result<StoredBudget, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(put(connection, new))
        })
        .await
    }

    /// Reads a budget.
    pub async fn budget(
        &self,
        key: &BudgetKey,
        deadline: Deadline,
    ) -> Result<Option<StoredBudget>, StoreError> {
        let found = self
            .postgres
            .read(deadline, key, |key, connection| {
                Box::pin(read(connection, Some(key.as_str()), None, 1))
            })
            .await?;
        Ok(found.into_iter().next())
    }

    /// Lists budgets by key, those after one when that is given.
    pub async fn budgets(
        &self,
        after: Option<&str>,
        limit: u32,
        deadline: Deadline,
    ) -> Result<Vec<StoredBudget>, StoreError> {
        let page = (after, i64::from(limit));
        self.postgres
            .read(deadline, &page, |(after, limit), connection| {
                Box::pin(read(connection, None, *after, *limit))
            })
            .await
    }

    /// Reads all budgets, for a job.
    pub async fn all_budgets(&self) -> Result<Vec<Budget>, StoreError> {
        let all = self
            .postgres
            .background(&(), |(), connection| {
                Box::pin(read(connection, None, None, Budget::MOST))
            })
            .await?;
        Ok(all.into_iter().map(|stored| stored.budget).collect())
    }

    /// Looks how all budgets stand.
    pub async fn budget_standings(&self) -> Result<Budgets, StoreError> {
        let all = self
            .postgres
            .background(&(), |(), connection| {
                Box::pin(read(connection, None, None, Budget::MOST))
            })
            .await?;
        Ok(Budgets::new(all.into_iter().map(|stored| {
            let standing = Standing {
                currency: stored.budget.currency,
                fixed: stored.budget.fixed,
                has_room: stored.used.available > 0,
            };
            (stored.budget.key, standing)
        })))
    }
}

async fn put(connection: &mut PgConnection, new: &NewBudget) -> Result<StoredBudget, StoreError> {
    let request_id = new.request_id.as_str();
    if !new.validate_only {
        match request_log::begin(connection, request_id, METHOD, new.body_hash).await? {
            Begun::Fresh => {}
            Begun::Replay(answer) => {
                return serde_json::from_slice(&answer)
                    .map_err(|_| StoreError::inconsistent("request_log", "response", request_id));
            }
            Begun::Repeats(_) | Begun::Reused => {
                return Err(StoreError::rejected(request_id_reused(request_id)));
            }
        }
    }
    // One writer of definitions at a time. Whoever opens a window has the definition locked too, so
    // that no window begins with a limit of yesterday.
    sqlx::query!("lock table budget in share row exclusive mode")
        .execute(&mut *connection)
        .instrument(statement("LOCK", TABLE))
        .await?;
    let key = new.budget.key.as_str();
    sqlx::query!("select from budget where budget_key = $1 for update", key)
        .fetch_optional(&mut *connection)
        .instrument(statement("SELECT", TABLE))
        .await?;
    let before = read(connection, Some(key), None, 1).await?.pop();
    let wanted = wanted(connection, new, before.as_ref()).await?;
    let windows = windows(connection, &wanted).await?;
    let mut parts = Vec::new();
    for (window_start, used) in &windows {
        parts.push((*window_start, parts_of(&wanted, used)?));
    }
    if new.validate_only {
        return as_it_would_be(wanted, before.as_ref(), &windows);
    }
    upsert(connection, &wanted).await?;
    for (window_start, parts) in &parts {
        put_parts(connection, key, *window_start, parts).await?;
    }
    let stored = read(connection, Some(key), None, 1).await?.pop();
    let stored = stored.ok_or_else(|| StoreError::inconsistent(TABLE, "budget_key", key))?;
    let answer = json("request_log", "response", &stored)?;
    request_log::finish(connection, request_id, answer.as_bytes()).await?;
    Ok(stored)
}

/// The budget as it shall be, if it may be so.
async fn wanted(
    connection: &mut PgConnection,
    new: &NewBudget,
    before: Option<&StoredBudget>,
) -> Result<Budget, StoreError> {
    let etag = before.map(StoredBudget::etag);
    if let Some(read) = &new.etag
        && etag.as_ref() != Some(read)
    {
        let refusal = Refusal::conflict(
            "ETAG_MISMATCH",
            "the budget was changed since it was read: read it again, then decide",
        );
        return Err(StoreError::rejected(
            refusal.with("etag", etag.unwrap_or_default()),
        ));
    }
    let kept = before.map_or(1, |before| before.budget.bucket_count);
    let wanted = Budget {
        bucket_count: new.bucket_count.unwrap_or(kept),
        ..new.budget.clone()
    };
    match before {
        Some(before) => wanted
            .replaces(&before.budget)
            .map_err(StoreError::rejected)?,
        None => refuse_too_many(connection).await?,
    }
    Ok(wanted)
}

async fn refuse_too_many(connection: &mut PgConnection) -> Result<(), StoreError> {
    let count = sqlx::query_scalar!("select count(*) as \"count!\" from budget")
        .fetch_one(connection)
        .instrument(statement("SELECT", TABLE))
        .await?;
    if count < Budget::MOST {
        return Ok(());
    }
    Err(StoreError::rejected(Refusal::malformed(vec![Violation {
        field: "budget.budget_key".to_owned(),
        description: "is new, and there are as many budgets as there may be: change one of them"
            .to_owned(),
        reason: "TOO_MANY_BUDGETS",
    }])))
}

/// What each part of the present and any later window has used, locked.
async fn windows(
    connection: &mut PgConnection,
    wanted: &Budget,
) -> Result<Vec<(Timestamp, Vec<i64>)>, StoreError> {
    let (opens_at, closes_at) = wanted.fixed.unzip();
    let present = sqlx::query_scalar!(
        "select coalesce(budget_window_start($1, $2, $3, now()), $2) as \"start!: jiff_sqlx::Timestamp\"",
        wanted.window.name(),
        opens_at.map(bind) as _,
        closes_at.map(bind) as _,
    )
    .fetch_one(&mut *connection)
    .await?
    .to_jiff();
    let rows = sqlx::query!(
        "select window_start, held + committed as \"used!\" from budget_bucket \
         where budget_key = $1 and window_start >= $2 order by window_start, bucket for update",
        wanted.key.as_str(),
        bind(present) as _,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "budget_bucket"))
    .await?;
    let mut windows: Vec<(Timestamp, Vec<i64>)> = vec![(present, Vec::new())];
    for row in rows {
        let start = row.window_start.to_jiff();
        match windows.iter_mut().find(|(window, _)| *window == start) {
            Some((_, used)) => used.push(row.used),
            None => windows.push((start, vec![row.used])),
        }
    }
    let buckets = usize::from(wanted.bucket_count);
    for (_, used) in &mut windows {
        used.resize(buckets.max(used.len()), 0);
    }
    Ok(windows)
}

fn parts_of(wanted: &Budget, used: &[i64]) -> Result<Vec<i64>, StoreError> {
    spread(wanted.limit_amount, used).ok_or_else(|| {
        StoreError::rejected(
            Refusal::refused(
                "BUDGET_BELOW_USE",
                "more than that is held and committed: set the limit to no less",
            )
            .with("budget_key", &wanted.key)
            .with("used", used.iter().sum::<i64>()),
        )
    })
}

fn as_it_would_be(
    budget: Budget,
    before: Option<&StoredBudget>,
    windows: &[(Timestamp, Vec<i64>)],
) -> Result<StoredBudget, StoreError> {
    let (window_start, used) = windows
        .first()
        .ok_or_else(|| StoreError::inconsistent("budget_bucket", "window_start", &budget.key))?;
    let (held, committed) = before.map_or((0, 0), |it| (it.used.held, it.used.committed));
    Ok(StoredBudget {
        revision: before.map_or(1, |before| before.revision + 1),
        updated_at: before.map_or(*window_start, |before| before.updated_at),
        used: Use {
            window_start: *window_start,
            held,
            committed,
            available: budget.limit_amount - used.iter().sum::<i64>(),
        },
        budget,
    })
}

async fn upsert(connection: &mut PgConnection, wanted: &Budget) -> Result<(), StoreError> {
    let (opens_at, closes_at) = wanted.fixed.unzip();
    sqlx::query!(
        "insert into budget (budget_key, revision, currency, limit_amount, window_kind, opens_at, \
             closes_at, bucket_count, updated_at) \
         values ($1, 1, $2, $3, $4, $5, $6, $7, now()) \
         on conflict on constraint budget_pkey do update set revision = budget.revision + 1, \
             limit_amount = excluded.limit_amount, closes_at = excluded.closes_at, \
             bucket_count = excluded.bucket_count, updated_at = excluded.updated_at",
        wanted.key.as_str(),
        wanted.currency.as_ref().map(Currency::code),
        wanted.limit_amount,
        wanted.window.name(),
        opens_at.map(bind) as _,
        closes_at.map(bind) as _,
        i16::try_from(wanted.bucket_count).unwrap_or(i16::MAX),
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(())
}

async fn put_parts(
    connection: &mut PgConnection,
    key: &str,
    window_start: Timestamp,
    parts: &[i64],
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into budget_bucket (budget_key, window_start, bucket, limit_part) \
         select $1, $2, place - 1, part from unnest($3::bigint[]) with ordinality as it (part, place) \
         on conflict on constraint budget_bucket_pkey do update set limit_part = excluded.limit_part",
        key,
        bind(window_start) as _,
        parts,
    )
    .execute(connection)
    .instrument(statement("INSERT", "budget_bucket"))
    .await?;
    Ok(())
}

/// Reads one budget, or a page of them by key.
async fn read(
    connection: &mut PgConnection,
    one: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<StoredBudget>, StoreError> {
    let rows = sqlx::query!(
        "select budget.*, present.window_start as \"window_start!: jiff_sqlx::Timestamp\", \
                used.held as \"held!\", used.committed as \"committed!\", \
                coalesce(used.limit_part, budget.limit_amount) - used.held - used.committed as \"available!\" \
         from budget \
         cross join lateral (select coalesce( \
             budget_window_start(window_kind, opens_at, closes_at, now()), opens_at) as window_start) as present \
         cross join lateral ( \
             select coalesce(sum(held), 0)::bigint as held, coalesce(sum(committed), 0)::bigint as committed, \
                    sum(limit_part)::bigint as limit_part \
             from budget_bucket bucket where bucket.budget_key = budget.budget_key \
               and bucket.window_start = present.window_start) as used \
         where ($1::text is null or budget_key = $1) and ($2::text is null or budget_key > $2) \
         order by budget_key limit $3",
        one,
        after,
        limit,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    rows.into_iter()
        .map(|row| {
            let key = row.budget_key.as_str();
            let unsound = |column| StoreError::inconsistent(TABLE, column, key);
            let currency = row.currency.as_deref().map(Currency::parse).transpose();
            Ok(StoredBudget {
                budget: Budget {
                    key: BudgetKey::parse(key).map_err(|_| unsound("budget_key"))?,
                    limit_amount: row.limit_amount,
                    currency: currency.map_err(|_| unsound("currency"))?,
                    window: Window::from_name(&row.window_kind)
                        .ok_or_else(|| unsound("window_kind"))?,
                    fixed: row
                        .opens_at
                        .zip(row.closes_at)
                        .map(|(opens, closes)| (opens.to_jiff(), closes.to_jiff())),
                    bucket_count: u16::try_from(row.bucket_count)
                        .map_err(|_| unsound("bucket_count"))?,
                },
                revision: row.revision,
                updated_at: row.updated_at.to_jiff(),
                used: Use {
                    window_start: row.window_start.to_jiff(),
                    held: row.held,
                    committed: row.committed,
                    available: row.available,
                },
            })
        })
        .collect()
}
