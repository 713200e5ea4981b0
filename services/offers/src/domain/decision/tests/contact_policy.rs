//! Caps and cool-downs: what counts, for whom, and for how long.

use super::*;
use crate::domain::contact_policy::{Cap, ContactPolicy, Counted, Rest, Scope as Whose, Window};
use crate::domain::customer::Subscription;
use crate::domain::selection::Selection;

fn past(key: &str, outcome: Outcome, days: u64) -> PastOffer {
    let then = now() - std::time::Duration::from_secs(days * 86_400);
    PastOffer {
        offer_key: OfferKey::parse(key).unwrap(),
        price_offer: key == "discount",
        outcome,
        decided_at: then,
        answered_at: Some(then),
        session_id: Some(SessionId::new(then, [7; 10])),
        subscription_id: Some(SubscriptionId::parse("s-1").unwrap()),
        undone: false,
    }
}

fn cap(most: u32, window: Window, of: Selection) -> Cap {
    Cap {
        key: "cap".to_owned(),
        most,
        window,
        of,
        counts: Counted::Presented,
        scope: Whose::Customer,
    }
}

fn capped(cap: Cap) -> Situated {
    let mut call = Situated::new();
    call.catalogue.contact_policy.caps = vec![cap];
    call
}

fn rested(window: Window) -> Situated {
    let mut call = Situated::new();
    call.catalogue.contact_policy.cool_downs = vec![Rest {
        key: "peace".to_owned(),
        window,
        of: Selection::AllOffers,
        scope: Whose::Customer,
    }];
    call
}

#[test]
fn a_cap_counts_what_was_heard_and_never_what_was_only_decided() {
    let mut call = capped(cap(1, Window::Days(30), Selection::PriceOffers));
    for unheard in [Outcome::Decided, Outcome::NotPresented, Outcome::Expired] {
        call.history.offers = vec![past("discount", unheard, 1); 5];
        assert_eq!(call.decide().arm, "discount", "{unheard:?}");
    }
    // Its own cool-downs are over for what is counted here.
    for (heard, days) in [(Outcome::Presented, 29), (Outcome::Declined, 20)] {
        call.history.offers = vec![past("other", heard, days)];
        call.history.offers[0].price_offer = true;
        assert_eq!(call.disqualified("discount"), "CAP_REACHED", "{heard:?}");
        assert_eq!(call.decide().arm, "extra");
    }
    call.history.offers = vec![past("other", Outcome::Presented, 30)];
    call.history.offers[0].price_offer = true;
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn for_ever_is_for_ever() {
    let mut call = capped(cap(
        1,
        Window::ForEver,
        Selection::Lever(Lever::PriceDiscount),
    ));
    call.history.offers = vec![past("discount", Outcome::Accepted, 10_000)];
    assert_eq!(call.disqualified("discount"), "CAP_REACHED");
    let mut call = rested(Window::ForEver);
    call.history.offers = vec![past("long_gone", Outcome::Presented, 10_000)];
    assert_eq!(call.disqualified("extra"), "COOLING_DOWN");
}

#[test]
fn a_cap_on_what_is_accepted_leaves_room_for_what_was_refused() {
    let accepted = Cap {
        counts: Counted::Accepted,
        ..cap(1, Window::Days(30), Selection::AllOffers)
    };
    let mut call = capped(accepted);
    call.history.offers = vec![past("other", Outcome::Declined, 1)];
    assert_eq!(call.decide().arm, "discount");
    call.history.offers = vec![past("other", Outcome::Accepted, 1)];
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    assert_eq!(call.disqualified("extra"), "CAP_REACHED");
}

#[test]
fn a_cap_of_the_customer_holds_over_all_their_subscriptions_and_one_of_the_account_does_not() {
    let of_account = |scope| Cap {
        scope,
        ..cap(1, Window::Days(30), Selection::AllOffers)
    };
    let other = |call: &Situated, account: Option<&str>| Subscription {
        subscription_id: SubscriptionId::parse("s-2").unwrap(),
        account_id: account.map(|account| account.parse().unwrap()),
        ..call.customer.as_ref().unwrap().subscriptions[0].clone()
    };
    let heard = PastOffer {
        subscription_id: Some(SubscriptionId::parse("s-2").unwrap()),
        ..past("other", Outcome::Presented, 1)
    };
    for (scope, account, capped_now) in [
        (Whose::Customer, Some("a-2"), true),
        (Whose::Account, Some("a-2"), false),
        (Whose::Account, Some("a-1"), true),
        // Where the account is not known it might be the same.
        (Whose::Account, None, true),
    ] {
        let mut call = capped(of_account(scope));
        let subscription = other(&call, account);
        call.customer().subscriptions.push(subscription);
        call.history.offers = vec![heard.clone()];
        let offered = !call.decide().offers.is_empty();
        assert_eq!(offered, !capped_now, "{scope:?} {account:?}");
    }
}

#[test]
fn two_offers_of_one_answer_count_as_two() {
    let mut call = capped(cap(1, Window::Days(30), Selection::AllOffers));
    call.policy = policy(lenient(2));
    assert_eq!(call.decide().offers.len(), 1);
    call.catalogue.contact_policy.caps[0].most = 2;
    assert_eq!(call.decide().offers.len(), 2);
}

#[test]
fn whoever_heard_an_offer_is_left_in_peace_but_not_in_the_middle_of_the_call() {
    let mut call = rested(Window::Days(7));
    call.history.offers = vec![past("other", Outcome::Presented, 6)];
    assert_eq!(call.disqualified("discount"), "COOLING_DOWN");
    call.history.offers = vec![past("other", Outcome::Presented, 7)];
    assert_eq!(call.decide().arm, "discount");
    call.history.offers = vec![past("other", Outcome::Expired, 1)];
    assert_eq!(call.decide().arm, "discount");

    let here = past("other", Outcome::Presented, 0);
    call.history.sessions = vec![crate::domain::history::PastSession {
        under: None,
        session_id: here.session_id.unwrap(),
        contact_id: call.request.contact_id.clone(),
        subscription_id: call.request.subscription_id.clone(),
        state: State::Offered,
        opened_at: now(),
        service_ends_at: None,
        intent: None,
        occasion: None,
        ended_at_revision: None,
    }];
    call.history.offers = vec![here];
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn a_cap_and_a_cool_down_are_said_in_words() {
    let mut call = capped(cap(1, Window::Days(30), Selection::PriceOffers));
    call.history.offers = vec![past("other", Outcome::Presented, 3)];
    call.history.offers[0].price_offer = true;
    call.catalogue.contact_policy.cool_downs =
        rested(Window::ForEver).catalogue.contact_policy.cool_downs;
    let inputs = call.inputs();
    let customer = call.customer.as_ref().unwrap();
    let asked = Call::new(
        &inputs,
        customer,
        &customer.subscriptions[0],
        inputs.stated(),
    );
    let offer = call.catalogue.offers().next().unwrap();
    let words = qualification::obstacles(&asked, offer);
    assert_eq!(
        words,
        [
            (
                "CAP_REACHED",
                "cap: at most 1 of price offers presented within 30 days".to_owned()
            ),
            (
                "COOLING_DOWN",
                "peace: other was heard 3 days ago; none again for ever".to_owned()
            ),
        ]
    );
}

proptest! {
    #[test]
    fn a_stricter_contact_policy_never_yields_more_offers(
        most in 1u32..4,
        days in 1u32..400,
        rest in proptest::option::of(1u32..400),
        ages in proptest::collection::vec((0u64..500, any::<bool>(), any::<bool>()), 0..8),
    ) {
        let mut call = capped(cap(most, Window::Days(days), Selection::AllOffers));
        call.policy = policy(lenient(2));
        call.history.offers = ages
            .into_iter()
            .map(|(age, heard, price)| {
                let outcome = if heard { Outcome::Presented } else { Outcome::Expired };
                PastOffer { price_offer: price, ..past("other", outcome, age) }
            })
            .collect();
        call.catalogue.contact_policy.cool_downs = rest
            .map(|days| rested(Window::Days(days)).catalogue.contact_policy.cool_downs)
            .unwrap_or_default();
        let strict = call.decide().offers.len();
        call.catalogue.contact_policy.caps[0].most += 1;
        let fewer_bounds = call.decide().offers.len();
        prop_assert!(strict <= fewer_bounds);
        call.catalogue.contact_policy = ContactPolicy::default();
        prop_assert!(fewer_bounds <= call.decide().offers.len());
    }
}
