//! Guidance, routing, languages and honest terms in the files.

use super::*;
use crate::domain::problem::Severity;

/// The seed with another file beside it.
fn with_file(text: &str) -> Vec<SourceFile> {
    let mut files = seed::catalogue();
    files.push(file("more.yaml", text));
    files
}

fn wrong(text: &str) -> Vec<(u32, Code)> {
    found(read_catalogue(&with_file(text)))
}

#[test]
fn what_is_wrong_with_guidance_and_routing_is_named_with_its_line() {
    let cases = [
        (
            "guidance:\n  a:\n    say: { en: hello }",
            3,
            Code::MissingKey,
        ),
        (
            "guidance:\n  a:\n    when: { customer.vulnerable: true }",
            2,
            Code::MissingKey,
        ),
        (
            "guidance:\n  a:\n    when: { customer.tenure_day: 1 }\n    say: { en: hello }",
            3,
            Code::UnknownFact,
        ),
        (
            "guidance:\n  a:\n    when: { customer.vulnerable: true }\n    say: { en: \"{age}\" }",
            4,
            Code::UnknownPlaceholder,
        ),
        (
            "guidance:\n  a:\n    when: { customer.vulnerable: true }\n    say: { de: hallo }",
            2,
            Code::MissingKey,
        ),
        (
            "routing:\n  a:\n    when: { customer.vulnerable: true }\n    why: { en: so }",
            2,
            Code::MissingKey,
        ),
        (
            "routing:\n  a:\n    when: { customer.vulnerable: true }\n    authority: boss",
            4,
            Code::UnknownValue,
        ),
        ("languages: [en, English]", 1, Code::BadValue),
        (
            "routing:\n  a:\n    when: { all: [customer.tenure_days: 1, customer.tenure_days: 2] }\n    team: b",
            3,
            Code::Contradiction,
        ),
    ];
    for (text, line, code) in cases {
        assert!(
            wrong(text).contains(&(line, code)),
            "{text}: {:?}",
            wrong(text)
        );
    }
}

#[test]
fn protected_attributes_are_refused_wherever_a_rule_can_be_written() {
    let clause = "{ customer.gender: female }";
    let places = [
        format!("rules:\n  a: {clause}"),
        format!("rules:\n  a: {{ all: [customer.vulnerable: true, not: {clause}] }}"),
        format!("guidance:\n  a: {{ when: {clause}, say: {{ en: b }} }}"),
        format!("routing:\n  a: {{ when: {clause}, team: b }}"),
    ];
    for text in places {
        let found = wrong(&text);
        assert!(
            found.contains(&(2, Code::ProtectedAttribute)),
            "{text}: {found:?}"
        );
    }
    for part in ["eligibility", "applicability", "suitability"] {
        let text = format!("offers:\n  a:\n    {part}: {clause}");
        let found = wrong(&text);
        assert!(
            found.contains(&(3, Code::ProtectedAttribute)),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn a_missing_translation_is_a_warning_with_its_place_and_no_obstacle() {
    let text = "languages: [fr]\nguidance:\n  a:\n    when: { customer.vulnerable: true }\n    say: { en: hello, fr: bonjour, de: hallo }\n";
    let (catalogue, warnings) = review_catalogue(&with_file(text)).unwrap();
    assert!(catalogue.directs());
    assert!(warnings.iter().all(|warning| {
        warning.severity == Severity::Warning && warning.code == Code::MissingTranslation
    }));
    let here: Vec<_> = warnings
        .iter()
        .filter(|warning| &*warning.place.file == "more.yaml")
        .map(|warning| (warning.place.line, warning.message.as_str()))
        .collect();
    assert_eq!(here, [(3, "say of a is not translated to es")]);
    assert!(warnings.len() > catalogue.offers().len());
}

#[test]
fn a_summary_that_keeps_half_of_the_terms_back_is_refused_when_published() {
    let seed = seed::catalogue();
    let whole = "summary: \"{price_during} a month until {benefit_end}, then {price_after}.\"";
    for half in [
        "summary: \"{price_during} a month, then {price_after}.\"",
        "summary: \"{price_during} a month until {benefit_end}.\"",
    ] {
        let text = seed[0].text.replacen(whole, half, 1);
        assert_ne!(text, seed[0].text);
        let problems = review_catalogue(&[file("catalogue.yaml", &text), seed[1].clone()]);
        let codes: Vec<Code> = problems
            .unwrap_err()
            .iter()
            .map(|problem| problem.code)
            .collect();
        assert_eq!(codes, [Code::MissingPlaceholder]);
        assert!(read_catalogue(&[file("catalogue.yaml", &text), seed[1].clone()]).is_ok());
    }
}
