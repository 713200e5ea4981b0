//! How far customers have moved away from those a model was fitted on, and whether what it foretold
//! came true.

use super::ModelSummary;

/// How far the distribution of one input has moved.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDrift {
    /// The group; empty where there is only one.
    pub group: String,
    /// The input.
    pub input: String,
    /// The population stability index.
    pub stability_index: f64,
    /// The share whose value is not known or was not there at the fit; absent where all are.
    pub unknown_share: Option<f64>,
}

/// What was foretold, and what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationDrift {
    /// The group; empty where there is only one.
    pub group: String,
    /// How many were watched.
    pub sample_size: u64,
    /// How many events were expected.
    pub expected: f64,
    /// How many there were.
    pub observed: f64,
    /// How many days were watched.
    pub watched_days: u32,
    /// What the log-odds would have to be multiplied with to be right; absent where there are none or
    /// it cannot be told.
    pub slope: Option<f64>,
    /// What would have to be added to them after that.
    pub intercept: Option<f64>,
}

/// The drift of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The model.
    pub summary: ModelSummary,
    /// Its inputs.
    pub inputs: Vec<InputDrift>,
    /// Its forecasts.
    pub calibrations: Vec<CalibrationDrift>,
}
