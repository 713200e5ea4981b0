//! The one write transaction: lock, recall, load, decide, save, remember.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::PgConnection;
use storage::StoreError;
use storage::request_log::{self, Begun, BodyHash};

use super::answers::{self, nameable};
use super::{Store, alias, load, save};
use crate::domain::books::Books;
use crate::domain::record::Named;

/// A request that is remembered, so that its retry gets the same answer.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// The caller's id of the request.
    pub request_id: String,
    /// Full method name.
    pub method: &'static str,
    /// Hash of the encoded request.
    pub body_hash: BodyHash,
}

impl Remembered {
    /// Remembers a request by its id, its method and its content in canonical encoding.
    pub fn new(request_id: impl Into<String>, method: &'static str, encoded: &[u8]) -> Self {
        Self {
            request_id: request_id.into(),
            method,
            body_hash: request_log::body_hash(encoded),
        }
    }
}

/// A write: what it names, and the pure decision over the locked books of these customers.
pub struct Amendment<T> {
    /// What the write names.
    pub named: Named,
    /// The instant of the write.
    pub now: Timestamp,
    /// The request to remember, if it has an id.
    pub remembered: Option<Remembered>,
    /// Changes the books and says what to answer. May run again after a collision.
    pub decide: Decision<T>,
}

type Decision<T> = Box<dyn Fn(&mut Books) -> Result<T, Refusal> + Send + Sync>;

impl Store {
    /// Carries out a write. The answer is remembered without personal data, so it must hold none.
    pub async fn amend<T>(
        &self,
        deadline: Deadline,
        amendment: Amendment<T>,
    ) -> Result<T, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        storage::write(&self.postgres, deadline, amendment, transact).await
    }

    /// Decides without writing: what would happen now.
    pub async fn preview<T>(
        &self,
        deadline: Deadline,
        amendment: &Amendment<T>,
    ) -> Result<T, StoreError> {
        let mut books: Books = self
            .postgres
            .read(deadline, amendment, |amendment, connection| {
                Box::pin(async move {
                    let named = &amendment.named;
                    let aliases = alias::look_up(connection, &named.customers).await?;
                    load::books(connection, named, aliases, amendment.now).await
                })
            })
            .await?;
        (amendment.decide)(&mut books).map_err(StoreError::rejected)
    }
}

fn transact<'c, T>(
    amendment: &'c Amendment<T>,
    connection: &'c mut PgConnection,
) -> BoxFuture<'c, Result<T, StoreError>>
where
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    Box::pin(async move {
        let aliases = alias::lock(connection, &amendment.named.customers).await?;
        if let Some(answer) = recall(connection, amendment.remembered.as_ref()).await? {
            return Ok(answer);
        }
        let nameable = nameable(&amendment.named.customers, &aliases);
        let mut books = load::books(connection, &amendment.named, aliases, amendment.now).await?;
        let answer = (amendment.decide)(&mut books).map_err(StoreError::rejected)?;
        books.close();
        save::books(connection, &books).await?;
        remember(
            connection,
            amendment.remembered.as_ref(),
            &answer,
            &nameable,
        )
        .await?;
        Ok(answer)
    })
}

pub(super) async fn recall<T: DeserializeOwned>(
    connection: &mut PgConnection,
    remembered: Option<&Remembered>,
) -> Result<Option<T>, StoreError> {
    let Some(request) = remembered else {
        return Ok(None);
    };
    let id = &request.request_id;
    match request_log::begin(connection, id, request.method, request.body_hash).await? {
        Begun::Replay(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|_| StoreError::inconsistent("request_log", "response", id)),
        Begun::Reused => Err(StoreError::rejected(
            Refusal::refused(
                "REQUEST_ID_REUSED",
                "the request id was used for another request; use a new one",
            )
            .with("request_id", id),
        )),
        Begun::Fresh | Begun::Repeats(_) => Ok(None),
    }
}

/// Remembers an answer; `nameable` are the ids that it can name.
pub(super) async fn remember<T: Serialize>(
    connection: &mut PgConnection,
    remembered: Option<&Remembered>,
    answer: &T,
    nameable: &BTreeSet<CustomerId>,
) -> Result<(), StoreError> {
    let Some(request) = remembered else {
        return Ok(());
    };
    let answer = serde_json::to_value(answer)
        .map_err(|_| StoreError::inconsistent("request_log", "response", &request.request_id))?;
    answers::save(connection, &request.request_id, &answer, nameable).await
}
