//! `up` and `doctor` with services that do not do what they should; the stories of `tests/e2e` use
//! the real ones.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::run::{Folder, code, stderr, stdout};

/// A copy of `rekindle` with three services that are this script.
fn rekindle_with_services(folder: &Folder, script: &str) -> PathBuf {
    let programs = folder.path().join("programs");
    fs::create_dir(&programs).unwrap();
    let rekindle = programs.join("rekindle");
    fs::copy(env!("CARGO_BIN_EXE_rekindle"), &rekindle).unwrap();
    for service in ["profiles", "lifecycle", "offers"] {
        let program = programs.join(service);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    rekindle
}

#[test]
fn a_service_that_ends_at_once_stops_everything_and_shows_its_log() {
    let folder = Folder::new("ends-at-once");
    let script = "test \"$1\" = migrate && exit 0; echo 'no such setting: colour' >&2; exit 64";
    let rekindle = rekindle_with_services(&folder, script);
    let output = folder
        .program(&rekindle, &["up", "--port-base", "0"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 69, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("no such setting: colour"),
        "{}",
        stderr(&output)
    );
    assert_eq!(folder.runs().len(), 0);
}

#[test]
fn a_failed_migration_is_shown_and_nothing_starts() {
    let folder = Folder::new("migration");
    let script = "test \"$1\" = migrate && { echo 'relation exists' >&2; exit 1; }; touch started";
    let rekindle = rekindle_with_services(&folder, script);
    let output = folder
        .program(&rekindle, &["up", "--port-base", "0"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("relation exists"),
        "{}",
        stderr(&output)
    );
    assert!(!folder.path().join("started").exists());
}

#[test]
fn a_missing_service_is_named_with_how_to_build_it() {
    let folder = Folder::new("not-built");
    let rekindle = rekindle_with_services(&folder, "exit 0");
    fs::remove_file(rekindle.with_file_name("lifecycle")).unwrap();
    let output = folder
        .program(&rekindle, &["up", "--port-base", "0"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 69);
    assert!(
        stderr(&output).contains("cargo build -p profiles"),
        "{}",
        stderr(&output)
    );
    assert_eq!(folder.runs().len(), 0);
}

#[test]
fn a_taken_port_is_named_with_what_to_do() {
    let folder = Folder::new("taken-port");
    let rekindle = rekindle_with_services(&folder, "exit 0");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = folder
        .program(&rekindle, &["up", "--port-base", &port])
        .output()
        .unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(
        stderr(&output).contains("--port-base"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_doctor_names_what_is_broken_and_what_to_do() {
    let folder = Folder::new("doctor");
    let rekindle = rekindle_with_services(&folder, "exit 0");
    let mut command = folder.program(&rekindle, &["--json", "doctor"]);
    // Nobody listens on port 1, whatever runs on this machine.
    for variable in [
        "REKINDLE_PROFILES_URL",
        "REKINDLE_LIFECYCLE_URL",
        "REKINDLE_OFFERS_URL",
    ] {
        command.env(variable, "http://127.0.0.1:1");
    }
    let healthy = command.output().unwrap();
    assert_eq!(code(&healthy), 0, "{}", stdout(&healthy));
    fs::remove_file(rekindle.with_file_name("offers")).unwrap();
    let broken = command.output().unwrap();
    assert_eq!(code(&broken), 1);
    let report: serde_json::Value = serde_json::from_str(&stdout(&broken)).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let offers = checks
        .iter()
        .find(|check| check["name"] == "offers program")
        .unwrap();
    assert_eq!(offers["state"], "broken");
    assert!(
        offers["what_to_do"]
            .as_str()
            .is_some_and(|text| text.contains("cargo build"))
    );
}
