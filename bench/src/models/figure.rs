//! A figure of the models, and what it should be.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Two parameters are the same when they agree in so much of the published one: four digits.
const SAME: f64 = 5e-5;

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Value {
    /// A single number.
    Number(f64),
    /// The parameters of a model, by name.
    Parameters(BTreeMap<&'static str, f64>),
}

/// What it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Goal {
    /// As much or more.
    AtLeast(f64),
    /// As much or less.
    AtMost(f64),
    /// So much, with an absolute tolerance.
    Near {
        /// So much.
        value: f64,
        /// The tolerance.
        within: f64,
    },
    /// These parameters, to four digits.
    Parameters(BTreeMap<&'static str, f64>),
}

/// A figure with its goal.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    /// Its name.
    pub(super) name: String,
    /// What was found; of what was measured in rounds, the ratio of the medians.
    pub(super) value: Value,
    /// What each round found, where there were rounds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) rounds: Vec<f64>,
    /// What it should be.
    pub(super) goal: Option<Goal>,
    /// Whether it is.
    pub(super) reached: Option<bool>,
}

impl Figure {
    /// Compares a value with its goal.
    pub(super) fn new(name: impl Into<String>, value: Value, goal: Option<Goal>) -> Self {
        let reached = goal.as_ref().map(|goal| goal.is_reached_by(&value));
        Self {
            name: name.into(),
            value,
            rounds: Vec::new(),
            goal,
            reached,
        }
    }
}

impl Goal {
    fn is_reached_by(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::AtLeast(least), Value::Number(value)) => value >= least,
            (Self::AtMost(most), Value::Number(value)) => value <= most,
            (
                Self::Near {
                    value: goal,
                    within,
                },
                Value::Number(value),
            ) => (value - goal).abs() <= *within,
            (Self::Parameters(goal), Value::Parameters(value)) => {
                goal.keys().eq(value.keys())
                    && goal
                        .values()
                        .zip(value.values())
                        .all(|(goal, value)| (value / goal - 1.0).abs() <= SAME)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A ratio, a loss, a likelihood: what matters is in so many decimals.
            Self::Number(value) if value.abs() >= 1_000.0 => write!(formatter, "{value:.3}"),
            Self::Number(value) if value.abs() >= 2.0 => write!(formatter, "{value:.2}"),
            Self::Number(value) => write!(formatter, "{value:.4}"),
            Self::Parameters(parameters) => write_parameters(parameters, formatter),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(formatter, "at least {least}"),
            Self::AtMost(most) => write!(formatter, "at most {most}"),
            Self::Near { value, within } => write!(formatter, "{value} ± {within}"),
            Self::Parameters(parameters) => write_parameters(parameters, formatter),
        }
    }
}

fn write_parameters(
    parameters: &BTreeMap<&'static str, f64>,
    formatter: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut separator = "";
    for (name, value) in parameters {
        write!(formatter, "{separator}{name} {value:.5}")?;
        separator = ", ";
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_tell_what_is_reached() {
        let reached =
            |goal: Goal, value| Figure::new("any", Value::Number(value), Some(goal)).reached;
        assert_eq!(reached(Goal::AtLeast(4.0), 4.0), Some(true));
        assert_eq!(reached(Goal::AtLeast(4.0), 3.9), Some(false));
        assert_eq!(reached(Goal::AtLeast(4.0), f64::NAN), Some(false));
        assert_eq!(reached(Goal::AtMost(0.41), 0.42), Some(false));
        let near = Goal::Near {
            value: -10.0,
            within: 1e-3,
        };
        assert_eq!(reached(near.clone(), -10.000_9), Some(true));
        assert_eq!(reached(near, -10.002), Some(false));
    }

    #[test]
    fn parameters_agree_to_four_digits_or_do_not() {
        let reached = |names: [&'static str; 2], value| {
            let goal = Goal::Parameters([("r", 0.242_59), ("b", 2.0)].into());
            let value = Value::Parameters([(names[0], value), (names[1], 2.0)].into());
            Figure::new("any", value, Some(goal)).reached
        };
        assert_eq!(reached(["r", "b"], 0.242_595), Some(true));
        assert_eq!(reached(["r", "b"], 0.242_7), Some(false));
        assert_eq!(reached(["r", "q"], 0.242_59), Some(false));
    }
}
