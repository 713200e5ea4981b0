//! Judging: what each kind of fact comes to, and what holds whatever the facts.

mod answered;
mod judging;
mod laws;

use kernel::id::{CustomerId, SubscriptionId};
use kernel::time::{Span, Timestamp};

use super::*;

const DAY_0: &str = "2026-11-22T12:00:00Z";

fn day(days: i64) -> Timestamp {
    let zero: Timestamp = DAY_0.parse().unwrap();
    zero.checked_add(Span::new().hours(24 * days)).unwrap()
}

fn subscription_id() -> SubscriptionId {
    SubscriptionId::parse("s-1").unwrap()
}

fn call(ended_as: EndedAs) -> Measured {
    Measured {
        subscription_id: subscription_id(),
        ended_as,
        decided_at: day(0),
        durable_due_at: day(120),
        profiles_revision: None,
        benefit_undone: false,
        repeats: false,
    }
}

fn here() -> Evidence {
    Evidence {
        customer_id: CustomerId::parse("c-1").unwrap(),
        revision: 1,
        deceased: false,
        payment_failed_at: None,
        away: Vec::new(),
        subscriptions: vec![SubscriptionEvidence {
            subscription_id: subscription_id(),
            standing: Standing::InService,
            started_at: Some(day(-900)),
            service_ends_at: None,
            billing_ends_at: None,
            end: EndKind::Churn,
        }],
    }
}

fn changed(change: impl FnOnce(&mut SubscriptionEvidence)) -> Evidence {
    let mut evidence = here();
    let mut subscription = evidence.subscriptions.remove(0);
    change(&mut subscription);
    evidence.subscriptions.push(subscription);
    evidence
}

fn ended(days: i64, end: EndKind) -> Evidence {
    changed(|it| {
        it.service_ends_at = Some(day(days));
        it.billing_ends_at = Some(day(days));
        it.end = end;
    })
}

/// Status, reason and the answers of the windows at 30, 90 and 180 days and of lasting, in letters.
fn told(
    call: &Measured,
    evidence: &Evidence,
    now: i64,
) -> (SaveStatus, Option<StatusReason>, String) {
    let judgement = judge(call, Some(evidence), None, day(now));
    let windows = judgement.windows;
    let answers = [
        windows.here_30_days,
        windows.here_90_days,
        windows.here_180_days,
        windows.durable,
    ];
    let letters = answers.map(|answer| match answer {
        Some(true) => 'y',
        Some(false) => 'n',
        None => '-',
    });
    (judgement.status, judgement.reason, letters.iter().collect())
}
