//! The simulated calendar: everything that runs, Postgres among it, reads a clock that is moved forward
//! by what a file says. No service knows of it.

use std::os::unix::fs::FileExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use rekindle::failure::Failure;

/// What is loaded before libc. libfaketime reads its file in signal handlers of Postgres, whose timers
/// were lost by that, and once its memory.
const SOURCE: &str = include_str!("clock.c");
/// Names the file to it; who knows it is moved already.
pub(crate) const FILE: &str = "REKINDLE_YEAR_CLOCK";

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
            return Ok(Self {
                file: file.to_owned(),
                moved_seconds: 0,
            });
        }
        let file = std::env::temp_dir().join(format!("bench-year-{}.clock", std::process::id()));
        std::fs::write(&file, 0_u64.to_ne_bytes()).map_err(|error| not_written(&file, &error))?;
        // Removes both when this program does not start again.
        let calendar = Self {
            file,
            moved_seconds: 0,
        };
        let library = calendar.build_library()?;
        let ours = std::env::current_exe()
            .map_err(|error| Failure::failed(format!("bench cannot find itself: {error}")))?;
        let error = Command::new(ours)
            .args(std::env::args_os().skip(1))
            .env("LD_PRELOAD", library)
            .env(FILE, &calendar.file)
            .exec();
        Err(Failure::failed(format!(
            "bench does not start again: {error}"
        )))
    }

    fn library(&self) -> PathBuf {
        self.file.with_extension("so")
    }

    fn build_library(&self) -> Result<PathBuf, Failure> {
        let (source, library) = (self.file.with_extension("c"), self.library());
        std::fs::write(&source, SOURCE).map_err(|error| not_written(&source, &error))?;
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-o"])
            .args([&library, &source])
            .output();
        // Nothing is lost when it stays behind.
        let _ = std::fs::remove_file(&source);
        let advice = "a C compiler is needed (Debian, Ubuntu: apt-get install gcc libc6-dev)";
        match built {
            Ok(built) if built.status.success() => Ok(library),
            Ok(built) => {
                let said = String::from_utf8_lossy(&built.stderr);
                Err(Failure::failed(format!("the clock cannot be built: {said}")).advice(advice))
            }
            Err(error) => {
                Err(Failure::unavailable(format!("cc does not start: {error}")).advice(advice))
            }
        }
    }

    /// Moves all clocks forward. Every process reads them anew each time.
    pub(super) fn forward(&mut self, days: u64) -> Result<(), Failure> {
        self.moved_seconds += days * DAY;
        std::fs::OpenOptions::new()
            .write(true)
            .open(&self.file)
            .and_then(|file| file.write_all_at(&self.moved_seconds.to_ne_bytes(), 0))
            .map_err(|error| not_written(&self.file, &error))
    }

    /// How far the clocks were moved.
    pub(super) fn moved_days(&self) -> u64 {
        self.moved_seconds / DAY
    }
}

impl Drop for Calendar {
    fn drop(&mut self) {
        // Nothing is lost when two small files stay behind.
        let _ = std::fs::remove_file(&self.file);
        let _ = std::fs::remove_file(self.library());
    }
}

fn not_written(file: &Path, error: &std::io::Error) -> Failure {
    let shown = file.display();
    Failure::failed(format!("{shown} cannot be written: {error}"))
}

/// The simulated instant, in seconds.
#[expect(clippy::disallowed_methods, reason = "this clock is the simulated one")]
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
