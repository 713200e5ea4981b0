//! `rekindle model evaluate` on files, without any service.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::run::{Folder, code, stderr, stdout};

/// Customers of two plans; those of little usage leave more often.
fn customers(rows: u32) -> String {
    let mut text = "customer,gender,usage,plan,fee,churn\n".to_owned();
    for row in 0..rows {
        let usage = row * 7 % 100;
        let plan = ["basic", "family"][row as usize % 2];
        let gender = ["f", "m"][row as usize / 2 % 2];
        let leaves = row * 13 % 100 > usage / 2 + 40 * (row % 2);
        let usage = if row % 50 == 0 {
            " ".to_owned()
        } else {
            usage.to_string()
        };
        let churn = if leaves { "Yes" } else { "No" };
        writeln!(text, "c{row},{gender},{usage},{plan},9.99,{churn}").unwrap();
    }
    text
}

fn evaluate(folder: &Folder, more: &[&str]) -> std::process::Output {
    let mut arguments = vec![
        "model",
        "evaluate",
        "--data",
        "customers.csv",
        "--target",
        "churn",
    ];
    arguments.extend(more);
    folder.rekindle(&arguments).output().unwrap()
}

#[test]
fn a_labelled_file_is_judged_without_services() {
    let folder = Folder::new("evaluate-file");
    fs::write(folder.path().join("customers.csv"), customers(400)).unwrap();
    let arguments = ["--folds-count", "3", "--json"];
    let output = evaluate(&folder, &arguments);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["rows"], 400);
    let figure = |name: &str| document[name].as_f64().unwrap();
    assert!(figure("auc") > 0.7 && figure("auc") <= 1.0);
    for name in [
        "log_loss",
        "brier",
        "ece",
        "calibration_slope",
        "calibration_intercept",
    ] {
        assert!(figure(name).is_finite());
    }
    let candidates = document["candidates"].as_object().unwrap();
    let chosen = document["chosen"].as_str().unwrap();
    assert_eq!(candidates.len(), 3);
    assert!(candidates.contains_key(chosen));
    assert_eq!(document["folds"].as_array().unwrap().len(), 3);
    let left_out: Vec<(&str, &str)> = document["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["input"].as_str().unwrap(),
                it["reason"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        left_out,
        [
            ("customer", "identifier"),
            ("gender", "protected"),
            ("fee", "constant")
        ]
    );
    let again: Value = serde_json::from_str(&stdout(&evaluate(&folder, &arguments))).unwrap();
    assert_eq!(again["log_loss"], document["log_loss"]);
}

#[test]
fn folds_are_taken_as_given_and_protected_attributes_only_for_an_audit() {
    let folder = Folder::new("evaluate-folds");
    fs::write(folder.path().join("customers.csv"), customers(300)).unwrap();
    let mut folds = "fold,customer\n".to_owned();
    for row in (0..300).rev() {
        writeln!(folds, "{},c{row}", row % 2).unwrap();
    }
    fs::write(folder.path().join("folds.csv"), folds).unwrap();
    let output = evaluate(&folder, &["--folds", "folds.csv", "--include-protected"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let page = stdout(&output);
    assert!(page.contains("PROTECTED ATTRIBUTES ARE IN USE"), "{page}");
    assert!(page.contains("chosen by fold"), "{page}");
    assert!(
        !page
            .lines()
            .any(|line| line.contains("protected    gender"))
    );

    fs::write(folder.path().join("folds.csv"), "fold,customer\n0,c1\n").unwrap();
    let output = evaluate(&folder, &["--folds", "folds.csv"]);
    assert_eq!(code(&output), 65);
    assert!(stderr(&output).contains("no fold for customer \"c0\""));
}

#[test]
fn what_cannot_be_judged_is_refused_with_its_place() {
    let folder = Folder::new("evaluate-refused");
    let file = folder.path().join("customers.csv");
    let refusal = |text: &str, more: &[&str]| {
        fs::write(&file, text).unwrap();
        let output = evaluate(&folder, more);
        assert_eq!(code(&output), 65, "{}", stderr(&output));
        stderr(&output)
    };
    assert!(refusal("", &[]).contains("no column \"churn\""));
    assert!(refusal("usage,churn\n", &[]).contains("no rows"));
    assert!(refusal("usage,churn\n1,Yes\n", &[]).contains("for everybody"));
    assert!(refusal("usage,churn\n1,Yes\n2,No\n", &[]).contains("2 rows are too few"));
    assert!(refusal("usage,churn\n1,Yes\n2,No\n3,\n", &[]).contains("line 4, column churn"));
    assert!(refusal("usage,churn\n1,red\n2,blue\n", &[]).contains("--event red"));
    assert!(refusal("usage,churn\n1,Yes\ninf,No\n", &[]).contains("line 3, column usage"));
    assert!(refusal("usage,churn\n1,Yes,3\n", &[]).contains("line: 2"));
    let same = "5,Yes\n5,No\n".repeat(40);
    let same = refusal(&format!("usage,churn\n{same}"), &[]);
    assert!(same.contains("no input is of use"), "{same}");
    let few = refusal(&customers(300), &["--folds-count", "1"]);
    assert!(few.contains("--folds-count"), "{few}");
}
