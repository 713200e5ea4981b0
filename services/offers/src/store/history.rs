//! What the desk did with a customer before, read for many calls at once.

use std::collections::HashMap;

use futures::future::BoxFuture;
use kernel::id::{CustomerId, OfferKey, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use storage::batch::{Answers, BatchHandler};
use tracing::Instrument;

use crate::domain::history::{DeskHistory, PastOffer, PastSession, REMEMBERED_DAYS};
use crate::domain::named::Named;
use crate::domain::request::{Intent, Occasion};

use super::session::{contact, outcome, state, subscription};
use super::suppression::read_suppressions;
use super::{Store, statement};

/// The most sessions and offers of one customer that are read.
const MOST_SESSIONS: i64 = 100;
const MOST_OFFERS: i64 = 200;

impl Store {
    /// Reads the history of a customer; empty for one the desk never met.
    pub async fn history(
        &self,
        customer_id: &CustomerId,
        deadline: Deadline,
    ) -> Result<DeskHistory, StoreError> {
        self.histories
            .submit(customer_id.clone(), deadline)
            .instrument(statement("SELECT", "save_session"))
            .await
    }
}

/// The coalescing reader.
pub(super) struct Histories;

impl BatchHandler for Histories {
    type Item = CustomerId;
    type Output = DeskHistory;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [CustomerId],
    ) -> BoxFuture<'c, Result<Answers<DeskHistory>, StoreError>> {
        Box::pin(async move {
            let mut ids: Vec<String> = items.iter().map(ToString::to_string).collect();
            ids.sort_unstable();
            ids.dedup();
            let mut histories: HashMap<String, DeskHistory> = HashMap::new();
            read_sessions(connection, &ids, &mut histories).await?;
            // What was heard counts for longer than a session is remembered, so that all are asked.
            read_offers(connection, &ids, &mut histories).await?;
            read_suppressions(connection, &ids, &mut histories).await?;
            Ok(items
                .iter()
                .map(|id| Ok(histories.get(id.as_str()).cloned().unwrap_or_default()))
                .collect())
        })
    }
}

async fn read_sessions(
    connection: &mut PgConnection,
    ids: &[String],
    histories: &mut HashMap<String, DeskHistory>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "select past.customer_id, past.session_id, past.contact_id, past.subscription_id, \
                past.state, past.opened_at, past.intent, past.occasion, \
                cancellation.service_end_at as \"service_end_at?\", \
                cancellation.profiles_revision as \"profiles_revision?\" \
         from unnest($1::text[]) as wanted (customer_id) \
         cross join lateral ( \
             select customer_id, session_id, contact_id, subscription_id, state, opened_at, \
                    intent, occasion \
             from save_session \
             where save_session.customer_id = wanted.customer_id \
               and opened_at > now() - make_interval(days => $2) \
             order by session_id desc limit $3 \
         ) as past \
         left join cancellation on cancellation.customer_id = past.customer_id \
              and cancellation.session_id = past.session_id and cancellation.revoked_at is null",
        ids,
        i32::try_from(REMEMBERED_DAYS).unwrap_or(i32::MAX),
        MOST_SESSIONS,
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let session_id = SessionId::from_uuid(row.session_id);
        let session = PastSession {
            session_id,
            contact_id: contact(&row.contact_id, session_id)?,
            subscription_id: subscription(&row.subscription_id, row.session_id)?,
            state: state(&row.state, session_id)?,
            opened_at: row.opened_at.to_jiff(),
            service_ends_at: row.service_end_at.map(jiff_sqlx::Timestamp::to_jiff),
            ended_at_revision: row.profiles_revision.and_then(|it| u64::try_from(it).ok()),
            intent: Intent::from_name(&row.intent),
            occasion: Occasion::from_name(&row.occasion),
        };
        histories
            .entry(row.customer_id)
            .or_default()
            .sessions
            .push(session);
    }
    Ok(())
}

async fn read_offers(
    connection: &mut PgConnection,
    ids: &[String],
    histories: &mut HashMap<String, DeskHistory>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        "select past.customer_id, past.presented_offer_id, past.offer_key, past.price_offer, \
                past.outcome, past.decided_at, past.answered_at, past.session_id, \
                session.subscription_id, \
                past.outcome = 'accepted' \
                and acceptance_is_undone(past.customer_id, past.presented_offer_id) as \"undone!\" \
         from unnest($1::text[]) as wanted (customer_id) \
         cross join lateral ( \
             select customer_id, presented_offer_id, offer_key, price_offer, outcome, decided_at, \
                    answered_at, session_id \
             from presented_offer \
             where presented_offer.customer_id = wanted.customer_id \
               and (decided_at > now() - make_interval(days => $2) \
                    or outcome in ('presented', 'accepted', 'declined')) \
             order by presented_offer_id desc limit $3 \
         ) as past \
         join save_session session \
           on session.customer_id = past.customer_id and session.session_id = past.session_id",
        ids,
        i32::try_from(REMEMBERED_DAYS).unwrap_or(i32::MAX),
        MOST_OFFERS,
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let offer = PastOffer {
            offer_key: OfferKey::parse(&row.offer_key).map_err(|_| {
                StoreError::inconsistent("presented_offer", "offer_key", row.presented_offer_id)
            })?,
            price_offer: row.price_offer,
            outcome: outcome(&row.outcome, row.presented_offer_id)?,
            decided_at: row.decided_at.to_jiff(),
            answered_at: row.answered_at.map(jiff_sqlx::Timestamp::to_jiff),
            session_id: Some(SessionId::from_uuid(row.session_id)),
            subscription_id: Some(subscription(&row.subscription_id, row.session_id)?),
            undone: row.undone,
        };
        histories
            .entry(row.customer_id)
            .or_default()
            .offers
            .push(offer);
    }
    Ok(())
}
