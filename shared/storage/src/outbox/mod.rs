//! Messages that leave a service, written in the transaction of their cause.
//!
//! Table: `sql/outbox.sql`. Two ways out: [`feed`], which followers page through at their own pace,
//! and [`queue`], work that is claimed, retried and, when hopeless, set aside.
//! Messages of one key keep their order if the writer took [`crate::order_by_key`] first.

pub mod feed;
pub mod queue;

use sqlx::PgConnection;
use tracing::Instrument;

use crate::error::StoreError;
use crate::span::statement_span;

/// A message to write.
#[derive(Clone, Copy, Debug)]
pub struct Message<'m> {
    /// What kind of message it is.
    pub topic: &'m str,
    /// What it is about; messages of one key keep their order.
    pub key: &'m str,
    /// Encoded content, without personal data.
    pub payload: &'m [u8],
}

/// Writes messages for followers of the feed.
pub async fn append(
    connection: &mut PgConnection,
    messages: &[Message<'_>],
) -> Result<(), StoreError> {
    insert(connection, messages, false).await
}

/// Writes messages as work to be claimed, due at once.
pub async fn enqueue(
    connection: &mut PgConnection,
    messages: &[Message<'_>],
) -> Result<(), StoreError> {
    insert(connection, messages, true).await
}

async fn insert(
    connection: &mut PgConnection,
    messages: &[Message<'_>],
    due: bool,
) -> Result<(), StoreError> {
    let topics: Vec<&str> = messages.iter().map(|message| message.topic).collect();
    let keys: Vec<&str> = messages.iter().map(|message| message.key).collect();
    let payloads: Vec<&[u8]> = messages.iter().map(|message| message.payload).collect();
    sqlx::query(
        "insert into outbox (topic, key, payload, next_attempt_at)
         select topic, key, payload, case when $4 then now() end
         from unnest($1::text[], $2::text[], $3::bytea[]) as message (topic, key, payload)",
    )
    .bind(topics)
    .bind(keys)
    .bind(payloads)
    .bind(due)
    .execute(connection)
    .instrument(statement_span("INSERT", "outbox", ""))
    .await?;
    Ok(())
}
