//! Delivery: orders to other services that are claimed from the outbox until they are carried out,
//! and where the follower of the profiles feed stands.

use std::time::Duration;

use sqlx::PgConnection;
use storage::outbox::queue::{self, Claim};
use storage::{StoreError, feed_cursor};

use super::{Store, cancellation::END_SUBSCRIPTION, from_json};
use crate::domain::exit::{EndSubscription, SubscriptionOrder};
use crate::domain::exit_plan::ExitType;
use crate::domain::follow_up::{CareOrder, RecordChoices, ToldReason};
use crate::domain::named::Named;

/// The name under which this service follows the profiles feed, with a number: one that learns to read
/// more of the feed takes the next number and reads it from the beginning. What the version before
/// passed over is found then, also while that version goes on beside it under its own name.
pub const FEED: &str = "profiles.2";

/// The topic of orders about a subscription other than the plain one to end it, which has a topic of
/// its own that the version before reads, too.
pub(super) const SUBSCRIPTION_ORDER: &str = "subscription_order";

/// The topic of orders to record what somebody chose when they left.
pub(super) const CHOICE_ORDER: &str = "choice_order";

/// The topic of orders about care.
pub(super) const CARE_ORDER: &str = "care_order";

/// Orders that wait for each other. What another queue waits for holds up none of them, and a version
/// that does not know a queue leaves it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Subscriptions end or go on, at profiles.
    Subscriptions,
    /// What was chosen is recorded, at profiles.
    Choices,
    /// Care is due or not any more, at lifecycle.
    Care,
}

impl Queue {
    const fn topics(self) -> &'static [&'static str] {
        match self {
            Self::Subscriptions => &[END_SUBSCRIPTION, SUBSCRIPTION_ORDER],
            Self::Choices => &[CHOICE_ORDER],
            Self::Care => &[CARE_ORDER],
        }
    }
}

/// What is ordered.
#[derive(Clone, Debug)]
pub enum Ordered {
    /// A subscription ends or goes on.
    Subscription(SubscriptionOrder),
    /// What somebody chose is recorded.
    Choices(RecordChoices),
    /// Care is due or not any more.
    Care(CareOrder),
}

/// A claimed order.
#[derive(Clone, Debug)]
pub struct Order {
    claim: Claim,
    /// What is ordered; absent when the row cannot be read.
    pub order: Option<Ordered>,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

impl Store {
    /// Claims up to `limit` orders of a queue that are due; they come back after `lease` if nobody
    /// closes them.
    pub async fn claim_orders(
        &self,
        queue: Queue,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        let claims = self
            .postgres
            .background(&(lease, limit), |(lease, limit), connection| {
                let topics = queue.topics();
                Box::pin(queue::claim_topics(connection, topics, *lease, *limit))
            })
            .await?;
        Ok(claims.into_iter().map(read).collect())
    }

    /// Reads how a subscription ends and what is told of why, for an order to end it. The order says
    /// neither, so that every version can read it.
    pub async fn told_of(
        &self,
        order: &EndSubscription,
    ) -> Result<(Option<ExitType>, ToldReason), StoreError> {
        self.postgres
            .background(order, |order, connection| {
                Box::pin(told_of(connection, order))
            })
            .await
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

async fn told_of(
    connection: &mut PgConnection,
    order: &EndSubscription,
) -> Result<(Option<ExitType>, ToldReason), StoreError> {
    let row = sqlx::query!(
        "select exit_type, stated_reason, reason_category \
         from cancellation join departure using (customer_id, cancellation_id) \
         where customer_id = $1 and cancellation_id = $2",
        order.customer_id.as_str(),
        order.cancellation_id.as_uuid(),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        return Ok((None, ToldReason::default()));
    };
    let told = ToldReason {
        stated: row.stated_reason.unwrap_or_default(),
        category: row.reason_category.unwrap_or_default(),
    };
    Ok((row.exit_type.as_deref().and_then(ExitType::from_name), told))
}

fn read(claim: Claim) -> Order {
    let text = std::str::from_utf8(&claim.payload).ok();
    let order = text.and_then(|text| ordered(&claim, text).ok());
    Order {
        order,
        attempts: claim.attempts,
        claim,
    }
}

fn ordered(claim: &Claim, text: &str) -> Result<Ordered, StoreError> {
    let (table, column, row) = ("outbox", "payload", claim.id);
    match claim.topic.as_str() {
        END_SUBSCRIPTION => {
            let order = from_json(table, column, row, text)?;
            Ok(Ordered::Subscription(SubscriptionOrder::End(order)))
        }
        CHOICE_ORDER => Ok(Ordered::Choices(from_json(table, column, row, text)?)),
        CARE_ORDER => Ok(Ordered::Care(from_json(table, column, row, text)?)),
        _ => Ok(Ordered::Subscription(from_json(table, column, row, text)?)),
    }
}
