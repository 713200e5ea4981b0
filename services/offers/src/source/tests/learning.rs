//! The section about learning, as it is written.

use super::*;
use crate::domain::holdout::PlannedShare;
use kernel::money::BasisPoints;

/// The seed with a section of learning.
fn seed_with(section: &str) -> Vec<SourceFile> {
    let mut files = seed::catalogue();
    let text = &mut files[0].text;
    let own = text.lines().position(|line| line == "learning:").unwrap();
    let lines = text.lines().enumerate();
    let others = lines.filter(|(place, _)| *place != own && *place != own + 1);
    let others = others.map(|(_, line)| format!("{line}\n"));
    *text = others.collect::<String>() + section;
    files
}

fn share(written: &str) -> Result<PlannedShare, Vec<Code>> {
    let section = format!("\nlearning:\n  holdout: {{ key: first, share: {written} }}\n");
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

#[test]
fn a_section_that_says_half_is_refused_with_its_line() {
    for (section, code) in [
        ("learning: {}", Code::MissingKey),
        ("learning: 5", Code::WrongShape),
        ("learning: { holdout: { key: first } }", Code::MissingKey),
        ("learning: { holdout: { share: 0.1 } }", Code::MissingKey),
        (
            "learning: { holdout: { key: No, share: 0.1 } }",
            Code::BadValue,
        ),
        (
            "learning: { holdout: { key: first, share: 0.1 }, seed: 4 }",
            Code::UnknownKey,
        ),
    ] {
        let files = seed_with(&format!("\n{section}\n"));
        let last = files[0].text.lines().count();
        let found = found(read_catalogue(&files));
        assert_eq!(found, [(u32::try_from(last).unwrap(), code)], "{section}");
    }
    let mut files = seed_with("\nlearning: { holdout: { key: first, share: 0.1 } }\n");
    files.push(file(
        "more.yaml",
        "learning: { holdout: { key: first, share: 0.1 } }\n",
    ));
    let found = found(read_catalogue(&files));
    assert_eq!(found, [(1, Code::DuplicateDefinition)]);
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
    assert!(!no_holdout(&seed_with(
        "\nlearning: { holdout: { key: first, share: 0.1 } }\n"
    )));
}
