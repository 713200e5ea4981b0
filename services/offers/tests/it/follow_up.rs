//! What follows once somebody has left: why is told, what they chose is recorded, and what is due to
//! them waits with whoever hands out care.

use std::collections::BTreeSet;

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as pb;
use contract::types::v1::{ConsentChannel, ConsentState, EndReason};
use lifecycle::CareKind;

use crate::merged::{leave, merge, two_of_one_person};
use crate::neighbours::{CareOrder, Neighbours, facts};
use crate::world::{World, goodbye, too_expensive, wait_until};

fn scheduled(neighbours: &Neighbours) -> Vec<lifecycle::NewTask> {
    let orders = neighbours.care().into_iter();
    let tasks = orders.map(|order| match order {
        CareOrder::Schedule(order) => order.tasks,
        CareOrder::Withdraw(_) => Vec::new(),
    });
    tasks.flatten().collect()
}

fn of_kind(neighbours: &Neighbours, kind: CareKind) -> Vec<lifecycle::NewTask> {
    let tasks = scheduled(neighbours).into_iter();
    tasks.filter(|task| task.kind() == kind).collect()
}

async fn all_is_delivered(world: &World) {
    world.wait_for("select count(*) from outbox", 0).await;
}

fn chose(channel: ConsentChannel, choice: pb::KeepInTouch) -> pb::ChannelChoice {
    pb::ChannelChoice {
        channel: channel.into(),
        choice: choice.into(),
    }
}

/// Somebody says why when they ask, and leaves.
async fn leaves_for(world: &mut World, contact: &str, reason: &str) -> pb::ExitPlan {
    let request = pb::RequestSaveOfferRequest {
        reason: reason.to_owned(),
        ..too_expensive(contact)
    };
    world.ask(request).await.unwrap();
    let left = world.leave(goodbye(contact)).await.unwrap();
    all_is_delivered(world).await;
    left.exit_plan.unwrap()
}

#[tokio::test]
async fn profiles_hears_why_and_of_a_sensitive_reason_only_the_category() {
    let mut world = World::start().await;
    leaves_for(&mut world, "k-1", "too_expensive").await;
    let mut silent = goodbye("k-2");
    "s-2".clone_into(&mut silent.subscription_id);
    world.leave(silent).await.unwrap();
    let mut hard = goodbye("k-3");
    "s-3".clone_into(&mut hard.subscription_id);
    "hardship".clone_into(&mut hard.reason);
    world.leave(hard).await.unwrap();
    all_is_delivered(&world).await;
    let ended = world.neighbours.ended();
    let told = |subscription: &str| {
        let mut ended = ended.iter();
        let end = ended.find(|it| it.subscription_id == subscription).unwrap();
        (end.stated_reason.as_str(), end.reason_category.as_str())
    };
    assert_eq!(told("s-1"), ("too_expensive", "price"));
    assert_eq!(told("s-2"), ("", ""));
    assert_eq!(told("s-3"), ("", "price"));
}

#[tokio::test]
async fn a_payment_that_failed_is_repaired_and_ends_as_what_it_is() {
    let mut world = World::start().await;
    let plan = leaves_for(&mut world, "k-1", "card_expired").await;
    assert_eq!(plan.r#type(), pb::ExitType::Involuntary);
    let repair = plan.steps.iter().find(|step| step.key == "payment_repair");
    assert_eq!(repair.unwrap().owner, "billing");
    let ended = world.neighbours.ended();
    assert_eq!(ended[0].end_reason(), EndReason::PaymentFailure);
    // The version before reads the order, too.
    assert_eq!(ended[0].reason_category, "involuntary");
}

#[tokio::test]
async fn each_step_has_somebody_who_sees_to_it_and_waits_as_a_task() {
    let mut world = World::start().await;
    let plan = leaves_for(&mut world, "k-1", "too_expensive").await;
    let due = |task: &lifecycle::NewTask| (task.subject.clone(), task.owner.clone(), task.due_time);
    let tasks = of_kind(&world.neighbours, CareKind::ExitStep);
    let tasks: Vec<_> = tasks.iter().map(due).collect();
    let steps = plan.steps.iter();
    let steps: Vec<_> = steps
        .map(|step| {
            (
                format!("s-1/{}", step.key),
                step.owner.clone(),
                step.due_time,
            )
        })
        .collect();
    assert_eq!(tasks, steps);
    assert!(steps.iter().all(|(_, owner, _)| !owner.is_empty()));
    assert!(plan.steps.iter().any(|step| step.key == "sign_off_call"));
    let back = of_kind(&world.neighbours, CareKind::WinBack);
    assert_eq!(back.len(), 1);
    assert_eq!(
        (back[0].subject.as_str(), back[0].theme.as_str()),
        ("s-1", "better_value")
    );
    let end = plan
        .steps
        .iter()
        .find(|step| step.key == "data_copy")
        .unwrap();
    let days = back[0].due_time.unwrap().seconds - end.due_time.unwrap().seconds;
    assert_eq!(days, 60 * 24 * 3_600);
    assert!(back[0].expire_time.unwrap().seconds > back[0].due_time.unwrap().seconds);
    assert_eq!(of_kind(&world.neighbours, CareKind::KeepInTouch), []);
}

#[tokio::test]
async fn what_they_chose_is_recorded_for_each_channel_and_kept_in_the_plan() {
    let mut world = World::start().await;
    let mut leaving = goodbye("k-1");
    leaving.keep_in_touch = pb::KeepInTouch::NotWanted.into();
    leaving.channel_choices = vec![
        chose(ConsentChannel::Email, pb::KeepInTouch::Wanted),
        chose(ConsentChannel::Unspecified, pb::KeepInTouch::Wanted),
        pb::ChannelChoice {
            channel: 99,
            choice: 99,
        },
    ];
    let left = world.leave(leaving).await.unwrap();
    let plan = left.exit_plan.unwrap();
    assert_eq!(plan.keep_in_touch(), pb::KeepInTouch::NotWanted);
    let email = chose(ConsentChannel::Email, pb::KeepInTouch::Wanted);
    assert_eq!(plan.channel_choices, [email]);
    assert!(plan.steps.iter().all(|step| step.key != "sign_off_call"));
    let again = world.leave(goodbye("k-1")).await.unwrap();
    assert_eq!(again.exit_plan.unwrap(), plan);

    all_is_delivered(&world).await;
    let recorded = world.neighbours.consents();
    let states: BTreeSet<(i32, i32)> = recorded
        .iter()
        .map(|request| request.consent.as_ref().unwrap())
        .map(|consent| (consent.channel, consent.state))
        .collect();
    let objected = ConsentState::Objected as i32;
    let expected: BTreeSet<(i32, i32)> = (1..=5)
        .map(|channel| match channel {
            2 => (channel, ConsentState::Granted as i32),
            _ => (channel, objected),
        })
        .collect();
    assert_eq!(states, expected);
    let acknowledged = left.acknowledgement.unwrap().acknowledge_time;
    for request in &recorded {
        let consent = request.consent.as_ref().unwrap();
        assert_eq!(consent.source, "cancellation");
        assert_eq!(consent.record_time, acknowledged);
    }
    let touch = of_kind(&world.neighbours, CareKind::KeepInTouch);
    assert_eq!(touch[0].channels, [ConsentChannel::Email as i32]);
}

#[tokio::test]
async fn who_wants_to_hear_nothing_is_not_asked_back_and_it_is_kept_why() {
    let mut world = World::start().await;
    let mut no = goodbye("k-1");
    no.keep_in_touch = pb::KeepInTouch::NotWanted.into();
    world.leave(no).await.unwrap();
    let mut died = goodbye("k-2");
    "s-2".clone_into(&mut died.subscription_id);
    "deceased".clone_into(&mut died.reason);
    world.leave(died).await.unwrap();
    let mut never = goodbye("k-3");
    "s-3".clone_into(&mut never.subscription_id);
    "privacy".clone_into(&mut never.reason);
    world.leave(never).await.unwrap();
    let mut moved = goodbye("k-4");
    "s-4".clone_into(&mut moved.subscription_id);
    "moved_out_of_area".clone_into(&mut moved.reason);
    world.leave(moved).await.unwrap();
    let mut ended = goodbye("k-5");
    "s-5".clone_into(&mut ended.subscription_id);
    "need_ended".clone_into(&mut ended.reason);
    world.leave(ended).await.unwrap();
    all_is_delivered(&world).await;
    assert_eq!(of_kind(&world.neighbours, CareKind::WinBack), []);
    let follow = of_kind(&world.neighbours, CareKind::Follow);
    let asked: BTreeSet<(&str, &str)> = follow
        .iter()
        .map(|task| (task.subject.as_str(), task.theme.as_str()))
        .collect();
    let expected = [
        ("s-4", "we_reach_you_now"),
        ("s-5", "should_you_need_it_again"),
    ];
    assert_eq!((follow.len(), asked), (2, BTreeSet::from(expected)));
    let why: Vec<String> = sqlx::query_scalar(
        "select coalesce(not_asked_back, asked_back_as) from departure \
         join cancellation using (customer_id, cancellation_id) order by subscription_id",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    assert_eq!(
        why,
        [
            "keep_in_touch_refused",
            "deceased",
            "never",
            "follow",
            "follow"
        ]
    );
}

#[tokio::test]
async fn who_asked_for_no_offers_is_not_asked_back() {
    let mut world = World::start().await;
    let mut left_alone = facts("c-1");
    left_alone.revision = 2;
    left_alone.do_not_offer = true;
    world.neighbours.put(left_alone);
    world.wait_for_feed().await;
    leaves_for(&mut world, "k-1", "too_expensive").await;
    assert_eq!(of_kind(&world.neighbours, CareKind::WinBack), []);
    let why = "select count(*) from departure where not_asked_back = 'do_not_offer'";
    assert_eq!(world.number(why).await, 1);
}

#[tokio::test]
async fn who_is_held_out_is_not_asked_back_and_that_is_kept() {
    let mut world = World::start().await;
    for number in 0..60 {
        let leaving = pb::ConfirmCancellationRequest {
            customer_id: format!("w-{number}"),
            ..goodbye(&format!("k-{number}"))
        };
        world.leave(leaving).await.unwrap();
    }
    all_is_delivered(&world).await;
    let asked: BTreeSet<String> = of_kind(&world.neighbours, CareKind::WinBack)
        .into_iter()
        .map(|task| task.customer_id)
        .collect();
    let held_out: Vec<String> = sqlx::query_scalar(
        "select customer_id from departure where held_out and not_asked_back = 'held_out' \
           and holdout_key = 'calls_2027'",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    assert!((1..=10).contains(&held_out.len()), "{held_out:?}");
    assert!(held_out.iter().all(|customer| !asked.contains(customer)));
    assert_eq!(asked.len() + held_out.len(), 60);
}

#[tokio::test]
async fn a_lifecycle_that_is_down_delays_no_end_and_hears_of_it_later() {
    let mut world = World::start().await;
    world.neighbours.set_care_down(true);
    let mut leaving = goodbye("k-1");
    leaving.channel_choices = vec![chose(ConsentChannel::Sms, pb::KeepInTouch::Wanted)];
    world.leave(leaving).await.unwrap();
    wait_until("it ends and what they chose is recorded", async || {
        world.neighbours.ended().len() == 1 && world.neighbours.consents().len() == 1
    })
    .await;
    let tried = "select count(*) from outbox where topic = 'care_order' and attempts > 0";
    world.wait_for(tried, 1).await;
    assert_eq!(world.neighbours.care(), []);
    world.neighbours.set_care_down(false);
    wait_until("it hears", async || world.neighbours.care().len() == 1).await;
}

#[tokio::test]
async fn care_is_scheduled_once_for_a_person_of_two_ids() {
    let mut world = two_of_one_person().await;
    merge(&world).await;
    world.leave(leave("contact-gone", "c-0")).await.unwrap();
    all_is_delivered(&world).await;
    let keyed = world.neighbours.care();
    assert_eq!(keyed.len(), 1, "{keyed:?}");
}

#[tokio::test]
async fn nothing_follows_for_somebody_who_was_erased_meanwhile() {
    let mut world = World::start().await;
    world.neighbours.set_care_down(true);
    let mut leaving = goodbye("k-1");
    "too_expensive".clone_into(&mut leaving.reason);
    world.leave(leaving).await.unwrap();
    let waits = "select count(*) from outbox where topic = 'care_order'";
    assert_eq!(world.number(waits).await, 1);
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for(waits, 0).await;
    let blank = "select count(*) from departure where not_asked_back = 'erased' \
                 and stated_reason is null and reason_category is null and theme is null";
    assert_eq!(world.number(blank).await, 1);
}
