//! What a command finds on its stack, and what is left afterwards.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

use crate::run::{Folder, Waiting, code, is_alive, is_root, stderr, stdout};

const QUICK: [&str; 5] = ["stack", "--ephemeral-fast", "--", "sh", "-c"];

fn quick(script: &str) -> Vec<&str> {
    QUICK.into_iter().chain([script]).collect()
}

/// Prints the process of the stack's Postgres, then waits for a line.
const SHOW_AND_WAIT: &str =
    "head -n 1 .rekindle/runs/*/postgres/postmaster.pid; echo \"$DATABASE_URL\"; read line";

#[test]
fn a_command_finds_postgres_and_redis_and_gives_its_exit_code() {
    let folder = Folder::new("finds");
    let script = "for url in \"$DATABASE_URL\" \"$PROFILES_DATABASE_URL\" \
                  \"$LIFECYCLE_DATABASE_URL\" \"$OFFERS_DATABASE_URL\"; do \
                    psql \"$url\" -Atc 'select current_user, current_database()' || exit 1; \
                  done; test -S \"${REDIS_URL#redis+unix://}\" || exit 1; exit 7";
    let output = folder.rekindle(&quick(script)).output().unwrap();
    assert_eq!(code(&output), 7, "{}", stderr(&output));
    let expected = "rekindle|postgres\nrekindle_profiles|rekindle_profiles\n\
                    rekindle_lifecycle|rekindle_lifecycle\nrekindle_offers|rekindle_offers";
    assert_eq!(stdout(&output), expected);
    assert_eq!(folder.runs(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_service_role_owns_its_own_database_alone() {
    let folder = Folder::new("own-database");
    let script = "psql \"$OFFERS_DATABASE_URL\" -qc 'create schema of_offers' || exit 1; \
                  psql \"$OFFERS_DATABASE_URL\" -qc 'create database another' && exit 2; exit 0";
    let output = folder.rekindle(&quick(script)).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
}

#[test]
fn without_the_fast_option_commits_reach_the_disk() {
    let folder = Folder::new("durable");
    let show = "psql \"$DATABASE_URL\" -Atc 'show fsync'";
    let durable = folder
        .rekindle(&["stack", "--", "sh", "-c", show])
        .output()
        .unwrap();
    assert_eq!(stdout(&durable), "on", "{}", stderr(&durable));
    let fast = folder.rekindle(&quick(show)).output().unwrap();
    assert_eq!(stdout(&fast), "off", "{}", stderr(&fast));
}

#[test]
fn two_stacks_of_one_folder_run_side_by_side() {
    let folder = Folder::new("side-by-side");
    let mut one = Waiting::start(folder.rekindle(&quick("echo \"$DATABASE_URL\"; read line")));
    let mut other = Waiting::start(folder.rekindle(&quick("echo \"$DATABASE_URL\"; read line")));
    assert_ne!(one.line(), other.line());
    assert_eq!(folder.runs().len(), 2);
    one.release();
    other.release();
    assert_eq!((one.code(), other.code()), (0, 0));
}

#[test]
fn a_killed_run_is_cleared_away_by_the_next_one() {
    let folder = Folder::new("killed");
    let mut killed = Waiting::start(folder.rekindle(&quick(SHOW_AND_WAIT)));
    let postgres = killed.line();
    assert!(is_alive(&postgres));
    killed.child.kill().unwrap();
    killed.child.wait().unwrap();
    let output = folder
        .rekindle(&quick("ls .rekindle/runs | wc -l"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "1", "only the new run has a folder");
    assert!(
        !is_alive(&postgres),
        "the Postgres of the killed run is gone"
    );
}

#[test]
fn a_path_too_long_for_a_socket_is_no_obstacle() {
    let folder = Folder::new("long");
    let long = folder.path().join("x".repeat(110));
    let script = "psql \"$OFFERS_DATABASE_URL\" -Atc 'select 1'; \
                  dirname \"${REDIS_URL#redis+unix://}\"";
    let mut command = folder.rekindle(&quick(script));
    let output = command.env("REKINDLE_HOME", &long).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = stdout(&output);
    let (answer, sockets) = said.split_once('\n').unwrap();
    assert_eq!(answer, "1");
    assert!(sockets.starts_with("/tmp/rk-"), "{sockets}");
    assert!(!Path::new(sockets).exists(), "{sockets} is removed");
}

#[test]
fn a_folder_with_a_space_and_an_umlaut_works() {
    let folder = Folder::new("a space and ü");
    let script = "psql \"$OFFERS_DATABASE_URL\" -Atc 'select 1'";
    let output = folder.rekindle(&quick(script)).output().unwrap();
    assert_eq!(stdout(&output), "1", "{}", stderr(&output));
}

#[test]
fn given_servers_are_used_and_get_the_missing_databases() {
    let folder = Folder::new("given");
    let rekindle = env!("CARGO_BIN_EXE_rekindle");
    let inner =
        "echo \"$DATABASE_URL\"; psql \"$OFFERS_DATABASE_URL\" -Atc 'select current_database()'";
    let outer = format!(
        "echo \"$DATABASE_URL\"; psql \"$DATABASE_URL\" -qc 'drop database rekindle_offers'; \
         env -u PROFILES_DATABASE_URL -u LIFECYCLE_DATABASE_URL -u OFFERS_DATABASE_URL \
         '{rekindle}' stack -- sh -c '{}'",
        inner.replace('\'', "'\\''")
    );
    let output = folder.rekindle(&quick(&outer)).output().unwrap();
    let said = stdout(&output);
    let lines: Vec<&str> = said.lines().collect();
    let [outer_url, inner_url, database] = lines[..] else {
        panic!("{said}\n{}", stderr(&output));
    };
    assert_eq!(outer_url, inner_url);
    assert_eq!(database, "rekindle_offers");
}

#[test]
fn a_missing_postgres_is_named_with_what_to_do() {
    let folder = Folder::new("missing");
    let mut command = folder.rekindle(&["--json", "stack", "--", "true"]);
    let output = command
        .env("REKINDLE_PG_BIN", "/nonexistent")
        .output()
        .unwrap();
    assert_eq!(code(&output), 69);
    let error: serde_json::Value = serde_json::from_str(&stderr(&output)).unwrap();
    let what_to_do = error["error"]["what_to_do"].as_str().unwrap();
    assert!(what_to_do.contains("REKINDLE_PG_BIN"), "{error}");
}

#[test]
fn a_missing_command_is_an_error_and_leaves_nothing() {
    let folder = Folder::new("no-command");
    let arguments = ["stack", "--ephemeral-fast", "--", "./no-such-program"];
    let output = folder.rekindle(&arguments).output().unwrap();
    assert_eq!(code(&output), 69);
    assert!(stderr(&output).contains("no-such-program"));
    assert_eq!(folder.runs().len(), 0);
}

#[test]
fn root_without_user_namespaces_runs_postgres_as_another_account() {
    if !is_root() {
        println!("skipped: only root needs another account");
        return;
    }
    let folder = Folder::new("account");
    // A PATH without unshare is a machine without user namespaces.
    let path = folder.path().join("path");
    fs::create_dir(&path).unwrap();
    for program in ["sh", "ls"] {
        symlink(Path::new("/bin").join(program), path.join(program)).unwrap();
    }
    let mut command = folder.rekindle(&[
        "stack",
        "--ephemeral-fast",
        "--",
        "/bin/sh",
        "-c",
        "PATH=/usr/bin:/bin; echo \"$REDIS_URL\"; psql \"$OFFERS_DATABASE_URL\" -Atc 'select 1'; \
         read line",
    ]);
    command.env("PATH", &path).env_remove("REKINDLE_PG_BIN");
    let mut waiting = Waiting::start(command);
    let socket = waiting.line().replace("redis+unix://", "");
    assert_eq!(waiting.line(), "1");
    let run = Path::new(&socket).parent().unwrap().to_owned();
    assert_ne!(
        fs::metadata(run.join("postgres/postmaster.pid"))
            .unwrap()
            .uid(),
        0
    );
    waiting.release();
    assert_eq!(waiting.code(), 0);
    assert!(!run.exists());
}
