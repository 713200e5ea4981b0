//! Delivery: orders to other services that are claimed from the outbox until they are carried out,
//! and where the follower of the profiles feed stands.

use std::time::Duration;

use sqlx::PgConnection;
use storage::outbox::queue::{self, Claim};
use storage::{StoreError, feed_cursor};

use super::{Store, cancellation::END_SUBSCRIPTION, from_json};
use crate::domain::exit::{EndSubscription, SubscriptionOrder};

/// The name under which this service follows the profiles feed, with a number: one that learns to read
/// more of the feed takes the next number and reads it from the beginning. What the version before
/// passed over is found then, also while that version goes on beside it under its own name.
pub const FEED: &str = "profiles.2";

/// The topic of orders about a subscription other than the plain one to end it, which has a topic of
/// its own that the version before reads, too.
pub(super) const SUBSCRIPTION_ORDER: &str = "subscription_order";

/// A claimed order about a subscription.
#[derive(Clone, Debug)]
pub struct Order {
    claim: Claim,
    /// What is ordered; absent when the row cannot be read.
    pub order: Option<SubscriptionOrder>,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

impl Store {
    /// Claims up to `limit` orders that are due; they come back after `lease` if nobody closes them.
    pub async fn claim_orders(
        &self,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        let claims = self
            .postgres
            .background(&(lease, limit), |(lease, limit), connection| {
                let topics = &[END_SUBSCRIPTION, SUBSCRIPTION_ORDER];
                Box::pin(queue::claim_topics(connection, topics, *lease, *limit))
            })
            .await?;
        Ok(claims.into_iter().map(read).collect())
    }

    /// Notes with which revision of the customer profiles ended a subscription.
    pub async fn note_end(&self, order: &EndSubscription, revision: u64) -> Result<(), StoreError> {
        let revision = i64::try_from(revision).unwrap_or(i64::MAX);
        self.postgres
            .background(&(order, revision), |(order, revision), connection| {
                Box::pin(note_end(connection, order, *revision))
            })
            .await
    }

    /// Closes an order that was carried out.
    pub async fn complete_order(&self, order: &Order) -> Result<(), StoreError> {
        self.postgres
            .background(&order.claim, |claim, connection| {
                Box::pin(async move { queue::complete(connection, claim).await.map(|_| ()) })
            })
            .await
    }

    /// Lets an order come back later.
    pub async fn retry_order(&self, order: &Order, pause: Duration) -> Result<(), StoreError> {
        self.postgres
            .background(&(&order.claim, pause), |(claim, pause), connection| {
                Box::pin(queue::retry_after(connection, claim, *pause))
            })
            .await
    }

    /// Sets an order aside that can never be carried out, with the reason; the others go on.
    pub async fn set_order_aside(&self, order: &Order, reason: &str) -> Result<(), StoreError> {
        self.postgres
            .background(&(&order.claim, reason), |(claim, reason), connection| {
                Box::pin(queue::set_aside(connection, claim, reason))
            })
            .await
    }

    /// Takes or renews the lease on the feed and returns where to go on; absent while another
    /// process holds it.
    pub async fn follow_feed(
        &self,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<String>, StoreError> {
        self.postgres
            .background(&(holder, lease), |(holder, lease), connection| {
                Box::pin(feed_cursor::acquire(connection, FEED, holder, *lease))
            })
            .await
    }

    /// Notes that the feed was dealt with up to a cursor. Returns false when the lease was lost.
    pub async fn advance_feed(&self, holder: &str, cursor: &str) -> Result<bool, StoreError> {
        self.postgres
            .background(&(holder, cursor), |(holder, cursor), connection| {
                Box::pin(feed_cursor::advance(connection, FEED, holder, cursor))
            })
            .await
    }

    /// Notes likewise that it was dealt with up to a cursor far behind its end: the feed does not keep
    /// up by that.
    pub async fn catch_up_with_feed(&self, holder: &str, cursor: &str) -> Result<bool, StoreError> {
        self.postgres
            .background(&(holder, cursor), |(holder, cursor), connection| {
                Box::pin(feed_cursor::catch_up(connection, FEED, holder, cursor))
            })
            .await
    }

    /// Gives the lease on the feed up, so that another process can follow.
    pub async fn release_feed(&self, holder: &str) -> Result<(), StoreError> {
        self.postgres
            .background(holder, |holder, connection| {
                Box::pin(feed_cursor::release(connection, FEED, holder))
            })
            .await
    }

    /// Tells whether the feed was dealt with within the last `seconds`, by whichever process.
    pub async fn feed_keeps_up(&self, seconds: i32) -> Result<bool, StoreError> {
        self.postgres
            .background(&seconds, |seconds, connection| {
                Box::pin(async move {
                    let keeps_up = sqlx::query_scalar!(
                        "select exists (select 1 from feed_cursor where name = $1 \
                         and advanced_at > now() - make_interval(secs => $2::int::double precision)) as \"keeps_up!\"",
                        FEED,
                        *seconds,
                    )
                    .fetch_one(connection)
                    .await?;
                    Ok(keeps_up)
                })
            })
            .await
    }
}

/// A revision that nobody told is none.
async fn note_end(
    connection: &mut PgConnection,
    order: &EndSubscription,
    revision: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update cancellation set profiles_revision = nullif($3::bigint, 0) \
         where customer_id = $1 and cancellation_id = $2",
        order.customer_id.as_str(),
        order.cancellation_id.as_uuid(),
        revision,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn read(claim: Claim) -> Order {
    let order =
        std::str::from_utf8(&claim.payload)
            .ok()
            .and_then(|text| match claim.topic.as_str() {
                END_SUBSCRIPTION => from_json("outbox", "payload", claim.id, text)
                    .map(SubscriptionOrder::End)
                    .ok(),
                _ => from_json("outbox", "payload", claim.id, text).ok(),
            });
    Order {
        order,
        attempts: claim.attempts,
        claim,
    }
}
