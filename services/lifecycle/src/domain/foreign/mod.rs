//! A propensity model that somebody else trained, as a version of ours: what was declared, how it did
//! on the customers held, and the models of ours that stay for the lines it is not for. The file is
//! kept beside it.

pub mod evaluation;
pub mod in_use;

use std::collections::BTreeMap;

use foreign_model::declaration::Declaration;
use serde::{Deserialize, Serialize};
use statistics::propensity::drift::Spread;
use statistics::propensity::evaluation::Figures;
use statistics::propensity::schema::Value;

use crate::domain::model::forecast::real;
use crate::domain::model::report::{Figure, GroupReport};
use crate::domain::propensity::features::FeatureKind;
use crate::domain::propensity::{PropensitySet, figures_of};

/// The family that these models are shown as.
const FAMILY: &str = "onnx";

/// Where a model came from that was not fitted here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignOrigin {
    /// Who trained it.
    pub trained_by: String,
    /// What it is, in the words of who imported it.
    pub description: String,
    /// The SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The bytes of the file.
    pub bytes: u64,
}

/// A version that serves somebody else's model in some lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignSet {
    /// What was declared.
    pub declaration: Declaration,
    /// The lines that it was judged in, and serves.
    pub lines: BTreeMap<String, ForeignLine>,
    /// The models of ours that were in use when it was imported: of these the other lines are served.
    pub ours: Option<PropensitySet>,
}

/// How a foreign model stands to one business line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignLine {
    /// The horizon within which customers left, or stayed.
    pub horizon_days: u32,
    /// The day at whose end customers were looked at, counted from 1970-01-01.
    pub landmark_day: i32,
    /// How its inputs were spread.
    pub inputs: Spread,
    /// How it did.
    pub figures: Figures,
    /// The inputs that reasons are sought in.
    pub tried: Vec<Tried>,
}

/// An input that reasons are sought in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// Its place among the declared inputs.
    pub place: usize,
    /// What takes the place of the customer's own value.
    pub typical: Typical,
}

/// What is typical of the customers of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Typical {
    /// Nothing is known.
    Missing,
    /// The median.
    Number(f64),
    /// The most frequent word.
    Word(String),
}

impl Typical {
    /// Lends it as a value.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Missing => Value::Missing,
            Self::Number(number) => Value::Number(*number),
            Self::Word(word) => Value::Category(word),
        }
    }
}

impl ForeignSet {
    /// Tells whether all inputs, and those of the models of ours, are among the features that there
    /// are.
    pub(super) fn reads_what_is_told(&self) -> bool {
        let mut inputs = self.declaration.inputs.iter();
        let ours = self.ours.as_ref();
        inputs.all(|input| FeatureKind::of(input.feature()).is_some())
            && ours.is_none_or(PropensitySet::reads_what_is_told)
    }

    /// Describes the model of each group.
    pub(super) fn reports(&self) -> Vec<GroupReport> {
        let inputs = real(self.declaration.inputs.len());
        let ours = self.ours.iter().flat_map(PropensitySet::reports);
        let ours = ours.filter(|report| !self.lines.contains_key(&report.group));
        let lines = self.lines.iter();
        lines
            .map(|(name, line)| line.report(name, inputs))
            .chain(ours)
            .collect()
    }
}

impl ForeignLine {
    fn report(&self, name: &str, inputs: f64) -> GroupReport {
        let mut figures = figures_of(&self.figures);
        figures.push(Figure::new("inputs", inputs));
        GroupReport {
            group: name.to_owned(),
            family: FAMILY,
            sample_size: u64::try_from(self.figures.rows).unwrap_or(u64::MAX),
            parameters: Vec::new(),
            figures,
            search: None,
            pooled_because: None,
        }
    }
}

#[cfg(test)]
mod tests;
