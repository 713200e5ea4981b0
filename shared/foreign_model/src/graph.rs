//! What is left of a file: the part that the probability hangs on, in operators that we run.

mod inputs;
mod rewrite;
mod tensor;

use std::collections::HashSet;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, TypeProto, ValueInfoProto,
};

use crate::declaration::{Declaration, Gaps};
use crate::refusal::LoadRefusal;
use crate::trees::{self, find, ints};

use inputs::inputs;
use tensor::check_tensor;
pub(crate) use tensor::dimensions;

/// The most operators.
const MOST_NODES: usize = 2_000;

/// Operators without loops, that make of two axes no more than two. None of them is there to divide
/// or to take roots and logarithms: the library's sigmoid makes a number of not-a-number, so that what
/// went wrong before it would not be seen.
const OPERATORS: [&str; 22] = [
    "Identity",
    "Cast",
    "Add",
    "Sub",
    "Mul",
    "Neg",
    "MatMul",
    "Gemm",
    "Relu",
    "LeakyRelu",
    "Elu",
    "Sigmoid",
    "Tanh",
    "Softmax",
    "Softplus",
    "Exp",
    "Abs",
    "Clip",
    "Concat",
    "Reshape",
    "Gather",
    "Constant",
];
/// The same of the machine-learning domain, as they are after rewriting.
const ML_OPERATORS: [&str; 4] = [
    "TreeEnsembleClassifier",
    "LinearClassifier",
    "LinearRegressor",
    "Normalizer",
];
const ML_DOMAIN: &str = "ai.onnx.ml";

/// How the file wants its inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One matrix with a column for each number.
    Matrix,
    /// A matrix for each declared input; the place of the declared one for each of the file's.
    Each(Vec<usize>),
}

/// A file that can be run.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) model: ModelProto,
    pub(crate) layout: Layout,
    /// Whether the file reads double precision.
    pub(crate) is_double: bool,
    pub(crate) gaps: Gaps,
}

/// Keeps what the probability hangs on, and checks it.
pub(crate) fn prepare(
    mut model: ModelProto,
    declaration: &Declaration,
) -> Result<Graph, LoadRefusal> {
    let unreadable = |why: &str| LoadRefusal::Unreadable(why.to_owned());
    let graph = model
        .graph
        .as_mut()
        .ok_or_else(|| unreadable("it holds no graph"))?;
    if graph.node.len() > MOST_NODES {
        return Err(LoadRefusal::TooMuch {
            what: format!("{} operators", graph.node.len()),
            limit: u64::try_from(MOST_NODES).unwrap_or(u64::MAX),
        });
    }
    if !graph.sparse_initializer.is_empty() {
        return Err(unreadable("it holds sparse tensors"));
    }
    let output = probability_output(graph, declaration)?;
    keep_ancestors(graph, &output);
    rewrite::rewrite(graph)?;
    for node in &graph.node {
        check_node(node)?;
    }
    for tensor in &graph.initializer {
        check_tensor(tensor)?;
    }
    let (layout, is_double) = inputs(graph, declaration)?;
    crate::bounds::check(graph, declaration.width())?;
    let gaps = gaps(graph);
    // What these say is found out anew, for batches of any size.
    graph.value_info.clear();
    graph.output = vec![ValueInfoProto {
        name: output,
        ..ValueInfoProto::default()
    }];
    model.functions.clear();
    model.metadata_props.clear();
    Ok(Graph {
        model,
        layout,
        is_double,
        gaps,
    })
}

/// The tensor that holds the probability.
fn probability_output(
    graph: &GraphProto,
    declaration: &Declaration,
) -> Result<String, LoadRefusal> {
    let names = || graph.output.iter().map(|output| output.name.as_str());
    let other = |why: String| {
        let names: Vec<&str> = names().collect();
        Err(LoadRefusal::OtherOutput(format!(
            "{why}; there are: {}",
            names.join(", ")
        )))
    };
    let name = if let Some(declared) = &declaration.output {
        if !names().any(|name| name == declared) {
            return other(format!("there is no \"{declared}\""));
        }
        declared
    } else {
        let could_be: Vec<&ValueInfoProto> = graph
            .output
            .iter()
            .filter(|output| is_not_integer(output))
            .collect();
        match could_be.as_slice() {
            [one] => &one.name,
            [] => return other("none holds numbers".to_owned()),
            _ => return other("several hold numbers: declare one".to_owned()),
        }
    };
    // Converters like to wrap the probabilities of the classes in a list of maps.
    let made_by = graph.node.iter().find(|node| node.output.contains(name));
    match made_by.filter(|node| node.op_type == "ZipMap") {
        Some(node) => Ok(node.input.first().cloned().unwrap_or_default()),
        None => Ok(name.clone()),
    }
}

/// Labels are integers or words; probabilities are numbers, or wrapped.
fn is_not_integer(output: &ValueInfoProto) -> bool {
    element_type(output).is_none_or(|kind| kind == DataType::Float || kind == DataType::Double)
}

fn element_type(value: &ValueInfoProto) -> Option<DataType> {
    let Some(TypeProto {
        value: Some(Value::TensorType(tensor)),
        ..
    }) = &value.r#type
    else {
        return None;
    };
    DataType::try_from(tensor.elem_type).ok()
}

/// Drops what the output does not hang on: labels, mostly.
fn keep_ancestors(graph: &mut GraphProto, output: &str) {
    let mut needed = HashSet::from([output.to_owned()]);
    let mut kept = Vec::new();
    while let Some(node) = graph.node.pop() {
        if node.output.iter().any(|name| needed.contains(name)) {
            needed.extend(node.input.iter().cloned());
            kept.push(node);
        }
    }
    kept.reverse();
    graph.node = kept;
    graph
        .initializer
        .retain(|tensor| needed.contains(&tensor.name));
}

fn check_node(node: &NodeProto) -> Result<(), LoadRefusal> {
    let operator = node.op_type.as_str();
    let is_known = match node.domain.as_str() {
        "" | "ai.onnx" => OPERATORS.contains(&operator),
        ML_DOMAIN => ML_OPERATORS.contains(&operator),
        _ => false,
    };
    if !is_known {
        let domain = if node.domain.is_empty() { "" } else { "." };
        return Err(LoadRefusal::UnsupportedOperator {
            operator: format!("{}{domain}{operator}", node.domain),
        });
    }
    for attribute in &node.attribute {
        check_attribute(attribute)?;
    }
    if operator == "TreeEnsembleClassifier" {
        let words = find(node, "classlabels_strings").map_or(0, |words| words.strings.len());
        trees::check(node, ints(node, "classlabels_int64s").len().max(words))?;
    }
    Ok(())
}

/// Trees alone read gaps: whether nothing else looks at the inputs.
fn gaps(graph: &GraphProto) -> Gaps {
    let inputs = graph.input.iter().map(|input| input.name.as_str());
    let mut with_gaps: HashSet<&str> = inputs.collect();
    for node in &graph.node {
        if !node
            .input
            .iter()
            .any(|name| with_gaps.contains(name.as_str()))
        {
            continue;
        }
        match node.op_type.as_str() {
            "TreeEnsembleClassifier" => {}
            "Identity" | "Cast" | "Concat" => {
                with_gaps.extend(node.output.iter().map(String::as_str));
            }
            _ => return Gaps::Refused,
        }
    }
    Gaps::Read
}

fn check_attribute(attribute: &AttributeProto) -> Result<(), LoadRefusal> {
    if attribute.floats.iter().any(|number| !number.is_finite()) {
        let why = format!("the attribute {} holds what is no number", attribute.name);
        return Err(LoadRefusal::Unreadable(why));
    }
    let is_graph = attribute.g.is_some() || !attribute.graphs.is_empty();
    let is_sparse = attribute.sparse_tensor.is_some() || !attribute.sparse_tensors.is_empty();
    if is_graph || is_sparse || !attribute.tensors.is_empty() {
        let why = format!(
            "the attribute {} holds what no such operator has",
            attribute.name
        );
        return Err(LoadRefusal::Unreadable(why));
    }
    attribute.t.as_ref().map_or(Ok(()), check_tensor)
}
