//! What holds for any evidence.

use proptest::prelude::*;

use super::*;
use crate::numeric::counting::real;

const SEGMENTS: usize = 4;

/// Three arms, the last two of one family; four segments in two groups.
fn ladder() -> Ladder {
    let arm = |chances, family| ArmPrior {
        chances,
        weight: 10.0,
        family,
    };
    let arms = vec![
        arm([0.10, 0.95, 0.85], 0),
        arm([0.35, 0.95, 0.40], 1),
        arm([0.30, 0.95, 0.40], 1),
    ];
    Ladder::new(arms, vec![0, 0, 1, 1]).unwrap()
}

fn seen(evidence: &mut Evidence, stage: Stage, segment: usize, arm: usize, count: (f64, f64)) {
    let (calls, successes) = count;
    assert!(evidence.add_count(stage, segment, arm, Count { calls, successes }));
}

/// Calls and how many of them passed.
fn count() -> impl Strategy<Value = (f64, f64)> {
    (0_u32..500, 0.0..=1.0_f64).prop_map(|(calls, share)| {
        let calls = f64::from(calls);
        (calls, (calls * share).floor())
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop::collection::vec(count(), 3 * SEGMENTS * 3).prop_map(|counts| {
        let mut evidence = Evidence::none(&ladder());
        let mut counts = counts.into_iter();
        for stage in Stage::ALL {
            for segment in 0..SEGMENTS {
                for arm in 0..3 {
                    seen(&mut evidence, stage, segment, arm, counts.next().unwrap());
                }
            }
        }
        evidence
    })
}

fn value() -> impl Strategy<Value = StageValues> {
    (
        -50.0..100.0_f64,
        0.0..500.0_f64,
        0.0..2_000.0_f64,
        0.0..300.0_f64,
    )
        .prop_map(|(first_month, window, after, cost)| StageValues {
            first_month,
            window,
            after,
            cost,
        })
}

fn contenders() -> impl Strategy<Value = Vec<Contender>> {
    prop::array::uniform3(value()).prop_map(|values| {
        let arms = values.into_iter().enumerate();
        arms.map(|(arm, values)| Contender { arm, values })
            .collect()
    })
}

fn pooling() -> Pooling {
    Pooling::default()
}

#[test]
fn without_evidence_the_catalogue_is_believed() {
    let ladder = ladder();
    let beliefs = Beliefs::new(&ladder, &Evidence::none(&ladder), &pooling());
    for segment in 0..SEGMENTS {
        for (arm, prior) in ladder.arms().iter().enumerate() {
            for (ours, said) in beliefs.means(segment, arm).iter().zip(prior.chances) {
                assert!((ours - said).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn what_is_seen_of_a_segment_is_believed_less_of_its_group_and_least_of_others() {
    let ladder = ladder();
    let mut evidence = Evidence::none(&ladder);
    seen(&mut evidence, Stage::Stay, 0, 1, (200.0, 180.0));
    let beliefs = Beliefs::new(&ladder, &evidence, &pooling());
    let stay = |segment: usize| beliefs.means(segment, 1)[0];
    assert!(0.9 > stay(0) && stay(0) > stay(1) && stay(1) > stay(2) && stay(2) > 0.35);
    assert!((stay(2) - stay(3)).abs() < 1e-12);
    // Other arms and stages are what they were.
    assert!((beliefs.means(0, 0)[0] - 0.10).abs() < 1e-12);
    assert!((beliefs.means(0, 1)[2] - 0.40).abs() < 1e-12);
}

#[test]
fn arms_of_a_family_tell_of_each_other_where_that_is_wanted() {
    let ladder = ladder();
    let mut evidence = Evidence::none(&ladder);
    seen(&mut evidence, Stage::Durable, 0, 1, (80.0, 64.0));
    let mut pooling = pooling();
    let strengths = &mut pooling.stages[2];
    strengths.family = None;
    let apart = Beliefs::new(&ladder, &evidence, &pooling).means(3, 2)[2];
    assert!((apart - 0.40).abs() < 1e-12);
    pooling.stages[2].family = Some(10.0);
    let together = Beliefs::new(&ladder, &evidence, &pooling);
    assert!(together.means(3, 2)[2] > 0.45);
    // Offering nothing is no discount.
    assert!((together.means(3, 0)[2] - 0.85).abs() < 1e-12);
}

#[test]
fn evidence_fades_to_what_the_catalogue_says() {
    let ladder = ladder();
    let mut evidence = Evidence::none(&ladder);
    seen(&mut evidence, Stage::Stay, 0, 1, (200.0, 180.0));
    evidence.age(365.0, 365.0);
    let half = evidence.count(Stage::Stay, 0, 1);
    assert!((half.calls - 100.0).abs() < 1e-9 && (half.successes - 90.0).abs() < 1e-9);
    evidence.age(365_000.0, 365.0);
    let beliefs = Beliefs::new(&ladder, &evidence, &pooling());
    assert!((beliefs.means(0, 1)[0] - 0.35).abs() < 1e-9);
}

#[test]
fn what_is_unknown_is_not_counted() {
    let ladder = ladder();
    let mut evidence = Evidence::none(&ladder);
    assert!(!evidence.add(Stage::Stay, SEGMENTS, 0, true));
    assert!(!evidence.add(Stage::Stay, 0, 3, true));
    assert_eq!(evidence, Evidence::none(&ladder));
    assert!(evidence.add(Stage::Stay, 0, 2, true));
    let one = Count {
        calls: 1.0,
        successes: 1.0,
    };
    assert_eq!(evidence.count(Stage::Stay, 0, 2), one);
}

#[test]
fn what_is_no_ladder_is_refused() {
    let arm = ArmPrior {
        chances: [0.5; 3],
        weight: 10.0,
        family: 0,
    };
    assert_eq!(
        Ladder::new(vec![arm], vec![]).unwrap_err(),
        LadderRefusal::Empty
    );
    assert_eq!(
        Ladder::new(vec![], vec![0]).unwrap_err(),
        LadderRefusal::Empty
    );
    for chance in [0.0, 1.0, f64::NAN] {
        let wrong = ArmPrior {
            chances: [0.5, chance, 0.5],
            ..arm
        };
        let refusal = Ladder::new(vec![arm, wrong], vec![0]).unwrap_err();
        assert!(matches!(refusal, LadderRefusal::Chance { arm: 1, .. }));
    }
    let wrong = ArmPrior { weight: 0.0, ..arm };
    let refusal = Ladder::new(vec![wrong], vec![0]).unwrap_err();
    assert!(matches!(refusal, LadderRefusal::Weight { arm: 0, .. }));
}

/// The draws of a cell are around its mean, and the more evidence the closer.
#[test]
fn draws_close_in_on_the_truth() {
    let ladder = ladder();
    let spread = |calls: f64| {
        let mut evidence = Evidence::none(&ladder);
        seen(&mut evidence, Stage::Stay, 0, 1, (calls, calls * 0.6));
        let beliefs = Beliefs::new(&ladder, &evidence, &pooling());
        let draws: Vec<f64> = (0..20)
            .flat_map(|seed| beliefs.draw(0, seed).chances(1, Stage::Stay).to_vec())
            .collect();
        let count = real(draws.len());
        let mean = draws.iter().sum::<f64>() / count;
        assert!((mean - beliefs.means(0, 1)[0]).abs() < 0.03);
        (draws.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    let spreads = [0.0, 20.0, 200.0, 2_000.0].map(spread);
    assert!(
        spreads.is_sorted_by(|one, other| one > other),
        "{spreads:?}"
    );
    assert!(spreads[3] < 0.01, "{spreads:?}");
}

#[test]
fn a_price_leaves_only_what_returns_it() {
    let cheap = StageValues {
        first_month: 10.0,
        window: 0.0,
        after: 0.0,
        cost: 1.0,
    };
    let dear = StageValues {
        first_month: 15.0,
        cost: 10.0,
        ..cheap
    };
    let nothing = StageValues {
        first_month: 2.0,
        cost: 0.0,
        ..cheap
    };
    let contenders = [nothing, cheap, dear].into_iter().enumerate();
    let contenders: Vec<Contender> = contenders
        .map(|(arm, values)| Contender { arm, values })
        .collect();
    let means = [[0.5, 1.0, 1.0]; 3];
    let spend = |price| expected_spend(&contenders, &means, price);
    for (price, spent) in [(0.0, 5.0), (1.0, 0.5), (9.0, 0.0)] {
        assert!((spend(price) - spent).abs() < 1e-12);
    }
    let (free, some) = (price_of_budget(spend, 5.0), price_of_budget(spend, 0.5));
    assert!(free.abs() < 1e-12, "{free}");
    // Five more for nine more: each unit must return 5/9.
    assert!((some - 5.0 / 9.0).abs() < 1e-9, "{some}");
    assert!((price_of_budget(spend, 0.0) - 8.0).abs() < 1e-9);
}

proptest! {
    /// Beliefs lie between what the catalogue says and what was seen of the arm or its family.
    #[test]
    fn means_are_between_belief_and_evidence(evidence in evidence()) {
        let ladder = ladder();
        let beliefs = Beliefs::new(&ladder, &evidence, &pooling());
        for arm in 0..3 {
            for (place, stage) in Stage::ALL.into_iter().enumerate() {
                // Discounts tell of each other.
                let family = if arm == 0 { 0..1 } else { 1..3 };
                let counts = family.flat_map(|arm| {
                    (0..SEGMENTS).map(move |segment| (segment, arm))
                });
                let counts = counts.map(|(segment, arm)| evidence.count(stage, segment, arm));
                let rates = counts
                    .filter(|count| count.calls > 0.0)
                    .map(|count| count.successes / count.calls);
                let said = ladder.arms()[arm].chances[place];
                let (low, high) = rates.fold((said, said), |(low, high), rate| {
                    (low.min(rate), high.max(rate))
                });
                for segment in 0..SEGMENTS {
                    let mean = beliefs.means(segment, arm)[place];
                    prop_assert!(low - 1e-9 <= mean && mean <= high + 1e-9);
                }
            }
        }
    }

    /// A success more raises what is believed of an arm everywhere, and a failure lowers it.
    #[test]
    fn beliefs_follow_the_evidence(
        evidence in evidence(),
        segment in 0..SEGMENTS,
        arm in 0_usize..3,
        passed in any::<bool>(),
    ) {
        let ladder = ladder();
        let before = Beliefs::new(&ladder, &evidence, &pooling());
        let mut more = evidence;
        prop_assert!(more.add(Stage::Stay, segment, arm, passed));
        let after = Beliefs::new(&ladder, &more, &pooling());
        let (before, after) = (before.means(segment, arm)[0], after.means(segment, arm)[0]);
        if passed {
            prop_assert!(after >= before - 1e-12);
        } else {
            prop_assert!(after <= before + 1e-12);
        }
    }

    #[test]
    fn the_same_seed_draws_the_same(evidence in evidence(), seed in any::<u64>()) {
        let ladder = ladder();
        let beliefs = Beliefs::new(&ladder, &evidence, &pooling());
        let (one, again) = (beliefs.draw(1, seed), beliefs.draw(1, seed));
        let other = beliefs.draw(1, seed ^ 1);
        let mut differs = false;
        for arm in 0..3 {
            for stage in Stage::ALL {
                prop_assert_eq!(one.chances(arm, stage), again.chances(arm, stage));
                let chances = one.chances(arm, stage).iter();
                differs |= one.chances(arm, stage) != other.chances(arm, stage);
                prop_assert!(chances.into_iter().all(|it| (0.0..=1.0).contains(it)));
            }
        }
        prop_assert!(differs);
    }

    /// They add up to one, no floor is broken, and what is held out gets nothing.
    #[test]
    fn propensities_are_a_distribution_above_its_floors(
        evidence in evidence(),
        contenders in contenders(),
        floor in 0.0..0.3_f64,
        holdout in 0.0..0.5_f64,
        seed in any::<u64>(),
    ) {
        let ladder = ladder();
        let draws = Beliefs::new(&ladder, &evidence, &pooling()).draw(0, seed);
        let shares = shares_won(&draws, &contenders, 0.0);
        prop_assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let chances = propensities(&shares, Exploration { floor, holdout }, 0);
        prop_assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let least = (1.0 - holdout) * floor;
        prop_assert!(chances.iter().all(|chance| *chance >= least - 1e-12));
        prop_assert!(chances[0] >= holdout + least - 1e-12);
        prop_assert_eq!(pick(&chances, seed), pick(&chances, seed));
    }

    /// What is written down is how often it happens.
    #[test]
    fn propensities_are_the_frequencies(shares in prop::array::uniform4(0.0..1.0_f64), from in any::<u32>()) {
        let total: f64 = shares.iter().sum();
        prop_assume!(total > 0.1);
        let shares = shares.map(|share| share / total);
        let exploration = Exploration { floor: 0.02, holdout: 0.05 };
        let chances = propensities(&shares, exploration, 0);
        let mut picked = [0_u32; 4];
        for seed in 0..4_000 {
            picked[pick(&chances, u64::from(from) + seed)] += 1;
        }
        for (picked, chance) in picked.iter().zip(&chances) {
            let seen = f64::from(*picked) / 4_000.0;
            let deviation = (chance * (1.0 - chance) / 4_000.0).sqrt();
            prop_assert!((seen - chance).abs() < 6.0 * deviation + 1e-9, "{seen} {chance}");
        }
    }

    /// The higher the price, the less is spent.
    #[test]
    fn a_higher_price_spends_less(
        evidence in evidence(),
        contenders in contenders(),
        price in 0.0..5.0_f64,
        more in 0.0..5.0_f64,
    ) {
        let beliefs = Beliefs::new(&ladder(), &evidence, &pooling());
        let means: Vec<[f64; 3]> = (0..3).map(|arm| beliefs.means(2, arm)).collect();
        let at = |price| expected_spend(&contenders, &means, price);
        prop_assert!(at(price + more) <= at(price) + 1e-9);
        let budget = at(price + more);
        let found = price_of_budget(at, budget);
        prop_assert!(at(found) <= budget + 1e-9 && found <= price + more + 1e-9);
    }
}
