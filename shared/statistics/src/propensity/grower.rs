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
    rows: Vec<u32>,
    depth: usize,
    /// By the place among the inputs of this tree.
    histograms: Vec<Histogram>,
    best: Option<(u16, FoundSplit)>,
}

impl Ground<'_> {
    /// Grows a tree on some rows; `None` where no split helps.
    pub(super) fn grow(&self, rows: Vec<u32>, rules: &TreeRules) -> Option<Tree> {
        let mut tree = Tree { nodes: Vec::new() };
        let histograms = self.histograms(&rows);
        let root = self.leaf(&mut tree, 0, rows, histograms, rules);
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
        let column = &self.columns[usize::from(input)];
        let goes_left = |row: &u32| found.bins >> column[*row as usize] & 1 == 1;
        let (left_rows, right_rows): (Vec<u32>, Vec<u32>) =
            leaf.rows.iter().partition(|row| goes_left(row));
        let left_is_smaller = left_rows.len() <= right_rows.len();
        let depth = leaf.depth + 1;
        let (small, large) = if is_last || depth == DEEPEST {
            (Vec::new(), Vec::new())
        } else {
            let small = self.histograms(if left_is_smaller {
                &left_rows
            } else {
                &right_rows
            });
            let large = difference(leaf.histograms, &small);
            (small, large)
        };
        let (left, right) = if left_is_smaller {
            (small, large)
        } else {
            (large, small)
        };
        let left = self.leaf(tree, depth, left_rows, left, rules);
        let right = self.leaf(tree, depth, right_rows, right, rules);
        let place = |leaf: &Leaf| u16::try_from(leaf.node).unwrap_or(u16::MAX);
        tree.nodes[leaf.node].split = Some(Split {
            input,
            bins: found.bins,
            left: place(&left),
            right: place(&right),
        });
        [left, right]
    }

    /// Adds a leaf to the tree; without histograms it will not be split.
    fn leaf(
        &self,
        tree: &mut Tree,
        depth: usize,
        rows: Vec<u32>,
        histograms: Vec<Histogram>,
        rules: &TreeRules,
    ) -> Leaf {
        let mut all = Sums::default();
        for row in &rows {
            all.add(self.sums[*row as usize]);
        }
        let mut best: Option<(u16, FoundSplit)> = None;
        for (input, histogram) in self.inputs.iter().zip(&histograms) {
            let is_ordered = self.is_ordered[usize::from(*input)];
            if let Some(found) = rules.split.best(histogram, all, is_ordered)
                && best.is_none_or(|(_, best)| found.gain > best.gain)
            {
                best = Some((*input, found));
            }
        }
        tree.nodes.push(Node {
            rows: real(rows.len()),
            split: None,
            value: -all.gradient / (all.curvature + rules.split.ridge),
        });
        Leaf {
            node: tree.nodes.len() - 1,
            rows,
            depth,
            histograms,
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
