//! The review of offers: which of them really keep people, at what price, and what to do about each.
//!
//! An offer is compared with the calls on which it would have been made, too, had the customer not been
//! held out (intention to treat: whether it was read out or taken is a figure, and nothing that calls
//! are chosen by). Figures come from the outcomes of calls alone, which are judged by the bill; nobody's
//! word counts as a save.

mod figures;
mod lasting;
mod leaving;
mod spending;
mod survival;
#[cfg(test)]
mod tests;
mod verdict;

use std::collections::BTreeMap;

use kernel::id::OfferKey;
use kernel::money::Currency;
use statistics::lift::{Covaried, Group, Values};

pub use figures::{Figures, figures};
pub use lasting::Lasting;
pub use leaving::{HIGHEST_SCORE, Leaving, LeavingReason};
pub use spending::{Spending, WeekOfSpending};
pub use survival::{SurvivalPoint, WeekOfCalls, survival};
use verdict::LEAST_MATURED;
pub use verdict::{Opinion, Verdict, opinion};

/// The windows of a save, in days.
pub const WINDOW_DAYS: [u32; 3] = [30, 90, 180];

/// What an offer, or being held out from it, came to for the calls of one reason.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Side {
    /// Calls on which it was decided, or would have been.
    pub calls: u32,
    /// Of these, on how many the customer heard it.
    pub presented: u32,
    /// Of these, on how many it was accepted: saves by the agent's word.
    pub taken: u32,
    /// Calls of which it is known whether the customer was still here at 30, 90 and 180 days, and of
    /// how many they were.
    pub windows: [Group; 3],
    /// The same for the day that says whether it lasts.
    pub durable: Group,
    /// What each call was worth within 180 days, in minor units: the margin of the days on which the
    /// customer was here, less what the offer committed. Calls of 180 days ago alone.
    pub values: Values,
    /// What offers that were taken committed, in minor units.
    pub cost_minor: i64,
    /// Takers of whom it is known whether they were still here 30 and 90 days after the benefit ended.
    pub after_terms: [Group; 2],
    /// Calls of customers who rang to leave for the third time or more within 24 months.
    pub serial_calls: u32,
    /// Calls on which somebody with authority decided otherwise: they count where they were assigned.
    pub overridden: u32,
    /// Of those who were here at 30 days, how many it lasted for.
    pub stayed: Group,
    /// Of those who took it, how many had taken another offer about price in the year before.
    pub took_price_before: Group,
    /// Takers whose benefit ended 60 days ago, and how many of them rang to leave again by then.
    pub rang_again: Group,
    /// Whether it lasts, beside the risk of leaving that was known on the call.
    pub by_risk: Covaried,
}

/// The calls of one offer and one reason, in one currency, on one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The offer.
    pub offer_key: OfferKey,
    /// The reason stated; absent where none was.
    pub reason: Option<String>,
    /// The currency of the amounts; absent where no worth was known.
    pub currency: Option<Currency>,
    /// The customers are held out.
    pub held_out: bool,
    /// Who they are beside the reason; absent where nobody asked.
    pub kind: Option<CustomerKind>,
    /// The offer argues about price.
    pub about_price: bool,
    /// What it came to.
    pub side: Side,
}

/// Customers of a tier of value, from zero, who are long-standing or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustomerKind {
    /// By the margin of a month.
    pub value_tier: u32,
    /// They have been here for long.
    pub long_term: bool,
}

impl Cell {
    /// An offer of which no call is known.
    pub fn silent(offer_key: OfferKey) -> Self {
        Self {
            offer_key,
            reason: None,
            currency: None,
            held_out: false,
            kind: None,
            about_price: false,
            side: Side::default(),
        }
    }
}

/// Both sides of one comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Those who were offered it.
    pub offered: Side,
    /// Those who would have been.
    pub held_out: Side,
}

/// The review of one offer.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferReview {
    /// The offer.
    pub offer_key: OfferKey,
    /// The currency of the amounts; absent where no worth was known.
    pub currency: Option<Currency>,
    /// All reasons together.
    pub all: Figures,
    /// Each reason, the one with the most calls first.
    pub by_reason: Vec<(Option<String>, Figures)>,
    /// Each reason and kind of customers, likewise; empty where nobody asked.
    pub by_segment: Vec<(Segment, Figures)>,
    /// What to do about it.
    pub opinion: Opinion,
}

/// A reason and a kind of customers.
pub type Segment = (Option<String>, CustomerKind);

/// What an offer came to by reason, and by segment where somebody asked. What it is compared with where
/// nobody is held out: nothing, and nothing is made up.
#[derive(Default)]
struct Compared {
    reasons: BTreeMap<Option<String>, Comparison>,
    segments: BTreeMap<Segment, Comparison>,
    about_price: bool,
}

/// Reviews every offer of the cells, by key. `holdout` is the share of customers who are held out.
pub fn review(cells: &[Cell], holdout: f64) -> Vec<OfferReview> {
    let mut offers: BTreeMap<(&OfferKey, Option<Currency>), Compared> = BTreeMap::new();
    for cell in cells {
        let compared = offers.entry((&cell.offer_key, cell.currency)).or_default();
        compared.add(cell);
    }
    let lasting = Lasting::of(cells);
    offers
        .into_iter()
        .map(|((offer_key, currency), compared)| {
            let briefly = compared.about_price && lasting.is_brief(&compared.reasons);
            one(offer_key, currency, &compared, holdout, briefly)
        })
        .collect()
}

fn one(
    offer_key: &OfferKey,
    currency: Option<Currency>,
    compared: &Compared,
    holdout: f64,
    holds_briefly: bool,
) -> OfferReview {
    let mut all = Comparison::default();
    for comparison in compared.reasons.values() {
        all.offered.add(&comparison.offered);
        all.held_out.add(&comparison.held_out);
    }
    let all = figures(&all, holdout);
    OfferReview {
        offer_key: offer_key.clone(),
        currency,
        opinion: opinion(&all, holds_briefly),
        all,
        by_reason: most_first(&compared.reasons, holdout),
        by_segment: most_first(&compared.segments, holdout),
    }
}

/// The figures of parts of an offer's calls, the one with the most calls first.
fn most_first<Part: Clone>(
    parts: &BTreeMap<Part, Comparison>,
    holdout: f64,
) -> Vec<(Part, Figures)> {
    let mut of_parts: Vec<(Part, Figures)> = parts
        .iter()
        .filter(|(_, comparison)| comparison.offered.calls + comparison.held_out.calls > 0)
        .map(|(part, comparison)| (part.clone(), figures(comparison, holdout)))
        .collect();
    of_parts.sort_by_key(|(_, figures)| std::cmp::Reverse(figures.offered.calls));
    of_parts
}

impl Compared {
    fn add(&mut self, cell: &Cell) {
        self.about_price |= cell.about_price;
        let comparison = self.reasons.entry(cell.reason.clone()).or_default();
        comparison.side(cell.held_out).add(&cell.side);
        if let Some(kind) = cell.kind {
            let segment = (cell.reason.clone(), kind);
            let comparison = self.segments.entry(segment).or_default();
            comparison.side(cell.held_out).add(&cell.side);
        }
    }
}

impl Comparison {
    const fn side(&mut self, held_out: bool) -> &mut Side {
        if held_out {
            &mut self.held_out
        } else {
            &mut self.offered
        }
    }
}

impl Side {
    fn add(&mut self, more: &Self) {
        self.calls = self.calls.saturating_add(more.calls);
        self.presented = self.presented.saturating_add(more.presented);
        self.taken = self.taken.saturating_add(more.taken);
        for (window, more) in self.windows.iter_mut().zip(more.windows) {
            add(window, more);
        }
        add(&mut self.durable, more.durable);
        self.values.calls = self.values.calls.saturating_add(more.values.calls);
        self.values.sum += more.values.sum;
        self.values.sum_of_squares += more.values.sum_of_squares;
        self.cost_minor = self.cost_minor.saturating_add(more.cost_minor);
        for (after, more) in self.after_terms.iter_mut().zip(more.after_terms) {
            add(after, more);
        }
        self.serial_calls = self.serial_calls.saturating_add(more.serial_calls);
        self.overridden = self.overridden.saturating_add(more.overridden);
        add(&mut self.stayed, more.stayed);
        add(&mut self.took_price_before, more.took_price_before);
        add(&mut self.rang_again, more.rang_again);
        let (by_risk, more) = (&mut self.by_risk, more.by_risk);
        by_risk.calls = by_risk.calls.saturating_add(more.calls);
        by_risk.saves = by_risk.saves.saturating_add(more.saves);
        by_risk.sum += more.sum;
        by_risk.sum_of_squares += more.sum_of_squares;
        by_risk.sum_of_saves += more.sum_of_saves;
    }
}

const fn add(group: &mut Group, more: Group) {
    group.calls = group.calls.saturating_add(more.calls);
    group.saves = group.saves.saturating_add(more.saves);
}
