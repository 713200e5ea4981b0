//! What a budget makes of a unit of money: how much it must return beside itself.

use super::choice::Contender;

/// Beyond this price nothing is bought.
const HIGHEST: f64 = 1e6;

/// After so many halvings the price is known to twelve digits.
const HALVINGS: usize = 60;

/// What a call is expected to spend when the contender of the largest expected worth is chosen,
/// given the mean chances of each.
pub fn expected_spend(contenders: &[Contender], means: &[[f64; 3]], price: f64) -> f64 {
    let mut best = (f64::NEG_INFINITY, 0.0);
    for (contender, chances) in contenders.iter().zip(means) {
        let worth = contender.values.expected(*chances, price);
        if worth > best.0 {
            best = (worth, chances[0] * contender.values.cost);
        }
    }
    best.1
}

/// The lowest price at which no more is spent than there is: zero where there is enough for
/// everything. `spend` says what is spent at a price, less the higher it is.
pub fn price_of_budget(mut spend: impl FnMut(f64) -> f64, budget: f64) -> f64 {
    if spend(0.0) <= budget {
        return 0.0;
    }
    let mut high = 1.0;
    while spend(high) > budget {
        high *= 2.0;
        if high > HIGHEST {
            return HIGHEST;
        }
    }
    let mut low = if high > 1.0 { high / 2.0 } else { 0.0 };
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if spend(middle) > budget {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 1e-12 * high {
            break;
        }
    }
    high
}
