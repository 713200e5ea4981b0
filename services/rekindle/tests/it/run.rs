//! Starts `rekindle` in a folder of its own and talks to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// The variables that would make a stack use what the test run itself was given.
const OF_THE_TEST_RUN: [&str; 7] = [
    "DATABASE_URL",
    "REDIS_URL",
    "PROFILES_DATABASE_URL",
    "LIFECYCLE_DATABASE_URL",
    "OFFERS_DATABASE_URL",
    "REKINDLE_HOME",
    "REKINDLE_REDIS_SERVER",
];

/// A folder that one test has for itself; removed at its end.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if path.exists() {
            fs::remove_dir_all(&path).unwrap();
        }
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folders of the stacks that are there at this moment.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path.join(".rekindle/runs"));
        entries
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            .collect()
    }

    /// `rekindle` with these arguments, in this folder.
    pub(crate) fn rekindle(&self, arguments: &[&str]) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_rekindle")), arguments)
    }

    /// Another copy of `rekindle`, in this folder.
    pub(crate) fn program(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&self.path)
            .stdin(Stdio::null());
        for variable in OF_THE_TEST_RUN {
            command.env_remove(variable);
        }
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// The exit code of a run; shows what was said when the run was killed.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// A `rekindle` whose command waits for a line on its stdin.
pub(crate) struct Waiting {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Waiting {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            stdin,
            stdout,
        }
    }

    /// The next line that the command prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let length = self.stdout.read_line(&mut line).unwrap();
        if length == 0 {
            let mut said = String::new();
            self.child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("the command ended without another line: {said}");
        }
        line.trim().to_owned()
    }

    /// Lets the command end.
    pub(crate) fn release(&mut self) {
        if let Some(mut stdin) = self.stdin.take() {
            writeln!(stdin, "go on").unwrap();
        }
    }

    /// Sends a signal to `rekindle` alone.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name, &id])
            .status();
        assert!(status.unwrap().success(), "no signal reaches process {id}");
    }

    pub(crate) fn code(mut self) -> i32 {
        let status = self.child.wait().unwrap();
        status.code().unwrap_or_else(|| panic!("{status}"))
    }
}

/// Whether a process runs. One that is over and that nobody has asked after yet does not.
pub(crate) fn is_alive(id: &str) -> bool {
    let script = "kill -0 \"$1\" 2>&- && ! grep -q '^State:.Z' \"/proc/$1/status\" 2>&-";
    let status = Command::new("sh").args(["-c", script, "sh", id]).status();
    status.unwrap().success()
}

/// Whether the tests run as root, who has two more ways to start Postgres.
pub(crate) fn is_root() -> bool {
    let answer = Command::new("id").arg("-u").output().unwrap();
    stdout(&answer) == "0"
}
