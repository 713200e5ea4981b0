//! Redis for tests: a prefix in the shared one, or a whole one to break.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Returns the Redis that tests share: `REDIS_URL`.
pub fn url() -> String {
    std::env::var("REDIS_URL")
        .unwrap_or_else(|_| panic!("REDIS_URL is not set: run `./dev test`, which starts a Redis"))
}

/// Returns a prefix that no other test uses.
pub fn prefix() -> String {
    format!("test:{:016x}:", rand::random::<u64>())
}

/// A Redis of one test, to be killed, frozen and started again.
#[derive(Debug)]
pub struct Private {
    folder: PathBuf,
    server: Child,
}

impl Private {
    /// Starts a Redis on a socket of its own and waits until it answers.
    pub fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("rk-redis-{:08x}", rand::random::<u32>()));
        std::fs::create_dir(&folder).expect("a folder for a private Redis");
        let server = spawn(&folder);
        let private = Self { folder, server };
        private.wait();
        private
    }

    /// Returns the URL for settings.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    fn wait(&self) {
        let limit = Instant::now() + Duration::from_secs(10);
        while UnixStream::connect(self.socket()).is_err() {
            assert!(Instant::now() < limit, "the private Redis did not start");
            std::thread::yield_now();
        }
    }

    /// Kills it, as the kernel would.
    pub fn kill(&mut self) {
        self.server.kill().expect("the private Redis can be killed");
        self.server
            .wait()
            .expect("the private Redis can be waited for");
    }

    /// Starts it again after [`Self::kill`], empty.
    pub fn restart(&mut self) {
        // A killed server leaves its socket, and connecting to that says "refused".
        let _ = std::fs::remove_file(self.socket());
        self.server = spawn(&self.folder);
        self.wait();
    }

    /// Freezes it: connections stay open and nothing answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    /// How often it has carried out a command, such as `mget`, since it started.
    pub fn commands(&self, name: &str) -> u64 {
        let stream = UnixStream::connect(self.socket()).expect("the private Redis is there");
        (&stream)
            .write_all(b"INFO commandstats\r\nQUIT\r\n")
            .expect("the private Redis listens");
        let mut said = String::new();
        (&stream)
            .read_to_string(&mut said)
            .expect("the private Redis answers");
        let calls = said
            .lines()
            .find_map(|line| {
                line.strip_prefix("cmdstat_")?
                    .strip_prefix(name)?
                    .strip_prefix(":calls=")
            })
            .and_then(|rest| rest.split(',').next()?.parse().ok());
        calls.unwrap_or(0)
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.server.id().to_string()])
            .status();
        assert!(
            sent.expect("kill runs").success(),
            "the private Redis is gone"
        );
    }
}

fn spawn(folder: &std::path::Path) -> Child {
    Command::new("redis-server")
        .args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--unixsocket",
        ])
        .arg(folder.join("redis.sock"))
        .arg("--dir")
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is not installed: see CONTRIBUTING")
}

impl Drop for Private {
    fn drop(&mut self) {
        // Dead already, or not: either way it is over.
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
