//! BG/BB for lines whose customers buy at opportunities: once at each, or not at all.
//!
//! Fitted beside the purchase model of the line, and used in its place (Fader, Hardie & Shang 2010,
//! Marketing Science 29:1086; see `statistics::purchases::beta_binomial`). What is spent at an
//! opportunity is told by the purchase model's Gamma-Gamma.

use serde::{Deserialize, Serialize};
use statistics::purchases::beta_binomial::{BetaBinomial, OccasionBase, OccasionSummary};
use statistics::refusal::FitFailure;

use crate::domain::model::report::{Figure, GroupReport, SearchEnd};

/// The name of the family.
pub const FAMILY: &str = "bg_bb";

/// What was fitted for one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedOccasions {
    /// How many days lie between two opportunities.
    pub opportunity_days: u32,
    /// The model.
    pub model: BetaBinomial,
    /// The logarithm of its likelihood.
    pub log_likelihood: f64,
    /// How many customers have had an opportunity.
    pub customers: u64,
    /// How the search ended.
    pub search: SearchEnd,
}

impl FittedOccasions {
    /// Fits customers whose opportunities lie so many days apart.
    pub fn fit(
        customers: impl Iterator<Item = OccasionSummary>,
        opportunity_days: u32,
    ) -> Result<Self, FitFailure> {
        let mut base = OccasionBase::default();
        let mut count = 0;
        for customer in customers {
            base.add(customer, 1);
            count += 1;
        }
        let fitted = BetaBinomial::fit(&base)?;
        Ok(Self {
            opportunity_days,
            model: fitted.model,
            log_likelihood: fitted.log_likelihood,
            customers: count,
            search: SearchEnd::of(fitted.convergence),
        })
    }

    /// Tells this model in the place of the one that a report was made of.
    pub(super) fn tell(&self, report: &mut GroupReport) {
        let it = self.model.parameters();
        let of_spend = |figure: &Figure| figure.name.starts_with("spend_");
        report.parameters.retain(of_spend);
        report
            .figures
            .retain(|figure| figure.name != "log_likelihood");
        let parameters = [
            Figure::new("alpha", it.alpha),
            Figure::new("beta", it.beta),
            Figure::new("gamma", it.gamma),
            Figure::new("delta", it.delta),
        ];
        report.parameters.splice(0..0, parameters);
        let figures = [
            Figure::new("log_likelihood", self.log_likelihood),
            Figure::new("opportunity_days", f64::from(self.opportunity_days)),
        ];
        report.figures.splice(0..0, figures);
        report.family = FAMILY;
        report.search = Some(self.search.clone());
        report.pooled_because = None;
    }
}
