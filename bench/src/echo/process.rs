//! An echo started as a child of ours.

use std::process::Stdio;
use std::time::Duration;

use rekindle::failure::Failure;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const START_PATIENCE: Duration = Duration::from_secs(10);

/// An echo in a process of its own; gone when dropped.
#[derive(Debug)]
pub(crate) struct EchoProcess {
    child: Child,
    port: u16,
}

impl EchoProcess {
    /// Starts an echo, which asks `next` first if there is one.
    pub(crate) async fn start(next: Option<&Self>) -> Result<Self, Failure> {
        let failed = |what: &dyn std::fmt::Display| {
            Failure::failed(format!("the echo does not start: {what}"))
        };
        let ourselves = std::env::current_exe().map_err(|error| failed(&error))?;
        let mut command = Command::new(ourselves);
        command.arg("echo");
        if let Some(next) = next {
            command.arg("--next").arg(next.uri());
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(&error))?;
        let output = child
            .stdout
            .take()
            .ok_or_else(|| failed(&"it has no output"))?;
        let mut lines = BufReader::new(output).lines();
        let line = timeout(START_PATIENCE, lines.next_line())
            .await
            .map_err(|_| failed(&"it says nothing"))?
            .map_err(|error| failed(&error))?
            .unwrap_or_default();
        let port = line.trim().parse().map_err(|error| failed(&error))?;
        Ok(Self { child, port })
    }

    /// Its address.
    pub(crate) fn uri(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The number of its process.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.child.id()
    }
}
