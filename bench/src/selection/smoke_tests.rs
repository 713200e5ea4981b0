//! A year in small: two worlds, few calls, and what must hold in any.

use serde_json::json;

use super::contest::Outcome;
use super::world::{Year, real};
use super::*;

fn settings() -> Settings {
    Settings {
        pooling: Pooling::default(),
        exploration: EXPLORATION,
        half_life_days: None,
        budget: None,
    }
}

fn played(contest: &Contest, arms: &[Arm]) -> Vec<Outcome> {
    let worlds = drawn(2, arms);
    let outcomes = worlds
        .iter()
        .map(|world| contest::play(contest, world, arms, &settings(), 1).unwrap());
    outcomes.collect()
}

fn named(values: &[(&'static str, f64)], name: &str) -> f64 {
    values.iter().find(|(each, _)| *each == name).unwrap().1
}

/// The product values an offer as the world does, and sees every arm of it.
#[test]
fn the_desk_values_offers_as_the_world_does() {
    let arms = recipe::arms(12);
    let world = recipe::drawn(7, &arms);
    let year = Year::drawn(&world, &arms, 20, false);
    let desk = desk::Desk::open(&arms).unwrap();
    for caller in &year.callers {
        let contenders = desk.contenders(caller);
        assert_eq!(contenders.len(), 12);
        for contender in contenders {
            let arm = desk.number(contender.arm);
            let ours = contender.values.expected(year.chances(caller, arm), 0.0) / 100.0;
            let worth = year.worth(caller, arm);
            // The product pays a discount in its first months, and a pause is known to have lasted a
            // month earlier.
            let close = 0.02 * worth.abs() + 0.1 * caller.margin;
            assert!(
                (ours - worth).abs() < close,
                "{} {ours} {worth}",
                arms[arm].name
            );
            let cost = contender.values.cost / 100.0;
            assert!(
                (cost - year.cost(caller, arm)).abs() < 0.05,
                "{}",
                arms[arm].name
            );
        }
    }
}

#[test]
fn sides_play_the_same_year_and_the_same_again() {
    let arms = recipe::arms(12);
    let contest = contest(&["mild", "60"], 60);
    let (once, again) = (played(&contest, &arms), played(&contest, &arms));
    for (once, again) in once.iter().zip(&again) {
        assert_eq!(json!(once.captured), json!(again.captured));
        let sides: Vec<&str> = once.captured.iter().map(|(who, _)| *who).collect();
        assert_eq!(sides, ["ours", "expert", "eps", "always50", "uniform"]);
        let [ours, uniform] = ["ours", "uniform"].map(|who| named(&once.captured, who));
        assert!(uniform < ours && ours < 1.0, "{once:?}");
    }
    let lines = contest::lines(&contest, &once);
    assert_eq!(lines[0].name, ["mild", "60", "ours"]);
    let mean = f64::midpoint(
        named(&once[0].captured, "ours"),
        named(&once[1].captured, "ours"),
    );
    assert!((lines[0].captured.value - mean).abs() < 1e-12);
    let over = once
        .iter()
        .map(|outcome| named(&outcome.captured, "ours") - named(&outcome.captured, "expert"));
    let over = over.sum::<f64>() / 2.0;
    let more = lines[0].more.iter();
    let told = more.filter(|(name, _)| *name == "over_expert");
    let told: Vec<f64> = told.map(|(_, mean)| mean.value).collect();
    assert!((told[0] - over).abs() < 1e-12);
    assert!(lines[1].more.is_empty());
}

#[test]
fn a_budget_is_never_overspent() {
    let arms = recipe::arms(12);
    let contest = Contest {
        budget_share: Some(0.3),
        ..contest(&["budget", "0.3"], 100)
    };
    for outcome in played(&contest, &arms) {
        let [spent, most] = ["spent", "most_spent"].map(|name| named(&outcome.ours, name));
        assert!(most <= 1.0, "{outcome:?}");
        assert!(spent > 0.5, "{outcome:?}");
        assert!(named(&outcome.ours, "price") > 0.0, "{outcome:?}");
    }
}

#[test]
fn harsh_worlds_are_those_where_discounts_do_not_last() {
    let arms = recipe::arms(12);
    let mild = recipe::drawn(3, &arms);
    let harsh = mild.harsh(&arms);
    for (mild, harsh) in mild.durable.iter().zip(&harsh.durable) {
        for arm in 0..12 {
            if (1..=4).contains(&arm) {
                assert!(harsh[arm] < mild[arm] - 0.1);
            } else {
                assert!((harsh[arm] - mild[arm]).abs() < 1e-12);
            }
        }
    }
    assert_eq!(mild.stay, harsh.stay);
}

/// The mean chances of many drawn worlds are those of the recipe.
#[test]
fn drawn_worlds_follow_the_recipe() {
    let arms = recipe::arms(12);
    let worlds = drawn(200, &arms);
    // New customers of low value who found something better, offered nothing or a new device.
    let segment = 12;
    let mean = |arm: usize| {
        let log_odds = worlds
            .iter()
            .map(|world| world::log_odds(world.stay[segment][arm]));
        log_odds.sum::<f64>() / real(worlds.len())
    };
    assert!((mean(0) - world::log_odds(0.10)).abs() < 0.05);
    assert!((mean(9) - world::log_odds(0.10) - 1.8).abs() < 0.15);
    for world in &worlds {
        assert!((world.p.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    let many = Worlds {
        arms: recipe::arms(25),
        envs: drawn(1, &recipe::arms(25)),
    };
    assert!(many.check().is_ok());
    assert!(Worlds { arms, ..many }.check().is_err());
}
