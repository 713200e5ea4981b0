//! BG/BB: customers who may buy once at each of a number of occasions, such as yearly donors and
//! buyers by season.
//!
//! While alive, a customer buys at an occasion with the chance `p ~ Beta(alpha, beta)`; at the
//! beginning of each the customer dies with the chance `θ ~ Beta(gamma, delta)` (Fader, Hardie & Shang
//! 2010, Marketing Science 29:1086). The likelihood of `x` purchases, the last one at occasion `t_x` of
//! `n`, sums over the occasions at which the customer may have died:
//!
//! `B(alpha+x, beta+n−x) B(gamma, delta+n) + Σ_{m=t_x}^{n−1} B(alpha+x, beta+m−x) B(gamma+1, delta+m)`
//!
//! over `B(alpha, beta) B(gamma, delta)`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::numeric::chunked_sum::add;
use crate::numeric::gamma_functions::{digamma, digamma_step, log_beta};
use crate::numeric::log_space::log_add_exp;
use crate::numeric::optimise::{Likelihood, REACH, SearchSpace, maximise};
use crate::purchases::purchase_base::FEWEST_CUSTOMERS;
use crate::purchases::purchase_model::Fitted;
use crate::refusal::{FitFailure, InputRefusal, SampleRefusal, all_positive, at_most, positive};
use crate::tenures::retention::PeriodDiscount;

/// The most occasions: ten years of weeks.
pub const MOST_OCCASIONS: u32 = 520;
/// The most occasions ahead that are counted.
pub const MOST_OCCASIONS_AHEAD: u32 = 10_000;
/// A sum is cut where what follows is smaller than this share of it.
const NEGLIGIBLE: f64 = 1e-15;
const NAMES: [&str; 4] = ["alpha", "beta", "gamma", "delta"];

/// A customer's purchases at occasions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OccasionSummary {
    frequency: u32,
    recency: u32,
    occasions: u32,
}

impl OccasionSummary {
    /// Somebody who has become a customer just now and had no occasion yet.
    pub const NEW: Self = Self {
        frequency: 0,
        recency: 0,
        occasions: 0,
    };

    /// Makes a summary of `frequency` purchases, the last one at the occasion `recency` of
    /// `occasions`, which are counted from one; zero for no purchase.
    pub fn new(frequency: u32, recency: u32, occasions: u32) -> Result<Self, InputRefusal> {
        positive("occasions", f64::from(occasions))?;
        at_most("occasions", f64::from(occasions), f64::from(MOST_OCCASIONS))?;
        not_above(("recency", recency), ("occasions", occasions))?;
        if frequency == 0 && recency > 0 {
            let recency = f64::from(recency);
            return Err(InputRefusal::RecencyWithoutRepeats { recency });
        }
        if frequency > 0 && recency == 0 {
            return Err(InputRefusal::RepeatsWithoutRecency { frequency });
        }
        not_above(("frequency", frequency), ("recency", recency))?;
        Ok(Self {
            frequency,
            recency,
            occasions,
        })
    }
}

impl OccasionSummary {
    /// Returns at how many occasions the customer bought.
    pub const fn frequency(&self) -> u32 {
        self.frequency
    }

    /// Returns how many occasions there were.
    pub const fn occasions(&self) -> u32 {
        self.occasions
    }

    /// One where the customer died right after an occasion, zero where that was the last one.
    fn death_after(&self, occasion: u32) -> f64 {
        f64::from(u32::from(occasion < self.occasions))
    }
}

fn not_above(field: (&'static str, u32), bound: (&'static str, u32)) -> Result<(), InputRefusal> {
    if field.1 <= bound.1 {
        return Ok(());
    }
    Err(InputRefusal::Above {
        field: field.0,
        value: f64::from(field.1),
        bound_field: bound.0,
        bound: f64::from(bound.1),
    })
}

/// Customers by their purchases at occasions, duplicates counted.
#[derive(Clone, Debug, Default)]
pub struct OccasionBase {
    counts: BTreeMap<OccasionSummary, u32>,
}

impl OccasionBase {
    /// Adds customers with the same purchases.
    pub fn add(&mut self, customer: OccasionSummary, customers: u32) {
        let count = self.counts.entry(customer).or_insert(0);
        *count = count.saturating_add(customers);
    }

    /// Returns the number of customers.
    pub fn customers(&self) -> f64 {
        self.counts.values().map(|count| f64::from(*count)).sum()
    }

    fn check(&self) -> Result<f64, SampleRefusal> {
        let have = self.counts.values().map(|count| u64::from(*count)).sum();
        if have == 0 {
            return Err(SampleRefusal::Empty);
        }
        if have < FEWEST_CUSTOMERS {
            return Err(SampleRefusal::TooFew {
                have,
                need: FEWEST_CUSTOMERS,
            });
        }
        let seen: Vec<u32> = self
            .counts
            .keys()
            .map(|customer| customer.frequency)
            .collect();
        if seen.iter().all(|frequency| Some(frequency) == seen.first()) {
            return Err(SampleRefusal::AllTheSame { field: "frequency" });
        }
        Ok(self.customers())
    }
}

/// The parameters, before anybody looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaBinomialParameters {
    /// The weight of buying at an occasion.
    pub alpha: f64,
    /// The weight of not buying.
    pub beta: f64,
    /// The weight of dying at an occasion.
    pub gamma: f64,
    /// The weight of living on.
    pub delta: f64,
}

/// The BG/BB model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BetaBinomialParameters", into = "BetaBinomialParameters")]
pub struct BetaBinomial(BetaBinomialParameters);

impl TryFrom<BetaBinomialParameters> for BetaBinomial {
    type Error = InputRefusal;

    fn try_from(parameters: BetaBinomialParameters) -> Result<Self, Self::Error> {
        let BetaBinomialParameters {
            alpha,
            beta,
            gamma,
            delta,
        } = parameters;
        all_positive(NAMES, [alpha, beta, gamma, delta])?;
        Ok(Self(parameters))
    }
}

impl From<BetaBinomial> for BetaBinomialParameters {
    fn from(model: BetaBinomial) -> Self {
        model.0
    }
}

impl BetaBinomial {
    /// Returns the parameters.
    pub const fn parameters(&self) -> &BetaBinomialParameters {
        &self.0
    }

    /// Fits the model by maximum likelihood.
    pub fn fit(base: &OccasionBase) -> Result<Fitted<Self>, FitFailure> {
        let customers = base.check()?;
        let space = SearchSpace {
            start: [0.0; 4],
            names: NAMES,
            reach: REACH,
        };
        let top = maximise(&space, customers, |parameters| {
            Self::of(parameters).log_likelihood(base)
        })?;
        Ok(Fitted {
            model: Self::of(top.parameters),
            log_likelihood: top.log_likelihood,
            rows: customers,
            convergence: top.convergence,
        })
    }

    const fn of([alpha, beta, gamma, delta]: [f64; 4]) -> Self {
        Self(BetaBinomialParameters {
            alpha,
            beta,
            gamma,
            delta,
        })
    }

    /// Returns the log-likelihood of a base, with its derivatives by `alpha`, `beta`, `gamma`, `delta`.
    pub fn log_likelihood(&self, base: &OccasionBase) -> Likelihood<4> {
        let mut sum = [0.0; 5];
        for (customer, count) in &base.counts {
            let terms = self.terms(customer).map(|term| term * f64::from(*count));
            add(&mut sum, &terms);
        }
        let [value, alpha, beta, gamma, delta] = sum;
        Likelihood {
            value,
            gradient: [alpha, beta, gamma, delta],
        }
    }

    /// One customer's log-likelihood and its derivatives: those of its summands, by their shares.
    fn terms(&self, customer: &OccasionSummary) -> [f64; 5] {
        let value = self.log_likelihood_of(customer);
        let mut sum = [value, 0.0, 0.0, 0.0, 0.0];
        for last in customer.recency..=customer.occasions {
            let death = customer.death_after(last);
            let share = (self.log_summand(customer, last, death) - value).exp();
            let slopes = self.slopes(customer, last, death);
            for (slot, slope) in sum.iter_mut().skip(1).zip(slopes) {
                *slot += share * slope;
            }
        }
        sum
    }

    fn log_likelihood_of(&self, customer: &OccasionSummary) -> f64 {
        let occasions = customer.recency..=customer.occasions;
        occasions.fold(f64::NEG_INFINITY, |sum, last| {
            let death = customer.death_after(last);
            log_add_exp(sum, self.log_summand(customer, last, death))
        })
    }

    fn log_summand(&self, customer: &OccasionSummary, last: u32, death: f64) -> f64 {
        let BetaBinomialParameters {
            alpha,
            beta,
            gamma,
            delta,
        } = self.0;
        let (bought, lived) = (f64::from(customer.frequency), f64::from(last));
        log_beta(alpha + bought, beta + lived - bought) - log_beta(alpha, beta)
            + log_beta(gamma + death, delta + lived)
            - log_beta(gamma, delta)
    }

    fn slopes(&self, customer: &OccasionSummary, last: u32, death: f64) -> [f64; 4] {
        let BetaBinomialParameters {
            alpha,
            beta,
            gamma,
            delta,
        } = self.0;
        let (bought, lived) = (f64::from(customer.frequency), f64::from(last));
        let all_occasions = digamma_step(alpha + beta, lived);
        let all_lives = digamma(gamma + delta + lived + death) - digamma(gamma + delta);
        [
            digamma_step(alpha, bought) - all_occasions,
            digamma_step(beta, lived - bought) - all_occasions,
            digamma_step(gamma, death) - all_lives,
            digamma_step(delta, lived) - all_lives,
        ]
    }

    /// Returns the chance that the customer is still alive at the occasion after the last one.
    pub fn probability_alive(&self, customer: &OccasionSummary) -> f64 {
        let BetaBinomialParameters { gamma, delta, .. } = self.0;
        let lived = f64::from(customer.occasions);
        let alive_until_now = self.log_summand(customer, customer.occasions, 0.0);
        let log_chance = alive_until_now - self.log_likelihood_of(customer);
        log_chance.exp() * (delta + lived) / (gamma + delta + lived)
    }

    /// Returns the purchases expected at the next occasions.
    pub fn expected_purchases(&self, customer: &OccasionSummary, occasions_ahead: u32) -> f64 {
        self.sum_ahead(customer, occasions_ahead.min(MOST_OCCASIONS_AHEAD), 1.0)
    }

    /// Returns the purchases expected ever (DERT), each counted `(1 + rate)^−i` at the `i`th occasion
    /// to come. The rate is that of the time between two occasions.
    pub fn discounted_purchases(&self, customer: &OccasionSummary, rate: PeriodDiscount) -> f64 {
        rate.factor() * self.sum_ahead(customer, u32::MAX, rate.factor())
    }

    /// Returns the same of the next occasions only.
    pub fn discounted_purchases_within(
        &self,
        customer: &OccasionSummary,
        rate: PeriodDiscount,
        occasions_ahead: u32,
    ) -> f64 {
        let occasions_ahead = occasions_ahead.min(MOST_OCCASIONS_AHEAD);
        rate.factor() * self.sum_ahead(customer, occasions_ahead, rate.factor())
    }

    fn sum_ahead(&self, customer: &OccasionSummary, occasions_ahead: u32, factor: f64) -> f64 {
        let BetaBinomialParameters {
            alpha,
            beta,
            gamma,
            delta,
        } = self.0;
        let mut lived = f64::from(customer.occasions);
        let buys = (alpha + f64::from(customer.frequency)) / (alpha + beta + lived);
        let (mut left, mut sum) = (1.0, 0.0);
        for _ in 0..occasions_ahead {
            sum += left;
            lived += 1.0;
            left *= factor * (delta + lived) / (gamma + delta + lived);
            // Each of the terms to come is at most `factor` times the one before.
            if left < NEGLIGIBLE * sum * (1.0 - factor) {
                break;
            }
        }
        self.probability_alive(customer) * buys * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused() {
        let refused = |x, t, n| OccasionSummary::new(x, t, n).unwrap_err().to_string();
        assert_eq!(
            refused(1, 7, 6),
            "recency is 7, above occasions, which is 6"
        );
        assert_eq!(
            refused(3, 2, 6),
            "frequency is 3, above recency, which is 2"
        );
        assert_eq!(refused(2, 0, 6), "frequency is 2 and recency is zero");
        assert_eq!(refused(0, 2, 6), "frequency is zero and recency is 2");
        assert_eq!(refused(0, 0, 0), "occasions is not above zero: 0");
        assert!(refused(0, 0, 9_999).contains("above the limit"));
    }

    #[test]
    fn what_is_no_basis_is_refused() {
        let mut base = OccasionBase::default();
        let refusal = |base: &OccasionBase| BetaBinomial::fit(base).unwrap_err();
        assert_eq!(refusal(&base), SampleRefusal::Empty.into());
        base.add(OccasionSummary::new(2, 4, 6).unwrap(), 1);
        assert_eq!(
            refusal(&base),
            SampleRefusal::TooFew { have: 1, need: 30 }.into()
        );
        base.add(OccasionSummary::new(2, 4, 6).unwrap(), 99);
        assert_eq!(
            refusal(&base),
            SampleRefusal::AllTheSame { field: "frequency" }.into()
        );
    }
}
