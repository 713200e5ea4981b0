//! Laws of the policy.

use kernel::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::request::Occasion;

fn row(key: &str, scope: Scope, rules: Rules) -> Row {
    Row {
        key: key.to_owned(),
        active: true,
        scope,
        effective_from: None,
        effective_until: None,
        rules,
        source: "a test".to_owned(),
        verify: false,
    }
}

fn place(code: &str) -> PlaceScope {
    PlaceScope::In(Jurisdiction::parse(code).unwrap())
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn offers(rules: OffersAllowed, max_offers: u32) -> Rules {
    Rules {
        offers_allowed: Some(rules),
        max_offers: Some(max_offers),
        ..Rules::default()
    }
}

#[test]
fn where_nobody_says_anything_there_are_no_offers() {
    let outcome = PolicySet::empty().resolve(&Situation::default(), now());
    assert_eq!(outcome, PolicyOutcome::strictest());
    assert_eq!(
        (outcome.offers_allowed, outcome.max_offers),
        (OffersAllowed::None, 0)
    );
}

#[test]
fn a_state_follows_the_rows_of_its_country_and_a_country_not_those_of_its_states() {
    let of = |code: &str| Scope {
        places: vec![place(code)],
        ..Scope::default()
    };
    let set = PolicySet::new(vec![
        row("country", of("US"), offers(OffersAllowed::During, 2)),
        row(
            "state",
            of("US-CA"),
            offers(OffersAllowed::WithPermission, 1),
        ),
    ]);
    let applied = |code: &str| {
        let situation = Situation {
            jurisdiction: Some(code.to_owned()),
            ..Situation::default()
        };
        set.resolve(&situation, now()).applied_rows
    };
    assert_eq!(applied("US-CA"), ["country", "state"]);
    assert_eq!(applied("US"), ["country"]);
    assert_eq!(applied("US-TX"), ["country"]);
    // No row names the place: it is not known, and everything applies.
    assert_eq!(applied("USA"), ["country", "state"]);
    assert_eq!(applied("CA"), ["country", "state"]);
}

#[test]
fn the_rows_of_home_hold_wherever_the_customer_is() {
    let of = |code: &str| Scope {
        places: vec![place(code)],
        ..Scope::default()
    };
    let set = PolicySet::new(vec![
        row("ca", of("US-CA"), offers(OffersAllowed::During, 2)),
        row("mn", of("US-MN"), offers(OffersAllowed::AfterCancelOnly, 1)),
    ]);
    let situation = Situation {
        jurisdiction: Some("US-CA".to_owned()),
        home: Some("US-MN".to_owned()),
        ..Situation::default()
    };
    let outcome = set.resolve(&situation, now());
    assert_eq!(outcome.applied_rows, ["ca", "mn"]);
    assert_eq!(outcome.offers_allowed, OffersAllowed::AfterCancelOnly);
}

#[test]
fn explaining_names_every_row_and_what_it_decided_or_why_not() {
    let by_phone = Scope {
        channels: vec![Channel::Phone],
        ..Scope::default()
    };
    let mut later = row("later", Scope::default(), offers(OffersAllowed::None, 0));
    later.effective_from = Some("2027-01-01".parse().unwrap());
    let mut ready = row("ready", Scope::default(), offers(OffersAllowed::None, 0));
    ready.active = false;
    let set = PolicySet::new(vec![
        row("all", Scope::default(), offers(OffersAllowed::During, 1)),
        row("phone", by_phone, offers(OffersAllowed::WithPermission, 2)),
        later,
        ready,
    ]);
    let by = |channel: Channel| Situation {
        channel: Some(channel),
        ..Situation::default()
    };
    let why = |channel: Channel| -> Vec<String> {
        let effects = set.explain(&by(channel), now());
        effects.into_iter().map(|effect| effect.why).collect()
    };
    assert_eq!(
        why(Channel::Phone),
        [
            "decides max_offers",
            "decides offers_allowed",
            "holds only from 2027-01-01",
            "not active: kept ready",
        ]
    );
    assert_eq!(why(Channel::Web)[1], "holds only by phone");
    assert_eq!(why(Channel::Web)[0], "decides offers_allowed, max_offers");
}

#[test]
fn a_row_holds_from_the_start_of_its_first_day_until_the_start_of_its_last() {
    let mut dated = row("dated", Scope::default(), offers(OffersAllowed::During, 1));
    dated.effective_from = Some("2026-02-01".parse().unwrap());
    dated.effective_until = Some("2026-03-01".parse().unwrap());
    let set = PolicySet::new(vec![dated]);
    for (at, holds) in [
        ("2026-01-31T23:59:59Z", false),
        ("2026-02-01T00:00:00Z", true),
        ("2026-02-28T23:59:59Z", true),
        ("2026-03-01T00:00:00Z", false),
    ] {
        let outcome = set.resolve(&Situation::default(), at.parse().unwrap());
        assert_eq!(!outcome.applied_rows.is_empty(), holds, "{at}");
    }
}

// === Laws ===

fn any_of<T: crate::domain::named::Named + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let values: Vec<T> = T::NAMES.iter().map(|(value, _)| *value).collect();
    proptest::sample::select(values)
}

fn any_scope() -> impl Strategy<Value = Scope> {
    let places = proptest::sample::subsequence(vec!["US", "US-CA", "DE", "FR"], 0..=2);
    let channels = proptest::collection::vec(any_of::<Channel>(), 0..2);
    let kinds = proptest::collection::vec(any_of::<CustomerKind>(), 0..2);
    let contracts = proptest::collection::vec(any_of::<ContractKind>(), 0..2);
    let occasions = proptest::collection::vec(any_of::<Occasion>(), 0..2);
    (places, any::<bool>(), channels, kinds, contracts, occasions).prop_map(
        |(places, unknown, channels, customer_kinds, contract_kinds, occasions)| {
            let mut places: Vec<PlaceScope> = places.into_iter().map(place).collect();
            if unknown && !places.is_empty() {
                places.push(PlaceScope::Unknown);
            }
            Scope {
                places,
                channels,
                customer_kinds,
                contract_kinds,
                occasions,
            }
        },
    )
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let maybe = |greatest: u32| proptest::option::of(0..=greatest);
    let hours = (0..24_u32, 0..=24_u32).prop_map(|(from_hour, until_hour)| ContactHours {
        from_hour,
        until_hour,
    });
    let offers = (proptest::option::of(any_of::<OffersAllowed>()), maybe(3));
    let rest = (
        maybe(3),
        maybe(30),
        maybe(100),
        proptest::option::of(any::<bool>()),
    );
    let medium = proptest::option::of(any_of::<Medium>());
    let parity = proptest::option::of(any_of::<Parity>());
    let texts = proptest::collection::vec("[a-c]", 0..3);
    let medium = (medium, parity);
    (offers, rest, medium, proptest::option::of(hours), texts).prop_map(
        |(
            (offers_allowed, max_offers),
            (screens, days, hours, ends),
            (medium, parity),
            contact,
            texts,
        )| {
            Rules {
                offers_allowed,
                max_offers,
                disclosures: texts.clone(),
                notices: texts.clone(),
                price_notices: texts,
                parity,
                refusal_ends_offers: ends,
                max_feedback_screens: screens,
                cooling_off_days: days,
                cancel_deadline_hours: hours,
                acknowledgement_medium: medium,
                record_retention_months: days,
                contact_hours: contact,
                win_back_window_days: hours,
                opt_out_days: days,
                alternatives_on_request: screens,
            }
        },
    )
}

fn any_set() -> impl Strategy<Value = PolicySet> {
    proptest::collection::vec((any_scope(), any_rules(), any::<bool>()), 0..6).prop_map(|rows| {
        let rows = rows
            .into_iter()
            .enumerate()
            .map(|(index, (scope, rules, active))| {
                let mut row = row(&format!("row_{index}"), scope, rules);
                row.active = active || index == 0;
                row
            });
        PolicySet::new(rows.collect())
    })
}

fn any_situation() -> impl Strategy<Value = Situation> {
    let place = proptest::sample::select(vec!["US", "US-CA", "US-NY", "DE", "FR", "BR"]);
    (
        proptest::option::of(place.clone()),
        proptest::option::of(place),
        proptest::option::of(any_of::<Channel>()),
        proptest::option::of(any_of::<CustomerKind>()),
        proptest::option::of(any_of::<ContractKind>()),
    )
        .prop_map(
            |(place, home, channel, customer_kind, contract_kind)| Situation {
                jurisdiction: place.map(str::to_owned),
                home: home.map(str::to_owned),
                channel,
                occasion: Some(Occasion::CancelCall),
                customer_kind,
                contract_kind,
            },
        )
}

/// Tells whether nothing is more lenient in one outcome than in another.
fn is_as_strict(strict: &PolicyOutcome, lenient: &PolicyOutcome) -> bool {
    let says_all =
        |strict: &[String], lenient: &[String]| lenient.iter().all(|text| strict.contains(text));
    strict.offers_allowed >= lenient.offers_allowed
        && strict.max_offers <= lenient.max_offers
        && strict.refusal_ends_offers >= lenient.refusal_ends_offers
        && strict.max_feedback_screens <= lenient.max_feedback_screens
        && strict.cooling_off_days >= lenient.cooling_off_days
        && strict.cancel_deadline_hours <= lenient.cancel_deadline_hours
        && strict.acknowledgement_medium >= lenient.acknowledgement_medium
        && strict.record_retention_months >= lenient.record_retention_months
        && strict.win_back_window_days <= lenient.win_back_window_days
        && strict.opt_out_days <= lenient.opt_out_days
        && strict.alternatives_on_request <= lenient.alternatives_on_request
        && (0..24)
            .all(|hour| lenient.contact_hours.allows(hour) || !strict.contact_hours.allows(hour))
        && says_all(&strict.disclosures, &lenient.disclosures)
        && says_all(&strict.notices, &lenient.notices)
        && says_all(&strict.price_notices, &lenient.price_notices)
        && strict.parity >= lenient.parity
}

/// A row for everybody that says everything, as every published policy has one.
fn with_default(set: &PolicySet) -> PolicySet {
    let lenient = Rules {
        offers_allowed: Some(OffersAllowed::During),
        max_offers: Some(2),
        disclosures: Vec::new(),
        notices: Vec::new(),
        refusal_ends_offers: Some(false),
        max_feedback_screens: Some(10),
        cooling_off_days: Some(0),
        cancel_deadline_hours: Some(1_000),
        acknowledgement_medium: Some(Medium::AnyMedium),
        record_retention_months: Some(0),
        contact_hours: Some(ContactHours {
            from_hour: 0,
            until_hour: 24,
        }),
        win_back_window_days: Some(1_000),
        opt_out_days: Some(100),
        parity: Some(Parity::None),
        price_notices: Vec::new(),
        alternatives_on_request: Some(1),
    };
    let mut rows = set.rows().to_vec();
    rows.push(row("default", Scope::default(), lenient));
    PolicySet::new(rows)
}

proptest! {
    #[test]
    fn one_more_row_never_allows_more(
        set in any_set(), situation in any_situation(), rules in any_rules(),
    ) {
        let set = with_default(&set);
        let mut rows = set.rows().to_vec();
        rows.push(row("more", Scope::default(), rules));
        let (before, after) = (set.resolve(&situation, now()), PolicySet::new(rows).resolve(&situation, now()));
        prop_assert!(is_as_strict(&after, &before), "{after:?} {before:?}");
    }

    #[test]
    fn knowing_less_never_allows_more(
        set in any_set(), situation in any_situation(), forgotten in 0..4_usize,
    ) {
        let set = with_default(&set);
        let mut less = situation.clone();
        match forgotten {
            0 => less.jurisdiction = None,
            1 => less.channel = None,
            2 => less.customer_kind = None,
            _ => less.contract_kind = None,
        }
        let (known, unknown) = (set.resolve(&situation, now()), set.resolve(&less, now()));
        prop_assert!(is_as_strict(&unknown, &known), "{unknown:?} {known:?}");
    }

    #[test]
    fn another_home_never_allows_more(set in any_set(), situation in any_situation()) {
        let set = with_default(&set);
        let here = Situation { home: None, ..situation.clone() };
        let (both, here) = (set.resolve(&situation, now()), set.resolve(&here, now()));
        prop_assert!(is_as_strict(&both, &here), "{both:?} {here:?}");
    }

    #[test]
    fn the_order_of_rows_changes_nothing_but_the_order_of_texts(
        set in any_set(), situation in any_situation(),
    ) {
        let set = with_default(&set);
        let mut rows = set.rows().to_vec();
        rows.reverse();
        let (one, other) = (set.resolve(&situation, now()), PolicySet::new(rows).resolve(&situation, now()));
        prop_assert!(is_as_strict(&one, &other) && is_as_strict(&other, &one));
    }

    #[test]
    fn the_cap_holds_and_every_field_that_is_said_is_somebodys(
        set in any_set(), situation in any_situation(),
    ) {
        let set = with_default(&set);
        let outcome = set.resolve(&situation, now());
        prop_assert!(outcome.max_offers <= PolicyOutcome::MAX_OFFERS);
        let effects = set.explain(&situation, now());
        prop_assert_eq!(effects.len(), set.rows().len());
        let applied: Vec<String> = effects
            .iter()
            .filter(|effect| effect.applied)
            .map(|effect| effect.row.key.clone())
            .collect();
        prop_assert_eq!(&applied, &outcome.applied_rows);
        for field in ["offers_allowed", "cooling_off_days", "opt_out_days"] {
            prop_assert!(effects.iter().any(|effect| effect.applied && effect.why.contains(field)));
        }
    }
}
