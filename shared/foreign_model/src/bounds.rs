//! How much memory and time a graph takes at most, before anything of it runs.
//!
//! The library computes with constants while it loads, so that a file of a few kilobytes could fill
//! the memory: by joining a tensor with itself forty times, or by the product of two long vectors. No
//! tensor that gets here has more than two axes, so its elements and its longer axis bound what
//! every operator makes of it.

use std::collections::HashMap;

use tract_onnx::pb::{GraphProto, NodeProto, TensorProto};

use crate::graph::dimensions;
use crate::refusal::LoadRefusal;
use crate::trees::{find, ints};

/// The most customers that are scored at once.
pub const BATCH: usize = 256;
/// The most numbers in a tensor.
const MOST_ELEMENTS: u64 = 1 << 23;
/// The most multiplications for a batch: a million for each customer, so that a batch takes a fraction
/// of a second, and a few thousand customers can be scored in one transaction.
const MOST_WORK: u64 = 1 << 28;

/// What a tensor has at most.
#[derive(Clone, Copy, Debug)]
struct Extent {
    elements: u64,
    /// The longer axis.
    side: u64,
}

impl Extent {
    fn of(tensor: &TensorProto) -> Self {
        let axes = dimensions(tensor);
        Self {
            elements: axes.iter().product(),
            side: axes.iter().copied().max().unwrap_or(1),
        }
    }

    /// Of an operator that stretches its inputs over each other.
    fn stretched(inputs: &[Self]) -> Self {
        inputs.iter().fold(
            Self {
                elements: 1,
                side: 1,
            },
            |one, other| Self {
                elements: one
                    .elements
                    .max(other.elements)
                    .max(one.side.saturating_mul(other.side)),
                side: one.side.max(other.side),
            },
        )
    }

    fn joined(inputs: &[Self]) -> Self {
        inputs.iter().fold(
            Self {
                elements: 0,
                side: 0,
            },
            |one, other| Self {
                elements: one.elements.saturating_add(other.elements),
                side: one.side.saturating_add(other.side),
            },
        )
    }

    fn flat(elements: u64) -> Self {
        Self {
            elements,
            side: elements,
        }
    }
}

/// Refuses a graph that takes too much for a batch, or that uses what is not made before.
pub(crate) fn check(graph: &GraphProto, width: usize) -> Result<(), LoadRefusal> {
    let mut extents: HashMap<&str, Extent> = HashMap::new();
    for tensor in &graph.initializer {
        extents.insert(&tensor.name, Extent::of(tensor));
    }
    let batch = u64::try_from(BATCH).unwrap_or(u64::MAX);
    let width = u64::try_from(width).unwrap_or(u64::MAX);
    for input in &graph.input {
        let extent = Extent {
            elements: batch.saturating_mul(width),
            side: batch.max(width),
        };
        extents.entry(&input.name).or_insert(extent);
    }
    let mut work = 0_u64;
    for node in &graph.node {
        let inputs = inputs(node, &extents)?;
        let output = extent(node, &inputs);
        if output.elements > MOST_ELEMENTS {
            return Err(LoadRefusal::TooMuch {
                what: format!("a tensor made by {}", node.op_type),
                limit: MOST_ELEMENTS,
            });
        }
        work = work.saturating_add(effort(node, &inputs).max(output.elements));
        if work > MOST_WORK {
            return Err(LoadRefusal::TooMuch {
                what: format!("the work of {BATCH} rows"),
                limit: MOST_WORK,
            });
        }
        for name in &node.output {
            if extents.insert(name, output).is_some() && !name.is_empty() {
                return Err(LoadRefusal::Unreadable(format!("\"{name}\" is made twice")));
            }
        }
    }
    Ok(())
}

fn inputs(node: &NodeProto, extents: &HashMap<&str, Extent>) -> Result<Vec<Extent>, LoadRefusal> {
    let named = node.input.iter().filter(|name| !name.is_empty());
    named
        .map(|name| {
            let extent = extents.get(name.as_str()).copied();
            extent.ok_or_else(|| {
                LoadRefusal::Unreadable(format!("\"{name}\" is used before it is made"))
            })
        })
        .collect()
}

/// What an operator makes of its inputs.
fn extent(node: &NodeProto, inputs: &[Extent]) -> Extent {
    let all = Extent::stretched(inputs);
    match node.op_type.as_str() {
        "Concat" => Extent::joined(inputs),
        "Constant" => find(node, "value")
            .and_then(|value| value.t.as_ref())
            .map_or(
                Extent {
                    elements: 1,
                    side: 1,
                },
                Extent::of,
            ),
        "Gather" => {
            let elements = inputs.iter().map(|input| input.elements);
            Extent::flat(elements.fold(1, u64::saturating_mul))
        }
        // Anything can become one long axis.
        "Reshape" | "Flatten" | "Squeeze" => {
            Extent::flat(inputs.first().map_or(1, |input| input.elements))
        }
        "TreeEnsembleClassifier" | "LinearClassifier" | "LinearRegressor" => {
            let classes = columns(node);
            Extent {
                elements: all.side.saturating_mul(classes),
                side: all.side.max(classes),
            }
        }
        _ => all,
    }
}

/// The columns that a model within the model makes.
fn columns(node: &NodeProto) -> u64 {
    let lengths = node
        .attribute
        .iter()
        .map(|attribute| match attribute.name.as_str() {
            "classlabels_int64s" | "classlabels_ints" => attribute.ints.len(),
            "classlabels_strings" => attribute.strings.len(),
            "intercepts" => attribute.floats.len(),
            _ => 0,
        });
    u64::try_from(lengths.max().unwrap_or(0).max(2)).unwrap_or(u64::MAX)
}

/// The multiplications or steps of an operator, beyond one for each number it makes.
fn effort(node: &NodeProto, inputs: &[Extent]) -> u64 {
    let batch = inputs.first().map_or(1, |input| input.side);
    match (node.op_type.as_str(), inputs) {
        ("MatMul" | "Gemm", [one, other, ..]) => one.elements.saturating_mul(other.side),
        ("TreeEnsembleClassifier", _) => {
            let steps = ints(node, "nodes_nodeids").len();
            batch.saturating_mul(u64::try_from(steps).unwrap_or(u64::MAX))
        }
        ("LinearClassifier" | "LinearRegressor", _) => {
            let weights = find(node, "coefficients").map_or(0, |weights| weights.floats.len());
            batch.saturating_mul(u64::try_from(weights).unwrap_or(u64::MAX))
        }
        _ => 0,
    }
}
