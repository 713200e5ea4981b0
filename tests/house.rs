//! The house: reads the tree and fails on an edge between rooms that is not allowed, on SQL outside
//! its room, on a service that knows another one's crate, and on names that say nothing.
//!
//! The rooms and who may enter which are in ARCHITECTURE.md; here they are as a table.

#![expect(
    clippy::unwrap_used,
    reason = "what these functions meet in a test is the test's failure"
)]

use std::collections::BTreeSet;
use std::path::{Component, Path};

use tests::source::{self, Placed, UsedPath};
use tests::tree;

/// A room inside a service.
struct Room {
    name: &'static str,
    /// The rooms of the same service that it may use, beside itself.
    may_enter: &'static [&'static str],
    /// The crates that it never names.
    never: &'static [&'static str],
    /// The only crates that it may name; any that is not ruled out when empty.
    only: &'static [&'static str],
}

const ROOMS: [Room; 8] = [
    Room {
        name: "rpc",
        may_enter: &["usecase", "domain"],
        never: &["sqlx", "jiff_sqlx", "redis"],
        only: &[],
    },
    Room {
        name: "usecase",
        may_enter: &["domain", "store", "cache", "source"],
        never: &[
            "tonic",
            "contract",
            "prost",
            "prost_types",
            "sqlx",
            "jiff_sqlx",
            "redis",
        ],
        only: &[],
    },
    Room {
        name: "domain",
        may_enter: &[],
        never: &[],
        only: &[
            "kernel",
            "std",
            "core",
            "alloc",
            "serde",
            "thiserror",
            "statistics",
            "foreign_model",
        ],
    },
    Room {
        name: "store",
        may_enter: &["domain"],
        never: &["tonic", "redis", "edge"],
        only: &[],
    },
    Room {
        name: "cache",
        may_enter: &["domain"],
        never: &["tonic", "sqlx", "jiff_sqlx", "edge"],
        only: &[],
    },
    Room {
        name: "clients",
        // The ports are what clients implement.
        may_enter: &["domain", "usecase::ports"],
        never: &["sqlx", "jiff_sqlx", "redis", "storage"],
        only: &[],
    },
    Room {
        name: "jobs",
        may_enter: &["usecase", "store", "cache", "domain"],
        never: &["tonic", "contract", "sqlx", "jiff_sqlx", "redis"],
        only: &[],
    },
    // How files written by people are read: what comes out is the domain's.
    Room {
        name: "source",
        may_enter: &["domain"],
        never: &["tonic", "contract", "sqlx", "jiff_sqlx", "redis", "storage"],
        only: &[],
    },
];

/// Files beside the rooms. The composition root knows every room.
const HALL: [&str; 4] = ["app", "lib", "main", "settings"];

/// The crates that own a set of data, and have rooms.
const SERVICES: [&str; 3] = ["profiles", "lifecycle", "offers"];

/// Crates below the services, and what they never depend on.
const SHARED_NEVER: [(&str, &[&str]); 6] = [
    (
        "kernel",
        &[
            "tokio", "tonic", "prost", "sqlx", "redis", "contract", "edge", "storage",
        ],
    ),
    (
        "statistics",
        &[
            "tokio", "tonic", "prost", "sqlx", "redis", "contract", "edge", "storage", "rand",
        ],
    ),
    (
        "foreign_model",
        &[
            "tokio", "tonic", "prost", "sqlx", "redis", "contract", "edge", "storage", "rand",
        ],
    ),
    ("contract", &["kernel", "edge", "storage", "sqlx", "redis"]),
    ("edge", &["contract", "storage", "chassis", "sqlx", "redis"]),
    ("chassis", &["contract", "storage", "sqlx", "redis"]),
];

/// Names under which anything may be put.
const SAYS_NOTHING: [&str; 8] = [
    "util", "utils", "common", "helper", "helpers", "misc", "manager", "managers",
];

// === impl Room ===

impl Room {
    fn find(name: &str) -> Option<&'static Self> {
        ROOMS.iter().find(|room| room.name == name)
    }

    fn may_use_module(&self, module: &[String]) -> bool {
        let full = module.join("::");
        module.first().is_none_or(|first| first == self.name)
            || self
                .may_enter
                .iter()
                .any(|allowed| full == *allowed || full.starts_with(&format!("{allowed}::")))
    }

    fn may_use_crate(&self, name: &str, crates: &BTreeSet<String>) -> bool {
        if self.never.contains(&name) {
            return false;
        }
        self.only.is_empty() || !crates.contains(name) || self.only.contains(&name)
    }
}

/// The module of a file below `src/`, such as `["rpc", "parse"]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = file
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// The module of the same crate that a path names; none when it names another crate.
fn own_module(path: &UsedPath, module: &[String]) -> Option<Vec<String>> {
    let mut parts = path.parts.iter().peekable();
    let mut named = match parts.peek().map(|part| part.as_str()) {
        Some("crate") => Vec::new(),
        Some("self" | "super") => module.to_vec(),
        _ => return None,
    };
    while let Some(part) = parts.next_if(|part| ["crate", "self", "super"].contains(&part.as_str()))
    {
        if part == "super" {
            named.pop();
        }
    }
    named.extend(parts.cloned());
    Some(named)
}

/// Checks a file of a service, named by its place below `src/`.
fn check_rooms(file: &Path, code: &[Placed], crates: &BTreeSet<String>) -> Vec<String> {
    let module = module_of(file);
    let Some(name) = module.first().filter(|name| !HALL.contains(&name.as_str())) else {
        return Vec::new();
    };
    let Some(room) = Room::find(name) else {
        return vec![format!("{name} is no room: see ARCHITECTURE.md")];
    };
    let mut wrong = Vec::new();
    for path in source::paths(code) {
        let named = path.parts.join("::");
        let allowed = match own_module(&path, &module) {
            Some(entered) => room.may_use_module(&entered),
            None => room.may_use_crate(&path.parts[0], crates),
        };
        if !allowed {
            wrong.push(format!("line {}: {name} never uses {named}", path.line));
        }
    }
    if room.name != "store" {
        wrong.extend(check_sql(code));
    }
    wrong
}

/// Checks that a file holds no SQL.
fn check_sql(code: &[Placed]) -> Vec<String> {
    source::texts(code)
        .into_iter()
        .filter(|(_, text)| is_sql(text))
        .map(|(line, _)| format!("line {line}: SQL belongs into store"))
        .collect()
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    let both = |begins: &str, goes_on: &str| text.starts_with(begins) && text.contains(goes_on);
    both("select ", " from ")
        || text.starts_with("insert into ")
        || text.starts_with("delete from ")
        || both("update ", " set ")
        || both("with ", " as (")
}

/// Checks the names of a file, its folders and the modules it declares.
fn check_names(file: &Path, code: &[Placed]) -> Vec<String> {
    let says_nothing = |name: &str| {
        name.split(['_', '-', '.'])
            .any(|word| SAYS_NOTHING.contains(&word))
    };
    let of_path = file.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    });
    let declared = source::modules(code).into_iter().map(|(_, name)| name);
    of_path
        .chain(declared)
        .filter(|name| says_nothing(name))
        .map(|name| format!("{name} says nothing about what is in it"))
        .collect()
}

/// Checks what a crate depends on.
fn check_manifest(name: &str, manifest: &toml::Table) -> Vec<String> {
    let service_crates = SERVICES.iter().chain(&["rekindle"]);
    let in_tests = name == "tests";
    let services: Vec<&str> = service_crates
        .copied()
        .filter(|other| *other != name)
        .collect();
    let below = SHARED_NEVER
        .iter()
        .find(|(crate_name, _)| *crate_name == name);
    let never = below.map_or(&[][..], |(_, never)| never);
    let mut wrong = Vec::new();
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        let for_tests = section == "dev-dependencies";
        for dependency in names(manifest, section) {
            if services.contains(&dependency.as_str()) && !(in_tests && for_tests) {
                wrong.push(format!("{name} depends on the service {dependency}"));
            }
            if never.contains(&dependency.as_str()) && !for_tests {
                wrong.push(format!("{name} depends on {dependency}"));
            }
        }
    }
    wrong
}

fn names(manifest: &toml::Table, section: &str) -> Vec<String> {
    let section = manifest.get(section).and_then(toml::Value::as_table);
    section
        .into_iter()
        .flat_map(|table| table.keys().cloned())
        .collect()
}

/// The crates that a crate's code can name.
fn crates(manifest: &toml::Table) -> BTreeSet<String> {
    let mut crates: BTreeSet<String> = ["std", "core", "alloc"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    crates.extend(
        names(manifest, "dependencies")
            .iter()
            .map(|name| name.replace('-', "_")),
    );
    crates
}

fn manifest(folder: &Path) -> toml::Table {
    tree::read(&folder.join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap()
}

/// Modules that are only compiled for tests, by the names they have here.
fn is_test_code(file: &Path) -> bool {
    file.with_extension("").components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name == "tests" || name.ends_with("_tests")
    })
}

// === the tree ===

fn fail_on(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

fn at(file: &Path, wrong: Vec<String>) -> impl Iterator<Item = String> {
    wrong
        .into_iter()
        .map(move |wrong| format!("{}: {wrong}", file.display()))
}

#[test]
fn services_keep_to_their_rooms() {
    let mut wrong = Vec::new();
    for service in SERVICES {
        let folder = Path::new("services").join(service);
        let crates = crates(&manifest(&folder));
        let sources = folder.join("src");
        let files = tree::files(sources.to_str().unwrap()).unwrap();
        let mut seen = 0;
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
        {
            if is_test_code(file) {
                continue;
            }
            let code = source::tokens(&tree::read(file).unwrap());
            let inside = file.strip_prefix(&sources).unwrap();
            wrong.extend(at(file, check_rooms(inside, &code, &crates)));
            seen += 1;
        }
        assert!(
            seen > 10,
            "{service} has only {seen} files: is the test looking in the right place?"
        );
    }
    fail_on(&wrong);
}

#[test]
fn no_crate_depends_on_a_service() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for folder in ["services", "shared", "tests"] {
        for file in tree::files(folder).unwrap() {
            if file.file_name().is_some_and(|name| name == "Cargo.toml") {
                let folder = file.parent().unwrap();
                let name = folder.file_name().unwrap().to_string_lossy();
                wrong.extend(at(&file, check_manifest(&name, &manifest(folder))));
                seen += 1;
            }
        }
    }
    assert!(seen >= 11, "only {seen} crates were found");
    fail_on(&wrong);
}

#[test]
fn names_say_what_is_in_them() {
    let mut wrong = Vec::new();
    for folder in ["services", "shared", "tests", "proto", "deploy", "k8s"] {
        for file in tree::files(folder).unwrap() {
            let code = match file.extension() {
                Some(kind) if kind == "rs" => source::tokens(&tree::read(&file).unwrap()),
                _ => Vec::new(),
            };
            wrong.extend(at(&file, check_names(&file, &code)));
        }
    }
    fail_on(&wrong);
}

// === the rules, each seen to fail ===

fn rooms(file: &str, code: &str) -> Vec<String> {
    let crates = [
        "std",
        "kernel",
        "serde",
        "thiserror",
        "tokio",
        "jiff",
        "tonic",
        "contract",
    ];
    let crates = crates.into_iter().map(str::to_owned).collect();
    check_rooms(Path::new(file), &source::tokens(code), &crates)
}

#[test]
fn every_forbidden_edge_is_seen() {
    let forbidden = [
        ("rpc/desk.rs", "use crate::store::Store;"),
        ("rpc/desk.rs", "fn f() { crate::cache::get() }"),
        ("rpc/desk.rs", "use super::super::clients::Lifecycle;"),
        ("rpc/mod.rs", "use super::jobs;"),
        ("rpc/desk.rs", "use sqlx::Row;"),
        ("rpc/desk.rs", "use redis::Cmd;"),
        ("usecase/ask.rs", "use tonic::Status;"),
        ("usecase/ask.rs", "use contract::offers::v1 as pb;"),
        ("usecase/ask.rs", "fn f() { sqlx::query(\"\") }"),
        ("usecase/ask.rs", "use crate::clients::Lifecycle;"),
        ("usecase/ask.rs", "use crate::rpc::parse;"),
        ("domain/rule.rs", "use contract::types::v1::Money;"),
        ("domain/rule.rs", "use crate::store::Store;"),
        ("domain/rule.rs", "use tokio::time::Instant;"),
        ("domain/rule.rs", "use jiff::Timestamp;"),
        (
            "domain/rule.rs",
            "fn f() -> tonic::Status { tonic::Status::ok(\"\") }",
        ),
        (
            "domain/rule/part.rs",
            "use super::super::super::usecase::ask;",
        ),
        ("store/row.rs", "use tonic::Status;"),
        ("store/row.rs", "use redis::Cmd;"),
        ("store/row.rs", "use crate::usecase::ask;"),
        ("cache/mod.rs", "use crate::store::Store;"),
        ("clients/lifecycle.rs", "use crate::store::Store;"),
        ("clients/lifecycle.rs", "use crate::usecase::ask::Command;"),
        ("jobs/sweep.rs", "use tonic::Status;"),
        ("jobs/sweep.rs", "use crate::rpc::parse;"),
        ("session.rs", "fn f() {}"),
    ];
    for (file, code) in forbidden {
        let wrong = rooms(file, code);
        assert!(!wrong.is_empty(), "{file} may not say: {code}");
    }
}

#[test]
fn allowed_edges_are_let_through() {
    let allowed = [
        (
            "rpc/desk.rs",
            "use crate::usecase::ask; use super::parse; use tonic::Status;",
        ),
        (
            "usecase/ask.rs",
            "use crate::{domain::rule, store::Store, cache::Cached};",
        ),
        (
            "domain/rule.rs",
            "use kernel::time::Timestamp; use std::fmt; use super::Offer;",
        ),
        (
            "domain/rule.rs",
            "#[cfg(test)] mod tests { use tokio::time::Instant; }",
        ),
        (
            "store/row.rs",
            "fn f() { sqlx::query!(\"select a from b\") }",
        ),
        (
            "clients/lifecycle.rs",
            "use crate::usecase::ports::Lifecycle;",
        ),
        (
            "app.rs",
            "use crate::{rpc::Desk, store::Store}; use sqlx::migrate::Migrator;",
        ),
    ];
    for (file, code) in allowed {
        assert_eq!(rooms(file, code), [""; 0], "{file}: {code}");
    }
}

#[test]
fn sql_outside_its_room_is_seen() {
    for sql in [
        "select a from b",
        " INSERT INTO b values (1)",
        "update b set a = 1",
        "delete from b",
        "with c as (select 1) select 2",
    ] {
        let code = format!("fn f() {{ g(\"{sql}\") }}");
        assert_eq!(rooms("usecase/ask.rs", &code).len(), 1, "{sql}");
        assert_eq!(rooms("store/row.rs", &code), [""; 0], "{sql}");
    }
    let prose = "fn f() { g(\"select an offer\", \"update the desk\", \"with care\") }";
    assert_eq!(rooms("usecase/ask.rs", prose), [""; 0]);
}

#[test]
fn names_that_say_nothing_are_seen() {
    for file in [
        "src/util.rs",
        "src/common/mod.rs",
        "src/string_helpers.rs",
        "src/misc.rs",
    ] {
        assert_eq!(check_names(Path::new(file), &[]).len(), 1, "{file}");
    }
    let code = source::tokens("mod session_manager; mod offer;");
    assert_eq!(check_names(Path::new("src/lib.rs"), &code).len(), 1);
    assert_eq!(
        check_names(Path::new("src/commons_of_offers.rs"), &[]),
        [""; 0]
    );
}

#[test]
fn dependencies_on_services_are_seen() {
    let check = |name, text: &str| check_manifest(name, &text.parse().unwrap());
    assert_eq!(check("offers", "[dependencies]\nprofiles = {}").len(), 1);
    assert_eq!(
        check("offers", "[dev-dependencies]\nlifecycle = {}").len(),
        1
    );
    assert_eq!(check("edge", "[dependencies]\nstorage = {}").len(), 1);
    assert_eq!(check("tests", "[dependencies]\noffers = {}").len(), 1);
    assert_eq!(check("tests", "[dev-dependencies]\noffers = {}"), [""; 0]);
    assert_eq!(check("offers", "[dependencies]\nkernel = {}"), [""; 0]);
}
