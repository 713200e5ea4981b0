//! Who is called lost, swept through a year and a half of real purchases, where the shared data are
//! there: the rule of silence beside the chance of being alive, judged by who came back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;

use crate::portfolio::wait_for_run_number;
use crate::purchase_reference::{customers, day_of};
use crate::purchases::{TODAY, buyer, fit};
use crate::world::World;

/// What counts as lost: half a year.
const LOST_AFTER_DAYS: i32 = 182;

/// When the published observation ends, in days from its beginning, and how many days follow.
const OBSERVED_DAYS: i32 = 273;
const ALL_DAYS: i32 = 546;

/// A sweep each week; in the short form the weeks between are left out.
#[expect(
    clippy::disallowed_methods,
    reason = "a test asks whether it is to take its time"
)]
fn step_days() -> i32 {
    let is_long = std::env::var_os("REKINDLE_LONG_TESTS").is_some();
    if is_long { 7 } else { 39 }
}

async fn publish_rules(world: &World) {
    let rules = wire::GetRulesRequest { version: 0 };
    let rules = world.service.rules().get_rules(rules).await.unwrap();
    let mut lines = rules.into_inner().rule_set.unwrap().business_lines;
    for line in &mut lines {
        line.lost_after_days = LOST_AFTER_DAYS.unsigned_abs();
    }
    let request = wire::PublishRulesRequest {
        business_lines: lines,
        ..wire::PublishRulesRequest::default()
    };
    world.service.rules().publish_rules(request).await.unwrap();
}

/// The customer as of a day from the beginning of the record, which tests call today.
fn as_of(id: &str, purchases: &[i32], day: i32) -> Option<facts::CustomerFacts> {
    let seen: Vec<i32> = purchases.iter().copied().filter(|it| *it <= day).collect();
    let days_before: Vec<i32> = seen.iter().map(|it| -it).collect();
    let mut facts = buyer(id, "music", &days_before, 1_000);
    let first = seen.first()?;
    facts.revision = u64::try_from(seen.len()).unwrap();
    let start = i64::from(TODAY + first) * 86_400;
    facts.subscriptions[0].start_time = Some(prost_types::Timestamp {
        seconds: start,
        nanos: 0,
    });
    Some(facts)
}

async fn sweep(world: &World) {
    let request = wire::StartScoringRequest {};
    let run = world.service.portfolio().start_scoring(request).await;
    let run = run.unwrap().into_inner().run.unwrap();
    wait_for_run_number(world, run.number).await;
}

/// Everybody's stage and chance of being alive.
type Scored = BTreeMap<String, (String, Option<f64>)>;

async fn scored(world: &World) -> Scored {
    let rows: Vec<(String, String, Option<f64>)> =
        sqlx::query_as("select customer_id, stage, probability_alive from scored_customer")
            .fetch_all(&world.database.pool)
            .await
            .unwrap();
    let rows = rows.into_iter();
    rows.map(|(id, stage, alive)| (id, (stage, alive)))
        .collect()
}

fn share(count: usize, of: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(of).unwrap())
}

/// The days of each customer's purchases from the beginning of the record.
fn people() -> Option<BTreeMap<String, Vec<i32>>> {
    let begin = day_of("19970101");
    let people = (0..).zip(customers()?).map(|(number, purchases)| {
        let mut days: Vec<i32> = purchases.iter().map(|(day, _)| day - begin).collect();
        days.dedup();
        (format!("c-{number:04}"), days)
    });
    Some(people.collect())
}

/// Goes on to a day: hears of what was bought since another, and sweeps.
async fn go_on(world: &World, people: &BTreeMap<String, Vec<i32>>, since: i32, day: i32) {
    let days = u64::try_from(day - since).unwrap();
    world.service.clock.advance(Duration::from_hours(24 * days));
    for (id, purchases) in people {
        let mut lately = purchases.iter().filter(|it| **it <= day);
        let bought = lately.any(|it| *it > since || since == 0);
        if let Some(facts) = as_of(id, purchases, day).filter(|_| bought) {
            world.profiles.put(facts);
        }
    }
    world.wait_until_followed().await;
    if day == OBSERVED_DAYS {
        let model = fit(world, wire::PurchaseFamily::MbgNbd).await.unwrap();
        assert!(model.active);
    }
    // A worker that had read the clock before it moved may have scored a range of the first.
    sweep(world).await;
    sweep(world).await;
}

/// Says whether somebody had been silent for long enough on a day.
fn is_silent(purchases: &[i32], day: i32) -> bool {
    let last = purchases.iter().rev().find(|it| **it <= day);
    last.is_some_and(|last| day - last >= LOST_AFTER_DAYS)
}

/// What calling people lost on one day came to.
struct Judged {
    called_lost: f64,
    wrong: f64,
    wrong_by_chance: f64,
}

/// Judges by who bought again, and as many with the lowest chance of being alive beside.
fn judge(people: &BTreeMap<String, Vec<i32>>, observed: &Scored) -> Judged {
    let came_back = |id: &&String| {
        let mut days = people[*id].iter();
        days.any(|day| (OBSERVED_DAYS..ALL_DAYS).contains(day))
    };
    let lost = observed.iter().filter(|(_, (stage, _))| stage == "lost");
    let lost: Vec<&String> = lost.map(|(id, _)| id).collect();
    let mut by_chance: Vec<(&String, f64)> = observed
        .iter()
        .map(|(id, (_, alive))| (id, alive.expect("a model is in use")))
        .collect();
    by_chance.sort_by(|left, right| left.1.total_cmp(&right.1));
    let lowest = by_chance.iter().take(lost.len()).map(|(id, _)| *id);
    Judged {
        called_lost: share(lost.len(), people.len()),
        wrong: share(lost.iter().copied().filter(came_back).count(), lost.len()),
        wrong_by_chance: share(lowest.filter(came_back).count(), lost.len()),
    }
}

#[tokio::test]
async fn silence_calls_lost_whom_it_should_and_tells_who_came_back() {
    let Some(people) = people() else { return };
    let world = World::start_with(|settings| settings.scoring_range_size = 500).await;
    publish_rules(&world).await;
    let (mut ever_lost, mut came_back) = (BTreeSet::new(), BTreeSet::new());
    let (mut lost_before, mut observed) = (BTreeSet::new(), Scored::new());
    let mut day = 0;
    while day < ALL_DAYS {
        let since = day;
        day += step_days();
        go_on(&world, &people, since, day).await;
        let now = scored(&world).await;
        for (id, (stage, _)) in &now {
            let is_lost = stage == "lost";
            assert_eq!(
                is_lost,
                is_silent(&people[id], day),
                "{id} on day {day}: {stage}"
            );
            if is_lost {
                ever_lost.insert(id.clone());
                lost_before.insert(id.clone());
            } else if lost_before.remove(id) {
                assert_eq!(stage, "phoenix", "{id} came back by day {day}");
                came_back.insert(id.clone());
            }
        }
        if day == OBSERVED_DAYS {
            observed = now;
        }
    }
    assert_eq!(observed.len(), people.len());
    let judged = judge(&people, &observed);
    println!(
        "of {} customers {} were called lost at some time, and {} of these were seen to come back; \
         on day {OBSERVED_DAYS} {:.1} % were called lost, of whom {:.1} % came back within {} days, \
         and of as many with the lowest chance of being alive {:.1} %",
        people.len(),
        ever_lost.len(),
        came_back.len(),
        100.0 * judged.called_lost,
        100.0 * judged.wrong,
        ALL_DAYS - OBSERVED_DAYS,
        100.0 * judged.wrong_by_chance,
    );
    assert!((judged.called_lost - 0.691).abs() < 0.01);
    assert!((judged.wrong - 0.152).abs() < 0.01);
    // The plain rule errs no more often than the model does.
    assert!(judged.wrong <= judged.wrong_by_chance);
    assert!(came_back.len() > 50 && came_back.len() < ever_lost.len());
}
