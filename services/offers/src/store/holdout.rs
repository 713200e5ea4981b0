//! The holdouts that were published. A row never changes.

use jiff_sqlx::ToSqlx;
use kernel::money::BasisPoints;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::holdout::{HoldoutKey, PlannedHoldout, PlannedShare};

use super::{Store, statement};

const TABLE: &str = "holdout";

impl Store {
    /// The share that a holdout was published with; absent where it never was.
    pub async fn holdout_share(
        &self,
        key: &HoldoutKey,
        deadline: Deadline,
    ) -> Result<Option<BasisPoints>, StoreError> {
        self.postgres
            .read(deadline, key, |key, connection| {
                Box::pin(share(connection, key))
            })
            .await
    }
}

impl Store {
    /// The share that a holdout would have if it were published now, or why it could not be.
    pub async fn holdout_share_to_be(
        &self,
        planned: &PlannedHoldout,
    ) -> Result<BasisPoints, StoreError> {
        self.postgres
            .background(planned, |planned, connection| {
                Box::pin(share_to_be(connection, planned))
            })
            .await
    }
}

async fn share_to_be(
    connection: &mut PgConnection,
    planned: &PlannedHoldout,
) -> Result<BasisPoints, StoreError> {
    if let Some(locked) = share(connection, &planned.key).await? {
        planned.keep(locked).map_err(StoreError::rejected)?;
        return Ok(locked);
    }
    let calls = match planned.share {
        PlannedShare::Fixed(_) => 0,
        PlannedShare::ByVolume => calls_of_a_month(connection).await?,
    };
    Ok(planned.share.resolve(calls))
}

/// Settles the share of a holdout, or refuses another one than it was published with before. Belongs
/// to the transaction that publishes, of which there is one at a time.
pub(super) async fn lock_share(
    connection: &mut PgConnection,
    planned: &PlannedHoldout,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(locked) = share(connection, &planned.key).await? {
        return planned.keep(locked).map_err(StoreError::rejected);
    }
    let calls = match planned.share {
        PlannedShare::Fixed(_) => 0,
        PlannedShare::ByVolume => calls_of_a_month(connection).await?,
    };
    let share = i32::try_from(planned.share.resolve(calls).0).unwrap_or(i32::MAX);
    sqlx::query!(
        "insert into holdout (holdout_key, share_basis_points, locked_at) values ($1, $2, $3)",
        planned.key.as_str(),
        share,
        now.to_sqlx() as _,
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(())
}

async fn share(
    connection: &mut PgConnection,
    key: &HoldoutKey,
) -> Result<Option<BasisPoints>, StoreError> {
    let share = sqlx::query_scalar!(
        "select share_basis_points from holdout where holdout_key = $1",
        key.as_str(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    let Some(share) = share else { return Ok(None) };
    let share = u32::try_from(share)
        .map_err(|_| StoreError::inconsistent(TABLE, "share_basis_points", share))?;
    Ok(Some(BasisPoints(share)))
}

/// How many calls about leaving there were in the last 30 days, as far as they have ended: those that
/// are compared, whether the desk sends request ids or not. Beyond what makes a difference they are not
/// counted.
async fn calls_of_a_month(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let enough = i64::try_from(PlannedShare::MANY_CALLS + 1).unwrap_or(i64::MAX);
    let calls = sqlx::query_scalar!(
        "select count(*) as \"calls!\" from ( \
             select from call_outcome where decided_at > now() - interval '30 days' limit $1 \
         ) as call",
        enough,
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "call_outcome"))
    .await?;
    u64::try_from(calls).map_err(|_| StoreError::inconsistent("call_outcome", "decided_at", calls))
}
