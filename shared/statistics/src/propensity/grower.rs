//! Grows one tree, best leaf first, from histograms of gradients (Ke et al. 2017).

use super::bins::BINS;
use super::split::{FoundSplit, Histogram, SplitRules, Sums};
use super::tree::{DEEPEST, Node, Split, Tree};
use crate::numeric::counting::real;

/// What a tree is grown from.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    /// The bins, by input, then by row.
    pub(super) columns: &'a [Vec<u8>],
    /// Whether the bins of an input are in order.
    pub(super) is_ordered: &'a [bool],
    /// Gradient and curvature of the loss, by row.
    pub(super) sums: &'a [Sums],
    /// The inputs that this tree may ask for.
    pub(super) inputs: &'a [u16],
}

/// What bounds a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreeRules {
    pub(super) leaves: usize,
    pub(super) split: SplitRules,
}

/// A leaf that may yet be split.
struct Leaf {
    node: usize,
    grown: Grown,
    best: Option<(u16, FoundSplit)>,
}

/// The rows of a leaf, and what is known of them.
struct Grown {
    /// Empty where the leaf will not be split.
    rows: Vec<u32>,
    count: usize,
    all: Sums,
    depth: usize,
    /// By the place among the inputs of this tree; empty where the leaf will not be split.
    histograms: Vec<Histogram>,
}

impl Ground<'_> {
    /// Grows a tree on some rows; `None` where no split helps.
    pub(super) fn grow(&self, rows: Vec<u32>, rules: &TreeRules) -> Option<Tree> {
        let mut tree = Tree { nodes: Vec::new() };
        let mut all = Sums::default();
        for row in &rows {
            all.add(self.sums[*row as usize]);
        }
        let root = Grown {
            histograms: self.histograms(&rows),
            count: rows.len(),
            rows,
            all,
            depth: 0,
        };
        let root = self.leaf(&mut tree, root, rules);
        let mut leaves = vec![root];
        while leaves.len() < rules.leaves {
            let gain = |leaf: &Leaf| leaf.best.map_or(0.0, |(_, found)| found.gain);
            let best = (0..leaves.len())
                .max_by(|one, other| gain(&leaves[*one]).total_cmp(&gain(&leaves[*other])))?;
            let Some((input, found)) = leaves[best].best else {
                break;
            };
            let leaf = leaves.swap_remove(best);
            let is_last = leaves.len() + 2 == rules.leaves;
            let [left, right] = self.halves(&mut tree, leaf, input, found, rules, is_last);
            leaves.push(left);
            leaves.push(right);
        }
        (tree.nodes.len() > 1).then_some(tree)
    }

    /// Splits a leaf in two.
    fn halves(
        &self,
        tree: &mut Tree,
        leaf: Leaf,
        input: u16,
        found: FoundSplit,
        rules: &TreeRules,
        is_last: bool,
    ) -> [Leaf; 2] {
        let (node, all) = (leaf.node, leaf.grown.all);
        let [mut left, mut right] = self.parted(leaf.grown, input, &found, is_last);
        left.all = found.left;
        right.all = all.minus(found.left);
        let left = self.leaf(tree, left, rules);
        let right = self.leaf(tree, right, rules);
        let place = |leaf: &Leaf| u16::try_from(leaf.node).unwrap_or(u16::MAX);
        tree.nodes[node].split = Some(Split {
            input,
            bins: found.bins,
            left: place(&left),
            right: place(&right),
        });
        [left, right]
    }

    /// Parts the rows; without histograms where no part will be split.
    fn parted(&self, grown: Grown, input: u16, found: &FoundSplit, is_last: bool) -> [Grown; 2] {
        let column = &self.columns[usize::from(input)];
        let goes_left = |row: &u32| found.bins >> column[*row as usize] & 1 == 1;
        let depth = grown.depth + 1;
        let part = |rows: Vec<u32>, count, histograms| Grown {
            rows,
            count,
            all: Sums::default(),
            depth,
            histograms,
        };
        if is_last || depth == DEEPEST {
            let left = grown.rows.iter().filter(|row| goes_left(row)).count();
            let right = grown.count - left;
            return [left, right].map(|count| part(Vec::new(), count, Vec::new()));
        }
        let (left, right): (Vec<u32>, Vec<u32>) = grown.rows.iter().partition(|row| goes_left(row));
        let (left_count, right_count) = (left.len(), right.len());
        let (of_left, of_right) = if left_count <= right_count {
            let of_left = self.histograms(&left);
            let of_right = difference(grown.histograms, &of_left);
            (of_left, of_right)
        } else {
            let of_right = self.histograms(&right);
            (difference(grown.histograms, &of_right), of_right)
        };
        [
            part(left, left_count, of_left),
            part(right, right_count, of_right),
        ]
    }

    /// Adds a leaf to the tree; without histograms it will not be split.
    fn leaf(&self, tree: &mut Tree, grown: Grown, rules: &TreeRules) -> Leaf {
        let mut best: Option<(u16, FoundSplit)> = None;
        for (input, histogram) in self.inputs.iter().zip(&grown.histograms) {
            let is_ordered = self.is_ordered[usize::from(*input)];
            if let Some(found) = rules.split.best(histogram, grown.all, is_ordered)
                && best.is_none_or(|(_, best)| found.gain > best.gain)
            {
                best = Some((*input, found));
            }
        }
        tree.nodes.push(Node {
            rows: real(grown.count),
            split: None,
            value: -grown.all.gradient / (grown.all.curvature + rules.split.ridge),
        });
        Leaf {
            node: tree.nodes.len() - 1,
            grown,
            best,
        }
    }

    fn histograms(&self, rows: &[u32]) -> Vec<Histogram> {
        let sums: Vec<Sums> = rows.iter().map(|row| self.sums[*row as usize]).collect();
        self.inputs
            .iter()
            .map(|input| {
                let column = &self.columns[usize::from(*input)];
                let mut histogram = [Sums::default(); BINS];
                for (row, sums) in rows.iter().zip(&sums) {
                    histogram[usize::from(column[*row as usize]) % BINS].add(*sums);
                }
                histogram
            })
            .collect()
    }
}

/// What is left of a parent's histograms without one child's.
fn difference(mut parent: Vec<Histogram>, child: &[Histogram]) -> Vec<Histogram> {
    for (histogram, child) in parent.iter_mut().zip(child) {
        for (sums, child) in histogram.iter_mut().zip(child) {
            *sums = sums.minus(*child);
            // A bin that is empty but for rounding is empty.
            if sums.curvature < 1e-9 {
                *sums = Sums::default();
            }
        }
    }
    parent
}
