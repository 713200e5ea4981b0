//! The figures: one measure as a share of another of the same run.

use std::collections::BTreeSet;

use rekindle::failure::{Exit, Failure};
use serde::Serialize;

use super::measure::{Measure, Measured, Rounds};

/// What of a measure is compared.
#[derive(Clone, Copy, Debug)]
enum Value {
    Rate,
    P99,
}

impl Value {
    fn of(self, measured: &Measured) -> f64 {
        match self {
            Self::Rate => measured.per_second,
            Self::P99 => measured.p99_ms,
        }
    }
}

/// A figure and the least it should be, if there is such a goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    name: &'static str,
    value: Value,
    above: Measure,
    below: Measure,
    at_least: Option<f64>,
}

/// Every figure.
const RATIOS: [Ratio; 5] = [
    Ratio {
        name: "speed.save_offer_vs_pgbench",
        value: Value::Rate,
        above: Measure::SaveOffer,
        below: Measure::Pgbench,
        at_least: Some(0.6),
    },
    Ratio {
        name: "speed.save_offer_vs_echo",
        value: Value::Rate,
        above: Measure::SaveOffer,
        below: Measure::Echo,
        at_least: Some(0.15),
    },
    Ratio {
        name: "speed.status_vs_hop",
        value: Value::Rate,
        above: Measure::Status,
        below: Measure::Hop,
        at_least: Some(0.5),
    },
    Ratio {
        name: "speed.p99_vs_echo",
        value: Value::P99,
        above: Measure::SaveOfferOpen,
        below: Measure::EchoOpen,
        at_least: None,
    },
    Ratio {
        name: "speed.redis_down_vs_warm",
        value: Value::Rate,
        above: Measure::SaveOfferRedisDown,
        below: Measure::SaveOffer,
        at_least: None,
    },
];

/// A figure as it was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    /// Its name.
    pub(crate) name: &'static str,
    /// The ratio of the medians; absent when one side was not measured.
    pub(crate) value: Option<f64>,
    /// The ratio of each round, to show how far they lie apart.
    pub(crate) rounds: Vec<f64>,
    /// The least it should be.
    pub(crate) at_least: Option<f64>,
    /// Whether it is at least that.
    pub(crate) reached: Option<bool>,
}

impl Ratio {
    fn figure(self, measured: &Rounds) -> Figure {
        let share = |above: &Measured, below: &Measured| {
            let below = self.value.of(below);
            (below > 0.0).then(|| self.value.of(above) / below)
        };
        let (above, below) = (measured.of(self.above), measured.of(self.below));
        let medians = measured.median(self.above).zip(measured.median(self.below));
        let value = medians.and_then(|(above, below)| share(&above, &below));
        Figure {
            name: self.name,
            value,
            rounds: above
                .iter()
                .zip(below)
                .filter_map(|(above, below)| share(above, below))
                .collect(),
            at_least: self.at_least,
            reached: value
                .zip(self.at_least)
                .map(|(value, least)| value >= least),
        }
    }
}

/// Every figure of what was measured.
pub(super) fn figures(measured: &Rounds) -> Vec<Figure> {
    RATIOS
        .iter()
        .map(|ratio| ratio.figure(measured))
        .filter(|figure| figure.value.is_some())
        .collect()
}

/// What must be measured for the figures that are asked for; for all of them when none is.
pub(crate) fn wanted(names: &[String]) -> Result<BTreeSet<Measure>, Failure> {
    if let Some(name) = names.iter().find(|name| find(name).is_none()) {
        let known = RATIOS.map(|ratio| ratio.name).join(", ");
        let message = format!("\"{name}\" is no figure");
        return Err(Failure::new(Exit::Usage, message).advice(format!("there are: {known}")));
    }
    if names.is_empty() {
        return Ok(Measure::ALL.into());
    }
    let sides = names
        .iter()
        .filter_map(|name| find(name))
        .flat_map(|ratio| [ratio.above, ratio.below]);
    let with_needed = sides.flat_map(|measure| [Some(measure), measure.needs()]);
    Ok(with_needed.flatten().collect())
}

fn find(name: &str) -> Option<&'static Ratio> {
    RATIOS
        .iter()
        .find(|ratio| ratio.name == name || ratio.name.strip_prefix("speed.") == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(per_second: f64) -> Measured {
        Measured {
            per_second,
            ..Measured::default()
        }
    }

    #[test]
    fn a_figure_is_the_ratio_of_the_medians_and_shows_its_rounds() {
        let mut rounds = Rounds::default();
        for (offers, inserts) in [(50.0, 100.0), (90.0, 100.0), (70.0, 200.0)] {
            rounds.add(Measure::SaveOffer, measured(offers));
            rounds.add(Measure::Pgbench, measured(inserts));
        }
        let figures = figures(&rounds);
        let figure = figures.first().unwrap();
        assert_eq!(
            (figures.len(), figure.name),
            (1, "speed.save_offer_vs_pgbench")
        );
        assert!((figure.value.unwrap() - 0.7).abs() < 1e-9);
        assert_eq!(figure.rounds, [0.5, 0.9, 0.35]);
        assert_eq!(figure.reached, Some(true));
    }

    #[test]
    fn a_figure_names_what_it_needs() {
        let needed = wanted(&["p99_vs_echo".to_owned()]).unwrap();
        let expected = [
            Measure::Echo,
            Measure::SaveOffer,
            Measure::EchoOpen,
            Measure::SaveOfferOpen,
        ];
        assert_eq!(needed, expected.into());
        assert!(wanted(&["speed.nothing".to_owned()]).is_err());
    }
}
