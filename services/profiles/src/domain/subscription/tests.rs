use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

fn draft() -> SubscriptionDraft {
    SubscriptionDraft {
        customer_id: CustomerId::parse("c").unwrap(),
        account_id: AccountId::parse("a").unwrap(),
        subscription_id: SubscriptionId::parse("s").unwrap(),
        product: "fibre".to_owned(),
        relationship: Some(Relationship::Contractual),
        contract_kind: None,
        state: None,
        start_time: at(100),
        commitment_end_time: None,
        service_end_time: None,
        billing_end_time: None,
        end_reason: None,
        stated: StatedReason::default(),
        monthly_price: Some(usd(1_000)),
        attributes: BTreeMap::new(),
    }
}

fn order(service: i64, billing: Option<i64>) -> EndOrder {
    EndOrder {
        service_end_time: at(service),
        billing_end_time: billing.map(at),
        reason: Some(EndReason::CustomerTermination),
        stated: StatedReason::default(),
    }
}

fn active() -> Subscription {
    Subscription::put(None, &draft(), at(500)).unwrap()
}

#[test]
fn the_dates_give_the_state_where_none_is_given() {
    let state = |service_end: Option<i64>, now: i64| {
        let draft = SubscriptionDraft {
            service_end_time: service_end.map(at),
            ..draft()
        };
        Subscription::put(None, &draft, at(now)).unwrap().state()
    };
    assert_eq!(state(None, 50), SubscriptionState::Prospect);
    assert_eq!(state(None, 100), SubscriptionState::Active);
    assert_eq!(state(Some(300), 299), SubscriptionState::CancelPending);
    assert_eq!(state(Some(300), 300), SubscriptionState::Ended);
}

#[test]
fn an_ended_state_needs_its_end() {
    for state in [SubscriptionState::Ended, SubscriptionState::CancelPending] {
        let unfit = SubscriptionDraft {
            state: Some(state),
            ..draft()
        };
        assert!(matches!(
            Subscription::put(None, &unfit, at(500)),
            Err(Rejection::Unfit {
                field: "service_end_time",
                ..
            })
        ));
    }
}

#[test]
fn a_feed_that_knows_no_end_does_not_undo_one() {
    let leaving = active().ended(order(900, None), at(500));
    let again = Subscription::put(Some(&leaving), &draft(), at(501)).unwrap();
    assert_eq!(again, leaving);
}

fn said(key: &str, category: &str) -> StatedReason {
    StatedReason {
        key: key.to_owned(),
        category: category.to_owned(),
    }
}

fn order_saying(service: i64, stated: StatedReason) -> EndOrder {
    EndOrder {
        stated,
        ..order(service, None)
    }
}

#[test]
fn what_was_said_lives_with_the_end_and_goes_with_it() {
    let leaving = active().ended(order_saying(900, said("too_expensive", "price")), at(500));
    let kept = &leaving.end.as_ref().unwrap().stated;
    assert_eq!(*kept, said("too_expensive", "price"));
    let stays = leaving.reinstate(at(600)).unwrap();
    assert_eq!(stays.end, None);
    let again = stays.ended(order(900, None), at(700));
    assert!(again.end.unwrap().stated.is_empty());
}

#[test]
fn of_several_orders_the_one_whose_end_counts_says_why_if_it_says_anything() {
    let stated = |subscription: Subscription| subscription.end.unwrap().stated;
    let first = active().ended(order_saying(900, said("too_expensive", "price")), at(500));
    let later = first.ended(order_saying(950, said("moving", "structural")), at(500));
    assert_eq!(stated(later), said("too_expensive", "price"));
    let sooner = first.ended(order_saying(800, said("", "hardship")), at(500));
    assert_eq!(stated(sooner), said("", "hardship"));
    let silent = first.ended(order(800, None), at(500));
    assert_eq!(stated(silent), said("too_expensive", "price"));
    let told_late = active().ended(order(900, None), at(500));
    let told_late = told_late.ended(order_saying(900, said("moving", "structural")), at(500));
    assert_eq!(stated(told_late), said("moving", "structural"));
}

#[test]
fn a_feed_that_knows_the_day_of_an_end_does_not_forget_what_was_said() {
    let leaving = active().ended(order_saying(900, said("too_expensive", "price")), at(500));
    let billed = SubscriptionDraft {
        service_end_time: Some(at(905)),
        ..draft()
    };
    let again = Subscription::put(Some(&leaving), &billed, at(501)).unwrap();
    let end = again.end.unwrap();
    assert_eq!(end.service_end_time, at(905));
    assert_eq!(end.stated, said("too_expensive", "price"));
    let corrected = SubscriptionDraft {
        stated: said("moving", "structural"),
        ..billed
    };
    let again = Subscription::put(Some(&leaving), &corrected, at(501)).unwrap();
    assert_eq!(again.end.unwrap().stated, said("moving", "structural"));
}

#[test]
fn the_price_keeps_its_currency_even_over_a_gap() {
    let without = SubscriptionDraft {
        monthly_price: None,
        ..draft()
    };
    let gap = Subscription::put(Some(&active()), &without, at(500)).unwrap();
    assert_eq!(gap.monthly_price, None);
    let euros = SubscriptionDraft {
        monthly_price: Some(Money::new(1, Currency::parse("EUR").unwrap())),
        ..draft()
    };
    assert!(matches!(
        Subscription::put(Some(&gap), &euros, at(500)),
        Err(Rejection::WrongCurrency { .. })
    ));
}

#[test]
fn a_subscription_stays_with_its_account() {
    let moved = SubscriptionDraft {
        account_id: AccountId::parse("b").unwrap(),
        ..draft()
    };
    assert!(matches!(
        Subscription::put(Some(&active()), &moved, at(500)),
        Err(Rejection::SubscriptionTaken { .. })
    ));
}

#[test]
fn reinstating_clears_both_ends_and_gives_the_standing_back() {
    let paused = SubscriptionDraft {
        state: Some(SubscriptionState::Paused),
        ..draft()
    };
    let paused = Subscription::put(None, &paused, at(500)).unwrap();
    let leaving = paused.ended(order(900, Some(950)), at(500));
    assert_eq!(leaving.state(), SubscriptionState::CancelPending);
    assert_eq!(leaving.reinstate(at(899)).unwrap(), paused);
    assert!(matches!(
        leaving.reinstate(at(900)),
        Err(Rejection::IllegalState { state: "ended", .. })
    ));
    assert_eq!(paused.reinstate(at(899)).unwrap(), paused);
}

#[test]
fn an_end_before_the_start_is_an_end_at_the_start() {
    let end = active().ended(order(1, None), at(500)).end.unwrap();
    assert_eq!(end.service_end_time, at(100));
    assert_eq!(end.billing_end_time, Some(at(100)));
}

#[test]
fn the_same_service_end_takes_the_earlier_billing_end() {
    let leaving = active().ended(order(900, Some(990)), at(500));
    let sooner = leaving.ended(order(900, Some(950)), at(500));
    let end = sooner.end.as_ref();
    assert_eq!(end.unwrap().billing_end_time, Some(at(950)));
    assert_eq!(sooner.ended(order(900, Some(990)), at(500)), sooner);
    assert_eq!(sooner.ended(order(900, None), at(500)), sooner);
}

proptest! {
    #[test]
    fn of_several_ends_the_earliest_counts_in_any_order(
        ends in proptest::collection::vec(600_i64..2_000, 1..6),
    ) {
        let fold = |ends: &[i64]| {
            ends.iter().fold(active(), |subscription, end| {
                subscription.ended(order(*end, None), at(500))
            })
        };
        let mut sorted = ends.clone();
        sorted.sort_unstable();
        prop_assert_eq!(fold(&ends), fold(&sorted));
        prop_assert_eq!(fold(&ends).end.unwrap().service_end_time, at(sorted[0]));
    }

    #[test]
    fn what_has_ended_stays_as_it_ended(first in 200_i64..500, second in 100_i64..2_000) {
        let gone = active().ended(order(first, None), at(500));
        prop_assert_eq!(gone.ended(order(second, Some(second)), at(501)), gone);
    }
}
