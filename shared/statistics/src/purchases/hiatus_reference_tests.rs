//! Purchases summed up, and customers called lost, against the reference outputs.

use std::collections::BTreeMap;

use crate::purchases::hiatus::{HiatusComparison, HiatusRule, WatchedCustomer};
use crate::purchases::purchase_model::{Horizon, PurchaseModel};
use crate::purchases::purchase_summary::{Purchase, summarise};
use crate::reference_tests::{
    CdnowModels, Row, cdnow, cdnow_models, close, data, figures, number, reference, summary,
};

/// The number of a day such as `19970101`, from the first of March of the year zero.
fn day_number(date: &str) -> i32 {
    let part = |range: std::ops::Range<usize>| date[range].parse::<i32>().unwrap();
    let months = part(0..4) * 12 + part(4..6) - 3;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12));
    365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + part(6..8)
}

#[test]
fn purchases_are_summed_up_as_published() {
    let Some(file) = data("cdnow/cdnow_sample.txt") else {
        return;
    };
    let Some(rows) = cdnow() else {
        return;
    };
    let mut by_customer: BTreeMap<String, Vec<Purchase>> = BTreeMap::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let purchase = Purchase {
            day: day_number(columns[2]),
            spend: columns[4].parse().unwrap(),
        };
        by_customer
            .entry(columns[0].to_owned())
            .or_default()
            .push(purchase);
    }
    let end = day_number("19970930");
    let mut ours: Vec<[f64; 4]> = by_customer
        .values()
        .map(|purchases| {
            let history = summarise(purchases, end).unwrap().unwrap();
            let summary = history.summary;
            let spend = history.mean_repeat_spend.unwrap_or(0.0);
            let frequency = f64::from(summary.frequency());
            [frequency, summary.recency(), summary.age(), spend]
        })
        .collect();
    let figures = |row: &Row| ["x", "t_x", "T", "m_x"].map(|column| number(row, column));
    let mut published: Vec<[f64; 4]> = rows.iter().map(figures).collect();
    // The order of customers differs, and the file has four decimals of money: compare as sets.
    let in_order = |figures: &[f64; 4]| figures.map(|figure| (figure * 70.0).round());
    for side in [&mut ours, &mut published] {
        side.sort_by(|one, other| in_order(one).partial_cmp(&in_order(other)).unwrap());
    }
    assert_eq!(ours.len(), 2_357);
    for (ours, published) in ours.iter().zip(&published) {
        let errors = ours
            .iter()
            .zip(published)
            .map(|(ours, published)| (ours - published).abs());
        assert!(
            errors.fold(0.0, f64::max) < 1e-4,
            "{ours:?} is not {published:?}"
        );
    }
}

fn area(comparison: &HiatusComparison) -> f64 {
    comparison.area_of_score.unwrap()
}

#[test]
fn the_hiatus_rule_measures_as_in_the_reference() {
    let Some((rows, reference)) = cdnow().zip(reference("lost_proxy.json")) else {
        return;
    };
    let exact = &reference["cdnow_sample"];
    let watched: Vec<WatchedCustomer> = rows
        .iter()
        .map(|row| WatchedCustomer {
            customer: summary(row),
            returned: number(row, "x_hold") > 0.0,
        })
        .collect();
    let CdnowModels { bg, mbg, pareto } = cdnow_models(&rows);
    // The reference calls lost who was silent for more than 26 weeks; times are whole days.
    let rule = HiatusRule::new(182.5 / 7.0).unwrap();
    let by_pareto = rule.compare(&watched, |customer| pareto.probability_alive(customer));
    let by_mbg = rule.compare(&watched, |customer| mbg.probability_alive(customer));
    let every_one_timer_alive = rule.compare(&watched, |customer| bg.probability_alive(customer));
    close(
        by_pareto.area_of_silence.unwrap(),
        figures(&exact["auc_hiatus_fixed"]),
        1e-9,
    );
    close(
        area(&by_pareto),
        figures(&exact["auc_palive_paretonbd"]),
        1e-5,
    );
    close(area(&by_mbg), figures(&exact["auc_palive_mbgnbd"]), 1e-5);
    close(
        area(&every_one_timer_alive),
        figures(&exact["auc_palive_bgnbd"]),
        1e-5,
    );
    let report = by_pareto.rule;
    let rule26 = &exact["rule26w"];
    assert_eq!(
        Some(u64::from(report.called_lost.count)),
        rule26["labelled_lost"].as_u64()
    );
    close(report.called_lost.value(), figures(&rule26["share"]), 1e-9);
    close(
        report.came_back.value(),
        figures(&rule26["wrong_returned"]),
        1e-9,
    );
    close(
        report.found.value(),
        figures(&rule26["recall_of_inactive"]),
        1e-9,
    );
    let horizon = Horizon::new(39.0).unwrap();
    let by_expected = rule.compare(&watched, |customer| {
        pareto.expected_transactions(customer, horizon)
    });
    let lowest = &exact["same_count_lowest_expected"];
    close(
        by_expected.lowest_scores.came_back.value(),
        figures(&lowest["wrong_returned"]),
        1e-2,
    );
}
