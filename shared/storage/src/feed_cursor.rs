//! Where a follower of a feed stands, kept in the follower's own Postgres, and who follows.
//!
//! Table: `sql/feed_cursor.sql`. One process follows at a time, by lease. The position moves in the
//! transaction that applies the messages, so nothing is applied twice without notice; a process
//! that lost its lease cannot move it.

use std::time::Duration;

use sqlx::PgConnection;

use crate::error::StoreError;

/// Takes the lease if it is free, expired or already ours; returns the position to go on from.
pub async fn acquire(
    connection: &mut PgConnection,
    name: &str,
    holder: &str,
    lease: Duration,
) -> Result<Option<String>, StoreError> {
    let position = sqlx::query_scalar(
        "insert into feed_cursor (name, holder, lease_expires_at)
         values ($1, $2, now() + make_interval(secs => $3))
         on conflict on constraint feed_cursor_pkey do update
         set holder = excluded.holder, lease_expires_at = excluded.lease_expires_at
         where feed_cursor.holder is null
            or feed_cursor.holder = excluded.holder
            or feed_cursor.lease_expires_at < now()
         returning position",
    )
    .bind(name)
    .bind(holder)
    .bind(lease.as_secs_f64())
    .fetch_optional(connection)
    .await?;
    Ok(position)
}

/// Extends the lease; `false` when it was lost.
pub async fn renew(
    connection: &mut PgConnection,
    name: &str,
    holder: &str,
    lease: Duration,
) -> Result<bool, StoreError> {
    let renewed = sqlx::query(
        "update feed_cursor set lease_expires_at = now() + make_interval(secs => $3)
         where name = $1 and holder = $2",
    )
    .bind(name)
    .bind(holder)
    .bind(lease.as_secs_f64())
    .execute(connection)
    .await?;
    Ok(renewed.rows_affected() == 1)
}

/// Moves the position, in the transaction that applied the messages; `false` when the lease was
/// lost, and then that transaction must roll back.
pub async fn advance(
    connection: &mut PgConnection,
    name: &str,
    holder: &str,
    position: &str,
) -> Result<bool, StoreError> {
    let advanced = sqlx::query(
        "update feed_cursor set position = $3, advanced_at = now()
         where name = $1 and holder = $2",
    )
    .bind(name)
    .bind(holder)
    .bind(position)
    .execute(connection)
    .await?;
    Ok(advanced.rows_affected() == 1)
}

/// Moves the position likewise, without saying that the follower keeps up: it is far behind.
pub async fn catch_up(
    connection: &mut PgConnection,
    name: &str,
    holder: &str,
    position: &str,
) -> Result<bool, StoreError> {
    let moved = sqlx::query("update feed_cursor set position = $3 where name = $1 and holder = $2")
        .bind(name)
        .bind(holder)
        .bind(position)
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

/// Gives the lease up, so that another process can follow at once.
pub async fn release(
    connection: &mut PgConnection,
    name: &str,
    holder: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "update feed_cursor set holder = null, lease_expires_at = null
         where name = $1 and holder = $2",
    )
    .bind(name)
    .bind(holder)
    .execute(connection)
    .await?;
    Ok(())
}
