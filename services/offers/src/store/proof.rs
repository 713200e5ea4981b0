//! The rows of a call with their hashes compared. The hashes of events are made and compared by
//! functions of the database, so that every writer of events makes them alike; those of decisions
//! are made where the decision is, since many are recorded at once.

use kernel::framed;
use kernel::id::{ContactId, CustomerId, DecisionId, PresentedOfferId, SessionId, SubscriptionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::decision::Record;
use crate::domain::exit::AcknowledgedContent;
use crate::domain::proof::{
    AcceptanceRow, CancellationRow, DecisionRow, EventRow, OfferRow, Opening, Rows, SessionRow,
};

use super::cancellation::{Confirmed, read_acknowledged, read_confirmed};
use super::erased_call::call_erased;
use super::exit_satisfaction::{self, ExitSatisfaction};
use super::session::{outcome, session_not_found, state};
use super::{Store, statement};

/// Names a decision, for its hash.
#[derive(Clone, Copy)]
pub(super) struct DecisionName<'a> {
    customer: &'a str,
    session: Uuid,
    decision: Uuid,
}

impl<'a> From<&'a Record> for DecisionName<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            customer: record.request.customer_id.as_str(),
            session: record.session_id.as_uuid(),
            decision: record.decision_id.as_uuid(),
        }
    }
}

/// The hash of a decision: its name, and its record as it is stored.
pub(super) fn decision_hash(name: DecisionName<'_>, record: &str) -> BodyHash {
    let (session, decision) = (name.session.to_string(), name.decision.to_string());
    let parts = [
        "rekindle decision 1",
        name.customer,
        &session,
        &decision,
        record,
    ];
    let mut bytes = Vec::with_capacity(record.len() + 256);
    framed::append(&mut bytes, parts);
    request_log::body_hash(&bytes)
}

impl Store {
    /// Reads the rows of a call as proof, the cancellation that stands, and what was said of
    /// leaving. The session is locked
    /// meanwhile, so that nothing looks changed that is only under way.
    pub async fn proof(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<(Rows, Option<Confirmed>, Option<ExitSatisfaction>), StoreError> {
        let key = (customer_id.clone(), session_id);
        write(&self.postgres, deadline, key, |key, connection| {
            Box::pin(prove(connection, &key.0, key.1))
        })
        .await
    }
}

async fn prove(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<(Rows, Option<Confirmed>, Option<ExitSatisfaction>), StoreError> {
    let session = session(connection, customer_id, session_id)
        .await?
        .ok_or_else(|| StoreError::rejected(session_not_found(session_id)))?;
    let rows = Rows {
        session,
        decisions: decisions(connection, customer_id, session_id).await?,
        offers: offers(connection, customer_id, session_id).await?,
        acceptances: acceptances(connection, customer_id, session_id).await?,
        events: events(connection, customer_id, session_id).await?,
        cancellations: cancellations(connection, customer_id, session_id).await?,
    };
    let standing = read_confirmed(connection, customer_id, session_id).await?;
    let content = exit_satisfaction::read(connection, customer_id, session_id).await?;
    Ok((rows, standing, content))
}

async fn session(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<SessionRow>, StoreError> {
    let row = sqlx::query!(
        "select erased_at, state, contact_id, subscription_id, intent, reason, agent_id, opened_at, chain_length, \
                chain_root = session_root(session) as root_is_sound, \
                case when chain_length is not null then chain_head is not distinct from head_of(( \
                    select hash from session_event event \
                    where event.customer_id = session.customer_id \
                      and event.session_id = session.session_id \
                      and event.sequence = session.chain_length), state, refused, chain_length) \
                end as head_is_sound \
         from save_session session where customer_id = $1 and session_id = $2 for share",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    let Some(row) = row else { return Ok(None) };
    if let Some(erased_at) = row.erased_at {
        return Err(StoreError::rejected(call_erased(
            session_id,
            erased_at.to_jiff(),
        )));
    }
    Ok(Some(SessionRow {
        session_id,
        state: state(&row.state, session_id)?,
        opening: Opening {
            contact_id: row.contact_id,
            subscription_id: row.subscription_id,
            intent: row.intent,
            reason: row.reason,
            agent_id: row.agent_id,
            opened_at: row.opened_at.to_jiff(),
        },
        root_is_sound: row.root_is_sound,
        chain_length: row.chain_length.map(count),
        head_is_sound: row.head_is_sound,
    }))
}

async fn decisions(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<DecisionRow>, StoreError> {
    let rows = sqlx::query!(
        "select decision_id, record, hash from decision \
         where customer_id = $1 and session_id = $2 order by step > 1, decided_at, step",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let rows = rows.into_iter().map(|row| {
        let name = DecisionName {
            customer: customer_id.as_str(),
            session: session_id.as_uuid(),
            decision: row.decision_id,
        };
        let expected = decision_hash(name, &row.record);
        DecisionRow {
            decision_id: DecisionId::from_uuid(row.decision_id),
            record: serde_json::from_str(&row.record).ok(),
            is_sound: row.hash.map(|hash| hash == expected),
        }
    });
    Ok(rows.collect())
}

async fn offers(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<OfferRow>, StoreError> {
    sqlx::query!(
        "select presented_offer_id, offer_key, outcome, expires_at, cost_minor \
         from presented_offer where customer_id = $1 and session_id = $2 order by decided_at, rank",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?
    .into_iter()
    .map(|row| {
        Ok(OfferRow {
            presented_offer_id: PresentedOfferId::from_uuid(row.presented_offer_id),
            offer_key: row.offer_key,
            outcome: outcome(&row.outcome, row.presented_offer_id)?,
            expires_at: row.expires_at.to_jiff(),
            cost_minor: row.cost_minor,
        })
    })
    .collect()
}

async fn acceptances(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<AcceptanceRow>, StoreError> {
    let rows = sqlx::query!(
        "select presented_offer_id, acceptance.agent_id, acceptance.fulfilment \
         from acceptance join presented_offer offer using (customer_id, presented_offer_id) \
         where customer_id = $1 and offer.session_id = $2 \
         order by accepted_at, presented_offer_id",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    let rows = rows.into_iter().map(|row| AcceptanceRow {
        presented_offer_id: PresentedOfferId::from_uuid(row.presented_offer_id),
        agent_id: row.agent_id,
        fulfilment: row.fulfilment,
    });
    Ok(rows.collect())
}

async fn events(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<EventRow>, StoreError> {
    let rows = sqlx::query!(
        "select sequence, kind, event.agent_id, detail, happened_at, decision_id, event.hash, \
                event.hash = event_link(coalesce( \
                    lag(event.hash) over (order by sequence), session.chain_root), event) as is_sound, \
                evidence is not distinct from event_evidence(event) as \"evidence_is_sound!\", \
                coalesce(evidence like 'acceptance %', false) as \"of_acceptance!\" \
         from session_event event \
         join save_session session using (customer_id, session_id) \
         where customer_id = $1 and session_id = $2 order by sequence",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "session_event"))
    .await?;
    let rows = rows.into_iter().map(|row| EventRow {
        sequence: count(row.sequence),
        kind: row.kind,
        agent_id: row.agent_id,
        detail: row.detail,
        happened_at: row.happened_at.to_jiff(),
        decision_id: row.decision_id.map(|id| id.to_string()),
        hash: row.hash,
        is_sound: row.is_sound,
        evidence_is_sound: row.evidence_is_sound,
        of_acceptance: row.of_acceptance,
    });
    Ok(rows.collect())
}

async fn cancellations(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<CancellationRow>, StoreError> {
    let rows = sqlx::query!(
        "select cancellation_id, contact_id, subscription_id, revoked_at is not null as \"revoked!\" \
         from cancellation where customer_id = $1 and session_id = $2 \
         order by acknowledged_at, cancellation_id",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(&mut *connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        let confirmed = read_acknowledged(connection, customer_id, row.cancellation_id).await?;
        let contact = ContactId::parse(&row.contact_id).ok();
        let subscription = SubscriptionId::parse(&row.subscription_id).ok();
        let is_sound = match (&confirmed, &contact, &subscription) {
            (Some(confirmed), Some(contact_id), Some(subscription_id)) => {
                let content = AcknowledgedContent {
                    cancellation_id: confirmed.cancellation_id,
                    customer_id,
                    subscription_id,
                    contact_id,
                    acknowledged_at: confirmed.acknowledged_at,
                    dates: confirmed.dates,
                };
                confirmed.hash == request_log::body_hash(&content.bytes())
            }
            _ => false,
        };
        read.push(CancellationRow {
            cancellation_id: row.cancellation_id.to_string(),
            is_sound,
            revoked: row.revoked,
        });
    }
    Ok(read)
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use kernel::id::CancellationId;
    use kernel::time::Timestamp;

    use super::*;
    use crate::domain::exit::{DatesSource, EndDates};

    // What was handed out and stored is compared with these hashes for as long as it is kept.

    #[test]
    fn the_hash_of_a_decision_stays_what_it_is() {
        let name = DecisionName {
            customer: "c-1",
            session: Uuid::from_u128(1),
            decision: Uuid::from_u128(2),
        };
        let hash = decision_hash(name, r#"{"arm":"no_offer — €"}"#);
        assert_eq!(hash[..8], 0x02c9_60b5_47d8_9778_u64.to_be_bytes());
    }

    #[test]
    fn the_hash_of_an_acknowledgement_stays_what_it_is() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let content = AcknowledgedContent {
            cancellation_id: CancellationId::from_uuid(Uuid::from_u128(3)),
            customer_id: &CustomerId::parse("c-1").unwrap(),
            subscription_id: &SubscriptionId::parse("s-1").unwrap(),
            contact_id: &ContactId::parse("k-1").unwrap(),
            acknowledged_at: at(0),
            dates: EndDates {
                service_end_at: at(1),
                billing_end_at: at(2),
                source: DatesSource::Contract,
            },
        };
        let hash = request_log::body_hash(&content.bytes());
        assert_eq!(hash[..8], 0x7624_48c4_5cb2_357d_u64.to_be_bytes());
    }
}
