//! Table `contact_rule_set`: publish a version, read one.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use super::amend::{Remembered, recall, remember};
use super::decode::time;
use crate::domain::contact_rules::{ContactRules, Content};

const TABLE: &str = "contact_rule_set";

/// Rules to publish; checked already.
#[derive(Clone, Debug)]
pub struct NewContactRules {
    /// What they say.
    pub content: Content,
    /// The instant of the write.
    pub now: Timestamp,
    /// The request to remember, if it has an id.
    pub remembered: Option<Remembered>,
}

impl Store {
    /// Makes a new version of the rules, once for each request.
    pub async fn publish_contact_rules(
        &self,
        deadline: Deadline,
        rules: NewContactRules,
    ) -> Result<ContactRules, StoreError> {
        storage::write(&self.postgres, deadline, rules, transact).await
    }

    /// Reads a version of the rules, the highest when none is named.
    pub async fn contact_rules(
        &self,
        version: Option<u64>,
        deadline: Deadline,
    ) -> Result<Option<ContactRules>, StoreError> {
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(read(connection, *version))
            })
            .await
    }
}

fn transact<'c>(
    rules: &'c NewContactRules,
    connection: &'c mut PgConnection,
) -> BoxFuture<'c, Result<ContactRules, StoreError>> {
    Box::pin(async move {
        if let Some(version) = recall(connection, rules.remembered.as_ref()).await? {
            let found = read(connection, Some(version)).await?;
            return found.ok_or_else(|| StoreError::inconsistent(TABLE, "version", version));
        }
        let version = insert(connection, rules).await?;
        // It names nobody.
        let nameable = BTreeSet::new();
        remember(connection, rules.remembered.as_ref(), &version, &nameable).await?;
        Ok(ContactRules {
            version,
            publish_time: Some(rules.now),
            content: rules.content.clone(),
        })
    })
}

async fn insert(connection: &mut PgConnection, rules: &NewContactRules) -> Result<u64, StoreError> {
    // Of two who publish at once the second waits here, so that versions have no gaps.
    let lock = "lock table contact_rule_set in share row exclusive mode";
    sqlx::query(lock)
        .execute(&mut *connection)
        .instrument(statement_span("LOCK", TABLE, lock))
        .await?;
    let content = serde_json::to_string(&rules.content)
        .map_err(|_| StoreError::inconsistent(TABLE, "content", "new"))?;
    let text = include_str!("sql/contact_rules_insert.sql");
    let version = sqlx::query_file_scalar!(
        "src/store/sql/contact_rules_insert.sql",
        time(rules.now) as _,
        content,
    )
    .fetch_one(connection)
    .instrument(statement_span("INSERT", TABLE, text))
    .await?;
    Ok(version.unsigned_abs())
}

/// Reads a version of the rules, the highest when none is named.
pub(super) async fn read(
    connection: &mut PgConnection,
    version: Option<u64>,
) -> Result<Option<ContactRules>, StoreError> {
    // No version is higher than the database can count.
    let wanted = version.map(|version| i64::try_from(version).unwrap_or(i64::MAX));
    let text = include_str!("sql/contact_rules_read.sql");
    let found = sqlx::query_file!("src/store/sql/contact_rules_read.sql", wanted)
        .fetch_optional(connection)
        .instrument(statement_span("SELECT", TABLE, text))
        .await?;
    let Some(found) = found else { return Ok(None) };
    let content = serde_json::from_str(&found.content)
        .map_err(|_| StoreError::inconsistent(TABLE, "content", found.version))?;
    Ok(Some(ContactRules {
        version: found.version.unsigned_abs(),
        publish_time: Some(found.publish_time.to_jiff()),
        content,
    }))
}
