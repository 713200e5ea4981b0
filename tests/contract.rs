//! The contract: every RPC and message says what it is, every RPC is tested, every reason that can
//! be sent is in the contract, and every reason in the contract can be sent.
//!
//! That the generated code is fresh is checked by `./dev lint`, which has the generator.

#![expect(
    clippy::unwrap_used,
    reason = "what these functions meet in a test is the test's failure"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use contract::{DESCRIPTORS_LIFECYCLE, DESCRIPTORS_OFFERS, DESCRIPTORS_PROFILES};
use prost::Message;
use prost_types::{EnumValueOptions, FileDescriptorProto, FileDescriptorSet};
use tests::source;
use tests::tree;

const SERVICES: [(&str, &[u8]); 3] = [
    ("profiles", DESCRIPTORS_PROFILES),
    ("lifecycle", DESCRIPTORS_LIFECYCLE),
    ("offers", DESCRIPTORS_OFFERS),
];

fn files_of(service: &str, bytes: &[u8]) -> Vec<FileDescriptorProto> {
    let set = FileDescriptorSet::decode(bytes).unwrap();
    let package = format!("rekindle.{service}.v1");
    set.file
        .into_iter()
        .filter(|file| file.package() == package)
        .collect()
}

/// The methods of a service crate, such as `RequestSaveOffer`.
fn methods(service: &str, bytes: &[u8]) -> Vec<String> {
    files_of(service, bytes)
        .iter()
        .flat_map(|file| &file.service)
        .flat_map(|offered| &offered.method)
        .map(|method| method.name().to_owned())
        .collect()
}

/// The reasons that a service crate sends, without their prefix: one that is sent no longer keeps its
/// number, and says so.
fn reasons(service: &str, bytes: &[u8]) -> BTreeSet<String> {
    files_of(service, bytes)
        .iter()
        .flat_map(|file| &file.enum_type)
        .filter(|kind| kind.name() == "ErrorReason")
        .flat_map(|kind| &kind.value)
        .filter(|value| value.number() != 0)
        .filter(|value| {
            let options = value.options.as_ref();
            !options.is_some_and(EnumValueOptions::deprecated)
        })
        .map(|value| value.name().trim_start_matches("ERROR_REASON_").to_owned())
        .collect()
}

fn rust_files(below: &str) -> Vec<PathBuf> {
    let files = tree::files(below).unwrap().into_iter();
    files
        .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
        .collect()
}

fn is_test(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "tests")
}

/// The names that tests call methods by.
fn words_in_tests() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let of_services = rust_files("services")
        .into_iter()
        .filter(|file| is_test(file));
    let of_suite = rust_files("tests/e2e")
        .into_iter()
        .chain(rust_files("tests/src"));
    for file in of_services.chain(of_suite) {
        for (_, token) in source::tokens(&tree::read(&file).unwrap()) {
            if let source::Token::Word(word) = token {
                words.insert(word);
            }
        }
    }
    words
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for sign in name.chars() {
        if sign.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(sign.to_ascii_lowercase());
    }
    snake
}

/// Reasons that only processes of ours say to themselves: a client's failure before the service
/// puts it in its own words, and a job's reason to stop.
const NEVER_SENT: [&str; 2] = ["UPSTREAM_UNAVAILABLE", "CACHE_UNAVAILABLE"];

/// The services that a service asks: what they refuse it hands on.
fn asked(service: &str) -> &'static [&'static str] {
    match service {
        "lifecycle" => &["profiles"],
        "offers" => &["lifecycle", "profiles"],
        _ => &[],
    }
}

/// The code that can make refusals of these services, the shared code among it.
fn code_of(services: &[&str]) -> Vec<Vec<source::Placed>> {
    let own = services
        .iter()
        .map(|service| format!("services/{service}/src"));
    let shared = ["shared/edge/src", "shared/storage/src", "shared/kernel/src"];
    own.chain(shared.map(str::to_owned))
        .flat_map(|folder| rust_files(&folder))
        .filter(|file| !is_test(file))
        .map(|file| source::tokens(&tree::read(&file).unwrap()))
        .collect()
}

/// The reasons in a piece of code: given to a maker of refusals, or beside the kind of one.
fn reasons_in(tokens: &[source::Placed]) -> BTreeSet<String> {
    const MAKERS: [&str; 10] = [
        "refused",
        "not_found",
        "conflict",
        "forbidden",
        "unauthenticated",
        "exhausted",
        "unavailable",
        "already_exists",
        "missing",
        "unimplemented",
    ];
    let is_word = |at: usize, words: &[&str]| match tokens.get(at) {
        Some((_, source::Token::Word(word))) => words.contains(&word.as_str()),
        _ => false,
    };
    let mut named = BTreeSet::new();
    for (at, (_, token)) in tokens.iter().enumerate() {
        let source::Token::Text(text) = token else {
            continue;
        };
        // MAKER ( "REASON"
        let made = at > 1 && is_word(at - 2, &MAKERS);
        // Kind :: MALFORMED , "REASON"
        let with_kind = at > 3 && is_word(at - 4, &["Kind"]);
        if is_reason(text) && (made || with_kind) {
            named.insert(text.clone());
        }
    }
    named
}

fn is_reason(text: &str) -> bool {
    text.len() > 3
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && !text.starts_with('_')
}

#[test]
fn every_rpc_is_named_in_a_test() {
    let words = words_in_tests();
    let mut untested = Vec::new();
    for (service, bytes) in SERVICES {
        let methods = methods(service, bytes);
        assert!(
            methods.len() >= 6,
            "{service} has only {} methods",
            methods.len()
        );
        let missing = methods
            .into_iter()
            .filter(|name| !words.contains(&snake_case(name)));
        untested.extend(missing.map(|name| format!("{service}: {name}")));
    }
    assert_eq!(untested, [""; 0], "no test calls these");
}

#[test]
fn every_reason_of_the_contract_can_be_sent() {
    let mut never = Vec::new();
    for (service, bytes) in SERVICES {
        let code = code_of(&[&[service], asked(service)].concat());
        let texts: BTreeSet<String> = code
            .iter()
            .flat_map(|tokens| source::texts(tokens))
            .map(|(_, text)| text)
            .collect();
        let reasons = reasons(service, bytes);
        assert!(reasons.len() > 5, "{service} has only {reasons:?}");
        let missing = reasons.into_iter().filter(|reason| !texts.contains(reason));
        never.extend(missing.map(|reason| format!("{service}: {reason}")));
    }
    assert_eq!(never, [""; 0], "nothing sends these");
}

#[test]
fn every_reason_that_is_sent_is_in_the_contract() {
    let mut unknown = Vec::new();
    for (service, bytes) in SERVICES {
        let reasons = reasons(service, bytes);
        let code = code_of(&[service]);
        let named: BTreeSet<String> = code.iter().flat_map(|tokens| reasons_in(tokens)).collect();
        assert!(named.len() > 5, "{service} names only {named:?}");
        let known =
            |reason: &String| reasons.contains(reason) || NEVER_SENT.contains(&reason.as_str());
        let missing = named.into_iter().filter(|reason| !known(reason));
        unknown.extend(missing.map(|reason| format!("{service}: {reason}")));
    }
    assert_eq!(unknown, [""; 0], "the contract does not know these");
}

#[test]
fn everything_in_the_contract_says_what_it_is() {
    let mut silent = Vec::new();
    for file in tree::files("proto").unwrap() {
        if file.extension().is_none_or(|kind| kind != "proto") {
            continue;
        }
        let text = tree::read(&file).unwrap();
        silent.extend(
            uncommented(&text)
                .into_iter()
                .map(|line| format!("{}: {line}", file.display())),
        );
    }
    assert_eq!(silent, [""; 0], "these need a comment");
}

/// The lines of a proto file that declare something without a comment above.
fn uncommented(text: &str) -> Vec<String> {
    let mut before = "";
    let mut silent = Vec::new();
    for line in text.lines().map(str::trim) {
        if declares(line) && !before.starts_with("//") {
            silent.push(line.to_owned());
        }
        before = line;
    }
    silent
}

fn declares(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    let is_block = ["message", "enum", "service", "rpc", "oneof"].contains(&first);
    let is_field =
        line.ends_with(';') && line.contains(" = ") && !["syntax", "option", "//"].contains(&first);
    (is_block && first != "oneof") || is_field
}

#[test]
fn a_missing_comment_is_seen() {
    let text =
        "// A.\nmessage A {\n  // The id.\n  string id = 1;\n  string name = 2;\n}\nenum B {\n}\n";
    assert_eq!(uncommented(text), ["string name = 2;", "enum B {"]);
}

#[test]
fn reasons_are_told_from_other_texts() {
    let code = "Refusal::refused(\"OFFER_GONE\", \"TEXT\"); conflict(\"a\"); \
                Refusal::new(Kind::Malformed, \"TOO_BAD\", m); Reason::new(\"NO_REFUSAL\", \"\")";
    let found: Vec<String> = reasons_in(&source::tokens(code)).into_iter().collect();
    assert_eq!(found, ["OFFER_GONE", "TOO_BAD"]);
}
