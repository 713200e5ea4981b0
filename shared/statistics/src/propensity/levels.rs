//! The levels of a category that are frequent enough to stand for themselves. The others, and those
//! never seen, are one group together.

use serde::{Deserialize, Serialize};

use super::frame::MISSING;

/// A level with fewer rows is counted among the others.
const FEWEST_ROWS: usize = 5;

/// The group of each level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Levels {
    /// By the level's place in the schema; zero for the others.
    group_of: Vec<u8>,
    /// The number of groups beside the others.
    groups: u8,
}

/// The group of what is not frequent or was never seen.
pub(super) const OTHERS: u8 = 0;

impl Levels {
    /// Groups the levels by how often they are there; at most so many stand for themselves.
    pub(super) fn learn(codes: &[u32], rows: &[u32], levels: usize, most: usize) -> Self {
        let counts = counts(codes, rows, levels);
        let mut frequent: Vec<usize> = (0..levels)
            .filter(|level| counts[*level] >= FEWEST_ROWS)
            .collect();
        frequent.sort_by_key(|level| (core::cmp::Reverse(counts[*level]), *level));
        frequent.truncate(most);
        frequent.sort_unstable();
        let mut group_of = vec![OTHERS; levels];
        let mut groups = 0;
        for (group, level) in (1..=u8::MAX).zip(frequent) {
            group_of[level] = group;
            groups = group;
        }
        Self { group_of, groups }
    }

    /// Returns the number of groups beside the others.
    pub(super) fn groups(&self) -> u8 {
        self.groups
    }

    /// Returns the group of a level, by its place.
    pub(super) fn group(&self, code: u32) -> u8 {
        let place = usize::try_from(code).unwrap_or(usize::MAX);
        self.group_of.get(place).copied().unwrap_or(OTHERS)
    }

    /// Whether the groups fit a schema with so many levels, and each other.
    pub(super) fn fits(&self, levels: usize, most: u8) -> bool {
        let known = self.group_of.iter().all(|group| *group <= self.groups);
        self.group_of.len() == levels && self.groups <= most && known
    }
}

/// Counts the rows of each level.
pub(super) fn counts(codes: &[u32], rows: &[u32], levels: usize) -> Vec<usize> {
    let mut counts = vec![0; levels];
    for row in rows {
        let code = codes[*row as usize];
        if code != MISSING {
            counts[code as usize] += 1;
        }
    }
    counts
}
