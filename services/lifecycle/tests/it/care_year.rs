//! A year of care, day by day on a clock that is moved: everything that is due goes out once, although
//! two senders work at once and a third dies in summer, and nothing goes out that was forbidden.
//!
//! With `REKINDLE_LONG_TESTS` many times as many customers.

use std::collections::HashMap;
use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::CareKind;
use contract::types::v1 as facts;
use contract::types::v1::ConsentChannel;
use kernel::time::Clock;

use crate::care_world::{cap, complete, lease, let_leases_run_out, plan, publish, rule};
use crate::profiles::Ban;
use crate::world::{World, contract, customer, days_ago};

/// The day on which one of the senders dies, and how long until somebody notices.
const DEATH: i64 = 200;
const UNNOTICED: i64 = 3;

#[expect(
    clippy::disallowed_methods,
    reason = "whether a test is run at length is no setting of the product"
)]
fn customers() -> i64 {
    match std::env::var_os("REKINDLE_LONG_TESTS") {
        Some(_) => 100_000,
        None => 300,
    }
}

/// Some have been there for long, some come in the course of the year.
fn somebody(number: i64) -> facts::CustomerFacts {
    let started = 1_100 - number * 37 % 1_400;
    let state = match started {
        ..=0 => facts::SubscriptionState::Prospect,
        _ => facts::SubscriptionState::Active,
    };
    let subscription = facts::SubscriptionFacts {
        state: state.into(),
        ..contract("s", started)
    };
    let mut person = customer(&format!("c-{number}"), vec![subscription]);
    if number % 3 == 0 {
        person.activities.clear();
    }
    if number % 10 == 0 {
        person.open_incidents = vec![facts::IncidentFacts {
            incident_id: "i".to_owned(),
            open_time: days_ago(1),
            promise_due_time: days_ago(-(number % 300)),
            ..facts::IncidentFacts::default()
        }];
    }
    person
}

/// Who may not be contacted how, and from which day on: `(customer, channel, ban)`.
fn bans() -> Vec<(String, ConsentChannel, Ban)> {
    let ban = |number: i64| {
        let (channel, ban) = match number % 7 {
            0 => (ConsentChannel::Email, for_good("OBJECTED")),
            1 => (ConsentChannel::Phone, for_good("NO_CONSENT")),
            2 => (ConsentChannel::Email, until(number % 350)),
            _ => return Vec::new(),
        };
        let also = (number % 14 == 0).then(|| (ConsentChannel::Phone, for_good("OBJECTED")));
        let bans = [(channel, ban)].into_iter().chain(also);
        let bans = bans.map(|(channel, ban)| (format!("c-{number}"), channel, ban));
        bans.collect()
    };
    (0..customers()).flat_map(ban).collect()
}

fn for_good(code: &'static str) -> Ban {
    Ban { code, until: None }
}

fn until(day: i64) -> Ban {
    Ban {
        code: "QUIET_HOURS",
        until: days_ago(-day),
    }
}

/// Forbids it at profiles, and writes it down beside the tasks for the query at the end.
async fn forbid(world: &World) {
    let sql = "create table ban (customer_id text, channel text, until_time timestamptz)";
    sqlx::query(sql)
        .execute(&world.database.pool)
        .await
        .unwrap();
    for (customer_id, channel, ban) in bans() {
        world.profiles.forbid(&customer_id, channel, ban.clone());
        let until = ban.until.map(|until| until.seconds);
        let channel = channel.as_str_name().to_lowercase();
        sqlx::query("insert into ban values ($1, $2, to_timestamp($3))")
            .bind(customer_id)
            .bind(channel.trim_start_matches("consent_channel_"))
            .bind(until)
            .execute(&world.database.pool)
            .await
            .unwrap();
    }
}

/// Waits until everybody was looked at today.
async fn wait_until_planned(world: &World) {
    let now = world.service.clock.now().as_second();
    let patience = Duration::from_mins(10);
    let planned = tokio::time::timeout(patience, async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            let request = wire::GetScoringRequest { number: 0 };
            let run = world.service.portfolio().get_scoring(request).await;
            let run = run.ok().and_then(|it| it.into_inner().run);
            let is_today = |run: &wire::ScoringRun| {
                let began = run.start_time.is_some_and(|time| time.seconds == now);
                began && run.end_time.is_some()
            };
            if run.as_ref().is_some_and(is_today) {
                return;
            }
        }
    });
    planned.await.unwrap();
}

/// Does whatever there is and returns the tasks. A sender takes few at once, so that others have some.
async fn work(world: &World, sender: &str) -> Vec<String> {
    let at_once = u32::try_from(customers() / 100).unwrap().clamp(2, 100);
    let mut done = Vec::new();
    loop {
        let leased = lease(&world.service, sender, at_once).await;
        if leased.is_empty() {
            return done;
        }
        for leased in &leased {
            let task = complete(&world.service, leased).await.unwrap();
            done.push(task.task_id);
        }
    }
}

async fn count(world: &World, sql: &'static str) -> i64 {
    let query = sqlx::query_scalar(sql);
    query.fetch_one(&world.database.pool).await.unwrap()
}

async fn start() -> World {
    let world = World::start_with(|settings| settings.scoring_range_size = 2_000).await;
    let rules = [
        (CareKind::Welcome, 1),
        (CareKind::FirstInvoice, 5),
        (CareKind::ActivationCheck, 10),
        (CareKind::PromiseBroken, 0),
        (CareKind::Recognition, 0),
    ];
    let year = wire::CarePlan {
        contact_caps: vec![cap(1, 3)],
        ..plan(rules.map(|(kind, days)| rule(kind, days)).to_vec())
    };
    publish(&world.service, year).await;
    forbid(&world).await;
    for number in 0..customers() {
        world.profiles.put(somebody(number));
        if number % 1_000 == 999 {
            world.wait_until_followed().await;
        }
    }
    world.wait_until_followed().await;
    world
}

#[tokio::test]
async fn a_year_of_care_reaches_everybody_once_and_nobody_who_said_no() {
    let world = start().await;
    let (mut done, mut at_once) = (HashMap::<String, u32>::new(), 0);
    for day in 1..=365 {
        world.service.clock.advance(Duration::from_hours(24));
        wait_until_planned(&world).await;
        if (DEATH..DEATH + UNNOTICED).contains(&day) {
            // One takes what it gets to its grave.
            lease(&world.service, "dying", 5).await;
        }
        if day == DEATH + UNNOTICED {
            let_leases_run_out(&world).await;
        }
        let (one, other) = tokio::join!(work(&world, "mailer"), work(&world, "caller"));
        at_once += u32::from(!one.is_empty() && !other.is_empty());
        for task_id in one.into_iter().chain(other) {
            *done.entry(task_id).or_default() += 1;
        }
    }
    assert!(at_once > 0, "both have something to do on some day");
    assert!(
        done.values().all(|times| *times == 1),
        "nothing goes out twice"
    );
    let completed = count(
        &world,
        "select count(*) from care_task where state = 'completed'",
    );
    assert_eq!(usize::try_from(completed.await), Ok(done.len()));
    let handed_on = "select count(*) from care_task where sender <> 'dying' and lease_count = 2 \
                     and state = 'completed'";
    assert!(
        count(&world, handed_on).await > 0,
        "what the dead had is done"
    );
    let forgotten = "select count(*) from care_task where state = 'leased' \
                     or (state = 'waiting' and next_attempt_time <= '2027-06-01T12:00:00Z')";
    assert_eq!(
        count(&world, forgotten).await,
        0,
        "nothing is left that is due"
    );
    let breaches = "select count(*) from care_task join ban using (customer_id, channel) \
                    where state = 'completed' \
                      and (until_time is null or state_time < until_time)";
    assert_eq!(
        count(&world, breaches).await,
        0,
        "nobody is asked against their will"
    );
    let too_often = "select count(*) from care_task one join care_task other using (customer_id) \
                     where one.task_id <> other.task_id and one.state = 'completed' \
                       and other.state = 'completed' and one.state_time <= other.state_time \
                       and other.state_time < one.state_time + interval '3 days'";
    assert_eq!(count(&world, too_often).await, 0, "nobody hears too often");
    let kinds = "select count(distinct kind) from care_task where state = 'completed'";
    assert_eq!(count(&world, kinds).await, 5);
}
