//! What the plan wants for one customer at a time. The same facts, plan and time always want the
//! same, so that planning twice changes nothing.

use std::hash::{DefaultHasher, Hash, Hasher};

use kernel::time::{Span, Timestamp, months_later, year_of};

use super::ending::{self, EndingStep};
use super::plan::{CarePlan, CareRule};
use super::withdrawal::Relation;
use super::{CareKind, GOOD_FOR_DAYS, NewTask, SENDER};
use crate::domain::clock_days::days_between;
use crate::domain::facts::{
    ActivityKind, CustomerFacts, Incident, Lifetime, Relationship, Standing, State, Subscription,
};
use crate::domain::model::ticket::Ticket;
use crate::domain::rules::RuleSet;
use crate::domain::status::CustomerStatus;

/// How many days before it is due a task is made. Customers are looked at once a day at least, since
/// no status is good for longer; so every task is there in time, and a day without looking is made
/// up for.
const AHEAD_DAYS: u32 = 7;
/// For how many days a broken promise is good: for as long as its incident is open.
const WHILE_OPEN_DAYS: u32 = 36_500;

/// What is wanted for one customer.
#[derive(Clone, Debug, PartialEq)]
pub struct CareOutlook {
    /// The version of the plan.
    pub plan_version: u64,
    /// The tasks that are wanted now; each once by kind and subject.
    pub wanted: Vec<NewTask>,
    /// What the customer is to the company, which ends what other services asked for.
    pub relation: Relation,
    /// Stands for all of it: as long as it stays, there is nothing to do. It may differ between
    /// releases, after which everybody is planned anew and nothing changes.
    pub fingerprint: i64,
}

/// Finds what the plan wants for a customer.
pub fn outlook(
    facts: &CustomerFacts,
    status: &CustomerStatus,
    plan: &CarePlan,
    rules: &RuleSet,
) -> CareOutlook {
    let planner = Planner {
        facts,
        status,
        plan,
        now: status.as_of,
    };
    let relation = Relation::of(facts, status.as_of);
    let mut wanted = if relation.has_died {
        // What the company owes itself stays owed.
        let mut steps = planner.exit_steps();
        steps.retain(|step| step.owner != SENDER);
        steps
    } else {
        planner.wanted(rules.of_line(&status.business_line).long_term_days)
    };
    wanted.sort_by(|left, right| (left.kind, &left.subject).cmp(&(right.kind, &right.subject)));
    wanted.dedup_by(|left, right| left.kind == right.kind && left.subject == right.subject);
    CareOutlook {
        plan_version: plan.version,
        fingerprint: fingerprint(&wanted, &relation),
        wanted,
        relation,
    }
}

fn fingerprint(wanted: &[NewTask], relation: &Relation) -> i64 {
    let mut hasher = DefaultHasher::new();
    relation.has_died.hash(&mut hasher);
    relation.is_leaving().hash(&mut hasher);
    for task in wanted {
        (task.kind, &task.subject, &task.theme, &task.owner).hash(&mut hasher);
        (task.due_time, task.expire_time, task.is_held_out).hash(&mut hasher);
        task.channels.hash(&mut hasher);
    }
    hasher.finish().cast_signed()
}

struct Planner<'a> {
    facts: &'a CustomerFacts,
    status: &'a CustomerStatus,
    plan: &'a CarePlan,
    now: Timestamp,
}

impl Planner<'_> {
    fn wanted(&self, long_term_days: u32) -> Vec<NewTask> {
        let mut wanted = self.exit_steps();
        for (kind, rule) in &self.plan.content.rules {
            match kind {
                CareKind::Welcome | CareKind::WelcomeBack => {
                    wanted.extend(self.greeting(*kind, rule));
                }
                CareKind::FirstInvoice => wanted.extend(self.first_invoices(rule)),
                CareKind::ActivationCheck => wanted.extend(self.activation_checks(rule)),
                CareKind::CheckIn => wanted.extend(self.check_in(rule)),
                CareKind::RecoveryFollowUp => wanted.extend(self.follow_ups(rule)),
                CareKind::PromiseBroken => wanted.extend(self.broken_promises(rule)),
                CareKind::Recognition => wanted.extend(self.recognition(rule, long_term_days)),
                CareKind::ExitStep
                | CareKind::KeepInTouch
                | CareKind::Follow
                | CareKind::WinBack => {}
            }
        }
        wanted
    }

    /// A task, unless it is due too far ahead or over.
    fn task(
        &self,
        (kind, rule): (CareKind, &CareRule),
        subject: String,
        due_time: Timestamp,
        window_days: u32,
    ) -> Option<NewTask> {
        let expire_time = days_later(due_time, window_days);
        if expire_time <= self.now || due_time > days_later(self.now, AHEAD_DAYS) {
            return None;
        }
        Some(NewTask {
            customer_id: self.facts.customer_id.clone(),
            kind,
            subject,
            theme: rule.theme.clone(),
            due_time,
            expire_time,
            owner: rule.owner.clone(),
            channels: Vec::new(),
            is_held_out: false,
        })
    }

    /// What is owed when something ends, whatever the plan says.
    fn exit_steps(&self) -> Vec<NewTask> {
        let kind = CareKind::ExitStep;
        let theme = self.plan.content.rules.get(&kind);
        let theme = theme.map_or(String::new(), |rule| rule.theme.clone());
        let task = |subscription: &Subscription, step: EndingStep| {
            let rule = CareRule {
                theme: theme.clone(),
                ..CareRule::plain(0, step.owner)
            };
            let subject = format!("{}/{}", subscription.subscription_id, step.key);
            self.task((kind, &rule), subject, step.due_time, GOOD_FOR_DAYS)
        };
        let tasks_of = |subscription| {
            let steps = ending::steps(subscription).into_iter();
            steps.filter_map(move |step| task(subscription, step))
        };
        self.facts.subscriptions.iter().flat_map(tasks_of).collect()
    }

    /// The first lifetime is welcomed, every later one welcomed back, unless it goes on from the one
    /// before.
    fn greeting(&self, kind: CareKind, rule: &CareRule) -> Option<NewTask> {
        self.staying().next()?;
        let lifetimes = self.lifetimes();
        let (current, before) = lifetimes.split_last()?;
        let is_first = before.is_empty();
        let goes_on = before.last().is_some_and(|last| last.lives_on);
        if goes_on || is_first != (kind == CareKind::Welcome) {
            return None;
        }
        let number = lifetimes.len().to_string();
        let due = days_later(current.start_time?, rule.days);
        self.task((kind, rule), number, due, rule.window_days)
    }

    /// Invoices come a month after the start.
    fn first_invoices(&self, rule: &CareRule) -> Vec<NewTask> {
        let billed = self.live().filter(|subscription| {
            subscription.relationship == Relationship::Contractual
                && subscription.monthly_price.is_some()
        });
        let task = |subscription: &Subscription| {
            let start = subscription.start_time?;
            let invoice = months_later(start, 1);
            if subscription
                .service_end_time
                .is_some_and(|end| end < invoice)
            {
                return None;
            }
            let due = days_earlier(invoice, rule.days).max(start);
            let subject = subscription.subscription_id.clone();
            let kind = CareKind::FirstInvoice;
            self.task((kind, rule), subject, due, rule.window_days)
        };
        billed.filter_map(task).collect()
    }

    fn activation_checks(&self, rule: &CareRule) -> Vec<NewTask> {
        let used = self.last_of(&[ActivityKind::Usage, ActivityKind::Purchase]);
        let task = |subscription: &Subscription| {
            let start = subscription.start_time?;
            if used.is_some_and(|used| used >= start) {
                return None;
            }
            let due = days_later(start, rule.days);
            let subject = subscription.subscription_id.clone();
            let kind = CareKind::ActivationCheck;
            self.task((kind, rule), subject, due, rule.window_days)
        };
        let in_use = self.staying().filter(|subscription| !subscription.paused);
        in_use.filter_map(task).collect()
    }

    /// Once for each silence. Who was never heard of is not known to be silent, and an open incident
    /// is spoken about first.
    fn check_in(&self, rule: &CareRule) -> Option<NewTask> {
        let in_use = self.staying().any(|subscription| !subscription.paused);
        let least = rule.min_value_remaining?;
        let value = self.status.value_remaining.map(|value| value.amount);
        let is_valuable = value
            .is_some_and(|value| value.currency == least.currency && value.minor >= least.minor);
        if !in_use || !is_valuable || !self.facts.open_incidents.is_empty() {
            return None;
        }
        let heard = self.last_of(&[
            ActivityKind::Usage,
            ActivityKind::Purchase,
            ActivityKind::Other,
        ])?;
        let due = days_later(heard, rule.days);
        let subject = heard.strftime("%F").to_string();
        let kind = CareKind::CheckIn;
        let mut task = self.task((kind, rule), subject, due, rule.window_days)?;
        let ticket = Ticket::of(&format!("check_in/{}", self.facts.customer_id));
        task.is_held_out = ticket.is_within(rule.holdout);
        Some(task)
    }

    fn follow_ups(&self, rule: &CareRule) -> Vec<NewTask> {
        let kind = CareKind::RecoveryFollowUp;
        let task = |incident: &Incident| {
            let promised = incident.promise_due_time?;
            let due = days_earlier(promised, rule.days);
            let subject = of_promise(incident, promised);
            // From then on it is broken, which is another matter.
            let until_then = rule.window_days.min(rule.days.max(1));
            self.task((kind, rule), subject, due, until_then)
        };
        let incidents = self.facts.open_incidents.iter();
        incidents.filter_map(task).collect()
    }

    /// One that is recorded, and one whose time passes before the recovery goes a step further,
    /// which brings another promise or none.
    fn broken_promises(&self, rule: &CareRule) -> Vec<NewTask> {
        let mut wanted = Vec::new();
        let mut want = |subject: String, due: Option<Timestamp>| {
            let kind = CareKind::PromiseBroken;
            let task = due.and_then(|due| self.task((kind, rule), subject, due, WHILE_OPEN_DAYS));
            wanted.extend(task);
        };
        for incident in &self.facts.open_incidents {
            if incident.promise_broken {
                let broken = incident.broken_promise_due_time;
                let subject = broken.map(|due| of_promise(incident, due));
                let subject = subject.unwrap_or_else(|| incident.incident_id.clone());
                want(subject, incident.open_time);
            }
            if let Some(promised) = incident.promise_due_time {
                let due = days_later(promised, rule.days);
                want(of_promise(incident, promised), Some(due));
            }
        }
        wanted
    }

    /// Each year from when the customer is a long-standing one.
    fn recognition(&self, rule: &CareRule, long_term_days: u32) -> Option<NewTask> {
        let lifetimes = self.lifetimes();
        let (current, before) = lifetimes.split_last()?;
        let is_troubled = !self.facts.open_incidents.is_empty();
        if is_troubled || self.staying().next().is_none() {
            return None;
        }
        let start = days_earlier(current.start_time?, self.credited_days(before));
        let first_year = year_of(start);
        // Of this year and its neighbours, the one that is near.
        let years = year_of(self.now) - 1..=year_of(self.now) + 1;
        let task = |year: i16| {
            let lasted = u32::try_from(year - first_year).ok()?;
            let anniversary = months_later(start, lasted.checked_mul(12)?);
            if days_between(start, anniversary) < i64::from(long_term_days.max(1)) {
                return None;
            }
            let subject = year_of(anniversary).to_string();
            let kind = CareKind::Recognition;
            self.task((kind, rule), subject, anniversary, rule.window_days)
        };
        years.filter_map(task).next_back()
    }

    /// What the lifetimes before count for. One that lived on counts in full.
    fn credited_days(&self, before: &[Lifetime]) -> u32 {
        let credit = i64::from(self.plan.content.tenure_credit_percent);
        let days = before.iter().filter_map(|lifetime| {
            let (start, end) = lifetime.start_time.zip(lifetime.end_time)?;
            let percent = if lifetime.lives_on { 100 } else { credit };
            Some(days_between(start, end).max(0) * percent / 100)
        });
        u32::try_from(days.sum::<i64>()).unwrap_or(u32::MAX)
    }

    /// The lifetimes that have begun or begin soon; by the subscriptions where none is told.
    fn lifetimes(&self) -> Vec<Lifetime> {
        let soon = days_later(self.now, AHEAD_DAYS);
        let has_begun = |start: Option<Timestamp>| start.is_none_or(|start| start <= soon);
        let told = self.facts.lifetimes.iter();
        let told = told.filter(|lifetime| has_begun(lifetime.start_time));
        let told: Vec<Lifetime> = told.cloned().collect();
        if !told.is_empty() {
            return told;
        }
        let starts = self.facts.subscriptions.iter();
        let first = starts.filter_map(|it| it.start_time).min();
        let lifetime = |start: Timestamp| Lifetime {
            start_time: Some(start),
            ..Lifetime::default()
        };
        first.map(lifetime).into_iter().collect()
    }

    /// The subscriptions that are live.
    fn live(&self) -> impl Iterator<Item = &Subscription> {
        let subscriptions = self.facts.subscriptions.iter();
        subscriptions.filter(|subscription| subscription.standing(self.now) == Standing::Live)
    }

    /// Those of them that nobody has set an end for.
    fn staying(&self) -> impl Iterator<Item = &Subscription> {
        self.live().filter(|subscription| is_staying(subscription))
    }

    /// The last event of some kinds.
    fn last_of(&self, kinds: &[ActivityKind]) -> Option<Timestamp> {
        let of_kinds = self.facts.activities.iter();
        let of_kinds = of_kinds.filter(|activity| kinds.contains(&activity.kind));
        let times = of_kinds.filter_map(|activity| activity.last_time.or(activity.first_time));
        times.filter(|time| *time <= self.now).max()
    }
}

/// Nobody has set an end for it.
pub(super) fn is_staying(subscription: &Subscription) -> bool {
    subscription.service_end_time.is_none() && subscription.state == State::InForce
}

fn of_promise(incident: &Incident, promised: Timestamp) -> String {
    format!("{}/{}", incident.incident_id, promised.as_second())
}

fn days_later(time: Timestamp, days: u32) -> Timestamp {
    let span = Span::new().hours(24 * i64::from(days));
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}

fn days_earlier(time: Timestamp, days: u32) -> Timestamp {
    let span = Span::new().hours(24 * i64::from(days));
    time.checked_sub(span).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
#[path = "planning_tests.rs"]
mod tests;
