//! What the desk did with a customer before, read for many calls at once.

use std::collections::{BTreeSet, HashMap};

use futures::future::BoxFuture;
use kernel::id::{CustomerId, OfferKey, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use storage::batch::{Answers, BatchHandler};
use tracing::Instrument;

use crate::domain::customer::Customer;
use crate::domain::history::{DeskHistory, PastOffer, PastSession, REMEMBERED_DAYS};
use crate::domain::named::Named;
use crate::domain::request::{Intent, Occasion};

use super::identity::others_of;
use super::session::{contact, outcome, state, subscription};
use super::suppression::read_suppressions;
use super::{Store, statement};

/// A customer by the id that the desk uses, and by those that profiles told of: the feed may be
/// behind, so that these are not all known here yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllIds {
    /// The id that the desk uses.
    pub asked: CustomerId,
    /// The others, as far as profiles told.
    pub others: Vec<CustomerId>,
}

impl AllIds {
    /// A customer by whatever ids are known here.
    pub fn of(asked: &CustomerId, customer: Option<&Customer>) -> Self {
        Self {
            asked: asked.clone(),
            others: customer.map_or_else(Vec::new, |customer| customer.other_ids(asked)),
        }
    }
}

impl Store {
    /// Reads the history of a customer under all of their ids; empty for one the desk never met.
    pub async fn history(
        &self,
        ids: AllIds,
        deadline: Deadline,
    ) -> Result<DeskHistory, StoreError> {
        self.histories
            .submit(ids, deadline)
            .instrument(statement("SELECT", "save_session"))
            .await
    }
}

/// The coalescing reader.
pub(super) struct Histories;

impl BatchHandler for Histories {
    type Item = AllIds;
    type Output = DeskHistory;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [AllIds],
    ) -> BoxFuture<'c, Result<Answers<DeskHistory>, StoreError>> {
        Box::pin(async move {
            let named = items
                .iter()
                .flat_map(|item| item.others.iter().chain([&item.asked]));
            let mut ids: Vec<String> = named.map(ToString::to_string).collect();
            ids.sort_unstable();
            ids.dedup();
            let others = others_of(connection, &ids).await?;
            ids.extend(others.values().flatten().cloned());
            ids.sort_unstable();
            ids.dedup();
            let mut histories: HashMap<String, DeskHistory> = HashMap::new();
            read_sessions(connection, &ids, &mut histories).await?;
            // What was heard counts for longer than a session is remembered, so that all are asked.
            read_offers(connection, &ids, &mut histories).await?;
            read_suppressions(connection, &ids, &mut histories).await?;
            Ok(items
                .iter()
                .map(|item| whole(item, &others, &histories))
                .collect())
        })
    }
}

/// Puts together what was read under each id of a customer.
fn whole(
    item: &AllIds,
    others: &HashMap<String, Vec<String>>,
    histories: &HashMap<String, DeskHistory>,
) -> Result<DeskHistory, StoreError> {
    let asked = item.asked.as_str();
    let mut history = histories.get(asked).cloned().unwrap_or_default();
    let told = item.others.iter().map(CustomerId::as_str);
    let known = told.chain([asked]);
    let known = known.flat_map(|id| {
        let further = others.get(id).into_iter().flatten().map(String::as_str);
        further.chain([id])
    });
    let ids: BTreeSet<&str> = known.filter(|id| *id != asked).collect();
    for id in ids {
        if let Some(other) = histories.get(id) {
            let under = CustomerId::parse(id)
                .map_err(|_| StoreError::inconsistent("save_session", "customer_id", "another"))?;
            history.join(&under, other);
        }
    }
    Ok(history)
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
        i64::from(DeskHistory::MOST_SESSIONS),
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
            under: None,
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
        i64::from(DeskHistory::MOST_OFFERS),
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
