//! How far customers have moved away from those that a model was fitted on, and its probabilities
//! from what happened.

use serde::{Deserialize, Serialize};

use super::calibration::calibration;
use super::design::cell;
use super::evaluation::quantile;
use super::frame::{Frame, MISSING, Values};
use super::levels::Levels;
use super::model::PropensityModel;
use super::schema::{Cell, Input, Row, Schema};
use crate::numeric::counting::real;
use crate::numeric::log_space::logistic;

/// Numbers are compared in ten groups, bounded by the deciles of training.
const GROUPS: usize = 10;
/// The most levels of a category that are compared one by one.
const MOST_LEVELS: usize = 20;
/// Added to each count, so that an empty group has a logarithm.
const HALF: f64 = 0.5;

/// The groups of one input, and the rows of training in each. The first group is "not known".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Profile {
    groups: Groups,
    counts: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Groups {
    /// Upper bounds of all groups but the last one.
    Numbers(Vec<f64>),
    Levels(Levels),
}

/// How the inputs of customers were spread, for models that do not know it themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredSpread")]
pub struct Spread {
    schema: Schema,
    profiles: Vec<Profile>,
}

/// The same as it is stored, before it is checked.
#[derive(Deserialize)]
struct StoredSpread {
    schema: Schema,
    profiles: Vec<Profile>,
}

/// What was stored is no spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored spread of the inputs is damaged")]
pub struct SpreadDamaged;

/// Counts customers in the groups of a model's inputs.
#[derive(Clone, Debug)]
pub struct DriftCounts<'a> {
    schema: &'a Schema,
    profiles: &'a [Profile],
    counts: Vec<Vec<u64>>,
    rows: u64,
}

/// How far one input has moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InputDrift<'a> {
    /// The input.
    pub input: &'a str,
    /// The population-stability index, `Σ (new − old)·ln(new/old)` over shares of groups (Lewis
    /// 1994): below 0.1 nothing has happened, above 0.25 the model should be fitted anew.
    pub stability_index: f64,
    /// The share whose value is not known or was not there in training, as it is now.
    pub unknown_share: f64,
}

/// How far probabilities are from what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationDrift {
    /// The customers.
    pub rows: usize,
    /// Those who left.
    pub observed: usize,
    /// How many should have, by their probabilities.
    pub expected: f64,
    /// What the log-odds would have to be multiplied with; `None` where that cannot be told.
    pub slope: Option<f64>,
    /// What would have to be added to them after that.
    pub intercept: Option<f64>,
}

impl Profile {
    pub(super) fn learn(values: &Values, rows: usize) -> Self {
        let groups = match values {
            Values::Numbers(numbers) => {
                let mut sorted: Vec<f64> =
                    numbers.iter().copied().filter(|it| !it.is_nan()).collect();
                sorted.sort_by(f64::total_cmp);
                let mut bounds: Vec<f64> = (1..GROUPS)
                    .map(|group| quantile(&sorted, real(group) / real(GROUPS)))
                    .collect();
                bounds.dedup();
                Groups::Numbers(bounds)
            }
            Values::Categories { levels, codes } => {
                let all: Vec<u32> = (0..).take(rows).collect();
                Groups::Levels(Levels::learn(codes, &all, levels.len(), MOST_LEVELS))
            }
        };
        let mut counts = vec![0; groups.count()];
        for row in (0..).take(rows) {
            counts[groups.of(cell(values, row))] += 1;
        }
        Self { groups, counts }
    }

    /// Whether the profile fits an input with so many levels; none for numbers.
    pub(super) fn fits(&self, levels: Option<usize>) -> bool {
        let groups = match (&self.groups, levels) {
            (Groups::Numbers(bounds), None) => {
                bounds.iter().all(|bound| bound.is_finite())
                    && bounds.windows(2).all(|pair| pair[0] < pair[1])
            }
            (Groups::Levels(groups), Some(levels)) => groups.fits(levels, u8::MAX),
            _ => false,
        };
        groups && self.counts.len() == self.groups.count()
    }

    fn stability_index(&self, counts: &[u64]) -> f64 {
        let total = |counts: &[u64]| {
            let sum: f64 = counts.iter().map(|count| whole(*count) + HALF).sum();
            sum
        };
        let (old_total, new_total) = (total(&self.counts), total(counts));
        self.counts
            .iter()
            .zip(counts)
            .map(|(old, new)| {
                let old = (whole(*old) + HALF) / old_total;
                let new = (whole(*new) + HALF) / new_total;
                (new - old) * (new / old).ln()
            })
            .sum()
    }
}

impl Groups {
    fn count(&self) -> usize {
        match self {
            Self::Numbers(bounds) => bounds.len() + 2,
            Self::Levels(levels) => usize::from(levels.groups()) + 2,
        }
    }

    /// Returns the group of a value: "not known" first, then, of a category, the rare ones.
    fn of(&self, cell: Cell) -> usize {
        match (self, cell) {
            (Self::Numbers(bounds), Cell::Number(number)) if !number.is_nan() => {
                1 + bounds.partition_point(|bound| *bound < number)
            }
            (Self::Levels(levels), Cell::Code(code)) if code != MISSING => {
                1 + usize::from(levels.group(code))
            }
            _ => 0,
        }
    }
}

/// Whether there is a profile that fits for each input.
pub(super) fn profiles_fit(profiles: &[Profile], schema: &Schema) -> bool {
    let mut matched = schema.inputs().iter().zip(profiles);
    profiles.len() == schema.inputs().len()
        && matched.all(|(input, profile)| profile.fits(input.levels()))
}

impl Spread {
    /// Learns how the columns of a frame are spread.
    pub fn learn(frame: &Frame) -> Self {
        let columns: Vec<_> = frame.columns().iter().collect();
        let profiles = columns
            .iter()
            .map(|column| Profile::learn(&column.values, frame.rows()));
        Self {
            profiles: profiles.collect(),
            schema: Schema::of(&columns),
        }
    }

    /// Returns the inputs.
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }
}

impl TryFrom<StoredSpread> for Spread {
    type Error = SpreadDamaged;

    fn try_from(StoredSpread { schema, profiles }: StoredSpread) -> Result<Self, SpreadDamaged> {
        let is_sound =
            schema.inputs().iter().all(Input::is_sound) && profiles_fit(&profiles, &schema);
        is_sound
            .then_some(Self { schema, profiles })
            .ok_or(SpreadDamaged)
    }
}

impl<'a> DriftCounts<'a> {
    /// Begins to count beside the customers that a model was fitted on.
    pub fn of(model: &'a PropensityModel) -> Self {
        Self::beside(model.schema(), model.profiles())
    }

    /// Begins to count beside others.
    pub fn of_spread(spread: &'a Spread) -> Self {
        Self::beside(&spread.schema, &spread.profiles)
    }

    fn beside(schema: &'a Schema, profiles: &'a [Profile]) -> Self {
        let counts = profiles.iter().map(|it| vec![0; it.counts.len()]);
        Self {
            counts: counts.collect(),
            schema,
            profiles,
            rows: 0,
        }
    }

    /// Counts a customer, checked against the same schema.
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        let profiles = self.profiles.iter().zip(&row.cells);
        for (counts, (profile, cell)) in self.counts.iter_mut().zip(profiles) {
            counts[profile.groups.of(*cell)] += 1;
        }
    }

    /// Returns how far each input has moved, in the order of the schema; nothing where nobody was
    /// counted.
    pub fn drifts(&self) -> Vec<InputDrift<'a>> {
        if self.rows == 0 {
            return Vec::new();
        }
        let inputs = self.schema.inputs().iter();
        let measured = inputs.zip(self.profiles).zip(&self.counts);
        measured
            .map(|((input, profile), counts)| {
                let unseen = match &profile.groups {
                    Groups::Numbers(_) => 0,
                    Groups::Levels(_) => counts[1],
                };
                InputDrift {
                    input: &input.name,
                    stability_index: profile.stability_index(counts),
                    unknown_share: whole(counts[0] + unseen) / whole(self.rows),
                }
            })
            .collect()
    }
}

impl CalibrationDrift {
    /// Compares log-odds with what happened; `None` where there is nobody.
    pub fn of(log_odds: &[f64], labels: &[bool]) -> Option<Self> {
        if labels.is_empty() || labels.len() != log_odds.len() {
            return None;
        }
        let calibrated = calibration(log_odds, labels);
        Some(Self {
            rows: labels.len(),
            observed: labels.iter().filter(|left| **left).count(),
            expected: log_odds.iter().map(|it| logistic(*it)).sum(),
            slope: calibrated.map(|(_, slope)| slope),
            intercept: calibrated.map(|(intercept, _)| intercept),
        })
    }

    /// Returns how many left for each who should have: one where the level is right.
    pub fn observed_to_expected(&self) -> f64 {
        real(self.observed) / self.expected.max(f64::MIN_POSITIVE)
    }
}

fn whole(count: u64) -> f64 {
    usize::try_from(count).map_or(f64::MAX, real)
}
