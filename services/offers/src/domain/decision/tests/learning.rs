//! Arbitration that learns: its arms are the offers of the catalogue, valued as arbitration values
//! them.

#![expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    reason = "amounts of a few digits, and chances as the catalogue has them"
)]

use statistics::selection::{Beliefs, Count, Evidence, Exploration, Pooling, Stage};

use super::*;
use crate::domain::learning::{Arms, Learned, NOTHING, choose, contenders, ladder};

/// What qualified for the call, handed to a check.
fn with_scored<T>(situated: &Situated, check: impl FnOnce(&Call<'_>, &[Scored<'_>]) -> T) -> T {
    let inputs = Inputs {
        request: &situated.request,
        customer: situated.customer.as_ref(),
        history: &situated.history,
        catalogue: &situated.catalogue,
        policy: &situated.policy,
        now: now(),
        degraded: &[],
        generation: GENERATION,
        barred: &[],
        learned: None,
    };
    let customer = inputs.customer.unwrap();
    let subscription = inputs.subscription().unwrap();
    let call = Call::new(&inputs, customer, subscription, inputs.stated());
    let no_offer = arbitration::no_offer(&call);
    let scored: Vec<Scored<'_>> = situated
        .catalogue
        .offers()
        .map(|offer| {
            let benefit = qualification::qualify(&call, offer).unwrap();
            arbitration::score(&call, offer, benefit, &no_offer)
        })
        .collect();
    check(&call, &scored)
}

fn nothing(call: &Call<'_>) -> arbitration::Stages {
    arbitration::nothing(&call.subscription.score.unwrap())
}

#[test]
fn arms_are_numbered_by_their_keys() {
    let catalogue = catalogue();
    let arms = Arms::new(&catalogue);
    assert_eq!(arms.offer(NOTHING), None);
    for (arm, key) in [(1, "discount"), (2, "extra")] {
        let key = OfferKey::parse(key).unwrap();
        assert_eq!(arms.offer(arm), Some(&key));
        assert_eq!(arms.arm(&key), Some(arm));
    }
    assert_eq!(arms.offer(3), None);
    assert_eq!(arms.arm(&OfferKey::parse("gone").unwrap()), None);
}

#[test]
fn a_ladder_begins_with_what_the_catalogue_believes() {
    let certain = StagePrior {
        stay: 0.0,
        here_30_days: 1.0,
        durable: 0.5,
    };
    let ladder = ladder(&catalogue(), certain, vec![0]).unwrap();
    let [nothing, discount, extra] = ladder.arms() else {
        panic!("{ladder:?}");
    };
    assert_eq!(discount.chances, [0.4, 0.95, 0.8]);
    assert_eq!(extra.chances, [0.3, 0.95, 0.8]);
    assert!(discount.family != extra.family && nothing.family != extra.family);
    // What cannot be corrected by anything is no belief.
    assert_eq!(nothing.chances, [0.001, 0.999, 0.5]);
}

#[test]
fn an_arm_is_worth_what_arbitration_says() {
    let situated = Situated::new();
    let arms = Arms::new(&situated.catalogue);
    with_scored(&situated, |call, scored| {
        let contenders = contenders(nothing(call), scored, &arms);
        assert_eq!(contenders.len(), 3);
        let no_offer = prior(0.1);
        let stays_anyway = [no_offer.stay, no_offer.here_30_days, no_offer.durable];
        for (contender, scored) in contenders[1..].iter().zip(scored) {
            let terms = &scored.terms;
            let chances = [terms.stay, terms.here_30_days, terms.durable];
            let ours = contender.values.expected(chances, 0.0);
            // Each of the three stages is rounded to a minor unit.
            assert!((ours - terms.expected as f64).abs() <= 2.0, "{scored:?}");
            assert!((contender.values.cost - scored.cost.minor as f64).abs() < 1e-9);
            let without = contenders[NOTHING].values.expected(stays_anyway, 0.0);
            assert!((without - terms.expected_no_offer as f64).abs() <= 1.0);
        }
    });
}

#[test]
fn what_is_owed_is_no_arm() {
    let situated = Situated::new();
    let arms = Arms::new(&situated.catalogue);
    with_scored(&situated, |call, scored| {
        let mut scored = scored.to_vec();
        scored[0].owed = true;
        let contenders = contenders(nothing(call), &scored, &arms);
        let numbers: Vec<usize> = contenders.iter().map(|contender| contender.arm).collect();
        assert_eq!(numbers, [NOTHING, 2]);
    });
}

#[test]
fn a_choice_is_found_again_by_its_seed_and_follows_what_was_learnt() {
    let situated = Situated::new();
    let arms = Arms::new(&situated.catalogue);
    let ladder = ladder(&situated.catalogue, prior(0.1), vec![0]).unwrap();
    with_scored(&situated, |call, scored| {
        let contenders = contenders(nothing(call), scored, &arms);
        let mut evidence = Evidence::none(&ladder);
        let learned = |evidence: &Evidence, seed: u64, floor: f64| {
            let beliefs = Beliefs::new(&ladder, evidence, &Pooling::default());
            let learned = Learned {
                draws: &beliefs.draw(0, 7),
                price: 0.0,
                exploration: Exploration {
                    floor,
                    holdout: 0.05,
                },
            };
            choose(&contenders, &learned, seed)
        };
        for seed in 0..50 {
            let (one, again) = (
                learned(&evidence, seed, 0.01),
                learned(&evidence, seed, 0.01),
            );
            assert_eq!(one, again);
            let place = contenders.iter().position(|each| each.arm == one.arm);
            assert_eq!(one.propensities[place.unwrap()], one.propensity);
            assert!((one.propensities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        // Nobody stays for the discount, and everybody for the extra.
        for (arm, successes) in [(NOTHING, 0.0), (1, 0.0), (2, 990.0)] {
            let count = Count {
                calls: 1_000.0,
                successes,
            };
            assert!(evidence.add_count(Stage::Stay, 0, arm, count));
        }
        let choice = learned(&evidence, 3, 0.0);
        let expected = [0.05, 0.0, 0.95];
        for (ours, exact) in choice.propensities.iter().zip(expected) {
            assert!((ours - exact).abs() < 1e-9, "{choice:?}");
        }
    });
}
