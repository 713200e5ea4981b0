//! What holds for any log.

use proptest::prelude::*;

use super::*;
use crate::numeric::counting::real;
use crate::numeric::draw::Draws;

const CHANCES: [f64; 3] = [0.5, 0.3, 0.2];
const REWARDS: [[f64; 3]; 2] = [[0.2, 0.5, 0.8], [0.7, 0.4, 0.1]];

/// Calls of two kinds, answered by a way that knows of no kinds.
fn drawn(seed: u64, calls: usize) -> Log {
    let mut draws = Draws::new(seed, 0);
    let calls = (0..calls).map(|_| {
        let context = draws.below(2);
        let arm = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2][draws.below(10)];
        let reward = real(usize::from(draws.uniform() < REWARDS[context][arm]));
        LoggedCall {
            context,
            arm,
            propensity: CHANCES[arm],
            reward,
        }
    });
    Log::new(calls.collect()).unwrap()
}

/// Chooses the better arm in each kind of call.
fn better(log: &Log) -> impl FnMut(usize, &mut [f64]) {
    let contexts: Vec<usize> = log.calls().iter().map(|call| call.context).collect();
    move |place, chances| chances[[2, 0][contexts[place]]] = 1.0
}

#[test]
fn another_way_is_worth_what_it_would_bring() {
    let truth = f64::midpoint(REWARDS[0][2], REWARDS[1][0]);
    let mut inside = [0; 3];
    for seed in 0..200 {
        let log = drawn(seed, 2_000);
        let found = evaluate(&log, 3, better(&log)).unwrap();
        let estimates = [
            found.inverse_propensity,
            found.self_normalised,
            found.doubly_robust,
        ];
        for (count, estimate) in inside.iter_mut().zip(estimates) {
            let (low, high) = estimate.interval_95();
            *count += u32::from((low..high).contains(&truth));
        }
    }
    // 190 expected, with a standard deviation of three.
    assert!(
        inside.iter().all(|count| (180..=198).contains(count)),
        "{inside:?}"
    );
}

#[test]
fn knowing_what_arms_bring_makes_the_estimate_surer() {
    let log = drawn(7, 20_000);
    let found = evaluate(&log, 3, better(&log)).unwrap();
    let [plain, normalised, robust] = [
        found.inverse_propensity,
        found.self_normalised,
        found.doubly_robust,
    ]
    .map(|estimate| estimate.standard_error);
    assert!(robust < normalised && normalised < plain, "{found:?}");
}

#[test]
fn too_few_effective_calls_are_no_answer() {
    let log = drawn(1, 300);
    // A fifth of the calls chose the arm.
    let refusal = evaluate(&log, 3, |_, chances| chances[2] = 1.0).unwrap_err();
    let OffPolicyRefusal::TooFewEffectiveCalls {
        effective_calls, ..
    } = refusal
    else {
        panic!("{refusal}");
    };
    let chosen = log.calls().iter().filter(|call| call.arm == 2).count();
    assert!((effective_calls - real(chosen)).abs() < 1e-9);
    assert!(chosen < 100);
    // An arm that was never chosen says nothing at all.
    let refusal = evaluate(&log, 4, |_, chances| chances[3] = 1.0).unwrap_err();
    assert!(matches!(
        refusal,
        OffPolicyRefusal::TooFewEffectiveCalls { effective_calls, .. } if effective_calls == 0.0
    ));
}

#[test]
fn what_is_no_distribution_is_refused() {
    let log = drawn(1, 600);
    for wrong in [[0.5, 0.2, 0.2], [1.2, -0.2, 0.0], [f64::NAN, 0.5, 0.5]] {
        let refusal = evaluate(&log, 3, |_, chances| chances.copy_from_slice(&wrong));
        assert!(
            matches!(
                refusal,
                Err(OffPolicyRefusal::NoDistribution { call: 0, .. })
            ),
            "{wrong:?}"
        );
    }
}

#[test]
fn what_cannot_have_been_logged_is_refused() {
    let call = LoggedCall {
        context: 0,
        arm: 0,
        propensity: 0.5,
        reward: 1.0,
    };
    for propensity in [0.0, -0.1, 1.1, f64::NAN] {
        let wrong = LoggedCall { propensity, ..call };
        let refusal = Log::new(vec![call, call, wrong]).unwrap_err();
        assert!(matches!(refusal, LogRefusal::Propensity { call: 2, .. }));
    }
    let wrong = LoggedCall {
        reward: f64::INFINITY,
        ..call
    };
    assert_eq!(
        Log::new(vec![wrong, call, call]).unwrap_err(),
        LogRefusal::Reward { call: 0 }
    );
    assert_eq!(
        Log::new(vec![call]).unwrap_err(),
        LogRefusal::TooFew { have: 1, need: 3 }
    );
}

proptest! {
    /// Judged by its own log, with its own propensities, nothing changes.
    #[test]
    fn a_way_is_worth_its_own_mean(seed in any::<u64>(), calls in 150_usize..600) {
        let log = drawn(seed, calls);
        let own = |_: usize, chances: &mut [f64]| chances.copy_from_slice(&CHANCES);
        let found = evaluate(&log, 3, own).unwrap();
        let mean = found.logged.value;
        for estimate in [found.inverse_propensity, found.self_normalised] {
            prop_assert!((estimate.value - mean).abs() < 1e-12);
        }
        prop_assert!((found.effective_calls - real(calls)).abs() < 1e-6);
        prop_assert!((found.mean_weight - 1.0).abs() < 1e-12);
    }

    /// The same amount more for every call is that much more for the way, but for inverse
    /// propensities, which count it as often as their weights add up to.
    #[test]
    fn what_every_call_brings_the_way_brings(seed in any::<u64>(), more in -5.0..5.0_f64) {
        let log = drawn(seed, 900);
        let raised = log.calls().iter().map(|call| LoggedCall {
            reward: call.reward + more,
            ..*call
        });
        let raised = Log::new(raised.collect()).unwrap();
        let before = evaluate(&log, 3, better(&log)).unwrap();
        let after = evaluate(&raised, 3, better(&log)).unwrap();
        for (before, after) in [
            (before.self_normalised, after.self_normalised),
            (before.doubly_robust, after.doubly_robust),
        ] {
            prop_assert!((after.value - before.value - more).abs() < 1e-9);
            prop_assert!((after.standard_error - before.standard_error).abs() < 1e-9);
        }
    }
}
