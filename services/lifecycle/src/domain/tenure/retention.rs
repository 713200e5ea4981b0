//! Retention curves: how long contractual customers of each group stay, also beyond what was seen.
//!
//! A curve is fitted to the life table of a group, shifted beta-geometric and beta-discrete-Weibull,
//! and the one with the lower AIC is taken; where fewer than [`FEW_RENEWALS`] renewals were seen the
//! latter, because the former's constant chances show late. The life table stays beside the curve:
//! intervals and base rates come from its counts.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use statistics::purchases::purchase_model::Fitted;
use statistics::refusal::{FitFailure, InputRefusal, SampleRefusal};
use statistics::tenures::curve::Curve;
use statistics::tenures::retention_errors::retention_errors;
use statistics::tenures::retention_fit::{TenureEffect, fit_retention};
use statistics::tenures::retention_model::{RetentionModel, RetentionParameters};
use statistics::tenures::tenure_base::TenureBase;

use super::life_tables::{Group, LifeTables, Subject, Table, TableSet};
use crate::domain::facts::ContractKind;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::report::{Figure, GroupReport, SearchEnd};
use crate::domain::model::standard_errors::StandardErrors;

/// Below so many renewals the curve whose chances may change is taken.
pub const FEW_RENEWALS: usize = 6;

/// The curve of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedCurve {
    /// The curve.
    pub model: RetentionModel,
    log_likelihood: f64,
    customers: f64,
    aic: f64,
    search: SearchEnd,
    #[serde(default)]
    standard_errors: StandardErrors,
}

/// The curves of a model as they are stored, checked on the way in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredRetention", into = "StoredRetention")]
pub struct RetentionSet {
    tables: TableSet,
    curves: BTreeMap<String, FittedCurve>,
    pooled: BTreeMap<String, String>,
    ends: BTreeMap<String, i64>,
}

/// The same before anybody looked at them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredRetention {
    tables: TableSet,
    curves: BTreeMap<String, FittedCurve>,
    /// Groups without a curve of their own, and why.
    pooled: BTreeMap<String, String>,
    /// When the observation of each line ended, in seconds since 1970.
    ends: BTreeMap<String, i64>,
}

/// What is wrong with stored curves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has a table and no curve")]
pub struct CurveMissing(String);

impl TryFrom<StoredRetention> for RetentionSet {
    type Error = CurveMissing;

    fn try_from(stored: StoredRetention) -> Result<Self, CurveMissing> {
        let mut names = stored
            .tables
            .tables()
            .iter()
            .map(|(group, _)| group.to_string());
        if let Some(name) = names.find(|name| !stored.curves.contains_key(name)) {
            return Err(CurveMissing(name));
        }
        Ok(Self {
            tables: stored.tables,
            curves: stored.curves,
            pooled: stored.pooled,
            ends: stored.ends,
        })
    }
}

impl From<RetentionSet> for StoredRetention {
    fn from(set: RetentionSet) -> Self {
        Self {
            tables: set.tables,
            curves: set.curves,
            pooled: set.pooled,
            ends: set.ends,
        }
    }
}

impl RetentionSet {
    /// Fits a curve to each table of tenures, saying so of each. Refused where there is none at all.
    pub fn fit(
        tables: Vec<(Group, Curve)>,
        mut tell: impl FnMut(&str, u32),
    ) -> Result<Self, FitRefusal> {
        let (mut kept, mut curves) = (Vec::new(), BTreeMap::new());
        let mut pooled = BTreeMap::new();
        let mut failure = FitFailure::Sample(SampleRefusal::Empty);
        for (group, curve) in tables {
            if group.subject == Subject::Gap {
                continue;
            }
            let name = group.to_string();
            tell(&name, 0);
            match fit_curve(&curve) {
                Ok(fitted) => {
                    tell(&name, fitted.search.iterations);
                    curves.insert(name, fitted);
                    kept.push((group, curve));
                }
                Err(error) => {
                    pooled.insert(name, error.to_string());
                    failure = error;
                }
            }
        }
        if curves.is_empty() {
            return Err(FitRefusal::of_group("all/all", failure));
        }
        Ok(Self {
            tables: TableSet::new(kept),
            curves,
            pooled,
            ends: BTreeMap::new(),
        })
    }

    /// Notes when the observation of each line ended.
    #[must_use]
    pub fn observed_until(self, ends: &BTreeMap<String, Timestamp>) -> Self {
        let ends = ends.iter();
        let ends = ends.map(|(line, end)| (line.clone(), end.as_second()));
        Self {
            ends: ends.collect(),
            ..self
        }
    }

    /// Returns when the observation of each line ended.
    pub fn observation_ends(&self) -> BTreeMap<String, Timestamp> {
        let ends = self.ends.iter();
        ends.filter_map(|(line, end)| Some((line.clone(), Timestamp::from_second(*end).ok()?)))
            .collect()
    }

    /// Returns the tables that the curves were fitted to.
    pub fn tables(&self) -> &[(Group, Curve)] {
        self.tables.tables()
    }

    /// Describes the curve of each group.
    pub(in crate::domain) fn reports(&self) -> Vec<GroupReport> {
        let told = self.tables.tables().iter().filter_map(|(group, table)| {
            let name = group.to_string();
            let curve = self.curves.get(&name)?;
            Some(curve.report(name, table))
        });
        let pooled = self.pooled.iter();
        let pooled = pooled.map(|(name, why)| GroupReport::pooled(name, why));
        told.chain(pooled).collect()
    }

    /// Returns the Akaike information criterion per customer, of everybody together where there is
    /// such a curve, else of the largest group.
    pub fn information_criterion(&self) -> f64 {
        let everybody = self.curves.get("all/all");
        let largest = || {
            let by_size = |one: &&FittedCurve, other: &&FittedCurve| {
                one.customers.total_cmp(&other.customers)
            };
            self.curves.values().max_by(by_size)
        };
        let curve = everybody.or_else(largest);
        curve.map_or(0.0, |curve| curve.aic / curve.customers.max(1.0))
    }
}

impl FittedCurve {
    fn of(fitted: &Fitted<RetentionModel>, base: &TenureBase) -> Self {
        let parameters = f64::from(parameter_count(fitted.model.parameters()));
        let convergence = fitted.convergence;
        Self {
            model: fitted.model,
            log_likelihood: fitted.log_likelihood,
            customers: fitted.rows,
            aic: 2.0 * parameters - 2.0 * fitted.log_likelihood,
            search: SearchEnd::of(convergence),
            standard_errors: StandardErrors::of(retention_errors(&fitted.model, base)),
        }
    }

    pub(super) fn report(&self, group: String, table: &Curve) -> GroupReport {
        let (family, parameters) = describe(self.model.parameters());
        GroupReport {
            group,
            family,
            sample_size: table.periods().first().map_or(0, |period| period.at_risk),
            parameters: self.standard_errors.beside(parameters),
            figures: vec![
                Figure::new("log_likelihood", self.log_likelihood),
                Figure::new("aic", self.aic),
                Figure::new("mean_hazard", table.mean_hazard()),
            ],
            search: Some(self.search.clone()),
            pooled_because: None,
        }
    }
}

const fn parameter_count(parameters: &RetentionParameters) -> u32 {
    match parameters {
        RetentionParameters::BetaDiscreteWeibull { .. } => 3,
        RetentionParameters::ShiftedBetaGeometric { .. }
        | RetentionParameters::DiscreteWeibull { .. } => 2,
    }
}

fn describe(parameters: &RetentionParameters) -> (&'static str, Vec<Figure>) {
    match *parameters {
        RetentionParameters::ShiftedBetaGeometric { alpha, beta } => (
            "shifted_beta_geometric",
            vec![Figure::new("alpha", alpha), Figure::new("beta", beta)],
        ),
        RetentionParameters::BetaDiscreteWeibull { alpha, beta, c } => (
            "beta_discrete_weibull",
            vec![
                Figure::new("alpha", alpha),
                Figure::new("beta", beta),
                Figure::new("c", c),
            ],
        ),
        RetentionParameters::DiscreteWeibull { m, c } => (
            "discrete_weibull",
            vec![Figure::new("m", m), Figure::new("c", c)],
        ),
    }
}

/// Fits both curves to a life table, and takes one.
fn fit_curve(table: &Curve) -> Result<FittedCurve, FitFailure> {
    let base = tenures(table).map_err(|_| FitFailure::Sample(SampleRefusal::Empty))?;
    let changing = fit_retention(&base, TenureEffect::Fitted);
    let constant = fit_retention(&base, TenureEffect::None);
    let is_short = table.periods().len() < FEW_RENEWALS;
    match (changing, constant) {
        (Ok(changing), Ok(constant)) => {
            let of = |fitted| FittedCurve::of(fitted, &base);
            let (changing, constant) = (of(&changing), of(&constant));
            if is_short || changing.aic <= constant.aic {
                Ok(changing)
            } else {
                Ok(constant)
            }
        }
        (Ok(fitted), Err(_)) | (Err(_), Ok(fitted)) => Ok(FittedCurve::of(&fitted, &base)),
        (Err(failure), Err(_)) => Err(failure),
    }
}

/// Reads exits by period out of a life table: who did not end in a period, and did not enter the next
/// one, was last seen at it.
fn tenures(table: &Curve) -> Result<TenureBase, InputRefusal> {
    let mut base = TenureBase::default();
    let periods = table.periods();
    for (index, period) in periods.iter().enumerate() {
        let entered_next = periods.get(index + 1).map_or(0, |next| next.at_risk);
        let left = small(period.ended);
        let last_seen = small((period.at_risk - period.ended).saturating_sub(entered_next));
        let number = small(u64::try_from(index).unwrap_or(u64::MAX)).saturating_add(1);
        base.add_left(number, left)?;
        base.add_stayed(number, last_seen)?;
    }
    Ok(base)
}

fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The curves of a model, ready for look-ups.
#[derive(Clone, Debug)]
pub struct RetentionCurves {
    /// The version of the model.
    pub version: u64,
    pub(super) tables: LifeTables,
    pub(super) curves: BTreeMap<String, FittedCurve>,
}

impl RetentionCurves {
    /// Arranges the curves of a model.
    pub fn new(version: u64, set: RetentionSet) -> Self {
        Self {
            version,
            tables: LifeTables::new(version, set.tables.into_tables()),
            curves: set.curves,
        }
    }

    /// Finds the curve to judge a subscription of some tenure by, and the life table it was fitted to:
    /// by the same rule as among life tables.
    pub fn contract(
        &self,
        business_line: &str,
        kind: ContractKind,
        tenure_months: f64,
    ) -> Option<(&Table, &RetentionModel)> {
        let table = self.tables.contract(business_line, kind, tenure_months)?;
        Some((table, &self.curves.get(&table.name)?.model))
    }

    /// Finds the table that the base rate of a line comes from.
    pub fn every_contract(&self, business_line: &str) -> Option<&Table> {
        self.tables.every_contract(business_line)
    }
}

#[cfg(test)]
mod tests {
    use statistics::tenures::curve::Period;
    use statistics::tenures::retention::Retention;

    use super::*;

    fn table(periods: &[(u64, u64)]) -> (Group, Curve) {
        let group = Group {
            business_line: Some("telecom".to_owned()),
            subject: Subject::EveryContract,
        };
        let periods = periods.iter();
        let periods = periods.map(|&(at_risk, ended)| Period { at_risk, ended });
        (group, Curve::new(periods.collect()))
    }

    /// The regular customers of Fader & Hardie (2007), table 1, of a thousand.
    fn regular() -> (Group, Curve) {
        let survivors = [1_000, 631, 468, 382, 326, 289, 262, 241];
        let periods: Vec<(u64, u64)> = survivors
            .windows(2)
            .map(|pair| (pair[0], pair[0] - pair[1]))
            .collect();
        table(&periods)
    }

    #[test]
    fn the_published_cohort_is_fitted_and_reported() {
        let set = RetentionSet::fit(vec![regular()], |_, _| {}).unwrap();
        let reports = set.reports();
        let curves = RetentionCurves::new(3, set);
        let kind = ContractKind::MonthToMonth;
        let (table, model) = curves.contract("telecom", kind, 2.0).unwrap();
        assert_eq!(table.name, "telecom/all");
        assert!((model.survival(7.0) - 0.241).abs() < 0.01);
        assert_eq!(reports[0].sample_size, 1_000);
        assert!(reports[0].search.is_some());
        let are_known = |figure: &Figure| figure.standard_error.is_some_and(|error| error > 0.0);
        assert!(reports[0].parameters.iter().all(are_known), "{reports:?}");
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let nobody = table(&[(100, 0), (100, 0)]);
        let refusal = RetentionSet::fit(vec![nobody], |_, _| {}).unwrap_err();
        assert!(matches!(
            refusal,
            FitRefusal::NotFittable {
                cause: "nobody_left",
                ..
            }
        ));
        let everybody = table(&[(100, 100)]);
        let refusal = RetentionSet::fit(vec![everybody], |_, _| {}).unwrap_err();
        assert!(matches!(
            refusal,
            FitRefusal::NotFittable {
                cause: "nobody_stayed",
                ..
            }
        ));
        let refusal = RetentionSet::fit(Vec::new(), |_, _| {}).unwrap_err();
        assert!(matches!(refusal, FitRefusal::TooLittle { .. }));
    }
}
