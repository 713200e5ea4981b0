//! What the tests of care say again and again.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::types::v1::{ConsentChannel, Money};
use tonic::Status;

use crate::world::{Running, World, days_ago};

/// A task that was due some days ago.
pub(crate) fn new_task(customer_id: &str, kind: CareKind, due_days_ago: i64) -> wire::NewTask {
    wire::NewTask {
        customer_id: customer_id.to_owned(),
        kind: kind.into(),
        subject: "s-1/first".to_owned(),
        due_time: days_ago(due_days_ago),
        ..wire::NewTask::default()
    }
}

/// Asks for tasks and returns them as they are.
pub(crate) async fn schedule(service: &Running, tasks: Vec<wire::NewTask>) -> Vec<wire::CareTask> {
    let request = wire::ScheduleTasksRequest {
        tasks,
        source: "offers".to_owned(),
        ..wire::ScheduleTasksRequest::default()
    };
    let answer = service.care().schedule_tasks(request).await.unwrap();
    answer.into_inner().tasks
}

/// Leases as a request says.
pub(crate) async fn lease_with(
    service: &Running,
    request: wire::LeaseTasksRequest,
) -> Result<Vec<wire::LeasedTask>, Status> {
    let answer = service.care().lease_tasks(request).await?;
    Ok(answer.into_inner().tasks)
}

/// Leases whatever there is, at most so much.
pub(crate) async fn lease(service: &Running, sender: &str, most: u32) -> Vec<wire::LeasedTask> {
    let request = wire::LeaseTasksRequest {
        sender: sender.to_owned(),
        max_tasks: most,
        ..wire::LeaseTasksRequest::default()
    };
    lease_with(service, request).await.unwrap()
}

/// Says that a task was done.
pub(crate) async fn complete(
    service: &Running,
    leased: &wire::LeasedTask,
) -> Result<wire::CareTask, Status> {
    let answer = service.care().complete_task(completion(leased)).await?;
    Ok(answer.into_inner().task.unwrap())
}

pub(crate) fn completion(leased: &wire::LeasedTask) -> wire::CompleteTaskRequest {
    let task = leased.task.clone().unwrap();
    wire::CompleteTaskRequest {
        task_id: task.task_id,
        customer_id: task.customer_id,
        lease_token: leased.lease_token.clone(),
        outcome: "reached".to_owned(),
        ..wire::CompleteTaskRequest::default()
    }
}

pub(crate) fn skipping(leased: &wire::LeasedTask, retry: Option<i64>) -> wire::SkipTaskRequest {
    let task = leased.task.clone().unwrap();
    wire::SkipTaskRequest {
        task_id: task.task_id,
        customer_id: task.customer_id,
        lease_token: leased.lease_token.clone(),
        reason: "BOUNCED".to_owned(),
        retry_time: retry.and_then(|days| days_ago(-days)),
        ..wire::SkipTaskRequest::default()
    }
}

/// The tasks of a customer.
pub(crate) async fn tasks_of(service: &Running, customer_id: &str) -> Vec<wire::CareTask> {
    let request = wire::ListTasksRequest {
        customer_id: customer_id.to_owned(),
    };
    let answer = service.care().list_tasks(request).await.unwrap();
    answer.into_inner().tasks
}

/// What a customer's tasks are about and where they stand, by kind.
pub(crate) async fn standing(service: &Running, id: &str) -> Vec<(CareKind, CareState, String)> {
    let tasks = tasks_of(service, id).await.into_iter();
    let mut standing: Vec<_> = tasks
        .map(|task| (task.kind(), task.state(), task.state_reason))
        .collect();
    standing.sort_by_key(|(kind, ..)| *kind);
    standing
}

/// Lets every lease run out.
pub(crate) async fn let_leases_run_out(world: &World) {
    let sql = "update care_task set lease_expire_time = now() - interval '1 second' \
               where state = 'leased'";
    sqlx::query(sql)
        .execute(&world.database.pool)
        .await
        .unwrap();
}

/// A rule of the plan.
pub(crate) fn rule(kind: CareKind, days: u32) -> wire::CareRule {
    let min_value_remaining = (kind == CareKind::CheckIn).then(|| Money {
        minor: 1,
        currency: "EUR".to_owned(),
    });
    wire::CareRule {
        kind: kind.into(),
        days,
        window_days: 14,
        min_value_remaining,
        ..wire::CareRule::default()
    }
}

/// A plan with these rules, and without caps.
pub(crate) fn plan(rules: Vec<wire::CareRule>) -> wire::CarePlan {
    wire::CarePlan {
        rules,
        channels: vec![ConsentChannel::Email.into(), ConsentChannel::Phone.into()],
        ..wire::CarePlan::default()
    }
}

/// At most so many contacts in so many days.
pub(crate) fn cap(contacts: u32, days: u32) -> wire::ContactCap {
    wire::ContactCap { contacts, days }
}

/// Publishes a plan.
pub(crate) async fn publish(service: &Running, plan: wire::CarePlan) -> wire::CarePlan {
    let request = wire::PublishCarePlanRequest {
        care_plan: Some(plan),
        ..wire::PublishCarePlanRequest::default()
    };
    let answer = service.care_plan().publish_care_plan(request).await;
    answer.unwrap().into_inner().care_plan.unwrap()
}
