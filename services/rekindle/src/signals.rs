//! The signals that ask a command to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::failure::Failure;

/// One request to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C on the terminal.
    Interrupt,
    /// `kill`, a service manager, a CI runner at its time limit.
    Terminate,
    /// The terminal went away.
    HangUp,
}

impl StopSignal {
    /// The exit code a shell expects of a program that ended by this signal.
    pub fn exit_code(self) -> u8 {
        128 + match self {
            Self::HangUp => 1,
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }

    /// The same signal, to be passed on to a child.
    pub fn to_pass_on(self) -> nix::sys::signal::Signal {
        match self {
            Self::Interrupt => nix::sys::signal::Signal::SIGINT,
            Self::Terminate => nix::sys::signal::Signal::SIGTERM,
            Self::HangUp => nix::sys::signal::Signal::SIGHUP,
        }
    }
}

/// Catches the stop signals from the moment it is made.
#[derive(Debug)]
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl StopSignals {
    /// Starts catching; without it a signal would leave Postgres and Redis running.
    pub fn listen() -> Result<Self, Failure> {
        let catch = |kind| {
            signal(kind)
                .map_err(|source| Failure::failed(format!("signals cannot be caught: {source}")))
        };
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
            hang_up: catch(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> StopSignal {
        tokio::select! {
            _ = self.interrupt.recv() => StopSignal::Interrupt,
            _ = self.terminate.recv() => StopSignal::Terminate,
            _ = self.hang_up.recv() => StopSignal::HangUp,
        }
    }
}
