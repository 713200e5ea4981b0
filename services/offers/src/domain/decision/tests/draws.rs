//! Drawing by what was learnt: what is drawn, how it is logged, and what it never touches.

use statistics::selection::Count;

use super::holdout::learning_call;
use super::*;
use crate::domain::budget::{BudgetKey, Left};
use crate::domain::overriding::decide_override;
use crate::domain::posterior::{Given, LearnedVersion, Posterior, Seen, Segment, seed_of};
use crate::domain::simulation::{Change, Draft, Simulation, Then};

fn segment(call: &Situated) -> Segment {
    let customer = call.customer.as_ref().unwrap();
    let margin = customer.subscriptions[0].score.unwrap().monthly_margin;
    let learning = call.catalogue.learning.as_ref().unwrap();
    let tenure_days = customer.tenure_days(now());
    Segment::of(learning, "price", Some(margin), tenure_days)
}

/// That so many of a thousand stayed, each of whom is here for good.
fn seen(call: &Situated, arm: &str, stayed: f64) -> Seen {
    let all = |calls| Count {
        calls,
        successes: calls,
    };
    Seen {
        segment: segment(call),
        arm: arm.to_owned(),
        stay: Count {
            calls: 1_000.0,
            successes: stayed,
        },
        here_30_days: all(stayed),
        durable: all(stayed),
    }
}

fn version(evidence: Vec<Seen>) -> LearnedVersion {
    LearnedVersion {
        version: 7,
        made_at: now(),
        catalogue_version: 1,
        evidence,
        prices: BTreeMap::new(),
        seed: 11,
    }
}

fn posterior(call: &Situated, evidence: Vec<Seen>) -> Posterior {
    Posterior::new(&call.catalogue, &version(evidence)).unwrap()
}

fn drawn_with(call: &Situated, posterior: &Posterior, seed: u64) -> Decision {
    decide(&Inputs {
        learned: Some(Given { posterior, seed }),
        ..call.inputs()
    })
}

/// Everybody stays for the extra and nobody for anything else.
fn extra_is_best(call: &Situated) -> Vec<Seen> {
    let stayed = [("no_offer", 50.0), ("discount", 5.0), ("extra", 900.0)];
    stayed.map(|(arm, stayed)| seen(call, arm, stayed)).into()
}

#[test]
fn what_was_learnt_comes_first_and_its_probability_is_in_the_record() {
    let call = learning_call(false);
    assert_eq!(call.decide().arm, "discount");
    let posterior = posterior(&call, extra_is_best(&call));
    let mut arms = BTreeMap::new();
    for seed in 0..2_000 {
        let decision = drawn_with(&call, &posterior, seed);
        let drawn = decision.drawn.clone().unwrap();
        let total: f64 = drawn.propensities.values().sum();
        assert!((total - 1.0).abs() < 1e-9, "{drawn:?}");
        assert!((decision.propensity - drawn.propensities[&decision.arm]).abs() < 1e-12);
        let first = decision.offers.first();
        let made = first.map_or(NO_OFFER, |made| made.offer_key.as_str());
        assert_eq!(made, decision.arm);
        *arms.entry(decision.arm).or_insert(0_u32) += 1;
        if seed == 0 {
            // The floor is kept, and the best has the rest.
            assert!(
                (drawn.propensities["discount"] - 0.005).abs() < 1e-9,
                "{drawn:?}"
            );
            assert!((drawn.propensities["extra"] - 0.99).abs() < 1e-9);
        }
    }
    assert!(arms["extra"] > 1_950, "{arms:?}");
    assert_eq!(arms.len(), 3, "the others are tried now and then: {arms:?}");
}

#[test]
fn the_next_offer_is_the_one_believed_to_be_worth_most() {
    let mut call = learning_call(false);
    call.policy = policy(lenient(2));
    let evidence = [("no_offer", 5.0), ("discount", 300.0), ("extra", 900.0)];
    let evidence = evidence
        .map(|(arm, stayed)| seen(&call, arm, stayed))
        .into();
    let posterior = posterior(&call, evidence);
    for seed in 0..300 {
        let decision = drawn_with(&call, &posterior, seed);
        let keys: Vec<&str> = decision
            .offers
            .iter()
            .map(|it| it.offer_key.as_str())
            .collect();
        match decision.arm.as_str() {
            "extra" => assert_eq!(keys, ["extra", "discount"]),
            "discount" => assert_eq!(keys, ["discount", "extra"]),
            arm => assert_eq!((arm, keys.len()), (NO_OFFER, 0)),
        }
    }
}

#[test]
fn offering_nothing_by_draw_says_so() {
    let call = learning_call(false);
    let posterior = posterior(&call, extra_is_best(&call));
    let nothing = (0..5_000).map(|seed| drawn_with(&call, &posterior, seed));
    let nothing = nothing
        .into_iter()
        .find(|decision| decision.arm == NO_OFFER);
    let decision = nothing.expect("the floor");
    assert!(decision.offers.is_empty());
    assert_eq!(decision.let_go[0].code, "NO_OFFER_DRAWN");
    assert_eq!(decision.state, State::IntentStated);
    assert!(!decision.holdout.clone().unwrap().exposed);
    let code_of = |key: &str| {
        let mut verdicts = decision.verdicts.iter();
        verdicts
            .find(|it| it.offer_key.as_str() == key)
            .unwrap()
            .code
            .clone()
            .unwrap()
    };
    assert_eq!(code_of("extra"), "NOT_DRAWN");
    assert_eq!(code_of("discount"), "BELOW_NO_OFFER");
    // Somebody with authority may offer all the same; nobody drew that.
    let key = OfferKey::parse("extra").unwrap();
    let seed = (0..5_000).find(|seed| drawn_with(&call, &posterior, *seed).arm == NO_OFFER);
    let inputs = Inputs {
        learned: seed.map(|seed| Given {
            posterior: &posterior,
            seed,
        }),
        ..call.inputs()
    };
    let made = decide_override(&inputs, &key, "supervisor").unwrap();
    assert_eq!((made.drawn, made.offers.len()), (None, 1));
    assert!((made.propensity - 1.0).abs() < f64::EPSILON);
}

#[test]
fn what_is_owed_is_not_drawn_and_nothing_disqualified_is() {
    let mut call = learning_call(false);
    let mut gesture = offer("gesture", Lever::Goodwill, 0, 0.2);
    gesture.owed = true;
    let learning = call.catalogue.learning.clone();
    let offers = catalogue().offers().cloned().chain([gesture]).collect();
    call.catalogue = Catalogue::new(catalogue().reasons, offers).with_learning(learning);
    call.policy = policy(lenient(2));
    call.customer().open_incidents.push(OpenIncident {
        category: "outage".to_owned(),
        severity: 3,
        promise_broken: false,
    });
    let posterior = posterior(&call, extra_is_best(&call));
    for seed in 0..300 {
        let decision = drawn_with(&call, &posterior, seed);
        assert_eq!(decision.offers[0].offer_key.as_str(), "gesture");
        let drawn = decision.drawn.unwrap();
        let keys: Vec<&String> = drawn.propensities.keys().collect();
        assert_eq!(keys, ["extra", "no_offer"]);
        assert_eq!(decision.offers.len() == 2, decision.arm == "extra");
    }
    // There is no place beside what is owed: nothing is drawn, and the rest is as ever.
    call.policy = policy(lenient(1));
    let decision = drawn_with(&call, &posterior, 1);
    assert_eq!((decision.drawn, decision.arm.as_str()), (None, "gesture"));
}

#[test]
fn a_budget_that_cannot_pay_is_no_arm() {
    let mut call = learning_call(false);
    let learning = call.catalogue.learning.clone();
    let all = catalogue();
    let offers = all.offers().cloned().map(|mut offer| {
        offer.budget = (offer.key.as_str() == "discount").then(|| "scarce".parse().unwrap());
        offer
    });
    call.catalogue = Catalogue::new(catalogue().reasons, offers.collect()).with_learning(learning);
    let posterior = posterior(&call, extra_is_best(&call));
    let arms = |call: &Situated| {
        let drawn = drawn_with(call, &posterior, 1).drawn.unwrap();
        drawn.propensities.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(arms(&call), ["discount", "extra", "no_offer"]);
    // There is something left, and less than the discount costs.
    let left = Left {
        amount: 2_999,
        counts_offers: false,
    };
    let exhausted = Barred::exhausted(&"scarce".parse().unwrap());
    call.barred = vec![Barred {
        left: Some(left),
        ..exhausted.clone()
    }];
    assert_eq!(arms(&call), ["extra", "no_offer"]);
    call.barred = vec![exhausted];
    assert_eq!(arms(&call), ["extra", "no_offer"]);
}

#[test]
fn who_is_held_out_is_drawn_for_and_offered_nothing() {
    let call = learning_call(true);
    let posterior = posterior(&call, extra_is_best(&call));
    let mut exposed = 0;
    for seed in 0..200 {
        let decision = drawn_with(&call, &posterior, seed);
        assert!(decision.offers.is_empty() && decision.arm == NO_OFFER);
        let assignment = decision.holdout.unwrap();
        if assignment.exposed {
            exposed += 1;
            assert_eq!(decision.let_go[0].code, "HELD_OUT");
            assert!((decision.propensity - 1.0).abs() < f64::EPSILON);
        }
    }
    assert!(exposed > 150);
}

#[test]
fn other_occasions_and_alternatives_are_not_drawn() {
    let mut call = learning_call(false);
    let posterior = posterior(&call, extra_is_best(&call));
    call.policy = policy(Rules {
        alternatives_on_request: Some(1),
        ..lenient(1)
    });
    call.request.alternative = true;
    let decision = drawn_with(&call, &posterior, 1);
    // It is ranked by what was learnt.
    assert_eq!((decision.drawn, decision.arm.as_str()), (None, "extra"));
    let mut not_learning = Situated::new();
    not_learning.catalogue = catalogue();
    assert_eq!(
        drawn_with(&not_learning, &posterior, 1),
        not_learning.decide()
    );
}

#[test]
fn without_evidence_beliefs_are_the_catalogues() {
    let call = learning_call(false);
    let posterior = posterior(&call, Vec::new());
    let without = call.decide();
    let decision = drawn_with(&call, &posterior, 1);
    let score = |decision: &Decision, key: &str| {
        let mut verdicts = decision.verdicts.iter();
        let found = verdicts.find(|verdict| verdict.offer_key.as_str() == key);
        found.unwrap().score.unwrap()
    };
    for key in ["discount", "extra"] {
        let (ours, believed) = (score(&decision, key), score(&without, key));
        assert!((ours.stay - believed.stay).abs() < 1e-9);
        assert_eq!(
            (ours.expected - believed.expected).abs().min(2),
            (ours.expected - believed.expected).abs()
        );
    }
}

#[test]
fn a_version_outlives_what_it_was_made_with() {
    let call = learning_call(false);
    let mut evidence = extra_is_best(&call);
    let known = posterior(&call, evidence.clone());
    // An offer, a category and a tier that are not there, and counts that are none.
    let mut strange = evidence[0].clone();
    "gone".clone_into(&mut strange.arm);
    evidence.push(strange.clone());
    "no_offer".clone_into(&mut strange.arm);
    "gone".clone_into(&mut strange.segment.category);
    evidence.push(strange.clone());
    strange.segment = segment(&call);
    strange.segment.value_tier = 3;
    evidence.push(strange.clone());
    strange.segment = segment(&call);
    for successes in [-1.0, 2_000.0, f64::NAN] {
        strange.stay.successes = successes;
        strange.here_30_days = strange.stay;
        strange.durable = strange.stay;
        evidence.push(strange.clone());
    }
    let with_strange = posterior(&call, evidence);
    for seed in 0..20 {
        assert_eq!(
            drawn_with(&call, &with_strange, seed),
            drawn_with(&call, &known, seed)
        );
    }
}

#[test]
fn a_price_of_the_budget_keeps_back_what_does_not_return_it() {
    let mut call = learning_call(false);
    let paid = BudgetKey::parse("discounts").unwrap();
    let offers = call.catalogue.offers().map(|offer| Offer {
        budget: Some(paid.clone()).filter(|_| offer.key.as_str() == "discount"),
        ..offer.clone()
    });
    let catalogue = Catalogue::new(call.catalogue.reasons.clone(), offers.collect());
    call.catalogue = catalogue.with_learning(call.catalogue.learning.clone());
    let evidence: Vec<Seen> = [("no_offer", 5.0), ("discount", 950.0), ("extra", 700.0)]
        .map(|(arm, stayed)| seen(&call, arm, stayed))
        .into();
    let free = posterior(&call, evidence.clone());
    let dear = LearnedVersion {
        prices: BTreeMap::from([(paid, 50.0)]),
        ..version(evidence.clone())
    };
    let elsewhere = LearnedVersion {
        prices: BTreeMap::from([(BudgetKey::parse("other").unwrap(), 50.0)]),
        ..version(evidence)
    };
    let elsewhere = Posterior::new(&call.catalogue, &elsewhere).unwrap();
    let dear = Posterior::new(&call.catalogue, &dear).unwrap();
    let most = |posterior: &Posterior| {
        let drawn = drawn_with(&call, posterior, 3).drawn.unwrap();
        let best = drawn
            .propensities
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1));
        best.unwrap().0
    };
    assert_eq!(
        (most(&free).as_str(), most(&dear).as_str()),
        ("discount", "extra")
    );
    // The price of one budget is not asked of what another pays for.
    assert_eq!(most(&elsewhere), "discount");
}

#[test]
fn a_record_replays_with_the_version_it_names() {
    let call = learning_call(false);
    let posterior = posterior(&call, extra_is_best(&call));
    let mut stored = record(&call);
    stored.seed = seed_of(stored.session_id);
    stored.learned_version = Some(posterior.version);
    stored.decision = drawn_with(&call, &posterior, stored.seed);
    let text = serde_json::to_string(&stored).unwrap();
    let read: Record = serde_json::from_str(&text).unwrap();
    let again = read.replayed(&call.catalogue, &call.policy, Some(&posterior));
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    assert_ne!(read.replayed(&call.catalogue, &call.policy, None), read);
}

#[test]
fn a_past_call_is_tried_with_what_was_learnt_by_then() {
    let call = learning_call(false);
    let learned = version(extra_is_best(&call));
    let posterior = Posterior::new(&call.catalogue, &learned).unwrap();
    let mut past = record(&call);
    past.learned_version = Some(learned.version);
    past.decision = drawn_with(&call, &posterior, past.seed);
    let (catalogue, policy) = (
        Arc::new(call.catalogue.clone()),
        Arc::new(call.policy.clone()),
    );
    let draft = Draft {
        catalogue: Arc::clone(&catalogue),
        policy: Arc::clone(&policy),
        budgets: Vec::new(),
    };
    let mut simulation = Simulation::of(draft.clone());
    let then = || Then::new(Arc::clone(&catalogue), Arc::clone(&policy), &draft);
    simulation.observe(&past, &then().with_learned(&learned, &draft), None);
    simulation.observe(&past, &then(), None);
    let report = simulation.finish().0;
    // Without what was learnt it is another program's decision.
    assert_eq!((report.compared, report.replay_differs), (1, 1));
    let same = report
        .changes
        .iter()
        .find(|(kind, _)| *kind == Change::Same);
    assert_eq!(same.unwrap().1, 1);
}
