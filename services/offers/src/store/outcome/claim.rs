//! Claiming what is due to be looked at, with what the desk recorded of it.

use std::collections::HashMap;

use kernel::id::{CustomerId, DecisionId, OfferKey, PresentedOfferId, SessionId};
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::super::session::{bind, outcome, subscription};
use super::super::{Store, from_json, statement};
use super::TABLE;
use crate::domain::named::Named;
use crate::domain::outcome::{
    AcceptanceOfCall, Before, EndedAs, EndedCall, Judgement, OfferOfCall, SaveStatus,
    StandingCancellation, StatusReason, Windows,
};

/// The first pause after which a call that was claimed and not judged comes back, in seconds. It
/// doubles each time.
const FIRST_PAUSE_SECONDS: f64 = 30.0;
/// The longest, in seconds.
const LONGEST_PAUSE_SECONDS: f64 = 3_600.0;

/// A call that is looked at now.
#[derive(Clone, Debug)]
pub struct ClaimedCall {
    /// What the desk recorded of it.
    pub call: EndedCall,
    /// How often it had ended or moved on.
    pub notes: i32,
    /// The highest revision of the customer that was heard of.
    pub heard_revision: i64,
    /// How often it was judged.
    pub judgement_count: i32,
    /// What it came to when it was looked at last; absent before the first look.
    pub before: Option<Before>,
}

/// The key of a call's rows.
type Key = (String, Uuid);

impl Store {
    /// Claims up to `limit` calls that are due. Who is not judged comes back after a pause that grows.
    pub async fn claim_outcomes(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<ClaimedCall>, StoreError> {
        self.postgres
            .background(&(now, limit), |(now, limit), connection| {
                Box::pin(claim(connection, *now, *limit))
            })
            .await
    }
}

async fn claim(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<ClaimedCall>, StoreError> {
    let rows = claim_rows(connection, now, limit).await?;
    with_records(connection, rows).await
}

/// Reads what the desk recorded of some calls.
async fn with_records(
    connection: &mut PgConnection,
    rows: Vec<Row>,
) -> Result<Vec<ClaimedCall>, StoreError> {
    let mut calls: HashMap<Key, ClaimedCall> = rows
        .into_iter()
        .filter_map(|row| {
            let key = (row.customer_id.clone(), row.session_id);
            Some((key, claimed(row)?))
        })
        .collect();
    read_offers(connection, &mut calls).await?;
    read_decisions(connection, &mut calls).await?;
    Ok(calls.into_values().collect())
}

struct Row {
    customer_id: String,
    session_id: Uuid,
    notes: i32,
    heard_revision: i64,
    subscription_id: String,
    opened_at: jiff_sqlx::Timestamp,
    reason: Option<String>,
    repeats: bool,
    cancellation_id: Option<Uuid>,
    profiles_revision: Option<i64>,
    cancellation_reason: Option<String>,
    judgement_count: i32,
    status: Option<String>,
    status_reason: Option<String>,
    here_30_days: Option<bool>,
    here_90_days: Option<bool>,
    here_180_days: Option<bool>,
    durable: Option<bool>,
    left_at: Option<jiff_sqlx::Timestamp>,
    facts_revision: Option<i64>,
    judged_at: Option<jiff_sqlx::Timestamp>,
    ended_as: Option<String>,
    decided_at: jiff_sqlx::Timestamp,
    durable_due_at: Option<jiff_sqlx::Timestamp>,
}

async fn claim_rows(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "with due as ( \
             select customer_id, session_id from call_outcome where look_at <= $1 \
             order by look_at limit $2 for update skip locked \
         ), claimed as ( \
             update call_outcome outcome set attempts = attempts + 1, \
                 look_at = $1::timestamptz + make_interval(secs => \
                     least($4::float8, $3::float8 * power(2, least(attempts, 20)))) \
             from due \
             where outcome.customer_id = due.customer_id and outcome.session_id = due.session_id \
             returning outcome.* \
         ) \
         select claimed.customer_id, claimed.session_id, claimed.notes, claimed.heard_revision, \
                claimed.judgement_count, claimed.status, claimed.status_reason, claimed.here_30_days, \
                claimed.here_90_days, claimed.here_180_days, claimed.durable, claimed.left_at, \
                claimed.facts_revision, claimed.judged_at, claimed.ended_as, claimed.decided_at, \
                claimed.durable_due_at, \
                session.subscription_id, session.opened_at, session.reason, \
                exists (select from save_session earlier \
                    where earlier.customer_id = any (identities_of(session.customer_id)) \
                      and earlier.subscription_id = session.subscription_id \
                      and earlier.occasion = session.occasion \
                      and (earlier.opened_at, earlier.session_id) \
                          < (session.opened_at, session.session_id) \
                      and earlier.opened_at > session.opened_at - interval '1 day' \
                ) as \"repeats!\", \
                cancellation.cancellation_id as \"cancellation_id?\", \
                cancellation.profiles_revision as \"profiles_revision?\", \
                cancellation.reason as \"cancellation_reason?\" \
         from claimed join save_session session using (customer_id, session_id) \
         left join cancellation on cancellation.customer_id = claimed.customer_id \
              and cancellation.session_id = claimed.session_id and cancellation.revoked_at is null",
        bind(now) as _,
        limit,
        FIRST_PAUSE_SECONDS,
        LONGEST_PAUSE_SECONDS,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("UPDATE", TABLE))
    .await?;
    Ok(rows)
}

/// Reads the calls of a person that are looked at again, with what the desk recorded of them.
pub(super) async fn calls_of(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<Vec<ClaimedCall>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "with claimed as ( \
             select * from call_outcome where customer_id = any ($1) and look_at is not null \
             order by customer_id, session_id for update \
         ) \
         select claimed.customer_id, claimed.session_id, claimed.notes, claimed.heard_revision, \
                claimed.judgement_count, claimed.status, claimed.status_reason, claimed.here_30_days, \
                claimed.here_90_days, claimed.here_180_days, claimed.durable, claimed.left_at, \
                claimed.facts_revision, claimed.judged_at, claimed.ended_as, claimed.decided_at, \
                claimed.durable_due_at, \
                session.subscription_id, session.opened_at, session.reason, \
                coalesce(claimed.status_reason = 'repeated_contact', false) as \"repeats!\", \
                cancellation.cancellation_id as \"cancellation_id?\", \
                cancellation.profiles_revision as \"profiles_revision?\", \
                cancellation.reason as \"cancellation_reason?\" \
         from claimed join save_session session using (customer_id, session_id) \
         left join cancellation on cancellation.customer_id = claimed.customer_id \
              and cancellation.session_id = claimed.session_id and cancellation.revoked_at is null",
        ids,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    with_records(connection, rows).await
}

fn claimed(row: Row) -> Option<ClaimedCall> {
    let id = row.session_id;
    let ids = (
        CustomerId::parse(&row.customer_id),
        subscription(&row.subscription_id, id),
    );
    let (Ok(customer_id), Ok(subscription_id)) = ids else {
        set_aside(id, "call_outcome");
        return None;
    };
    let before = before(&row);
    let cancellation = row.cancellation_id.map(|_| StandingCancellation {
        profiles_revision: row.profiles_revision.and_then(|it| u64::try_from(it).ok()),
        reason: row.cancellation_reason,
    });
    Some(ClaimedCall {
        call: EndedCall {
            customer_id,
            session_id: SessionId::from_uuid(id),
            subscription_id,
            opened_at: row.opened_at.to_jiff(),
            reason: row.reason,
            repeats: row.repeats,
            cancellation,
            offers: Vec::new(),
            decisions: Vec::new(),
            unreadable: false,
        },
        notes: row.notes,
        heard_revision: row.heard_revision,
        judgement_count: row.judgement_count,
        before,
    })
}

/// What was judged; a word that nobody knows is judged anew.
fn before(row: &Row) -> Option<Before> {
    row.judged_at?;
    let judgement = Judgement {
        status: SaveStatus::from_name(row.status.as_deref()?)?,
        reason: match row.status_reason.as_deref() {
            Some(word) => Some(StatusReason::from_name(word)?),
            None => None,
        },
        windows: Windows {
            here_30_days: row.here_30_days,
            here_90_days: row.here_90_days,
            here_180_days: row.here_180_days,
            durable: row.durable,
        },
        left_at: row.left_at.map(jiff_sqlx::Timestamp::to_jiff),
        next_look_at: None,
    };
    Some(Before {
        judgement,
        revision: row.facts_revision.and_then(|it| u64::try_from(it).ok()),
        ended_as: EndedAs::from_name(row.ended_as.as_deref()?)?,
        decided_at: row.decided_at.to_jiff(),
        durable_due_at: row.durable_due_at?.to_jiff(),
    })
}

/// One row that cannot be read keeps no other from being looked at.
fn set_aside(session: Uuid, table: &'static str) {
    tracing::error!(%session, table, "a call cannot be measured: a row cannot be read");
}

async fn read_offers(
    connection: &mut PgConnection,
    calls: &mut HashMap<Key, ClaimedCall>,
) -> Result<(), StoreError> {
    let (customers, sessions) = keys(calls);
    let rows = sqlx::query!(
        "select offer.customer_id, offer.session_id, offer.presented_offer_id, offer.decision_id, \
                offer.offer_key, offer.outcome, offer.answered_at, offer.hold_state, \
                offer.cost_minor, offer.currency, \
                acceptance.accepted_at as \"accepted_at?\", acceptance.owed as \"owed?\", \
                acceptance.customer_id is not null and acceptance_is_undone( \
                    offer.customer_id, offer.presented_offer_id) as \"undone!\" \
         from unnest($1::text[], $2::uuid[]) as wanted (customer_id, session_id) \
         join presented_offer offer using (customer_id, session_id) \
         left join acceptance using (customer_id, presented_offer_id) \
         order by offer.decided_at, offer.rank",
        &customers,
        &sessions,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?;
    for row in rows {
        let (key, session) = ((row.customer_id, row.session_id), row.session_id);
        let told = OfferRow {
            presented_offer_id: row.presented_offer_id,
            decision_id: row.decision_id,
            offer_key: row.offer_key,
            outcome: row.outcome,
            answered_at: row.answered_at,
            committed_minor: (row.hold_state == "committed").then_some(row.cost_minor),
            currency: row.currency,
            acceptance: row.accepted_at.zip(row.owed),
            undone: row.undone,
        };
        match (offer(&told), calls.get_mut(&key)) {
            (Some(offer), Some(claimed)) => claimed.call.offers.push(offer),
            (None, Some(_)) => {
                set_aside(session, "presented_offer");
                calls.remove(&key);
            }
            (_, None) => {}
        }
    }
    Ok(())
}

struct OfferRow {
    presented_offer_id: Uuid,
    decision_id: Uuid,
    offer_key: String,
    outcome: String,
    answered_at: Option<jiff_sqlx::Timestamp>,
    committed_minor: Option<i64>,
    currency: String,
    acceptance: Option<(jiff_sqlx::Timestamp, bool)>,
    undone: bool,
}

fn offer(row: &OfferRow) -> Option<OfferOfCall> {
    let currency = Currency::parse(&row.currency).ok()?;
    let acceptance = row.acceptance.map(|(accepted_at, owed)| AcceptanceOfCall {
        accepted_at: accepted_at.to_jiff(),
        owed,
        undone: row.undone,
    });
    Some(OfferOfCall {
        presented_offer_id: PresentedOfferId::from_uuid(row.presented_offer_id),
        decision_id: DecisionId::from_uuid(row.decision_id),
        offer_key: OfferKey::parse(&row.offer_key).ok()?,
        outcome: outcome(&row.outcome, row.presented_offer_id).ok()?,
        answered_at: row.answered_at.map(jiff_sqlx::Timestamp::to_jiff),
        committed: row.committed_minor.map(|minor| Money::new(minor, currency)),
        acceptance,
    })
}

async fn read_decisions(
    connection: &mut PgConnection,
    calls: &mut HashMap<Key, ClaimedCall>,
) -> Result<(), StoreError> {
    let (customers, sessions) = keys(calls);
    let rows = sqlx::query!(
        "select decision.customer_id, decision.session_id, decision_id, record \
         from unnest($1::text[], $2::uuid[]) as wanted (customer_id, session_id) \
         join decision using (customer_id, session_id) order by step",
        &customers,
        &sessions,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    for row in rows {
        let Some(claimed) = calls.get_mut(&(row.customer_id, row.session_id)) else {
            continue;
        };
        match from_json("decision", "record", row.decision_id, &row.record) {
            Ok(record) => claimed.call.decisions.push(record),
            Err(error) => {
                tracing::error!(%error, "a call is measured without its decision");
                claimed.call.unreadable = true;
            }
        }
    }
    Ok(())
}

fn keys(calls: &HashMap<Key, ClaimedCall>) -> (Vec<String>, Vec<Uuid>) {
    calls.keys().cloned().unzip()
}
