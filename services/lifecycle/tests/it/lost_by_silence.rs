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
async fn scored(world: &World) -> BTreeMap<String, (String, Option<f64>)> {
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

#[tokio::test]
async fn silence_calls_lost_whom_it_should_and_tells_who_came_back() {
    let Some(record) = customers() else { return };
    let world = World::start_with(|settings| settings.scoring_range_size = 500).await;
    publish_rules(&world).await;
    let begin = day_of("19970101");
    let people: BTreeMap<String, Vec<i32>> = (0..)
        .zip(record)
        .map(|(number, purchases)| {
            let mut days: Vec<i32> = purchases.iter().map(|(day, _)| day - begin).collect();
            days.dedup();
            (format!("c-{number:04}"), days)
        })
        .collect();
    let (mut day, mut ever_lost, mut came_back) = (0, BTreeSet::new(), BTreeSet::new());
    let mut observed = BTreeMap::new();
    let mut lost_before = BTreeSet::new();
    while day < ALL_DAYS {
        let next = day + step_days();
        world.service.clock.advance(Duration::from_hours(
            24 * u64::try_from(next - day).unwrap(),
        ));
        for (id, purchases) in &people {
            let bought = purchases
                .iter()
                .any(|it| (day + i32::from(day > 0)..=next).contains(it));
            if let Some(facts) = as_of(id, purchases, next).filter(|_| bought) {
                world.profiles.put(facts);
            }
        }
        day = next;
        world.wait_until_followed().await;
        if day == OBSERVED_DAYS {
            let model = fit(&world, wire::PurchaseFamily::MbgNbd).await.unwrap();
            assert!(model.active);
        }
        sweep(&world).await;
        let now = scored(&world).await;
        let is_lost = |(_, (stage, _)): &(&String, &(String, Option<f64>))| stage == "lost";
        let lost: BTreeSet<String> = now.iter().filter(is_lost).map(|it| it.0.clone()).collect();
        let silent = people.iter().filter(|(_, days)| {
            let last = days.iter().rev().find(|it| **it <= day);
            last.is_some_and(|last| day - last >= LOST_AFTER_DAYS)
        });
        let silent: BTreeSet<String> = silent.map(|it| it.0.clone()).collect();
        assert_eq!(lost, silent, "day {day}");
        for id in lost_before.difference(&lost) {
            assert_eq!(now[id].0, "phoenix", "{id} came back by day {day}");
            came_back.insert(id.clone());
        }
        ever_lost.extend(lost.iter().cloned());
        lost_before = lost;
        if day == OBSERVED_DAYS {
            observed = now;
        }
    }
    let returned = |id: &String| {
        let mut days = people[id].iter();
        days.any(|day| (OBSERVED_DAYS..ALL_DAYS).contains(day))
    };
    let by_rule: Vec<&String> = observed
        .iter()
        .filter(|(_, (stage, _))| stage == "lost")
        .map(|it| it.0)
        .collect();
    let mut by_chance: Vec<(&String, f64)> = observed
        .iter()
        .map(|(id, (_, alive))| (id, alive.expect("a model is in use")))
        .collect();
    by_chance.sort_by(|left, right| left.1.total_cmp(&right.1));
    let wrong = |ids: &[&String]| share(ids.iter().filter(|id| returned(id)).count(), ids.len());
    let lowest: Vec<&String> = by_chance
        .iter()
        .take(by_rule.len())
        .map(|it| it.0)
        .collect();
    let (rule, chance) = (wrong(&by_rule), wrong(&lowest));
    println!(
        "of {} customers {} were called lost at some time, and {} of these were seen to come back; \
         on day {OBSERVED_DAYS} {} were called lost, of whom {:.1} % came back within {} days, and \
         of as many with the lowest chance of being alive {:.1} %",
        people.len(),
        ever_lost.len(),
        came_back.len(),
        by_rule.len(),
        100.0 * rule,
        ALL_DAYS - OBSERVED_DAYS,
        100.0 * chance,
    );
    assert_eq!(observed.len(), people.len());
    let called_lost = share(by_rule.len(), people.len());
    assert!((called_lost - 0.691).abs() < 0.01, "{called_lost}");
    assert!((rule - 0.152).abs() < 0.01, "{rule}");
    // The plain rule errs no more often than the model does.
    assert!(rule <= chance, "{rule} and {chance}");
    assert!(came_back.len() > 50 && came_back.len() < ever_lost.len());
}
