//! What follows from leaving, written with it: what is known of whoever left, and the orders to other
//! services. Each waits in a queue of its own, so that none of them delays the end of a subscription.

use kernel::id::{CancellationId, CustomerId, SubscriptionId};
use sqlx::PgConnection;
use storage::{StoreError, outbox};
use tracing::Instrument;

use crate::domain::follow_up::{
    CareOrder, Leaver, RecordChoices, ScheduleCare, ToldReason, WithdrawCare,
};
use crate::domain::keep_in_touch::{ContactChannel, KeepInTouch};
use crate::domain::named::Named;
use crate::domain::win_back::Way;

use super::delivery::{CARE_ORDER, CHOICE_ORDER};
use super::session::bind;
use super::{json, statement};

/// Counts the cancellations of a subscription that were taken back.
pub(super) async fn times_stayed(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
) -> Result<u32, StoreError> {
    let times = sqlx::query_scalar!(
        "select count(*) as \"times!\" from cancellation \
         where customer_id = any (identities_of($1)) and subscription_id = $2 \
           and revoked_at is not null",
        customer_id.as_str(),
        subscription_id.as_str(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    Ok(u32::try_from(times).unwrap_or(u32::MAX))
}

/// Writes what is known of a leaver, and orders what follows.
pub(super) async fn record(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    cancellation_id: CancellationId,
    leaver: Leaver<'_>,
) -> Result<(), StoreError> {
    insert(connection, customer_id, cancellation_id, leaver).await?;
    let channels = leaver.plan.choices.recorded();
    if !channels.is_empty() {
        let order = RecordChoices {
            cancellation_id,
            customer_id: customer_id.clone(),
            chosen_at: leaver.acknowledged_at,
            channels,
        };
        let payload = json("outbox", "payload", &order)?;
        enqueue(connection, CHOICE_ORDER, leaver.customer_id, &payload).await?;
    }
    let order = CareOrder::Schedule(ScheduleCare {
        cancellation_id,
        customer_id: customer_id.clone(),
        tasks: leaver.tasks(),
    });
    let payload = json("outbox", "payload", &order)?;
    enqueue(connection, CARE_ORDER, leaver.customer_id, &payload).await
}

/// Orders that what is due to somebody who left is taken back, since they stay. `person` is the id
/// under which they go on.
pub(super) async fn withdraw(
    connection: &mut PgConnection,
    person: &CustomerId,
    order: WithdrawCare,
) -> Result<(), StoreError> {
    let payload = json("outbox", "payload", &CareOrder::Withdraw(order))?;
    enqueue(connection, CARE_ORDER, person, &payload).await
}

async fn enqueue(
    connection: &mut PgConnection,
    topic: &str,
    person: &CustomerId,
    payload: &str,
) -> Result<(), StoreError> {
    let message = outbox::Message {
        topic,
        key: person.as_str(),
        payload: payload.as_bytes(),
    };
    outbox::enqueue(connection, &[message]).await
}

async fn insert(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    cancellation_id: CancellationId,
    leaver: Leaver<'_>,
) -> Result<(), StoreError> {
    let told = ToldReason::of(leaver.reason);
    let said = |text: String| (!text.is_empty()).then_some(text);
    let customer = leaver.record.and_then(|record| record.customer.as_deref());
    let subscription = customer.and_then(|it| it.subscription(leaver.subscription_id));
    let score = subscription.and_then(|subscription| subscription.score);
    let reasons = &leaver.catalogue.reasons;
    let reason = leaver.reason.or_else(|| reasons.unstated());
    let (ask, why_not) = match leaver.ask_back() {
        Ok(ask) => (Some(ask), None),
        Err(why_not) => (None, Some(why_not)),
    };
    let holdout = leaver.catalogue.holdout.as_ref();
    sqlx::query!(
        "insert into departure (customer_id, cancellation_id, stated_reason, reason_category, \
             business_line, wanted_channels, refused_channels, sign_off_call, expected_return, \
             value_minor, monthly_margin_minor, currency, asked_back_as, ask_back_at, \
             ask_back_until, theme, not_asked_back, holdout_key, held_out) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        customer_id.as_str(),
        cancellation_id.as_uuid(),
        said(told.stated),
        said(told.category),
        subscription.map(|subscription| subscription.business_line.as_str()),
        &names(leaver, KeepInTouch::Wanted)[..],
        &names(leaver, KeepInTouch::NotWanted)[..],
        leaver.plan.sign_off_call,
        reason.map(|reason| reason.expected_return),
        score.map(|score| score.value_remaining.minor),
        score.map(|score| score.monthly_margin.minor),
        score.map(|score| score.value_remaining.currency.to_string()),
        ask.as_ref().map(|ask| Way::of(ask.kind).name()),
        ask.as_ref().map(|ask| bind(ask.due_at)) as _,
        ask.as_ref().and_then(|ask| ask.expires_at).map(bind) as _,
        ask.as_ref().map(|ask| ask.theme.as_str()),
        why_not.map(Named::name),
        holdout.map(|holdout| holdout.key.as_str()),
        leaver.is_held_out(),
    )
    .execute(connection)
    .instrument(statement("INSERT", "departure"))
    .await?;
    Ok(())
}

fn names(leaver: Leaver<'_>, wanted: KeepInTouch) -> Vec<String> {
    let channels = leaver.plan.choices.channels(wanted);
    channels
        .map(|channel: ContactChannel| channel.name().to_owned())
        .collect()
}
