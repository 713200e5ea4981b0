//! The contact policy as it is written, and everything that can be wrong with it.

use super::*;
use crate::domain::contact_policy::{Counted, Scope, Window};
use crate::domain::selection::Selection;

const SOUND: &str = "\
contact_policy:
  caps:
    price_offers_a_year: { most: 2, within_days: 365, of: price_offers }
    one_gesture: { most: 1, within_days: for_ever, of: { lever: goodwill }, counts: accepted, scope: account }
  cool_downs:
    peace: { days: 14, of: { offer: fee_back } }
";

fn with_seed(text: &str) -> Vec<SourceFile> {
    let mut files = seed::catalogue();
    for file in &mut files {
        // The seed has a contact policy of its own.
        if let Some(start) = file.text.find("contact_policy:") {
            let end = file.text[start..].find("\n\n").unwrap() + start;
            file.text.replace_range(start..end, "");
        }
    }
    files.push(file("contact.yaml", text));
    files
}

#[test]
fn caps_and_cool_downs_are_read_as_written() {
    let policy = read_catalogue(&with_seed(SOUND)).unwrap().contact_policy;
    let gesture = &policy.caps[1];
    assert_eq!((gesture.most, gesture.window), (1, Window::ForEver));
    assert_eq!(
        (gesture.counts, gesture.scope),
        (Counted::Accepted, Scope::Account)
    );
    assert_eq!(policy.caps[0].of, Selection::PriceOffers);
    assert_eq!(policy.caps[0].counts, Counted::Presented);
    assert_eq!(policy.cool_downs[0].window, Window::Days(14));
}

#[test]
fn every_mistake_is_named_with_its_line() {
    for (line, instead, at, code) in [
        ("within_days: 365", "within_days: 0", 3, Code::OutOfRange),
        ("within_days: 365", "within_days: ever", 3, Code::BadValue),
        ("within_days: 365, ", "", 3, Code::MissingKey),
        ("most: 2", "most: 0", 3, Code::OutOfRange),
        ("of: price_offers", "of: prices", 3, Code::BadValue),
        ("lever: goodwill", "lever: good_will", 4, Code::UnknownValue),
        (
            "lever: goodwill",
            "lever: goodwill, offer: fee_back",
            4,
            Code::WrongShape,
        ),
        ("counts: accepted", "counts: decided", 4, Code::UnknownValue),
        ("one_gesture", "price_offers_a_year", 4, Code::DuplicateKey),
        ("days: 14", "days: 0", 6, Code::OutOfRange),
        ("offer: fee_back", "offer: fee_bak", 6, Code::UnknownValue),
        ("  cool_downs", "  cooldowns", 5, Code::UnknownKey),
    ] {
        let files = with_seed(&SOUND.replacen(line, instead, 1));
        let problems = read_catalogue(&files).expect_err(instead);
        let found: Vec<(u32, Code)> = problems
            .iter()
            .map(|problem| (problem.place.line, problem.code))
            .collect();
        assert!(found.contains(&(at, code)), "{instead}: {problems:?}");
    }
    let zero = SOUND.replacen("days: 365", "days: 0", 1);
    let problems = read_catalogue(&with_seed(&zero)).unwrap_err();
    assert!(problems[0].message.contains("for_ever"), "{problems:?}");
}

#[test]
fn the_same_cap_in_two_files_is_refused() {
    let mut files = with_seed(SOUND);
    files.push(file("more.yaml", SOUND));
    let problems = read_catalogue(&files).unwrap_err();
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [Code::DuplicateDefinition; 3]);
}
