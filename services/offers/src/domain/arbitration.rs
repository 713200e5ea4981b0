//! Arbitration: which qualified offers are worth more than offering nothing.
//!
//! Each arm k is worth `U_k = pA (v0 + pB (v1 + pC v2))`: the customer stays today with chance pA,
//! is here at 30 days with pB given that, and for good with pC given that. v0 is the margin of the
//! first month after the concession, v1 that of the months up to the end of the window, v2 what
//! comes after. Offering nothing is an arm with chances of its own, so that those who stay anyway
//! are never paid for; an offer is made only where `U_k - U_0 > 0`. This is the incremental value
//! of Neslin et al. (2006) and Lemmens & Gupta (2020) with three stages for the durability of a
//! save.

use std::borrow::Cow;

use kernel::money::Money;

use super::care;
use super::catalogue::{Concession, Offer, StagePrior};
use super::customer::Score;
use super::occasion;
use super::qualification::{Benefit, Call};
use super::verdict::{ScoreTerms, Verdict, code};

/// The shortest window after which a save counts as durable, in months.
const SHORTEST_WINDOW_MONTHS: u32 = 3;

/// What is believed of a customer who is offered nothing, where no reason says otherwise.
pub const NO_OFFER_PRIOR: StagePrior = StagePrior {
    stay: 0.08,
    here_30_days: 0.95,
    durable: 0.85,
};

/// An offer with its score.
#[derive(Clone, Debug)]
pub struct Scored<'a> {
    /// The offer.
    pub offer: &'a Offer,
    /// What it comes to.
    pub benefit: Benefit,
    /// The terms of its score.
    pub terms: ScoreTerms,
    /// What it costs if it is taken: what the hold reserves.
    pub cost: Money,
    /// It is owed, and no sale.
    pub owed: bool,
    /// The place of its lever among those that answer the reason.
    lever_rank: usize,
}

/// The arm that offers nothing: its expected value in minor units, for a given margin and life.
#[derive(Clone, Copy, Debug)]
pub struct NoOffer(StagePrior);

/// Takes the belief about customers who are offered nothing.
pub fn no_offer(call: &Call<'_>) -> NoOffer {
    if let Some(believed) = call.believed {
        return NoOffer(believed.of_nothing());
    }
    let of_reason = || call.stated.map(|stated| stated.no_offer);
    NoOffer(
        occasion::no_offer(call)
            .or_else(of_reason)
            .unwrap_or(NO_OFFER_PRIOR),
    )
}

/// The value of the three stages of an arm, in minor units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stages {
    /// The margin of the first month.
    pub first_month: f64,
    /// The margin of the months to the end of the window.
    pub window: f64,
    /// The value after the window.
    pub after: f64,
}

impl Stages {
    /// A margin each month during the benefit and another afterwards.
    fn new(during: f64, afterwards: f64, benefit_months: u32, residual_months: f64) -> Self {
        let window = window_months(benefit_months);
        let conceded = benefit_months.min(window);
        let first_month = if conceded > 0 { during } else { afterwards };
        let rest = f64::from(conceded.saturating_sub(1)) * during
            + f64::from(window - conceded.max(1)) * afterwards;
        Self {
            first_month,
            window: rest,
            after: afterwards * (residual_months - f64::from(window)).max(0.0),
        }
    }

    fn expected(self, prior: StagePrior) -> f64 {
        prior.stay
            * (self.first_month + prior.here_30_days * (self.window + prior.durable * self.after))
    }
}

/// What a customer is worth who is offered nothing and stays.
pub fn nothing(score: &Score) -> Stages {
    let margin = minor(score.monthly_margin);
    Stages::new(margin, margin, 0, score.residual_months)
}

/// A save is durable when it outlives the benefit by a month, and three months at least.
fn window_months(benefit_months: u32) -> u32 {
    SHORTEST_WINDOW_MONTHS.max(benefit_months.saturating_add(1))
}

/// Scores a qualified offer against offering nothing.
pub fn score<'a>(
    call: &Call<'_>,
    offer: &'a Offer,
    benefit: Benefit,
    no_offer: &NoOffer,
) -> Scored<'a> {
    let learnt = call.believed.and_then(|believed| believed.of(&offer.key));
    let prior = learnt.unwrap_or_else(|| offer.priors.stated(call.stated));
    let residual = benefit.score.residual_months;
    let margin = minor(benefit.score.monthly_margin);
    let (during, afterwards) = margins(offer, &benefit, margin);
    let once = once_cost(offer, &benefit);
    let mut stages = Stages::new(during, afterwards, benefit.terms.benefit_months, residual);
    stages.first_month -= once;

    let nothing = nothing(&benefit.score).expected(no_offer.0);
    let cost = cost(offer, &benefit);
    let price = call.believed.map_or(0.0, |believed| believed.price(offer));
    let expected = stages.expected(prior) - price * prior.stay * minor(cost);
    let currency = benefit.score.monthly_margin.currency;
    Scored {
        offer,
        benefit,
        terms: ScoreTerms {
            currency,
            stay: prior.stay,
            here_30_days: prior.here_30_days,
            durable: prior.durable,
            first_month: rounded(stages.first_month),
            window: rounded(stages.window),
            after: rounded(stages.after),
            expected: rounded(expected),
            expected_no_offer: rounded(nothing),
            gain: rounded(expected - nothing),
        },
        cost,
        owed: care::is_owed(call, offer),
        lever_rank: call
            .stated
            .and_then(|stated| stated.levers.iter().position(|lever| *lever == offer.lever))
            .unwrap_or(usize::MAX),
    }
}

/// What an offer costs if it is taken, which is what its hold reserves.
pub fn cost(offer: &Offer, benefit: &Benefit) -> Money {
    let margin = minor(benefit.score.monthly_margin);
    let (during, afterwards) = margins(offer, benefit, margin);
    let cost = once_cost(offer, benefit) + conceded(benefit, margin - during, margin - afterwards);
    Money::new(rounded(cost), benefit.score.monthly_margin.currency)
}

/// The margin of a month during the benefit and afterwards. A discount is paid for out of the
/// margin alone; a pause or another plan lowers what it costs to serve in the same proportion.
fn margins(offer: &Offer, benefit: &Benefit, margin: f64) -> (f64, f64) {
    let terms = &benefit.terms;
    let monthly_cost = terms
        .price_now
        .and_then(|price| offer.cost.monthly_for(price))
        .map_or(0.0, minor);
    let share = |price: Option<Money>| match (price, terms.price_now) {
        (Some(price), Some(now)) if now.minor > 0 => minor(price) / minor(now),
        _ => 1.0,
    };
    let cut = |price: Option<Money>| match (price, terms.price_now) {
        (Some(price), Some(now)) => minor(now) - minor(price),
        _ => 0.0,
    };
    let (during, afterwards) = match offer.benefit.concession {
        Concession::None => (margin - monthly_cost, margin - monthly_cost),
        Concession::Discount { .. } => (margin - cut(terms.price_during) - monthly_cost, margin),
        Concession::Pause { .. } => (margin * share(terms.price_during) - monthly_cost, margin),
        Concession::Change { .. } => {
            let lasting = margin * share(terms.price_after) - monthly_cost;
            (lasting, lasting)
        }
    };
    (during, afterwards)
}

fn once_cost(offer: &Offer, benefit: &Benefit) -> f64 {
    let fixed = benefit
        .terms
        .price_now
        .and_then(|price| offer.cost.once_for(price))
        .map_or(0.0, minor);
    fixed + benefit.terms.one_off_amount.map_or(0.0, minor)
}

/// What the benefit gives away within its window.
fn conceded(benefit: &Benefit, each_month_during: f64, each_month_after: f64) -> f64 {
    let months = benefit.terms.benefit_months;
    if months > 0 {
        return (f64::from(months) * each_month_during).max(0.0);
    }
    (f64::from(SHORTEST_WINDOW_MONTHS) * each_month_after).max(0.0)
}

/// Sorts what is owed before the rest, then by gain, the larger first; equals by the order of levers that the reason gives, then by key.
pub fn rank(scored: &mut [Scored<'_>]) {
    scored.sort_by(|left, right| {
        right
            .owed
            .cmp(&left.owed)
            .then(right.terms.gain.cmp(&left.terms.gain))
            .then(left.lever_rank.cmp(&right.lever_rank))
            .then(left.offer.key.cmp(&right.offer.key))
    });
}

/// Says what became of a ranked offer; `place_left` while fewer are chosen than policy allows.
pub fn verdict(scored: &Scored<'_>, place_left: bool) -> Verdict {
    let code = if scored.terms.gain <= 0 && !scored.owed {
        Some(code::BELOW_NO_OFFER)
    } else if place_left {
        None
    } else {
        Some(code::RANKED_LOWER)
    };
    Verdict {
        offer_key: scored.offer.key.clone(),
        code: code.map(Cow::Borrowed),
        score: Some(scored.terms),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^12 minor units are exact in a double"
)]
fn minor(amount: Money) -> f64 {
    amount.minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and amounts of this size are refused on input"
)]
const fn rounded(amount: f64) -> i64 {
    amount.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_outlives_the_benefit_by_a_month() {
        assert_eq!([0, 1, 2, 3, 6, 12].map(window_months), [3, 3, 3, 4, 7, 13]);
    }

    #[test]
    fn a_lasting_margin_is_split_over_the_stages_without_losing_a_month() {
        let stages = Stages::new(10.0, 10.0, 0, 12.0);
        assert_eq!(
            (stages.first_month, stages.window, stages.after),
            (10.0, 20.0, 90.0)
        );
        let discounted = Stages::new(5.0, 10.0, 6, 12.0);
        assert_eq!(
            (discounted.first_month, discounted.window, discounted.after),
            (5.0, 35.0, 50.0)
        );
    }

    #[test]
    fn a_customer_who_stays_anyway_is_not_worth_paying() {
        let sure = StagePrior {
            stay: 1.0,
            here_30_days: 1.0,
            durable: 1.0,
        };
        let nothing = Stages::new(10.0, 10.0, 0, 12.0).expected(sure);
        let paid = Stages::new(5.0, 10.0, 3, 12.0).expected(sure);
        assert!(paid < nothing);
    }
}
