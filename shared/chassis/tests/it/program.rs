//! A program from its start to its exit code.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The example beside the test's own executable; `cargo test` builds both.
fn example() -> Command {
    let test = std::env::current_exe().unwrap();
    let program: PathBuf = test
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("examples/echo_program");
    assert!(
        program.exists(),
        "run `cargo test -p chassis`, which builds the examples too"
    );
    let mut command = Command::new(program);
    command.env("REKINDLE_OTHER__NONSENSE", "1");
    command
}

fn run(arguments: &[&str]) -> Output {
    example().args(arguments).output().unwrap()
}

/// Starts the example and waits for the line that says where it listens.
fn started(linger_ms: u64) -> (Child, String) {
    let mut child = example()
        .env("REKINDLE_EXAMPLE__LINGER_MS", linger_ms.to_string())
        .env("REKINDLE__PROCESS__SERVE__DRAIN_MS", "20000")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, line)
}

fn signal(child: &Child) {
    let sent = Command::new("kill")
        .arg("-TERM")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn it_says_where_it_listens_and_ends_well_when_told() {
    let (mut child, line) = started(100);
    let address = line
        .strip_prefix("example ready at http://")
        .unwrap()
        .trim();
    assert!(std::net::TcpStream::connect(address).is_ok());
    let asked = Instant::now();
    signal(&child);
    assert!(child.wait().unwrap().success());
    assert!(
        asked.elapsed() >= Duration::from_millis(100),
        "its task had time to finish"
    );
}

#[test]
fn a_second_signal_insists() {
    let (mut child, _) = started(60_000);
    signal(&child);
    let asked = Instant::now();
    // The first signal may still be on its way: two of a kind at once count as one.
    while child.try_wait().unwrap().is_none() {
        signal(&child);
        std::thread::yield_now();
        assert!(
            asked.elapsed() < Duration::from_secs(10),
            "it does not listen"
        );
    }
}

#[test]
fn bad_settings_and_arguments_are_explained_with_exit_code_64() {
    for arguments in [&["--nonsense"][..], &["--config", "/nonexistent.toml"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    let misspelt = example()
        .env("REKINDLE__PROCESS__SERVE__LISTN", "x")
        .output()
        .unwrap();
    assert_eq!(misspelt.status.code(), Some(64));
    assert!(
        String::from_utf8(misspelt.stderr)
            .unwrap()
            .contains("listn")
    );
}

#[test]
fn settings_are_checked_and_printed_without_serving() {
    assert!(run(&["--check-config"]).status.success());
    let printed = run(&["--print-config"]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(
        text.contains("[process.serve]") && text.contains("linger_ms = 0"),
        "{text}"
    );
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    assert!(help.contains("usage: example"));
}

#[test]
fn a_failure_is_told_with_exit_code_1() {
    let output = run(&["migrate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("nothing to migrate")
    );
}
