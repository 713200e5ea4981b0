//! Parity: long-standing customers who pay more for the same product than those who are new.

use std::collections::BTreeMap;

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use crate::domain::clock_days::days_since;
use crate::domain::facts::{CustomerFacts, Standing};
use crate::domain::rules::RuleSet;

/// How many products are told apart.
const MAX_PRODUCTS: usize = 1_000;

/// How many prices of one product are told apart; of more, the further ones are not counted.
const MAX_PRICES: usize = 2_000;

/// How many new customers a price of theirs needs to be compared with.
const MIN_NEW: u32 = 5;

/// Of one product: what new customers pay, and who is long-standing and pays more.
#[derive(Clone, Debug, PartialEq)]
pub struct ParityTotal {
    /// The business line.
    pub business_line: String,
    /// The product.
    pub product: String,
    /// What new customers pay in a month: the median, the lower of two.
    pub new_price: Money,
    /// How many new customers there are.
    pub new_count: u32,
    /// How many long-standing ones there are.
    pub long_standing_count: u32,
    /// How many of these pay more.
    pub paying_more_count: u32,
    /// How much more they pay together in a month.
    pub excess: Money,
}

type Prices = BTreeMap<i64, u32>;

#[derive(Debug, Default)]
struct Product {
    new: Prices,
    long_standing: Prices,
}

/// Counts prices by product.
#[derive(Debug, Default)]
pub struct Parity(BTreeMap<(String, String, Currency), Product>);

impl Parity {
    /// Counts what a customer pays: of the line asked about, or of all when empty. New is who is in
    /// their early days, long-standing who has been there as long as the rules of the line say.
    pub fn add(&mut self, facts: &CustomerFacts, line: &str, rules: &RuleSet, as_of: Timestamp) {
        for subscription in &facts.subscriptions {
            let is_asked = line.is_empty() || subscription.business_line == line;
            if !is_asked || subscription.standing(as_of) != Standing::Live {
                continue;
            }
            let (Some(price), Some(start)) = (subscription.monthly_price, subscription.start_time)
            else {
                continue;
            };
            let tenure_days = days_since(start, as_of);
            let rules = rules.of_line(&subscription.business_line);
            let is_new = tenure_days < rules.early_days;
            if !is_new && tenure_days < rules.long_term_days {
                continue;
            }
            let key = (
                subscription.business_line.clone(),
                subscription.product.clone(),
                price.currency,
            );
            if self.0.len() >= MAX_PRODUCTS && !self.0.contains_key(&key) {
                continue;
            }
            let product = self.0.entry(key).or_default();
            let prices = if is_new {
                &mut product.new
            } else {
                &mut product.long_standing
            };
            if prices.len() < MAX_PRICES || prices.contains_key(&price.minor) {
                *prices.entry(price.minor).or_default() += 1;
            }
        }
    }

    /// Tells of each product with enough new customers how it stands, the largest excess first.
    pub fn finish(self) -> Vec<ParityTotal> {
        let products = self.0.into_iter();
        let mut totals: Vec<ParityTotal> = products
            .filter_map(|((business_line, product, currency), prices)| {
                let new_count = prices.new.values().sum();
                let median = median(&prices.new, new_count)?;
                let above = prices.long_standing.range(median + 1..);
                let (mut paying_more_count, mut excess) = (0, 0_i64);
                for (price, count) in above {
                    paying_more_count += count;
                    excess =
                        excess.saturating_add((price - median).saturating_mul((*count).into()));
                }
                Some(ParityTotal {
                    business_line,
                    product,
                    new_price: Money::new(median, currency),
                    new_count,
                    long_standing_count: prices.long_standing.values().sum(),
                    paying_more_count,
                    excess: Money::new(excess, currency),
                })
            })
            .collect();
        totals.sort_by_key(|total| core::cmp::Reverse(total.excess.minor));
        totals
    }
}

fn median(prices: &Prices, count: u32) -> Option<i64> {
    if count < MIN_NEW {
        return None;
    }
    let mut below = 0;
    let mut sorted = prices.iter();
    let middle = sorted.find(|(_, count_of_price)| {
        below += **count_of_price;
        2 * below >= count
    });
    middle.map(|(price, _)| *price)
}
