//! Where the catalogue believes something else of some groups than of an arm as such.

use proptest::prelude::*;

use super::*;

const SEGMENTS: usize = 4;
const FAMILY: usize = 1;

/// Two arms of one family; four segments in two groups.
fn ladder(of_arms: [[f64; 3]; 2], of_second_group: [[f64; 3]; 2]) -> Ladder {
    let arms = of_arms.map(|chances| ArmPrior {
        chances,
        weight: 10.0,
        family: FAMILY,
    });
    let mut ladder = Ladder::new(arms.into(), vec![0, 0, 1, 1]).unwrap();
    for (arm, chances) in of_second_group.into_iter().enumerate() {
        ladder.believe(1, arm, chances).unwrap();
    }
    ladder
}

fn chances() -> impl Strategy<Value = [[f64; 3]; 2]> {
    prop::array::uniform2(prop::array::uniform3(0.01..0.99_f64))
}

/// Calls in each cell, of which such a share passed.
fn evidence(ladder: &Ladder, calls: f64, share: impl Fn(usize, usize, Stage) -> f64) -> Evidence {
    let mut evidence = Evidence::none(ladder);
    for (segment, group) in ladder.groups().iter().enumerate() {
        for arm in 0..2 {
            for stage in Stage::ALL {
                let successes = calls * share(*group, arm, stage);
                evidence.add_count(stage, segment, arm, Count { calls, successes });
            }
        }
    }
    evidence
}

fn means(ladder: &Ladder, evidence: &Evidence, segment: usize, arm: usize) -> [f64; 3] {
    Beliefs::new(ladder, evidence, &Pooling::default()).means(segment, arm)
}

proptest! {
    #[test]
    fn without_evidence_each_group_is_what_the_catalogue_says(
        (of_arms, of_group) in (chances(), chances()),
    ) {
        let ladder = ladder(of_arms, of_group);
        let none = Evidence::none(&ladder);
        for arm in 0..2 {
            for stage in 0..3 {
                let of_first = means(&ladder, &none, 0, arm)[stage];
                prop_assert!((of_first - of_arms[arm][stage]).abs() < 1e-12);
                let of_second = means(&ladder, &none, 2, arm)[stage];
                prop_assert!((of_second - of_group[arm][stage]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn evidence_that_agrees_with_the_catalogue_changes_nothing(
        (of_arms, of_group, calls) in (chances(), chances(), 0.5..5_000.0_f64),
    ) {
        let ladder = ladder(of_arms, of_group);
        let agreeing = evidence(&ladder, calls, |group, arm, stage| ladder.chance_in(group, arm, stage));
        for segment in 0..SEGMENTS {
            for arm in 0..2 {
                let believed = if segment < 2 { of_arms[arm] } else { of_group[arm] };
                for (ours, said) in means(&ladder, &agreeing, segment, arm).iter().zip(believed) {
                    prop_assert!((ours - said).abs() < 1e-9, "{} {}", ours, said);
                }
            }
        }
    }

    #[test]
    fn with_much_evidence_the_data_win(
        (of_arms, of_group, share) in (chances(), chances(), 0.05..0.95_f64),
    ) {
        let ladder = ladder(of_arms, of_group);
        let seen = evidence(&ladder, 1e9, |_, _, _| share);
        for segment in 0..SEGMENTS {
            for arm in 0..2 {
                for mean in means(&ladder, &seen, segment, arm) {
                    prop_assert!((mean - share).abs() < 1e-3, "{}", mean);
                }
            }
        }
    }

    #[test]
    fn what_is_seen_in_one_group_moves_another_the_same_way(
        (of_arms, of_group, calls) in (chances(), chances(), 1.0..1_000.0_f64),
        (all, none) in Just((1.0, 0.0)),
    ) {
        let ladder = ladder(of_arms, of_group);
        for (passed, better) in [(all, true), (none, false)] {
            let mut evidence = Evidence::none(&ladder);
            evidence.add_count(Stage::Stay, 0, 0, Count { calls, successes: calls * passed });
            let elsewhere = means(&ladder, &evidence, 3, 0)[0];
            prop_assert!((elsewhere > of_group[0][0]) == better, "{}", elsewhere);
            prop_assert!(elsewhere > 0.0 && elsewhere < 1.0);
        }
    }

    #[test]
    fn draws_of_an_arm_are_moved_alone(
        (of_arms, of_group, to) in (chances(), chances(), 0.01..0.99_f64),
    ) {
        let ladder = ladder(of_arms, of_group);
        let beliefs = Beliefs::new(&ladder, &Evidence::none(&ladder), &Pooling::default());
        let draws = beliefs.draw(2, 7);
        let shift = log_odds_between(of_group[0][0], to);
        let moved_draws = draws.with_shift(0, [shift, 0.0, 0.0]);
        for stage in Stage::ALL {
            prop_assert_eq!(draws.chances(1, stage), moved_draws.chances(1, stage));
        }
        prop_assert_eq!(draws.chances(0, Stage::Durable), moved_draws.chances(0, Stage::Durable));
        let pairs = draws.chances(0, Stage::Stay).iter().zip(moved_draws.chances(0, Stage::Stay));
        for (before, after) in pairs {
            prop_assert!((moved(*before, shift) - *after).abs() < f64::EPSILON);
        }
        prop_assert!((moved(of_group[0][0], shift) - to).abs() < 1e-9);
    }
}

#[test]
fn a_group_or_a_chance_that_is_none_is_refused_or_nothing() {
    let mut ladder = ladder([[0.5; 3]; 2], [[0.5; 3]; 2]);
    let refused = ladder.believe(0, 1, [0.5, 1.0, 0.5]);
    assert_eq!(
        refused,
        Err(LadderRefusal::Chance {
            arm: 1,
            chance: 1.0
        })
    );
    ladder.believe(0, 2, [0.9; 3]).unwrap();
    ladder.believe(2, 0, [0.9; 3]).unwrap();
    for group in 0..2 {
        for arm in 0..2 {
            assert!((ladder.chance_in(group, arm, Stage::Stay) - 0.5).abs() < 1e-12);
        }
    }
}
