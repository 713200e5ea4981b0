//! A few simulated weeks through the real services, as `./dev bench year` plays a year.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the benchmark starts beside itself.
const PROGRAMS: [&str; 4] = ["rekindle", "profiles", "lifecycle", "offers"];

#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn skip(why: &str) {
    eprintln!("SKIPPED: no simulated weeks were played: {why}");
}

#[test]
fn weeks_go_by_and_windows_are_settled() {
    let bench = Path::new(env!("CARGO_BIN_EXE_bench"));
    for program in PROGRAMS {
        if !bench.with_file_name(program).is_file() {
            return skip(&format!("{program} is not built beside bench"));
        }
    }
    let played = Command::new(bench)
        .args(["year", "--json", "--calls", "160", "--weeks", "2"])
        .args(["--ripening-weeks", "5", "--offers", "3", "--in-flight", "4"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        // Their clocks are not moved.
        .env_remove("DATABASE_URL")
        .env_remove("REDIS_URL")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&played.stdout);
    let complained = String::from_utf8_lossy(&played.stderr);
    assert!(played.status.success(), "{said}{complained}");
    let document: Value = serde_json::from_str(&said).unwrap();
    let year = &document["year"];
    assert_eq!(year["calls"], 160);
    assert_eq!(year["simulated_days"], 42);
    assert_eq!(year["degraded"], 0, "{year}");
    let offers = year["offers"].as_array().unwrap();
    assert_eq!(offers.len(), 3);
    let side = |name: &str| -> u64 {
        let calls = offers.iter().map(|offer| offer[name].as_u64().unwrap());
        calls.sum()
    };
    // Every offer counts on its side, and both sides are there. On a slow machine something is learnt
    // before the last call, and now and then offering nothing is drawn, which is on neither.
    let offered = year["offered"].as_u64().unwrap();
    assert_eq!(side("offered_calls"), offered, "{year}");
    assert!(
        (1..=160 - offered).contains(&side("held_out_calls")),
        "{year}"
    );
    let known = |window: &str| {
        let offers = offers.iter();
        offers
            .filter(|offer| offer["estimates"].get(window).is_some())
            .count()
    };
    // After 42 days the windows of 30 days are settled, and those of 90 are not.
    assert!(known("lift_30") > 0, "{year}");
    assert_eq!(known("lift_90"), 0, "{year}");
    assert!(year["left_later"].as_u64().unwrap() > 0, "{year}");
}
