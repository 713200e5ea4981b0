//! Erasures that are owed: news that could not be carried out at once, and what was written under an id
//! after its erasure.

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::{Store, statement};

const TABLE: &str = "erasure_owed";

/// What became of the erasures that were due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwedErasures {
    /// Carried out.
    pub done: u32,
    /// Tried in vain, and tried again later.
    pub failed: u32,
}

impl Store {
    /// Notes an erasure to be carried out later, since it cannot be now.
    pub async fn owe_erasure(&self, customer_id: &CustomerId) -> Result<(), StoreError> {
        self.postgres
            .background(customer_id, |customer_id, connection| {
                Box::pin(owe(connection, customer_id))
            })
            .await
    }

    /// Carries out up to `limit` erasures that are due. One that fails keeps no other waiting.
    pub async fn erase_owed(&self, limit: i64) -> Result<OwedErasures, StoreError> {
        let due = self
            .postgres
            .background(&limit, |limit, connection| {
                Box::pin(due(connection, *limit))
            })
            .await?;
        let mut became = OwedErasures::default();
        for customer_id in due {
            if let Err(error) = self.erase_customer(&customer_id).await {
                // Whose it is stands in the table and not in the log.
                tracing::warn!(%error, "an erasure that is owed failed and is tried again later");
                self.put_off(&customer_id).await?;
                became.failed += 1;
            } else {
                became.done += 1;
            }
        }
        Ok(became)
    }

    async fn put_off(&self, customer_id: &CustomerId) -> Result<(), StoreError> {
        self.postgres
            .background(customer_id, |customer_id, connection| {
                Box::pin(put_off(connection, customer_id))
            })
            .await
    }
}

async fn owe(connection: &mut PgConnection, customer_id: &CustomerId) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into erasure_owed (customer_id, attempts, due_at) \
         select $1, 1, now() + interval '5 seconds' \
         where not exists (select from erasure_owed where customer_id = $1)",
        customer_id.as_str(),
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(())
}

async fn due(connection: &mut PgConnection, limit: i64) -> Result<Vec<CustomerId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select distinct customer_id from ( \
             select customer_id from erasure_owed where due_at <= now() \
             order by due_at limit $1) as due",
        limit,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    let parsed = ids.iter().map(|id| {
        CustomerId::parse(id).map_err(|_| StoreError::inconsistent(TABLE, "customer_id", "due"))
    });
    parsed.collect()
}

/// The pause doubles from five seconds to about an hour.
async fn put_off(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update erasure_owed set attempts = attempts + 1, \
             due_at = now() + make_interval(secs => 5 * 2 ^ least(attempts, 10)) \
         where customer_id = $1 and due_at <= now()",
        customer_id.as_str(),
    )
    .execute(connection)
    .instrument(statement("UPDATE", TABLE))
    .await?;
    Ok(())
}
