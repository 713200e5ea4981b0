//! The hot write: many calls' decisions in one durable statement.
//!
//! One statement inserts the request log, sessions, decisions and presented offers of a whole
//! batch. The branches hang on the session's row: where a request id or a contact was there
//! before, nothing of that call is written, and the caller reads what was answered then. Nor is
//! anything written of a call that supposes a customer without a history who has one.

use std::collections::HashSet;

use futures::future::BoxFuture;
use kernel::id::{AgentId, ContactId, CustomerId, OfferKey, RequestId, SessionId, SubscriptionId};
use kernel::money::Money;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use storage::batch::{Answers, BatchHandler};
use storage::request_log::BodyHash;
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::budget::{BudgetKey, Shortage};
use crate::domain::decision::Record;
use crate::domain::history::Outcome;
use crate::domain::named::Named;

use super::budget::{PreferredPart, Wanted};
use super::proof::decision_hash;
use super::record_budgeted::record_with_budgets;
use super::session::bind;
use super::{Store, statement};

/// The name under which requests for an offer stand in the request log.
pub(super) const METHOD: &str = "RequestSaveOffer";

/// A decision to record.
#[derive(Clone, Debug)]
pub struct NewDecision {
    /// The record.
    pub record: Record,
    /// The SHA-256 of the request as it came in.
    pub body_hash: [u8; 32],
}

/// What the history of a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// It was read.
    Read,
    /// It was not read: the customer is supposed never to have met the desk.
    Supposed,
}

/// What recording a decision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is recorded.
    Recorded,
    /// Nothing is written: the request or the contact was there before, or the customer has a history
    /// that was supposed not to be there.
    Before,
    /// Nothing is written: these budgets do not have what its offers need.
    Short(Vec<Shortage>),
}

impl Noted {
    pub(super) const fn fresh(fresh: bool) -> Self {
        if fresh { Self::Recorded } else { Self::Before }
    }
}

/// The rows of one decision. They are made on the caller's task, since the writer serves everybody,
/// and hold what little they need, so that the caller keeps the record.
pub(super) struct Rows {
    customer_id: CustomerId,
    session_id: SessionId,
    contact_id: ContactId,
    subscription_id: SubscriptionId,
    occasion: &'static str,
    state: &'static str,
    intent: &'static str,
    reason: Option<String>,
    agent_id: Option<AgentId>,
    refusal_ends: bool,
    max_offers: i16,
    contract_ends_at: Option<Timestamp>,
    decided_at: Timestamp,
    request_id: RequestId,
    body_hash: [u8; 32],
    decision_id: Uuid,
    supposes_never_met: bool,
    catalogue_version: i64,
    record: String,
    hash: BodyHash,
    offers: Vec<OfferRow>,
}

struct OfferRow {
    presented_offer_id: Uuid,
    offer_key: OfferKey,
    price_offer: bool,
    expires_at: Timestamp,
    cost: Money,
    budget: Option<BudgetKey>,
}

impl Rows {
    fn of(new: &NewDecision, history: History) -> Result<Self, StoreError> {
        let (record, request) = (&new.record, &new.record.request);
        let decision = &record.decision;
        let text = super::json("decision", "record", record)?;
        Ok(Self {
            customer_id: request.customer_id.clone(),
            session_id: record.session_id,
            contact_id: request.contact_id.clone(),
            subscription_id: request.subscription_id.clone(),
            occasion: request.occasion.name(),
            state: record.session_state().name(),
            intent: request.intent.name(),
            reason: request.reason.clone(),
            agent_id: request.agent.agent_id.clone(),
            refusal_ends: decision.policy.refusal_ends_offers,
            max_offers: i16::try_from(decision.policy.max_offers).unwrap_or(i16::MAX),
            contract_ends_at: decision.contract_ends_at,
            decided_at: record.decided_at,
            request_id: request.request_id.clone(),
            body_hash: new.body_hash,
            decision_id: record.decision_id.as_uuid(),
            supposes_never_met: history == History::Supposed,
            catalogue_version: i64::try_from(record.catalogue_version).unwrap_or(i64::MAX),
            hash: decision_hash(record.into(), &text),
            record: text,
            offers: offer_rows(record)?,
        })
    }
}

impl Rows {
    fn needs_budget(&self) -> bool {
        self.offers.iter().any(|offer| offer.budget.is_some())
    }

    pub(super) const fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// What its offers need of budgets, the best offer first.
    pub(super) fn wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        self.offers.iter().filter_map(|offer| {
            Some(Wanted {
                customer_id: self.customer_id.as_str(),
                presented_offer_id: offer.presented_offer_id,
                attempt: 1,
                budget: offer.budget.as_ref()?,
                cost_minor: offer.cost.minor,
                currency: offer.cost.currency.code(),
                held_at: self.decided_at,
            })
        })
    }
}

fn offer_rows(record: &Record) -> Result<Vec<OfferRow>, StoreError> {
    let promises = &record.decision.offers;
    if promises.len() != record.presented_offer_ids.len() {
        let (table, column) = ("presented_offer", "presented_offer_id");
        return Err(StoreError::inconsistent(table, column, record.decision_id));
    }
    Ok(promises
        .iter()
        .zip(&record.presented_offer_ids)
        .map(|(promise, id)| OfferRow {
            presented_offer_id: id.as_uuid(),
            offer_key: promise.offer_key.clone(),
            price_offer: promise.price_offer,
            expires_at: promise.expires_at,
            cost: promise.cost,
            budget: promise.budget.clone(),
        })
        .collect())
}

/// The rows of a batch, column by column, as UNNEST wants them.
#[derive(Default)]
struct Columns<'a> {
    sessions: Sessions<'a>,
    offers: Offers<'a>,
}

#[derive(Default)]
struct Sessions<'a> {
    customer_id: Vec<&'a str>,
    session_id: Vec<Uuid>,
    contact_id: Vec<&'a str>,
    subscription_id: Vec<&'a str>,
    occasion: Vec<&'a str>,
    state: Vec<&'a str>,
    intent: Vec<&'a str>,
    reason: Vec<Option<&'a str>>,
    agent_id: Vec<Option<&'a str>>,
    refusal_ends: Vec<bool>,
    max_offers: Vec<i16>,
    contract_ends_at: Vec<Option<jiff_sqlx::Timestamp>>,
    decided_at: Vec<jiff_sqlx::Timestamp>,
    request_id: Vec<&'a str>,
    body_hash: Vec<&'a [u8]>,
    decision_id: Vec<Uuid>,
    supposes_never_met: Vec<bool>,
    record: Vec<&'a str>,
    hash: Vec<&'a [u8]>,
}

#[derive(Default)]
struct Offers<'a> {
    session_id: Vec<Uuid>,
    presented_offer_id: Vec<Uuid>,
    offer_key: Vec<&'a str>,
    rank: Vec<i16>,
    price_offer: Vec<bool>,
    expires_at: Vec<jiff_sqlx::Timestamp>,
    cost_minor: Vec<i64>,
    currency: Vec<&'a str>,
    catalogue_version: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(batch: &[&'a Rows]) -> Self {
        let mut columns = Self::default();
        for rows in batch {
            columns.sessions.push(rows);
            for (rank, offer) in (0..).zip(&rows.offers) {
                columns.offers.push(rows, rank, offer);
            }
        }
        columns
    }
}

impl<'a> Sessions<'a> {
    fn push(&mut self, rows: &'a Rows) {
        self.customer_id.push(rows.customer_id.as_str());
        self.session_id.push(rows.session_id.as_uuid());
        self.contact_id.push(rows.contact_id.as_str());
        self.subscription_id.push(rows.subscription_id.as_str());
        self.occasion.push(rows.occasion);
        self.state.push(rows.state);
        self.intent.push(rows.intent);
        self.reason.push(rows.reason.as_deref());
        self.agent_id
            .push(rows.agent_id.as_ref().map(AgentId::as_str));
        self.refusal_ends.push(rows.refusal_ends);
        self.max_offers.push(rows.max_offers);
        self.contract_ends_at.push(rows.contract_ends_at.map(bind));
        self.decided_at.push(bind(rows.decided_at));
        self.request_id.push(rows.request_id.as_str());
        self.body_hash.push(&rows.body_hash);
        self.decision_id.push(rows.decision_id);
        self.supposes_never_met.push(rows.supposes_never_met);
        self.record.push(&rows.record);
        self.hash.push(&rows.hash);
    }
}

impl<'a> Offers<'a> {
    fn push(&mut self, rows: &Rows, rank: i16, offer: &'a OfferRow) {
        self.session_id.push(rows.session_id.as_uuid());
        self.presented_offer_id.push(offer.presented_offer_id);
        self.offer_key.push(offer.offer_key.as_str());
        self.rank.push(rank);
        self.price_offer.push(offer.price_offer);
        self.expires_at.push(bind(offer.expires_at));
        self.cost_minor.push(offer.cost.minor.max(0));
        self.currency.push(offer.cost.currency.code());
        self.catalogue_version.push(rows.catalogue_version);
    }
}

/// Inserts a batch and returns the sessions that are new; the others were there before.
pub(super) async fn insert(
    connection: &mut PgConnection,
    batch: &[&Rows],
) -> Result<HashSet<SessionId>, StoreError> {
    let Columns { sessions, offers } = &Columns::of(batch);
    let fresh = sqlx::query_file_scalar!(
        "src/store/record_decisions.sql",
        &sessions.customer_id as &[&str],
        &sessions.session_id,
        &sessions.contact_id as &[&str],
        &sessions.subscription_id as &[&str],
        &sessions.occasion as &[&str],
        &sessions.state as &[&str],
        &sessions.intent as &[&str],
        &sessions.reason as &[Option<&str>],
        &sessions.agent_id as &[Option<&str>],
        &sessions.refusal_ends,
        &sessions.max_offers,
        &sessions.contract_ends_at as &[Option<jiff_sqlx::Timestamp>],
        &sessions.decided_at as &[jiff_sqlx::Timestamp],
        &sessions.request_id as &[&str],
        &sessions.body_hash as &[&[u8]],
        &sessions.decision_id,
        &sessions.record as &[&str],
        &offers.session_id,
        &offers.presented_offer_id,
        &offers.offer_key as &[&str],
        &offers.rank,
        &offers.price_offer,
        &offers.expires_at as &[jiff_sqlx::Timestamp],
        &offers.cost_minor,
        &offers.currency as &[&str],
        &offers.catalogue_version,
        METHOD,
        Outcome::Decided.name(),
        &sessions.supposes_never_met,
        &sessions.hash as &[&[u8]],
    )
    // To the end: what was inserted is durable only then.
    .fetch_all(connection)
    .await?;
    Ok(fresh.into_iter().map(SessionId::from_uuid).collect())
}

impl Store {
    /// Records the decision of a call's first step, together with others that come at the same
    /// time.
    pub async fn record_decision(
        &self,
        new: &NewDecision,
        history: History,
        deadline: Deadline,
    ) -> Result<Noted, StoreError> {
        self.decisions
            .submit(Rows::of(new, history)?, deadline)
            .instrument(statement("INSERT", "decision"))
            .await
    }
}

/// The batching writer.
pub(super) struct Decisions {
    /// The part that this process takes from each budget first, so that processes seldom wait for
    /// each other.
    pub(super) preferred: PreferredPart,
}

impl BatchHandler for Decisions {
    type Item = Rows;
    type Output = Noted;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [Rows],
    ) -> BoxFuture<'c, Result<Answers<Noted>, StoreError>> {
        Box::pin(async move {
            // Of two with one request id only the first is written, whatever their bodies say.
            let mut seen = HashSet::new();
            let batch: Vec<&Rows> = items
                .iter()
                .filter(|one| seen.insert(one.request_id.as_str()))
                .collect();
            if batch.iter().any(|one| one.needs_budget()) {
                let noted = record_with_budgets(connection, &batch, &self.preferred).await?;
                let noted = items.iter().map(|one| noted.of(one.session_id));
                return Ok(noted.map(Ok).collect());
            }
            let fresh = insert(connection, &batch).await?;
            Ok(items
                .iter()
                .map(|one| Ok(Noted::fresh(fresh.contains(&one.session_id))))
                .collect())
        })
    }
}
