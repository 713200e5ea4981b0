//! Delivering orders about subscriptions, until each is carried out or can never be.

use std::sync::Arc;
use std::time::Duration;

use kernel::id::CustomerId;
use kernel::refusal::{Kind, Refusal};
use kernel::time::Deadline;
use storage::StoreError;
use tokio_util::sync::CancellationToken;

use super::every;
use crate::domain::exit::SubscriptionOrder;
use crate::domain::exit_plan::ExitType;
use crate::store::{Order, Store};
use crate::usecase::ports::Profiles;

const BATCH: i64 = 50;
const LEASE: Duration = Duration::from_secs(30);
const ONE_ORDER: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Delivers what is due, again and again, until the process stops.
pub async fn deliver_orders(
    store: Store,
    profiles: Arc<dyn Profiles>,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = every(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = deliver_due(&store, profiles.as_ref()).await {
            tracing::warn!(%error, "orders could not be claimed or closed");
        }
    }
}

async fn deliver_due(store: &Store, profiles: &dyn Profiles) -> Result<(), StoreError> {
    for order in store.claim_orders(LEASE, BATCH).await? {
        deliver(store, profiles, &order).await?;
    }
    Ok(())
}

async fn deliver(store: &Store, profiles: &dyn Profiles, order: &Order) -> Result<(), StoreError> {
    let Some(content) = &order.order else {
        tracing::error!("an order in the outbox cannot be read and is set aside");
        return store.set_order_aside(order, "UNREADABLE").await;
    };
    match carry_out(store, profiles, content).await {
        Ok(()) => store.complete_order(order).await,
        // Somebody who was erased rang again and left: that is kept no longer than it takes.
        Err(refusal) if refusal.reason == "CUSTOMER_ERASED" => {
            erase(store, customer_of(content)).await?;
            store.complete_order(order).await
        }
        Err(refusal)
            if matches!(
                refusal.kind,
                Kind::NotFound | Kind::Refused | Kind::Malformed
            ) =>
        {
            let (kind, cause) = name(content);
            tracing::error!(
                kind,
                cause,
                reason = refusal.reason,
                "an order about a subscription cannot be carried out; somebody must look at it"
            );
            store.set_order_aside(order, refusal.reason).await
        }
        Err(refusal) => {
            tracing::warn!(reason = refusal.reason, "an order is tried again later");
            store.retry_order(order, pause_after(order.attempts)).await
        }
    }
}

/// What cannot be erased now keeps no order waiting.
async fn erase(store: &Store, customer_id: &CustomerId) -> Result<(), StoreError> {
    let Err(error) = store.erase_customer(customer_id).await else {
        return Ok(());
    };
    tracing::warn!(%error, "somebody who was erased and left again is erased later");
    store.owe_erasure(customer_id).await
}

async fn carry_out(
    store: &Store,
    profiles: &dyn Profiles,
    order: &SubscriptionOrder,
) -> Result<(), Refusal> {
    let deadline = Deadline::within(ONE_ORDER);
    let (exit_type, order) = match order {
        SubscriptionOrder::End(order) => (ExitType::Termination, order),
        SubscriptionOrder::EndAs(exit_type, order) => (*exit_type, order),
        SubscriptionOrder::Reinstate(order) => {
            return profiles.reinstate_subscription(order, deadline).await;
        }
    };
    let revision = profiles.end_subscription(order, exit_type, deadline);
    Ok(store.note_end(order, revision.await?).await?)
}

fn customer_of(order: &SubscriptionOrder) -> &CustomerId {
    match order {
        SubscriptionOrder::End(order) | SubscriptionOrder::EndAs(_, order) => &order.customer_id,
        SubscriptionOrder::Reinstate(order) => &order.customer_id,
    }
}

/// What an order does, and the id of what asks for it.
fn name(order: &SubscriptionOrder) -> (&'static str, String) {
    match order {
        SubscriptionOrder::End(order) | SubscriptionOrder::EndAs(_, order) => {
            ("end", order.cancellation_id.to_string())
        }
        SubscriptionOrder::Reinstate(order) => ("reinstate", order.acceptance_id.clone()),
    }
}

/// Doubles from half a second to a minute.
fn pause_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 8)).unwrap_or(1) - 1;
    Duration::from_millis(500 << doublings).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_bounded() {
        assert_eq!(pause_after(1), Duration::from_millis(500));
        assert_eq!(pause_after(3), Duration::from_secs(2));
        assert_eq!(pause_after(i32::MAX), LONGEST_PAUSE);
        assert_eq!(pause_after(0), Duration::from_millis(500));
    }
}
