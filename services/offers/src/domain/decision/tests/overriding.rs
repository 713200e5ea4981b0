//! What may be overridden, and what not.

use super::*;
use crate::domain::history::PastSession;

pub(super) fn overridden(call: &Situated, key: &str) -> Result<Decision, String> {
    let inputs = call.inputs();
    let key = OfferKey::parse(key).unwrap();
    decide_override(&inputs, &key, "let_down").map_err(|refusal| {
        let code = refusal.metadata.iter().find(|(name, _)| **name == "code");
        code.map_or(refusal.reason.to_owned(), |(_, code)| code.clone())
    })
}

#[test]
fn what_is_a_matter_of_business_is_overridden_and_flagged() {
    let mut call = Situated::new();
    assert_eq!(call.decide().arm, "discount");
    // Ranked lower.
    let made = overridden(&call, "extra").unwrap();
    assert_eq!((made.arm.as_str(), made.offers.len()), ("extra", 1));
    assert!(made.offers[0].overridden && made.overridden.is_some());
    // Cooling down since another call.
    call.history.offers.push(PastOffer {
        offer_key: OfferKey::parse("extra").unwrap(),
        price_offer: false,
        outcome: Outcome::Declined,
        decided_at: "2026-11-01T12:00:00Z".parse().unwrap(),
        answered_at: None,
        session_id: None,
        subscription_id: None,
        undone: false,
    });
    assert_eq!(call.disqualified("extra"), "REFUSED_BEFORE");
    assert!(overridden(&call, "extra").is_ok());
    // Below offering nothing.
    let worthless = catalogue();
    let offers = worthless.offers().cloned().map(|offer| Offer {
        priors: Priors {
            default: prior(0.0),
            ..offer.priors
        },
        ..offer
    });
    call.catalogue = Catalogue::new(worthless.reasons.clone(), offers.collect());
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    assert!(overridden(&call, "extra").is_ok());
}

#[test]
fn what_law_or_care_forbids_nobody_overrides() {
    let cases: [(&str, Change); 11] = [
        ("STRUCTURAL_REASON", |call| {
            call.request.reason = Some("moved_out_of_area".to_owned());
        }),
        ("BEREAVEMENT", |call| call.customer().deceased = true),
        ("DO_NOT_OFFER", |call| call.customer().do_not_offer = true),
        ("VULNERABLE", |call| call.customer().vulnerable = true),
        ("PERMISSION_REFUSED", |call| {
            call.request.permission = Permission::Refused;
        }),
        ("PERMISSION_NEEDED", |call| {
            let rules = Rules {
                offers_allowed: Some(OffersAllowed::WithPermission),
                ..lenient(1)
            };
            call.policy = policy(rules);
        }),
        ("POLICY_ALLOWS_NO_OFFER", |call| {
            call.policy = policy(lenient(0));
        }),
        ("SAFE_DEFAULT", |call| call.customer = None),
        ("OPEN_INCIDENT", |call| {
            call.customer().open_incidents.push(OpenIncident {
                category: "outage".to_owned(),
                severity: 1,
                promise_broken: false,
            });
        }),
        ("PAUSED", |call| {
            let live = catalogue();
            let offers = live.offers().cloned().map(|offer| Offer {
                state: OfferState::Paused,
                ..offer
            });
            call.catalogue = Catalogue::new(live.reasons.clone(), offers.collect());
        }),
        ("AUTHORITY_EXCEEDED", |call| {
            call.catalogue = beyond_the_agent().catalogue;
        }),
    ];
    for (code, change) in cases {
        let mut call = Situated::new();
        change(&mut call);
        assert_eq!(overridden(&call, "discount").unwrap_err(), code);
    }
}

#[test]
fn what_was_refused_on_this_very_call_is_not_offered_again_by_anybody() {
    let mut call = Situated::new();
    let opened_at = "2026-11-21T11:50:00Z".parse().unwrap();
    call.history.sessions.push(PastSession {
        under: None,
        session_id: SessionId::new(now(), [1; 10]),
        contact_id: call.request.contact_id.clone(),
        subscription_id: call.request.subscription_id.clone(),
        state: State::Offered,
        opened_at,
        intent: None,
        occasion: None,
        service_ends_at: None,
        ended_at_revision: None,
    });
    call.history.offers.push(PastOffer {
        offer_key: OfferKey::parse("extra").unwrap(),
        price_offer: false,
        outcome: Outcome::Declined,
        decided_at: opened_at,
        answered_at: None,
        session_id: None,
        subscription_id: None,
        undone: false,
    });
    assert_eq!(
        overridden(&call, "extra").unwrap_err(),
        "REFUSED_IN_THIS_CALL"
    );
    assert!(overridden(&call, "discount").is_ok());
}
