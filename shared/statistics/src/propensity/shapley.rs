//! What each input does in a tree: the Shapley values of the expectation given a set of inputs, by
//! Lundberg et al. (2020, Nature Machine Intelligence 2:56, algorithm 2).

use super::tree::{DEEPEST, Tree};

/// The inputs on a way, and the root.
const LONGEST: usize = DEEPEST + 1;

/// Adds what each input contributes to the difference between the tree's value for a row of bins and
/// its mean; together they are that difference.
pub(super) fn contribute(tree: &Tree, row: &[u8], contributions: &mut [f64]) {
    let walk = Walk { tree, row };
    let root = Step {
        input: None,
        when_unknown: 1.0,
        when_known: 1.0,
    };
    walk.descend(0, &Path::default(), root, contributions);
}

struct Walk<'a> {
    tree: &'a Tree,
    row: &'a [u8],
}

/// One input on the way to a node: the share of paths that go on where it is unknown, and where it
/// is known.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    input: Option<u16>,
    when_unknown: f64,
    when_known: f64,
}

/// The inputs on the way to a node, each once, and the weights of sets of them by their size.
#[derive(Clone, Copy, Debug, Default)]
struct Path {
    length: usize,
    steps: [Step; LONGEST],
    weights: [f64; LONGEST],
}

impl Walk<'_> {
    fn descend(&self, place: usize, before: &Path, step: Step, contributions: &mut [f64]) {
        let path = before.extended(step);
        let node = &self.tree.nodes[place];
        let Some(split) = &node.split else {
            for place in 1..path.length {
                let step = &path.steps[place];
                if let Some(input) = step.input {
                    let moves = step.when_known - step.when_unknown;
                    contributions[usize::from(input)] +=
                        path.weight_without(place) * moves * node.value;
                }
            }
            return;
        };
        let (taken, other) = split.ways(self.row);
        let known_already = path.steps[..path.length]
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
            let share = self.tree.nodes[child].rows / node.rows;
            let step = Step {
                input: Some(split.input),
                when_unknown: was_unknown * share,
                when_known,
            };
            self.descend(child, &path, step, contributions);
        }
    }
}

impl Path {
    fn extended(&self, step: Step) -> Self {
        let mut path = *self;
        let length = path.length;
        path.steps[length] = step;
        path.weights[length] = if length == 0 { 1.0 } else { 0.0 };
        path.length += 1;
        let of = SIZES[length + 1];
        for size in (0..length).rev() {
            let weight = path.weights[size];
            let taken = SIZES[size + 1] / of;
            path.weights[size + 1] += step.when_known * weight * taken;
            path.weights[size] = step.when_unknown * weight * (1.0 - taken);
        }
        path
    }

    fn without(&self, place: usize) -> Self {
        let mut path = *self;
        let last = path.length - 1;
        self.unwound(place, |size, weight| path.weights[size] = weight);
        path.steps.copy_within(place + 1..path.length, place);
        path.length = last;
        path
    }

    fn weight_without(&self, place: usize) -> f64 {
        let mut sum = 0.0;
        self.unwound(place, |_, weight| sum += weight);
        sum
    }

    /// Tells the weights by size as they were before a step was taken.
    fn unwound(&self, place: usize, mut tell: impl FnMut(usize, f64)) {
        let step = &self.steps[place];
        let last = self.length - 1;
        let of = SIZES[self.length];
        let mut next = self.weights[last];
        for size in (0..last).rev() {
            let weight = if step.when_known > 0.0 {
                let weight = next * of / (SIZES[size + 1] * step.when_known);
                next = self.weights[size] - weight * step.when_unknown * SIZES[last - size] / of;
                weight
            } else {
                self.weights[size] * of / (step.when_unknown * SIZES[last - size])
            };
            tell(size, weight);
        }
    }
}

/// Whole numbers as real ones.
const SIZES: [f64; LONGEST + 2] = [
    0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0,
];

#[cfg(test)]
mod tests {
    use super::super::tree::{Node, Split};
    use super::*;

    fn leaf(rows: f64, value: f64) -> Node {
        Node {
            rows,
            split: None,
            value,
        }
    }

    fn node(rows: f64, input: u16, left: u16, right: u16) -> Node {
        let split = Split {
            input,
            bins: 0b10,
            left,
            right,
        };
        Node {
            rows,
            split: Some(split),
            value: 0.0,
        }
    }

    /// Two inputs that count only together, one of them asked for twice.
    fn both_or_nothing() -> Tree {
        Tree {
            nodes: vec![
                node(8.0, 0, 1, 2),
                node(4.0, 1, 3, 4),
                leaf(4.0, 0.0),
                node(2.0, 0, 5, 6),
                leaf(2.0, 0.0),
                leaf(1.5, 1.0),
                leaf(0.5, -9.0),
            ],
        }
    }

    #[test]
    fn equal_partners_share_equally() {
        let tree = Tree {
            nodes: vec![
                node(8.0, 0, 1, 2),
                node(4.0, 1, 3, 4),
                leaf(4.0, 0.0),
                leaf(2.0, 1.0),
                leaf(2.0, 0.0),
            ],
        };
        let mut parts = [0.0; 3];
        contribute(&tree, &[1, 1, 1], &mut parts);
        // E = ¼; each alone lifts it to ½, both to 1.
        for (ours, exact) in parts.iter().zip([0.375, 0.375, 0.0]) {
            assert!((ours - exact).abs() < 1e-12, "{parts:?}");
        }
    }

    #[test]
    fn contributions_sum_up_to_the_difference_from_the_mean() {
        let tree = both_or_nothing();
        assert!(tree.is_sound(2));
        for row in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let mut parts = [0.0; 2];
            contribute(&tree, &row, &mut parts);
            let difference = tree.value(&row) - tree.mean();
            assert!((parts.iter().sum::<f64>() - difference).abs() < 1e-12);
        }
    }
}
