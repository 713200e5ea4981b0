//! A command that a person wants run on what was started.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use nix::sys::signal::kill;
use nix::unistd::Pid;
use tokio::process::Command;

use crate::failure::Failure;
use crate::signals::{StopSignal, StopSignals};

/// Runs the command with these variables added, passes signals on, and answers with its exit code.
///
/// A second signal kills it.
pub(super) async fn run_child(
    command: &[OsString],
    environment: Vec<(&'static str, OsString)>,
    signals: &mut StopSignals,
) -> Result<u8, Failure> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(0);
    };
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| {
            let program = program.to_string_lossy();
            Failure::unavailable(format!("{program} does not start: {source}"))
                .advice("name a program on PATH, or its path; arguments follow it")
        })?;
    let pid = child
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .map(Pid::from_raw);
    let mut was_asked = false;
    loop {
        let signal = tokio::select! {
            ended = child.wait() => {
                let status = ended.map_err(|source| {
                    Failure::failed(format!("the command was lost: {source}"))
                })?;
                return Ok(exit_code(status));
            }
            signal = signals.next() => signal,
        };
        if was_asked {
            // It may have ended by itself in this very moment.
            let _ = child.start_kill();
            continue;
        }
        was_asked = true;
        // The terminal has already sent its Ctrl-C to the child, which is in our process group.
        let came_from_terminal = signal == StopSignal::Interrupt && std::io::stdin().is_terminal();
        if let Some(pid) = pid
            && !came_from_terminal
        {
            let _ = kill(pid, signal.to_pass_on());
        }
    }
}

/// As a shell tells it: the code, or 128 and the number of the signal.
fn exit_code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}
