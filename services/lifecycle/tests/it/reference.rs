//! The life tables against published numbers, where the shared data are there.

use std::collections::BTreeMap;
use std::path::Path;

use kernel::time::Timestamp;
use lifecycle::domain::facts::ContractKind;
use lifecycle::domain::tenure::life_table_fit::Tally;
use lifecycle::domain::tenure::observation::Exposure;
use statistics::tenures::curve::Curve;

const DAY: i64 = 86_400;

/// Any instant does: tenures are counted back from it.
const OBSERVATION_END: i64 = 1_600_000_000;

fn kind_of(contract: &str) -> ContractKind {
    match contract {
        "Month-to-month" => ContractKind::MonthToMonth,
        "One year" => ContractKind::OneYear,
        "Two year" => ContractKind::TwoYear,
        other => panic!("unknown contract {other}"),
    }
}

fn read(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// Months become days as an importer makes them, a twelfth of a year each.
fn exposure(row: &BTreeMap<String, String>) -> Exposure {
    let months: i64 = row["tenure"].parse().unwrap();
    let days = months * 304_375 / 10_000;
    let end = Timestamp::from_second(OBSERVATION_END).unwrap();
    Exposure {
        customer_id: row["customerID"].clone(),
        subscription_id: row["customerID"].clone(),
        business_line: "telecom".to_owned(),
        contract_kind: kind_of(&row["Contract"]),
        start_time: Timestamp::from_second(OBSERVATION_END - days * DAY).unwrap(),
        end_time: (row["Churn"] == "Yes").then_some(end),
        lives_on: false,
    }
}

fn group_of(group: &str) -> String {
    match group {
        "all" => "telecom/all".to_owned(),
        contract => format!("telecom/{}", kind_of(contract).key()),
    }
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// The place of a month among the periods; the beginning is none of them.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "months are small whole numbers"
)]
fn index(month: f64) -> usize {
    (month as usize).wrapping_sub(1)
}

#[test]
fn telco_survival_is_as_published() {
    let Some(data) = testkit::data::shared() else {
        return;
    };
    let reference = data.join("../reference/telco_kaplan_meier.csv");
    if !reference.is_file() {
        testkit::data::skipped("there is no telco_kaplan_meier.csv beside the data sets");
        return;
    }
    let end = Timestamp::from_second(OBSERVATION_END).unwrap();
    let mut tally = Tally::default();
    for row in read(&data.join("telco/telco_customer_churn.csv")) {
        tally.add_exposure(&exposure(&row), end);
    }
    let fitted = tally.finish().unwrap();
    assert_eq!((fitted.sample_size, fitted.event_count), (7_032, 1_869));
    let curves: BTreeMap<String, Curve> = fitted
        .tables
        .into_iter()
        .map(|(group, curve)| (group.to_string(), curve))
        .collect();
    let (mut compared, mut with_interval) = (0, 0);
    for row in read(&reference) {
        let curve = &curves[&group_of(&row["group"])];
        let month = number(&row, "t");
        let plain = curve.survival_by_period().nth(index(month));
        let survival = plain.unwrap_or(1.0);
        assert!((survival - number(&row, "S")).abs() < 1e-9, "{row:?}");
        // The last months of some groups are too thin to lean on.
        if survival < 1.0 && month <= curve.last_period() {
            let chance = curve.conditional(0.0, month);
            assert!((chance.survival - survival).abs() < 1e-9, "{row:?}");
            assert!((chance.lower - number(&row, "lo")).abs() < 1e-8, "{row:?}");
            assert!((chance.upper - number(&row, "hi")).abs() < 1e-8, "{row:?}");
            with_interval += 1;
        }
        compared += 1;
    }
    assert_eq!(compared, 4 * 73);
    assert!(with_interval > 230, "{with_interval} intervals compared");
}
