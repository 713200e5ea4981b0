//! What the plan asks for: made as customers change and as time goes by, and withdrawn with its cause.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::types::v1 as facts;

use crate::care_world::{
    complete, lease, new_task, plan, publish, rule, schedule, standing, tasks_of,
};
use crate::world::{World, contract, customer, days_ago, ended};

const WAITING: CareState = CareState::Waiting;

fn dropped(kind: CareKind, reason: &str) -> (CareKind, CareState, String) {
    (kind, CareState::Dropped, reason.to_owned())
}

fn waiting(kind: CareKind) -> (CareKind, CareState, String) {
    (kind, WAITING, String::new())
}

/// A plan that welcomes and has recognition, in force before anybody is there.
async fn start() -> World {
    let world = World::start().await;
    let rules = vec![rule(CareKind::Welcome, 0), rule(CareKind::Recognition, 0)];
    publish(&world.service, plan(rules)).await;
    world
}

fn at_revision(revision: u64, facts: facts::CustomerFacts) -> facts::CustomerFacts {
    facts::CustomerFacts { revision, ..facts }
}

/// Writes a customer and waits until they were planned.
async fn put(world: &World, facts: facts::CustomerFacts) {
    world.profiles.put(facts);
    world.wait_until_followed().await;
}

#[tokio::test]
async fn who_is_new_is_welcomed_once() {
    let world = start().await;
    let new = customer("c-1", vec![contract("s-1", 1)]);
    put(&world, new.clone()).await;
    assert_eq!(
        standing(&world.service, "c-1").await,
        [waiting(CareKind::Welcome)]
    );
    let before = tasks_of(&world.service, "c-1").await;
    assert_eq!(before[0].source, "plan");
    put(&world, at_revision(2, new.clone())).await;
    assert_eq!(tasks_of(&world.service, "c-1").await, before);
    let leased = lease(&world.service, "mailer", 10).await;
    complete(&world.service, &leased[0]).await.unwrap();
    put(&world, at_revision(3, new)).await;
    let done = (CareKind::Welcome, CareState::Completed, String::new());
    assert_eq!(standing(&world.service, "c-1").await, [done]);
}

#[tokio::test]
async fn time_alone_makes_a_task_due() {
    let world = start().await;
    // Two years are over in ten days.
    put(&world, customer("c-1", vec![contract("s-1", 720)])).await;
    assert_eq!(standing(&world.service, "c-1").await, []);
    let days = |days: u64| std::time::Duration::from_hours(24 * days);
    world.service.clock.advance(days(5));
    world.wait_for_rows("care_task", 1).await;
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    world.service.clock.advance(days(6));
    let leased = lease(&world.service, "mailer", 10).await;
    let kind = leased[0].task.as_ref().unwrap().kind();
    assert_eq!(kind, CareKind::Recognition);
}

#[tokio::test]
async fn who_leaves_or_dies_is_left_alone_and_who_stays_after_all_is_not() {
    let world = start().await;
    let new = customer("c-1", vec![contract("s-1", 1)]);
    put(&world, new.clone()).await;
    let leaves = facts::SubscriptionFacts {
        state: facts::SubscriptionState::CancelPending.into(),
        service_end_time: days_ago(-20),
        ..contract("s-1", 1)
    };
    put(&world, at_revision(2, customer("c-1", vec![leaves]))).await;
    let expected = [dropped(CareKind::Welcome, "LEAVING")];
    assert_eq!(standing(&world.service, "c-1").await, expected);
    put(&world, at_revision(3, new.clone())).await;
    assert_eq!(
        standing(&world.service, "c-1").await,
        [waiting(CareKind::Welcome)]
    );
    schedule(&world.service, vec![new_task("c-1", CareKind::WinBack, -9)]).await;
    let dead = facts::CustomerFacts {
        deceased: true,
        ..at_revision(4, new)
    };
    put(&world, dead).await;
    let expected = [
        dropped(CareKind::Welcome, "CUSTOMER_DIED"),
        dropped(CareKind::WinBack, "CUSTOMER_DIED"),
    ];
    assert_eq!(standing(&world.service, "c-1").await, expected);
}

#[tokio::test]
async fn who_is_back_is_not_asked_back() {
    let world = start().await;
    let gone = customer("c-1", vec![ended("s-1", 900, 90)]);
    put(&world, gone).await;
    let kinds = [CareKind::WinBack, CareKind::KeepInTouch, CareKind::ExitStep];
    let tasks = kinds.map(|kind| new_task("c-1", kind, -30));
    schedule(&world.service, tasks.to_vec()).await;
    let day = std::time::Duration::from_hours(24);
    world.service.clock.advance(2 * day);
    let back = vec![ended("s-1", 900, 90), contract("s-2", -1)];
    put(&world, at_revision(2, customer("c-1", back))).await;
    let returned = |kind| dropped(kind, "RETURNED");
    let found = standing(&world.service, "c-1").await;
    let of_gone: Vec<_> = found
        .into_iter()
        .filter(|(kind, ..)| kinds.contains(kind))
        .collect();
    let expected = [
        waiting(CareKind::ExitStep),
        returned(CareKind::KeepInTouch),
        returned(CareKind::WinBack),
    ];
    assert_eq!(of_gone, expected);
}

#[tokio::test]
async fn who_does_not_renew_is_owed_what_who_cancels_is_and_once() {
    let world = start().await;
    let over = facts::SubscriptionFacts {
        end_reason: facts::EndReason::ContractEndNotRenewed.into(),
        ..ended("s-1", 400, 5)
    };
    put(&world, customer("c-1", vec![over])).await;
    let owed = async || {
        let tasks = tasks_of(&world.service, "c-1").await.into_iter();
        let mut owed: Vec<(String, String)> = tasks
            .filter(|task| task.kind() == CareKind::ExitStep && task.state() == WAITING)
            .map(|task| (task.subject, task.owner))
            .collect();
        owed.sort();
        owed
    };
    let step = |subject: &str, owner: &str| (subject.to_owned(), owner.to_owned());
    let expected = [
        step("s-1/data_copy", "data"),
        step("s-1/final_bill", "billing"),
        step("s-1/goodbye", "sender"),
    ];
    assert_eq!(owed().await, expected);
    let asked = wire::NewTask {
        subject: "s-1/final_bill".to_owned(),
        owner: "billing".to_owned(),
        ..new_task("c-1", CareKind::ExitStep, 1)
    };
    schedule(&world.service, vec![asked]).await;
    assert_eq!(owed().await, expected, "the desk has heard of it too");
}

#[tokio::test]
async fn another_plan_plans_everybody_anew() {
    let world = start().await;
    put(&world, customer("c-1", vec![contract("s-1", 1)])).await;
    let rules = vec![rule(CareKind::FirstInvoice, 28)];
    let published = publish(&world.service, plan(rules)).await;
    assert_eq!(published.version, 2);
    world.wait_for_rows("care_task", 2).await;
    let expected = [
        dropped(CareKind::Welcome, "NOT_NEEDED"),
        waiting(CareKind::FirstInvoice),
    ];
    assert_eq!(standing(&world.service, "c-1").await, expected);
}

#[tokio::test]
async fn who_is_held_out_is_never_asked() {
    let world = World::start().await;
    let first_invoice = rule(CareKind::FirstInvoice, 28);
    publish(&world.service, plan(vec![first_invoice])).await;
    let silent = facts::CustomerFacts {
        activities: vec![facts::ActivityFacts {
            kind: facts::EventKind::Usage.into(),
            count: 1,
            last_time: days_ago(70),
            ..facts::ActivityFacts::default()
        }],
        ..customer("c-1", vec![contract("s-1", 400)])
    };
    // What is worth something needs a model: of those who left it learns how long others stay.
    crate::world::population(&world.profiles);
    world.profiles.put(silent);
    world.wait_until_followed().await;
    let (_, model) = world.service.fit().await;
    model.unwrap();
    let held_out = wire::CareRule {
        holdout_basis_points: 10_000,
        ..rule(CareKind::CheckIn, 60)
    };
    publish(&world.service, plan(vec![held_out])).await;
    let sql = "select count(*) from care_task where customer_id = 'c-1' and state = 'held_out'";
    let reached = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        let mut found: i64 = 0;
        while found == 0 {
            ticks.tick().await;
            let query = sqlx::query_scalar(sql);
            found = query.fetch_one(&world.database.pool).await.unwrap();
        }
    });
    assert!(reached.await.is_ok(), "nobody is held out");
    let leased = lease(&world.service, "mailer", 100).await;
    let asked = leased
        .iter()
        .filter(|it| it.task.as_ref().unwrap().customer_id == "c-1");
    assert_eq!(asked.count(), 0);
    let request = wire::GetCareSummaryRequest::default();
    let summary = world.service.care().get_care_summary(request).await;
    let counts = summary.unwrap().into_inner().counts;
    let held_out = counts.iter().find(|it| it.state() == CareState::HeldOut);
    assert_eq!(
        held_out.map(|it| (it.kind(), it.count)),
        Some((CareKind::CheckIn, 1))
    );
}

#[tokio::test]
async fn tasks_move_to_the_id_that_stays_and_are_found_by_either() {
    let world = start().await;
    put(&world, customer("c-0", vec![contract("s-1", 1)])).await;
    put(&world, customer("c-1", vec![contract("s-2", 1)])).await;
    schedule(&world.service, vec![new_task("c-0", CareKind::ExitStep, 3)]).await;
    let leased = lease(&world.service, "mailer", 1).await;
    assert_eq!(leased[0].task.as_ref().unwrap().customer_id, "c-0");
    let stays = customer("c-1", vec![contract("s-1", 1), contract("s-2", 1)]);
    world.profiles.merge(at_revision(2, stays), "c-0");
    world.wait_until_followed().await;
    let under_way = (CareKind::ExitStep, CareState::Leased, String::new());
    let expected = [waiting(CareKind::Welcome), under_way];
    assert_eq!(standing(&world.service, "c-1").await, expected);
    assert_eq!(standing(&world.service, "c-0").await, expected);
    let done = complete(&world.service, &leased[0]).await.unwrap();
    assert_eq!(done.customer_id, "c-1");
    let late = schedule(&world.service, vec![new_task("c-0", CareKind::Follow, 1)]).await;
    assert_eq!(late[0].customer_id, "c-1");
}

#[tokio::test]
async fn of_the_erased_nothing_is_left_and_nothing_goes_out() {
    let world = start().await;
    put(&world, customer("c-0", vec![contract("s-1", 1)])).await;
    let stays = customer("c-1", vec![contract("s-1", 1)]);
    world.profiles.merge(at_revision(2, stays), "c-0");
    world.wait_until_followed().await;
    assert_eq!(world.count("care_alias").await, 1);
    world.profiles.erase("c-1");
    world.wait_for_rows("scored_customer", 0).await;
    world.wait_until_followed().await;
    assert_eq!(world.count("care_task").await, 0);
    assert_eq!(world.count("care_alias").await, 0);
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
}
