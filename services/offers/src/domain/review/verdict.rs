//! What to do about an offer: continue, watch, change or drop it, and why.

use statistics::lift::Lift;

use super::Figures;
use crate::domain::named::Named;

/// With fewer calls that are old enough nothing is dropped and nothing is praised.
pub(super) const LEAST_MATURED: u32 = 50;

/// Takers who stay for less than this share after the terms end, at best, stay for the terms.
const STAYS_AFTERWARDS: f64 = 0.5;

/// What to do about an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It brings more than it costs.
    Continue,
    /// Nobody knows yet.
    Watch,
    /// It keeps people while it lasts, and not afterwards.
    Change,
    /// It brings less than nothing would.
    Drop,
}

impl Named for Verdict {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Continue, "continue"),
        (Self::Watch, "watch"),
        (Self::Change, "change"),
        (Self::Drop, "drop"),
    ];
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// What to do.
    pub verdict: Verdict,
    /// Why, as a short key.
    pub reason: &'static str,
    /// How likely it is worth more than nothing; absent while nobody can say.
    pub chance_worth_more: Option<f64>,
}

/// Judges an offer by all its calls. Money decides; without known amounts the customers kept do. By the
/// interval that is right however often somebody looks: who reads the review every day and acts on the
/// first verdict is wrong as seldom as who reads it once.
pub fn opinion(figures: &Figures, holds_briefly: bool) -> Opinion {
    let (at_once, always, matured) = match figures.value_lift {
        Some(_) => (
            figures.value_lift,
            figures.value_always,
            figures.offered.values.calls,
        ),
        None => (
            figures.durable_lift,
            figures.durable_always,
            figures.offered.durable.calls,
        ),
    };
    let (verdict, reason) = match (at_once, always) {
        (None, _) => (Verdict::Watch, "nobody_to_compare_with"),
        (Some(_), None) => (Verdict::Watch, "too_few_calls"),
        _ if matured < LEAST_MATURED => (Verdict::Watch, "too_few_calls"),
        (_, Some(always)) if always.high < 0.0 => (Verdict::Drop, "worth_less_than_nothing"),
        _ if ends_with_its_terms(figures) => (Verdict::Change, "they_leave_when_it_ends"),
        _ if holds_briefly => (Verdict::Change, "discount_holds_briefly"),
        (_, Some(always)) if always.low > 0.0 => (Verdict::Continue, "worth_more_than_nothing"),
        _ => (Verdict::Watch, "cannot_be_told_apart"),
    };
    let chance = at_once.map(Lift::chance_above_zero);
    Opinion {
        verdict,
        reason,
        chance_worth_more: chance,
    }
}

fn ends_with_its_terms(figures: &Figures) -> bool {
    let [_, ninety_days] = figures.offered.after_terms;
    let (_, at_best) = ninety_days.interval_95();
    ninety_days.calls >= LEAST_MATURED && at_best < STAYS_AFTERWARDS
}
