//! Everything that can be wrong in a policy, with its line.

use super::*;

const EVERYBODY: &str = "\
rows:
  everybody:
    source: House rule
    verify: false
    rules:
      offers_allowed: during
      max_offers: 1
      refusal_ends_offers: true
      max_feedback_screens: 1
      cooling_off_days: 0
      cancel_deadline_hours: 72
      acknowledgement_medium: any_medium
      record_retention_months: 24
      contact_hours: { from_hour: 8, until_hour: 21 }
      win_back_window_days: 730
      opt_out_days: 30
";

/// A row written from line 17 on.
fn with_row(row: &str) -> Vec<(u32, Code)> {
    found(read_policy(&[file("p.yaml", &format!("{EVERYBODY}{row}"))]))
}

#[test]
fn a_sound_policy_is_read() {
    assert_eq!(with_row(""), []);
}

#[test]
fn a_text_by_language_needs_a_default_and_the_text_in_it() {
    let rows = |disclosure: &str| {
        format!(
            "  r:\n    source: x\n    verify: true\n    rules:\n      max_offers: 1\n      disclosures:\n        - {disclosure}\n"
        )
    };
    let spoken = |top: &str, disclosure: &str| {
        let text = format!("{top}{EVERYBODY}{}", rows(disclosure));
        match review_policy(&[file("p.yaml", &text)]) {
            Ok((_, problems)) | Err(problems) => problems
                .iter()
                .map(|it| (it.place.line, it.code, it.severity))
                .collect::<Vec<_>>(),
        }
    };
    let none: Vec<(u32, Code, Severity)> = Vec::new();
    let languages = "default_language: en\nlanguages: [en, es]\n";
    let missing = |line| vec![(line, Code::MissingKey, Severity::Error)];
    assert_eq!(spoken("", "Hello."), none);
    assert_eq!(spoken("", "{ en: Hello. }"), missing(23));
    assert_eq!(spoken(languages, "{ es: Hola. }"), missing(25));
    assert_eq!(spoken(languages, "{ en: Hello., es: Hola. }"), none);
    let warned = vec![(25, Code::MissingTranslation, Severity::Warning)];
    assert_eq!(spoken(languages, "{ en: Hello., de: Hallo. }"), warned);
    assert_eq!(spoken(languages, "Hello."), warned);
    let twice = format!("{languages}default_language: de\n");
    assert_eq!(spoken(&twice, "Hello.")[0].1, Code::DuplicateKey);
}

const MISTAKES: &[(&str, u32, Code)] = &[
    (
        "  Bad-Name:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n",
        17,
        Code::BadValue,
    ),
    (
        "  r:\n    verify: true\n    rules: { max_offers: 1 }\n",
        18,
        Code::MissingKey,
    ),
    (
        "  r:\n    source: x\n    verify: maybe\n    rules: { max_offers: 1 }\n",
        19,
        Code::BadValue,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 3 }\n",
        20,
        Code::OutOfRange,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offer: 1 }\n",
        20,
        Code::UnknownKey,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { offers_allowed: always }\n",
        20,
        Code::UnknownValue,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: {}\n",
        17,
        Code::InconsistentTerms,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n    where: { jurisdictions: [California] }\n",
        21,
        Code::BadValue,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n    where: { channels: [fax] }\n",
        21,
        Code::UnknownValue,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n    where: { channels: [] }\n",
        21,
        Code::Empty,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n    effective_from: soon\n",
        21,
        Code::BadValue,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { max_offers: 1 }\n    effective_from: 2026-02-01\n    effective_until: 2026-01-01\n",
        17,
        Code::InconsistentTerms,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { contact_hours: { from_hour: 8 } }\n",
        20,
        Code::MissingKey,
    ),
    (
        "  r:\n    source: x\n    verify: true\n    rules: { disclosures: none }\n",
        20,
        Code::WrongShape,
    ),
    ("  r: none\n", 17, Code::WrongShape),
];

#[test]
fn each_mistake_has_its_code_and_line() {
    for (row, line, code) in MISTAKES.iter().copied() {
        let found = with_row(row);
        assert!(found.contains(&(line, code)), "{row}: {found:?}");
    }
}

#[test]
fn a_row_for_everybody_that_says_everything_is_needed() {
    let silent = EVERYBODY.replace("      cooling_off_days: 0\n", "");
    let problems = read_policy(&[file("p.yaml", &silent)]).unwrap_err();
    assert_eq!(
        (problems[0].place.line, problems[0].code),
        (2, Code::MissingDefaultRow)
    );
    assert!(
        problems[0].message.contains("cooling_off_days"),
        "{}",
        problems[0].message
    );
}

#[test]
fn a_row_of_the_same_name_in_another_file_is_refused() {
    let files = [file("a.yaml", EVERYBODY), file("b.yaml", EVERYBODY)];
    assert_eq!(found(read_policy(&files)), [(2, Code::DuplicateDefinition)]);
}
