//! What was seen: for each stage, segment and arm how many came to the stage and how many passed it.

use serde::{Deserialize, Serialize};

use super::ladder::{Ladder, Stage};

/// How many came to a stage and how many passed it. Old calls count in part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// How many came to it.
    pub calls: f64,
    /// How many of them passed it.
    pub successes: f64,
}

/// The counts of all stages, segments and arms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    segments: usize,
    arms: usize,
    counts: Vec<Count>,
}

impl Evidence {
    /// Nothing was seen yet.
    pub fn none(ladder: &Ladder) -> Self {
        let (segments, arms) = (ladder.segments(), ladder.arms().len());
        Self {
            segments,
            arms,
            counts: vec![Count::default(); Stage::ALL.len() * segments * arms],
        }
    }

    /// Takes in one outcome of a stage. Tells whether there are such a segment and arm.
    pub fn add(&mut self, stage: Stage, segment: usize, arm: usize, passed: bool) -> bool {
        let successes = f64::from(u8::from(passed));
        let one = Count {
            calls: 1.0,
            successes,
        };
        self.add_count(stage, segment, arm, one)
    }

    /// Takes in many. Tells whether there are such a segment and arm.
    pub fn add_count(&mut self, stage: Stage, segment: usize, arm: usize, more: Count) -> bool {
        let Some(place) = self.place(stage, segment, arm) else {
            return false;
        };
        let Some(count) = self.counts.get_mut(place) else {
            return false;
        };
        count.calls += more.calls;
        count.successes += more.successes;
        true
    }

    /// Lets everything count less: half after a half-life.
    pub fn age(&mut self, days: f64, half_life_days: f64) {
        let left = (-days / half_life_days).exp2();
        for count in &mut self.counts {
            count.calls *= left;
            count.successes *= left;
        }
    }

    /// The count of a stage in a segment; nothing where there is no such cell.
    pub fn count(&self, stage: Stage, segment: usize, arm: usize) -> Count {
        let place = self.place(stage, segment, arm);
        let count = place.and_then(|place| self.counts.get(place));
        count.copied().unwrap_or_default()
    }

    fn place(&self, stage: Stage, segment: usize, arm: usize) -> Option<usize> {
        let known = segment < self.segments && arm < self.arms;
        known.then(|| (stage.place() * self.segments + segment) * self.arms + arm)
    }
}
