//! How a stack ends when somebody wants it to.

use crate::run::{Folder, Waiting, is_alive};

/// Prints the process of the stack's Postgres, then waits, and says which signal it got. A signal that
/// comes right before bash begins to read is seen when it has read, so that it must not read for ever.
const WAIT_FOR_A_SIGNAL: &str = "trap 'echo terminated; exit 9' TERM; \
    trap 'echo interrupted; exit 8' INT; \
    head -n 1 .rekindle/runs/*/postgres/postmaster.pid; \
    while true; do read -t 1 line || test $? -gt 128 || exit 1; done";

fn waiting_for_a_signal(folder: &Folder) -> (Waiting, String) {
    let arguments = [
        "stack",
        "--ephemeral-fast",
        "--",
        "bash",
        "-c",
        WAIT_FOR_A_SIGNAL,
    ];
    let mut waiting = Waiting::start(folder.rekindle(&arguments));
    let postgres = waiting.line();
    assert!(is_alive(&postgres));
    (waiting, postgres)
}

#[test]
fn a_termination_is_passed_on_and_everything_stops() {
    let folder = Folder::new("terminated");
    let (mut waiting, postgres) = waiting_for_a_signal(&folder);
    waiting.signal("TERM");
    assert_eq!(waiting.line(), "terminated");
    assert_eq!(waiting.code(), 9);
    assert!(!is_alive(&postgres));
    assert_eq!(folder.runs().len(), 0);
}

#[test]
fn an_interrupt_without_a_terminal_is_passed_on() {
    let folder = Folder::new("interrupted");
    let (mut waiting, postgres) = waiting_for_a_signal(&folder);
    waiting.signal("INT");
    assert_eq!(waiting.line(), "interrupted");
    assert_eq!(waiting.code(), 8);
    assert!(!is_alive(&postgres));
}

#[test]
fn a_command_that_ignores_signals_is_killed_by_the_second_one() {
    let folder = Folder::new("stubborn");
    let script = "trap 'echo ignored' TERM; echo ready; \
         while true; do read -t 1 line || test $? -gt 128 || exit 1; done";
    let arguments = ["stack", "--ephemeral-fast", "--", "bash", "-c", script];
    let mut waiting = Waiting::start(folder.rekindle(&arguments));
    assert_eq!(waiting.line(), "ready");
    waiting.signal("TERM");
    assert_eq!(waiting.line(), "ignored");
    waiting.signal("TERM");
    assert_eq!(waiting.code(), 128 + 9);
    assert_eq!(folder.runs().len(), 0);
}

#[test]
fn clients_that_stay_connected_do_not_hold_postgres_up() {
    let folder = Folder::new("clients");
    let script = "psql \"$DATABASE_URL\" -c 'select pg_sleep(600)' 2>&- & \
         asks=\"select 'yes' from pg_stat_activity where wait_event = 'PgSleep'\"; \
         until test \"$(psql \"$DATABASE_URL\" -Atc \"$asks\")\" = yes; do :; done; \
         head -n 1 .rekindle/runs/*/postgres/postmaster.pid";
    let arguments = ["stack", "--ephemeral-fast", "--", "bash", "-c", script];
    let mut waiting = Waiting::start(folder.rekindle(&arguments));
    let postgres = waiting.line();
    assert_eq!(waiting.code(), 0);
    assert!(!is_alive(&postgres));
}
