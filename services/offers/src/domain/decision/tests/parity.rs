//! The price of a new customer.

use super::*;
use crate::domain::catalogue::{ReferencePrice, ReferencePrices};
use crate::domain::policy::Parity;

/// The customer pays 5,000 a month; a new one pays this.
fn where_new_customers_pay(minor: i64, parity: Parity) -> Situated {
    let usd = customer().subscriptions[0].monthly_price.unwrap().currency;
    let mut call = Situated::new();
    let price = ReferencePrice {
        product: "fibre".to_owned(),
        jurisdiction: None,
        effective_from: None,
        effective_until: None,
        price: Amounts::default().with(Money::new(minor, usd)),
    };
    call.catalogue.reference_prices = ReferencePrices::new(vec![price]);
    call.policy = policy(Rules {
        parity: Some(parity),
        ..lenient(2)
    });
    call
}

#[test]
fn a_price_is_compared_both_ways_where_policy_asks() {
    let decision = where_new_customers_pay(4_500, Parity::Report).decide();
    let discount = &decision.offers[0];
    assert_eq!(discount.offer_key.as_str(), "discount");
    let compared = discount.parity.unwrap();
    // 4,000 for three months and 5,000 afterwards.
    assert_eq!((compared.during.minor, compared.after.minor), (-500, 500));
    assert!(compared.breach);
    let now = decision.parity.unwrap();
    assert_eq!((now.reference.minor, now.after.minor), (4_500, 500));
    // What says nothing about a price is not compared.
    assert_eq!(decision.offers[1].offer_key.as_str(), "extra");
    assert_eq!(decision.offers[1].parity, None);

    let cheaper = where_new_customers_pay(5_001, Parity::Report).decide();
    assert!(!cheaper.offers[0].parity.unwrap().breach);
    let silent = where_new_customers_pay(4_500, Parity::None).decide();
    assert_eq!((silent.parity, silent.offers[0].parity), (None, None));
}

#[test]
fn where_parity_is_enforced_no_price_ends_above_that_of_a_new_customer() {
    let call = where_new_customers_pay(4_999, Parity::Enforce);
    assert_eq!(call.disqualified("discount"), "PARITY");
    let decision = call.decide();
    assert_eq!(decision.arm, "extra");
    assert_eq!(decision.parity.unwrap().reference.minor, 4_999);
    let at_par = where_new_customers_pay(5_000, Parity::Enforce);
    assert_eq!(at_par.decide().arm, "discount");

    // Nobody knows what a new customer pays: nothing says that it is no less.
    let mut unknown = where_new_customers_pay(5_000, Parity::Enforce);
    unknown.customer().subscriptions[0].product = "satellite".to_owned();
    assert_eq!(unknown.disqualified("discount"), "PARITY");
}

proptest! {
    #[test]
    fn no_offer_breaches_where_it_is_enforced(minor in 1..8_000_i64) {
        let enforced = where_new_customers_pay(minor, Parity::Enforce).decide();
        let mut compared = enforced.offers.iter().filter_map(|offer| offer.parity);
        prop_assert!(compared.all(|compared| !compared.breach));
        let reported = where_new_customers_pay(minor, Parity::Report).decide();
        prop_assert!(enforced.offers.len() <= reported.offers.len());
    }
}

#[test]
fn what_must_go_with_a_price_goes_with_a_price_alone() {
    let mut call = Situated::new();
    call.policy = policy(Rules {
        notices: vec!["of any".to_owned()],
        price_notices: vec!["of a price".to_owned()],
        ..lenient(2)
    });
    let decision = call.decide();
    let notices = |index: usize| decision.offers[index].notices(&decision.policy);
    assert_eq!(notices(0), ["of any", "of a price"]);
    assert_eq!(notices(1), ["of any"]);
}
