//! Holds the estimates to those of the reference on the Open Bandit data: what a uniform choice
//! would have been worth, from the log of a Thompson sampler that hardly showed some items.

use std::io::Read as _;
use std::process::{Command, Stdio};

use super::*;
use crate::reference_tests::{Row, close, data, figures, number, reference, rows_of};

const ITEMS: usize = 34;

fn unpacked(name: &str) -> Option<Vec<Row>> {
    let path = data(name)?;
    let mut unpacking = Command::new("gzip")
        .arg("-dc")
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let mut unpacked = unpacking.stdout.take().unwrap();
    unpacked.read_to_string(&mut text).unwrap();
    assert!(unpacking.wait().unwrap().success());
    Some(rows_of(&text))
}

fn log(rows: &[Row]) -> Log {
    let calls = rows.iter().map(|row| LoggedCall {
        context: 0,
        arm: row["item_id"].parse().unwrap(),
        propensity: number(row, "propensity_score"),
        reward: number(row, "click"),
    });
    Log::new(calls.collect()).unwrap()
}

fn uniform(_: usize, chances: &mut [f64]) {
    chances.fill(1.0 / 34.0);
}

#[test]
fn a_uniform_choice_is_worth_what_the_reference_says() {
    let (Some(rows), Some(exact)) = (
        unpacked("obd/obd_men_bts.csv.gz"),
        reference("obd_ope.json"),
    ) else {
        return;
    };
    let ours = evaluate(&log(&rows), ITEMS, uniform).unwrap();
    let exact_uniform = &exact["uniform_policy_from_bts_log"];
    let pairs = [
        ("on_policy_mean", ours.logged.value),
        ("ips", ours.inverse_propensity.value),
        ("ips_se", ours.inverse_propensity.standard_error),
        ("snips", ours.self_normalised.value),
        ("snips_se", ours.self_normalised.standard_error),
        ("dm", ours.model_alone),
        ("dr", ours.doubly_robust.value),
        ("dr_se", ours.doubly_robust.standard_error),
        ("ess", ours.effective_calls),
        ("max_w", ours.largest_weight),
        ("mean_w", ours.mean_weight),
    ];
    for (name, ours) in pairs {
        close(ours, figures(&exact_uniform[name]), 1e-9);
    }
    let on_policy = &exact["bts_on_policy(bts log)"];
    close(ours.logged.standard_error, figures(&on_policy["se"]), 1e-9);
}

#[test]
fn a_uniform_log_agrees_with_it_within_its_interval() {
    let (Some(thompson), Some(random)) = (
        unpacked("obd/obd_men_bts.csv.gz"),
        unpacked("obd/obd_men_random.csv.gz"),
    ) else {
        return;
    };
    let foretold = evaluate(&log(&thompson), ITEMS, uniform).unwrap();
    let seen = evaluate(&log(&random), ITEMS, uniform).unwrap();
    // Judged by its own log, a way of choosing is worth its mean.
    close(seen.inverse_propensity.value, seen.logged.value, 1e-3);
    let (low, high) = foretold.self_normalised.interval_95();
    assert!((low..high).contains(&seen.logged.value), "{foretold:?}");
}
