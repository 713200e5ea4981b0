//! The three services, each a process with a database, a log and settings from the environment.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use lifecycle::app::Lifecycle;
use offers::app::Offers;
use profiles::app::Profiles;
use testkit::otlp::Sink;
use testkit::redis::Private;
use tests::clients::Clients;
use tests::wait::eventually;

use crate::suite::Databases;

/// The test below, by the name that the test program knows it by.
const ONE_SERVICE: &str = "processes::one_service";

/// What every service is told. A test says nothing about how busy the machine is that it runs on.
const SETTINGS: [(&str, &str); 9] = [
    (
        "REKINDLE__PROCESS__TELEMETRY__METRICS_INTERVAL_SECONDS",
        "1",
    ),
    ("REKINDLE__POSTGRES__ACQUIRE_TIMEOUT_MS", "10000"),
    ("REKINDLE__POSTGRES__READ_TIMEOUT_MS", "10000"),
    ("REKINDLE__POSTGRES__STATEMENT_TIMEOUT_MS", "10000"),
    ("REKINDLE__POSTGRES__WRITE_TIMEOUT_MS", "20000"),
    ("REKINDLE_PROFILES__FACTS__TIMEOUT_MS", "10000"),
    ("REKINDLE_OFFERS__READS__TIMEOUT_MS", "10000"),
    ("REKINDLE_OFFERS__WRITES__TIMEOUT_MS", "10000"),
    ("REKINDLE_OFFERS__DELIVERY_PERIOD_MS", "50"),
];

/// What every service is told so that it tells all it can: every trace is kept, every line of every
/// level is logged.
pub(crate) const TALKATIVE: [(&str, &str); 3] = [
    ("REKINDLE__PROCESS__TELEMETRY__TRACE_RATIO", "1"),
    ("REKINDLE__PROCESS__TELEMETRY__LOG_FILTER", "trace"),
    (
        "REKINDLE__PROCESS__TELEMETRY__LOG_LINES_PER_SECOND",
        "1000000",
    ),
];

/// What every service is told so that only those traces are kept whose clients want it.
pub(crate) const AS_CLIENTS_WISH: [(&str, &str); 2] = [
    ("REKINDLE__PROCESS__TELEMETRY__TRACE_RATIO", "0"),
    ("REKINDLE__PROCESS__TELEMETRY__LOG_FILTER", "debug"),
];

/// The running services, what lies below them, and where their telemetry goes.
pub(crate) struct Processes {
    /// Clients of all services.
    pub(crate) clients: Clients,
    /// Their databases.
    pub(crate) databases: Databases,
    /// The Redis that nobody else uses.
    pub(crate) redis: Private,
    /// Receives spans and metrics.
    pub(crate) sink: Sink,
    /// Callers first.
    running: Vec<Process>,
    offers_settings: Vec<(String, String)>,
    folder: Folder,
}

/// One service.
struct Process {
    name: &'static str,
    child: Child,
    uri: String,
}

/// A folder of one test, removed at its end.
struct Folder(PathBuf);

/// Runs a service, in a process that was started under its name; nothing in the test run itself.
///
/// The programs of the services are not built with the tests, and may be older ones.
#[test]
fn one_service() {
    let name = std::env::args().next().unwrap_or_default();
    let serve = ["serve".to_owned()].into_iter();
    let code = match name.as_str() {
        "profiles" => chassis::run_with::<Profiles>(serve),
        "lifecycle" => chassis::run_with::<Lifecycle>(serve),
        "offers" => chassis::run_with::<Offers>(serve),
        _ => return,
    };
    assert_eq!(code, ExitCode::SUCCESS);
}

impl Processes {
    /// Starts the services, all of them told `settings`.
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let databases = Databases {
            profiles: testkit::postgres::fresh(&profiles::store::MIGRATOR).await,
            lifecycle: testkit::postgres::fresh(&lifecycle::store::MIGRATOR).await,
            offers: testkit::postgres::fresh(&offers::app::MIGRATOR).await,
        };
        let (redis, sink, folder) = (Private::start(), Sink::start().await, Folder::new());
        let endpoint = "REKINDLE__PROCESS__TELEMETRY__OTLP_ENDPOINT";
        let all = [settings, &[(endpoint, &sink.endpoint)]].concat();
        let start = async |name, own: &[(&str, &str)]| {
            Process::start(name, &owned(&[&all, own].concat()), &folder.0).await
        };
        let database = ("REKINDLE_PROFILES__POSTGRES__URL", &*databases.profiles.url);
        let profiles = start("profiles", &[database]).await;
        let lifecycle_settings = [
            (
                "REKINDLE_LIFECYCLE__POSTGRES__URL",
                &*databases.lifecycle.url,
            ),
            ("REKINDLE_LIFECYCLE__PROFILES__URI", &*profiles.uri),
        ];
        let lifecycle = start("lifecycle", &lifecycle_settings).await;
        let offers_settings = [
            ("REKINDLE_OFFERS__POSTGRES__URL", &*databases.offers.url),
            ("REKINDLE_OFFERS__REDIS__URL", &*redis.url()),
            ("REKINDLE_OFFERS__PROFILES__URI", &*profiles.uri),
            ("REKINDLE_OFFERS__LIFECYCLE__URI", &*lifecycle.uri),
        ];
        let offers_settings = owned(&[&*all, &offers_settings].concat());
        let offers = Process::start("offers", &offers_settings, &folder.0).await;
        Self {
            clients: Clients::at(&profiles.uri, &lifecycle.uri, &offers.uri),
            databases,
            redis,
            sink,
            running: vec![offers, lifecycle, profiles],
            offers_settings,
            folder,
        }
    }

    /// Kills the offers service as a crash would, in the middle of whatever it does.
    pub(crate) fn kill_offers(&mut self) {
        self.running[0].child.kill().unwrap();
    }

    /// Starts the offers service anew, somewhere else, after it was killed.
    pub(crate) async fn restart_offers(&mut self) {
        self.running[0].child.wait().unwrap();
        std::fs::remove_file(ready_file_of("offers", &self.folder.0)).unwrap();
        self.running[0] = Process::start("offers", &self.offers_settings, &self.folder.0).await;
        let [offers, lifecycle, profiles] = &*self.running else {
            panic!("three services run");
        };
        self.clients = Clients::at(&profiles.uri, &lifecycle.uri, &offers.uri);
    }

    /// Stops the services as a deployment would, callers first: afterwards everything has been
    /// written, logged and sent. Returns what each of them printed.
    pub(crate) async fn stop(&mut self) -> Vec<(&'static str, String)> {
        let mut printed = Vec::new();
        for mut process in self.running.drain(..) {
            process.stop().await;
            let log = std::fs::read(log_of(process.name, &self.folder.0)).unwrap();
            printed.push((process.name, String::from_utf8_lossy(&log).into_owned()));
        }
        printed
    }
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    let settings = settings.iter();
    settings
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// This very program, under the name of a service.
fn command(name: &str, folder: &Path) -> Command {
    let log = File::create(log_of(name, folder)).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .arg0(name)
        .args(["--exact", ONE_SERVICE, "--nocapture"])
        .envs(SETTINGS)
        .env(
            "REKINDLE__PROCESS__SERVE__READY_FILE",
            ready_file_of(name, folder),
        )
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log);
    command
}

fn log_of(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.log"))
}

fn ready_file_of(name: &str, folder: &Path) -> PathBuf {
    folder.join(format!("{name}.ready"))
}

impl Process {
    /// Starts a service and waits until it says where it listens.
    async fn start(name: &'static str, settings: &[(String, String)], folder: &Path) -> Self {
        let mut command = command(name, folder);
        let settings = settings.iter().map(|(name, value)| (name, value));
        let child = command.envs(settings).spawn().unwrap();
        let mut process = Self {
            name,
            child,
            uri: String::new(),
        };
        process.uri = eventually(&format!("{name} is ready"), async || {
            let ended = process.child.try_wait().unwrap();
            assert!(ended.is_none(), "{name} ended: {}", said(name, folder));
            std::fs::read_to_string(ready_file_of(name, folder))
                .ok()
                .filter(|uri| !uri.is_empty())
        })
        .await;
        process
    }

    async fn stop(&mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success(), "{} was gone already", self.name);
        let what = format!("{} ends", self.name);
        let ended = eventually(&what, async || self.child.try_wait().unwrap()).await;
        assert!(ended.success(), "{} did not end well", self.name);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Dead already, or the test has failed: either way it is over.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn said(name: &str, folder: &Path) -> String {
    std::fs::read_to_string(log_of(name, folder)).unwrap_or_default()
}

impl Folder {
    fn new() -> Self {
        let name = testkit::redis::prefix().replace(':', "-");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
