//! Figures add up, and verdicts follow from them.

use statistics::lift::{Group, Values};

use super::*;

const HOLDOUT: f64 = 0.05;

fn key(text: &str) -> OfferKey {
    OfferKey::parse(text).unwrap()
}

fn usd() -> Option<Currency> {
    Currency::parse("USD").ok()
}

/// Calls of which so many in a hundred stay, worth so much each, all old enough.
fn side(calls: u32, kept_of_100: u32, value_minor: f64) -> Side {
    let kept = Group {
        calls,
        saves: calls * kept_of_100 / 100,
    };
    // Half are worth the double and half nothing, so that values spread.
    let (count, double) = (f64::from(calls), 2.0 * value_minor);
    Side {
        calls,
        presented: calls,
        taken: kept.saves,
        windows: [kept; 3],
        durable: kept,
        values: Values {
            calls,
            sum: count * value_minor,
            sum_of_squares: count / 2.0 * double * double,
        },
        cost_minor: i64::from(kept.saves) * 1_000,
        ..Side::default()
    }
}

fn cell(reason: &str, held_out: bool, side: Side) -> Cell {
    Cell {
        offer_key: key("ten_off"),
        reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
        currency: usd(),
        held_out,
        kind: None,
        about_price: false,
        side,
    }
}

fn only(cells: &[Cell]) -> OfferReview {
    let mut reviews = review(cells, HOLDOUT);
    assert_eq!(reviews.len(), 1);
    reviews.remove(0)
}

#[test]
fn reasons_add_up_and_the_one_with_the_most_calls_comes_first() {
    let found = only(&[
        cell("rare", false, side(100, 30, 500.0)),
        cell("common", false, side(400, 40, 500.0)),
        cell("common", true, side(40, 10, 100.0)),
        cell("rare", true, side(10, 10, 100.0)),
    ]);
    let reasons: Vec<Option<&str>> = found
        .by_reason
        .iter()
        .map(|(reason, _)| reason.as_deref())
        .collect();
    assert_eq!(reasons, [Some("common"), Some("rare")]);
    assert_eq!(
        (found.all.offered.calls, found.all.held_out.calls),
        (500, 50)
    );
    assert_eq!(found.all.offered.windows[0].saves, 190);
    let lift = found.all.lifts[2].unwrap();
    assert!((lift.difference - (0.38 - 0.1)).abs() < 1e-12);
    // 190,000 minor units for 0.28 × 500 customers who would have left.
    let cost = found.all.cost_per_incremental_save_minor.unwrap();
    assert!((cost - 190_000.0 / 140.0).abs() < 1e-9);
}

#[test]
fn each_offer_and_currency_is_reviewed_by_itself() {
    let other = Cell {
        offer_key: key("other"),
        ..cell("r", false, side(10, 10, 1.0))
    };
    let euros = Cell {
        currency: Currency::parse("EUR").ok(),
        ..cell("r", false, side(10, 10, 1.0))
    };
    let cells = [cell("r", false, side(10, 10, 1.0)), other, euros];
    assert_eq!(review(&cells, HOLDOUT).len(), 3);
}

#[test]
fn money_decides_what_to_do() {
    let against = |offered: Side, held_out: Side| {
        let found = only(&[cell("r", false, offered), cell("r", true, held_out)]);
        (found.opinion.verdict, found.opinion.reason)
    };
    let stayed = side(200, 10, 1_000.0);
    assert_eq!(
        against(side(2_000, 40, 3_000.0), stayed),
        (Verdict::Continue, "worth_more_than_nothing")
    );
    // It keeps four times as many, for more than they are worth.
    assert_eq!(
        against(side(2_000, 40, -200.0), stayed),
        (Verdict::Drop, "worth_less_than_nothing")
    );
    assert_eq!(
        against(side(2_000, 11, 1_010.0), stayed),
        (Verdict::Watch, "cannot_be_told_apart")
    );
    assert_eq!(
        against(side(49, 40, 3_000.0), stayed),
        (Verdict::Watch, "too_few_calls")
    );
}

#[test]
fn what_only_lasts_as_long_as_its_terms_is_changed_and_not_praised() {
    let brief = Side {
        after_terms: [
            Group {
                calls: 400,
                saves: 200,
            },
            Group {
                calls: 400,
                saves: 60,
            },
        ],
        ..side(2_000, 40, 3_000.0)
    };
    let found = only(&[
        cell("r", false, brief),
        cell("r", true, side(200, 10, 1_000.0)),
    ]);
    assert_eq!(found.opinion.verdict, Verdict::Change);
    let lasting = Side {
        after_terms: [Group {
            calls: 400,
            saves: 360,
        }; 2],
        ..brief
    };
    let found = only(&[
        cell("r", false, lasting),
        cell("r", true, side(200, 10, 1_000.0)),
    ]);
    assert_eq!(found.opinion.verdict, Verdict::Continue);
}

/// A discount by which as many stay as without, and of them only so many in a hundred for longer.
fn discount(lasts_of_100: u32) -> Cell {
    Cell {
        about_price: true,
        ..cell(
            "r",
            false,
            Side {
                stayed: Group {
                    calls: 400,
                    saves: 4 * lasts_of_100,
                },
                ..side(2_000, 40, 3_000.0)
            },
        )
    }
}

#[test]
fn a_discount_that_holds_briefly_is_changed() {
    let stays_anyway = Side {
        stayed: Group {
            calls: 100,
            saves: 90,
        },
        ..side(200, 10, 1_000.0)
    };
    let told = |cells: &[Cell]| {
        let found = review(cells, HOLDOUT);
        (found[0].opinion.verdict, found[0].opinion.reason)
    };
    let held_out = cell("r", true, stays_anyway);
    let brief = told(&[discount(70), held_out.clone()]);
    assert_eq!(brief, (Verdict::Change, "discount_holds_briefly"));
    let lasting = told(&[discount(88), held_out.clone()]);
    assert_eq!(lasting.0, Verdict::Continue);
    // What others say who rang for something else is no measure, and an offer that is no discount has
    // nothing to end.
    let other_reason = cell("other", true, stays_anyway);
    let alone = Cell {
        reason: held_out.reason.clone(),
        ..cell("r", true, side(200, 10, 1_000.0))
    };
    assert_eq!(
        told(&[discount(70), alone, other_reason]).0,
        Verdict::Continue
    );
    let plan = Cell {
        about_price: false,
        ..discount(70)
    };
    assert_eq!(told(&[plan, held_out]).0, Verdict::Continue);
}

#[test]
fn who_looks_every_day_is_told_nothing_before_it_is_sure() {
    let offered = side(2_000, 40, 1_160.0);
    let found = only(&[
        cell("r", false, offered),
        cell("r", true, side(200, 10, 1_000.0)),
    ]);
    let figures = found.all;
    let (once, always) = (figures.value_lift.unwrap(), figures.value_always.unwrap());
    assert!(once.low > 0.0 && always.low < 0.0, "{once:?} {always:?}");
    assert_eq!(found.opinion.reason, "cannot_be_told_apart");
    let margin = figures.net_retained_margin.unwrap();
    assert!((margin.difference - 2_000.0 * once.difference).abs() < 1e-6);
}

#[test]
fn kinds_of_customers_are_told_apart_where_somebody_asks() {
    let kind = |value_tier| {
        Some(CustomerKind {
            value_tier,
            long_term: true,
        })
    };
    let of = |value_tier, calls| Cell {
        kind: kind(value_tier),
        ..cell("r", false, side(calls, 40, 10.0))
    };
    let found = only(&[of(0, 10), of(2, 30), cell("r", false, side(5, 40, 10.0))]);
    let segments: Vec<(u32, u32)> = found
        .by_segment
        .iter()
        .map(|((_, kind), figures)| (kind.value_tier, figures.offered.calls))
        .collect();
    assert_eq!(segments, [(2, 30), (0, 10)]);
    assert_eq!(found.all.offered.calls, 45);
}

#[test]
fn without_anybody_held_out_nothing_is_claimed() {
    let found = only(&[cell("", false, side(5_000, 90, 9_000.0))]);
    assert_eq!(found.opinion.verdict, Verdict::Watch);
    assert_eq!(found.opinion.reason, "nobody_to_compare_with");
    assert_eq!(found.opinion.chance_worth_more, None);
    assert_eq!((found.all.lifts, found.all.durable_lift), ([None; 3], None));
    assert_eq!(found.all.cost_per_incremental_save_minor, None);
}

#[test]
fn calls_still_needed_shrink_as_calls_come_in() {
    let needed = |calls: u32| {
        let found = only(&[
            cell("r", false, side(calls * 19, 20, 10.0)),
            cell("r", true, side(calls, 10, 1.0)),
        ]);
        found.all.calls_still_needed.unwrap()
    };
    let (few, many, enough) = (needed(10), needed(20), needed(200));
    assert!(few > many && many > 0, "{few} {many}");
    assert_eq!(few - many, 200, "each call is one less");
    assert_eq!(enough, 0);
}

#[test]
fn who_is_here_says_nothing_about_later_weeks() {
    let week = |week, left, still_here| WeekOfCalls {
        week,
        left,
        still_here,
    };
    let points = survival(&[week(0, 10, 0), week(1, 9, 45), week(3, 0, 36)]);
    let shares: Vec<(u32, u64)> = points.iter().map(|it| (it.week, it.calls)).collect();
    // 100 began; 10 left; 45 of the 90 are not known for all of week 1; 9 of 45 left in it.
    assert_eq!(shares, [(0, 100), (1, 45), (2, 36)]);
    let close = |got: f64, want: f64| (got - want).abs() < 1e-12;
    assert!(close(points[0].share, 0.9) && close(points[1].share, 0.9 * 0.8));
    assert!(close(points[2].share, 0.72));
    assert_eq!(survival(&[]), []);
    let long = survival(&[week(500, 0, 7)]);
    assert_eq!((long.len(), long[57].calls), (58, 7));
}
