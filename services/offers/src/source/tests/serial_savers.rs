//! Bands of serial savers and what is owed, as they are written.

use super::*;

fn seed_with(line: &str, instead: &str) -> Vec<(u32, Code)> {
    let mut files = seed::catalogue();
    let text = &mut files[0].text;
    assert!(text.contains(line), "{line}");
    *text = text.replacen(line, instead, 1);
    let at = text.lines().position(|found| found.contains(instead));
    let at = u32::try_from(at.unwrap()).unwrap() + 1;
    let found = found(read_catalogue(&files));
    found
        .into_iter()
        .map(|(line, code)| (line.abs_diff(at), code))
        .collect()
}

#[test]
fn a_band_is_never_more_generous_than_the_one_before() {
    let fifth =
        "fifth_call: { from_calls: 5, non_price_first: true, largest_discount_basis_points: 1000 }";
    for instead in [
        "fifth_call: { from_calls: 5, non_price_first: true, largest_discount_basis_points: 2001 }",
        "fifth_call: { from_calls: 5, non_price_first: true }",
        "fifth_call: { from_calls: 5, largest_discount_basis_points: 1000 }",
        "fifth_call: { from_calls: 3, non_price_first: true, largest_discount_basis_points: 1000 }",
    ] {
        let problems = seed_with(fifth, instead);
        assert_eq!(problems, [(0, Code::InconsistentTerms)], "{instead}");
    }
    let seventh = "seventh_call: { from_calls: 7, price_offers: false }";
    let lenient = "seventh_call: { from_calls: 7, price_offers: true }";
    assert_eq!(seed_with(seventh, lenient), [(0, Code::InconsistentTerms)]);
}

#[test]
fn windows_and_bands_are_checked() {
    for (line, instead, code) in [
        (
            "  within_days: 730\n",
            "  within_days: 731\n",
            Code::OutOfRange,
        ),
        (
            "  within_days: 730\n",
            "  within_days: 0\n",
            Code::OutOfRange,
        ),
        ("from_calls: 7,", "from_calls: 1,", Code::OutOfRange),
        ("from_calls: 7,", "calls: 7,", Code::UnknownKey),
    ] {
        let mut files = seed::catalogue();
        files[0].text = files[0].text.replacen(line, instead, 1);
        let found = found(read_catalogue(&files));
        assert!(
            found.iter().any(|(_, it)| *it == code),
            "{instead}: {found:?}"
        );
    }
}

#[test]
fn what_is_owed_is_neither_about_price_nor_binding() {
    for (line, instead) in [
        (
            "    lever: goodwill\n    owed: true",
            "    lever: credit\n    owed: true",
        ),
        (
            "      one_off: { USD: 1000, EUR: 1000, GBP: 800 }",
            "      one_off: { USD: 1000, EUR: 1000, GBP: 800 }\n      commitment_months: 12",
        ),
    ] {
        let mut files = seed::catalogue();
        assert!(files[0].text.contains(line));
        files[0].text = files[0].text.replacen(line, instead, 1);
        let found = found(read_catalogue(&files));
        let wrong = |(_, code): &(u32, Code)| *code == Code::InconsistentTerms;
        assert!(found.iter().any(wrong), "{instead}: {found:?}");
    }
}
