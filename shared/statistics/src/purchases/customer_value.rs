//! What a customer who buys when they like is worth: the transactions to come, times the spend to
//! expect of each, times the margin (Fader, Hardie & Lee 2005, J. Marketing Research 42:415).

use crate::numeric::quadrature::{EIGHT, THIRTY_TWO};
use crate::purchases::gamma_gamma::{GammaGamma, SpendSummary};
use crate::purchases::purchase_model::{DiscountRate, Horizon, PurchaseModel};
use crate::purchases::purchase_summary::PurchaseSummary;

/// Up to this product of rate and horizon the discounted transactions are smooth enough for few nodes:
/// they are then right to a hundred-thousandth.
const SLOW_DECAY: f64 = 3.0;

/// What a customer is worth, with the factors it is the product of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CustomerValue {
    /// The discounted expected residual transactions.
    pub discounted_transactions: f64,
    /// The spend to expect of each, in money.
    pub expected_spend: f64,
    /// The share of the spend that is earned.
    pub margin: f64,
    /// The product of the three, in money.
    pub value: f64,
}

impl CustomerValue {
    /// Multiplies.
    pub fn new(discounted_transactions: f64, expected_spend: f64, margin: f64) -> Self {
        Self {
            discounted_transactions,
            expected_spend,
            margin,
            value: discounted_transactions * expected_spend * margin,
        }
    }

    /// Returns what a customer is worth from the end of the observation on; `None` where the spend has
    /// no mean. Somebody who has not bought again yet has no spend of their own.
    pub fn residual(
        model: &(impl PurchaseModel + ?Sized),
        spend_model: &GammaGamma,
        customer: &PurchaseSummary,
        spend: Option<&SpendSummary>,
        rate: DiscountRate,
        margin: f64,
    ) -> Option<Self> {
        let expected_spend = match spend {
            Some(spend) => spend_model.expected_spend(spend),
            None => spend_model.expected_spend_of_new_customer(),
        };
        let transactions = model.discounted_transactions(customer, rate);
        Some(Self::new(transactions, expected_spend?, margin))
    }
}

/// Returns the discounted transactions expected within a horizon: `∫₀ʰ e^(−δt) dE[Y(t)]`, by parts.
pub fn discounted_within(
    model: &(impl PurchaseModel + ?Sized),
    customer: &PurchaseSummary,
    rate: DiscountRate,
    horizon: Horizon,
) -> f64 {
    let (rate, horizon) = (rate.get(), horizon.get());
    // The chance of being alive is the same throughout, and in some models dear.
    let until = |time: f64| {
        Horizon::new(time).map_or(0.0, |time| {
            model.expected_if_alive(customer.frequency(), customer.age(), time)
        })
    };
    let worth = |time: f64| (-rate * time).exp() * until(time);
    let discounted = if rate * horizon <= SLOW_DECAY {
        // The transactions come fastest at first: of nodes that crowd there a few will do.
        EIGHT.integrate(0.0, 1.0, |root| {
            2.0 * horizon * root * worth(horizon * root * root)
        })
    } else {
        THIRTY_TWO.integrate(0.0, horizon, worth)
    };
    let if_alive = (-rate * horizon).exp() * until(horizon) + rate * discounted;
    model.probability_alive(customer) * if_alive
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};

    #[test]
    fn a_few_nodes_are_as_good_as_many() {
        let parameters = BetaGeometricParameters {
            r: 0.525,
            alpha: 6.183,
            a: 0.891,
            b: 1.614,
            drop_out: DropOut::AfterEvery,
        };
        let model = BetaGeometric::try_from(parameters).unwrap();
        let rate = DiscountRate::weekly_of_yearly(0.15).unwrap();
        for (frequency, recency, age) in [
            (0, 0.0, 0.0),
            (0, 0.0, 38.0),
            (2, 30.4, 38.9),
            (60, 500.0, 510.0),
        ] {
            let customer = PurchaseSummary::new(frequency, recency, age).unwrap();
            for weeks in [4.0, 52.0, 260.0, 1_000.0] {
                let horizon = Horizon::new(weeks).unwrap();
                let until = |time| {
                    let time = Horizon::new(time).unwrap();
                    model.expected_transactions(&customer, time)
                };
                // The same sum over a hundred stretches.
                let stretch = weeks / 100.0;
                let pieces = (0..100).map(|piece| {
                    let from = f64::from(piece) * stretch;
                    THIRTY_TWO.integrate(from, from + stretch, |time| {
                        (-rate.get() * time).exp() * until(time)
                    })
                });
                let discounted: f64 = pieces.sum();
                let exact = (-rate.get() * weeks).exp() * until(weeks) + rate.get() * discounted;
                let value = discounted_within(&model, &customer, rate, horizon);
                let error = (value / exact - 1.0).abs();
                assert!(error < 1e-5, "{frequency} {age} {weeks}: {error:e}");
            }
        }
    }
}
