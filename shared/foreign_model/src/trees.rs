//! Checks that tree ensembles are ensembles of trees.
//!
//! The library that runs them follows children, classes and leaves by index and does not look where
//! they lead: a circle would never end, and a class that is not there would be written to where it
//! is not. So every index is checked here first. A mode of comparison that it reads as a leaf is
//! refused for the same reason.

use tract_onnx::pb::{AttributeProto, NodeProto};

use crate::refusal::LoadRefusal;

/// The ways to compare that are understood.
const MODES: [&[u8]; 5] = [
    b"BRANCH_LEQ",
    b"BRANCH_LT",
    b"BRANCH_GT",
    b"BRANCH_EQ",
    b"BRANCH_NEQ",
];
const LEAF: &[u8] = b"LEAF";

/// The nodes of all trees, column by column.
struct Nodes<'a> {
    tree: &'a [i64],
    number: &'a [i64],
    if_true: &'a [i64],
    if_false: &'a [i64],
    feature: &'a [i64],
    mode: &'a [Vec<u8>],
}

/// Checks a tree ensemble whose leaves vote for one of so many classes.
pub(crate) fn check(node: &NodeProto, classes: usize) -> Result<(), LoadRefusal> {
    let nodes = Nodes {
        tree: ints(node, "nodes_treeids"),
        number: ints(node, "nodes_nodeids"),
        if_true: ints(node, "nodes_truenodeids"),
        if_false: ints(node, "nodes_falsenodeids"),
        feature: ints(node, "nodes_featureids"),
        mode: find(node, "nodes_modes").map_or(&[], |modes| &modes.strings),
    };
    let values = find(node, "nodes_values").map_or(0, |values| values.floats.len());
    nodes.check(values)?;
    nodes.check_votes(node, classes)
}

impl Nodes<'_> {
    fn check(&self, values: usize) -> Result<(), LoadRefusal> {
        let count = self.tree.len();
        let columns = [self.number, self.if_true, self.if_false, self.feature];
        let lengths = columns.map(<[i64]>::len);
        if count == 0 || lengths != [count; 4] || self.mode.len() != count || values != count {
            return Err(unsound("the columns of its nodes are of different lengths"));
        }
        if let Some(mode) = self.mode.iter().find(|mode| !is_known(mode)) {
            let operator = format!("tree ensemble with {}", String::from_utf8_lossy(mode));
            return Err(LoadRefusal::UnsupportedOperator { operator });
        }
        if self.feature.iter().any(|feature| *feature < 0) {
            return Err(unsound("a feature is negative"));
        }
        for (tree, range) in (0..).zip(self.trees()) {
            if self.tree[range.start] != tree {
                return Err(unsound("its trees are not numbered from zero"));
            }
            self.check_tree(range)?;
        }
        Ok(())
    }

    /// The places of each tree, which follow each other.
    fn trees(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let mut end = 0;
        self.tree
            .chunk_by(|one, next| one == next)
            .map(move |tree| {
                let start = end;
                end += tree.len();
                start..end
            })
    }

    /// From the root, every node has one parent at most: that is a tree, whatever else there is.
    fn check_tree(&self, places: std::ops::Range<usize>) -> Result<(), LoadRefusal> {
        let count = places.len();
        let mut place_of = vec![None; count];
        for place in places {
            let number = index(self.number[place], count)
                .ok_or_else(|| unsound("the nodes of a tree are not numbered from zero"))?;
            if place_of[number].replace(place).is_some() {
                return Err(unsound("two nodes of a tree have the same number"));
            }
        }
        let mut has_parent = vec![false; count];
        for place in place_of.into_iter().flatten() {
            if self.mode[place] == LEAF {
                continue;
            }
            for child in [self.if_true[place], self.if_false[place]] {
                let child = index(child, count)
                    .filter(|child| *child != 0)
                    .ok_or_else(|| unsound("a child is not in its tree"))?;
                if std::mem::replace(&mut has_parent[child], true) {
                    return Err(unsound("a node is the child of two"));
                }
            }
        }
        Ok(())
    }

    /// Every vote is that of a leaf, in the order of the trees, for a class that there is.
    fn check_votes(&self, node: &NodeProto, classes: usize) -> Result<(), LoadRefusal> {
        let kind = if find(node, "class_ids").is_some() {
            "class"
        } else {
            "target"
        };
        let column = |name: &str| ints(node, &format!("{kind}_{name}"));
        let (trees, numbers, voted) = (column("treeids"), column("nodeids"), column("ids"));
        let weights = find(node, &format!("{kind}_weights"));
        let weights = weights.map_or(0, |weights| weights.floats.len());
        if [trees.len(), numbers.len(), weights] != [voted.len(); 3] {
            return Err(unsound(
                "the columns of its leaves are of different lengths",
            ));
        }
        let mut leaves = std::collections::HashSet::new();
        for (place, mode) in self.mode.iter().enumerate() {
            if mode == LEAF {
                leaves.insert((self.tree[place], self.number[place]));
            }
        }
        let votes_of_leaves = trees.iter().zip(numbers);
        if votes_of_leaves
            .into_iter()
            .any(|(tree, number)| !leaves.contains(&(*tree, *number)))
        {
            return Err(unsound("a vote is not that of a leaf"));
        }
        if voted.iter().any(|class| index(*class, classes).is_none()) {
            return Err(unsound("a leaf votes for a class that is not there"));
        }
        Ok(())
    }
}

fn is_known(mode: &[u8]) -> bool {
    mode == LEAF || MODES.contains(&mode)
}

fn unsound(why: &str) -> LoadRefusal {
    LoadRefusal::Unreadable(format!("a tree ensemble is none: {why}"))
}

/// An index below a length.
fn index(number: i64, length: usize) -> Option<usize> {
    usize::try_from(number).ok().filter(|index| *index < length)
}

/// The attribute of a name.
pub(crate) fn find<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute
        .iter()
        .find(|attribute| attribute.name == name)
}

/// The integers of an attribute; none where it is absent.
pub(crate) fn ints<'a>(node: &'a NodeProto, name: &str) -> &'a [i64] {
    find(node, name).map_or(&[], |attribute| &attribute.ints)
}
