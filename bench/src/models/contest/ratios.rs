//! The figures of the contests: how many times as long the others take.

use std::collections::BTreeSet;

use super::{Seconds, Work};
use crate::figures::median;
use crate::models::figure::{Figure, Goal, Value};
use crate::models::wanted::Wanted;

/// A figure: the time of others over ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ratio {
    pub(super) name: &'static str,
    theirs: &'static [Work],
    ours: Work,
    at_least: Option<f64>,
}

/// Every figure, those with a goal first.
pub(super) const RATIOS: [Ratio; 14] = [
    Ratio {
        name: "speed.score_vs_numpy",
        theirs: &[Work::NumpyScore],
        ours: Work::OursScore,
        at_least: Some(4.0),
    },
    Ratio {
        name: "speed.score_vs_lifetimes",
        theirs: &[Work::LifetimesAlive, Work::LifetimesExpected],
        ours: Work::OursScore,
        at_least: Some(8.0),
    },
    Ratio {
        name: "speed.fit_bgnbd_vs_lifetimes",
        theirs: &[Work::LifetimesFitBgnbd],
        ours: Work::OursFitBgnbd,
        at_least: Some(40.0),
    },
    Ratio {
        name: "speed.fit_pnbd_vs_numpy",
        theirs: &[Work::NumpyFitPnbd],
        ours: Work::OursFitPnbd,
        at_least: Some(3.0),
    },
    Ratio {
        name: "speed.alive_vs_numpy",
        theirs: &[Work::NumpyAlive],
        ours: Work::OursAlive,
        at_least: None,
    },
    Ratio {
        name: "speed.alive_vs_lifetimes",
        theirs: &[Work::LifetimesAlive],
        ours: Work::OursAlive,
        at_least: None,
    },
    // E[Y] holds P(alive) as a factor: nobody computes it without.
    Ratio {
        name: "speed.expected_vs_numpy",
        theirs: &[Work::NumpyScore],
        ours: Work::OursScore,
        at_least: None,
    },
    Ratio {
        name: "speed.expected_vs_lifetimes",
        theirs: &[Work::LifetimesExpected],
        ours: Work::OursScore,
        at_least: None,
    },
    Ratio {
        name: "speed.score_distinct_vs_numpy",
        theirs: &[Work::NumpyScoreDistinct],
        ours: Work::OursScoreDistinct,
        at_least: None,
    },
    Ratio {
        name: "speed.score_vs_numpy_table",
        theirs: &[Work::NumpyScoreTable],
        ours: Work::OursScore,
        at_least: None,
    },
    Ratio {
        name: "speed.score_parallel_vs_numpy",
        theirs: &[Work::NumpyScore],
        ours: Work::OursScoreParallel,
        at_least: None,
    },
    Ratio {
        name: "speed.fit_bgnbd_vs_numpy",
        theirs: &[Work::NumpyFitBgnbd],
        ours: Work::OursFitBgnbd,
        at_least: None,
    },
    Ratio {
        name: "speed.fit_bgnbd_vs_lifetimes_distinct",
        theirs: &[Work::LifetimesFitDistinct],
        ours: Work::OursFitBgnbd,
        at_least: None,
    },
    Ratio {
        name: "speed.fit_bgnbd_parallel_vs_lifetimes",
        theirs: &[Work::LifetimesFitBgnbd],
        ours: Work::OursFitBgnbdParallel,
        at_least: None,
    },
];

impl Ratio {
    /// The ratio of the medians; none where one side did not work.
    pub(super) fn figure(self, seconds: &Seconds) -> Option<Figure> {
        let theirs = seconds.rounds(self.theirs)?;
        let ours = seconds.rounds(&[self.ours])?;
        let value = Value::Number(median(theirs.clone()) / median(ours.clone()));
        let rounds = theirs.iter().zip(&ours);
        Some(Figure {
            rounds: rounds.map(|(theirs, ours)| theirs / ours).collect(),
            ..Figure::new(self.name, value, self.at_least.map(Goal::AtLeast))
        })
    }
}

/// The work that the wanted figures take.
pub(super) fn needed(wanted: &Wanted) -> BTreeSet<Work> {
    let ratios = RATIOS.iter().filter(|ratio| wanted.is(ratio.name));
    ratios
        .flat_map(|ratio| ratio.theirs.iter().copied().chain([ratio.ours]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_ratio_of_the_medians_and_shows_its_rounds() {
        let mut seconds = Seconds::default();
        for (alive, expected, ours) in [(1.0, 7.0, 1.0), (3.0, 9.0, 1.0), (2.0, 8.0, 2.0)] {
            seconds.add(Work::LifetimesAlive, alive);
            seconds.add(Work::LifetimesExpected, expected);
            seconds.add(Work::OursScore, ours);
        }
        let ratio = RATIOS[1];
        let figure = ratio.figure(&seconds).unwrap();
        assert_eq!(figure.value, Value::Number(10.0));
        assert_eq!(figure.rounds, [8.0, 12.0, 5.0]);
        assert_eq!(figure.reached, Some(true));
        assert!(RATIOS[0].figure(&seconds).is_none());
    }

    #[test]
    fn a_figure_names_the_work_it_takes() {
        let wanted = Wanted::new(&["speed.alive_vs_numpy".to_owned()]).unwrap();
        assert_eq!(needed(&wanted), [Work::OursAlive, Work::NumpyAlive].into());
    }
}
