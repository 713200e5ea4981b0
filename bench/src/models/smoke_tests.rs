//! The report of `bench models` in a form that is ready in seconds: a few customers, no Python, and no
//! portfolio. What the other side takes is made up; the keys and how they come together are real.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::*;
use crate::models::wanted::NAMES;

const CUSTOMERS: u32 = 1_000;

/// A folder of small data sets, gone with the test.
struct DataSets(PathBuf);

impl DataSets {
    fn write() -> Self {
        let folder = std::env::temp_dir().join(format!(
            "bench-models-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        ));
        let put = |path: &str, text: String| {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        put(&format!("data/{}", cdnow::FILE), buyers());
        let (customers, folds) = subscribers();
        put(&format!("data/{}", telco::FILE), customers);
        put("reference/telco_folds.csv", folds);
        Self(folder)
    }

    fn arguments(&self, only: &[&str]) -> Models {
        Models {
            rounds: 1,
            customers: CUSTOMERS,
            seed: 1_997,
            data: self.0.join("data"),
            python: None,
            script: Path::new("nowhere").to_owned(),
            only: only.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

impl Drop for DataSets {
    fn drop(&mut self) {
        // Whatever is left in the folder of temporary files is not this test's failure.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Customers as the CDNOW sample has them, who differ in what they spend.
fn buyers() -> String {
    let population = Population::draw(CUSTOMERS, 7).unwrap();
    let mut text = "x,t_x,T,m_x\n".to_owned();
    for (number, customer) in (0_u32..).zip(&population.customers) {
        let (frequency, recency, age) = (customer.frequency(), customer.recency(), customer.age());
        let noise = f64::from(number * 7_919 % 101) / 50.0 - 1.0;
        let usual = 15.0 + 5.0 * f64::from(number % 13);
        let mean = usual * (1.0 + 0.4 * noise / f64::from(frequency.max(1)).sqrt());
        let mean = if frequency == 0 { 0.0 } else { mean };
        text.extend([format!("{frequency},{recency},{age},{mean}\n")]);
    }
    text
}

/// Subscribers of whom the new and the dear leave more often, and their folds.
fn subscribers() -> (String, String) {
    let mut customers = "customerID,tenure,MonthlyCharges,Contract,Churn\n".to_owned();
    let mut folds = "customerID,fold\n".to_owned();
    for number in 0..400_u32 {
        let (tenure, charges) = (1 + number * 37 % 71, 20 + number * 53 % 97);
        let chance = 10 + (72 - tenure) / 2 + charges / 4;
        let leaves = if number * 7_919 % 101 < chance {
            "Yes"
        } else {
            "No"
        };
        let contract = ["Month-to-month", "One year", "Two year"][number as usize % 3];
        customers.extend([format!(
            "c-{number},{tenure},{charges},{contract},{leaves}\n"
        )]);
        folds.extend([format!("c-{number},{}\n", number * 31 % 5)]);
    }
    (customers, folds)
}

/// The value at a dotted name.
fn at<'a>(document: &'a Json, name: &str) -> &'a Json {
    name.split('.').fold(document, |found, part| &found[part])
}

#[test]
fn the_report_has_every_figure_where_programs_look_for_it() {
    let data = DataSets::write();
    let arguments = data.arguments(&["cdnow", "telco"]);
    let mut report = run(&arguments, Output::new(true)).unwrap();
    report.add(contest::as_if_measured(&Wanted::new(&[]).unwrap()));
    let portfolio = json!({"portfolio_vs_copy": 0.3, "memory_mib": 60.0});
    report.add(portfolio::read(&portfolio).unwrap());
    let document = json!(report);
    assert_eq!(document["left_out"], json!([]));
    for name in NAMES {
        let found = at(&document, name);
        let is_told = found.is_number() || found.is_object() || found.is_array();
        assert!(is_told, "{name} is {found}");
    }
}

#[test]
fn without_python_our_side_is_timed_and_the_ratios_are_left_out() {
    let data = DataSets::write();
    let arguments = data.arguments(&["speed.score_vs_numpy", "speed.fit_bgnbd_vs_lifetimes"]);
    let report = run(&arguments, Output::new(true)).unwrap();
    let document = json!(report);
    assert_eq!(document["figures"], json!([]));
    assert_eq!(document["setting"]["customers"], json!(CUSTOMERS));
    let works = document["measures"].as_array().unwrap();
    assert_eq!(works.len(), 2);
    assert!(report.table().contains("left out: speed"));
}
