//! Terms, scripts and amounts.

use kernel::money::{BasisPoints, Currency, Money};
use kernel::time::{Span, Timestamp};
use proptest::prelude::*;

use super::*;

fn money(minor: i64, code: &str) -> Money {
    Money::new(minor, Currency::parse(code).unwrap())
}

fn benefit(concession: Concession) -> Benefit {
    Benefit {
        concession,
        one_off: Amounts::default(),
        commitment_months: 0,
    }
}

fn discount(share: u32, months: u32) -> Benefit {
    let share = BasisPoints(share);
    benefit(Concession::Discount { share, months })
}

fn at() -> Timestamp {
    "2026-11-30T10:00:00Z".parse().unwrap()
}

#[test]
fn a_discount_ends_on_its_day_and_the_price_is_what_it_was() {
    let terms = discount(2_000, 3)
        .terms(Some(money(7_035, "USD")), at())
        .unwrap();
    assert_eq!(terms.price_during, Some(money(5_628, "USD")));
    assert_eq!(terms.price_after, Some(money(7_035, "USD")));
    // The end of a shorter month, not the third of the next.
    assert_eq!(
        terms.benefit_end_at,
        Some("2027-02-28T10:00:00Z".parse().unwrap())
    );
}

/// Free months that are counted from another day than the bills are one bill short.
#[test]
fn whoever_accepts_later_has_all_the_months_and_never_less_than_was_read_out() {
    let price = Some(money(4_000, "EUR"));
    let terms = discount(2_000, 3).terms(price, at()).unwrap();
    let day = |days: i64| at() + Span::new().hours(24 * days);
    let later = discount(2_000, 3).terms(price, day(9)).unwrap();
    assert_eq!(terms.accepted_at(day(9)), later);
    assert_eq!(terms.accepted_at(day(-9)), terms);
    let lasting = Concession::Change {
        product: None,
        price: BasisPoints(8_000),
    };
    let terms = benefit(lasting).terms(price, at()).unwrap();
    assert_eq!(terms.accepted_at(day(9)), terms);
}

#[test]
fn a_pause_costs_its_fee_and_a_change_lasts() {
    let price = Some(money(4_000, "EUR"));
    let pause = Concession::Pause {
        months: 2,
        fee: BasisPoints(1_000),
    };
    let terms = benefit(pause).terms(price, at()).unwrap();
    assert_eq!(
        (terms.price_during, terms.price_after),
        (Some(money(400, "EUR")), price)
    );

    let change = Concession::Change {
        product: None,
        price: BasisPoints(7_500),
    };
    let terms = benefit(change).terms(price, at()).unwrap();
    assert_eq!(terms.price_after, Some(money(3_000, "EUR")));
    assert_eq!(
        (terms.price_during, terms.benefit_end_at),
        (terms.price_after, None)
    );
}

#[test]
fn what_cannot_be_granted_is_said_and_never_skipped() {
    let credit = Benefit {
        one_off: Amounts::default().with(money(2_500, "USD")),
        ..benefit(Concession::None)
    };
    let terms = |benefit: &Benefit, price| benefit.terms(price, at());
    assert_eq!(
        terms(&credit, Some(money(1, "EUR"))),
        Err(TermsError::CurrencyNotCovered(
            Currency::parse("EUR").unwrap()
        ))
    );
    assert_eq!(terms(&credit, None), Err(TermsError::NoCurrency));
    assert_eq!(terms(&discount(1_000, 3), None), Err(TermsError::NoPrice));
    assert!(terms(&benefit(Concession::None), None).is_ok());
    let late = Timestamp::MAX;
    assert_eq!(
        discount(1, 36).terms(Some(money(1, "EUR")), late),
        Err(TermsError::OutOfRange)
    );
}

#[test]
fn scripts_are_filled_from_the_terms() {
    let terms = discount(1_000, 3)
        .terms(Some(money(5_000, "EUR")), at())
        .unwrap();
    let script = Script::parse("{price_during} until {benefit_end}, then {price_after}").unwrap();
    assert_eq!(
        script.fill(&terms).as_deref(),
        Some("45.00 EUR until 2027-02-28, then 50.00 EUR")
    );
    let credit = Script::parse("{credit} for you").unwrap();
    assert_eq!(credit.fill(&terms), None);
    for broken in [
        "{",
        "}",
        "{price",
        "price}",
        "{}",
        "{{price_now}}",
        "{Price_now}",
    ] {
        assert!(Script::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn a_language_falls_back_to_its_first_part_and_then_to_the_default() {
    let text = |title: &str| OfferText {
        title: title.to_owned(),
        summary: Script::parse("s").unwrap(),
        script: Script::parse("s").unwrap(),
    };
    let by_language = [("de", "Deutsch"), ("pt-BR", "Brasil")]
        .into_iter()
        .map(|(language, title)| (language.to_owned(), text(title)))
        .collect();
    let texts = Texts::new(text("English"), by_language);
    for (language, title) in [
        ("de", "Deutsch"),
        ("de-AT", "Deutsch"),
        ("pt-BR", "Brasil"),
        ("pt", "English"),
        ("", "English"),
    ] {
        assert_eq!(texts.speak(language).title, title, "{language}");
    }
}

#[test]
fn costs_are_summed_and_known_per_currency() {
    let cost = CostModel {
        once: Amounts::default().with(money(200, "EUR")),
        once_share: BasisPoints(1_000),
        ..CostModel::default()
    };
    assert_eq!(cost.once_for(money(5_000, "EUR")), Some(money(700, "EUR")));
    assert_eq!(cost.once_for(money(5_000, "USD")), None);
    assert_eq!(cost.monthly_for(money(5_000, "USD")), Some(money(0, "USD")));
}

proptest! {
    #[test]
    fn a_deeper_discount_never_costs_the_customer_more(
        price in 0..1_000_000_i64, shallow in 0..=10_000_u32, deep in 0..=10_000_u32,
    ) {
        let (shallow, deep) = (shallow.min(deep), shallow.max(deep));
        let during = |share| {
            let terms = discount(share, 3).terms(Some(money(price, "EUR")), at());
            terms.unwrap().price_during.unwrap().minor
        };
        prop_assert!(during(deep) <= during(shallow));
        prop_assert!((0..=price).contains(&during(deep)));
    }

    #[test]
    fn a_script_without_braces_reads_back_unchanged(text in "[^{}]{0,80}") {
        let terms = discount(1, 1).terms(Some(money(1, "EUR")), at()).unwrap();
        prop_assert_eq!(Script::parse(&text).unwrap().fill(&terms), Some(text));
    }
}
