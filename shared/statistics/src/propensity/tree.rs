//! A regression tree over bins.

use serde::{Deserialize, Serialize};

/// The most questions on the way to a leaf.
pub(super) const DEEPEST: usize = 12;

/// A tree; the first node is the root.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

/// A node: a question, or an answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    /// The training rows that came here.
    pub(super) rows: f64,
    /// What is asked; `None` at a leaf.
    pub(super) split: Option<Split>,
    /// What a leaf adds to the log-odds.
    pub(super) value: f64,
}

/// A question: is the bin of this input one of these?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Split {
    pub(super) input: u16,
    /// The bins that go left, one bit each.
    pub(super) bins: u64,
    pub(super) left: u16,
    pub(super) right: u16,
}

impl Split {
    /// Returns where a row goes, and where it does not.
    pub(super) fn ways(&self, row: &[u8]) -> (usize, usize) {
        let (left, right) = (usize::from(self.left), usize::from(self.right));
        if self.bins >> row[usize::from(self.input)] & 1 == 1 {
            (left, right)
        } else {
            (right, left)
        }
    }
}

impl Tree {
    /// Returns what the tree adds to the log-odds of a row of bins.
    pub(super) fn value(&self, row: &[u8]) -> f64 {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            node = &self.nodes[split.ways(row).0];
        }
        node.value
    }

    /// Returns the same for one row of columns of bins.
    pub(super) fn value_in(&self, columns: &[Vec<u8>], row: usize) -> f64 {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            let bin = columns[usize::from(split.input)][row];
            let goes_left = split.bins >> bin & 1 == 1;
            node = &self.nodes[usize::from(if goes_left { split.left } else { split.right })];
        }
        node.value
    }

    /// Returns the mean over the training rows.
    pub(super) fn mean(&self) -> f64 {
        let leaves = self.nodes.iter().filter(|node| node.split.is_none());
        let sum: f64 = leaves.map(|leaf| leaf.value * leaf.rows).sum();
        sum / self.nodes[0].rows
    }

    /// Multiplies every answer.
    pub(super) fn scale(&mut self, factor: f64) {
        for node in &mut self.nodes {
            node.value *= factor;
        }
    }

    /// Whether every node can be reached once, is not too deep, knows its inputs, and says a finite
    /// number.
    pub(super) fn is_sound(&self, inputs: usize) -> bool {
        let mut parents = vec![0; self.nodes.len()];
        let mut depths = vec![0; self.nodes.len()];
        for (place, node) in self.nodes.iter().enumerate() {
            if !node.value.is_finite() || !node.rows.is_finite() || node.rows <= 0.0 {
                return false;
            }
            let Some(split) = &node.split else { continue };
            if usize::from(split.input) >= inputs {
                return false;
            }
            for child in [split.left, split.right].map(usize::from) {
                // Children come after their parent: no way leads in a circle.
                if child <= place || child >= parents.len() || depths[place] == DEEPEST {
                    return false;
                }
                parents[child] += 1;
                depths[child] = depths[place] + 1;
            }
        }
        !parents.is_empty() && parents[0] == 0 && parents[1..].iter().all(|count| *count == 1)
    }
}
