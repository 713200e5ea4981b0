//! Bands of those who ring to leave again and again.

use super::*;
use crate::domain::history::PastSession;
use crate::domain::serial_saver::{Band, SerialSavers};

fn band(key: &str, from_calls: u32) -> Band {
    Band {
        key: key.to_owned(),
        from_calls,
        non_price_first: true,
        largest_discount: None,
        price_offers: true,
    }
}

fn called(contact: &str, days: u64, intent: Intent) -> PastSession {
    let then = now() - std::time::Duration::from_secs(days * 86_400);
    PastSession {
        under: None,
        session_id: SessionId::new(then, [4; 10]),
        contact_id: contact.parse().unwrap(),
        subscription_id: SubscriptionId::parse("s-1").unwrap(),
        state: State::SaveRecorded,
        opened_at: then,
        intent: Some(intent),
        occasion: Some(Occasion::CancelCall),
        service_ends_at: None,
        ended_at_revision: None,
    }
}

/// Somebody who rings to leave for the `calls`-th time.
fn rings(calls: usize) -> Situated {
    let mut call = Situated::new();
    call.policy = policy(lenient(2));
    call.catalogue.serial_savers = SerialSavers {
        window_days: 730,
        bands: vec![
            band("third", 3),
            Band {
                largest_discount: Some(BasisPoints(1_999)),
                ..band("fifth", 5)
            },
            Band {
                price_offers: false,
                ..band("seventh", 7)
            },
        ],
    };
    call.history.sessions = (1..calls)
        .map(|number| called(&format!("k-0{number}"), 30, Intent::Disconnect))
        .collect();
    call
}

fn keys(decision: &Decision) -> Vec<&str> {
    let offers = decision.offers.iter();
    offers.map(|offer| offer.offer_key.as_str()).collect()
}

#[test]
fn the_more_often_somebody_rings_to_leave_the_less_is_about_price() {
    assert_eq!(keys(&rings(2).decide()), ["discount", "extra"]);
    assert!(rings(2).decide().considerations.is_empty());
    assert_eq!(keys(&rings(3).decide()), ["extra", "discount"]);
    assert_eq!(keys(&rings(4).decide()), ["extra", "discount"]);
    for calls in [5, 6, 7, 30] {
        let call = rings(calls);
        assert_eq!(keys(&call.decide()), ["extra"]);
        assert_eq!(call.disqualified("discount"), "SERIAL_SAVER");
    }
    let told = rings(6).decide().considerations;
    assert_eq!(told, [Reason::new("SERIAL_SAVER", "fifth")]);
}

#[test]
fn only_calls_to_leave_within_the_window_count_and_a_call_counts_once() {
    let mut call = rings(3);
    call.history.sessions[0] = called("k-01", 730, Intent::Disconnect);
    assert!(call.decide().considerations.is_empty());
    call.history.sessions[0] = called("k-01", 30, Intent::Enquiry);
    assert!(call.decide().considerations.is_empty());
    call.history.sessions[0] = called("k-1", 0, Intent::Disconnect);
    assert!(call.decide().considerations.is_empty());
    call.history.sessions[0] = called("k-01", 30, Intent::Disconnect);
    assert_eq!(call.decide().considerations.len(), 1);
    call.request.intent = Intent::Enquiry;
    assert!(call.decide().considerations.is_empty());
}
