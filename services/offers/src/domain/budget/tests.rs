use proptest::prelude::*;

use super::*;
use crate::domain::verdict::code;

fn key(text: &str) -> BudgetKey {
    BudgetKey::parse(text).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn dollars() -> Currency {
    Currency::parse("USD").unwrap()
}

fn rooms(free: &[i64]) -> Vec<Room> {
    let rooms = (0..).zip(free);
    rooms
        .map(|(bucket, free)| Room {
            bucket,
            free: *free,
        })
        .collect()
}

proptest! {
    #[test]
    fn a_limit_is_spread_whole_and_takes_nothing_away(
        limit in 0_i64..10_000,
        used in prop::collection::vec(0_i64..1_000, 1..9),
    ) {
        let total: i64 = used.iter().sum();
        match spread(limit, &used) {
            Some(parts) => {
                prop_assert_eq!(parts.iter().sum::<i64>(), limit);
                prop_assert!(parts.iter().zip(&used).all(|(part, used)| part >= used));
            }
            None => prop_assert!(limit < total),
        }
    }

    #[test]
    fn whatever_all_parts_have_together_can_be_taken_and_no_more(
        free in prop::collection::vec(0_i64..100, 1..9),
        preferred in 0_i16..9,
        amount in 1_i64..500,
    ) {
        let mut left = rooms(&free);
        let total: i64 = free.iter().sum();
        let taken = take(&mut left, preferred, amount);
        let rest: i64 = left.iter().map(|room| room.free).sum();
        prop_assert!(left.iter().all(|room| room.free >= 0));
        if let Some(taken) = taken {
            prop_assert_eq!(taken.iter().map(|taken| taken.amount).sum::<i64>(), amount);
            prop_assert!(taken.iter().all(|taken| taken.amount > 0));
            prop_assert_eq!(rest, total - amount);
        } else {
            prop_assert!(total < amount);
            prop_assert_eq!(rest, total);
        }
    }
}

#[test]
fn the_preferred_part_is_taken_first() {
    let mut left = rooms(&[5, 5, 5]);
    let taken = take(&mut left, 2, 6).unwrap();
    let parts: Vec<_> = taken
        .iter()
        .map(|taken| (taken.bucket, taken.amount))
        .collect();
    assert_eq!(parts, [(2, 5), (0, 1)]);
}

#[test]
fn a_budget_is_barred_for_the_first_thing_that_is_wrong_with_it() {
    let open = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
    let standing = |currency, fixed, has_room| Standing {
        currency,
        fixed,
        has_room,
    };
    let budgets = Budgets::new([
        (
            key("euros"),
            standing(Some(Currency::parse("EUR").unwrap()), None, true),
        ),
        (key("empty"), standing(None, None, false)),
        (key("january"), standing(None, Some(open), true)),
        (key("sound"), standing(Some(dollars()), None, true)),
    ]);
    let needed = ["empty", "euros", "january", "nowhere", "sound"].map(key);
    let barred = |now, gone: &[Shortage]| -> Vec<String> {
        let barred = budgets.barred(needed.iter(), Some(dollars()), at(now), gone);
        barred
            .iter()
            .map(|it| format!("{} {}", it.budget, it.code))
            .collect()
    };
    let always = [
        format!("empty {}", code::BUDGET_EXHAUSTED),
        format!("euros {}", code::BUDGET_OTHER_CURRENCY),
        format!("nowhere {}", code::BUDGET_UNKNOWN),
    ];
    assert_eq!(barred("2026-01-31T23:59:59Z", &[]), always);
    let short = Shortage {
        budget: key("sound"),
        left: Left {
            amount: 0,
            counts_offers: false,
        },
    };
    let closed = barred("2026-02-01T00:00:00Z", &[short]);
    assert!(closed.contains(&format!("january {}", code::BUDGET_NOT_OPEN)));
    assert!(closed.contains(&format!("sound {}", code::BUDGET_EXHAUSTED)));
}

#[test]
fn what_does_not_add_up_is_named() {
    let sound = Sums {
        bucket: 1,
        limit_part: 10,
        bucket_sums: (3, 4),
        holds: (3, 4),
        ledger: (3, 4),
        promises: (3, 4),
    };
    assert_eq!(differences(&[sound], Some(10)), []);
    let odd = Sums {
        ledger: (2, 4),
        promises: (3, 0),
        ..sound
    };
    let found: Vec<_> = differences(&[odd], Some(11))
        .into_iter()
        .map(|it| (it.what, it.against, it.found, it.expected))
        .collect();
    assert_eq!(
        found,
        [
            ("held", "ledger", 3, 2),
            ("committed", "promises", 4, 0),
            ("limit", "definition", 10, 11),
        ]
    );
}

#[test]
fn what_holds_were_reckoned_in_stands() {
    let budget = Budget {
        key: key("b"),
        limit_amount: 5,
        currency: Some(dollars()),
        window: Window::Endless,
        fixed: None,
        bucket_count: 2,
    };
    let more = Budget {
        limit_amount: 9,
        bucket_count: 3,
        ..budget.clone()
    };
    assert!(more.replaces(&budget).is_ok());
    let others = [
        (budget.clone(), more.clone()),
        (
            Budget {
                currency: None,
                ..budget.clone()
            },
            budget.clone(),
        ),
        (
            Budget {
                window: Window::CalendarDay,
                ..budget.clone()
            },
            budget.clone(),
        ),
    ];
    for (budget, before) in others {
        assert_eq!(
            budget.replaces(&before).unwrap_err().reason,
            "BUDGET_FIELD_FIXED"
        );
    }
}

#[test]
fn what_is_left_of_a_scarce_budget_is_taken_once() {
    let left = |amount, counts_offers| {
        Some(Left {
            amount,
            counts_offers,
        })
    };
    let barred =
        [("money", left(10, false)), ("offers", left(1, true))].map(|(name, left)| Barred {
            budget: key(name),
            code: code::BUDGET_EXHAUSTED.into(),
            left,
        });
    let (money, offers) = (key("money"), key("offers"));
    let mut scarce = Scarce::new(&barred);
    assert!(!scarce.take(Some(&money), 11));
    assert!(scarce.take(Some(&money), 7));
    assert!(!scarce.take(Some(&money), 4));
    assert!(scarce.take(Some(&offers), 1_000));
    assert!(!scarce.take(Some(&offers), 1));
    assert!(scarce.take(Some(&key("other")), 1_000) && scarce.take(None, 1_000));
}
