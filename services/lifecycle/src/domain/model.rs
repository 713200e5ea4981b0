//! Models of every kind as versions: what is known of them, how they compare, and when each was in
//! use. A model never changes; another version takes its place.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::comparison::Comparison;
use super::foreign::{ForeignOrigin, ForeignSet};
use super::life_tables::TableSet;
use super::propensity::PropensitySet;
use super::purchase_model::PurchaseSet;
use super::retention::RetentionSet;
use statistics::numeric::optimise::Convergence;

/// What a model is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ModelKind {
    /// How long others stayed, or were silent: counts.
    LifeTable,
    /// When and for how much non-contractual customers buy.
    Purchase,
    /// How long contractual customers stay.
    Retention,
    /// Which contractual customers leave.
    Propensity,
}

impl ModelKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [
        Self::LifeTable,
        Self::Purchase,
        Self::Retention,
        Self::Propensity,
    ];

    /// Returns the key under which the kind is stored and shown.
    pub const fn key(self) -> &'static str {
        match self {
            Self::LifeTable => "life_table",
            Self::Purchase => "purchase",
            Self::Retention => "retention",
            Self::Propensity => "propensity",
        }
    }

    /// Finds the kind of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// A model as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Artifact {
    /// Life tables.
    LifeTable(TableSet),
    /// Purchase models.
    Purchase(Box<PurchaseSet>),
    /// Retention curves.
    Retention(RetentionSet),
    /// Propensity models.
    Propensity(Box<PropensitySet>),
    /// A propensity model of somebody else's, but for its file.
    ForeignPropensity(Box<ForeignSet>),
}

impl Artifact {
    /// Returns what the model is about.
    pub const fn kind(&self) -> ModelKind {
        match self {
            Self::LifeTable(_) => ModelKind::LifeTable,
            Self::Purchase(_) => ModelKind::Purchase,
            Self::Retention(_) => ModelKind::Retention,
            Self::Propensity(_) | Self::ForeignPropensity(_) => ModelKind::Propensity,
        }
    }

    /// Tells whether it is of use only with its file.
    pub const fn needs_file(&self) -> bool {
        matches!(self, Self::ForeignPropensity(_))
    }

    /// Describes the model of each group.
    pub fn groups(&self) -> Vec<GroupReport> {
        match self {
            Self::LifeTable(tables) => tables.reports(),
            Self::Purchase(models) => models.reports(),
            Self::Retention(curves) => curves.reports(),
            Self::Propensity(models) => models.reports(),
            Self::ForeignPropensity(models) => models.reports(),
        }
    }
}

/// One number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The name.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its standard error, where it is known.
    pub standard_error: Option<f64>,
    /// It is a parameter that the data do not tell from others, so that it has no error.
    #[serde(default)]
    pub not_identified: bool,
}

impl Figure {
    /// Names a number.
    pub fn new(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            standard_error: None,
            not_identified: false,
        }
    }

    /// Says that not everybody was learnt from, where that is so: how many there were, and of how
    /// many one was drawn.
    pub(super) fn of_share(seen: u64, one_in: u64) -> Vec<Self> {
        if one_in <= 1 {
            return Vec::new();
        }
        vec![
            Self::new("drawn_of", real(seen)),
            Self::new("drawn_one_in", real(one_in)),
        ]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of customers are far below 2^52"
)]
pub(super) const fn real(count: u64) -> f64 {
    count as f64
}

/// How the search for the parameters ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchEnd {
    /// The steps taken.
    pub iterations: u32,
    /// The evaluations of the likelihood with its gradient.
    pub evaluations: u32,
    /// The largest component of the gradient that was left, per customer.
    pub largest_slope: f64,
    /// A parameter that the data hardly bound.
    pub hardly_bounded: Option<String>,
}

impl SearchEnd {
    /// Writes down how a search ended.
    pub fn of(convergence: Convergence) -> Self {
        Self {
            iterations: convergence.iterations,
            evaluations: convergence.evaluations,
            largest_slope: convergence.largest_slope,
            hardly_bounded: convergence.hardly_bounded.map(str::to_owned),
        }
    }
}

/// The model of one group, for whoever wants to look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReport {
    /// The group.
    pub group: String,
    /// The family; empty where the group has no model of its own.
    pub family: &'static str,
    /// How many rows it has.
    pub sample_size: u64,
    /// The parameters.
    pub parameters: Vec<Figure>,
    /// What else was found.
    pub figures: Vec<Figure>,
    /// How the search ended, where there was one.
    pub search: Option<SearchEnd>,
    /// Why it has no model of its own.
    pub pooled_because: Option<String>,
}

impl GroupReport {
    /// A group that is told by everybody together.
    pub(super) fn pooled(group: &str, why: &str) -> Self {
        Self {
            group: group.to_owned(),
            family: "",
            sample_size: 0,
            parameters: Vec::new(),
            figures: Vec::new(),
            search: None,
            pooled_because: Some(why.to_owned()),
        }
    }
}

/// How well a model does on what it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The figure that decides between two models.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// A higher value is the better one.
    pub higher_is_better: bool,
    /// Every figure.
    pub figures: Vec<Figure>,
    /// How it did beside the version that was in use at its fit; absent where there was none, or too
    /// few to compare on.
    #[serde(default)]
    pub comparison: Option<Comparison>,
}

/// Differences this small, relative, are rounding.
const ROUNDING: f64 = 1e-9;

impl Evaluation {
    /// Says whether it is worse than another one. What was measured by another measure does not
    /// compare.
    pub fn is_worse_than(&self, other: &Self) -> bool {
        let loss = if self.higher_is_better {
            other.value - self.value
        } else {
            self.value - other.value
        };
        self.measure == other.measure && loss > ROUNDING * other.value.abs()
    }
}

/// What is known about a fitted model without its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSummary {
    /// The version, from one.
    pub version: u64,
    /// What it is about.
    pub kind: ModelKind,
    /// When it was fitted.
    pub fit_time: Timestamp,
    /// How many subscriptions, gaps or customers it was fitted on.
    pub sample_size: u64,
    /// How many of these had ended, or had bought again.
    pub event_count: u64,
    /// It is the one in use.
    pub active: bool,
    /// How well it does; absent for what is a count.
    pub evaluation: Option<Evaluation>,
    /// What is stored cannot be read back as a model.
    pub corrupt: bool,
    /// Where it came from, if it was not fitted here.
    pub foreign: Option<ForeignOrigin>,
}

/// Some models, newest first.
#[derive(Clone, Debug)]
pub struct ModelPage {
    /// The models.
    pub models: Vec<ModelSummary>,
    /// There are older ones.
    pub more: bool,
}

/// A model and what is stored of it; absent where that is corrupt.
#[derive(Clone, Debug)]
pub struct StoredModel {
    /// What is known about it.
    pub summary: ModelSummary,
    /// The model.
    pub artifact: Option<Artifact>,
}

/// What a fit gives.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The model.
    pub artifact: Artifact,
    /// How many subscriptions, gaps or customers it was fitted on.
    pub sample_size: u64,
    /// How many of these had ended, or had bought again.
    pub event_count: u64,
    /// How well it does.
    pub evaluation: Option<Evaluation>,
}

/// Puts a version in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its number among all activations, which stages and scores name; zero before it is stored.
    pub number: u64,
    /// The version.
    pub version: u64,
    /// When.
    pub activate_time: Timestamp,
    /// Who, as an id; empty when it was not said.
    pub activated_by: String,
    /// Even though it evaluates worse than the one in use.
    pub forced: bool,
    /// Why it was forced.
    pub reason: String,
}

/// A model evaluates worse than the one in use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "version {version} has a {measure} of {value:.6}, version {active_version}, which is in use, {active_value:.6}"
)]
pub struct NotBetter {
    /// The version that is not put in use.
    pub version: u64,
    /// The one in use.
    pub active_version: u64,
    /// What was compared.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// The value of the one in use.
    pub active_value: f64,
}

/// Refuses a model that evaluates worse than the one in use: on the same customers, where the two
/// were compared, and else by the figures that each was given at its own fit.
pub fn compare(candidate: &ModelSummary, active: Option<&ModelSummary>) -> Result<(), NotBetter> {
    let Some(active) = active.filter(|active| active.version != candidate.version) else {
        return Ok(());
    };
    if let Some(compared) = compared(candidate, active) {
        if !compared.is_worse() {
            return Ok(());
        }
        return Err(NotBetter {
            version: candidate.version,
            active_version: active.version,
            measure: compared.measure,
            value: compared.value,
            active_value: compared.other_value,
        });
    }
    match (&candidate.evaluation, &active.evaluation) {
        (Some(new), Some(old)) if new.is_worse_than(old) => Err(NotBetter {
            version: candidate.version,
            active_version: active.version,
            measure: new.measure.clone(),
            value: new.value,
            active_value: old.value,
        }),
        _ => Ok(()),
    }
}

/// Finds how two versions did on the same customers, at the fit of either, as seen from the candidate.
fn compared(candidate: &ModelSummary, active: &ModelSummary) -> Option<Comparison> {
    let of = |model: &ModelSummary, other: u64| {
        let comparison = model.evaluation.as_ref()?.comparison.clone();
        comparison.filter(|comparison| comparison.version == other)
    };
    let turned = || Some(of(active, candidate.version)?.turned(active.version));
    of(candidate, active.version).or_else(turned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(measure: &str, value: f64, higher_is_better: bool) -> Evaluation {
        Evaluation {
            measure: measure.to_owned(),
            value,
            higher_is_better,
            figures: Vec::new(),
            comparison: None,
        }
    }

    fn summary(version: u64, value: f64, comparison: Option<Comparison>) -> ModelSummary {
        ModelSummary {
            version,
            kind: ModelKind::Retention,
            fit_time: Timestamp::UNIX_EPOCH,
            sample_size: 900,
            event_count: 300,
            active: false,
            evaluation: Some(Evaluation {
                comparison,
                ..evaluation("log_loss", value, false)
            }),
            corrupt: false,
            foreign: None,
        }
    }

    #[test]
    fn versions_are_compared_on_the_same_customers_where_they_were() {
        let beside = |version, value, other_value| Comparison {
            version,
            measure: "held_out_log_loss".to_owned(),
            rows: 400,
            value,
            other_value,
            standard_error: 0.01,
        };
        let old = summary(1, 0.4, None);
        // Its own figure is of a harder time.
        let as_good = summary(2, 0.6, Some(beside(1, 0.59, 0.6)));
        assert_eq!(compare(&as_good, Some(&old)), Ok(()));
        let worse = summary(2, 0.3, Some(beside(1, 0.62, 0.6)));
        let refusal = compare(&worse, Some(&old)).unwrap_err();
        assert_eq!(
            (refusal.measure.as_str(), refusal.active_version),
            ("held_out_log_loss", 1)
        );
        // Going back to the old one is judged by what was found at the fit of the new one.
        assert!(compare(&old, Some(&summary(2, 0.6, Some(beside(1, 0.5, 0.6))))).is_err());
        assert_eq!(compare(&old, Some(&worse)), Ok(()));
        // Beside a third one nothing was found: each by its own figure.
        let third = summary(3, 0.5, Some(beside(2, 0.1, 0.2)));
        assert!(compare(&third, Some(&old)).is_err());
    }

    #[test]
    fn worse_is_by_the_same_measure_and_beyond_rounding() {
        let loss = |value| evaluation("log_loss", value, false);
        assert!(loss(0.42).is_worse_than(&loss(0.41)));
        assert!(!loss(0.41).is_worse_than(&loss(0.42)));
        assert!(!loss(0.41 + 1e-12).is_worse_than(&loss(0.41)));
        let area = |value| evaluation("area_under_curve", value, true);
        assert!(area(0.7).is_worse_than(&area(0.8)));
        assert!(!area(0.8).is_worse_than(&area(0.7)));
        assert!(!area(0.1).is_worse_than(&loss(0.2)));
    }

    #[test]
    fn kinds_have_keys_that_lead_back() {
        for kind in ModelKind::ALL {
            assert_eq!(ModelKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(ModelKind::from_key("astrology"), None);
    }
}
