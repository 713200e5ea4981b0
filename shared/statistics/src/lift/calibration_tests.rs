//! Whether the intervals cover the truth as often as they say, on simulated years of calls.
//!
//! With `REKINDLE_LONG_TESTS` many times as many years.

use super::*;
use crate::numeric::counting::real;
use crate::numeric::draw::Draws;

const DAYS: u32 = 360;

#[expect(
    clippy::disallowed_methods,
    reason = "how long tests may take is no setting"
)]
fn years() -> u32 {
    match std::env::var_os("REKINDLE_LONG_TESTS") {
        Some(_) => 40_000,
        None => 2_000,
    }
}

/// Calls to a save desk of which chance holds some out.
struct Desk {
    calls_a_month: u32,
    without: f64,
    lift: f64,
    holdout: f64,
}

/// What became of the calls so far.
#[derive(Clone, Copy, Default)]
struct Counts {
    offered: Group,
    held_out: Group,
}

impl Desk {
    /// Plays a year and shows the counts at the end of each day; the desk learns over the year, so
    /// that offers keep less at its beginning and more at its end.
    fn year(&self, seed: u64, mut each_day: impl FnMut(u32, Counts)) -> Counts {
        let mut draws = Draws::new(seed, u64::from(self.calls_a_month));
        let mut counts = Counts::default();
        for day in 0..DAYS {
            let before = u64::from(day) * u64::from(self.calls_a_month) / 30;
            let after = u64::from(day + 1) * u64::from(self.calls_a_month) / 30;
            let learnt = 0.5 + f64::from(day) / f64::from(DAYS);
            for _ in before..after {
                let held_out = draws.uniform() < self.holdout;
                let chance = self.without + if held_out { 0.0 } else { self.lift * learnt };
                let group = if held_out {
                    &mut counts.held_out
                } else {
                    &mut counts.offered
                };
                group.calls += 1;
                group.saves += u32::from(draws.uniform() < chance);
            }
            each_day(day, counts);
        }
        counts
    }
}

#[test]
fn the_interval_covers_the_truth_as_often_as_it_says() {
    let desks = [
        (200, 0.10, 0.22, 0.05),
        (200, 0.10, 0.05, 0.10),
        (200, 0.05, 0.0, 0.10),
        (1_000, 0.10, 0.10, 0.05),
    ];
    for (calls_a_month, without, lift_of_offers, holdout) in desks {
        let desk = Desk {
            calls_a_month,
            without,
            lift: lift_of_offers,
            holdout,
        };
        // The mean of what is learnt over the days.
        let truth = lift_of_offers * (0.5 + f64::from(DAYS - 1) / f64::from(2 * DAYS));
        let covered = (0..years()).filter(|seed| {
            let counts = desk.year(u64::from(*seed), |_, _| ());
            let found = lift(counts.offered, counts.held_out).unwrap();
            (found.low..=found.high).contains(&truth)
        });
        let share = real(covered.count()) / f64::from(years());
        assert!(
            (0.93..=0.97).contains(&share),
            "{calls_a_month} calls a month, lift {lift_of_offers}: {share}"
        );
    }
}

/// Whether the interval of textbooks for one look excludes no lift, from as many calls on as the other
/// looks at: the difference of shares and 1.96 of its standard errors.
fn excludes_none_by_the_book(counts: Counts) -> bool {
    let Counts { offered, held_out } = counts;
    if held_out.calls < LEAST_HELD_OUT || held_out.saves == 0 {
        return false;
    }
    let variance = |group: Group| group.rate() * (1.0 - group.rate()) / f64::from(group.calls);
    let reach = 1.96 * (variance(offered) + variance(held_out)).sqrt();
    (offered.rate() - held_out.rate()).abs() > reach
}

/// In how many years an interval that is looked at every day once excludes the truth of no lift: of
/// the sequence, and of the interval for one look.
fn false_alarms(calls_a_month: u32) -> (f64, f64) {
    let desk = Desk {
        calls_a_month,
        without: 0.10,
        lift: 0.0,
        holdout: 0.10,
    };
    let sequence = ConfidenceSequence::planned(calls_a_month * 12);
    let excludes_none = |found: Lift| found.low > 0.0 || found.high < 0.0;
    let (mut alarms, mut plain_alarms) = (0, 0);
    for seed in 0..years() {
        let (mut alarm, mut plain_alarm) = (false, false);
        desk.year(u64::from(seed), |_, counts| {
            let look = sequence.look(counts.offered, counts.held_out);
            alarm |= look.is_ok_and(excludes_none);
            plain_alarm |= excludes_none_by_the_book(counts);
        });
        alarms += u32::from(alarm);
        plain_alarms += u32::from(plain_alarm);
    }
    let share = |alarms: u32| f64::from(alarms) / f64::from(years());
    (share(alarms), share(plain_alarms))
}

#[test]
fn looking_every_day_for_a_year_raises_few_false_alarms() {
    for calls_a_month in [200, 2_000] {
        let (alarms, plain) = false_alarms(calls_a_month);
        assert!(alarms <= 0.06, "{calls_a_month} calls a month: {alarms}");
        // What it is for: the other interval is wrong in a third of the years.
        assert!(
            (0.33..=0.47).contains(&plain),
            "{calls_a_month} calls a month: {plain}"
        );
    }
}

/// What a call is worth: nothing for who leaves, and unlike amounts for who stays.
fn worth(draws: &mut Draws) -> f64 {
    if draws.uniform() < 0.6 {
        return 0.0;
    }
    let amount = draws.uniform();
    6_000.0 + 30_000.0 * amount * amount
}

#[test]
fn looking_at_values_every_day_for_a_year_raises_few_false_alarms() {
    let calls_a_month = 200;
    let sequence = ConfidenceSequence::planned(calls_a_month * 12);
    let (mut alarms, mut plain_alarms) = (0, 0);
    for seed in 0..years() {
        let mut draws = Draws::new(u64::from(seed), 3);
        let (mut offered, mut held_out) = (Values::default(), Values::default());
        let (mut alarm, mut plain_alarm) = (false, false);
        for call in 0..calls_a_month * 12 {
            let side = if draws.uniform() < 0.1 {
                &mut held_out
            } else {
                &mut offered
            };
            let value = worth(&mut draws);
            side.calls += 1;
            side.sum += value;
            side.sum_of_squares += value * value;
            // Six or seven calls are a day.
            if call % 7 > 0 {
                continue;
            }
            if let Ok(found) = sequence.look_at_values(offered, held_out) {
                alarm |= found.low > 0.0 || found.high < 0.0;
                let plain = value_lift(offered, held_out).unwrap();
                plain_alarm |= plain.low > 0.0 || plain.high < 0.0;
            }
        }
        alarms += u32::from(alarm);
        plain_alarms += u32::from(plain_alarm);
    }
    let share = |alarms: u32| f64::from(alarms) / f64::from(years());
    assert!(share(alarms) <= 0.06, "{}", share(alarms));
    assert!(share(plain_alarms) > 0.25, "{}", share(plain_alarms));
}

/// How often the interval of a mean value holds the truth, with so many held out.
fn coverage_of_values(held_out: u32) -> f64 {
    // Of who is offered something as many more stay, for a price.
    let price = 3_000.0;
    let mut covered = 0;
    for seed in 0..years() {
        let mut draws = Draws::new(u64::from(seed), 4);
        let mut side = |calls: u32, price: f64| {
            let values = (0..calls).map(|_| worth(&mut draws) - price);
            Values::of(&values.collect::<Vec<_>>())
        };
        let found = value_lift(side(20 * held_out, price), side(held_out, 0.0)).unwrap();
        covered += u32::from(found.low <= -price && -price <= found.high);
    }
    f64::from(covered) / f64::from(years())
}

#[test]
fn values_of_few_held_out_are_not_told_more_sharply_than_they_are_known() {
    for held_out in [2, 3, 5, 9, 20, 49] {
        let covered = coverage_of_values(held_out);
        assert!(covered > 0.935, "{held_out} held out: {covered}");
    }
}

#[test]
fn a_lift_is_found_long_before_the_year_is_over() {
    let desk = Desk {
        calls_a_month: 2_000,
        without: 0.10,
        lift: 0.10,
        holdout: 0.10,
    };
    let sequence = ConfidenceSequence::planned(24_000);
    let mut days: Vec<u32> = (0..101)
        .map(|seed| {
            let mut found = DAYS;
            desk.year(seed, |day, counts| {
                let look = sequence.look(counts.offered, counts.held_out);
                if look.is_ok_and(|look| look.low > 0.0) {
                    found = found.min(day);
                }
            });
            found
        })
        .collect();
    days.sort_unstable();
    assert!((10..60).contains(&days[50]), "{days:?}");
}

#[test]
fn at_the_end_of_the_plan_it_is_half_as_wide_again() {
    let offered = Group {
        calls: 21_600,
        saves: 4_000,
    };
    let held_out = Group {
        calls: 2_400,
        saves: 300,
    };
    let look = ConfidenceSequence::planned(24_000).look(offered, held_out);
    let look = look.unwrap();
    let once = lift(offered, held_out).unwrap();
    let ratio = (look.high - look.low) / (once.high - once.low);
    assert!((ratio - 1.561_978).abs() < 1e-4, "{ratio}");
}

#[test]
fn nothing_is_said_of_a_handful() {
    let offered = Group {
        calls: 500,
        saves: 90,
    };
    let few = Group {
        calls: LEAST_HELD_OUT - 1,
        saves: 0,
    };
    let sequence = ConfidenceSequence::planned(2_400);
    assert_eq!(
        sequence.look(offered, few),
        Err(LiftRefusal::TooFew {
            have: LEAST_HELD_OUT - 1,
            need: LEAST_HELD_OUT
        })
    );
    let enough = Group {
        calls: LEAST_HELD_OUT,
        saves: 0,
    };
    assert!(sequence.look(offered, enough).is_ok());
}
