//! The simulated calendar: everything that runs, Postgres among it, reads a clock that libfaketime
//! moves forward by what a file says. No service knows of it.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rekindle::failure::Failure;

/// Where distributions put the library; the second name on other processors follows by search.
const FOLDERS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
];
/// The variant for programs with threads.
const LIBRARY: &str = "libfaketimeMT.so.1";
/// Names the file to the library; who knows it is moved already.
pub(crate) const FILE: &str = "FAKETIME_TIMESTAMP_FILE";

/// The seconds of a day.
pub(super) const DAY: u64 = 86_400;

/// A calendar that is moved forward.
#[derive(Debug)]
pub(super) struct Calendar {
    file: PathBuf,
    moved_seconds: u64,
}

impl Calendar {
    /// The calendar of this process, if it was started under one; otherwise starts this program again
    /// under one, which does not return.
    pub(super) fn open(file: Option<&Path>) -> Result<Self, Failure> {
        if let Some(file) = file {
            let calendar = Self {
                file: file.to_owned(),
                moved_seconds: 0,
            };
            calendar.write()?;
            return Ok(calendar);
        }
        let library = library().ok_or_else(|| {
            Failure::unavailable("there is no libfaketime on this machine").advice(
                "install it (Debian, Ubuntu: apt-get install libfaketime); a year cannot be played \
                 without moving the clocks",
            )
        })?;
        let file = std::env::temp_dir().join(format!("bench-year-{}.clock", std::process::id()));
        let calendar = Self {
            file: file.clone(),
            moved_seconds: 0,
        };
        calendar.write()?;
        let ours = std::env::current_exe()
            .map_err(|error| Failure::failed(format!("bench cannot find itself: {error}")))?;
        let error = Command::new(ours)
            .args(std::env::args_os().skip(1))
            .env("LD_PRELOAD", library)
            .env(FILE, &file)
            // Timers go by the monotonic clock, which is left alone; so are the times of files.
            .envs([("FAKETIME_DONT_FAKE_MONOTONIC", "1"), ("NO_FAKE_STAT", "1")])
            // Every process reads the file again when a real second has gone by.
            .envs([
                ("FAKETIME_CACHE_DURATION", "0"),
                ("FAKETIME_DISABLE_SHM", "1"),
            ])
            .exec();
        Err(Failure::failed(format!(
            "bench does not start again: {error}"
        )))
    }

    fn write(&self) -> Result<(), Failure> {
        let shown = self.file.display();
        // Another name first, so that nobody reads half a line.
        let next = self.file.with_extension("next");
        std::fs::write(&next, format!("+{}\n", self.moved_seconds))
            .and_then(|()| std::fs::rename(&next, &self.file))
            .map_err(|error| Failure::failed(format!("{shown} cannot be written: {error}")))
    }

    /// Moves all clocks forward and waits until every process has noticed.
    #[expect(
        clippy::disallowed_methods,
        reason = "what is waited for is a clock, and nobody else announces it"
    )]
    pub(super) async fn forward(&mut self, days: u64) -> Result<(), Failure> {
        self.moved_seconds += days * DAY;
        self.write()?;
        // What was read is good until the second turns: after a turn nobody has the old one.
        tokio::time::sleep(Duration::from_millis(1_050)).await;
        Ok(())
    }

    /// How far the clocks were moved.
    pub(super) fn moved_days(&self) -> u64 {
        self.moved_seconds / DAY
    }
}

impl Drop for Calendar {
    fn drop(&mut self) {
        // Nothing is lost when a file of some bytes stays behind.
        let _ = std::fs::remove_file(&self.file);
    }
}

fn library() -> Option<PathBuf> {
    FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(LIBRARY))
        .find(|file| file.is_file())
}

/// The simulated instant, in seconds.
#[expect(clippy::disallowed_methods, reason = "this clock is the simulated one")]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
