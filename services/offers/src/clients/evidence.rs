//! From the facts of profiles to what they say about who is still here.
//!
//! Total: a value this version does not know reads as unknown, an instant out of range as absent.

use contract::types::v1 as types;
use edge::wire::instant;
use kernel::id::{CustomerId, SubscriptionId};

use crate::domain::outcome::{Away, EndKind, Evidence, Standing, SubscriptionEvidence};

/// Reads the facts of a customer for whoever asked by any of their ids.
pub(super) fn by_every_id(facts: &types::CustomerFacts) -> Vec<Evidence> {
    let Some(evidence) = evidence(facts) else {
        return Vec::new();
    };
    let aliases = facts.merged_customer_ids.iter();
    let aliases = aliases.filter_map(|alias| {
        Some(Evidence {
            customer_id: CustomerId::parse(alias).ok()?,
            ..evidence.clone()
        })
    });
    let mut every: Vec<Evidence> = aliases.collect();
    every.push(evidence);
    every
}

/// Reads the facts of a customer; nothing where they name nobody.
fn evidence(facts: &types::CustomerFacts) -> Option<Evidence> {
    let mut activities = facts.activities.iter();
    let failed = activities.find(|it| it.kind() == types::EventKind::PaymentFailed);
    Some(Evidence {
        customer_id: CustomerId::parse(&facts.customer_id).ok()?,
        revision: facts.revision,
        deceased: facts.deceased,
        payment_failed_at: failed.and_then(|it| instant(it.last_time.as_ref()?)),
        away: facts.lifetimes.windows(2).filter_map(away).collect(),
        subscriptions: facts
            .subscriptions
            .iter()
            .filter_map(subscription)
            .collect(),
    })
}

fn away(lifetimes: &[types::LifetimeFacts]) -> Option<Away> {
    let [before, after] = lifetimes else {
        return None;
    };
    Some(Away {
        from: instant(before.end_time.as_ref()?)?,
        until: instant(after.start_time.as_ref()?)?,
    })
}

fn subscription(fact: &types::SubscriptionFacts) -> Option<SubscriptionEvidence> {
    Some(SubscriptionEvidence {
        subscription_id: SubscriptionId::parse(&fact.subscription_id).ok()?,
        standing: standing(fact),
        started_at: fact.start_time.as_ref().and_then(instant),
        service_ends_at: fact.service_end_time.as_ref().and_then(instant),
        billing_ends_at: fact.billing_end_time.as_ref().and_then(instant),
        end: end(fact.end_reason()),
    })
}

/// What has ended has a date. One that had none would be out of service since nobody knows when.
fn standing(fact: &types::SubscriptionFacts) -> Standing {
    match fact.state() {
        types::SubscriptionState::Paused => Standing::Paused,
        types::SubscriptionState::Suspended | types::SubscriptionState::Ended => {
            Standing::Suspended
        }
        _ => Standing::InService,
    }
}

const fn end(reason: types::EndReason) -> EndKind {
    match reason {
        types::EndReason::ProviderTermination | types::EndReason::ProductWithdrawn => {
            EndKind::ByProvider
        }
        types::EndReason::MovedService
        | types::EndReason::ReplacedService
        | types::EndReason::MergedAccount => EndKind::Elsewhere,
        types::EndReason::Death => EndKind::Death,
        _ => EndKind::Churn,
    }
}
