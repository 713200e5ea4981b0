//! Permission to contact: asked for before anything is handed out, and what becomes of a "no".

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::profiles::v1::{ContactPurpose, ContactQuestion};
use contract::types::v1::ConsentChannel;
use tonic::Code;

use crate::care_world::{
    cap, complete, completion, lease, lease_with, new_task, plan, publish, schedule, standing,
    tasks_of,
};
use crate::profiles::Ban;
use crate::world::{World, check_refusal, days_ago};

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

fn for_good(code: &'static str) -> Ban {
    Ban { code, until: None }
}

/// For six more hours.
fn for_now() -> Ban {
    let until = days_ago(0).map(|now| prost_types::Timestamp {
        seconds: now.seconds + 6 * 3_600,
        ..now
    });
    Ban {
        code: "QUIET_HOURS",
        until,
    }
}

/// A plan of nothing with two channels: e-mail before phone.
async fn start() -> World {
    let world = World::start().await;
    publish(&world.service, plan(Vec::new())).await;
    world
}

#[tokio::test]
async fn each_task_goes_out_on_its_best_channel_that_is_allowed() {
    let world = start().await;
    let email = ConsentChannel::Email;
    world.profiles.forbid("c-1", email, for_good("NO_CONSENT"));
    let by_post = wire::NewTask {
        channels: vec![ConsentChannel::Post.into()],
        ..new_task("c-3", CareKind::ExitStep, 1)
    };
    let tasks = vec![
        new_task("c-1", CareKind::Follow, 3),
        new_task("c-2", CareKind::Welcome, 2),
        by_post,
    ];
    schedule(&world.service, tasks).await;
    let leased = lease(&world.service, "all", 10).await;
    let on: Vec<ConsentChannel> = leased
        .iter()
        .map(|it| it.task.as_ref().unwrap().channel())
        .collect();
    assert_eq!(on, [ConsentChannel::Phone, email, ConsentChannel::Post]);
    let purposes: Vec<ContactPurpose> = world
        .profiles
        .asked()
        .iter()
        .map(ContactQuestion::purpose)
        .collect();
    let expected = [
        ContactPurpose::Marketing,
        ContactPurpose::Marketing,
        ContactPurpose::Care,
        ContactPurpose::Care,
        ContactPurpose::Service,
    ];
    assert_eq!(
        purposes, expected,
        "of every channel, in the order of the tasks"
    );
}

#[tokio::test]
async fn what_only_time_forbids_waits_for_it() {
    let world = start().await;
    for channel in [ConsentChannel::Email, ConsentChannel::Phone] {
        world.profiles.forbid("c-1", channel, for_now());
    }
    schedule(&world.service, vec![new_task("c-1", CareKind::ExitStep, 1)]).await;
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    let waits = (
        CareKind::ExitStep,
        CareState::Waiting,
        "QUIET_HOURS".to_owned(),
    );
    assert_eq!(standing(&world.service, "c-1").await, [waits]);
    let asked = world.profiles.asked().len();
    world.service.clock.advance(5 * HOUR);
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    assert_eq!(world.profiles.asked().len(), asked, "nobody asks before");
    world.service.clock.advance(HOUR);
    assert_eq!(lease(&world.service, "mailer", 10).await.len(), 1);
}

#[tokio::test]
async fn what_nothing_will_ever_allow_is_dropped() {
    let world = start().await;
    for channel in [ConsentChannel::Email, ConsentChannel::Phone] {
        world.profiles.forbid("c-1", channel, for_good("DECEASED"));
        world.profiles.forbid("c-2", channel, for_good("ERASED"));
    }
    let email = ConsentChannel::Email;
    world.profiles.forbid("c-3", email, for_good("OBJECTED"));
    let tasks = vec![
        new_task("c-1", CareKind::ExitStep, 1),
        new_task("c-2", CareKind::ExitStep, 1),
        new_task("c-3", CareKind::WinBack, 1),
        new_task("c-3", CareKind::KeepInTouch, -20),
        new_task("c-3", CareKind::ExitStep, -20),
    ];
    schedule(&world.service, tasks).await;
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    let dropped = |kind, reason: &str| (kind, CareState::Dropped, reason.to_owned());
    let expected = [dropped(CareKind::ExitStep, "DECEASED")];
    assert_eq!(standing(&world.service, "c-1").await, expected);
    assert_eq!(standing(&world.service, "c-2").await, [], "nothing is kept");
    let expected = [
        (CareKind::ExitStep, CareState::Waiting, String::new()),
        dropped(CareKind::KeepInTouch, "OBJECTED"),
        dropped(CareKind::WinBack, "OBJECTED"),
    ];
    assert_eq!(standing(&world.service, "c-3").await, expected);
}

#[tokio::test]
async fn nothing_is_handed_out_while_profiles_does_not_answer() {
    let world = start().await;
    let internal = wire::NewTask {
        owner: "billing".to_owned(),
        ..new_task("c-2", CareKind::ExitStep, 1)
    };
    schedule(
        &world.service,
        vec![new_task("c-1", CareKind::ExitStep, 1), internal],
    )
    .await;
    world.profiles.lose_consents(true);
    let request = wire::LeaseTasksRequest {
        sender: "mailer".to_owned(),
        ..wire::LeaseTasksRequest::default()
    };
    let refused = lease_with(&world.service, request.clone())
        .await
        .unwrap_err();
    check_refusal(&refused, Code::Unavailable, "PROFILES_UNAVAILABLE", &[]);
    let of_billing = wire::LeaseTasksRequest {
        owner: "billing".to_owned(),
        ..request.clone()
    };
    let leased = lease_with(&world.service, of_billing).await.unwrap();
    assert_eq!(leased.len(), 1, "the final bill needs no permission");
    world.profiles.lose_consents(false);
    let leased = lease_with(&world.service, request).await.unwrap();
    assert_eq!(leased.len(), 1, "it was let go at once");
}

#[tokio::test]
async fn a_sender_of_one_channel_leaves_what_needs_another() {
    let world = start().await;
    let email = ConsentChannel::Email;
    world.profiles.forbid("c-1", email, for_good("NO_CONSENT"));
    schedule(&world.service, vec![new_task("c-1", CareKind::Follow, 1)]).await;
    let on = |channel: ConsentChannel| wire::LeaseTasksRequest {
        sender: "mailer".to_owned(),
        channels: vec![channel.into()],
        ..wire::LeaseTasksRequest::default()
    };
    assert!(
        lease_with(&world.service, on(email))
            .await
            .unwrap()
            .is_empty()
    );
    let asked = world.profiles.asked().len();
    assert!(
        lease_with(&world.service, on(email))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(world.profiles.asked().len(), asked, "it is not asked again");
    let phone = on(ConsentChannel::Phone);
    assert_eq!(lease_with(&world.service, phone).await.unwrap().len(), 1);
}

#[tokio::test]
async fn caps_hold_across_kinds_and_exempt_kinds_pass() {
    let world = World::start().await;
    let capped = wire::CarePlan {
        contact_caps: vec![cap(1, 7)],
        cap_exempt_kinds: vec![CareKind::ExitStep.into()],
        ..plan(Vec::new())
    };
    publish(&world.service, capped).await;
    let tasks = vec![
        new_task("c-1", CareKind::Follow, 3),
        new_task("c-1", CareKind::WinBack, 2),
        new_task("c-1", CareKind::ExitStep, 1),
    ];
    schedule(&world.service, tasks).await;
    let leased = lease(&world.service, "mailer", 10).await;
    let kinds: Vec<CareKind> = leased
        .iter()
        .map(|it| it.task.as_ref().unwrap().kind())
        .collect();
    assert_eq!(kinds, [CareKind::Follow, CareKind::ExitStep]);
    for leased in &leased {
        complete(&world.service, leased).await.unwrap();
    }
    world.service.clock.advance(HOUR);
    assert!(lease(&world.service, "mailer", 10).await.is_empty());
    let standing = standing(&world.service, "c-1").await;
    assert_eq!(standing[2].2, "FREQUENCY_CAP");
    world.service.clock.advance(167 * HOUR);
    assert_eq!(lease(&world.service, "mailer", 10).await.len(), 1);
}

#[tokio::test]
async fn who_objects_on_the_phone_is_not_rung_again() {
    let world = start().await;
    let on = |kind, channels: &[ConsentChannel]| wire::NewTask {
        channels: channels.iter().map(|channel| (*channel).into()).collect(),
        ..new_task("c-1", kind, 1)
    };
    let phone = ConsentChannel::Phone;
    let tasks = vec![
        on(CareKind::Welcome, &[phone]),
        wire::NewTask {
            due_time: days_ago(-5),
            ..on(CareKind::Recognition, &[phone])
        },
        wire::NewTask {
            due_time: days_ago(-5),
            ..on(CareKind::ExitStep, &[phone, ConsentChannel::Post])
        },
        wire::NewTask {
            due_time: days_ago(-5),
            ..on(CareKind::WinBack, &[ConsentChannel::Email])
        },
    ];
    schedule(&world.service, tasks).await;
    let leased = lease(&world.service, "desk", 10).await;
    let request = wire::CompleteTaskRequest {
        objected: true,
        ..completion(&leased[0])
    };
    world.service.care().complete_task(request).await.unwrap();
    let objected = |kind| (kind, CareState::Dropped, "OBJECTED".to_owned());
    let expected = [
        (CareKind::Welcome, CareState::Completed, String::new()),
        objected(CareKind::Recognition),
        (CareKind::ExitStep, CareState::Waiting, String::new()),
        objected(CareKind::WinBack),
    ];
    assert_eq!(standing(&world.service, "c-1").await, expected);
    world.service.clock.advance(24 * 5 * HOUR);
    let leased = lease(&world.service, "desk", 10).await;
    let channel = leased[0].task.as_ref().unwrap().channel();
    assert_eq!(channel, ConsentChannel::Post);
    assert_eq!(tasks_of(&world.service, "c-1").await.len(), 4);
}
