//! Delivering orders to other services, until each is carried out or can never be.

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
use crate::domain::follow_up::{CareOrder, RecordChoices, ToldReason};
use crate::store::{Order, Ordered, Queue, Store};
use crate::usecase::ports::{Care, Profiles};

const BATCH: i64 = 50;
const LEASE: Duration = Duration::from_secs(30);
const ONE_ORDER: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Where orders go.
#[derive(Clone)]
pub struct Recipients {
    /// The authoritative record.
    pub profiles: Arc<dyn Profiles>,
    /// Who hands out care.
    pub care: Arc<dyn Care>,
}

/// Delivers what is due of a queue, again and again, until the process stops. One queue, one task: a
/// service that does not answer holds up only what it is asked for.
pub async fn deliver_orders(
    store: Store,
    queue: Queue,
    recipients: Recipients,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = every(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = deliver_due(&store, queue, &recipients).await {
            tracing::warn!(%error, "orders could not be claimed or closed");
        }
    }
}

async fn deliver_due(
    store: &Store,
    queue: Queue,
    recipients: &Recipients,
) -> Result<(), StoreError> {
    for order in store.claim_orders(queue, LEASE, BATCH).await? {
        deliver(store, recipients, &order).await?;
    }
    Ok(())
}

async fn deliver(store: &Store, recipients: &Recipients, order: &Order) -> Result<(), StoreError> {
    let Some(content) = &order.order else {
        tracing::error!("an order in the outbox cannot be read and is set aside");
        return store.set_order_aside(order, "UNREADABLE").await;
    };
    match carry_out(store, recipients, content).await {
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
                "an order to another service cannot be carried out; somebody must look at it"
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

async fn carry_out(store: &Store, recipients: &Recipients, order: &Ordered) -> Result<(), Refusal> {
    let profiles = recipients.profiles.as_ref();
    match order {
        Ordered::Subscription(order) => end_or_go_on(store, profiles, order).await,
        Ordered::Choices(order) => record_choices(profiles, order).await,
        Ordered::Care(order) => {
            let deadline = Deadline::within(ONE_ORDER);
            recipients.care.carry_out(order, deadline).await
        }
    }
}

async fn end_or_go_on(
    store: &Store,
    profiles: &dyn Profiles,
    order: &SubscriptionOrder,
) -> Result<(), Refusal> {
    let (exit_type, order) = match order {
        SubscriptionOrder::End(order) => (None, order),
        SubscriptionOrder::EndAs(exit_type, order) => (Some(*exit_type), order),
        SubscriptionOrder::Reinstate(order) => {
            let deadline = Deadline::within(ONE_ORDER);
            return profiles.reinstate_subscription(order, deadline).await;
        }
    };
    let (planned, told): (Option<ExitType>, ToldReason) = store.told_of(order).await?;
    let exit_type = exit_type.or(planned).unwrap_or(ExitType::Termination);
    let deadline = Deadline::within(ONE_ORDER);
    let revision = profiles.end_subscription(order, exit_type, &told, deadline);
    Ok(store.note_end(order, revision.await?).await?)
}

/// One after the other: what was recorded is recorded again when a later one fails, and changes nothing.
async fn record_choices(profiles: &dyn Profiles, order: &RecordChoices) -> Result<(), Refusal> {
    for (channel, choice) in &order.channels {
        let deadline = Deadline::within(ONE_ORDER);
        let recorded = profiles.record_choice(order, *channel, *choice, deadline);
        recorded.await?;
    }
    Ok(())
}

fn customer_of(order: &Ordered) -> &CustomerId {
    match order {
        Ordered::Subscription(
            SubscriptionOrder::End(order) | SubscriptionOrder::EndAs(_, order),
        ) => &order.customer_id,
        Ordered::Subscription(SubscriptionOrder::Reinstate(order)) => &order.customer_id,
        Ordered::Choices(order) => &order.customer_id,
        Ordered::Care(CareOrder::Schedule(order)) => &order.customer_id,
        Ordered::Care(CareOrder::Withdraw(order)) => &order.customer_id,
    }
}

/// What an order does, and the id of what asks for it.
fn name(order: &Ordered) -> (&'static str, String) {
    match order {
        Ordered::Subscription(
            SubscriptionOrder::End(order) | SubscriptionOrder::EndAs(_, order),
        ) => ("end", order.cancellation_id.to_string()),
        Ordered::Subscription(SubscriptionOrder::Reinstate(order)) => {
            ("reinstate", order.acceptance_id.clone())
        }
        Ordered::Choices(order) => ("record_choices", order.cancellation_id.to_string()),
        Ordered::Care(CareOrder::Schedule(order)) => {
            ("schedule_care", order.cancellation_id.to_string())
        }
        Ordered::Care(CareOrder::Withdraw(order)) => ("withdraw_care", order.cause.clone()),
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
