//! What to do about an offer: continue, watch, change or drop it, and why.

use statistics::lift::Lift;

use super::Figures;
use crate::domain::named::Named;

/// With fewer calls that are old enough nothing is dropped and nothing is praised.
const LEAST_MATURED: u32 = 50;

/// How sure it has to be that an offer is worth more, or not, than nothing.
const SURE: f64 = 0.95;

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

/// Judges an offer by all its calls. Money decides; without known amounts the customers kept do.
pub fn opinion(figures: &Figures) -> Opinion {
    let decisive = figures.value_lift.or(figures.durable_lift);
    let matured = match figures.value_lift {
        Some(_) => figures.offered.values.calls,
        None => figures.offered.durable.calls,
    };
    let chance = decisive.map(Lift::chance_above_zero);
    let (verdict, reason) = match chance {
        None => (Verdict::Watch, "nobody_to_compare_with"),
        Some(_) if matured < LEAST_MATURED => (Verdict::Watch, "too_few_calls"),
        Some(chance) if chance < 1.0 - SURE => (Verdict::Drop, "worth_less_than_nothing"),
        Some(_) if ends_with_its_terms(figures) => (Verdict::Change, "they_leave_when_it_ends"),
        Some(chance) if chance > SURE => (Verdict::Continue, "worth_more_than_nothing"),
        Some(_) => (Verdict::Watch, "cannot_be_told_apart"),
    };
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
