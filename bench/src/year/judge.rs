//! The review against the truth: verdicts, and whether intervals hold what they say.

use std::collections::BTreeMap;

use contract::offers::v1::{
    Difference, OfferReview, ReviewFigures, ReviewOffersResponse, ReviewVerdict,
};

use super::services::Amounts;
use super::truth::{Kind, OfferTruth};

/// How many days of a month are reckoned with where margins are added up.
const DAYS_OF_A_MONTH: f64 = 30.4375;
/// Over how many days an offer is valued.
const VALUED_DAYS: f64 = 180.0;

/// What the review found of one offer, beside the truth.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) key: String,
    pub(super) kind: Kind,
    /// It keeps people beyond its terms, for less than they bring.
    pub(super) is_worth_it: bool,
    pub(super) verdict: ReviewVerdict,
    pub(super) reason: String,
    pub(super) offered_calls: u32,
    pub(super) held_out_calls: u32,
    /// What is estimated, by name, with the truth; only what could be estimated.
    pub(super) estimates: Vec<Estimate>,
}

/// An interval and what it should hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) name: &'static str,
    pub(super) truth: f64,
    pub(super) found: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Estimate {
    pub(super) fn covers(&self) -> bool {
        self.low <= self.truth && self.truth <= self.high
    }
}

/// How a verdict stands to the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    Right,
    Undecided,
    Wrong,
}

impl Finding {
    /// Whoever is told to keep what is worth it, or to give up or change what is not, is told right.
    pub(super) fn stand(&self) -> Stand {
        match (self.verdict, self.is_worth_it) {
            (ReviewVerdict::Continue, true)
            | (ReviewVerdict::Drop | ReviewVerdict::Change, false) => Stand::Right,
            (ReviewVerdict::Continue, false)
            | (ReviewVerdict::Drop | ReviewVerdict::Change, true) => Stand::Wrong,
            _ => Stand::Undecided,
        }
    }
}

/// Judges the review of every offer of a world.
pub(super) fn judge(
    world: &[OfferTruth],
    review: &ReviewOffersResponse,
    amounts: &BTreeMap<String, Amounts>,
) -> Vec<Finding> {
    let reviews = world.iter().filter_map(|truth| {
        let mut offers = review.offers.iter();
        Some((truth, offers.find(|offer| offer.offer_key == truth.key)?))
    });
    reviews
        .map(|(truth, review)| finding(truth, review, amounts.get(&truth.key).copied()))
        .collect()
}

fn finding(truth: &OfferTruth, review: &OfferReview, amounts: Option<Amounts>) -> Finding {
    let figures = review.all.unwrap_or_default();
    let worth = amounts.map(|amounts| value_of_a_call(truth, amounts));
    let calls = |side: Option<&contract::offers::v1::ReviewSide>| side.map_or(0, |it| it.calls);
    Finding {
        key: truth.key.clone(),
        kind: truth.kind,
        is_worth_it: truth.kind == Kind::Durable && worth.is_none_or(|worth| worth > 0.0),
        verdict: review.verdict(),
        reason: review.verdict_reason.clone(),
        offered_calls: calls(figures.offered.as_ref()),
        held_out_calls: calls(figures.held_out.as_ref()),
        estimates: estimates(truth, &figures, worth),
    }
}

/// What a call brings within 180 days beyond one that is offered nothing, in minor units.
fn value_of_a_call(truth: &OfferTruth, amounts: Amounts) -> f64 {
    let days = truth.offered.days_here(VALUED_DAYS) - truth.nothing.days_here(VALUED_DAYS);
    let cost = truth.offered.stay() * amounts.cost;
    amounts
        .monthly_margin
        .mul_add(days / DAYS_OF_A_MONTH, -cost)
}

fn estimates(truth: &OfferTruth, figures: &ReviewFigures, worth: Option<f64>) -> Vec<Estimate> {
    let kept = |day: f64| truth.offered.here(day) - truth.nothing.here(day);
    let durable = truth.offered.here(truth.durable_day()) - truth.nothing.here(90.0);
    let all = [
        ("lift_30", Some(kept(30.0)), figures.lift_30_days),
        ("lift_90", Some(kept(90.0)), figures.lift_90_days),
        ("lift_180", Some(kept(180.0)), figures.lift_180_days),
        ("durable_lift", Some(durable), figures.durable_lift),
        ("value_per_call", worth, figures.value_per_call_minor),
    ];
    let found = all
        .into_iter()
        .filter_map(|(name, truth, found)| Some(estimate(name, truth?, found?)));
    found.collect()
}

const fn estimate(name: &'static str, truth: f64, found: Difference) -> Estimate {
    Estimate {
        name,
        truth,
        found: found.difference,
        low: found.low,
        high: found.high,
    }
}
