//! Says in operators that the library has what converters say in others.

use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, GraphProto, NodeProto, TensorProto};

use super::ML_DOMAIN;
use crate::refusal::LoadRefusal;
use crate::trees::{find, ints};

/// Rewrites a graph.
pub(super) fn rewrite(graph: &mut GraphProto) -> Result<(), LoadRefusal> {
    let mut nodes = Vec::with_capacity(graph.node.len());
    for node in std::mem::take(&mut graph.node) {
        match node.op_type.as_str() {
            "Scaler" if node.domain == ML_DOMAIN => {
                scale(&node, &mut nodes, &mut graph.initializer);
            }
            "TreeEnsembleRegressor" if node.domain == ML_DOMAIN => {
                regress(node, &mut nodes, &mut graph.initializer)?;
            }
            "TreeEnsembleClassifier" => nodes.push(with_both_bases(node)),
            _ => nodes.push(node),
        }
    }
    graph.node = nodes;
    Ok(())
}

/// `(x − offset) · scale`.
fn scale(node: &NodeProto, nodes: &mut Vec<NodeProto>, constants: &mut Vec<TensorProto>) {
    let mut before = node.input.first().cloned().unwrap_or_default();
    let output = node.output.first().cloned().unwrap_or_default();
    for (operator, attribute) in [("Sub", "offset"), ("Mul", "scale")] {
        let floats = find(node, attribute).map_or(Vec::new(), |found| found.floats.clone());
        let constant = format!("{output}.{attribute}");
        let after = if operator == "Mul" {
            output.clone()
        } else {
            format!("{output}.centred")
        };
        constants.push(TensorProto {
            name: constant.clone(),
            dims: vec![i64::try_from(floats.len()).unwrap_or(i64::MAX)],
            data_type: DataType::Float as i32,
            float_data: floats,
            ..TensorProto::default()
        });
        nodes.push(NodeProto {
            op_type: operator.to_owned(),
            name: after.clone(),
            input: vec![before, constant],
            output: vec![after.clone()],
            ..NodeProto::default()
        });
        before = after;
    }
}

/// A regression on one target is what a classifier of two classes sums up for the second one.
fn regress(
    mut node: NodeProto,
    nodes: &mut Vec<NodeProto>,
    constants: &mut Vec<TensorProto>,
) -> Result<(), LoadRefusal> {
    let unsupported = |why: &str| {
        let operator = format!("TreeEnsembleRegressor {why}");
        Err(LoadRefusal::UnsupportedOperator { operator })
    };
    if find(&node, "n_targets").map(|targets| targets.i) != Some(1) {
        return unsupported("with several targets");
    }
    if ints(&node, "target_ids").iter().any(|target| *target != 0) {
        return unsupported("with several targets");
    }
    let aggregate = find(&node, "aggregate_function").map_or(&b"SUM"[..], |found| &found.s);
    let share = match aggregate {
        b"SUM" => 1.0,
        b"AVERAGE" => share_of_tree(&node),
        _ => return unsupported("with minima or maxima"),
    };
    for attribute in &mut node.attribute {
        if let Some(name) = attribute.name.strip_prefix("target_") {
            attribute.name = format!("class_{name}");
        }
        if attribute.name == "class_weights" {
            attribute
                .floats
                .iter_mut()
                .for_each(|weight| *weight *= share);
        }
    }
    let output = node.output.first().cloned().unwrap_or_default();
    "TreeEnsembleClassifier".clone_into(&mut node.op_type);
    node.attribute.push(AttributeProto {
        name: "classlabels_int64s".to_owned(),
        r#type: AttributeType::Ints as i32,
        ints: vec![0, 1],
        ..AttributeProto::default()
    });
    node.output = vec![format!("{output}.label"), format!("{output}.both")];
    let (both, column) = (node.output[1].clone(), format!("{output}.column"));
    nodes.push(with_both_bases(node));
    constants.push(TensorProto {
        name: column.clone(),
        dims: vec![1],
        data_type: DataType::Int64 as i32,
        int64_data: vec![1],
        ..TensorProto::default()
    });
    nodes.push(NodeProto {
        op_type: "Gather".to_owned(),
        name: format!("{output}.regression"),
        input: vec![both, column],
        output: vec![output],
        attribute: vec![AttributeProto {
            name: "axis".to_owned(),
            r#type: AttributeType::Int as i32,
            i: 1,
            ..AttributeProto::default()
        }],
        ..NodeProto::default()
    });
    Ok(())
}

/// What each of so many trees has in their mean.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "weights are of single precision"
)]
fn share_of_tree(node: &NodeProto) -> f32 {
    let last = ints(node, "nodes_treeids").iter().max().copied();
    (1.0 / (last.unwrap_or(0).saturating_add(1) as f64)) as f32
}

/// Where all leaves vote for the first of two classes, which stands for the second one, there is
/// one base value; the library wants two.
fn with_both_bases(mut node: NodeProto) -> NodeProto {
    let is_binary = ints(&node, "classlabels_int64s").len() == 2
        || find(&node, "classlabels_strings").is_some_and(|words| words.strings.len() == 2);
    let base = node
        .attribute
        .iter_mut()
        .find(|one| one.name == "base_values");
    if let Some(base) = base.filter(|base| is_binary && base.floats.len() == 1) {
        base.floats.push(0.0);
    }
    node
}
