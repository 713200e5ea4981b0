//! The seed files.

use std::collections::BTreeSet;

use super::*;
use crate::domain::catalogue::{ExitPath, Lever, ReturnNeeds};
use crate::domain::policy::{Channel, ContractKind, CustomerKind, OffersAllowed, Situation};

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn catalogue() -> Catalogue {
    read_catalogue(&seed::catalogue()).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

fn policy() -> PolicySet {
    read_policy(&seed::policy()).unwrap_or_else(|problems| panic!("{}", lines(&problems)))
}

#[test]
fn the_seed_policy_is_spoken_in_every_language() {
    let (_, warnings) = review_policy(&seed::policy()).unwrap();
    assert_eq!(lines(&warnings), "");
}

#[test]
fn the_seed_catalogue_can_be_published() {
    let catalogue = catalogue();
    let levers: BTreeSet<Lever> = catalogue.offers().map(|offer| offer.lever).collect();
    assert!(
        catalogue.offers().len() >= 14,
        "{}",
        catalogue.offers().len()
    );
    assert!(levers.len() >= 9, "{levers:?}");
}

#[test]
fn every_reason_people_state_is_in_the_tree_and_allows_what_it_should() {
    let catalogue = catalogue();
    let reason = |key: &str| catalogue.reason(key).unwrap_or_else(|| panic!("{key}"));
    for key in "too_expensive price_rise bill_shock found_cheaper hardship promo_ended \
                fee_or_penalty not_using seasonal finished_project duplicate missing_feature \
                quality too_complex wrong_fit content_or_range incident_unresolved \
                repeated_failures support_poor staff_conduct delivery billing_error promise_broken \
                better_offer bundle_elsewhere provided_by_other moved_out_of_area \
                moved_in_footprint deceased bereavement illness need_ended business_closed \
                left_job abroad privacy values security_breach unwanted_contact \
                subscription_fatigue never_activated expected_something_else trial_only \
                accidental card_expired insufficient_funds bank_block other declined_to_say"
        .split_whitespace()
    {
        reason(key);
    }
    assert!(!reason("moved_out_of_area").offers_allowed);
    assert_eq!(reason("moved_in_footprint").levers, [Lever::Transfer]);
    for moved in ["moved_out_of_area", "moved_in_footprint"] {
        assert!(reason(moved).serviceability_check);
        assert_eq!(reason(moved).return_needs, ReturnNeeds::Serviceable);
        assert_eq!(reason(moved).win_back_after_days, Some(180));
    }
    let ended = reason("need_ended");
    assert_eq!(
        (ended.exit_path, ended.win_back_after_days),
        (ExitPath::Planned, Some(180))
    );
    assert_eq!(reason("business_closed").win_back_after_days, None);
    assert!(!reason("incident_unresolved").price_offer_allowed);
    assert!(reason("deceased").sensitive && reason("hardship").sensitive);
    for reason in catalogue.reasons.iter() {
        assert!(
            (0.03..=0.12).contains(&reason.no_offer.stay),
            "{}",
            reason.key
        );
        assert!(
            !reason.structural || !reason.price_offer_allowed,
            "{}",
            reason.key
        );
    }
}

#[test]
fn every_reason_that_allows_offers_has_one() {
    let catalogue = catalogue();
    for reason in catalogue
        .reasons
        .iter()
        .filter(|reason| reason.offers_allowed)
    {
        let answered = catalogue
            .offers()
            .any(|offer| reason.is_answered_by(offer.lever));
        assert!(answered, "{}", reason.key);
    }
}

fn outcome(place: &str, channel: Channel, on: &str) -> crate::domain::policy::PolicyOutcome {
    let situation = Situation {
        jurisdiction: Some(place.to_owned()),
        home: None,
        channel: Some(channel),
        occasion: Some(crate::domain::request::Occasion::CancelCall),
        customer_kind: Some(CustomerKind::Person),
        contract_kind: Some(ContractKind::MonthToMonth),
    };
    policy().resolve(&situation, on.parse().unwrap())
}

#[test]
fn the_seed_policy_says_what_its_rows_say() {
    let now = "2026-11-21T12:00:00Z";
    let california = outcome("US-CA", Channel::Phone, now);
    assert_eq!(california.offers_allowed, OffersAllowed::During);
    assert_eq!(
        california.applied_rows,
        [
            "everybody",
            "us_baseline",
            "us_telephone_win_back",
            "us_california"
        ]
    );
    assert_eq!(california.win_back_window_days, 548);
    assert_eq!(california.disclosures.len(), 2);

    let minnesota = outcome("US-MN", Channel::Phone, now);
    assert_eq!(minnesota.offers_allowed, OffersAllowed::AfterCancelOnly);
    assert_eq!(
        outcome("US-MN", Channel::Phone, "2024-12-31T23:59:59Z").offers_allowed,
        OffersAllowed::During
    );

    let new_york = outcome("US-NY", Channel::Phone, now);
    assert_eq!(
        (new_york.notices.len(), new_york.price_notices.len()),
        (0, 1)
    );
    assert_eq!(outcome("DE", Channel::Phone, now).cooling_off_days, 14);
    assert_eq!(
        outcome("DE", Channel::Web, now).offers_allowed,
        OffersAllowed::AfterCancelOnly
    );
    assert_eq!(outcome("GB", Channel::Phone, now).cooling_off_days, 0);
    assert_eq!(
        outcome("GB", Channel::Phone, "2027-04-01T00:00:00Z").cooling_off_days,
        14
    );
}

#[test]
fn a_place_nobody_knows_is_treated_as_the_strictest() {
    let now = "2026-11-21T12:00:00Z";
    for place in ["BR", "XX-1", "Atlantis"] {
        let unknown = outcome(place, Channel::Phone, now);
        assert_eq!(
            unknown.offers_allowed,
            OffersAllowed::AfterCancelOnly,
            "{place}"
        );
        assert_eq!(unknown.max_feedback_screens, 0);
        assert!(unknown.applied_rows.contains(&"us_minnesota".to_owned()));
        assert!(
            !unknown
                .applied_rows
                .contains(&"us_federal_strict".to_owned())
        );
    }
}

#[test]
fn recovery_grows_with_the_harm_and_never_shrinks_with_the_years() {
    let catalogue = catalogue();
    let amount = |key: &str| {
        let offer = catalogue.offer(&key.parse().unwrap()).unwrap();
        assert!(offer.owed, "{key}");
        offer
            .benefit
            .one_off
            .get(kernel::money::Currency::parse("USD").unwrap())
            .unwrap()
            .minor
    };
    let worse = ["minor", "major", "critical"].map(|severity| {
        let new = amount(&format!("recovery_{severity}"));
        let old = amount(&format!("recovery_{severity}_long_standing"));
        assert!(old >= new, "{severity}");
        new
    });
    assert!(worse.is_sorted(), "{worse:?}");
}
