//! The laws of deciding, on a small catalogue that says everything by itself.

mod care;
mod contact_policy;
mod draws;
mod first_version;
mod had;
mod holdout;
mod laws;
mod learning;
mod mistakes;
mod moving;
mod occasions;
mod room;
mod serial_savers;
mod simulation;

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::id::{OfferKey, RequestId, SubscriptionId};
use kernel::money::{BasisPoints, Money};
use proptest::prelude::*;

use super::*;
use crate::domain::catalogue::{
    Amounts, AuthorityLimits, Benefit, Concession, Controllable, CoolDown, CostModel, EndReason,
    ExitPath, Lever, Limits, Offer, OfferState, OfferText, Priors, Reason as StatedReason,
    ReasonTree, ReturnNeeds, Script, StagePrior, Texts,
};
use crate::domain::customer::OpenIncident;
use crate::domain::customer::tests::customer;
use crate::domain::history::{Outcome, PastOffer, PastSession};
use crate::domain::policy::{Channel, Jurisdiction, OffersAllowed, PlaceScope, Row, Rules, Scope};
use crate::domain::predicate::Predicate;
use crate::domain::request::{Agent, Authority, Intent, Occasion};

mod direction;
mod overriding;
mod parity;

const NOW: &str = "2026-11-21T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn prior(stay: f64) -> StagePrior {
    StagePrior {
        stay,
        here_30_days: 0.95,
        durable: 0.8,
    }
}

fn offer(key: &str, lever: Lever, discount: u32, stay: f64) -> Offer {
    let concession = match discount {
        0 => Concession::None,
        _ => Concession::Discount {
            share: BasisPoints(discount),
            months: 3,
        },
    };
    Offer {
        key: OfferKey::parse(key).unwrap(),
        lever,
        state: OfferState::Live,
        occasions: vec![Occasion::CancelCall],
        owed: false,
        texts: Texts::new(
            OfferText {
                title: key.to_owned(),
                summary: Script::parse("afterwards {price_after}").unwrap(),
                script: Script::parse("now {price_during}").unwrap(),
            },
            BTreeMap::new(),
        ),
        eligibility: Predicate::always(),
        applicability: Predicate::always(),
        suitability: Predicate::always(),
        benefit: Benefit {
            concession,
            one_off: Amounts::default(),
            commitment_months: 0,
        },
        cost: CostModel::default(),
        budget: None,
        minimum_authority: Authority::Agent,
        hold_minutes: 60,
        priors: Priors {
            default: prior(stay),
            by_category: BTreeMap::new(),
            weight: 10.0,
        },
        cool_down: CoolDown {
            after_refusal_days: 90,
            after_acceptance_days: 365,
        },
        review_due: "2027-01-01".parse().unwrap(),
    }
}

fn reason(key: &str, levers: &[Lever], structural: bool) -> StatedReason {
    StatedReason {
        key: key.to_owned(),
        category: "price".to_owned(),
        controllable: Controllable::Yes,
        levers: levers.to_vec(),
        price_offer_allowed: true,
        offers_allowed: !structural,
        structural,
        serviceability_check: false,
        exit_path: ExitPath::Standard,
        win_back_after_days: None,
        win_back_though_sensitive: false,
        return_needs: ReturnNeeds::None,
        win_back_theme: String::new(),
        expected_return: 0.1,
        sensitive: false,
        system_code: EndReason::CustomerTermination,
        no_offer: prior(0.1),
    }
}

fn catalogue() -> Catalogue {
    let both = [Lever::PriceDiscount, Lever::ValueAdd];
    let reasons = ReasonTree::new([
        reason("too_expensive", &both, false),
        reason("declined_to_say", &both, false),
        reason("moved_out_of_area", &both, true),
    ]);
    Catalogue::new(
        reasons,
        vec![
            offer("discount", Lever::PriceDiscount, 2_000, 0.4),
            offer("extra", Lever::ValueAdd, 0, 0.3),
        ],
    )
}

fn policy(rules: Rules) -> PolicySet {
    PolicySet::new(vec![Row {
        key: "everywhere".to_owned(),
        active: true,
        scope: Scope::default(),
        effective_from: None,
        effective_until: None,
        rules,
        source: "test".to_owned(),
        verify: false,
    }])
}

fn lenient(max_offers: u32) -> Rules {
    Rules {
        offers_allowed: Some(OffersAllowed::During),
        max_offers: Some(max_offers),
        ..Rules::default()
    }
}

fn request() -> SaveRequest {
    SaveRequest {
        request_id: RequestId::parse("r-1").unwrap(),
        contact_id: "k-1".parse().unwrap(),
        step: 1,
        customer_id: "c-1".parse().unwrap(),
        subscription_id: SubscriptionId::parse("s-1").unwrap(),
        occasion: Occasion::CancelCall,
        channel: Some(Channel::Phone),
        jurisdiction: String::new(),
        intent: Intent::Disconnect,
        reason: Some("too_expensive".to_owned()),
        secondary_reasons: Vec::new(),
        agent: Agent {
            agent_id: None,
            authority: Authority::Agent,
            team: String::new(),
        },
        language: String::new(),
        permission: Permission::NotAsked,
        min_revision: 0,
        alternative: false,
        destination_serviceable: None,
    }
}

/// A call to change one thing about.
struct Situated {
    request: SaveRequest,
    customer: Option<Customer>,
    history: DeskHistory,
    catalogue: Catalogue,
    policy: PolicySet,
    barred: Vec<Barred>,
}

impl Situated {
    fn new() -> Self {
        Self {
            request: request(),
            customer: Some(customer()),
            history: DeskHistory::default(),
            catalogue: catalogue(),
            policy: policy(lenient(1)),
            barred: Vec::new(),
        }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            request: &self.request,
            customer: self.customer.as_ref(),
            history: &self.history,
            catalogue: &self.catalogue,
            policy: &self.policy,
            now: now(),
            degraded: &[],
            generation: GENERATION,
            barred: &self.barred,
            learned: None,
        }
    }

    fn decide(&self) -> Decision {
        decide(&self.inputs())
    }

    fn let_go(&self) -> String {
        let decision = self.decide();
        assert!(decision.offers.is_empty(), "{decision:?}");
        assert_eq!(
            (decision.arm.as_str(), decision.state),
            (NO_OFFER, State::IntentStated)
        );
        decision.let_go[0].code.to_string()
    }

    fn disqualified(&self, key: &str) -> String {
        let decision = self.decide();
        let verdict = decision
            .verdicts
            .iter()
            .find(|verdict| verdict.offer_key.as_str() == key)
            .unwrap();
        assert_eq!(verdict.kind(), VerdictKind::Disqualified, "{verdict:?}");
        verdict.code.as_deref().unwrap().to_owned()
    }

    fn customer(&mut self) -> &mut Customer {
        self.customer.as_mut().unwrap()
    }
}

#[test]
fn the_offer_worth_most_against_none_is_promised_with_its_terms() {
    let decision = Situated::new().decide();
    assert_eq!(decision.offers.len(), 1);
    let promise = &decision.offers[0];
    assert_eq!(promise.offer_key.as_str(), decision.arm);
    assert_eq!(promise.offer_key.as_str(), "discount");
    assert_eq!(promise.terms.price_during.unwrap().minor, 4_000);
    assert_eq!(promise.terms.price_after.unwrap().minor, 5_000);
    assert_eq!(promise.cost.minor, 3_000);
    assert_eq!(
        promise.expires_at,
        now() + std::time::Duration::from_hours(1)
    );
    assert!(promise.gain.minor > 0 && decision.let_go.is_empty());
    assert_eq!(decision.state, State::Offered);
}

#[test]
fn as_many_are_promised_as_policy_allows() {
    let mut call = Situated::new();
    call.policy = policy(lenient(2));
    assert_eq!(call.decide().offers.len(), 2);
    call.policy = policy(lenient(0));
    assert_eq!(call.let_go(), "POLICY_ALLOWS_NO_OFFER");
}

/// Who refused is not asked again by whoever they are put through to.
#[test]
fn a_refusal_ends_the_offers_on_other_contacts_too() {
    let mut call = Situated::new();
    call.history.offers.push(PastOffer {
        offer_key: OfferKey::parse("long_gone").unwrap(),
        price_offer: false,
        outcome: Outcome::Declined,
        decided_at: now(),
        answered_at: Some(now()),
        session_id: None,
        subscription_id: None,
        undone: false,
    });
    let ends = |refusal_ends_offers| {
        policy(Rules {
            refusal_ends_offers: Some(refusal_ends_offers),
            ..lenient(1)
        })
    };
    call.policy = ends(false);
    assert_eq!(call.decide().offers.len(), 1);
    call.policy = ends(true);
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
    assert_eq!(call.disqualified("extra"), "OFFERS_REFUSED");
    call.request.permission = Permission::Granted;
    assert_eq!(call.decide().offers.len(), 1);
    call.request.permission = Permission::NotAsked;
    let day_before = now() - kernel::time::Span::new().hours(24);
    call.history.offers[0].answered_at = Some(day_before);
    assert_eq!(call.decide().offers.len(), 1);
}

/// What an agent says of where the customer is may add rules and takes none away.
#[test]
fn saying_another_place_loosens_nothing() {
    let mut call = Situated::new();
    call.customer.as_mut().unwrap().jurisdiction = "US-MN".to_owned();
    let mut rows = policy(lenient(1)).rows().to_vec();
    for (place, allowed) in [
        ("US-MN", OffersAllowed::AfterCancelOnly),
        ("US-TX", OffersAllowed::During),
    ] {
        let mut row = rows[0].clone();
        row.key = place.to_owned();
        row.scope.places = vec![PlaceScope::In(Jurisdiction::parse(place).unwrap())];
        row.rules.offers_allowed = Some(allowed);
        rows.push(row);
    }
    call.policy = PolicySet::new(rows);
    let at_home = call.decide().policy;
    assert_eq!(at_home.applied_rows, ["everywhere", "US-MN"]);
    call.request.jurisdiction = "US-TX".to_owned();
    let elsewhere = call.decide().policy;
    assert_eq!(elsewhere.applied_rows, ["everywhere", "US-MN", "US-TX"]);
    assert_eq!(elsewhere.offers_allowed, OffersAllowed::AfterCancelOnly);
}

/// One thing that is otherwise.
type Change = fn(&mut Situated);

#[test]
fn there_is_no_pitch_where_it_would_be_wrong() {
    let cases: [(&str, Change); 8] = [
        ("STRUCTURAL_REASON", |call| {
            call.request.reason = Some("moved_out_of_area".to_owned());
        }),
        ("BEREAVEMENT", |call| call.customer().deceased = true),
        ("DO_NOT_OFFER", |call| call.customer().do_not_offer = true),
        ("NOT_LIVE", |call| {
            call.customer().subscriptions[0].live = false;
        }),
        ("ALREADY_CANCELLED", |call| {
            call.customer().subscriptions[0].state = "cancel_pending".to_owned();
        }),
        ("PERMISSION_REFUSED", |call| {
            call.request.permission = Permission::Refused;
        }),
        ("SAFE_DEFAULT", |call| call.customer = None),
        ("POLICY_ALLOWS_NO_OFFER", |call| {
            call.policy = PolicySet::empty();
        }),
    ];
    for (code, change) in cases {
        let mut call = Situated::new();
        change(&mut call);
        assert_eq!(call.let_go(), code);
    }
}

#[test]
fn where_permission_is_needed_it_is_asked_for_first() {
    let mut call = Situated::new();
    call.policy = policy(Rules {
        offers_allowed: Some(OffersAllowed::WithPermission),
        ..lenient(1)
    });
    assert_eq!(call.let_go(), "PERMISSION_NEEDED");
    call.request.permission = Permission::Granted;
    assert_eq!(call.decide().offers.len(), 1);
    call.policy = policy(Rules {
        offers_allowed: Some(OffersAllowed::AfterCancelOnly),
        ..lenient(1)
    });
    assert_eq!(call.let_go(), "AFTER_CANCEL_ONLY");
}

#[test]
fn an_open_incident_leaves_no_room_for_arguments_about_price() {
    let mut call = Situated::new();
    call.customer().open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 3,
        promise_broken: false,
    });
    assert_eq!(call.disqualified("discount"), "OPEN_INCIDENT");
    assert_eq!(call.decide().arm, "extra");
}

#[test]
fn what_was_just_refused_is_not_offered_again_and_what_was_never_read_out_is() {
    let past = |outcome, days: u64| PastOffer {
        offer_key: OfferKey::parse("discount").unwrap(),
        price_offer: true,
        outcome,
        decided_at: now() - std::time::Duration::from_secs(days * 86_400),
        answered_at: None,
        session_id: None,
        subscription_id: None,
        undone: false,
    };
    let mut call = Situated::new();
    call.history.offers = vec![past(Outcome::Declined, 89)];
    assert_eq!(call.disqualified("discount"), "REFUSED_BEFORE");
    call.history.offers = vec![past(Outcome::Accepted, 364)];
    assert_eq!(call.disqualified("discount"), "ACCEPTED_BEFORE");
    for harmless in [
        past(Outcome::Declined, 90),
        past(Outcome::NotPresented, 0),
        past(Outcome::Expired, 0),
        past(Outcome::Decided, 0),
        PastOffer {
            undone: true,
            ..past(Outcome::Accepted, 0)
        },
    ] {
        call.history.offers = vec![harmless];
        assert_eq!(call.decide().arm, "discount");
    }
}

#[test]
fn nobody_is_paid_who_stays_anyway() {
    let mut call = Situated::new();
    let reasons = ReasonTree::new([StatedReason {
        no_offer: prior(0.9),
        ..reason(
            "too_expensive",
            &[Lever::PriceDiscount, Lever::ValueAdd],
            false,
        )
    }]);
    call.catalogue = Catalogue::new(reasons, catalogue().offers().cloned().collect());
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
}

#[test]
fn an_agent_grants_no_more_than_they_may() {
    let mut call = Situated::new();
    let ordinary = catalogue();
    let offers = ordinary.offers().cloned().map(|offer| Offer {
        minimum_authority: Authority::Senior,
        ..offer
    });
    call.catalogue = Catalogue::new(catalogue().reasons, offers.collect());
    assert_eq!(call.disqualified("discount"), "AUTHORITY");
    call.request.agent.authority = Authority::Senior;
    assert_eq!(call.decide().arm, "discount");
}

/// A discount that costs 3,000 to an agent who may grant 2,999, a senior 3,000.
fn beyond_the_agent() -> Situated {
    let usd = customer().subscriptions[0].monthly_price.unwrap().currency;
    let limits = |minor| Limits {
        largest_cost: Some(Amounts::default().with(Money::new(minor, usd))),
        ..Limits::default()
    };
    let mut call = Situated::new();
    call.catalogue = catalogue().with_authority(AuthorityLimits::new([
        limits(2_999),
        limits(3_000),
        Limits::default(),
    ]));
    call
}

#[test]
fn what_only_authority_keeps_from_a_call_is_told_with_who_could_make_it() {
    let mut call = beyond_the_agent();
    assert_eq!(call.disqualified("discount"), "AUTHORITY");
    let decision = call.decide();
    assert_eq!(decision.arm, "extra");
    let [escalation] = &decision.escalation[..] else {
        panic!("{:?}", decision.escalation)
    };
    assert_eq!(escalation.level, Authority::Senior);
    assert_eq!(escalation.offer_key.as_str(), "discount");

    call.request.agent.authority = Authority::Senior;
    let decision = call.decide();
    assert_eq!(
        (decision.arm.as_str(), &decision.escalation[..]),
        ("discount", &[][..])
    );
    assert_eq!(decision.offers[0].gain, escalation.gain);
}

#[test]
fn nobody_is_named_where_more_authority_would_change_nothing() {
    let mut call = beyond_the_agent();
    // The agent's own is worth more, and only one may be made.
    let ordinary = catalogue();
    let offers = ordinary.offers().cloned().map(|offer| Offer {
        priors: Priors {
            default: prior(if offer.key.as_str() == "extra" {
                0.9
            } else {
                0.4
            }),
            ..offer.priors
        },
        ..offer
    });
    call.catalogue = Catalogue::new(catalogue().reasons, offers.collect())
        .with_authority(call.catalogue.authority.clone());
    assert_eq!(call.decide().escalation, []);
    call.policy = policy(lenient(2));
    assert_eq!(call.decide().escalation.len(), 1);
    // Nor where another reason keeps it from the call.
    call.customer().open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 1,
        promise_broken: false,
    });
    assert_eq!(call.decide().escalation, []);
}

/// A cool-down of nothing means that an offer may come again, and not within the hour.
#[test]
fn what_was_refused_within_a_day_or_had_on_this_call_is_not_offered_whatever_its_cool_down() {
    let mut call = Situated::new();
    let mut discount = offer("discount", Lever::PriceDiscount, 2_000, 0.4);
    discount.cool_down.after_refusal_days = 0;
    call.catalogue = Catalogue::new(catalogue().reasons, vec![discount]);
    let own = SessionId::new(now(), [7; 10]);
    let past = |outcome, hours: u64, session: Option<SessionId>| PastOffer {
        offer_key: OfferKey::parse("discount").unwrap(),
        price_offer: true,
        outcome,
        decided_at: now() - std::time::Duration::from_hours(72),
        session_id: session,
        subscription_id: None,
        answered_at: Some(now() - std::time::Duration::from_hours(hours)),
        undone: false,
    };
    call.history.offers = vec![past(Outcome::Declined, 23, None)];
    assert_eq!(call.disqualified("discount"), "REFUSED_BEFORE");
    call.history.offers = vec![past(Outcome::Declined, 24, None)];
    assert_eq!(call.decide().arm, "discount");

    call.history.sessions = vec![PastSession {
        under: None,
        session_id: own,
        contact_id: "k-1".parse().unwrap(),
        subscription_id: SubscriptionId::parse("s-1").unwrap(),
        state: State::Offered,
        opened_at: now(),
        intent: None,
        occasion: None,
        service_ends_at: None,
        ended_at_revision: None,
    }];
    call.history.offers = vec![past(Outcome::NotPresented, 24, Some(own))];
    assert_eq!(call.disqualified("discount"), "OFFERED_ON_THIS_CALL");
    call.history.offers = vec![past(
        Outcome::NotPresented,
        24,
        Some(SessionId::new(now(), [8; 10])),
    )];
    assert_eq!(call.decide().arm, "discount");
}

#[test]
fn once_the_end_is_set_an_offer_needs_permission_and_a_record_of_before_replays_without() {
    let mut call = Situated::new();
    call.customer().subscriptions[0].state = "cancel_pending".to_owned();
    for (rule, permission, expected) in [
        (
            OffersAllowed::During,
            Permission::NotAsked,
            "ALREADY_CANCELLED",
        ),
        (OffersAllowed::During, Permission::Granted, ""),
        (OffersAllowed::AfterCancelOnly, Permission::Granted, ""),
        (
            OffersAllowed::AfterCancelOnly,
            Permission::Refused,
            "ALREADY_CANCELLED",
        ),
        (
            OffersAllowed::None,
            Permission::Granted,
            "POLICY_ALLOWS_NO_OFFER",
        ),
    ] {
        call.policy = policy(Rules {
            offers_allowed: Some(rule),
            ..lenient(1)
        });
        call.request.permission = permission;
        let decision = call.decide();
        let why = decision.let_go.first().map_or("", |why| &why.code);
        assert_eq!(why, expected, "{rule:?} {permission:?}");
        assert_eq!(decision.offers.is_empty(), !expected.is_empty());
    }
    call.policy = policy(lenient(1));
    call.request.permission = Permission::Granted;
    let of_before = Record {
        generation: 1,
        ..record(&call)
    };
    let replayed = decide(&of_before.inputs(&call.catalogue, &call.policy));
    assert_eq!(replayed.let_go[0].code, "ALREADY_CANCELLED");
    let stored = serde_json::to_string(&of_before).unwrap();
    let untold = stored.replace("\"generation\":1,", "");
    assert_eq!(serde_json::from_str::<Record>(&untold).unwrap(), of_before);
}

#[test]
fn who_may_withdraw_is_let_go() {
    let mut call = Situated::new();
    let days = |days: u64| now() - std::time::Duration::from_hours(24 * days);
    for (cooling_off, began, lets_go) in [
        (14, Some(days(13)), true),
        (14, Some(days(14)), false),
        (14, None, false),
        (0, Some(now()), false),
    ] {
        call.policy = policy(Rules {
            cooling_off_days: Some(cooling_off),
            ..lenient(1)
        });
        call.customer().subscriptions[0].started_at = began;
        let decision = call.decide();
        let why = decision.let_go.first().map_or("", |why| &why.code);
        assert_eq!(why == "WITHDRAWAL", lets_go, "{cooling_off} {began:?}");
    }
}

#[test]
fn without_an_estimate_of_worth_nothing_is_promised() {
    let mut call = Situated::new();
    call.customer().subscriptions[0].score = None;
    assert_eq!(call.disqualified("discount"), "NO_VALUE_ESTIMATE");
    assert_eq!(call.let_go(), "NOTHING_SUITABLE");
}

fn record(call: &Situated) -> Record {
    Record {
        decision_id: DecisionId::new(now(), [1; 10]),
        session_id: SessionId::new(now(), [2; 10]),
        request: call.request.clone(),
        customer: call.customer.clone().map(Arc::new),
        history: call.history.clone(),
        catalogue_version: 1,
        policy_version: 1,
        generation: GENERATION,
        decided_at: now(),
        degraded: Vec::new(),
        barred: call.barred.clone(),
        learned_version: None,
        first_choice: None,
        seed: 1,
        decision: call.decide(),
        presented_offer_ids: vec![PresentedOfferId::new(now(), [3; 10])],
        trace_id: String::new(),
        decide_microseconds: 1,
    }
}

#[test]
fn a_record_read_back_decides_the_same_and_a_changed_one_does_not() {
    let call = Situated::new();
    let stored = serde_json::to_string(&record(&call)).unwrap();
    let mut read: Record = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, record(&call));
    assert_eq!(read.replayed(&call.catalogue, &call.policy, None), read);
    read.decision.arm = "extra".to_owned();
    assert_ne!(read.replayed(&call.catalogue, &call.policy, None), read);
}

proptest! {
    #[test]
    fn deciding_is_total_deterministic_and_survives_storage(
        price in 0i64..1_000_000_000_000,
        margin in -1_000_000_000_000i64..1_000_000_000_000,
        residual_months in 0f64..1_000.0,
        churn_risk in 0f64..=1.0,
        max_offers in 0u32..5,
        incident in any::<bool>(),
        structural in any::<bool>(),
    ) {
        let mut call = Situated::new();
        call.policy = policy(lenient(max_offers));
        let subscription = &mut call.customer().subscriptions[0];
        subscription.monthly_price.as_mut().unwrap().minor = price;
        let score = subscription.score.as_mut().unwrap();
        score.monthly_margin.minor = margin;
        score.residual_months = residual_months;
        score.churn_risk = churn_risk;
        if incident {
            call.customer().open_incidents.push(OpenIncident {
                category: "outage".to_owned(),
                severity: 1,
                promise_broken: true,
            });
        }
        if structural {
            call.request.reason = Some("moved_out_of_area".to_owned());
        }
        let decision = call.decide();
        prop_assert_eq!(&decision, &call.decide());
        let stored = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(&decision, &serde_json::from_str::<Decision>(&stored).unwrap());
        prop_assert!(decision.offers.len() <= 2);
        prop_assert_eq!(decision.offers.is_empty(), !decision.let_go.is_empty());
        prop_assert!(!structural || decision.offers.is_empty());
        prop_assert!(decision.offers.iter().all(|offer| offer.gain.minor > 0));
        prop_assert!(!incident || decision.offers.iter().all(|offer| !offer.price_offer));
    }
}
