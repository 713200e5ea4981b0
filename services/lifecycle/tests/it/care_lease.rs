//! Handing tasks out: to one at a time, again when a lease has run out, and reported on once.

use std::collections::BTreeSet;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::{CareKind, CareState};
use tonic::Code;

use crate::care_world::{
    cap, complete, completion, lease, lease_with, let_leases_run_out, new_task, plan, publish,
    schedule, skipping, standing, tasks_of,
};
use crate::world::{World, check_refusal, faulty_fields};

const EXIT: CareKind = CareKind::ExitStep;

#[tokio::test]
async fn a_task_is_made_once_however_often_it_is_asked_for() {
    let world = World::start().await;
    let request = wire::ScheduleTasksRequest {
        request_id: "r-1".to_owned(),
        tasks: vec![new_task("c-1", EXIT, 1), new_task("c-2", EXIT, 1)],
        source: "offers".to_owned(),
    };
    let mut care = world.service.care();
    let first = care
        .schedule_tasks(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.tasks[0].customer_id, "c-1");
    assert_eq!(first.tasks[1].state(), CareState::Waiting);
    let again = care
        .schedule_tasks(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, first);
    let same = schedule(&world.service, request.tasks.clone()).await;
    assert_eq!(same, first.tasks, "by what it is about");
    let other = wire::ScheduleTasksRequest {
        source: "billing".to_owned(),
        ..request
    };
    let refused = care.schedule_tasks(other).await.unwrap_err();
    let metadata = [("request_id", "r-1")];
    let code = Code::FailedPrecondition;
    check_refusal(&refused, code, "REQUEST_ID_REUSED", &metadata);
    assert_eq!(world.count("care_task").await, 2);
}

#[tokio::test]
async fn what_is_due_is_leased_once_and_done_once() {
    let world = World::start().await;
    let later = new_task("c-1", EXIT, -1);
    let tasks = vec![new_task("c-2", EXIT, 1), new_task("c-3", EXIT, 5), later];
    schedule(&world.service, tasks).await;
    let leased = lease(&world.service, "mailer", 10).await;
    let customers: Vec<&str> = leased
        .iter()
        .filter_map(|it| Some(it.task.as_ref()?.customer_id.as_str()))
        .collect();
    assert_eq!(customers, ["c-3", "c-2"], "the longest due first");
    let task = leased[0].task.as_ref().unwrap();
    assert_eq!((task.state(), task.lease_count), (CareState::Leased, 1));
    assert_eq!(task.permission_findings, ["WITHIN_HOURS"]);
    assert_eq!(task.permission_rules_version, 7);
    assert!(lease(&world.service, "other", 10).await.is_empty());
    let done = complete(&world.service, &leased[0]).await.unwrap();
    assert_eq!(done.state(), CareState::Completed);
    let said_again = complete(&world.service, &leased[0]).await.unwrap();
    assert_eq!(said_again, done);
    let skip = skipping(&leased[0], None);
    let refused = world.service.care().skip_task(skip).await.unwrap_err();
    let metadata = [("state", "completed")];
    check_refusal(&refused, Code::FailedPrecondition, "TASK_OVER", &metadata);
}

#[tokio::test]
async fn a_lease_that_ran_out_counts_until_somebody_takes_over() {
    let world = World::start().await;
    schedule(
        &world.service,
        vec![new_task("c-1", EXIT, 1), new_task("c-2", EXIT, 1)],
    )
    .await;
    let leased = lease(&world.service, "slow", 10).await;
    let_leases_run_out(&world).await;
    let done = complete(&world.service, &leased[0]).await.unwrap();
    assert_eq!(done.state(), CareState::Completed);
    let taken = lease(&world.service, "quick", 10).await;
    assert_eq!(taken.len(), 1, "what was done is not handed out");
    assert_eq!(taken[0].task.as_ref().unwrap().lease_count, 2);
    let refused = complete(&world.service, &leased[1]).await.unwrap_err();
    let task_id = leased[1].task.clone().unwrap().task_id;
    let metadata = [("task_id", task_id.as_str())];
    check_refusal(
        &refused,
        Code::FailedPrecondition,
        "LEASE_NOT_HELD",
        &metadata,
    );
    complete(&world.service, &taken[0]).await.unwrap();
    let unknown = wire::CompleteTaskRequest {
        customer_id: "c-9".to_owned(),
        ..completion(&taken[0])
    };
    let refused = world
        .service
        .care()
        .complete_task(unknown)
        .await
        .unwrap_err();
    check_refusal(&refused, Code::NotFound, "TASK_NOT_FOUND", &metadata);
}

#[tokio::test]
async fn what_nobody_reports_on_is_dropped_after_five_leases() {
    let world = World::start().await;
    schedule(&world.service, vec![new_task("c-1", EXIT, 1)]).await;
    for count in 1..=5 {
        let leased = lease(&world.service, "dying", 10).await;
        assert_eq!(leased[0].task.as_ref().unwrap().lease_count, count);
        let_leases_run_out(&world).await;
    }
    assert!(lease(&world.service, "dying", 10).await.is_empty());
    let dropped = (EXIT, CareState::Dropped, "NOT_DELIVERED".to_owned());
    assert_eq!(standing(&world.service, "c-1").await, [dropped]);
}

#[tokio::test]
async fn a_skipped_task_is_given_up_or_tried_again() {
    let world = World::start().await;
    schedule(
        &world.service,
        vec![new_task("c-1", EXIT, 1), new_task("c-2", EXIT, 1)],
    )
    .await;
    let leased = lease(&world.service, "mailer", 10).await;
    let mut care = world.service.care();
    let too_late = care.skip_task(skipping(&leased[0], Some(30))).await;
    assert_eq!(faulty_fields(&too_late.unwrap_err()), ["retry_time"]);
    let request = wire::SkipTaskRequest {
        request_id: "r-skip".to_owned(),
        ..skipping(&leased[0], Some(1))
    };
    let waits = care.skip_task(request.clone()).await.unwrap().into_inner();
    assert_eq!(waits.task.as_ref().unwrap().state(), CareState::Waiting);
    let given_up = care.skip_task(skipping(&leased[1], None)).await.unwrap();
    let given_up = given_up.into_inner().task.unwrap();
    let expected = (CareState::Skipped, "BOUNCED");
    assert_eq!((given_up.state(), given_up.state_reason.as_str()), expected);
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    let day = std::time::Duration::from_hours(24);
    world.service.clock.advance(day);
    let again = lease(&world.service, "mailer", 10).await;
    assert_eq!(again.len(), 1);
    // The retry of a request that was answered long before changes nothing.
    let replayed = care.skip_task(request).await.unwrap().into_inner();
    assert_eq!(replayed.task.unwrap().state(), CareState::Leased);
}

#[tokio::test]
async fn nobody_needs_it_after_it_expired() {
    let world = World::start().await;
    schedule(&world.service, vec![new_task("c-1", EXIT, 30)]).await;
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    let dropped = (EXIT, CareState::Dropped, "EXPIRED".to_owned());
    assert_eq!(standing(&world.service, "c-1").await, [dropped]);
}

#[tokio::test]
async fn what_waits_is_taken_back_by_kind_and_subject() {
    let world = World::start().await;
    let with_subject = |kind, subject: &str| wire::NewTask {
        subject: subject.to_owned(),
        ..new_task("c-1", kind, 1)
    };
    let tasks = vec![
        with_subject(EXIT, "s-1"),
        with_subject(EXIT, "s-1/hand_off"),
        with_subject(EXIT, "s-10"),
        with_subject(CareKind::WinBack, "s-1"),
    ];
    schedule(&world.service, tasks).await;
    let request = wire::WithdrawTasksRequest {
        request_id: "r-1".to_owned(),
        customer_id: "c-1".to_owned(),
        kinds: vec![EXIT.into()],
        subject: "s-1".to_owned(),
        reason: "REINSTATED".to_owned(),
    };
    for _ in 0..2 {
        let answer = world.service.care().withdraw_tasks(request.clone()).await;
        assert_eq!(answer.unwrap().into_inner().withdrawn_count, 2);
    }
    let tasks = tasks_of(&world.service, "c-1").await;
    let waiting: BTreeSet<(CareKind, &str)> = tasks
        .iter()
        .filter(|task| task.state() == CareState::Waiting)
        .map(|task| (task.kind(), task.subject.as_str()))
        .collect();
    assert_eq!(waiting, [(EXIT, "s-10"), (CareKind::WinBack, "s-1")].into());
}

#[tokio::test]
async fn two_senders_never_hold_the_same_task() {
    let world = World::start().await;
    let other = world.another(2).await;
    for batch in 0..4 {
        let task = |number| new_task(&format!("c-{batch}-{number}"), EXIT, 1);
        schedule(&world.service, (0..50).map(task).collect()).await;
    }
    let take_all = async |service| {
        let mut ids = Vec::new();
        loop {
            let leased = lease(service, "mailer", 7).await;
            if leased.is_empty() {
                return ids;
            }
            ids.extend(leased.into_iter().map(|it| it.task.unwrap().task_id));
        }
    };
    let (one, two) = tokio::join!(take_all(&world.service), take_all(&other));
    let all: Vec<&String> = one.iter().chain(&two).collect();
    let distinct: BTreeSet<&String> = all.iter().copied().collect();
    // Whoever finds everything locked for a moment stops early; the rest is still there.
    let rest = lease(&world.service, "mailer", 100).await;
    assert_eq!((all.len(), all.len() + rest.len()), (distinct.len(), 200));
}

#[tokio::test]
async fn of_two_senders_only_one_gets_past_a_cap() {
    let world = World::start().await;
    let capped = wire::CarePlan {
        contact_caps: vec![cap(1, 7)],
        ..plan(Vec::new())
    };
    publish(&world.service, capped).await;
    // It reads what is in force when it starts.
    let other = world.another(2).await;
    for round in 0..20 {
        let customer = format!("c-{round}");
        let tasks = vec![
            new_task(&customer, CareKind::WinBack, 1),
            new_task(&customer, CareKind::Follow, 1),
        ];
        schedule(&world.service, tasks).await;
        let (one, two) = tokio::join!(lease(&world.service, "a", 1), lease(&other, "b", 1));
        assert!(one.len() + two.len() <= 1, "round {round}");
        for leased in one.iter().chain(&two) {
            complete(&world.service, leased).await.unwrap();
        }
        let more = lease(&world.service, "a", 10).await;
        assert!(one.len() + two.len() + more.len() <= 1, "round {round}");
        for leased in &more {
            complete(&world.service, leased).await.unwrap();
        }
    }
    let counts = sqlx::query_scalar::<_, i64>(
        "select count(*) from care_task where state = 'completed' group by customer_id",
    );
    let counts = counts.fetch_all(&world.database.pool).await.unwrap();
    assert_eq!(counts, [1; 20]);
}

#[tokio::test]
async fn every_violation_is_named_at_once() {
    let world = World::start().await;
    let mut care = world.service.care();
    let task = wire::NewTask {
        customer_id: "no spaces".to_owned(),
        channels: vec![99],
        ..wire::NewTask::default()
    };
    let request = wire::ScheduleTasksRequest {
        tasks: vec![task],
        source: "plan".to_owned(),
        ..wire::ScheduleTasksRequest::default()
    };
    let refused = care.schedule_tasks(request).await.unwrap_err();
    let expected = [
        "source",
        "tasks[0].customer_id",
        "tasks[0].kind",
        "tasks[0].subject",
        "tasks[0].due_time",
        "tasks[0].channels[0]",
    ];
    assert_eq!(faulty_fields(&refused), expected);
    let request = wire::LeaseTasksRequest {
        sender: "mailer one".to_owned(),
        max_tasks: 101,
        lease_seconds: 9,
        kinds: vec![0],
        channels: vec![1],
        owner: "billing".to_owned(),
    };
    let refused = lease_with(&world.service, request).await.unwrap_err();
    let expected = [
        "sender",
        "max_tasks",
        "lease_seconds",
        "kinds[0]",
        "channels",
    ];
    assert_eq!(faulty_fields(&refused), expected);
    let refused = care
        .complete_task(wire::CompleteTaskRequest::default())
        .await;
    let expected = ["customer_id", "task_id", "lease_token"];
    assert_eq!(faulty_fields(&refused.unwrap_err()), expected);
    let refused = care.skip_task(wire::SkipTaskRequest::default()).await;
    let expected = ["customer_id", "task_id", "lease_token", "reason"];
    assert_eq!(faulty_fields(&refused.unwrap_err()), expected);
    let refused = care
        .withdraw_tasks(wire::WithdrawTasksRequest::default())
        .await;
    assert_eq!(
        faulty_fields(&refused.unwrap_err()),
        ["customer_id", "reason"]
    );
    let request = wire::GetCareSummaryRequest {
        from_time: crate::world::days_ago(1),
        until_time: crate::world::days_ago(1),
    };
    let refused = care.get_care_summary(request).await;
    assert_eq!(faulty_fields(&refused.unwrap_err()), ["until_time"]);
}
