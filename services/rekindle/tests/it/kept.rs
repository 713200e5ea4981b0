//! The stack of `--keep`: the same data the next time, shared while it runs.

use std::fs;

use crate::run::{Folder, Waiting, code, stderr, stdout};

fn kept(script: &str) -> [&str; 6] {
    ["stack", "--keep", "--", "sh", "-c", script]
}

const COUNT: &str = "psql \"$OFFERS_DATABASE_URL\" -Atc 'select count(*) from kept'";
const MAKE: &str = "psql \"$OFFERS_DATABASE_URL\" -qc 'create table kept as select 1 as one'";

#[test]
fn kept_data_is_there_the_next_time() {
    let folder = Folder::new("kept");
    let made = folder.rekindle(&kept(MAKE)).output().unwrap();
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    let counted = folder.rekindle(&kept(COUNT)).output().unwrap();
    assert_eq!(stdout(&counted), "1", "{}", stderr(&counted));
}

#[test]
fn a_second_command_shares_the_kept_stack_that_is_up() {
    let folder = Folder::new("shared");
    let first = format!("{MAKE}; echo made; read line");
    let mut first = Waiting::start(folder.rekindle(&kept(&first)));
    assert_eq!(first.line(), "made");
    let counted = folder.rekindle(&kept(COUNT)).output().unwrap();
    assert_eq!(stdout(&counted), "1", "{}", stderr(&counted));
    let again = folder.rekindle(&kept(COUNT)).output().unwrap();
    assert_eq!(
        stdout(&again),
        "1",
        "the second command stopped nothing: {}",
        stderr(&again)
    );
    first.release();
    assert_eq!(first.code(), 0);
}

#[test]
fn kept_data_survives_a_kill_and_a_pid_file_that_names_a_stranger() {
    let folder = Folder::new("kept-killed");
    let first = format!("{MAKE}; echo made; read line");
    let mut first = Waiting::start(folder.rekindle(&kept(&first)));
    assert_eq!(first.line(), "made");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let counted = folder.rekindle(&kept(COUNT)).output().unwrap();
    assert_eq!(stdout(&counted), "1", "{}", stderr(&counted));

    // After a reboot the number of the old server may belong to anybody: here, to this test.
    let pid_file = folder.path().join(".rekindle/kept/postgres/postmaster.pid");
    fs::write(&pid_file, format!("{}\n", std::process::id())).unwrap();
    let counted = folder.rekindle(&kept(COUNT)).output().unwrap();
    assert_eq!(stdout(&counted), "1", "{}", stderr(&counted));
}

#[test]
fn data_of_another_postgres_version_is_refused_with_what_to_do() {
    let folder = Folder::new("other-version");
    let made = folder.rekindle(&kept("exit 0")).output().unwrap();
    assert_eq!(code(&made), 0, "{}", stderr(&made));
    fs::write(
        folder.path().join(".rekindle/kept/postgres/PG_VERSION"),
        "9\n",
    )
    .unwrap();
    let refused = folder.rekindle(&kept("exit 0")).output().unwrap();
    assert_eq!(code(&refused), 1);
    assert!(
        stderr(&refused).contains("was made by Postgres 9"),
        "{}",
        stderr(&refused)
    );
    assert!(stderr(&refused).contains("rm -r"), "{}", stderr(&refused));
}
