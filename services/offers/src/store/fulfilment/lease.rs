//! Leasing accepted offers to whoever carries them out.

use std::time::Duration;

use kernel::id::{CustomerId, PresentedOfferId, SessionId, SubscriptionId};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, write};
use tracing::Instrument;
use uuid::Uuid;

use super::super::budget::give_back;
use super::super::cancellation::{read_confirmed, undo_acceptances};
use super::super::session::lock;
use super::super::{Store, from_json, statement};
use crate::domain::decision::Record;
use crate::domain::fulfilment::LeaseId;
use crate::domain::promise::Promise;

/// A lease to take.
#[derive(Clone, Debug)]
pub struct NewLease {
    /// Names the lease.
    pub lease_id: LeaseId,
    /// Who takes it.
    pub worker: String,
    /// How many at most.
    pub most: u32,
    /// For how long.
    pub lease: Duration,
}

/// An accepted offer that was leased.
#[derive(Clone, Debug)]
pub struct Leased {
    /// The customer.
    pub customer_id: CustomerId,
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// What it is for.
    pub subscription_id: SubscriptionId,
    /// What was promised.
    pub promise: Promise,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When the lease runs out.
    pub expires_at: Timestamp,
    /// How often it was leased.
    pub lease_count: u32,
}

struct Row {
    customer_id: String,
    presented_offer_id: Uuid,
    subscription_id: String,
    accepted_at: jiff_sqlx::Timestamp,
    expires_at: jiff_sqlx::Timestamp,
    lease_count: i32,
    record: String,
}

impl Store {
    /// Leases what is to be carried out and nobody has, the oldest first.
    pub async fn lease_fulfilments(
        &self,
        new: NewLease,
        deadline: Deadline,
    ) -> Result<Vec<Leased>, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(lease(connection, new))
        })
        .await
    }
}

async fn lease(connection: &mut PgConnection, new: &NewLease) -> Result<Vec<Leased>, StoreError> {
    roll_back_for_those_who_left(connection).await?;
    let rows = sqlx::query_as!(
        Row,
        "with due as ( \
             select customer_id, presented_offer_id from acceptance \
             where fulfilment in ('requested', 'in_progress') \
               and (fulfilment = 'requested' or lease_expires_at <= clock_timestamp()) \
               and not exists (select from acceptance_to_undo noted \
                   where noted.customer_id = acceptance.customer_id \
                     and noted.presented_offer_id = acceptance.presented_offer_id) \
             order by accepted_at limit $1 for update skip locked \
         ), leased as ( \
             update acceptance set fulfilment = 'in_progress', lease_id = $2, leased_by = $3, \
                 lease_expires_at = clock_timestamp() + make_interval(secs => $4), \
                 lease_count = acceptance.lease_count + 1 \
             from due where acceptance.customer_id = due.customer_id \
               and acceptance.presented_offer_id = due.presented_offer_id \
             returning acceptance.* \
         ) \
         select leased.customer_id, leased.presented_offer_id, session.subscription_id, \
                leased.accepted_at, leased.lease_expires_at as \"expires_at!\", leased.lease_count, \
                decision.record \
         from leased \
         join presented_offer offer on offer.customer_id = leased.customer_id \
              and offer.presented_offer_id = leased.presented_offer_id \
         join save_session session on session.customer_id = offer.customer_id \
              and session.session_id = offer.session_id \
         join decision on decision.customer_id = offer.customer_id \
              and decision.session_id = offer.session_id and decision.decision_id = offer.decision_id \
         order by leased.accepted_at",
        i64::from(new.most),
        new.lease_id.as_uuid(),
        new.worker,
        new.lease.as_secs_f64(),
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    Ok(rows.iter().filter_map(readable).collect())
}

/// A worker may have been busy when the customer left. Nobody takes over what they did not finish.
async fn roll_back_for_those_who_left(connection: &mut PgConnection) -> Result<(), StoreError> {
    let gone = sqlx::query!(
        "select distinct acceptance.customer_id, offer.session_id \
         from acceptance join presented_offer offer using (customer_id, presented_offer_id) \
         join cancellation on cancellation.customer_id = offer.customer_id \
              and cancellation.session_id = offer.session_id and cancellation.revoked_at is null \
         where acceptance.fulfilment = 'in_progress' \
           and acceptance.lease_expires_at <= clock_timestamp() \
         order by acceptance.customer_id, offer.session_id",
    )
    .fetch_all(&mut *connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    for row in gone {
        let Ok(customer_id) = CustomerId::parse(&row.customer_id) else {
            continue;
        };
        let session_id = SessionId::from_uuid(row.session_id);
        lock(connection, &customer_id, session_id).await?;
        if read_confirmed(connection, &customer_id, session_id)
            .await?
            .is_some()
        {
            let undone = undo_acceptances(connection, &customer_id, session_id).await?;
            give_back(connection, &[], &undone).await?;
        }
    }
    Ok(())
}

/// What cannot be read is left to its lease, and does not keep the others waiting.
fn readable(row: &Row) -> Option<Leased> {
    let presented_offer_id = PresentedOfferId::from_uuid(row.presented_offer_id);
    let leased = leased(row, presented_offer_id);
    if leased.is_none() {
        tracing::error!(%presented_offer_id, "an accepted offer cannot be read and is not carried out");
    }
    leased
}

fn leased(row: &Row, presented_offer_id: PresentedOfferId) -> Option<Leased> {
    let record: Record = from_json("decision", "record", presented_offer_id, &row.record).ok()?;
    let accepted_at = row.accepted_at.to_jiff();
    let mut promise = record.promise(presented_offer_id)?.clone();
    promise.terms = promise.terms.accepted_at(accepted_at);
    Some(Leased {
        customer_id: CustomerId::parse(&row.customer_id).ok()?,
        presented_offer_id,
        subscription_id: SubscriptionId::parse(&row.subscription_id).ok()?,
        promise,
        accepted_at,
        expires_at: row.expires_at.to_jiff(),
        lease_count: u32::try_from(row.lease_count).ok()?,
    })
}
