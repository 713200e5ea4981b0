//! The price of a budget: what a unit of it must return beside itself, so that what is left lasts until
//! its window is over.
//!
//! A unit spent on one call is missing on a better one later. With the price λ an offer is made only
//! where a unit of what it costs returns 1 + λ, and λ is the least at which recent calls, had they been
//! answered by what is believed now, would spend no more on average than there is for each call that is
//! still expected. It steers; what keeps a budget from being overspent is the hold that every offer
//! takes.

use kernel::money::Currency;
use kernel::time::{Span, Timestamp};
use statistics::selection::{Contender, StageValues, price_of_budget};

use super::arbitration::{self, Scored};
use super::budget::{Budget, BudgetKey, Use, Window};
use super::care::is_owed;
use super::catalogue::Catalogue;
use super::decision::{GENERATION, Inputs, Record};
use super::history::days_since;
use super::learning::{Arms, NOTHING, contenders};
use super::occasion;
use super::policy::PolicySet;
use super::posterior::{Given, Posterior, Prices};
use super::qualification::{Call, qualify};

/// On so many of the latest calls a price is worked out: enough that what they would spend is known to
/// within some percent, and few enough to be of the last days.
pub const RECENT_CALLS: i64 = 300;

/// So many times at most all prices are worked out anew, each with the others as they are: what one
/// budget does not pay for another may.
const ROUNDS: u32 = 60;

/// By this part of itself at least a price rises in the second round, by twice as much in the third, and
/// so on. Two budgets that pass the same calls to each other would otherwise raise each other's price by
/// less and less, and no round would be the last: the least bid that ends an auction (Bertsekas, "The
/// auction algorithm: a distributed relaxation method for the assignment problem", 1988).
const LEAST_RISE: f64 = 0.01;

/// What is left of a budget until its window is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Purse {
    /// The budget.
    pub key: BudgetKey,
    /// Its currency; absent where it counts offers.
    pub currency: Option<Currency>,
    /// What is left: minor units, or a number of offers.
    pub left: f64,
    /// For so many days; absent where the window never ends, and nothing says how fast to spend.
    pub days: Option<f64>,
}

impl Purse {
    /// How a budget stands. Absent where nothing can be paid out of it now.
    #[expect(
        clippy::cast_precision_loss,
        reason = "limits up to 10^15 are exact in a double"
    )]
    pub fn of(budget: &Budget, used: &Use, now: Timestamp) -> Option<Self> {
        let ends = match (budget.window, budget.fixed) {
            (Window::Endless, _) => None,
            (Window::CalendarDay, _) => Some(after(used.window_start, Span::new().days(1))),
            (Window::CalendarMonth, _) => Some(after(used.window_start, Span::new().months(1))),
            (Window::Fixed, Some((opens, closes))) if opens <= now && now < closes => Some(closes),
            (Window::Fixed, _) => return None,
        };
        (used.available > 0).then(|| Self {
            key: budget.key.clone(),
            currency: budget.currency,
            left: used.available as f64,
            // A part of a day is one: the calls of a day come when they come.
            days: ends.map(|end| days_between(now, end)),
        })
    }
}

fn after(start: Timestamp, span: Span) -> Timestamp {
    let end = start.in_tz("UTC").and_then(|start| start.checked_add(span));
    end.map_or(Timestamp::MAX, |end| end.timestamp())
}

fn days_between(now: Timestamp, end: Timestamp) -> f64 {
    let days = i32::try_from(days_since(now, end).max(0)).unwrap_or(i32::MAX);
    f64::from(days) + 1.0
}

/// An arm that a recent call could have been offered.
#[derive(Clone, Debug)]
struct Bid {
    values: StageValues,
    chances: [f64; 3],
    /// The purse that pays for it, by number.
    purse: Option<usize>,
    /// What that would be.
    amount: f64,
}

/// The arms of a recent call; none where nothing can be offered, or the customer is held out.
#[derive(Clone, Debug, Default)]
pub struct Bids(Vec<Bid>);

/// What a recent call could be offered today, as is believed now. Nothing is asked of who is held out.
pub fn bids(
    record: &Record,
    catalogue: &Catalogue,
    policy: &PolicySet,
    posterior: &Posterior,
    purses: &[Purse],
) -> Bids {
    let inputs = Inputs {
        catalogue,
        policy,
        generation: GENERATION,
        barred: &[],
        learned: Some(Given { posterior, seed: 0 }),
        ..record.inputs(catalogue, policy)
    };
    bids_of(&inputs, record, purses).unwrap_or_default()
}

fn bids_of(inputs: &Inputs<'_>, record: &Record, purses: &[Purse]) -> Option<Bids> {
    let (customer, subscription) = (inputs.customer?, inputs.subscription()?);
    let call = Call::new(inputs, customer, subscription, inputs.stated());
    let call = call.under(&record.decision.policy);
    let believed = call.believed?;
    let holdout = call.catalogue.holdout.as_ref();
    if holdout.is_some_and(|holdout| holdout.holds_out(&customer.customer_id)) {
        return None;
    }
    let no_offer = arbitration::no_offer(&call);
    let offers = call.catalogue.offers();
    let made =
        offers.filter(|offer| occasion::is_made_here(&call, offer) && !is_owed(&call, offer));
    let scored: Vec<Scored<'_>> = made
        .filter_map(|offer| {
            let benefit = qualify(&call, offer).ok()?;
            Some(arbitration::score(&call, offer, benefit, &no_offer))
        })
        .collect();
    let nothing = arbitration::nothing(&scored.first()?.benefit.score);
    let arms: &Arms = believed.arms();
    let bids = contenders(nothing, &scored, arms).into_iter();
    let bids = bids.filter_map(|contender| {
        let (purse, amount) = match paid_by(&contender, &scored, arms, purses) {
            PaidBy::Nothing => (None, 0.0),
            PaidBy::Purse(place, amount) => (Some(place), amount),
            PaidBy::Missing => return None,
        };
        Some(Bid {
            values: contender.values,
            chances: believed.chances(contender.arm),
            purse,
            amount,
        })
    });
    Some(Bids(bids.collect()))
}

/// What pays for an arm.
#[derive(Clone, Copy, Debug)]
enum PaidBy {
    /// Nothing has to.
    Nothing,
    /// The purse of this number, and how much.
    Purse(usize, f64),
    /// Nothing can, so that it cannot be offered.
    Missing,
}

fn paid_by(contender: &Contender, scored: &[Scored<'_>], arms: &Arms, purses: &[Purse]) -> PaidBy {
    if contender.arm == NOTHING {
        return PaidBy::Nothing;
    }
    let key = arms.offer(contender.arm);
    let mut scored = scored.iter();
    let Some(scored) = scored.find(|scored| Some(&scored.offer.key) == key) else {
        return PaidBy::Missing;
    };
    let Some(budget) = &scored.offer.budget else {
        return PaidBy::Nothing;
    };
    let Some(place) = purses.iter().position(|purse| purse.key == *budget) else {
        return PaidBy::Missing;
    };
    match purses[place].currency {
        None => PaidBy::Purse(place, 1.0),
        Some(currency) if currency == scored.cost.currency => {
            PaidBy::Purse(place, contender.values.cost)
        }
        Some(_) => PaidBy::Missing,
    }
}

/// Works out what a unit of each budget must return beside itself, given how many calls a day could be
/// offered something. Budgets that have enough, or that no time is set for, are not named.
pub fn prices(calls: &[Bids], purses: &[Purse], calls_a_day: f64) -> Prices {
    let mut prices = vec![0.0; purses.len()];
    for round in 0..ROUNDS {
        let least_rise = LEAST_RISE * f64::from(round);
        let before = prices.clone();
        for (place, purse) in purses.iter().enumerate() {
            if let Some(days) = purse.days {
                let each = purse.left / (calls_a_day * days).max(1.0);
                // What others do not pay for any more can only make one dearer.
                let price = price_of_one(calls, &prices, place, each);
                if price > prices[place] {
                    prices[place] = price.max(prices[place] * (1.0 + least_rise));
                }
            }
        }
        if before == prices {
            break;
        }
    }
    let named = purses.iter().zip(prices).filter(|(_, price)| *price > 0.0);
    named
        .map(|(purse, price)| (purse.key.clone(), price))
        .collect()
}

/// The price of one purse, the others being what they are.
fn price_of_one(calls: &[Bids], prices: &[f64], place: usize, each: f64) -> f64 {
    let paid = |call: &&Bids| call.0.iter().any(|bid| bid.purse == Some(place));
    let paid: Vec<&Bids> = calls.iter().filter(paid).collect();
    if paid.is_empty() {
        return 0.0;
    }
    let mut prices = prices.to_vec();
    let share = 1.0 / f64::from(u32::try_from(calls.len()).unwrap_or(u32::MAX));
    let spend = |price: f64| {
        prices[place] = price;
        let spent = paid.iter().map(|call| call.spent(place, &prices));
        share * spent.sum::<f64>()
    };
    price_of_budget(spend, each)
}

impl Bids {
    /// What the call is expected to take out of a purse when what is worth most is offered.
    fn spent(&self, place: usize, prices: &[f64]) -> f64 {
        let mut best = (f64::NEG_INFINITY, 0.0);
        for bid in &self.0 {
            let price = bid.purse.map_or(0.0, |purse| prices[purse]);
            let worth = bid.values.expected(bid.chances, price);
            if worth > best.0 {
                let own = bid.purse == Some(place);
                best = (
                    worth,
                    if own {
                        bid.chances[0] * bid.amount
                    } else {
                        0.0
                    },
                );
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn purse(key: &str, left: f64) -> Purse {
        Purse {
            key: BudgetKey::parse(key).unwrap(),
            currency: None,
            left,
            days: Some(1.0),
        }
    }

    /// Nothing, and an offer out of each of two purses.
    fn bids() -> impl Strategy<Value = Bids> {
        let bid = (0.0..3_000.0_f64, 1.0..200.0_f64, 0.05..0.9_f64);
        prop::array::uniform2(bid).prop_map(|offers| {
            let values = |window, cost| StageValues {
                first_month: 0.0,
                window,
                after: 0.0,
                cost,
            };
            let nothing = Bid {
                values: values(900.0, 0.0),
                chances: [0.1, 0.9, 0.8],
                purse: None,
                amount: 0.0,
            };
            let offers = offers.into_iter().enumerate();
            let offers = offers.map(|(place, (window, cost, stay))| Bid {
                values: values(window, cost),
                chances: [stay, 0.9, 0.8],
                purse: Some(place),
                amount: if place == 0 { cost } else { 1.0 },
            });
            Bids(std::iter::once(nothing).chain(offers).collect())
        })
    }

    fn spent(calls: &[Bids], place: usize, prices: &[f64]) -> f64 {
        calls.iter().map(|call| call.spent(place, prices)).sum()
    }

    proptest! {
        #[test]
        fn at_the_prices_no_budget_is_spent_faster_than_it_lasts(
            calls in prop::collection::vec(bids(), 1..40),
            (money, count) in (1.0..2_000.0_f64, 1.0..20.0_f64),
        ) {
            let purses = [purse("money", money), purse("offers", count)];
            let number = f64::from(u32::try_from(calls.len()).unwrap());
            let found = prices(&calls, &purses, number);
            let all: Vec<f64> = purses.iter().map(|purse| found.get(&purse.key).copied().unwrap_or(0.0)).collect();
            for (place, purse) in purses.iter().enumerate() {
                // A call goes to one or to the other, so that it is right to within one of them.
                let bids = calls.iter().flat_map(|call| &call.0);
                let own = bids.filter(|bid| bid.purse == Some(place));
                let one = own.map(|bid| bid.chances[0] * bid.amount).fold(0.0, f64::max);
                let within = purse.left + one + 1e-6;
                prop_assert!(spent(&calls, place, &all) <= within, "{} {:?}", place, found);
                if all[place] > 0.0 {
                    let mut without = all.clone();
                    without[place] = 0.0;
                    prop_assert!(spent(&calls, place, &without) > purse.left);
                }
            }
        }

        #[test]
        fn what_is_enough_has_no_price(calls in prop::collection::vec(bids(), 1..20)) {
            let mut endless = purse("offers", 1.0);
            endless.days = None;
            prop_assert_eq!(prices(&calls, &[purse("money", 1e9), endless], 20.0), Prices::new());
        }
    }

    #[test]
    fn a_purse_lasts_until_its_window_is_over() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let now = at("2026-11-22T12:00:00Z");
        let budget = |window, fixed| Budget {
            key: BudgetKey::parse("b").unwrap(),
            limit_amount: 10,
            currency: None,
            window,
            fixed,
            bucket_count: 1,
        };
        let used = |window_start: &str, available| Use {
            window_start: at(window_start),
            held: 0,
            committed: 0,
            available,
        };
        let days =
            |budget: Budget, used: Use| Purse::of(&budget, &used, now).map(|purse| purse.days);
        let month = used("2026-11-01T00:00:00Z", 3);
        assert_eq!(
            days(budget(Window::CalendarMonth, None), month),
            Some(Some(9.0))
        );
        let day = used("2026-11-22T00:00:00Z", 3);
        assert_eq!(
            days(budget(Window::CalendarDay, None), day),
            Some(Some(1.0))
        );
        let ever = used("1970-01-01T00:00:00Z", 3);
        assert_eq!(days(budget(Window::Endless, None), ever), Some(None));
        let open = Some((at("2026-11-20T00:00:00Z"), at("2026-11-25T00:00:00Z")));
        let closed = Some((at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z")));
        assert_eq!(days(budget(Window::Fixed, open), day), Some(Some(3.0)));
        assert_eq!(days(budget(Window::Fixed, closed), day), None);
        let nothing_left = used("2026-11-22T00:00:00Z", 0);
        assert_eq!(days(budget(Window::CalendarDay, None), nothing_left), None);
    }
}
