//! What the checks accept and how they say no.

use kernel::id::{Agent, Customer, Session};
use kernel::money::BasisPoints;
use kernel::refusal::{Kind, Refusal};
use kernel::secret::Secret;
use proptest::prelude::*;

use super::Violations;
use crate::page::PageTokens;

fn fields(refusal: &Refusal) -> Vec<(&str, &str)> {
    let violations = refusal.violations.iter();
    violations
        .map(|violation| (violation.field.as_str(), violation.reason))
        .collect()
}

/// Runs one check; returns its value, or the reason of its only violation.
fn check<T>(check: impl FnOnce(&mut Violations) -> Option<T>) -> Result<T, &'static str> {
    let mut checks = Violations::default();
    let value = check(&mut checks);
    match checks.finish(|| value) {
        Ok(value) => Ok(value),
        Err(refusal) => {
            assert_eq!(refusal.violations.len(), 1, "{:?}", refusal.violations);
            Err(refusal.violations[0].reason)
        }
    }
}

#[test]
fn every_violation_is_told_at_once_with_its_path() {
    let mut checks = Violations::default();
    let customer = checks.id::<Customer>("customer_id", "");
    let agent = checks.optional_id::<Agent>("agent_id", "a b");
    let price = checks.within("offers[2]", |checks| {
        checks.within("price", |checks| checks.money("amount", -1, "EUR"))
    });
    let after = checks.required::<()>("after", None);
    let refusal = checks
        .finish(|| Some((customer?, agent?, price?, after?)))
        .unwrap_err();
    assert_eq!(
        (refusal.kind, refusal.reason),
        (Kind::Malformed, "INVALID_FIELD")
    );
    let expected = [
        ("customer_id", "REQUIRED"),
        ("agent_id", "INVALID_ID"),
        ("offers[2].price.amount.minor", "OUT_OF_RANGE"),
        ("after", "REQUIRED"),
    ];
    assert_eq!(fields(&refusal), expected);
}

#[test]
fn a_good_request_becomes_its_command() {
    let mut checks = Violations::default();
    let customer = checks.id::<Customer>("customer_id", "c-1");
    let agent = checks.optional_id::<Agent>("agent_id", "");
    assert!(checks.is_empty());
    let (customer, agent) = checks.finish(|| Some((customer?, agent?))).unwrap();
    assert_eq!((customer.as_str(), agent), ("c-1", None));
}

#[test]
fn identifiers_are_checked_one_by_one_and_against_each_other() {
    let ids = |texts: &[&str], most| {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        check(|checks| checks.ids::<Customer>("ids", &texts, most)).map(|ids| ids.len())
    };
    assert_eq!(ids(&["a", "b"], 2), Ok(2));
    assert_eq!(ids(&["a", "b"], 1), Err("TOO_MANY"));
    assert_eq!(ids(&["a", "a"], 5), Err("DUPLICATE"));
    assert_eq!(ids(&["a", "é"], 5), Err("INVALID_ID"));
    assert_eq!(
        check(|checks| checks.uid::<Session>("id", "x")),
        Err("INVALID_ID")
    );
    assert_eq!(
        check(|checks| checks.uid::<Session>("id", "")),
        Err("REQUIRED")
    );
    assert_eq!(
        check(|checks| checks.optional_uid::<Session>("id", "")),
        Ok(None)
    );
}

/// Stands for a generated enum.
#[derive(Debug, PartialEq)]
struct Stage(i32);

impl TryFrom<i32> for Stage {
    type Error = ();

    fn try_from(number: i32) -> Result<Self, ()> {
        if (0..3).contains(&number) {
            Ok(Self(number))
        } else {
            Err(())
        }
    }
}

#[test]
fn enums_must_be_known() {
    assert_eq!(
        check(|checks| checks.known::<Stage>("stage", 2)),
        Ok(Stage(2))
    );
    assert_eq!(
        check(|checks| checks.known::<Stage>("stage", 0)),
        Err("REQUIRED")
    );
    assert_eq!(
        check(|checks| checks.known::<Stage>("stage", 3)),
        Err("UNKNOWN_VALUE")
    );
    assert_eq!(
        check(|checks| checks.optional_known::<Stage>("stage", 0)),
        Ok(Stage(0))
    );
}

#[test]
fn money_is_bounded_and_of_a_known_currency() {
    let money = |minor, currency| check(|checks| checks.money("price", minor, currency));
    assert_eq!(
        money(1_000_000_000_000, "EUR").unwrap().minor,
        1_000_000_000_000
    );
    assert_eq!(money(1_000_000_000_001, "EUR"), Err("OUT_OF_RANGE"));
    assert_eq!(money(-1, "EUR"), Err("OUT_OF_RANGE"));
    assert_eq!(money(1, "eur"), Err("UNKNOWN_CURRENCY"));
    assert_eq!(
        check(|checks| checks.share("share", 10_000)),
        Ok(BasisPoints::ONE)
    );
    assert_eq!(
        check(|checks| checks.share("share", 10_001)),
        Err("OUT_OF_RANGE")
    );
}

#[test]
fn instants_and_dates_lie_in_reasonable_years() {
    let instant = |seconds| {
        let wire = prost_types::Timestamp { seconds, nanos: 0 };
        check(|checks| checks.instant("at", Some(&wire)))
    };
    assert!(instant(0).is_ok() && instant(7_258_118_399).is_ok());
    for seconds in [-1, 7_258_118_400, i64::MAX, i64::MIN] {
        assert_eq!(instant(seconds), Err("OUT_OF_RANGE"), "{seconds}");
    }
    assert_eq!(check(|checks| checks.instant("at", None)), Err("REQUIRED"));
    assert_eq!(
        check(|checks| checks.optional_instant("at", None)),
        Ok(None)
    );
    let date = |text| check(|checks| checks.date("on", text)).map(|date| date.to_string());
    assert_eq!(date("2028-02-29").as_deref(), Ok("2028-02-29"));
    for text in [
        "",
        "2027-02-29",
        "20280229",
        "2028-2-29",
        "1969-12-31",
        "2200-01-01",
        "+002028-02-29",
    ] {
        assert_eq!(date(text), Err("INVALID_DATE"), "{text}");
    }
}

#[test]
fn texts_are_counted_in_characters_and_hold_no_controls() {
    let text = |text| check(|checks| checks.text("note", text, 3));
    assert_eq!(text("äöü").as_deref(), Ok("äöü"));
    assert_eq!(text("a\nb").as_deref(), Ok("a\nb"));
    assert_eq!(text("four"), Err("TOO_LONG"));
    assert_eq!(text("a\u{1b}b"), Err("CONTROL_CHARACTER"));
    assert_eq!(
        check(|checks| checks.required_text("note", " \n", 3)),
        Err("REQUIRED")
    );
}

#[test]
fn numbers_stay_between_their_limits() {
    let between = |number| check(|checks| checks.between("share", number, 0.0, 1.0));
    assert_eq!(between(1.0), Ok(1.0));
    assert_eq!(
        (between(1.1), between(f64::NAN)),
        (Err("OUT_OF_RANGE"), Err("OUT_OF_RANGE"))
    );
    let page_size = |size| check(|checks| checks.page_size("page_size", size, 50, 500));
    assert_eq!(
        (page_size(0), page_size(7), page_size(9_999)),
        (Ok(50), Ok(7), Ok(500))
    );
    assert_eq!(page_size(-1), Err("OUT_OF_RANGE"));
}

#[test]
fn page_tokens_of_another_question_are_refused() {
    let tokens = PageTokens::new(&Secret::new("key"));
    let token = tokens.seal("List|a", "c-9");
    let open =
        |scope, token: &str| check(|checks| checks.page_token("page_token", &tokens, scope, token));
    assert_eq!(open("List|a", &token), Ok(Some("c-9".to_owned())));
    assert_eq!(open("List|a", ""), Ok(None));
    assert_eq!(open("List|b", &token), Err("INVALID_PAGE_TOKEN"));
}

proptest! {
    #[test]
    fn no_text_makes_a_check_panic(text in ".{0,80}", number: i64, size: i32) {
        let mut checks = Violations::default();
        checks.id::<Customer>("id", &text);
        checks.uid::<Session>("uid", &text);
        checks.money("money", number, &text);
        checks.date("date", &text);
        checks.text("text", &text, 40);
        checks.page_size("size", size, 1, 2);
        let wire = prost_types::Timestamp { seconds: number, nanos: size };
        checks.instant("instant", Some(&wire));
        prop_assert!(checks.finish(|| Some(())).is_ok() || !text.is_empty() || number != 0);
    }
}

#[test]
fn languages_have_their_standard_form() {
    for text in ["", "en", "pt-BR", "zh-Hant-TW", "sl-rozaj-biske"] {
        let checked = check(|checks| checks.language("language", text));
        assert_eq!(checked.as_deref(), Ok(text));
    }
    for text in ["e n", "-en", "en-", "en_GB", "1en", "en-toolongpart"] {
        let checked = check(|checks| checks.language("language", text));
        assert_eq!(checked, Err("INVALID_LANGUAGE"), "{text}");
    }
}
