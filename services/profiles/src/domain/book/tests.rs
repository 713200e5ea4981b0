use kernel::id::BusinessLineId;
use kernel::money::{Currency, Money};

use super::super::books::Books;
use super::super::personal::Personal;
use super::super::record::Record;
use super::super::vocabulary::{ChangeKind, EventKind};
use super::*;
use crate::domain::subscription::StatedReason;

const NOW: i64 = 1_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn customer_id() -> CustomerId {
    CustomerId::parse("c").unwrap()
}

fn customer() -> Customer {
    Customer {
        customer_id: customer_id(),
        kind: None,
        display_name: Personal::default(),
        email: Personal::default(),
        phone: Personal::default(),
        jurisdiction: String::new(),
        language: String::new(),
        deceased: false,
        vulnerable: false,
        do_not_offer: false,
        time_zone: String::new(),
    }
}

fn account(id: &str) -> AccountDraft {
    AccountDraft {
        customer_id: customer_id(),
        account_id: AccountId::parse(id).unwrap(),
        business_line: BusinessLineId::parse("telecom").unwrap(),
        open_time: Some(at(1)),
    }
}

fn subscription(id: &str) -> SubscriptionDraft {
    SubscriptionDraft {
        customer_id: customer_id(),
        account_id: AccountId::parse("a").unwrap(),
        subscription_id: SubscriptionId::parse(id).unwrap(),
        product: String::new(),
        relationship: None,
        contract_kind: None,
        state: None,
        start_time: at(1),
        commitment_end_time: None,
        service_end_time: None,
        billing_end_time: None,
        end_reason: None,
        stated: StatedReason::default(),
        monthly_price: None,
        attributes: BTreeMap::new(),
    }
}

fn payment(id: &str, subscription: Option<&str>, code: &str) -> TimelineEvent {
    TimelineEvent {
        customer_id: customer_id(),
        event_id: EventId::parse(id).unwrap(),
        kind: EventKind::Payment,
        event_time: at(5),
        subscription_id: subscription.map(|id| SubscriptionId::parse(id).unwrap()),
        amount: Some(Money::new(1, Currency::parse(code).unwrap())),
        quantity: 0,
        detail: String::new(),
        survey_score: None,
    }
}

/// A customer with account `a` and subscription `s`, written and closed.
fn book() -> Book {
    let mut book = Book::empty(customer_id(), at(NOW));
    book.put_customer(&customer(), None).unwrap();
    book.open_account(&account("a"), at(NOW)).unwrap();
    book.put_subscription(&subscription("s"), at(NOW)).unwrap();
    book.version = book.version_after(at(NOW));
    book.touched = Touched::default();
    book
}

#[test]
fn nothing_is_recorded_of_a_customer_who_is_not() {
    let mut book = Book::empty(customer_id(), at(NOW));
    let event = payment("e", None, "USD");
    assert!(matches!(
        book.record_event(&event, at(NOW)),
        Err(Rejection::CustomerNotFound { .. })
    ));
    assert!(book.touched.is_empty());
}

#[test]
fn writing_what_is_there_changes_nothing() {
    let before = book();
    let mut again = before.clone();
    assert_eq!(again.put_customer(&customer(), None), Ok(false));
    assert_eq!(again.open_account(&account("a"), at(NOW)), Ok(false));
    assert_eq!(
        again.put_subscription(&subscription("s"), at(NOW)),
        Ok(false)
    );
    assert_eq!(again, before);
    assert_eq!(
        again.version_after(at(NOW)).revision,
        before.version.revision
    );
}

#[test]
fn a_tag_must_be_the_current_one() {
    let mut book = book();
    let current = book.version.etag();
    assert_eq!(book.put_customer(&customer(), Some(&current)), Ok(false));
    let stale = book.put_customer(&customer(), Some("r0"));
    assert_eq!(stale, Err(Rejection::EtagMismatch { etag: current }));
    let mut nobody = Book::empty(customer_id(), at(NOW));
    assert!(nobody.put_customer(&customer(), Some("r1")).is_err());
}

#[test]
fn an_event_is_recorded_once_and_never_changed() {
    let mut book = book();
    let event = payment("e", Some("s"), "USD");
    assert_eq!(book.record_event(&event, at(NOW)), Ok(true));
    assert_eq!(book.record_event(&event, at(NOW)), Ok(false));
    let other = TimelineEvent {
        quantity: 2,
        ..event
    };
    assert!(matches!(
        book.record_event(&other, at(NOW)),
        Err(Rejection::EventIdReused { .. })
    ));
    assert_eq!(
        book.touched.kinds(),
        [ChangeKind::Subscription, ChangeKind::Timeline]
    );
}

#[test]
fn an_event_may_run_five_minutes_ahead_and_no_more() {
    let ahead = |seconds| TimelineEvent {
        event_time: at(NOW + seconds),
        ..payment("e", None, "USD")
    };
    assert_eq!(book().record_event(&ahead(300), at(NOW)), Ok(true));
    assert!(matches!(
        book().record_event(&ahead(301), at(NOW)),
        Err(Rejection::EventInFuture { .. })
    ));
}

#[test]
fn amounts_of_one_subscription_are_in_one_currency() {
    let mut book = book();
    book.record_event(&payment("e1", Some("s"), "USD"), at(NOW))
        .unwrap();
    assert!(matches!(
        book.record_event(&payment("e2", Some("s"), "EUR"), at(NOW)),
        Err(Rejection::WrongCurrency {
            field: "amount.currency",
            ..
        })
    ));
    assert_eq!(
        book.record_event(&payment("e2", None, "EUR"), at(NOW)),
        Ok(true)
    );
}

#[test]
fn a_customer_has_two_hundred_subscriptions_at_most() {
    let mut book = book();
    for number in 1..Subscription::MOST {
        book.put_subscription(&subscription(&format!("s{number}")), at(NOW))
            .unwrap();
    }
    assert_eq!(
        book.put_subscription(&subscription("more"), at(NOW)),
        Err(Rejection::TooMany {
            limit: 200,
            of: "subscriptions"
        })
    );
    assert_eq!(
        book.put_subscription(&subscription("s1"), at(NOW)),
        Ok(false)
    );
}

#[test]
fn an_account_of_another_customer_is_taken() {
    let mut book = book();
    let theirs = account("b");
    book.foreign_accounts.insert(theirs.account_id.clone());
    assert!(matches!(
        book.open_account(&theirs, at(NOW)),
        Err(Rejection::AccountTaken { .. })
    ));
}

#[test]
fn the_records_of_a_row_land_together_in_whatever_order_they_stand() {
    let mut books = Books::at(at(NOW));
    let row = [
        Record::Event(payment("e", Some("s"), "USD")),
        Record::Subscription(Box::new(subscription("s"))),
        Record::Account(account("a")),
        Record::Customer(customer()),
    ];
    assert_eq!(books.take_row(&row), Ok(true));
    assert_eq!(books.take_row(&row), Ok(false));
    books.close();
    assert_eq!(books.of(&customer_id()).version.revision, 1);
}

#[test]
fn a_row_with_one_bad_record_leaves_nothing_behind() {
    let mut books = Books::at(at(NOW));
    let row = [
        Record::Customer(customer()),
        Record::Account(account("a")),
        Record::Event(payment("e", Some("nowhere"), "USD")),
    ];
    let refused = books.take_row(&row).unwrap_err();
    assert_eq!(
        (refused.record, refused.rejection.field()),
        ("event", "subscription_id")
    );
    assert_eq!(
        *books.of(&customer_id()),
        Book::empty(customer_id(), at(NOW))
    );
}
