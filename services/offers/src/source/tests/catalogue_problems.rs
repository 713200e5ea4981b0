//! Everything that can be wrong in a catalogue, with its line.

use super::*;

const REASONS: &str = "\
reasons:
  price:
    reasons:
      too_expensive: &x
";

const SOUND_REASONS: &str = "\
default_language: en
reasons:
  other:
    defaults:
      controllable: partly
      levers: [price_discount, pause, credit, value_add]
      offers_allowed: true
      price_offer_allowed: true
      exit_path: standard
      expected_return: 0.1
      system_code: customer_termination
      no_offer: { stay: 0.1, here_30_days: 0.95, durable: 0.85 }
    reasons:
      too_expensive:
      declined_to_say:
";

/// An offer; a test replaces one line of it.
const OFFER: [&str; 19] = [
    "rules:",
    "  settled: { customer.tenure_days: { at_least: 90 } }",
    "offers:",
    "  ten_off:",
    "    lever: price_discount",
    "    review_due: 2027-01-31",
    "    minimum_authority: agent",
    "    hold_minutes: 60",
    "    eligibility: { rule: settled }",
    "    applicability: { call.reason: too_expensive }",
    "    suitability: { customer.vulnerable: false }",
    "    benefit: { discount: { basis_points: 1000, months: 3 } }",
    "    cost: { once: { EUR: 200 } }",
    "    priors: { default: { stay: 0.2, here_30_days: 0.95 } }",
    "    texts:",
    "      en:",
    "        title: Ten off",
    "        summary: Less",
    "        script: \"{price_during} until {benefit_end}, then {price_after}\"",
];

fn read(lines: &[&str]) -> Vec<(u32, Code)> {
    let offers = file("offers.yaml", &format!("{}\n", lines.join("\n")));
    let reasons = file("reasons.yaml", SOUND_REASONS);
    let result = read_catalogue(&[offers, reasons]);
    let problems = result.err().unwrap_or_default();
    for problem in &problems {
        assert!(!problem.message.is_empty());
        assert_eq!(&*problem.place.file, "offers.yaml", "{problem}");
    }
    problems
        .iter()
        .map(|problem| (problem.place.line, problem.code))
        .collect()
}

fn with_line(number: usize, text: &str) -> Vec<(u32, Code)> {
    let mut lines = OFFER;
    lines[number - 1] = text;
    read(&lines)
}

#[test]
fn a_sound_catalogue_is_read() {
    assert_eq!(read(&OFFER), []);
    let files = [
        file("offers.yaml", &OFFER.join("\n")),
        file("reasons.yaml", SOUND_REASONS),
    ];
    let catalogue = read_catalogue(&files).unwrap();
    let offer = catalogue.offers().next().unwrap();
    assert!((offer.priors.default.durable - 0.40).abs() < f64::EPSILON);
    assert_eq!(offer.cool_down.after_refusal_days, 90);
    assert_eq!(offer.cool_down.after_acceptance_days, 365);
}

const RULE_MISTAKES: &[(usize, &str, Code)] = &[
    (
        9,
        "    eligibility: { customer.tenure_day: 1 }",
        Code::UnknownFact,
    ),
    (
        9,
        "    eligibility: { customer.gender: female }",
        Code::ProtectedAttribute,
    ),
    (
        9,
        "    eligibility: { attribute.SeniorCitizen: 1 }",
        Code::ProtectedAttribute,
    ),
    (
        9,
        "    eligibility: { customer.tenure_days: long }",
        Code::TypeMismatch,
    ),
    (
        9,
        "    eligibility: { customer.tenure_days: 1.5 }",
        Code::TypeMismatch,
    ),
    (
        9,
        "    eligibility: { customer.tenure_days: { above: 1 } }",
        Code::UnknownOperator,
    ),
    (
        9,
        "    eligibility: { customer.stage: { in: [gone] } }",
        Code::UnknownValue,
    ),
    (
        9,
        "    eligibility: { customer.stage: { in: [] } }",
        Code::Empty,
    ),
    (9, "    eligibility: { all: [] }", Code::Empty),
    (
        9,
        "    eligibility: { all: { customer.deceased: false } }",
        Code::WrongShape,
    ),
    (
        9,
        "    eligibility: { customer.deceased: false, customer.vulnerable: false }",
        Code::WrongShape,
    ),
    (9, "    eligibility: { rule: setled }", Code::UnknownRule),
    (
        9,
        "    eligibility: { call.channel: phone }",
        Code::CallFactInEligibility,
    ),
    (9, "    eligibility: [settled]", Code::WrongShape),
    (
        10,
        "    applicability: { call.reason: too_dear }",
        Code::UnknownValue,
    ),
    (
        10,
        "    applicability: { call.reason_category: prices }",
        Code::UnknownValue,
    ),
    (
        11,
        "    suitability: { customer.tenure_days: { less_than: 90 } }",
        Code::Contradiction,
    ),
    (2, "  settled: { rule: settled }", Code::Cycle),
    (2, "  Settled!: { customer.tenure_days: 1 }", Code::BadValue),
];

#[test]
fn each_mistake_in_a_rule_has_its_code_and_line() {
    for (line, text, code) in RULE_MISTAKES.iter().copied() {
        let found = with_line(line, text);
        assert!(
            found.contains(&(u32::try_from(line).unwrap(), code)),
            "{text}: {found:?}"
        );
    }
}

const OFFER_MISTAKES: &[(usize, &str, Code)] = &[
    (4, "  Ten-Off:", Code::BadValue),
    (5, "    lever: discount", Code::UnknownValue),
    (5, "    lever: training", Code::Contradiction),
    (5, "    levers: price_discount", Code::UnknownKey),
    (6, "    review_due: next year", Code::BadValue),
    (7, "    minimum_authority: boss", Code::UnknownValue),
    (8, "    hold_minutes: 0", Code::OutOfRange),
    (8, "    hold_minutes: 10081", Code::OutOfRange),
    (
        12,
        "    benefit: { pause: { months: 2 } }",
        Code::InconsistentTerms,
    ),
    (
        12,
        "    benefit: { discount: { basis_points: 10001, months: 3 } }",
        Code::OutOfRange,
    ),
    (
        12,
        "    benefit: { discount: { basis_points: 1000, months: 3 }, pause: { months: 2 } }",
        Code::InconsistentTerms,
    ),
    (
        12,
        "    benefit: { discount: { basis_points: 1000 } }",
        Code::MissingKey,
    ),
    (13, "    cost: { once: { EUR: -1 } }", Code::OutOfRange),
    (13, "    cost: { once: { EURO: 1 } }", Code::BadValue),
    (
        13,
        "    cost: { once: { EUR: 1 }, monthly: { USD: 1 } }",
        Code::InconsistentTerms,
    ),
    (
        14,
        "    priors: { default: { stay: 1.5, here_30_days: 0.95 } }",
        Code::OutOfRange,
    ),
    (
        14,
        "    priors: { default: { here_30_days: 0.95 } }",
        Code::MissingKey,
    ),
    (
        14,
        "    priors: { default: { stay: 0.2, here_30_days: 0.9 }, by_reason_category: { prices: { stay: 0.2, here_30_days: 0.9 } } }",
        Code::UnknownValue,
    ),
    (16, "      english:", Code::BadValue),
    (17, "        title: ''", Code::BadValue),
    (
        18,
        "        summary: Less, {credit}",
        Code::UnknownPlaceholder,
    ),
    (
        19,
        "        script: Now {price_durng}",
        Code::UnknownPlaceholder,
    ),
    (
        19,
        "        script: Now {price_during",
        Code::UnknownPlaceholder,
    ),
    (
        19,
        "        script: Now {price_during}",
        Code::MissingPlaceholder,
    ),
];

#[test]
fn each_mistake_in_an_offer_has_its_code_and_line() {
    for (line, text, code) in OFFER_MISTAKES.iter().copied() {
        let found = with_line(line, text);
        assert!(
            found.contains(&(u32::try_from(line).unwrap(), code)),
            "{text}: {found:?}"
        );
    }
    // Texts in another language only: the default one is missing from the offer.
    assert_eq!(with_line(16, "      fr:"), [(4, Code::MissingKey)]);
}

#[test]
fn a_mistake_does_not_hide_the_next() {
    let mut lines = OFFER;
    lines[4] = "    lever: discount";
    lines[7] = "    hold_minutes: none";
    lines[8] = "    eligibility: { customer.tenure_day: 1 }";
    lines[11] = "    benefit: { discount: { basis_points: x, months: 3 } }";
    lines[16] = "        titel: Ten off";
    lines[18] = "        script: \"{nothing}\"";
    let found = read(&lines);
    let expected = [
        (5, Code::UnknownValue),
        (8, Code::BadValue),
        (9, Code::UnknownFact),
        (12, Code::BadValue),
        (17, Code::UnknownKey),
        (17, Code::MissingKey),
        (19, Code::UnknownPlaceholder),
    ];
    for problem in expected {
        assert!(found.contains(&problem), "{problem:?} is not in {found:?}");
    }
}

const REASON_MISTAKES: &[(&str, &str, u32, Code)] = &[
    (
        "      levers: [price_discount, pause, credit, value_add]",
        "      levers: []",
        14,
        Code::InconsistentTerms,
    ),
    (
        "      price_offer_allowed: true",
        "      price_offer_allowed: false",
        14,
        Code::InconsistentTerms,
    ),
    (
        "      offers_allowed: true\n",
        "      offers_allowed: false\n",
        14,
        Code::InconsistentTerms,
    ),
    (
        "      exit_path: standard",
        "      exit_path: door",
        9,
        Code::UnknownValue,
    ),
    ("      exit_path: standard\n", "", 13, Code::MissingKey),
    (
        "      declined_to_say:\n",
        "      said_nothing:\n",
        1,
        Code::MissingKey,
    ),
    (
        "      expected_return: 0.1",
        "      win_back: { after_days: 10 }\n      expected_return: 0.1",
        10,
        Code::MissingKey,
    ),
];

#[test]
fn reasons_that_contradict_themselves_are_refused() {
    for (line, instead, at, code) in REASON_MISTAKES.iter().copied() {
        let files = [
            file("reasons.yaml", &SOUND_REASONS.replace(line, instead)),
            file("offers.yaml", &OFFER.join("\n")),
        ];
        let found = found(read_catalogue(&files));
        assert!(found.contains(&(at, code)), "{instead}: {found:?}");
    }
    assert!(
        found(read_catalogue(&[file("r.yaml", REASONS)])).contains(&(4, Code::AliasNotAllowed))
    );
}

#[test]
fn the_same_offer_in_two_files_is_refused() {
    let files = [
        file("a.yaml", &OFFER.join("\n")),
        file("b.yaml", &OFFER[2..].join("\n")),
        file("reasons.yaml", SOUND_REASONS),
    ];
    assert_eq!(
        found(read_catalogue(&files)),
        [(2, Code::DuplicateDefinition)]
    );
}
