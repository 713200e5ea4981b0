//! The smooth curve that a number moves the log-odds along: B-splines over the range that most
//! customers are in, constant beyond (de Boor 1978).

use serde::{Deserialize, Serialize};

use super::evaluation::quantile;
use crate::numeric::counting::real;

/// Pieces of third degree.
const CUBIC: usize = 3;
/// The most functions that are above zero at one place.
pub(super) const MOST_AT_ONCE: usize = CUBIC + 1;
/// Values beyond these quantiles count as the quantile: a huge outlier moves nothing.
const TAILS: [f64; 2] = [0.001, 0.999];

/// The functions that a curve is a sum of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Curve {
    degree: usize,
    /// Ascending; the first and the last one are there `degree + 1` times.
    knots: Vec<f64>,
}

/// The functions above zero at one place: the number of the first one, and their values.
#[derive(Clone, Copy, Debug)]
pub(super) struct AtPlace {
    pub(super) first: usize,
    pub(super) count: usize,
    pub(super) values: [f64; MOST_AT_ONCE],
}

impl Curve {
    /// Chooses knots at quantiles of the values; `None` where all are equal. Few distinct values are
    /// joined by straight lines.
    pub(super) fn learn(mut values: Vec<f64>, intervals: usize) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let [low, high] = TAILS.map(|share| quantile(&values, share));
        let mut distinct: Vec<f64> = values.iter().map(|value| value.clamp(low, high)).collect();
        distinct.dedup();
        if distinct.len() < 2 || !(high - low).is_finite() || low + (high - low) * 0.5 <= low {
            return None;
        }
        let (degree, inner) = if distinct.len() <= CUBIC + 2 || intervals == 1 {
            let all = if intervals == 1 {
                vec![]
            } else {
                distinct[1..distinct.len() - 1].to_vec()
            };
            (1, all)
        } else {
            let pieces = intervals.min(distinct.len() - CUBIC);
            let mut inner: Vec<f64> = (1..pieces)
                .map(|piece| quantile(&values, real(piece) / real(pieces)))
                .filter(|knot| *knot > low && *knot < high)
                .collect();
            inner.dedup();
            (CUBIC, inner)
        };
        let mut knots = vec![low; degree + 1];
        knots.extend(inner);
        knots.extend(vec![high; degree + 1]);
        Some(Self { degree, knots })
    }

    /// Returns the number of functions.
    pub(super) fn functions(&self) -> usize {
        self.knots.len() - self.degree - 1
    }

    /// Evaluates the functions at a place; they sum up to one.
    pub(super) fn at(&self, value: f64) -> AtPlace {
        let (degree, knots) = (self.degree, &self.knots);
        let value = value.clamp(knots[0], knots[knots.len() - 1]);
        let last = self.functions() - 1;
        let span = knots[degree + 1..=last].partition_point(|knot| *knot <= value) + degree;
        let mut values = [0.0; MOST_AT_ONCE];
        values[0] = 1.0;
        for order in 1..=degree {
            let mut carried = 0.0;
            for place in 0..order {
                let right = knots[span + place + 1];
                let left = knots[span + place + 1 - order];
                let share = values[place] / (right - left);
                values[place] = carried + (right - value) * share;
                carried = (value - left) * share;
            }
            values[order] = carried;
        }
        AtPlace {
            first: span - degree,
            count: degree + 1,
            values,
        }
    }

    /// Whether the knots are such as [`Curve::learn`] makes them.
    pub(super) fn is_sound(&self) -> bool {
        let ends = self.degree + 1;
        let enough = (1..=CUBIC).contains(&self.degree) && self.knots.len() >= 2 * ends;
        enough
            && self.knots.iter().all(|knot| knot.is_finite())
            && self.knots.windows(2).all(|pair| pair[0] <= pair[1])
            && self.knots[self.degree..self.knots.len() - self.degree]
                .windows(2)
                .all(|pair| pair[0] < pair[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_functions_share_one_and_join_smoothly() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * i) / 1e4).collect();
        let curve = Curve::learn(values, 6).unwrap();
        assert!(curve.is_sound());
        assert_eq!(curve.functions(), 9);
        let mut before = None;
        for step in -10..1100 {
            let at = curve.at(f64::from(step) / 10.0);
            let sum: f64 = at.values[..at.count].iter().sum();
            assert!((sum - 1.0).abs() < 1e-12);
            assert!(at.values.iter().all(|value| *value >= 0.0));
            assert!(at.first + at.count <= curve.functions());
            let mut dense = [0.0; 9];
            dense[at.first..at.first + at.count].copy_from_slice(&at.values[..at.count]);
            if let Some(before) = before.replace(dense) {
                let jump = dense
                    .iter()
                    .zip(before)
                    .map(|(a, b): (&f64, f64)| (a - b).abs());
                assert!(jump.fold(0.0, f64::max) < 0.35);
            }
        }
    }

    #[test]
    fn few_values_are_joined_by_lines_and_one_has_no_curve() {
        let curve = Curve::learn(vec![0.0, 1.0, 1.0, 3.0, 3.0], 6).unwrap();
        assert_eq!(curve.functions(), 3);
        let at = curve.at(2.0);
        assert_eq!((at.first, at.count), (1, 2));
        assert!((at.values[0] - 0.5).abs() < 1e-12);
        assert_eq!(Curve::learn(vec![4.0; 9], 6), None);
        assert_eq!(Curve::learn(Vec::new(), 6), None);
    }
}
