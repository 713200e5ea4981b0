//! One order per key, from the lock to the feed.

use sqlx::PgConnection;

use crate::error::StoreError;

/// Takes a lock on each key until the transaction ends. Call it before anything else in it.
///
/// Why: the feed is read in the order of (transaction id, row id), and Postgres hands out a
/// transaction id at the first write. Without the lock, A could get its id before B, B could then
/// change the customer and commit first, and the feed would tell the two changes in the wrong
/// order. With the lock taken before the first write, transactions on one key get their ids in the
/// order in which they see each other's effects.
///
/// The keys are sorted and deduplicated, so that two transactions over several keys cannot
/// deadlock on them. Keys that collide in the hash only wait for each other.
pub async fn order_by_key(connection: &mut PgConnection, keys: &[&str]) -> Result<(), StoreError> {
    let mut sorted: Vec<&str> = keys.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    // A function scan yields the array's elements in their order, one lock after the other.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest($1) as key")
        .bind(sorted)
        .execute(connection)
        .await?;
    Ok(())
}
