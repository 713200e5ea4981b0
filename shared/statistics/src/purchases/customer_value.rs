//! What a customer who buys when they like is worth: the transactions to come, times the spend to
//! expect of each, times the margin (Fader, Hardie & Lee 2005, J. Marketing Research 42:415).

use crate::numeric::quadrature::THIRTY_TWO;
use crate::purchases::gamma_gamma::{GammaGamma, SpendSummary};
use crate::purchases::purchase_model::{DiscountRate, Horizon, PurchaseModel};
use crate::purchases::purchase_summary::PurchaseSummary;

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
    let discounted = THIRTY_TWO.integrate(0.0, horizon, |time| (-rate * time).exp() * until(time));
    let if_alive = (-rate * horizon).exp() * until(horizon) + rate * discounted;
    model.probability_alive(customer) * if_alive
}
