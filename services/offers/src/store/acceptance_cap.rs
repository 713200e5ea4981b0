//! Caps on what a customer accepts, looked at where it is accepted: two agents may have handed out
//! what only one of them may grant. A lock on the customer lets one after the other look and write.

use kernel::id::{OfferKey, SessionId};
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::contact_policy::{Heard, may_be_accepted};
use crate::domain::history::PastOffer;

use super::identity::lock_person;
use super::response::NewResponse;
use super::session::{outcome, subscription};
use super::statement;

/// The most acceptances of one customer that are looked at.
const MOST_ACCEPTANCES: i64 = 1_000;

/// Refuses an acceptance that a cap leaves no room for. The session is locked already, and the lock
/// on the customer is held until the transaction ends.
pub(super) async fn check(
    connection: &mut PgConnection,
    new: &NewResponse,
    now: Timestamp,
) -> Result<(), StoreError> {
    let policy = &new.catalogue.contact_policy;
    if !policy.caps_acceptances() {
        return Ok(());
    }
    lock_person(connection, &new.customer_id).await?;
    let (offered, accepted) = read(connection, new).await?;
    let Some((offered, subscription_id)) =
        offered.and_then(|offered| Some((offered.clone(), offered.subscription_id?)))
    else {
        return Ok(());
    };
    let heard = Heard {
        offers: &accepted,
        catalogue: &new.catalogue,
        // Whose account a subscription belongs to is what it was when the offer was made.
        customer: new.made()?.customer.as_deref(),
        subscription_id: &subscription_id,
        now,
    };
    may_be_accepted(&heard, &offered).map_err(StoreError::rejected)
}

/// Reads the offer that is answered and what the customer accepted before, by whatever id.
async fn read(
    connection: &mut PgConnection,
    new: &NewResponse,
) -> Result<(Option<PastOffer>, Vec<PastOffer>), StoreError> {
    let rows = sqlx::query!(
        "select offer.presented_offer_id, offer.offer_key, offer.price_offer, offer.outcome, \
                offer.decided_at, offer.answered_at, offer.session_id, session.subscription_id, \
                offer.outcome = 'accepted' \
                and acceptance_is_undone(offer.customer_id, offer.presented_offer_id) as \"undone!\" \
         from presented_offer offer \
         join save_session session using (customer_id, session_id) \
         where offer.customer_id = any (identities_of($1)) \
           and (offer.outcome = 'accepted' or offer.presented_offer_id = $2) \
         order by offer.presented_offer_id desc limit $3",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
        MOST_ACCEPTANCES,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?;
    let (mut offered, mut accepted) = (None, Vec::new());
    for row in rows {
        let past = PastOffer {
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
        if row.presented_offer_id == new.presented_offer_id.as_uuid() {
            offered = Some(past);
        } else {
            accepted.push(past);
        }
    }
    Ok((offered, accepted))
}
