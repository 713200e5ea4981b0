//! The section about learning, as it is written.

use super::*;
use crate::domain::holdout::PlannedShare;
use kernel::money::BasisPoints;

/// A section that says what it must, on one line.
const SECTION: &str = "\nlearning: { holdout: { key: first, share: 0.1 }, \
    value_tiers: { middle_from: { USD: 1500 }, high_from: { USD: 5000 } } }\n";

/// The seed with a section of learning.
fn seed_with(section: &str) -> Vec<SourceFile> {
    let mut files = seed::catalogue();
    let text = &mut files[0].text;
    let own = text.find("learning:\n").unwrap();
    let after = text[own..].find("\n\n").unwrap() + own;
    text.replace_range(own..after, "");
    text.push_str(section);
    files
}

fn share(written: &str) -> Result<PlannedShare, Vec<Code>> {
    let section = SECTION.replacen("share: 0.1", &format!("share: {written}"), 1);
    let read = read_catalogue(&seed_with(&section));
    let read = read.map(|catalogue| catalogue.learning.unwrap().holdout.share);
    read.map_err(|problems| problems.iter().map(|problem| problem.code).collect())
}

#[test]
fn a_share_is_a_number_up_to_a_half_or_hangs_on_the_volume() {
    let fixed = |share| Ok(PlannedShare::Fixed(BasisPoints(share)));
    assert_eq!(share("0.1"), fixed(1_000));
    assert_eq!(share("0.0725"), fixed(725));
    assert_eq!(share("0.5"), fixed(5_000));
    assert_eq!(share("by_volume"), Ok(PlannedShare::ByVolume));
    for (written, code) in [
        ("0.501", Code::OutOfRange),
        ("0", Code::OutOfRange),
        ("-0.1", Code::OutOfRange),
        ("0.12345", Code::BadValue),
        ("10 %", Code::BadValue),
        ("some", Code::BadValue),
        ("[0.1]", Code::BadValue),
    ] {
        assert_eq!(share(written), Err(vec![code]), "{written}");
    }
}

/// Checks what is found on the last line.
#[track_caller]
fn refused_with(section: &str, code: Code) {
    let files = seed_with(&format!("\n{section}\n"));
    let last = files[0].text.lines().count();
    let found = found(read_catalogue(&files));
    assert_eq!(found, [(u32::try_from(last).unwrap(), code)], "{section}");
}

#[test]
fn a_section_that_says_half_is_refused_with_its_line() {
    let tiers = "value_tiers: { middle_from: { USD: 1500 }, high_from: { USD: 5000 } }";
    let holdout = "holdout: { key: first, share: 0.1 }";
    for (section, code) in [
        ("learning: 5".to_owned(), Code::WrongShape),
        (format!("learning: {{ {tiers} }}"), Code::MissingKey),
        (format!("learning: {{ {holdout} }}"), Code::MissingKey),
        (
            format!("learning: {{ {tiers}, holdout: {{ key: first }} }}"),
            Code::MissingKey,
        ),
        (
            format!("learning: {{ {tiers}, holdout: {{ share: 0.1 }} }}"),
            Code::MissingKey,
        ),
        (
            format!("learning: {{ {tiers}, holdout: {{ key: No, share: 0.1 }} }}"),
            Code::BadValue,
        ),
        (
            format!("learning: {{ {tiers}, {holdout}, seed: 4 }}"),
            Code::UnknownKey,
        ),
        (
            format!("learning: {{ {tiers}, {holdout}, floor: 0.06 }}"),
            Code::OutOfRange,
        ),
        (
            format!("learning: {{ {tiers}, {holdout}, half_life_days: 29 }}"),
            Code::OutOfRange,
        ),
        (
            format!("learning: {{ {tiers}, {holdout}, long_term_months: 0 }}"),
            Code::OutOfRange,
        ),
    ] {
        refused_with(&section, code);
    }
    let mut files = seed_with(SECTION);
    files.push(file("more.yaml", SECTION.trim_start()));
    let found = found(read_catalogue(&files));
    assert_eq!(found, [(1, Code::DuplicateDefinition)]);
}

#[test]
fn tiers_are_two_amounts_in_order_for_each_currency() {
    let tiers = "value_tiers: { middle_from: { USD: 1500 }, high_from: { USD: 5000 } }";
    let holdout = "holdout: { key: first, share: 0.1 }";
    for (section, code) in [
        (
            format!("learning: {{ {holdout}, value_tiers: {{ middle_from: {{ USD: 1 }} }} }}"),
            Code::MissingKey,
        ),
        (
            format!(
                "learning: {{ {holdout}, {} }}",
                tiers.replace("USD: 5000", "USD: 1500")
            ),
            Code::InconsistentTerms,
        ),
        (
            format!(
                "learning: {{ {holdout}, {} }}",
                tiers.replace("USD: 5000", "EUR: 5000")
            ),
            Code::InconsistentTerms,
        ),
        (
            format!(
                "learning: {{ {holdout}, {} }}",
                tiers.replace("USD: 5000", "USD: 5000, EUR: 1")
            ),
            Code::InconsistentTerms,
        ),
    ] {
        refused_with(&section, code);
    }
}

#[test]
fn what_is_not_written_is_as_it_usually_is() {
    let catalogue = read_catalogue(&seed_with(SECTION)).unwrap();
    let learning = catalogue.learning.unwrap();
    assert_eq!(
        (learning.half_life_days, learning.long_term_months),
        (365, 24)
    );
    assert!((learning.floor - 0.005).abs() < f64::EPSILON);
    let tier = |minor, currency: &str| {
        let currency = kernel::money::Currency::parse(currency).unwrap();
        learning
            .value_tiers
            .tier(kernel::money::Money::new(minor, currency))
    };
    let tiers = [1_499, 1_500, 4_999, 5_000].map(|minor| tier(minor, "USD"));
    assert_eq!(tiers, [Some(0), Some(1), Some(1), Some(2)]);
    assert_eq!(tier(5_000, "EUR"), None);
}

#[test]
fn a_catalogue_that_holds_nobody_out_is_warned_of() {
    let no_holdout = |files: &[SourceFile]| {
        let (catalogue, warnings) = review_catalogue(files).unwrap();
        let mut codes = warnings.iter().map(|warning| warning.code);
        assert_eq!(
            codes.any(|code| code == Code::NoHoldout),
            catalogue.learning.is_none()
        );
        catalogue.learning.is_none()
    };
    assert!(no_holdout(&seed_with("")));
    assert!(!no_holdout(&seed_with(SECTION)));
}
