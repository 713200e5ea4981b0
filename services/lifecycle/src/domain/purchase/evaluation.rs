//! How well purchase models forecast a stretch that they were not fitted on.

use statistics::purchases::beta_binomial::{BetaBinomial, OccasionSummary};
use statistics::purchases::purchase_model::{Horizon, PurchaseModel};
use statistics::purchases::purchase_summary::PurchaseSummary;
use statistics::ranking::{Outcome, area_under_curve};

use super::model::{AnyPurchaseModel, PurchaseSet};
use crate::domain::model::forecast::real;
use crate::domain::model::report::{Evaluation, Figure};

/// The figure that decides, where there was a stretch to rehearse on. Forecasts are means, and the
/// squared error is the one that a mean makes smallest; the absolute one would prefer to foretell
/// nothing of those who buy rarely.
const REHEARSED: &str = "holdout_root_mean_square_error";
/// The figure that decides otherwise.
const IN_SAMPLE: &str = "log_likelihood_per_customer";

/// A forecast for one customer, and what came.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rehearsed {
    expected: f64,
    probability_alive: f64,
    bought: f64,
}

impl Rehearsed {
    /// Forecasts the purchases within so many weeks; `None` where these are none.
    pub fn of(
        model: &AnyPurchaseModel,
        customer: &PurchaseSummary,
        bought: u32,
        weeks: f64,
    ) -> Option<Self> {
        let horizon = Horizon::new(weeks).ok()?;
        Some(Self {
            expected: model.expected_transactions(customer, horizon),
            probability_alive: model.probability_alive(customer),
            bought: f64::from(bought),
        })
    }

    /// Returns by how much the forecast missed, squared.
    pub fn square_error(&self) -> f64 {
        let miss = self.expected - self.bought;
        miss * miss
    }

    /// Forecasts the purchases at so many opportunities, of which so many were used.
    pub fn at_occasions(
        model: &BetaBinomial,
        customer: &OccasionSummary,
        ahead: u32,
        used: u32,
    ) -> Self {
        Self {
            expected: model.expected_purchases(customer, ahead),
            probability_alive: model.probability_alive(customer),
            bought: f64::from(used),
        }
    }
}

/// Compares forecasts with what came; `None` where nobody bought or there is nobody.
pub fn rehearsed(customers: &[Rehearsed]) -> Option<Evaluation> {
    let actual: f64 = customers.iter().map(|it| it.bought).sum();
    if actual <= 0.0 {
        return None;
    }
    let count = real(customers.len());
    let misses = || customers.iter().map(|it| it.expected - it.bought);
    let squares: f64 = customers.iter().map(Rehearsed::square_error).sum();
    let root_mean_square = (squares / count).sqrt();
    let mut figures = vec![
        Figure::new(REHEARSED, root_mean_square),
        Figure::new(
            "holdout_mean_absolute_error",
            misses().map(f64::abs).sum::<f64>() / count,
        ),
        Figure::new("holdout_rows", count),
        Figure::new(
            "holdout_expected",
            customers.iter().map(|it| it.expected).sum(),
        ),
        Figure::new("holdout_observed", actual),
    ];
    let area = |score: fn(&Rehearsed) -> f64| {
        let outcomes: Vec<Outcome> = customers
            .iter()
            .map(|it| Outcome {
                score: score(it),
                happened: it.bought > 0.0,
            })
            .collect();
        area_under_curve(&outcomes)
    };
    let areas = [
        ("holdout_auc_active", area(|it| it.expected)),
        (
            "holdout_auc_probability_alive",
            area(|it| it.probability_alive),
        ),
    ];
    for (name, area) in areas {
        figures.extend(area.map(|area| Figure::new(name, area)));
    }
    Some(Evaluation {
        measure: REHEARSED.to_owned(),
        value: root_mean_square,
        higher_is_better: false,
        figures,
        comparison: None,
    })
}

/// Falls back on the likelihood of what was fitted.
pub fn in_sample(set: &PurchaseSet) -> Evaluation {
    let groups = || set.lines.values().filter(|group| group.fitted.is_some());
    let likelihood: f64 = groups()
        .filter_map(|group| group.fitted.as_ref())
        .map(|fitted| fitted.log_likelihood)
        .sum();
    let customers: u64 = groups().map(|group| group.customers).sum();
    let customers = real(usize::try_from(customers).unwrap_or(usize::MAX)).max(1.0);
    let value = likelihood / customers;
    Evaluation {
        measure: IN_SAMPLE.to_owned(),
        value,
        higher_is_better: true,
        figures: vec![Figure::new(IN_SAMPLE, value)],
        comparison: None,
    }
}
