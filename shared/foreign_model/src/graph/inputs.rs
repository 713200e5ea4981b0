//! What a file reads, against what was declared.

use std::collections::HashSet;

use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Axis;
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{GraphProto, TypeProto, ValueInfoProto};

use super::{Layout, element_type};
use crate::declaration::{Declaration, Input};
use crate::refusal::LoadRefusal;

/// Compares the inputs of the file with the declared ones.
pub(super) fn inputs(
    graph: &mut GraphProto,
    declaration: &Declaration,
) -> Result<(Layout, bool), LoadRefusal> {
    let constants: HashSet<&str> = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_str())
        .collect();
    // Older files list their constants as inputs with a default.
    graph
        .input
        .retain(|input| !constants.contains(input.name.as_str()));
    let is_double = one_type(&graph.input)?;
    let declared = &declaration.inputs;
    if let [input] = graph.input.as_slice() {
        check_columns(input, declaration.width())?;
        return Ok((Layout::Matrix, is_double));
    }
    let mut places = Vec::new();
    for input in &graph.input {
        let place = declared.iter().position(|one| one.name == input.name);
        let Some((place, one)) = place.and_then(|place| Some((place, declared.get(place)?))) else {
            return Err(LoadRefusal::OtherInputs(format!(
                "{} is not declared",
                input.name
            )));
        };
        check_columns(input, one.kind.width())?;
        places.push(place);
    }
    let is_read = |one: &&Input| !graph.input.iter().any(|input| input.name == one.name);
    if let Some(missing) = declared.iter().find(is_read) {
        let why = format!("the file does not read {}", missing.name);
        return Err(LoadRefusal::OtherInputs(why));
    }
    Ok((Layout::Each(places), is_double))
}

/// Whether the inputs are all of double precision, or all of single precision.
fn one_type(inputs: &[ValueInfoProto]) -> Result<bool, LoadRefusal> {
    let types: Vec<Option<DataType>> = inputs.iter().map(element_type).collect();
    let all = |kind| !types.is_empty() && types.iter().all(|one| *one == Some(kind));
    if all(DataType::Float) || all(DataType::Double) {
        return Ok(all(DataType::Double));
    }
    let why = "all must be matrices of floats, or all of doubles; encode words as numbers";
    Err(LoadRefusal::OtherInputs(why.to_owned()))
}

/// Checks that an input is a matrix of so many columns, as far as it says.
fn check_columns(input: &ValueInfoProto, columns: usize) -> Result<(), LoadRefusal> {
    let Some(TypeProto {
        value: Some(Value::TensorType(tensor)),
        ..
    }) = &input.r#type
    else {
        return Err(LoadRefusal::OtherInputs(format!(
            "{} is no tensor",
            input.name
        )));
    };
    let Some(shape) = &tensor.shape else {
        return Ok(());
    };
    let wrong = match shape.dim.as_slice() {
        [_, last] => match &last.value {
            Some(Axis::DimValue(have)) if i64::try_from(columns) != Ok(*have) => {
                format!("{have} columns where {columns} are declared")
            }
            _ => return Ok(()),
        },
        other => format!("{} axes instead of two", other.len()),
    };
    Err(LoadRefusal::OtherInputs(format!(
        "{} has {wrong}",
        input.name
    )))
}
