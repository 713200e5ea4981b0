//! Values as trees see them: each input cut into at most 64 bins, so that a set of bins is one
//! machine word.
//!
//! Bin 0 is "not known". Numbers are cut at quantiles. The levels of a category are bins of their
//! own while these suffice; a category of more levels is replaced by the share of its level that
//! left, drawn to the share of all (Micci-Barreca 2001). In training that share is counted without
//! the row itself and those dealt out with it, or the trees would read their own answers.

use serde::{Deserialize, Serialize};

use super::design::cell;
use super::frame::{MISSING, Values};
use super::levels::Levels;
use super::schema::Cell;
use crate::numeric::counting::real;
use crate::numeric::draw::Draws;

/// The bins of one input.
pub(super) const BINS: usize = 64;
/// The bin of what is not known.
const NOT_KNOWN: u8 = 0;
/// The first bin of numbers, and the bin of levels that are rare or were never seen.
const FIRST: u8 = 1;
/// The most bins of numbers.
const MOST_NUMBER_BINS: usize = BINS - 1;
/// The most levels with a bin of their own.
const MOST_LEVELS: u8 = 40;
/// So many rows of the average customer are added to each level's.
const DRAWN_BY_ROWS: f64 = 10.0;
/// The parts that rows are dealt into to count a level's share without the row itself.
const PARTS: usize = 5;

/// How the values of one input become bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bins {
    /// Upper bounds of all bins but the last one, ascending.
    Numbers { bounds: Vec<f64> },
    /// A bin for each group of levels.
    Levels(Levels),
    /// Bins of the share that left, by level.
    Shares {
        /// By the level's place in the schema.
        shares: Vec<f64>,
        /// The share of levels never seen.
        average: f64,
        /// Upper bounds of all bins but the last one, ascending.
        bounds: Vec<f64>,
    },
}

/// The bins of each input, and of each row.
pub(super) struct Binned {
    pub(super) bins: Vec<Bins>,
    /// By input, then by row.
    pub(super) columns: Vec<Vec<u8>>,
}

impl Binned {
    /// Learns bins from some rows, and puts every row of the frame into them.
    pub(super) fn learn(columns: &[&Values], labels: &[bool], rows: &[u32], seed: u64) -> Self {
        let learnt = columns.iter().map(|values| match values {
            Values::Numbers(numbers) => of_numbers(numbers, rows),
            Values::Categories { levels, codes } => {
                of_categories(codes, levels.len(), labels, rows, seed)
            }
        });
        let (bins, columns) = learnt
            .zip(columns)
            .map(|((bins, trained), values)| {
                let all = (0..).take(labels.len());
                let mut column: Vec<u8> = all.map(|row| bins.bin(cell(values, row))).collect();
                for (row, bin) in rows.iter().zip(trained) {
                    column[*row as usize] = bin;
                }
                (bins, column)
            })
            .unzip();
        Self { bins, columns }
    }
}

impl Bins {
    /// Returns the bin of a value, below [`BINS`].
    pub(super) fn bin(&self, cell: Cell) -> u8 {
        match (self, cell) {
            (Self::Numbers { bounds }, Cell::Number(number)) => bin_of(bounds, number),
            (_, Cell::Code(MISSING)) => NOT_KNOWN,
            (Self::Levels(levels), Cell::Code(code)) => FIRST + levels.group(code),
            (
                Self::Shares {
                    shares,
                    average,
                    bounds,
                },
                Cell::Code(code),
            ) => {
                let share = shares.get(code as usize).unwrap_or(average);
                bin_of(bounds, *share)
            }
            _ => NOT_KNOWN,
        }
    }

    /// Whether neighbouring bins are neighbours in what they mean.
    pub(super) fn is_ordered(&self) -> bool {
        !matches!(self, Self::Levels(_))
    }

    /// Whether the bins fit an input with so many levels; none for numbers.
    pub(super) fn fits(&self, levels: Option<usize>) -> bool {
        let sound = |bounds: &[f64]| {
            bounds.len() < MOST_NUMBER_BINS
                && bounds.iter().all(|bound| bound.is_finite())
                && bounds.windows(2).all(|pair| pair[0] < pair[1])
        };
        match (self, levels) {
            (Self::Numbers { bounds }, None) => sound(bounds),
            (Self::Levels(groups), Some(levels)) => groups.fits(levels, MOST_LEVELS),
            (
                Self::Shares {
                    shares,
                    average,
                    bounds,
                },
                Some(levels),
            ) => {
                let all = shares.iter().chain([average]);
                shares.len() == levels && all.into_iter().all(|it| it.is_finite()) && sound(bounds)
            }
            _ => false,
        }
    }
}

fn bin_of(bounds: &[f64], number: f64) -> u8 {
    if number.is_nan() {
        return NOT_KNOWN;
    }
    let bin = bounds.partition_point(|bound| *bound < number);
    u8::try_from(bin).map_or(NOT_KNOWN, |bin| bin + FIRST)
}

fn of_numbers(numbers: &[f64], rows: &[u32]) -> (Bins, Vec<u8>) {
    let values: Vec<f64> = rows.iter().map(|row| numbers[*row as usize]).collect();
    let bins = Bins::Numbers {
        bounds: bounds(&values),
    };
    let trained = values.iter().map(|it| bins.bin(Cell::Number(*it)));
    let trained = trained.collect();
    (bins, trained)
}

/// Chooses bounds between values so that bins hold about equally many of them.
fn bounds(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|it| !it.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct: Vec<(f64, usize)> = Vec::new();
    for value in &sorted {
        match distinct.last_mut() {
            Some((last, count)) if *last >= *value => *count += 1,
            _ => distinct.push((*value, 1)),
        }
    }
    let mut bounds = Vec::new();
    let mut left = sorted.len();
    let mut in_bin = 0;
    let few = distinct.len() <= MOST_NUMBER_BINS;
    for pair in distinct.windows(2) {
        let ((value, count), (next, _)) = (pair[0], pair[1]);
        in_bin += count;
        let bins_left = MOST_NUMBER_BINS - bounds.len();
        if bins_left < 2 {
            break;
        }
        // `left` counts what is not in a finished bin.
        if few || in_bin * bins_left >= left {
            let middle = value + 0.5 * (next - value);
            // Neighbouring doubles have no middle.
            bounds.push(if middle < next { middle } else { value });
            left -= in_bin;
            in_bin = 0;
        }
    }
    bounds
}

fn of_categories(
    codes: &[u32],
    levels: usize,
    labels: &[bool],
    rows: &[u32],
    seed: u64,
) -> (Bins, Vec<u8>) {
    if levels <= usize::from(MOST_LEVELS) {
        let groups = Levels::learn(codes, rows, levels, usize::from(MOST_LEVELS));
        let bins = Bins::Levels(groups);
        let trained = rows
            .iter()
            .map(|row| bins.bin(Cell::Code(codes[*row as usize])));
        let trained = trained.collect();
        return (bins, trained);
    }
    let mut part_of: Vec<usize> = (0..rows.len()).map(|place| place % PARTS).collect();
    Draws::new(seed, 0x5a5e).shuffle(&mut part_of);
    let mut events = vec![[0.0; PARTS]; levels + 1];
    let mut counts = vec![[0.0; PARTS]; levels + 1];
    for (row, part) in rows.iter().zip(&part_of) {
        let code = codes[*row as usize];
        let left = f64::from(u8::from(labels[*row as usize]));
        let places = [levels, code as usize];
        for place in places.into_iter().take(if code == MISSING { 1 } else { 2 }) {
            events[place][*part] += left;
            counts[place][*part] += 1.0;
        }
    }
    let average = events[levels].iter().sum::<f64>() / real(rows.len().max(1));
    let drawn =
        |events: f64, count: f64| (events + DRAWN_BY_ROWS * average) / (count + DRAWN_BY_ROWS);
    let shares: Vec<f64> = (0..levels)
        .map(|level| drawn(events[level].iter().sum(), counts[level].iter().sum()))
        .collect();
    let without_own: Vec<f64> = rows
        .iter()
        .zip(&part_of)
        .map(|(row, part)| {
            let code = codes[*row as usize];
            if code == MISSING {
                return f64::NAN;
            }
            let level = code as usize;
            let others = |parts: &[f64; PARTS]| parts.iter().sum::<f64>() - parts[*part];
            drawn(others(&events[level]), others(&counts[level]))
        })
        .collect();
    let bounds = bounds(&without_own);
    let trained = without_own.iter().map(|it| bin_of(&bounds, *it)).collect();
    let bins = Bins::Shares {
        shares,
        average,
        bounds,
    };
    (bins, trained)
}
