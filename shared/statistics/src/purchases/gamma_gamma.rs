//! Gamma-Gamma: what a customer spends a transaction.
//!
//! A customer's transactions are gamma distributed with the shape `p` and a scale of their own, which
//! is gamma distributed itself with the shape `q` and the scale `gamma` (Fader & Hardie 2013, "The
//! Gamma-Gamma model of monetary value"; Colombo & Jiang 1999). With `x` repeat transactions of mean
//! `m`, one customer's log-likelihood is
//!
//! `ln Γ(px+q)/Γ(px) − ln Γ(q) + q ln gamma − ln m − px ln(1 + gamma/(mx)) − q ln(gamma + mx)`
//!
//! and the spend to expect `p(gamma + xm)/(px + q − 1)`. How much somebody spends must not hang on how
//! often: [`SpendBase::correlation`] says whether it does.

use serde::{Deserialize, Serialize};

use crate::numeric::gamma_functions::{digamma, digamma_step, log_gamma, log_gamma_step};
use crate::numeric::optimise::{Likelihood, OnIteration, REACH, SearchSpace, maximise_watched};
use crate::numeric::standard_errors::standard_errors;
use crate::purchases::purchase_base::{FEWEST_CUSTOMERS, LARGEST_SHARE};
use crate::purchases::purchase_model::Fitted;
use crate::purchases::purchase_summary::{HIGHEST_SPEND, MOST_TRANSACTIONS};
use crate::refusal::{FitFailure, InputRefusal, SampleRefusal, all_positive, at_most, positive};

const NAMES: [&str; 3] = ["p", "q", "gamma"];

/// What a customer spent: how many repeat transactions, of which mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpendSummary {
    frequency: u32,
    mean_spend: f64,
}

impl SpendSummary {
    /// Makes a summary of at least one repeat transaction with a mean above zero.
    pub fn new(frequency: u32, mean_spend: f64) -> Result<Self, InputRefusal> {
        positive("mean spend", mean_spend)?;
        at_most("mean spend", mean_spend, HIGHEST_SPEND)?;
        positive("frequency", f64::from(frequency))?;
        let most = f64::from(MOST_TRANSACTIONS);
        at_most("frequency", f64::from(frequency), most)?;
        Ok(Self {
            frequency,
            mean_spend,
        })
    }
}

/// The spend of many customers, checked, in the order of their frequencies.
#[derive(Clone, Debug)]
pub struct SpendBase {
    customers: Vec<SpendSummary>,
    count: f64,
    mean: f64,
    correlation: f64,
}

impl SpendBase {
    /// Makes a base, unless it is no basis for a fit.
    pub fn of(customers: &[SpendSummary]) -> Result<Self, SampleRefusal> {
        let have = u64::try_from(customers.len()).unwrap_or(u64::MAX);
        let Some(first) = customers.first() else {
            return Err(SampleRefusal::Empty);
        };
        if have < FEWEST_CUSTOMERS {
            return Err(SampleRefusal::TooFew {
                have,
                need: FEWEST_CUSTOMERS,
            });
        }
        let same =
            |customer: &SpendSummary| customer.mean_spend.total_cmp(&first.mean_spend).is_eq();
        if customers.iter().all(same) {
            return Err(SampleRefusal::AllTheSame {
                field: "mean spend",
            });
        }
        refuse_outlier(customers)?;
        let mut sorted = customers.to_vec();
        sorted.sort_by_key(|customer| customer.frequency);
        let moments = Moments::of(customers);
        Ok(Self {
            customers: sorted,
            count: moments.count,
            mean: moments.mean_spend,
            correlation: moments.correlation(),
        })
    }

    /// Returns the number of customers.
    pub const fn customers(&self) -> f64 {
        self.count
    }

    /// Returns the correlation of frequency and mean spend. The model supposes that there is none.
    pub const fn correlation(&self) -> f64 {
        self.correlation
    }
}

fn refuse_outlier(customers: &[SpendSummary]) -> Result<(), SampleRefusal> {
    let total: f64 = customers.iter().map(|customer| customer.mean_spend).sum();
    let rows = customers
        .iter()
        .map(|customer| customer.mean_spend)
        .enumerate();
    let Some((row, most)) = rows.max_by(|(_, one), (_, other)| one.total_cmp(other)) else {
        return Ok(());
    };
    let share = most / total;
    if share > LARGEST_SHARE {
        return Err(SampleRefusal::Outlier {
            row,
            field: "mean spend",
            share,
        });
    }
    Ok(())
}

/// Sums about the means, updated customer by customer (Welford 1962).
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean_frequency: f64,
    mean_spend: f64,
    frequency_squares: f64,
    spend_squares: f64,
    products: f64,
}

impl Moments {
    fn of(customers: &[SpendSummary]) -> Self {
        let mut moments = Self::default();
        for customer in customers {
            moments.count += 1.0;
            let from_frequency = f64::from(customer.frequency) - moments.mean_frequency;
            let from_spend = customer.mean_spend - moments.mean_spend;
            moments.mean_frequency += from_frequency / moments.count;
            moments.mean_spend += from_spend / moments.count;
            let to_spend = customer.mean_spend - moments.mean_spend;
            let to_frequency = f64::from(customer.frequency) - moments.mean_frequency;
            moments.frequency_squares += from_frequency * to_frequency;
            moments.spend_squares += from_spend * to_spend;
            moments.products += from_frequency * to_spend;
        }
        moments
    }

    fn correlation(&self) -> f64 {
        let spread = (self.frequency_squares * self.spend_squares).sqrt();
        if spread > 0.0 {
            self.products / spread
        } else {
            0.0
        }
    }
}

/// The parameters, before anybody looked at them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GammaGammaParameters {
    /// The shape of one customer's transactions.
    pub p: f64,
    /// The shape of the customers' scales.
    pub q: f64,
    /// The scale of the customers' scales, in money.
    pub gamma: f64,
}

/// The Gamma-Gamma model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "GammaGammaParameters", into = "GammaGammaParameters")]
pub struct GammaGamma(GammaGammaParameters);

impl TryFrom<GammaGammaParameters> for GammaGamma {
    type Error = InputRefusal;

    fn try_from(parameters: GammaGammaParameters) -> Result<Self, Self::Error> {
        let values = [parameters.p, parameters.q, parameters.gamma];
        all_positive(NAMES, values)?;
        Ok(Self(parameters))
    }
}

impl From<GammaGamma> for GammaGammaParameters {
    fn from(model: GammaGamma) -> Self {
        model.0
    }
}

impl GammaGamma {
    /// Returns the parameters.
    pub const fn parameters(&self) -> &GammaGammaParameters {
        &self.0
    }

    /// Fits the model by maximum likelihood.
    pub fn fit(base: &SpendBase) -> Result<Fitted<Self>, FitFailure> {
        Self::fit_watched(base, &mut |_| {})
    }

    /// Does the same, and tells of each step of the search.
    pub fn fit_watched(
        base: &SpendBase,
        on_iteration: OnIteration<'_>,
    ) -> Result<Fitted<Self>, FitFailure> {
        let space = SearchSpace {
            start: [0.0, 2.0_f64.ln(), base.mean.ln()],
            names: NAMES,
            reach: REACH,
        };
        let top = maximise_watched(&space, base.count, on_iteration, |parameters| {
            Self::of(parameters).log_likelihood(base)
        })?;
        Ok(Fitted {
            model: Self::of(top.parameters),
            log_likelihood: top.log_likelihood,
            rows: base.count,
            convergence: top.convergence,
        })
    }

    const fn of([p, q, gamma]: [f64; 3]) -> Self {
        Self(GammaGammaParameters { p, q, gamma })
    }

    /// Returns the standard errors of `p`, `q`, `gamma` fitted to a base; `None` where it does not tell
    /// them from others.
    pub fn standard_errors(&self, base: &SpendBase) -> Option<[f64; 3]> {
        let GammaGammaParameters { p, q, gamma } = self.0;
        standard_errors([p, q, gamma], |[p, q, gamma]| {
            let model = Self::try_from(GammaGammaParameters { p, q, gamma }).ok()?;
            Some(model.log_likelihood(base).gradient)
        })
    }

    /// Returns the log-likelihood of a base, with its derivatives by `p`, `q`, `gamma`.
    pub fn log_likelihood(&self, base: &SpendBase) -> Likelihood<3> {
        let GammaGammaParameters { p, q, gamma } = self.0;
        let (log_gamma_of_q, digamma_of_q) = (log_gamma(q), digamma(q));
        let (mut value, mut gradient) = (0.0, [0.0; 3]);
        for group in base
            .customers
            .chunk_by(|one, other| one.frequency == other.frequency)
        {
            let frequency = group
                .first()
                .map_or(0.0, |first| f64::from(first.frequency));
            let shape = p * frequency;
            let step = digamma_step(shape, q);
            let of_q = digamma(shape + q) - digamma_of_q;
            let normal = log_gamma_step(shape, q) - log_gamma_of_q;
            for customer in group {
                let total = customer.mean_spend * frequency;
                let excess = (gamma / total).ln_1p();
                // ln gamma/(gamma + total), without the difference of two logarithms.
                let log_share = -(total / gamma).ln_1p();
                value += normal - customer.mean_spend.ln() - shape * excess + q * log_share;
                gradient[0] += frequency * (step - excess);
                gradient[1] += of_q + log_share;
                gradient[2] += q / gamma - (shape + q) / (gamma + total);
            }
        }
        Likelihood { value, gradient }
    }

    /// Returns the mean spend to expect of a customer's transactions; `None` where the parameters
    /// give it no bound.
    pub fn expected_spend(&self, customer: &SpendSummary) -> Option<f64> {
        let frequency = f64::from(customer.frequency);
        self.mean_after(frequency, frequency * customer.mean_spend)
    }

    /// Returns the mean spend to expect of somebody who has not bought again yet; `None` where the
    /// parameters give it no bound.
    pub fn expected_spend_of_new_customer(&self) -> Option<f64> {
        self.mean_after(0.0, 0.0)
    }

    fn mean_after(&self, frequency: f64, total: f64) -> Option<f64> {
        let GammaGammaParameters { p, q, gamma } = self.0;
        let weight = p * frequency + q - 1.0;
        (weight > 0.0).then(|| p * (gamma + total) / weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spent(frequency: u32, mean_spend: f64) -> SpendSummary {
        SpendSummary::new(frequency, mean_spend).unwrap()
    }

    #[test]
    fn nonsense_is_refused_by_field() {
        let refused =
            |frequency, spend| SpendSummary::new(frequency, spend).unwrap_err().to_string();
        assert_eq!(refused(1, -3.0), "mean spend is not above zero: -3");
        assert_eq!(refused(1, f64::NAN), "mean spend is not a finite number");
        assert_eq!(refused(0, 3.0), "frequency is not above zero: 0");
        assert!(refused(1, 1e15).contains("above the limit"));
    }

    #[test]
    fn what_is_no_basis_is_refused() {
        let refusal = |customers: &[SpendSummary]| SpendBase::of(customers).unwrap_err();
        assert_eq!(refusal(&[]), SampleRefusal::Empty);
        assert_eq!(
            refusal(&[spent(1, 2.0)]),
            SampleRefusal::TooFew { have: 1, need: 30 }
        );
        let same = vec![spent(2, 5.0); 50];
        assert_eq!(
            refusal(&same),
            SampleRefusal::AllTheSame {
                field: "mean spend"
            }
        );
        let mut outlier = same;
        outlier[7] = spent(1, 1e9);
        assert!(matches!(
            refusal(&outlier),
            SampleRefusal::Outlier { row: 7, .. }
        ));
    }

    #[test]
    fn a_heavy_tail_has_no_mean() {
        let parameters = GammaGammaParameters {
            p: 2.0,
            q: 0.9,
            gamma: 10.0,
        };
        let model = GammaGamma::try_from(parameters).unwrap();
        assert_eq!(model.expected_spend_of_new_customer(), None);
        assert!(model.expected_spend(&spent(1, 20.0)).unwrap() > 20.0);
    }

    #[test]
    fn correlation_is_pearsons() {
        let mut customers: Vec<SpendSummary> =
            (1..=40).map(|x| spent(x, f64::from(x) * 2.0)).collect();
        let rising = SpendBase::of(&customers).unwrap().correlation();
        assert!((rising - 1.0).abs() < 1e-12);
        customers.extend((1..=40).map(|x| spent(x, f64::from(41 - x) * 2.0)));
        let none = SpendBase::of(&customers).unwrap().correlation();
        assert!(none.abs() < 1e-12);
    }
}
