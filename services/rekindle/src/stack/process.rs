//! A server process of ours: its log, its end, and the leftovers of a run that was killed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval, timeout};

use crate::failure::Failure;

/// How often a condition is looked at that nothing announces.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How long a process may take to die of a signal that it cannot refuse.
const DEATH_PATIENCE: Duration = Duration::from_secs(5);

/// The ending of the files that name the process of a server, for the next run to find.
const RECORD_ENDING: &str = "process";

/// How a process is asked to stop, and how it is made to.
#[derive(Debug, Clone, Copy)]
pub struct StopSignals {
    /// Finishes what is under way.
    pub gentle: Signal,
    /// Ends at once.
    pub firm: Signal,
    /// How long the gentle way may take.
    pub patience: Duration,
}

/// What to start.
#[derive(Debug)]
pub struct ServerCommand<'a> {
    /// What it is called in messages, and its log.
    pub name: &'a str,
    /// The program and its arguments.
    pub command: Command,
    /// Where the log goes and the note that names the process.
    pub folder: &'a Path,
    /// A part of its command line that no other process has.
    pub mark: &'a str,
    /// How it is stopped.
    pub stop_signals: StopSignals,
}

/// How a server is stopped that nobody waits for any more.
const LEFTOVER: StopSignals = StopSignals {
    gentle: Signal::SIGTERM,
    firm: Signal::SIGKILL,
    patience: Duration::from_secs(5),
};

/// A running server.
#[derive(Debug)]
pub struct ServerProcess {
    name: String,
    child: Child,
    log: PathBuf,
    record: PathBuf,
    stop_signals: StopSignals,
    ended: Option<ExitStatus>,
}

impl ServerProcess {
    /// Starts a server whose output goes to its log, out of reach of the terminal's Ctrl-C: it is
    /// stopped in order, by us.
    pub fn spawn(server: ServerCommand<'_>) -> Result<Self, Failure> {
        let ServerCommand {
            name,
            mut command,
            folder,
            mark,
            stop_signals,
        } = server;
        let log = folder.join(format!("{name}.log"));
        let open = || -> io::Result<(File, File)> {
            let file = OpenOptions::new().create(true).append(true).open(&log)?;
            Ok((file.try_clone()?, file))
        };
        let (output, errors) = open().map_err(|source| unwritable(&log, &source))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(|source| {
                let program = command
                    .as_std()
                    .get_program()
                    .to_string_lossy()
                    .into_owned();
                Failure::unavailable(format!("{name}: {program} does not start: {source}"))
            })?;
        let record = folder.join(format!("{name}.{RECORD_ENDING}"));
        let process = Self {
            name: name.to_owned(),
            child,
            log,
            record,
            stop_signals,
            ended: None,
        };
        let id = process.id().unwrap_or_default();
        fs::write(&process.record, format!("{id}\n{mark}\n"))
            .map_err(|source| unwritable(&process.record, &source))?;
        Ok(process)
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its output goes.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.wait().await.ok();
        }
        self.ended
    }

    fn is_over(&mut self) -> bool {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().ok().flatten();
        }
        self.ended.is_some()
    }

    /// Waits until `is_ready` says so; an end before that, or none within `patience`, is a failure
    /// that shows the last lines of the log.
    pub async fn ready(
        &mut self,
        patience: Duration,
        mut is_ready: impl AsyncFnMut(u32) -> bool,
    ) -> Result<(), Failure> {
        let deadline = Instant::now() + patience;
        let mut look_again = interval(LOOK_AGAIN);
        loop {
            look_again.tick().await;
            let (false, Some(id)) = (self.is_over(), self.id()) else {
                return Err(self.failure("ended instead of starting"));
            };
            if is_ready(id).await {
                return Ok(());
            }
            if Instant::now() > deadline {
                let seconds = patience.as_secs();
                return Err(self.failure(&format!("is not ready after {seconds} s")));
            }
        }
    }

    /// A failure of this process that shows the end of its log.
    pub fn failure(&self, what: &str) -> Failure {
        let ending = self
            .ended
            .map(|status| format!(" ({status})"))
            .unwrap_or_default();
        let tail = log_tail(&self.log, 12);
        Failure::unavailable(format!("{} {what}{ending}\n{tail}", self.name))
            .advice("the lines above are the end of its log; rekindle doctor checks the machine")
    }

    /// Stops it gently, then firmly, then for good; never takes much longer than its patience.
    pub async fn stop(&mut self) {
        let signals = self.stop_signals;
        for (signal, patience) in [
            (signals.gentle, signals.patience),
            (signals.firm, DEATH_PATIENCE),
            (Signal::SIGKILL, DEATH_PATIENCE),
        ] {
            if self.is_over() {
                break;
            }
            self.send(signal);
            if let Ok(status) = timeout(patience, self.child.wait()).await {
                self.ended = status.ok();
                break;
            }
        }
        // A note that stays behind does no harm: the next run sees that the process is gone.
        let _ = fs::remove_file(&self.record);
    }

    /// Asks it to stop, without waiting.
    pub fn ask_to_stop(&self) {
        self.send(self.stop_signals.gentle);
    }

    fn send(&self, signal: Signal) {
        if let Some(pid) = self.id().and_then(process_id) {
            // It may have ended by itself in this very moment.
            let _ = kill(pid, signal);
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Only on the way out of a panic or of a second Ctrl-C: nobody can wait here.
        if !self.is_over() {
            self.send(self.stop_signals.firm);
        }
    }
}

fn process_id(id: u32) -> Option<Pid> {
    i32::try_from(id)
        .ok()
        .filter(|id| *id > 1)
        .map(Pid::from_raw)
}

/// Stops the servers of an earlier run that was killed, by the notes it left in `folder`.
pub(super) async fn stop_leftovers(folder: &Path) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    for file in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if file
            .extension()
            .is_none_or(|ending| ending != RECORD_ENDING)
        {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Some((id, mark)) = text.trim_end().split_once('\n')
            && let Ok(id) = id.parse()
            && !mark.is_empty()
        {
            stop_leftover(id, mark, LEFTOVER).await?;
        }
        fs::remove_file(&file).map_err(|source| unwritable(&file, &source))?;
    }
    Ok(())
}

/// Stops the process `id` of an earlier run, when it still is the one whose command line holds
/// `mark`; another process that got the same number is left alone.
pub(super) async fn stop_leftover(
    id: u32,
    mark: &str,
    signals: StopSignals,
) -> Result<(), Failure> {
    let Some(pid) = process_id(id) else {
        return Ok(());
    };
    for (signal, patience) in [
        (signals.gentle, signals.patience),
        (signals.firm, DEATH_PATIENCE),
        (Signal::SIGKILL, DEATH_PATIENCE),
    ] {
        if !command_line(id).contains(mark) {
            return Ok(());
        }
        match kill(pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(source) => {
                let message = format!("process {id} of an earlier run cannot be stopped: {source}");
                return Err(Failure::failed(message).advice(format!("stop it: sudo kill {id}")));
            }
        }
        let deadline = Instant::now() + patience;
        let mut look_again = interval(LOOK_AGAIN);
        while command_line(id).contains(mark) && Instant::now() < deadline {
            look_again.tick().await;
        }
    }
    Ok(())
}

/// The command line of a process; empty when there is none, or when it is over and unreaped.
fn command_line(id: u32) -> String {
    let proc = PathBuf::from(format!("/proc/{id}/cmdline"));
    if Path::new("/proc/self").exists() {
        return fs::read(proc)
            .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
            .unwrap_or_default();
    }
    // No /proc, as on macOS.
    std::process::Command::new("ps")
        .args(["-o", "command=", "-p", &id.to_string()])
        .output()
        .map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned())
        .unwrap_or_default()
}

fn unwritable(file: &Path, source: &io::Error) -> Failure {
    Failure::failed(format!("{} cannot be written: {source}", file.display()))
        .advice("make its folder writable for yourself, or name another one in REKINDLE_HOME")
}

/// The last lines of a log, indented for a message.
pub fn log_tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let first = all.len().saturating_sub(lines);
    let tail = all.get(first..).unwrap_or_default();
    format!("    {}", tail.join("\n    "))
}
