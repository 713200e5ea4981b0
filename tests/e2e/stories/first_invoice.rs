//! The first month of a customer: a welcome, whether it works, and the first invoice before it comes.

use std::sync::Arc;
use std::time::Duration;

use contract::lifecycle::v1 as pb;
use contract::lifecycle::v1::{CareKind, CareState};
use contract::types::v1::ConsentChannel;
use kernel::time::{Clock, SystemClock, Timestamp};
use testkit::clock::FixedClock;
use tests::people::Person;

use crate::care::{
    by, complete, handed_out, kinds_of, lease, publish_care_plan, publish_contact_rules, stands,
};
use crate::suite::{Plan, Suite};

const DAY: Duration = Duration::from_hours(24);

/// Waits for a task, gets it as a sender and does it; nobody gets it a second time.
async fn goes_out_once(suite: &Suite, person: &Person, kind: CareKind) -> pb::CareTask {
    let clients = &suite.clients;
    stands(clients, person, kind, CareState::Waiting).await;
    let leased = lease(clients, by("mailer")).await;
    assert_eq!(handed_out(&leased), [(kind, person.id())]);
    assert_eq!(lease(clients, by("another")).await, [], "{kind:?} is out");
    let done = complete(clients, &leased[0]).await;
    assert_eq!(done.state(), CareState::Completed);
    assert_eq!(complete(clients, &leased[0]).await, done, "said again");
    assert_eq!(lease(clients, by("mailer")).await, [], "{kind:?} is done");
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_new_hears_what_they_need_once_and_before_they_need_it() {
    let clock = FixedClock::at(&SystemClock.now().to_string());
    let plan = Plan {
        lifecycle_clock: Some(Arc::new(clock.clone())),
        ..Plan::default()
    };
    let suite = plan.start_empty().await;
    publish_contact_rules(&suite.clients).await;
    publish_care_plan(&suite.clients).await;
    let person = Person::named("new-here")
        .customer_for_days(2)
        .can_be_reached();
    person.write(&suite.clients).await;
    let started = person.subscription.start_time.unwrap().seconds;

    goes_out_once(&suite, &person, CareKind::Welcome).await;
    // They have not used it in ten days.
    clock.advance(9 * DAY);
    goes_out_once(&suite, &person, CareKind::ActivationCheck).await;

    // Foreseen, and not sent before it is due.
    clock.advance(9 * DAY);
    let clients = &suite.clients;
    let kind = CareKind::FirstInvoice;
    let foreseen = stands(clients, &person, kind, CareState::Waiting).await;
    assert_eq!(lease(clients, by("mailer")).await, []);
    let due = foreseen.due_time.unwrap().seconds;
    clock.set(Timestamp::from_second(due).unwrap());
    let explained = goes_out_once(&suite, &person, kind).await;
    assert_eq!(explained.task_id, foreseen.task_id);
    assert_eq!(explained.channel(), ConsentChannel::Email);
    // No month is shorter than 28 days, after which the invoice comes.
    let days = (explained.state_time.unwrap().seconds - started) / 86_400;
    assert!(days < 28, "the invoice was there first: day {days}");

    let kinds = kinds_of(clients, &person).await;
    assert_eq!(kinds, [CareKind::Welcome, kind, CareKind::ActivationCheck]);
}
