use contract::offers::v1 as pb;
use contract::types::v1::Money;
use prost_types::Timestamp as WireTime;

use super::*;

fn usd(minor: i64) -> Money {
    Money {
        minor,
        currency: "USD".to_owned(),
    }
}

fn at(seconds: i64) -> WireTime {
    WireTime {
        seconds: 1_795_000_000 + seconds,
        nanos: 0,
    }
}

fn request() -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        contact_id: "k-1".to_owned(),
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        channel: pb::Channel::Phone.into(),
        initial_intent: pb::InitialIntent::Disconnect.into(),
        jurisdiction: "US-CA".to_owned(),
        reason: "too_expensive".to_owned(),
        ..Default::default()
    }
}

fn offer() -> pb::PresentedOffer {
    pb::PresentedOffer {
        budget_key: String::new(),
        presented_offer_id: "019a-offer".to_owned(),
        offer_key: "smaller_plan".to_owned(),
        lever: pb::Lever::RightSize.into(),
        title: "A plan that fits".to_owned(),
        script: "You use a third of your plan.".to_owned(),
        terms: Some(pb::OfferTerms {
            summary: "The small plan for a year.".to_owned(),
            price_now: Some(usd(7000)),
            price_during: Some(usd(4900)),
            price_after: Some(usd(5200)),
            benefit_months: 12,
            commitment_months: 0,
            one_off_amount: None,
            benefit_end_time: Some(at(365 * 86_400)),
        }),
        expire_time: Some(at(900)),
        expected_net_gain: Some(usd(3120)),
        outcome: pb::PresentedOutcome::Decided.into(),
        ..Default::default()
    }
}

fn verdict(key: &str, kind: pb::VerdictKind, code: &str) -> pb::OfferVerdict {
    let reason = pb::Reason {
        code: code.to_owned(),
        detail: String::new(),
    };
    pb::OfferVerdict {
        offer_key: key.to_owned(),
        kind: kind.into(),
        reasons: vec![reason],
        score: None,
    }
}

fn answer() -> pb::RequestSaveOfferResponse {
    pb::RequestSaveOfferResponse {
        session_id: "019a-session".to_owned(),
        decision_id: "019a-decision".to_owned(),
        outcome: pb::DecisionOutcome::Present.into(),
        customer: Some(pb::CustomerView {
            stage: "long_term".to_owned(),
            stage_rule: "long_term.tenure".to_owned(),
            tenure_days: 1_157,
            lifetime_count: 2,
            live_subscription_count: 1,
            be_human_about: vec!["open_incident:outage".to_owned(), "came_back".to_owned()],
            churn_risk: Some(0.121),
            value_remaining: Some(usd(52_320)),
            ..Default::default()
        }),
        policy: Some(pb::PolicyOutcome {
            offers_allowed: pb::OffersAllowed::During.into(),
            max_offers: 1,
            disclosures: vec!["You can cancel at any moment.".to_owned()],
            refusal_ends_offers: true,
            applied_rows: vec!["us_ca".to_owned()],
            policy_version: 3,
            alternatives_on_request: 1,
            ..Default::default()
        }),
        offers: vec![offer()],
        cancel_now: Some(pb::CancelNow {
            token: "token-1".to_owned(),
            service_end_time: Some(at(0)),
            billing_end_time: Some(at(86_400)),
        }),
        verdicts: vec![
            verdict("smaller_plan", pb::VerdictKind::Chosen, ""),
            verdict(
                "ten_percent",
                pb::VerdictKind::Disqualified,
                "OPEN_INCIDENT",
            ),
        ],
        decide_time: Some(at(0)),
        session_state: pb::SessionState::Offered.into(),
        ..Default::default()
    }
}

#[test]
fn the_screen_says_who_what_how_and_why() {
    let screen = agent(&request(), &answer(), Paper::plain(100));
    for expected in [
        "c-1 · s-1",
        "because: too expensive",
        "long term, here for 3 years 2 months (rule long_term.tenure)",
        "2nd time with us · 1 live subscription, 0 ended",
        "risk of leaving 12 % · worth 523.20 USD from here",
        "open incident: outage · came back",
        "during the call, at most 1; a refusal ends the offers",
        "• You can cancel at any moment.",
        "A plan that fits",
        "70.00 USD now → 49.00 USD for 12 months → 52.00 USD afterwards from 2027-11-18",
        "(15 min)",
        "+31.20 USD expected",
        "token-1",
        "ten_percent  open incident",
        "decision 019a-decision",
    ] {
        assert!(screen.contains(expected), "\"{expected}\" in\n{screen}");
    }
    assert!(screen.find("smaller_plan") < screen.find("ten_percent"));
}

#[test]
fn no_offer_says_why_and_leaving_stays_possible() {
    let mut answer = answer();
    answer.outcome = pb::DecisionOutcome::LetGo.into();
    answer.offers.clear();
    let reason = pb::Reason {
        code: "STRUCTURAL_REASON".to_owned(),
        detail: "moved".to_owned(),
    };
    answer.let_go_reasons = vec![reason];
    let screen = agent(&request(), &answer, Paper::plain(100));
    assert!(screen.contains("none: let them go"), "{screen}");
    assert!(screen.contains("STRUCTURAL_REASON: moved"), "{screen}");
    assert!(
        screen.contains("at every moment, at once, without a reason"),
        "{screen}"
    );
}

#[test]
fn what_has_to_be_looked_up_of_a_new_place_is_said_to_the_agent() {
    let mut answer = answer();
    let note = pb::Reason {
        code: "DESTINATION_NOT_CHECKED".to_owned(),
        detail: "look up whether the new place can be served".to_owned(),
    };
    answer.considerations = vec![note];
    let mut request = request();
    "moved_in_footprint".clone_into(&mut request.reason);
    let screen = agent(&request, &answer, Paper::plain(120));
    assert!(screen.contains("destination not checked"), "{screen}");
    assert!(screen.contains("look up whether the new place"), "{screen}");
    request.destination_serviceable = Some(false);
    let screen = agent(&request, &answer, Paper::plain(120));
    let wants = "because: moved in footprint, the new place cannot be served";
    assert!(screen.contains(wants), "{screen}");
}

#[test]
fn a_degraded_answer_with_nothing_known_is_still_a_screen() {
    let answer = pb::RequestSaveOfferResponse {
        degraded: true,
        degraded_reasons: vec!["lifecycle_unavailable".to_owned()],
        ..Default::default()
    };
    let screen = agent(
        &pb::RequestSaveOfferRequest::default(),
        &answer,
        Paper::plain(60),
    );
    assert!(screen.contains("lifecycle unavailable"), "{screen}");
    assert!(screen.contains("not known: make no offer"), "{screen}");
    assert!(screen.contains("CANCEL NOW"), "{screen}");
}

#[test]
fn only_words_longer_than_the_line_reach_over_it() {
    let screen = agent(&request(), &answer(), Paper::plain(50));
    for line in screen.lines() {
        let is_long_word = line
            .split_whitespace()
            .any(|word| word.chars().count() > 30);
        assert!(line.chars().count() <= 50 || is_long_word, "{line}");
    }
}

#[test]
fn an_acknowledgement_shows_id_hash_and_both_dates() {
    let answer = pb::ConfirmCancellationResponse {
        acknowledgement: Some(pb::Acknowledgement {
            acknowledgement_id: "A-17".to_owned(),
            hash: "ab12".to_owned(),
            acknowledge_time: Some(at(0)),
            service_end_time: Some(at(86_400)),
            billing_end_time: Some(at(2 * 86_400)),
            dates_source: pb::DatesSource::Contract.into(),
        }),
        session_state: pb::SessionState::CancelRecorded.into(),
        ..Default::default()
    };
    let text = acknowledged(&answer, Paper::plain(80));
    for expected in [
        "A-17",
        "ab12",
        "service ends",
        "2026-11-19",
        "2026-11-20",
        "contract",
    ] {
        assert!(text.contains(expected), "\"{expected}\" in\n{text}");
    }
}

#[test]
fn problems_read_like_those_of_a_compiler() {
    let problem = pb::Problem {
        file: "catalogue.yaml".to_owned(),
        line: 12,
        column: 7,
        code: "UNKNOWN_FACT".to_owned(),
        message: "no fact \"tenur\"".to_owned(),
        severity: pb::Severity::Error.into(),
    };
    assert_eq!(
        problems(&[problem]),
        "catalogue.yaml:12:7 UNKNOWN_FACT no fact \"tenur\""
    );
}
