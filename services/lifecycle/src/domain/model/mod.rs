//! Models of every kind as versions: what is known of them, how they compare, and when each was in
//! use. A model never changes; another version takes its place.

pub mod activation;
pub mod basis;
pub mod bins;
pub mod comparison;
pub mod drift;
pub mod fit_refusal;
pub mod forecast;
pub mod in_use;
pub mod report;
pub mod standard_errors;
pub mod ticket;

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::foreign::{ForeignOrigin, ForeignSet};
use crate::domain::propensity::PropensitySet;
use crate::domain::purchase::model::PurchaseSet;
use crate::domain::tenure::life_tables::TableSet;
use crate::domain::tenure::retention::RetentionSet;
use report::{Evaluation, GroupReport};

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

    /// Tells whether all that it reads is told of customers. What an earlier release told, and this
    /// one does not, would be missing for everybody.
    pub fn reads_what_is_told(&self) -> bool {
        match self {
            Self::Propensity(models) => models.reads_what_is_told(),
            Self::ForeignPropensity(models) => models.reads_what_is_told(),
            Self::LifeTable(_) | Self::Purchase(_) | Self::Retention(_) => true,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_keys_that_lead_back() {
        for kind in ModelKind::ALL {
            assert_eq!(ModelKind::from_key(kind.key()), Some(kind));
        }
        assert_eq!(ModelKind::from_key("astrology"), None);
    }
}
