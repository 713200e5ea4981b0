//! What changed over time: buying more than before, and coming back after a long silence.

use std::time::Duration;

use kernel::time::Timestamp;

use super::{Evidence, Finding};
use crate::domain::clock_days::{day_number, start_of_day};
use crate::domain::facts::{CustomerFacts, Standing};

/// Over how many days growth is measured, against as many before.
const WINDOW_DAYS: i32 = 180;
/// The same as a duration.
const WINDOW: Duration = Duration::from_hours(180 * 24);
/// How many hundredths of the earlier count the later one needs.
const GROWTH_PERCENT: u32 = 120;
/// Fewer purchase days than this before are no measure of growth.
const MIN_PURCHASE_DAYS: u32 = 3;
/// The facts hold the latest this many purchase days: a full list may lack the earlier ones.
const MAX_PURCHASE_DAYS: usize = 128;

/// Finds growth of at least a fifth over the last 180 days: in subscriptions, else in purchases.
pub(super) fn growth(facts: &CustomerFacts, as_of: Timestamp) -> Option<Finding> {
    subscription_growth(facts, as_of).or_else(|| purchase_growth(facts, as_of))
}

fn subscription_growth(facts: &CustomerFacts, as_of: Timestamp) -> Option<Finding> {
    let earlier = as_of.checked_sub(WINDOW).ok()?;
    let before = live_count(facts, earlier);
    let now = live_count(facts, as_of);
    grows(
        "growing.subscriptions",
        "live_subscription_count",
        now,
        before,
        1,
    )
}

fn live_count(facts: &CustomerFacts, as_of: Timestamp) -> u32 {
    let live = facts
        .subscriptions
        .iter()
        .filter(|subscription| subscription.standing(as_of) == Standing::Live);
    u32::try_from(live.count()).unwrap_or(u32::MAX)
}

fn purchase_growth(facts: &CustomerFacts, as_of: Timestamp) -> Option<Finding> {
    let today = day_number(as_of);
    let (middle, first) = (today - WINDOW_DAYS, today - 2 * WINDOW_DAYS);
    let days = &facts.purchase_days;
    let is_cut = days.len() >= MAX_PURCHASE_DAYS && days.first().is_some_and(|day| *day > first);
    if is_cut {
        return None;
    }
    let count = |after: i32, until: i32| {
        let within = days.iter().filter(|day| **day > after && **day <= until);
        u32::try_from(within.count()).unwrap_or(u32::MAX)
    };
    let (now, before) = (count(middle, today), count(first, middle));
    grows(
        "growing.purchases",
        "purchase_day_count",
        now,
        before,
        MIN_PURCHASE_DAYS,
    )
}

fn grows(
    rule: &'static str,
    fact: &'static str,
    now: u32,
    before: u32,
    least: u32,
) -> Option<Finding> {
    let needed = (before.saturating_mul(GROWTH_PERCENT)).div_ceil(100);
    let holds = before >= least && now >= needed && now > before;
    holds.then(|| Finding::new(rule, Evidence::count(fact, now, needed)))
}

/// Finds when the customer last came back: by a further lifetime after one that was not continued
/// elsewhere, or by a purchase after a silence that counts as lost.
pub(super) fn returned(
    facts: &CustomerFacts,
    lost_after_days: u32,
    as_of: Timestamp,
) -> Option<Timestamp> {
    let by_lifetime = returned_by_lifetime(facts, as_of);
    by_lifetime.max(returned_by_purchase(facts, lost_after_days, as_of))
}

fn returned_by_lifetime(facts: &CustomerFacts, as_of: Timestamp) -> Option<Timestamp> {
    let mut pairs = facts.lifetimes.windows(2).rev();
    let begun = |start: &Timestamp| *start <= as_of;
    pairs.find_map(|pair| {
        let start = pair[1].start_time.filter(begun)?;
        (!pair[0].lives_on).then_some(start)
    })
}

fn returned_by_purchase(
    facts: &CustomerFacts,
    lost_after_days: u32,
    as_of: Timestamp,
) -> Option<Timestamp> {
    let today = day_number(as_of);
    let mut pairs = facts.purchase_days.windows(2).rev();
    let back = pairs.find(|pair| {
        let gap_days = i64::from(pair[1]) - i64::from(pair[0]);
        pair[1] <= today && gap_days >= i64::from(lost_after_days)
    })?;
    Some(start_of_day(back[1]))
}
