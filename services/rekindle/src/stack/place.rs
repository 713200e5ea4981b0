//! The folder of one stack: who holds it, where its sockets fit, and what a killed run left in it.
//!
//! ```text
//! .rekindle/lock          held while folders are made or swept
//! .rekindle/runs/PID/     one command's stack, removed with it
//! .rekindle/kept/         the stack of `--keep`, for the next time
//!   lock                  held as long as the stack is somebody's
//!   stack.json            its addresses, while it runs
//!   postgres/ …           data and logs
//! ```

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::folder::{
    lock_patiently, make_folder, open_lock, private_folder, short_folder, sockets_of, unusable,
};
use super::{Account, Endpoints, postgres, process};
use crate::failure::Failure;
use crate::output::Output;

/// How long what the data stack holds stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// As long as the command.
    ThisRun,
    /// For the next time.
    Kept,
}

/// A stack that a `rekindle` has running, seen from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningStack {
    /// The `rekindle` that runs it.
    pub process_id: u32,
    /// Its folder.
    pub directory: PathBuf,
    /// Where it is.
    pub endpoints: Endpoints,
}

impl RunningStack {
    /// Every stack below `home` that runs at this moment.
    pub fn all(home: &Path, account: &Account) -> Vec<Self> {
        let Ok(home) = resolve_home(home, account) else {
            return Vec::new();
        };
        let runs = fs::read_dir(home.join(RUNS)).into_iter().flatten();
        let runs = runs.filter_map(Result::ok).map(|entry| entry.path());
        runs.chain([home.join(KEPT)])
            .filter_map(|directory| Self::find(&directory))
            .collect()
    }

    fn find(directory: &Path) -> Option<Self> {
        let text = fs::read(directory.join(STATE)).ok()?;
        let lock = File::open(directory.join(LOCK)).ok()?;
        match lock.try_lock_shared() {
            Err(TryLockError::WouldBlock) => serde_json::from_slice(&text).ok(),
            // Nobody holds it: the file is what a killed run left behind.
            _ => None,
        }
    }
}

/// What opening a place led to.
#[derive(Debug)]
pub(super) enum Opened {
    /// It is ours until we leave.
    Ours(Place),
    /// Another command has it running.
    InUse(RunningStack),
}

/// A folder that is ours.
#[derive(Debug)]
pub(super) struct Place {
    directory: PathBuf,
    sockets: PathBuf,
    lifetime: Lifetime,
    _lock: File,
}

const LOCK: &str = "lock";
const STATE: &str = "stack.json";
const RUNS: &str = "runs";
const KEPT: &str = "kept";

impl Place {
    /// Takes a folder, after clearing away what killed runs left.
    pub(super) async fn open(
        home: &Path,
        lifetime: Lifetime,
        account: &Account,
        output: Output,
    ) -> Result<Opened, Failure> {
        let home = prepare_home(home, account)?;
        let _home_lock = lock_patiently(&home.join(LOCK)).await?;
        sweep(&home, output).await;
        let directory = match lifetime {
            Lifetime::ThisRun => new_run(&home)?,
            Lifetime::Kept => {
                let directory = home.join(KEPT);
                private_folder(&directory)?;
                directory
            }
        };
        let lock = open_lock(&directory.join(LOCK))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return RunningStack::find(&directory)
                .map(Opened::InUse)
                .ok_or_else(|| being_started(&directory));
        }
        let sockets = sockets_of(&directory);
        clear_leftovers(&directory).await?;
        if sockets != directory {
            private_folder(&sockets)?;
        }
        if let Some((user_id, group_id)) = account.owner() {
            for folder in [&directory, &sockets] {
                chown(folder, Some(user_id), Some(group_id))
                    .map_err(|source| unusable(folder, &source))?;
            }
        }
        Ok(Opened::Ours(Self {
            directory,
            sockets,
            lifetime,
            _lock: lock,
        }))
    }

    /// The folder itself.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The folder of the sockets: the same one, or a shorter one when its path is too long.
    pub(super) fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// Tells other commands where this stack is.
    pub(super) fn publish(&self, endpoints: &Endpoints) -> Result<(), Failure> {
        let running = RunningStack {
            process_id: std::process::id(),
            directory: self.directory.clone(),
            endpoints: endpoints.clone(),
        };
        let file = self.directory.join(STATE);
        let text = serde_json::to_vec_pretty(&running).map_err(io::Error::from);
        text.and_then(|text| fs::write(&file, text))
            .map_err(|source| unusable(&file, &source))
    }

    /// Gives the folder up.
    pub(super) fn leave(self) -> Result<(), Failure> {
        let removed = match self.lifetime {
            Lifetime::ThisRun => remove_run(&self.directory, &self.sockets),
            Lifetime::Kept => {
                if self.sockets != self.directory {
                    // Only sockets are in there, which the next run makes anew.
                    let _ = fs::remove_dir_all(&self.sockets);
                }
                fs::remove_file(self.directory.join(STATE))
            }
        };
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(unusable(&self.directory, &source))
            }
            _ => Ok(()),
        }
    }
}

fn prepare_home(home: &Path, account: &Account) -> Result<PathBuf, Failure> {
    fs::create_dir_all(home).map_err(|source| unusable(home, &source))?;
    let resolved = resolve_home(home, account)?;
    if !resolved.exists() {
        make_folder(&resolved, 0o711)?;
    }
    Ok(resolved)
}

/// The folder of all stacks: the given one, or one below /tmp when the account that runs Postgres
/// cannot enter the given one.
fn resolve_home(home: &Path, account: &Account) -> Result<PathBuf, Failure> {
    let home = std::path::absolute(home).map_err(|source| unusable(home, &source))?;
    if account == &Account::Ourselves || account.reaches(&home) {
        return Ok(home);
    }
    Ok(short_folder(&home))
}

fn new_run(home: &Path) -> Result<PathBuf, Failure> {
    let runs = home.join(RUNS);
    fs::create_dir_all(&runs).map_err(|source| unusable(&runs, &source))?;
    let process_id = std::process::id();
    // In another container with the same checkout somebody may have our process id.
    let names = (0_u32..100).map(|turn| match turn {
        0 => process_id.to_string(),
        _ => format!("{process_id}-{turn}"),
    });
    for name in names {
        let directory = runs.join(name);
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => return Ok(directory),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(unusable(&directory, &source)),
        }
    }
    Err(
        Failure::failed(format!("{} is full of runs", runs.display())).advice(format!(
            "when nothing runs there any more: rm -r {}",
            runs.display()
        )),
    )
}

/// Removes the stacks whose command is gone, servers included.
async fn sweep(home: &Path, output: Output) {
    let entries = fs::read_dir(home.join(RUNS)).into_iter().flatten();
    for directory in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let is_in_use = File::open(directory.join(LOCK))
            .is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
        if is_in_use {
            continue;
        }
        let sockets = sockets_of(&directory);
        let cleared = clear_leftovers(&directory).await;
        let removed = cleared.and_then(|()| {
            remove_run(&directory, &sockets).map_err(|source| unusable(&directory, &source))
        });
        match removed {
            Ok(()) => output.progress("cleared away what a killed run left"),
            // Somebody else's leftovers do not stop this run.
            Err(failure) => output.progress(format_args!("left alone: {failure}")),
        }
    }
}

async fn clear_leftovers(directory: &Path) -> Result<(), Failure> {
    postgres::clear_leftover(directory).await?;
    process::stop_leftovers(directory).await?;
    match fs::remove_file(directory.join(STATE)) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(unusable(directory, &source))
        }
        _ => Ok(()),
    }
}

fn remove_run(directory: &Path, sockets: &Path) -> io::Result<()> {
    if sockets != directory && sockets.exists() {
        fs::remove_dir_all(sockets)?;
    }
    fs::remove_dir_all(directory)
}

fn being_started(directory: &Path) -> Failure {
    let message = format!(
        "another rekindle is just starting or stopping {}",
        directory.display()
    );
    Failure::failed(message).advice("try again in a few seconds")
}
