//! Hands out what is due to be done for customers, and hears what became of it.

use std::collections::HashMap;

use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};

use super::UseCases;
use super::knowledge::Loaded;
use super::ports::ContactQuestion;
use crate::domain::care::permission::{self, Permission, Verdict};
use crate::domain::care::plan::PlanContent;
use crate::domain::care::{CareKind, CareTask, Channel, NewTask, SENDER};
use crate::store::{
    CareCount, Claim, Claimed, ClaimedTask, Confirmation, Done, Leased, NewRequest, Report,
    RequestKey, Ruling, Skip, Withdrawal,
};

/// How many tasks are claimed at once: profiles answers 200 questions, and each task asks one for
/// each of five channels.
const AT_ONCE: usize = 40;
/// How often more is claimed when some of it was not allowed.
const MOST_ROUNDS: usize = 8;

/// A request id with the encoded request.
type Retryable = Option<(String, Vec<u8>)>;

/// Tasks that another service asks for.
#[derive(Clone, Debug)]
pub struct ScheduleTasks {
    /// The request id with the encoded request, when it may be retried.
    pub request: Retryable,
    /// The tasks.
    pub tasks: Vec<NewTask>,
    /// Who asks.
    pub source: String,
}

/// Tasks to take back.
#[derive(Clone, Debug)]
pub struct WithdrawTasks {
    /// The request id with the encoded request, when it may be retried.
    pub request: Retryable,
    /// The customer.
    pub customer_id: String,
    /// Which kinds; every kind when empty.
    pub kinds: Vec<CareKind>,
    /// Only this subject and what is below it; every subject when empty.
    pub subject: String,
    /// Why, as a code.
    pub reason: String,
}

/// Who wants tasks, and which.
#[derive(Clone, Debug)]
pub struct LeaseTasks {
    /// The sender.
    pub sender: String,
    /// How many at most.
    pub most: usize,
    /// For how many seconds.
    pub lease_seconds: u32,
    /// Only these kinds; every kind when empty.
    pub kinds: Vec<CareKind>,
    /// Only what can be done on one of these channels; every channel when empty.
    pub channels: Vec<Channel>,
    /// Whose tasks.
    pub owner: String,
}

/// Which task is reported on, and under which lease.
#[derive(Clone, Debug)]
pub struct ReportedTask {
    /// The request id with the encoded request, when it may be retried.
    pub request: Retryable,
    /// The customer.
    pub customer_id: String,
    /// The task.
    pub task_id: String,
    /// The lease.
    pub lease_token: String,
}

/// A task that was done.
#[derive(Clone, Debug)]
pub struct CompleteTask {
    /// Which.
    pub task: ReportedTask,
    /// What came of it; may be empty.
    pub outcome: String,
    /// The customer objected meanwhile.
    pub objected: bool,
}

/// A task that was not done.
#[derive(Clone, Debug)]
pub struct SkipTask {
    /// Which.
    pub task: ReportedTask,
    /// Why, as a code.
    pub reason: String,
    /// When to try again, instead of giving it up.
    pub retry_time: Option<Timestamp>,
}

impl ReportedTask {
    fn at(self, now: Timestamp) -> Report {
        Report {
            request: key(self.request),
            customer_id: self.customer_id,
            task_id: self.task_id,
            lease_token: self.lease_token,
            now,
        }
    }
}

fn key(request: Retryable) -> Option<RequestKey> {
    request.map(|(request_id, encoded)| RequestKey {
        request_id,
        encoded,
    })
}

impl UseCases {
    /// Makes tasks that are not known by customer, kind and subject, and returns all as they are.
    pub async fn schedule_tasks(
        &self,
        deadline: Deadline,
        asked: ScheduleTasks,
    ) -> Result<Vec<CareTask>, Refusal> {
        let new = NewRequest {
            request: key(asked.request),
            tasks: asked.tasks,
            source: asked.source,
            now: self.now(),
        };
        Ok(self.store.schedule_tasks(deadline, new).await?)
    }

    /// Takes back what waits for a customer, and returns how many tasks that were.
    pub async fn withdraw_tasks(
        &self,
        deadline: Deadline,
        asked: WithdrawTasks,
    ) -> Result<u64, Refusal> {
        let withdrawal = Withdrawal {
            request: key(asked.request),
            customer_id: asked.customer_id,
            kinds: asked.kinds,
            subject: asked.subject,
            reason: asked.reason,
            now: self.now(),
        };
        Ok(self.store.withdraw_tasks(deadline, withdrawal).await?)
    }

    /// Leases what is due and allowed now. What turned out not to be allowed is made up for by what
    /// comes next, within bounds.
    pub async fn lease_tasks(
        &self,
        deadline: Deadline,
        wanted: LeaseTasks,
    ) -> Result<Vec<Leased>, Refusal> {
        let knowledge = self.knowledge.current()?;
        let mut claim = self.claim(&wanted, &knowledge.care_plan.content);
        let mut leased: Vec<Leased> = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let at_once = (wanted.most - leased.len()).min(AT_ONCE);
            claim.most = u32::try_from(at_once).unwrap_or(1);
            let claimed = self.store.claim_tasks(deadline, claim.clone()).await?;
            if claimed.seen.is_empty() {
                break;
            }
            claim.seen.extend(claimed.seen.iter().cloned());
            let ruled = self.rule(deadline, claimed, &wanted, &knowledge).await;
            match ruled {
                Ok(more) => leased.extend(more),
                // What is leased already is handed out, or nobody would have it until it runs out.
                Err(_) if !leased.is_empty() => break,
                Err(refusal) => return Err(refusal),
            }
            if leased.len() >= wanted.most {
                break;
            }
        }
        leased.sort_by_key(|it| it.task.due_time);
        Ok(leased)
    }

    fn claim(&self, wanted: &LeaseTasks, plan: &PlanContent) -> Claim {
        let is_on = |kind: &CareKind| {
            let mut channels = plan.channels_of(*kind).iter();
            channels.any(|channel| wanted.channels.contains(channel))
        };
        Claim {
            owner: wanted.owner.clone(),
            kinds: wanted.kinds.clone(),
            channels: wanted.channels.clone(),
            kinds_on_channels: CareKind::ALL.into_iter().filter(is_on).collect(),
            most: 0,
            seen: Vec::new(),
            caps: plan.contact_caps.clone(),
            exempt: plan.cap_exempt_kinds.clone(),
            now: self.now(),
        }
    }

    /// Finds out what becomes of claimed tasks and stores it. Where nobody can say, they are let go.
    async fn rule(
        &self,
        deadline: Deadline,
        claimed: Claimed,
        wanted: &LeaseTasks,
        knowledge: &Loaded,
    ) -> Result<Vec<Leased>, Refusal> {
        if claimed.tasks.is_empty() {
            return Ok(Vec::new());
        }
        let rulings = self
            .rulings(&claimed.tasks, wanted, &knowledge.care_plan.content)
            .await;
        let rulings = match rulings {
            Ok(rulings) => rulings,
            Err(refusal) => {
                self.store.release_claim(deadline, claimed).await?;
                return Err(refusal);
            }
        };
        let confirmation = Confirmation {
            token: claimed.token,
            rulings,
            sender: wanted.sender.clone(),
            lease_seconds: wanted.lease_seconds,
            now: self.now(),
        };
        Ok(self.store.confirm_claim(deadline, confirmation).await?)
    }

    async fn rulings(
        &self,
        tasks: &[ClaimedTask],
        wanted: &LeaseTasks,
        plan: &PlanContent,
    ) -> Result<Vec<Ruling>, Refusal> {
        let ruling = |task: &ClaimedTask, verdict| Ruling {
            customer_id: task.customer_id.clone(),
            task_id: task.task_id.clone(),
            verdict,
        };
        if wanted.owner != SENDER {
            let free = |task| ruling(task, Verdict::NoContact);
            return Ok(tasks.iter().map(free).collect());
        }
        let mut permissions = self.permissions(tasks, plan).await?;
        let decide = |task: &ClaimedTask| {
            let of_task = permissions.remove(&task.task_id).unwrap_or_default();
            let verdict = permission::decide(task.kind, &of_task, &wanted.channels);
            ruling(task, verdict)
        };
        Ok(tasks.iter().map(decide).collect())
    }

    /// Asks for each task about all of its channels, in one call.
    async fn permissions(
        &self,
        tasks: &[ClaimedTask],
        plan: &PlanContent,
    ) -> Result<HashMap<String, Vec<Permission>>, Refusal> {
        let now = self.now();
        let (mut questions, mut asked_for) = (Vec::new(), Vec::new());
        for task in tasks {
            let channels = if task.channels.is_empty() {
                plan.channels_of(task.kind)
            } else {
                &task.channels
            };
            for channel in channels {
                asked_for.push(task.task_id.clone());
                questions.push(ContactQuestion {
                    customer_id: task.customer_id.clone(),
                    channel: *channel,
                    purpose: task.kind.purpose(),
                    send_time: now,
                });
            }
        }
        let answers = self.profiles.may_contact(questions).await?;
        let mut permissions: HashMap<String, Vec<Permission>> = HashMap::new();
        for (task_id, answer) in asked_for.into_iter().zip(answers) {
            permissions.entry(task_id).or_default().push(answer);
        }
        Ok(permissions)
    }

    /// Records that a task was done.
    pub async fn complete_task(
        &self,
        deadline: Deadline,
        done: CompleteTask,
    ) -> Result<CareTask, Refusal> {
        let objected = if done.objected {
            Some(self.knowledge.current()?.care_plan.content.clone())
        } else {
            None
        };
        let done = Done {
            report: done.task.at(self.now()),
            outcome: done.outcome,
            objected,
        };
        Ok(self.store.complete_task(deadline, done).await?)
    }

    /// Records that a task was not done.
    pub async fn skip_task(&self, deadline: Deadline, skip: SkipTask) -> Result<CareTask, Refusal> {
        let skip = Skip {
            report: skip.task.at(self.now()),
            reason: skip.reason,
            retry_time: skip.retry_time,
        };
        Ok(self.store.skip_task(deadline, skip).await?)
    }

    /// Lists the latest tasks of a customer.
    pub async fn care_tasks(
        &self,
        deadline: Deadline,
        customer_id: &str,
    ) -> Result<Vec<CareTask>, Refusal> {
        Ok(self.store.care_tasks(deadline, customer_id).await?)
    }

    /// Counts tasks that are due in a time, by kind, state and reason.
    pub async fn care_summary(
        &self,
        deadline: Deadline,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<CareCount>, Refusal> {
        Ok(self.store.care_summary(deadline, from, until).await?)
    }
}
