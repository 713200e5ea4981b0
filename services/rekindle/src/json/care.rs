//! Care tasks and the care plan as JSON.

use contract::lifecycle::v1 as pb;
use serde_json::{Value, json};

use super::{money, time};
use crate::vocabulary;

/// A task.
pub fn care_task(task: &pb::CareTask) -> Value {
    json!({
        "task_id": task.task_id,
        "customer_id": task.customer_id,
        "kind": vocabulary::CARE_KIND.word(task.kind),
        "subject": task.subject,
        "theme": task.theme,
        "due_time": time(task.due_time.as_ref()),
        "expire_time": time(task.expire_time.as_ref()),
        "state": vocabulary::CARE_STATE.word(task.state),
        "state_reason": task.state_reason,
        "state_time": time(task.state_time.as_ref()),
        "channel": (task.channel != 0).then(|| vocabulary::CONSENT_CHANNEL.word(task.channel)),
        "owner": task.owner,
        "lease_count": task.lease_count,
        "source": task.source,
        "permission_findings": task.permission_findings,
        "permission_rules_version": task.permission_rules_version,
    })
}

/// Tasks.
pub fn care_tasks(tasks: &[pb::CareTask]) -> Value {
    json!({"tasks": tasks.iter().map(care_task).collect::<Vec<_>>()})
}

/// What was leased.
pub fn leased_care(leased: &[pb::LeasedTask]) -> Value {
    let leased = leased.iter().map(|it| {
        json!({
            "task": it.task.as_ref().map(care_task),
            "lease_token": it.lease_token,
            "lease_expire_time": time(it.lease_expire_time.as_ref()),
        })
    });
    json!({"tasks": leased.collect::<Vec<_>>()})
}

/// Tasks, counted.
pub fn care_summary(counts: &[pb::CareCount]) -> Value {
    let counts = counts.iter().map(|it| {
        json!({
            "kind": vocabulary::CARE_KIND.word(it.kind),
            "state": vocabulary::CARE_STATE.word(it.state),
            "state_reason": it.state_reason,
            "count": it.count,
        })
    });
    json!({"counts": counts.collect::<Vec<_>>()})
}

/// A plan.
pub fn care_plan(plan: &pb::CarePlan) -> Value {
    let caps = plan.contact_caps.iter();
    let caps = caps.map(|cap| json!({"contacts": cap.contacts, "days": cap.days}));
    json!({
        "version": plan.version,
        "publish_time": time(plan.publish_time.as_ref()),
        "rules": plan.rules.iter().map(rule).collect::<Vec<_>>(),
        "channels": channels(&plan.channels),
        "contact_caps": caps.collect::<Vec<_>>(),
        "cap_exempt_kinds": plan
            .cap_exempt_kinds
            .iter()
            .map(|kind| vocabulary::CARE_KIND.word(*kind))
            .collect::<Vec<_>>(),
        "tenure_credit_percent": plan.tenure_credit_percent,
    })
}

fn rule(rule: &pb::CareRule) -> Value {
    json!({
        "kind": vocabulary::CARE_KIND.word(rule.kind),
        "days": rule.days,
        "window_days": rule.window_days,
        "channels": channels(&rule.channels),
        "theme": rule.theme,
        "owner": rule.owner,
        "min_value_remaining": money(rule.min_value_remaining.as_ref()),
        "holdout_basis_points": rule.holdout_basis_points,
    })
}

fn channels(channels: &[i32]) -> Vec<String> {
    let channels = channels.iter();
    channels
        .map(|channel| vocabulary::CONSENT_CHANNEL.word(*channel))
        .collect()
}
