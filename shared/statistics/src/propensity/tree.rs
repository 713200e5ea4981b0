//! A regression tree over bins, and what each input does in it.

use serde::{Deserialize, Serialize};

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
    fn ways(&self, row: &[u8]) -> (usize, usize) {
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

    /// Whether every node can be reached once, knows its inputs, and says a finite number.
    pub(super) fn is_sound(&self, inputs: usize) -> bool {
        let mut parents = vec![0; self.nodes.len()];
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
                if child <= place || child >= parents.len() {
                    return false;
                }
                parents[child] += 1;
            }
        }
        !parents.is_empty() && parents[0] == 0 && parents[1..].iter().all(|count| *count == 1)
    }

    /// Adds what each input contributes to the difference from the mean: the Shapley values of the
    /// expectation given a set of inputs, by Lundberg et al. (2020, Nature Machine Intelligence
    /// 2:56, algorithm 2).
    pub(super) fn contribute(&self, row: &[u8], contributions: &mut [f64]) {
        let step = Step {
            input: None,
            when_unknown: 1.0,
            when_known: 1.0,
        };
        self.descend(0, &Path::default(), step, row, contributions);
    }

    fn descend(
        &self,
        place: usize,
        before: &Path,
        step: Step,
        row: &[u8],
        contributions: &mut [f64],
    ) {
        let path = before.extended(step);
        let node = &self.nodes[place];
        let Some(split) = &node.split else {
            for place in 1..path.steps.len() {
                let weight = path.without(place).weights.iter().sum::<f64>();
                let step = &path.steps[place];
                if let Some(input) = step.input {
                    contributions[usize::from(input)] +=
                        weight * (step.when_known - step.when_unknown) * node.value;
                }
            }
            return;
        };
        let (taken, other) = split.ways(row);
        let known_already = path
            .steps
            .iter()
            .position(|step| step.input == Some(split.input));
        let (path, was_unknown, was_known) = match known_already {
            Some(place) => {
                let step = path.steps[place];
                (path.without(place), step.when_unknown, step.when_known)
            }
            None => (path, 1.0, 1.0),
        };
        for (child, when_known) in [(taken, was_known), (other, 0.0)] {
            let share = self.nodes[child].rows / node.rows;
            let step = Step {
                input: Some(split.input),
                when_unknown: was_unknown * share,
                when_known,
            };
            self.descend(child, &path, step, row, contributions);
        }
    }
}

/// One input on the way to a node: the share of paths that go on where it is unknown, and where it
/// is known.
#[derive(Clone, Copy, Debug)]
struct Step {
    input: Option<u16>,
    when_unknown: f64,
    when_known: f64,
}

/// The inputs on the way to a node, each once, and the weights of sets of them by their size.
#[derive(Clone, Debug, Default)]
struct Path {
    steps: Vec<Step>,
    weights: Vec<f64>,
}

impl Path {
    fn extended(&self, step: Step) -> Self {
        let mut path = self.clone();
        let length = path.steps.len();
        path.steps.push(step);
        path.weights.push(if length == 0 { 1.0 } else { 0.0 });
        let of = crate::numeric::counting::real(length + 1);
        for size in (0..length).rev() {
            let weight = path.weights[size];
            let taken = crate::numeric::counting::real(size + 1) / of;
            path.weights[size + 1] += step.when_known * weight * taken;
            path.weights[size] = step.when_unknown * weight * (1.0 - taken);
        }
        path
    }

    fn without(&self, place: usize) -> Self {
        let real = crate::numeric::counting::real;
        let mut path = self.clone();
        let step = path.steps.remove(place);
        let last = path.weights.len() - 1;
        let of = real(last + 1);
        let mut next = path.weights[last];
        for size in (0..last).rev() {
            let weight = path.weights[size];
            if step.when_known > 0.0 {
                path.weights[size] = next * of / (real(size + 1) * step.when_known);
                next = weight - path.weights[size] * step.when_unknown * real(last - size) / of;
            } else {
                path.weights[size] = weight * of / (step.when_unknown * real(last - size));
            }
        }
        path.weights.pop();
        path
    }
}
