//! Who may be erased.

use kernel::time::Timestamp;

use super::book::Book;
use super::rejection::Rejection;
use super::subscription::Subscription;
use super::vocabulary::SubscriptionState;

/// Refuses to erase who is not recorded, or still has something: whoever is billed has to leave first.
pub fn may_be_erased(book: &Book, now: Timestamp) -> Result<(), Rejection> {
    book.require_customer()?;
    let live: Vec<&Subscription> = book
        .subscriptions
        .values()
        .filter(|subscription| is_live_or_billed(subscription, now))
        .collect();
    if live.is_empty() {
        return Ok(());
    }
    let ends: Option<Vec<Timestamp>> = live.iter().map(|it| last_end(it)).collect();
    Err(Rejection::CustomerStillLive {
        subscription_ids: live
            .iter()
            .take(10)
            .map(|it| it.subscription_id.to_string())
            .collect(),
        // None while any of them has no end.
        last_end_time: ends.and_then(|ends| ends.into_iter().max()),
    })
}

fn is_live_or_billed(subscription: &Subscription, now: Timestamp) -> bool {
    let ended = subscription.settled(now).state() == SubscriptionState::Ended;
    !ended || last_end(subscription).is_none_or(|end| end > now)
}

fn last_end(subscription: &Subscription) -> Option<Timestamp> {
    let end = subscription.end.as_ref()?;
    Some(
        end.billing_end_time
            .map_or(end.service_end_time, |billing| {
                billing.max(end.service_end_time)
            }),
    )
}
