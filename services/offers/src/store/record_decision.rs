//! The hot write: many calls' decisions in one durable statement.
//!
//! One statement inserts the request log, sessions, decisions, presented offers, holds and events of
//! a whole batch. The branches hang on the session's row: where a request id or a contact was there
//! before, nothing of that call is written, and the caller reads what was answered then.

use std::collections::HashSet;
use std::sync::Arc;

use futures::future::BoxFuture;
use kernel::id::{HoldId, SessionId};
use kernel::money::Money;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use storage::batch::{Answers, BatchHandler};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::decision::Record;
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::promise::Promise;

use super::session::bind;
use super::{Store, statement};

/// The name under which requests for an offer stand in the request log.
pub(super) const METHOD: &str = "RequestSaveOffer";

/// A decision to record.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The record.
    pub record: Arc<Record>,
    /// The SHA-256 of the request as it came in.
    pub body_hash: [u8; 32],
    /// The ids of the holds, one for each presented offer.
    pub hold_ids: Vec<HoldId>,
}

/// The rows of a batch, column by column, as UNNEST wants them.
#[derive(Default)]
struct Columns {
    sessions: Sessions,
    offers: Offers,
    events: Events,
}

#[derive(Default)]
struct Sessions {
    customer_id: Vec<String>,
    session_id: Vec<Uuid>,
    contact_id: Vec<String>,
    subscription_id: Vec<String>,
    occasion: Vec<String>,
    state: Vec<String>,
    intent: Vec<String>,
    reason: Vec<Option<String>>,
    agent_id: Vec<Option<String>>,
    refusal_ends: Vec<bool>,
    max_offers: Vec<i16>,
    contract_ends_at: Vec<Option<jiff_sqlx::Timestamp>>,
    decided_at: Vec<jiff_sqlx::Timestamp>,
    request_id: Vec<String>,
    body_hash: Vec<Vec<u8>>,
    decision_id: Vec<Uuid>,
    record: Vec<String>,
}

#[derive(Default)]
struct Offers {
    session_id: Vec<Uuid>,
    presented_offer_id: Vec<Uuid>,
    hold_id: Vec<Uuid>,
    offer_key: Vec<String>,
    rank: Vec<i16>,
    price_offer: Vec<bool>,
    offer: Vec<String>,
    expires_at: Vec<jiff_sqlx::Timestamp>,
    cost_minor: Vec<i64>,
    currency: Vec<String>,
    catalogue_version: Vec<i64>,
}

#[derive(Default)]
struct Events {
    session_id: Vec<Uuid>,
    sequence: Vec<i32>,
    kind: Vec<String>,
    detail: Vec<String>,
}

impl Columns {
    fn push(&mut self, new: &NewDecision) -> Result<(), StoreError> {
        self.sessions.push(new)?;
        let record = &new.record;
        self.events
            .push(record.session_id, 1, "opened", record.request.intent.name());
        let (kind, detail) = match record.decision.offers.as_slice() {
            [] => {
                let why = record
                    .decision
                    .let_go
                    .first()
                    .map_or("", |reason| reason.code.as_str());
                ("let_go", why.to_owned())
            }
            offers => ("offered", keys(offers)),
        };
        self.events.push(record.session_id, 2, kind, &detail);
        for (rank, promise) in record.decision.offers.iter().enumerate() {
            self.offers.push(new, rank, promise)?;
        }
        Ok(())
    }
}

fn keys(offers: &[Promise]) -> String {
    offers
        .iter()
        .map(|offer| offer.offer_key.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

impl Sessions {
    fn push(&mut self, new: &NewDecision) -> Result<(), StoreError> {
        let (record, request) = (&new.record, &new.record.request);
        self.customer_id.push(request.customer_id.to_string());
        self.session_id.push(record.session_id.as_uuid());
        self.contact_id.push(request.contact_id.to_string());
        self.subscription_id
            .push(request.subscription_id.to_string());
        self.occasion.push(request.occasion.name().to_owned());
        self.state.push(record.decision.state.name().to_owned());
        self.intent.push(request.intent.name().to_owned());
        self.reason.push(request.reason.clone());
        self.agent_id
            .push(request.agent.agent_id.as_ref().map(ToString::to_string));
        self.refusal_ends
            .push(record.decision.policy.refusal_ends_offers);
        self.max_offers
            .push(i16::try_from(record.decision.policy.max_offers).unwrap_or(i16::MAX));
        self.contract_ends_at
            .push(record.decision.contract_ends_at.map(bind));
        self.decided_at.push(bind(record.decided_at));
        self.request_id.push(request.request_id.to_string());
        self.body_hash.push(new.body_hash.to_vec());
        self.decision_id.push(record.decision_id.as_uuid());
        self.record
            .push(super::json("decision", "record", record.as_ref())?);
        Ok(())
    }
}

impl Offers {
    fn push(
        &mut self,
        new: &NewDecision,
        rank: usize,
        promise: &Promise,
    ) -> Result<(), StoreError> {
        let record = &new.record;
        let (Some(id), Some(hold)) = (record.presented_offer_ids.get(rank), new.hold_ids.get(rank))
        else {
            return Err(StoreError::inconsistent(
                "presented_offer",
                "presented_offer_id",
                record.decision_id,
            ));
        };
        let Money { minor, currency } = promise.cost;
        self.session_id.push(record.session_id.as_uuid());
        self.presented_offer_id.push(id.as_uuid());
        self.hold_id.push(hold.as_uuid());
        self.offer_key.push(promise.offer_key.to_string());
        self.rank.push(i16::try_from(rank).unwrap_or(i16::MAX));
        self.price_offer.push(promise.price_offer);
        self.offer
            .push(super::json("presented_offer", "offer", promise)?);
        self.expires_at.push(bind(promise.expires_at));
        self.cost_minor.push(minor.max(0));
        self.currency.push(currency.to_string());
        self.catalogue_version
            .push(i64::try_from(record.catalogue_version).unwrap_or(i64::MAX));
        Ok(())
    }
}

impl Events {
    fn push(&mut self, session_id: SessionId, sequence: i32, kind: &str, detail: &str) {
        self.session_id.push(session_id.as_uuid());
        self.sequence.push(sequence);
        self.kind.push(kind.to_owned());
        self.detail.push(detail.to_owned());
    }
}

/// Inserts a batch and returns the sessions that are new; the others were there before.
pub(super) async fn insert(
    connection: &mut PgConnection,
    batch: &[&NewDecision],
) -> Result<HashSet<SessionId>, StoreError> {
    let mut columns = Columns::default();
    for new in batch {
        columns.push(new)?;
    }
    let Columns {
        sessions,
        offers,
        events,
    } = &columns;
    let fresh = sqlx::query_file_scalar!(
        "src/store/record_decisions.sql",
        &sessions.customer_id,
        &sessions.session_id,
        &sessions.contact_id,
        &sessions.subscription_id,
        &sessions.occasion,
        &sessions.state,
        &sessions.intent,
        &sessions.reason as &[Option<String>],
        &sessions.agent_id as &[Option<String>],
        &sessions.refusal_ends,
        &sessions.max_offers,
        &sessions.contract_ends_at as &[Option<jiff_sqlx::Timestamp>],
        &sessions.decided_at as &[jiff_sqlx::Timestamp],
        &sessions.request_id,
        &sessions.body_hash,
        &sessions.decision_id,
        &sessions.record,
        &offers.session_id,
        &offers.presented_offer_id,
        &offers.hold_id,
        &offers.offer_key,
        &offers.rank,
        &offers.price_offer,
        &offers.offer,
        &offers.expires_at as &[jiff_sqlx::Timestamp],
        &offers.cost_minor,
        &offers.currency,
        &offers.catalogue_version,
        &events.session_id,
        &events.sequence,
        &events.kind,
        &events.detail,
        METHOD,
        Outcome::Decided.name(),
    )
    .fetch_all(connection)
    .await?;
    Ok(fresh.into_iter().map(SessionId::from_uuid).collect())
}

impl Store {
    /// Records the decision of a call's first step, together with others that come at the same
    /// time. Returns false, and writes nothing, when the request or the contact was there before.
    pub async fn record_decision(
        &self,
        new: NewDecision,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        self.decisions
            .submit(new, deadline)
            .instrument(statement("INSERT", "decision"))
            .await
    }
}

/// The batching writer.
pub(super) struct Decisions;

impl BatchHandler for Decisions {
    type Item = NewDecision;
    type Output = bool;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [NewDecision],
    ) -> BoxFuture<'c, Result<Answers<bool>, StoreError>> {
        Box::pin(async move {
            // Of two with one request id only the first is written, whatever their bodies say.
            let mut seen = HashSet::new();
            let batch: Vec<&NewDecision> = items
                .iter()
                .filter(|new| seen.insert(new.record.request.request_id.clone()))
                .collect();
            let fresh = insert(connection, &batch).await?;
            Ok(items
                .iter()
                .map(|new| Ok(fresh.contains(&new.record.session_id)))
                .collect())
        })
    }
}
