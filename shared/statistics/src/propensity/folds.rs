//! Which customers are held back together.

use super::preparation::FEWEST_ROWS;
use super::refusal::PropensityRefusal;
use crate::numeric::draw::Draws;

/// The most folds.
pub const MOST_FOLDS: usize = 100;

/// The fold of each row: a model that is judged on a fold has seen the others only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    of_row: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Folds as given, numbered from zero without gaps.
    pub fn given(of_row: Vec<usize>) -> Result<Self, PropensityRefusal> {
        let count = of_row.iter().max().map_or(0, |last| last.saturating_add(1));
        Self { of_row, count }.checked()
    }

    /// Random folds of equal size in which equal shares left.
    pub fn stratified(labels: &[bool], count: usize, seed: u64) -> Result<Self, PropensityRefusal> {
        // Said first: with so few, the number of folds is not what is wrong.
        if (1..FEWEST_ROWS).contains(&labels.len()) {
            return Err(PropensityRefusal::TooFewRows {
                have: labels.len(),
                need: FEWEST_ROWS,
            });
        }
        let folds = Self {
            of_row: vec![0; labels.len()],
            count,
        };
        folds.check_count()?;
        folds.dealt(labels, seed).checked()
    }

    /// Deals the rows out like cards: first those who left, then, going on, those who stayed.
    pub(super) fn dealt(mut self, labels: &[bool], seed: u64) -> Self {
        let mut draws = Draws::new(seed, 0xf01d);
        let mut next = 0;
        for outcome in [true, false] {
            let mut rows: Vec<usize> = (0..labels.len())
                .filter(|row| labels[*row] == outcome)
                .collect();
            draws.shuffle(&mut rows);
            for row in rows {
                self.of_row[row] = next % self.count.max(1);
                next += 1;
            }
        }
        self
    }

    /// Folds for the use inside of a fit: always possible.
    pub(super) fn inner(labels: &[bool], count: usize, seed: u64) -> Self {
        let folds = Self {
            of_row: vec![0; labels.len()],
            count,
        };
        folds.dealt(labels, seed)
    }

    /// Returns the number of folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the fold of each row.
    pub fn of_rows(&self) -> &[usize] {
        &self.of_row
    }

    /// Returns the rows outside of a fold, and those in it.
    pub(super) fn split(&self, fold: usize) -> (Vec<u32>, Vec<u32>) {
        let numbered = (0..).zip(&self.of_row);
        let (inside, outside): (Vec<_>, Vec<_>) = numbered.partition(|(_, of)| **of == fold);
        let rows = |part: Vec<(u32, &usize)>| part.into_iter().map(|(row, _)| row).collect();
        (rows(outside), rows(inside))
    }

    /// Refuses folds in which, or outside of which, all have the same outcome.
    pub(super) fn check(&self, labels: &[bool]) -> Result<(), PropensityRefusal> {
        let mut rows = vec![0; self.count];
        let mut events = vec![0; self.count];
        for (fold, left) in self.of_row.iter().zip(labels) {
            rows[*fold] += 1;
            events[*fold] += usize::from(*left);
        }
        let all_events: usize = events.iter().sum();
        for (fold, (&rows, &events)) in rows.iter().zip(&events).enumerate() {
            let outside = all_events - events;
            let one_sided = outside == 0 || outside == labels.len() - rows;
            if rows == 0 || one_sided {
                return Err(PropensityRefusal::OneSidedFold { fold, rows, events });
            }
        }
        Ok(())
    }

    fn checked(self) -> Result<Self, PropensityRefusal> {
        self.check_count()?;
        Ok(self)
    }

    fn check_count(&self) -> Result<(), PropensityRefusal> {
        let limit = MOST_FOLDS.min(self.of_row.len());
        if (2..=limit).contains(&self.count) {
            return Ok(());
        }
        Err(PropensityRefusal::FoldCount {
            have: self.count,
            limit,
        })
    }
}
