//! Laws over many situations.

use super::*;
use crate::domain::history::PastSession;
use crate::domain::policy::Row;
use crate::domain::selection::Selection;
use crate::domain::suppression::{End, Suppression};

fn any_rules() -> impl Strategy<Value = Rules> {
    let allowed = proptest::sample::select(vec![
        OffersAllowed::During,
        OffersAllowed::WithPermission,
        OffersAllowed::AfterCancelOnly,
        OffersAllowed::None,
    ]);
    (proptest::option::of(allowed), proptest::option::of(0u32..3)).prop_map(
        |(offers_allowed, max_offers)| Rules {
            offers_allowed,
            max_offers,
            ..Rules::default()
        },
    )
}

fn any_occasion() -> impl Strategy<Value = Occasion> {
    let names = <Occasion as crate::domain::named::Named>::NAMES;
    proptest::sample::select(names.iter().map(|(it, _)| *it).collect::<Vec<_>>())
}

fn any_permission() -> impl Strategy<Value = Permission> {
    proptest::sample::select(vec![
        Permission::NotAsked,
        Permission::Granted,
        Permission::Refused,
    ])
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let names = <Outcome as crate::domain::named::Named>::NAMES;
    proptest::sample::select(names.iter().map(|(it, _)| *it).collect::<Vec<_>>())
}

fn both(first: Rules, second: Rules) -> PolicySet {
    let row = |key: &str, rules| Row {
        key: key.to_owned(),
        active: true,
        scope: Scope::default(),
        effective_from: None,
        effective_until: None,
        rules,
        source: "test".to_owned(),
        verify: false,
    };
    PolicySet::new(vec![row("first", first), row("second", second)])
}

proptest! {
    #[test]
    fn the_stricter_of_two_policy_rows_never_yields_more_offers(
        first in any_rules(),
        second in any_rules(),
        permission in any_permission(),
    ) {
        // What one row does not say is said by a base that both have, as the seed has it.
        let base = |rules: &Rules| Rules {
            offers_allowed: rules.offers_allowed.or(Some(OffersAllowed::During)),
            max_offers: rules.max_offers.or(Some(2)),
            ..Rules::default()
        };
        let offers = |policy: PolicySet| {
            let mut call = Situated::new();
            call.request.permission = permission;
            call.policy = policy;
            call.decide().offers.len()
        };
        let (first, second) = (base(&first), base(&second));
        let alone = offers(both(first.clone(), Rules::default()))
            .min(offers(both(Rules::default(), second.clone())));
        prop_assert!(offers(both(first, second)) <= alone);
    }

    #[test]
    fn deciding_is_total_and_deterministic_whatever_was_done_before(
        occasion in any_occasion(),
        permission in any_permission(),
        past in proptest::collection::vec((any_outcome(), 0u64..4_000, any::<bool>()), 0..6),
        calls in 0usize..9,
        suppressed in proptest::option::of(any::<bool>()),
        vulnerable in any::<bool>(),
        live in any::<bool>(),
        structural in any::<bool>(),
        lifetimes in 0u32..4,
        ended_days in proptest::option::of(-50i64..1_000),
    ) {
        let mut call = occasions::everywhere();
        call.request.occasion = occasion;
        call.request.permission = permission;
        if structural {
            call.request.reason = Some("moved_out_of_area".to_owned());
        }
        let customer = call.customer();
        customer.vulnerable = vulnerable;
        customer.lifetime_count = lifetimes;
        customer.subscriptions[0].live = live;
        customer.subscriptions[0].service_ends_at = ended_days
            .map(|days| now() - kernel::time::Span::new().hours(24 * days));
        call.history.offers = past
            .into_iter()
            .map(|(outcome, days, price_offer)| PastOffer {
                offer_key: OfferKey::parse("discount").unwrap(),
                price_offer,
                outcome,
                decided_at: now() - std::time::Duration::from_secs(days * 86_400),
                answered_at: None,
                session_id: None,
                subscription_id: None, undone: false, })
            .collect();
        call.history.sessions = (0..calls)
            .map(|number| PastSession {
                under: None,
                session_id: SessionId::new(now(), [9; 10]),
                contact_id: format!("k-0{number}").parse().unwrap(),
                subscription_id: SubscriptionId::parse("s-1").unwrap(),
                state: State::Closed,
                opened_at: now(),
                intent: None,
                occasion: None,
                service_ends_at: None, ended_at_revision: None, })
            .collect();
        call.history.suppressions = suppressed
            .map(|all| Suppression {
                suppression_id: kernel::id::SuppressionId::new(now(), [8; 10]),
                account_id: None,
                everybody: false,
                of: if all { Selection::AllOffers } else { Selection::PriceOffers },
                end: End::ForEver,
                reason_key: "complaint".to_owned(),
            })
            .into_iter()
            .collect();

        let decision = call.decide();
        prop_assert_eq!(&decision, &call.decide());
        let stored = serde_json::to_string(&record_of(&call, decision.clone())).unwrap();
        let read: Record = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&read.replayed(&call.catalogue, &call.policy, None), &read);
        prop_assert_eq!(decision.offers.is_empty(), !decision.let_go.is_empty());
        prop_assert!(!structural || decision.offers.is_empty());
        prop_assert!(suppressed != Some(true) || decision.offers.is_empty());
        let price = decision.offers.iter().any(|offer| offer.price_offer);
        prop_assert!(suppressed.is_none() || !price);
        prop_assert!(!vulnerable || !price);
    }
}

fn record_of(call: &Situated, decision: Decision) -> Record {
    let offers = decision.offers.len();
    Record {
        decision,
        presented_offer_ids: vec![PresentedOfferId::new(now(), [3; 10]); offers],
        ..record(call)
    }
}
