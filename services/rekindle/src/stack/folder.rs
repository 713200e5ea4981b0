//! Folders and locks: made so that nobody else can be behind them, and short enough for sockets.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::geteuid;
use tokio::time::{Instant, interval};

use crate::failure::Failure;

/// The longest path a unix socket may have everywhere: macOS has room for 103 bytes, Linux for 107.
const LONGEST_SOCKET_PATH: usize = 103;

/// The longest file name that is put beside the other sockets.
const LONGEST_SOCKET_NAME: &str = ".s.PGSQL.5432";

/// How long to wait for another command that is making or sweeping folders.
const HOME_PATIENCE: Duration = Duration::from_mins(1);

/// The folder itself when a socket in it has a short enough path.
pub(super) fn sockets_of(directory: &Path) -> PathBuf {
    let longest = directory.join(LONGEST_SOCKET_NAME);
    if longest.as_os_str().len() <= LONGEST_SOCKET_PATH {
        directory.to_owned()
    } else {
        short_folder(directory)
    }
}

/// A short path that stands for a long one, different for each user and checkout.
pub(super) fn short_folder(long: &Path) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    // FNV-1a: the same in every build, so that a later one finds the folder of an earlier one.
    let hash = long
        .as_os_str()
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    PathBuf::from(format!("/tmp/rk-{}-{hash:016x}", geteuid()))
}

/// Makes a folder for ourselves alone.
pub(super) fn private_folder(folder: &Path) -> Result<(), Failure> {
    make_folder(folder, 0o700)
}

/// Makes a folder, or takes the one that is there when nobody else could have put it there.
pub(super) fn make_folder(folder: &Path, mode: u32) -> Result<(), Failure> {
    match DirBuilder::new().mode(mode).create(folder) {
        Ok(()) => return Ok(()),
        Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
        Err(source) => return Err(unusable(folder, &source)),
    }
    let metadata = fs::symlink_metadata(folder).map_err(|source| unusable(folder, &source))?;
    // Root may meet a folder that an earlier run gave to the account of Postgres.
    let is_ours = metadata.uid() == geteuid().as_raw() || geteuid().is_root();
    if metadata.is_dir() && is_ours && metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    let message = format!("{} belongs to somebody else", folder.display());
    Err(Failure::failed(message).advice("remove it, or name another folder in REKINDLE_HOME"))
}

/// Opens the file of a lock, without taking it.
pub(super) fn open_lock(file: &Path) -> Result<File, Failure> {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file)
        .map_err(|source| unusable(file, &source))
}

/// Takes a lock that others hold for a short while.
pub(super) async fn lock_patiently(file: &Path) -> Result<File, Failure> {
    let lock = open_lock(file)?;
    let deadline = Instant::now() + HOME_PATIENCE;
    let mut look_again = interval(Duration::from_millis(20));
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(source)) => return Err(unusable(file, &source)),
            Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                let message = format!("another rekindle holds {}", file.display());
                return Err(Failure::failed(message).advice("wait for it, or stop it"));
            }
            Err(TryLockError::WouldBlock) => {
                look_again.tick().await;
            }
        }
    }
}

/// Says that a file or folder of ours cannot be used, and what to do.
pub(super) fn unusable(path: &Path, source: &io::Error) -> Failure {
    Failure::failed(format!("{} cannot be used: {source}", path.display())).advice(
        "make it writable for yourself (was it made as root?), or name another folder in \
         REKINDLE_HOME",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_path_holds_its_own_sockets() {
        let directory = Path::new("/home/user/rekindle/.rekindle/runs/12345");
        assert_eq!(sockets_of(directory), directory);
    }

    #[test]
    fn a_long_path_gets_a_short_one_of_its_own() {
        let long = format!("/{}", "x".repeat(120));
        let (one, other) = (
            PathBuf::from(&long).join("1"),
            PathBuf::from(&long).join("2"),
        );
        assert!(sockets_of(&one).join(LONGEST_SOCKET_NAME).as_os_str().len() <= 103);
        assert_ne!(sockets_of(&one), sockets_of(&other));
        assert_eq!(sockets_of(&one), sockets_of(&one));
    }
}
