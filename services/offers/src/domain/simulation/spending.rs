//! What budgets would have spent, and when they would have run dry.

use std::collections::BTreeMap;

use kernel::money::Currency;
use kernel::time::{Date, Timestamp};

use super::gain::chance_taken;
use crate::domain::budget::{Budget, BudgetKey, Window};
use crate::domain::decision::{Decision, Inputs};

/// The most days of budgets that are kept: each with what was spent on it.
const MOST_DAYS: usize = 100_000;
/// The most windows that are told of one budget, the latest.
pub const MOST_WINDOWS: usize = 24;

/// What offers come to on one side, in minor units or a number of offers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// If every offer were taken.
    pub offered: i64,
    /// As often as they are believed to be.
    pub expected: f64,
}

impl Spent {
    fn add(&mut self, other: Self) {
        self.offered = self.offered.saturating_add(other.offered);
        self.expected += other.expected;
    }
}

/// What offers come to before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spending {
    /// Under the versions of then.
    pub before: Spent,
    /// Under the draft.
    pub after: Spent,
}

/// One window of a budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSpending {
    /// The day on which it began; absent of a budget that has but one.
    pub start: Option<Date>,
    /// What is spent in it.
    pub spending: Spending,
    /// The first day on which what is expected reaches the limit, under the versions of then.
    pub dry_before: Option<Date>,
    /// The same, under the draft.
    pub dry_after: Option<Date>,
}

/// One budget.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetSpending {
    /// The budget.
    pub key: BudgetKey,
    /// The limit of a window; absent where there is no such budget.
    pub limit: Option<i64>,
    /// The currency; absent where offers are counted, or there is no such budget.
    pub currency: Option<Currency>,
    /// All windows together.
    pub total: Spending,
    /// How many windows there were.
    pub window_count: u64,
    /// How many of them run dry, before and after.
    pub dry_windows: [u64; 2],
    /// The latest windows, in their order.
    pub windows: Vec<WindowSpending>,
}

/// What is spent of each budget each day.
#[derive(Clone, Debug, Default)]
pub struct Spendings {
    days: BTreeMap<BudgetKey, BTreeMap<Date, Spending>>,
    count: usize,
    is_cut: bool,
}

impl Spendings {
    pub(super) fn add_before(
        &mut self,
        budgets: &[Budget],
        inputs: &Inputs<'_>,
        answer: &Decision,
    ) {
        self.add(budgets, inputs, answer, |spending| &mut spending.before);
    }

    pub(super) fn add_after(&mut self, budgets: &[Budget], inputs: &Inputs<'_>, answer: &Decision) {
        self.add(budgets, inputs, answer, |spending| &mut spending.after);
    }

    fn add(
        &mut self,
        budgets: &[Budget],
        inputs: &Inputs<'_>,
        answer: &Decision,
        side: fn(&mut Spending) -> &mut Spent,
    ) {
        let Some(day) = day(inputs.now) else { return };
        for promise in &answer.offers {
            let Some(key) = &promise.budget else { continue };
            let counts_offers = find(budgets, key).is_some_and(|budget| budget.currency.is_none());
            let amount = if counts_offers {
                1
            } else {
                promise.cost.minor.max(0)
            };
            let spent = Spent {
                offered: amount,
                expected: real(amount) * chance_taken(inputs, promise),
            };
            if let Some(spending) = self.on(key, day) {
                side(spending).add(spent);
            }
        }
    }

    fn on(&mut self, key: &BudgetKey, day: Date) -> Option<&mut Spending> {
        let known = self
            .days
            .get(key)
            .is_some_and(|days| days.contains_key(&day));
        if !known {
            if self.count >= MOST_DAYS {
                self.is_cut = true;
                return None;
            }
            self.count += 1;
        }
        let days = self.days.entry(key.clone()).or_default();
        Some(days.entry(day).or_default())
    }

    /// There were more days of budgets than are kept, and the sums leave something out.
    pub const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Adds up what each budget spends in its windows.
    pub fn by_budget(&self, budgets: &[Budget]) -> Vec<BudgetSpending> {
        let of = |(key, days)| in_windows(key, find(budgets, key), days);
        self.days.iter().map(of).collect()
    }
}

fn find<'a>(budgets: &'a [Budget], key: &BudgetKey) -> Option<&'a Budget> {
    budgets.iter().find(|budget| budget.key == *key)
}

fn in_windows(
    key: &BudgetKey,
    budget: Option<&Budget>,
    days: &BTreeMap<Date, Spending>,
) -> BudgetSpending {
    let mut found = BudgetSpending {
        key: key.clone(),
        limit: budget.map(|budget| budget.limit_amount),
        currency: budget.and_then(|budget| budget.currency),
        total: Spending::default(),
        window_count: 0,
        dry_windows: [0, 0],
        windows: Vec::new(),
    };
    for (day, spent) in days {
        let start = budget.and_then(|budget| window_start(budget, *day));
        if found.windows.last().is_none_or(|last| last.start != start) {
            found.windows.push(WindowSpending {
                start,
                spending: Spending::default(),
                dry_before: None,
                dry_after: None,
            });
        }
        add_to(&mut found.total, *spent);
        if let Some(window) = found.windows.last_mut() {
            add_to(&mut window.spending, *spent);
            let limit = found.limit.map(real);
            let is_dry = |spent: Spent| limit.is_some_and(|limit| spent.expected >= limit);
            let dry = |known: Option<Date>, spent| known.or(is_dry(spent).then_some(*day));
            window.dry_before = dry(window.dry_before, window.spending.before);
            window.dry_after = dry(window.dry_after, window.spending.after);
        }
    }
    let count = |dry: fn(&WindowSpending) -> Option<Date>| {
        let dry = found.windows.iter().filter(|window| dry(window).is_some());
        count(dry.count())
    };
    found.dry_windows = [
        count(|window| window.dry_before),
        count(|window| window.dry_after),
    ];
    found.window_count = self::count(found.windows.len());
    let early = found.windows.len().saturating_sub(MOST_WINDOWS);
    found.windows.drain(..early);
    found
}

fn add_to(sum: &mut Spending, more: Spending) {
    sum.before.add(more.before);
    sum.after.add(more.after);
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The day on which the window began that a day is in; absent where there is but one.
fn window_start(budget: &Budget, of: Date) -> Option<Date> {
    match budget.window {
        Window::Endless => None,
        Window::CalendarDay => Some(of),
        Window::CalendarMonth => Some(of.first_of_month()),
        Window::Fixed => day(budget.fixed?.0),
    }
}

fn day(at: Timestamp) -> Option<Date> {
    Some(at.in_tz("UTC").ok()?.date())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^15 minor units are exact in a double"
)]
const fn real(amount: i64) -> f64 {
    amount as f64
}
