//! Care tasks and the care plan.

use contract::lifecycle::v1::{
    CareCount, CareKind, CarePlan, CareRule, CareState, CareTask, LeasedTask,
};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// Tasks, one line each.
pub fn care_tasks(tasks: &[CareTask], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if tasks.is_empty() {
        page.paragraph(0, Style::Faint, "nothing was ever due");
    }
    for task in tasks {
        page.paragraph(0, style(task.state()), &line(task));
    }
    page.finish()
}

fn style(state: CareState) -> Style {
    match state {
        CareState::Waiting | CareState::Leased => Style::Strong,
        CareState::Completed => Style::Good,
        _ => Style::Faint,
    }
}

fn line(task: &CareTask) -> String {
    let kind = words::spoken(&vocabulary::CARE_KIND.word(task.kind));
    let state = words::spoken(&vocabulary::CARE_STATE.word(task.state));
    let due = words::optional_minute(task.due_time.as_ref());
    let reason = match task.state_reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!(
        "{due}  {kind} of {}, {}: {state}{reason}",
        task.customer_id, task.subject
    )
}

/// What was leased.
pub fn leased_care(leased: &[LeasedTask], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if leased.is_empty() {
        page.paragraph(0, Style::Good, "nothing is due and allowed");
    }
    for it in leased {
        let task = it.task.clone().unwrap_or_default();
        page.paragraph(0, Style::Strong, &line(&task));
        let until = words::optional_minute(it.lease_expire_time.as_ref());
        let channel = match task.channel {
            0 => task.owner.clone(),
            channel => vocabulary::CONSENT_CHANNEL.word(channel),
        };
        let text = format!(
            "{channel}; task {}, lease {} until {until}",
            task.task_id, it.lease_token
        );
        page.paragraph(2, Style::Faint, &text);
    }
    page.finish()
}

/// Tasks, counted.
pub fn care_summary(counts: &[CareCount], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if counts.is_empty() {
        page.paragraph(0, Style::Faint, "nothing was ever due");
    }
    for it in counts {
        let kind = words::spoken(&vocabulary::CARE_KIND.word(it.kind));
        let state = words::spoken(&vocabulary::CARE_STATE.word(it.state));
        let text = format!("{} {state} {}", it.count, it.state_reason);
        page.labelled(&format!("{kind:22}"), text.trim_end());
    }
    page.finish()
}

/// A plan.
pub fn care_plan(plan: &CarePlan, paper: Paper) -> String {
    let mut page = Page::on(paper);
    let version = match plan.version {
        0 => "not published".to_owned(),
        version => format!("version {version}"),
    };
    page.labelled("care plan", &version);
    for rule in &plan.rules {
        let kind = words::spoken(&vocabulary::CARE_KIND.word(rule.kind));
        page.labelled(&format!("{kind:22}"), &described(rule));
    }
    for cap in &plan.contact_caps {
        let text = format!("at most {} in {} days", cap.contacts, cap.days);
        page.labelled(&format!("{:22}", "contacts"), &text);
    }
    page.finish()
}

fn described(rule: &CareRule) -> String {
    let channels = rule.channels.iter();
    let channels: Vec<String> = channels
        .map(|channel| vocabulary::CONSENT_CHANNEL.word(*channel))
        .collect();
    let channels = match channels.as_slice() {
        [] => "any channel".to_owned(),
        some => some.join(", "),
    };
    let when = match (rule.kind(), rule.window_days) {
        (CareKind::PromiseBroken, _) => format!("after {} d, while it is open", rule.days),
        // What other services ask for is due when they say.
        (_, 0) => "when asked for".to_owned(),
        (_, window) => format!("after {} d, for {window} d", rule.days),
    };
    format!("{when}; {channels}")
}
