//! What was answered to which request, by the customers whom the answer names: erasing a person finds
//! exactly these answers.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use kernel::id::CustomerId;
use serde_json::Value;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{Store, erase};
use crate::domain::alias::Aliases;

const TABLE: &str = "request_log";

/// Every id that an answer can name, given the customers that a write names.
pub(super) fn nameable(named: &BTreeSet<CustomerId>, aliases: &Aliases) -> BTreeSet<CustomerId> {
    named.iter().chain(aliases.ids()).cloned().collect()
}

/// Remembers the answer to a request that was claimed, with those of the customers whom it names.
pub(super) async fn save(
    connection: &mut PgConnection,
    request_id: &str,
    answer: &Value,
    nameable: &BTreeSet<CustomerId>,
) -> Result<(), StoreError> {
    let inconsistent = || StoreError::inconsistent(TABLE, "response", request_id);
    let response = serde_json::to_vec(answer).map_err(|_| inconsistent())?;
    let named: Vec<String> = texts(answer)
        .into_iter()
        .filter(|text| nameable.iter().any(|id| id.as_str() == *text))
        .map(str::to_owned)
        .collect();
    let text = include_str!("sql/answer_save.sql");
    let saved = sqlx::query_file!(
        "src/store/sql/answer_save.sql",
        request_id,
        response,
        &named
    )
    .execute(connection)
    .instrument(statement_span("UPDATE", TABLE, text))
    .await?;
    if saved.rows_affected() == 1 {
        Ok(())
    } else {
        Err(inconsistent())
    }
}

/// Forgets what was answered about a person, by all their ids.
pub(super) async fn erase(connection: &mut PgConnection, ids: &[String]) -> Result<(), StoreError> {
    let text = include_str!("sql/erase_answers.sql");
    sqlx::query_file!("src/store/sql/erase_answers.sql", ids)
        .execute(connection)
        .instrument(statement_span("DELETE", TABLE, text))
        .await?;
    Ok(())
}

impl Store {
    /// Finds out whom up to `limit` answers name that a version wrote which did not note it, and
    /// forgets those about persons who were erased meanwhile. Returns how many were read.
    pub async fn read_answers(&self, limit: i64) -> Result<usize, StoreError> {
        let deadline = storage::unhurried(&self.postgres);
        storage::write(&self.postgres, deadline, limit, read_some).await
    }
}

fn read_some<'c>(
    limit: &'c i64,
    connection: &'c mut PgConnection,
) -> BoxFuture<'c, Result<usize, StoreError>> {
    Box::pin(async move {
        let text = include_str!("sql/answer_unread.sql");
        let unread = sqlx::query_file!("src/store/sql/answer_unread.sql", limit)
            .fetch_all(&mut *connection)
            .instrument(statement_span("SELECT", TABLE, text))
            .await?;
        let answers: Vec<(String, BTreeSet<CustomerId>)> = unread
            .into_iter()
            .map(|row| (row.request_id, possible_ids(&row.response)))
            .collect();
        let ids: BTreeSet<&CustomerId> = answers.iter().flat_map(|(_, ids)| ids).collect();
        let ids: Vec<&CustomerId> = ids.into_iter().collect();
        let erased = erase::read(connection, &ids).await?;
        let (about_erased, others): (Vec<_>, Vec<_>) = answers
            .iter()
            .partition(|(_, ids)| !ids.is_disjoint(&erased));
        forget(connection, &about_erased).await?;
        note(connection, &others).await?;
        Ok(answers.len())
    })
}

type Answer = (String, BTreeSet<CustomerId>);

async fn forget(connection: &mut PgConnection, answers: &[&Answer]) -> Result<(), StoreError> {
    let requests: Vec<String> = answers.iter().map(|(request, _)| request.clone()).collect();
    let text = include_str!("sql/answer_forget.sql");
    sqlx::query_file!("src/store/sql/answer_forget.sql", &requests)
        .execute(connection)
        .instrument(statement_span("DELETE", TABLE, text))
        .await?;
    Ok(())
}

async fn note(connection: &mut PgConnection, answers: &[&Answer]) -> Result<(), StoreError> {
    let names = answers
        .iter()
        .flat_map(|(request, ids)| ids.iter().map(|id| (request.clone(), id.to_string())));
    let (requests, customers): (Vec<String>, Vec<String>) = names.unzip();
    let all: Vec<String> = answers.iter().map(|(request, _)| request.clone()).collect();
    let text = include_str!("sql/answer_read.sql");
    sqlx::query_file!("src/store/sql/answer_read.sql", &requests, &customers, &all)
        .execute(connection)
        .instrument(statement_span("UPDATE", TABLE, text))
        .await?;
    Ok(())
}

/// Everything in an answer of before that can be an id: nobody noted what is one.
fn possible_ids(response: &[u8]) -> BTreeSet<CustomerId> {
    let answer: Value = serde_json::from_slice(response).unwrap_or_default();
    let ids = texts(&answer).into_iter();
    ids.filter_map(|text| CustomerId::parse(text).ok())
        .collect()
}

/// The texts and the names of fields in an answer: maps are keyed by ids.
fn texts(answer: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open = vec![answer];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                found.insert(text.as_str());
            }
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => {
                found.extend(fields.keys().map(String::as_str));
                open.extend(fields.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_found_as_a_value_and_as_a_key_and_nowhere_within_a_text() {
        let answer =
            json!({"stays": "c-1", "revisions": {"c-2": 4}, "of": [{"id": "c-3 and c-4"}]});
        let found = texts(&answer);
        for id in ["c-1", "c-2", "c-3 and c-4"] {
            assert!(found.contains(id), "{id}");
        }
        assert!(!found.contains("c-3"));
    }
}
