//! Occasions other than a call to cancel: when each is one, and what may be offered then.

use super::*;
use crate::domain::customer::PastLifetime;
use crate::domain::occasion::{Belief, Worth};

const OTHERS: [Occasion; 5] = [
    Occasion::ServiceRecovery,
    Occasion::WinBack,
    Occasion::WelcomeBack,
    Occasion::Recognition,
    Occasion::Growth,
];

/// A call whose catalogue has everything on every occasion.
pub(super) fn everywhere() -> Situated {
    let mut call = Situated::new();
    let ordinary = catalogue();
    let offers = ordinary.offers().cloned().map(|offer| Offer {
        occasions: OTHERS.into_iter().chain([Occasion::CancelCall]).collect(),
        ..offer
    });
    let mut reasons = catalogue().reasons.iter().cloned().collect::<Vec<_>>();
    for reason in &mut reasons {
        reason.win_back_after_days = Some(30);
    }
    call.catalogue = Catalogue::new(ReasonTree::new(reasons), offers.collect());
    let belief = Belief {
        no_offer: prior(0.05),
        worth: Some(Worth {
            residual_months: 12.0,
            margin: BasisPoints(4_000),
        }),
    };
    call.catalogue.occasions = OTHERS.into_iter().map(|it| (it, belief)).collect();
    call.policy = policy(Rules {
        contact_hours: Some(crate::domain::policy::ContactHours {
            from_hour: 9,
            until_hour: 20,
        }),
        win_back_window_days: Some(365),
        ..lenient(1)
    });
    call
}

fn on(occasion: Occasion) -> Situated {
    let mut call = everywhere();
    call.request.occasion = occasion;
    call
}

pub(super) fn gone(days: u64) -> Situated {
    let mut call = on(Occasion::WinBack);
    let subscription = &mut call.customer().subscriptions[0];
    subscription.live = false;
    subscription.state = "ended".to_owned();
    subscription.score = None;
    subscription.service_ends_at = Some(now() - std::time::Duration::from_secs(days * 86_400));
    call
}

#[test]
fn an_offer_is_made_on_its_occasions_only() {
    let mut call = on(Occasion::Recognition);
    assert_eq!(call.decide().offers.len(), 1);
    let occasions = call.catalogue.occasions.clone();
    call.catalogue = catalogue();
    call.catalogue.occasions = occasions;
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    assert!(call.decide().verdicts.is_empty());
}

#[test]
fn of_an_occasion_that_the_catalogue_does_not_know_nothing_is_made() {
    for occasion in OTHERS {
        let mut call = on(occasion);
        call.catalogue.occasions.clear();
        assert_eq!(call.let_go(), "OCCASION_NOT_COVERED", "{occasion:?}");
    }
}

#[test]
fn recovery_needs_something_that_went_wrong_and_is_no_talk_about_price() {
    let mut call = on(Occasion::ServiceRecovery);
    assert_eq!(call.let_go(), "NOTHING_TO_RECOVER");
    let days = |days: u64| now() - std::time::Duration::from_secs(days * 86_400);
    call.customer().last_incident_resolved_at = Some(days(31));
    assert_eq!(call.let_go(), "NOTHING_TO_RECOVER");
    call.customer().last_incident_resolved_at = Some(days(30));
    assert_eq!(call.decide().arm, "extra");
    assert_eq!(call.disqualified("discount"), "NO_PRICE_OFFER_ON_OCCASION");
}

#[test]
fn whoever_is_gone_is_asked_back_in_time_at_a_decent_hour_and_not_too_soon() {
    let mut call = on(Occasion::WinBack);
    assert_eq!(call.let_go(), "STILL_HERE");
    // About to leave.
    call.customer().subscriptions[0].state = "cancel_pending".to_owned();
    call.customer().subscriptions[0].service_ends_at = Some(now());
    assert_eq!(call.let_go(), "TOO_EARLY_TO_ASK_BACK");
    assert_eq!(gone(29).let_go(), "TOO_EARLY_TO_ASK_BACK");
    // Nobody estimates what has ended: its worth is believed.
    assert_eq!(gone(30).decide().offers.len(), 1);
    assert_eq!(gone(365).decide().offers.len(), 1);
    assert_eq!(gone(366).let_go(), "WIN_BACK_WINDOW_OVER");

    let mut unknown = gone(40);
    unknown.customer().subscriptions[0].service_ends_at = None;
    assert_eq!(unknown.let_go(), "WIN_BACK_WINDOW_OVER");
    let mut night = gone(40);
    night.policy = policy(Rules {
        win_back_window_days: Some(365),
        contact_hours: Some(crate::domain::policy::ContactHours {
            from_hour: 13,
            until_hour: 20,
        }),
        ..lenient(1)
    });
    assert_eq!(night.let_go(), "OUTSIDE_CONTACT_HOURS");
    let mut never = gone(40);
    let reasons = never.catalogue.reasons.iter().cloned();
    let reasons = ReasonTree::new(reasons.map(|reason| StatedReason {
        win_back_after_days: None,
        ..reason
    }));
    never.catalogue.reasons = reasons;
    assert_eq!(never.let_go(), "NEVER_ASKED_BACK");
}

#[test]
fn nobody_is_offered_anything_for_coming_back_to_what_is_not_mended() {
    let mut back = on(Occasion::WelcomeBack);
    let ended = now() - std::time::Duration::from_hours(100 * 24);
    let customer = back.customer();
    customer.lifetime_count = 2;
    customer.lifetime_started_at = Some(now() - std::time::Duration::from_hours(24));
    customer.past_lifetimes = vec![PastLifetime {
        started_at: ended - std::time::Duration::from_hours(400 * 24),
        ended_at: ended,
        stated_reason: "too_expensive".to_owned(),
    }];
    customer.open_incidents = vec![OpenIncident {
        category: "outage".to_owned(),
        severity: 1,
        promise_broken: false,
    }];
    back.request.reason = None;
    assert!(
        back.decide()
            .let_go
            .iter()
            .all(|it| it.code != "CAUSE_NOT_MENDED")
    );
    let reasons = back.catalogue.reasons.iter().cloned();
    let reasons = ReasonTree::new(reasons.map(|reason| StatedReason {
        return_needs: ReturnNeeds::IncidentResolved,
        ..reason
    }));
    back.catalogue.reasons = reasons;
    assert_eq!(back.let_go(), "CAUSE_NOT_MENDED");
    back.customer().open_incidents.clear();
    assert!(
        back.decide()
            .let_go
            .iter()
            .all(|it| it.code != "CAUSE_NOT_MENDED")
    );
}

#[test]
fn all_lifetimes_count_for_the_tenure_and_a_reason_that_comes_again_is_known() {
    let mut back = on(Occasion::WelcomeBack);
    let days = |days: u64| now() - std::time::Duration::from_secs(days * 86_400);
    let customer = back.customer();
    customer.lifetime_started_at = Some(days(10));
    customer.past_lifetimes = vec![PastLifetime {
        started_at: days(500),
        ended_at: days(100),
        stated_reason: "too_expensive".to_owned(),
    }];
    assert_eq!(customer.total_tenure_days(now()), 410);
    assert_eq!(customer.lifetimes_before().len(), 1);
    customer.subscriptions[0].live = false;
    assert_eq!(customer.lifetimes_before().len(), 0);
    customer.lifetime_started_at = Some(days(500));
    assert_eq!(customer.total_tenure_days(now()), 400);
}

#[test]
fn welcome_recognition_and_growth_are_for_those_they_are_meant_for() {
    let mut back = on(Occasion::WelcomeBack);
    assert_eq!(back.let_go(), "NOT_BACK");
    back.customer().lifetime_count = 2;
    assert_eq!(back.let_go(), "WELCOME_OVER");
    let days = |days: u64| Some(now() - std::time::Duration::from_secs(days * 86_400));
    back.customer().lifetime_started_at = days(91);
    assert_eq!(back.let_go(), "WELCOME_OVER");
    back.customer().lifetime_started_at = days(90);
    assert_eq!(back.decide().offers.len(), 1);

    let mut recognition = on(Occasion::Recognition);
    assert_eq!(recognition.decide().offers.len(), 1);
    recognition.customer().stage = "established".to_owned();
    assert_eq!(recognition.let_go(), "NOT_LONG_STANDING");

    let mut growth = on(Occasion::Growth);
    assert_eq!(growth.let_go(), "NOT_GROWING");
    growth.customer().stage = "growing".to_owned();
    assert_eq!(growth.decide().offers.len(), 1);
    growth.customer().subscriptions[0].state = "cancel_pending".to_owned();
    assert_eq!(growth.let_go(), "ALREADY_CANCELLED");
}

#[test]
fn only_a_call_to_cancel_is_under_the_rules_of_the_way_out() {
    for allowed in [
        OffersAllowed::WithPermission,
        OffersAllowed::AfterCancelOnly,
    ] {
        let mut call = on(Occasion::Recognition);
        call.policy = policy(Rules {
            offers_allowed: Some(allowed),
            ..lenient(1)
        });
        assert_eq!(call.decide().offers.len(), 1);
        call.request.permission = Permission::Refused;
        assert_eq!(call.let_go(), "PERMISSION_REFUSED");
        call.request.permission = Permission::NotAsked;
        call.request.occasion = Occasion::CancelCall;
        assert!(call.decide().offers.is_empty());
    }
    let mut never = on(Occasion::Recognition);
    never.policy = policy(Rules {
        offers_allowed: Some(OffersAllowed::None),
        ..lenient(1)
    });
    assert_eq!(never.let_go(), "POLICY_ALLOWS_NO_OFFER");
}

#[test]
fn a_policy_row_may_hold_on_some_occasions_only() {
    let mut call = on(Occasion::Recognition);
    let only = |occasions: Vec<Occasion>| {
        let mut rows = policy(lenient(1)).rows().to_vec();
        let mut strict = rows[0].clone();
        strict.key = "no_growth".to_owned();
        strict.scope.occasions = occasions;
        strict.rules.offers_allowed = Some(OffersAllowed::None);
        rows.push(strict);
        PolicySet::new(rows)
    };
    call.policy = only(vec![Occasion::Growth]);
    assert_eq!(call.decide().offers.len(), 1);
    call.policy = only(vec![Occasion::Growth, Occasion::Recognition]);
    assert_eq!(call.let_go(), "POLICY_ALLOWS_NO_OFFER");
}
