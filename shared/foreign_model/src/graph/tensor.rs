//! The constants of a file, each with its numbers.

use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};

use crate::refusal::LoadRefusal;

/// The longest axis; a file is not much larger.
const LONGEST_AXIS: u64 = 1 << 23;

/// The axes of a tensor; a negative one counts as endless.
pub(crate) fn dimensions(tensor: &TensorProto) -> Vec<u64> {
    let axes = tensor.dims.iter();
    axes.map(|axis| u64::try_from(*axis).unwrap_or(u64::MAX))
        .collect()
}

/// Checks that a tensor has two axes at most and holds, itself, as many numbers as it says.
pub(super) fn check_tensor(tensor: &TensorProto) -> Result<(), LoadRefusal> {
    let wrong = |why: &str| {
        let why = format!("the tensor \"{}\" {why}", tensor.name);
        Err(LoadRefusal::Unreadable(why))
    };
    let axes = dimensions(tensor);
    if axes.len() > 2 {
        return wrong("has more than two axes");
    }
    if axes.iter().any(|axis| *axis > LONGEST_AXIS) {
        return wrong("is longer than any file");
    }
    let is_elsewhere = tensor.data_location == Some(DataLocation::External as i32);
    if is_elsewhere || !tensor.external_data.is_empty() || tensor.segment.is_some() {
        return wrong("is not in the file itself");
    }
    let (bytes, listed) = match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) => (4, tensor.float_data.len()),
        Ok(DataType::Double) => (8, tensor.double_data.len()),
        Ok(DataType::Int32) => (4, tensor.int32_data.len()),
        Ok(DataType::Int64) => (8, tensor.int64_data.len()),
        _ => return wrong("is of a type that is not read"),
    };
    let have = if tensor.raw_data.is_empty() {
        listed * bytes
    } else {
        tensor.raw_data.len()
    };
    let need = axes
        .iter()
        .product::<u64>()
        .saturating_mul(u64::try_from(bytes).unwrap_or(8));
    if u64::try_from(have).ok() != Some(need) {
        return wrong("does not hold what it says");
    }
    if !is_finite(tensor) {
        return wrong("holds what is no number");
    }
    Ok(())
}

/// Whether all numbers of a tensor are.
fn is_finite(tensor: &TensorProto) -> bool {
    let (singles, _) = tensor.raw_data.as_chunks::<4>();
    let (doubles, _) = tensor.raw_data.as_chunks::<8>();
    match DataType::try_from(tensor.data_type) {
        Ok(DataType::Float) => {
            let listed = tensor.float_data.iter().all(|number| number.is_finite());
            listed
                && singles
                    .iter()
                    .all(|bytes| f32::from_le_bytes(*bytes).is_finite())
        }
        Ok(DataType::Double) => {
            let listed = tensor.double_data.iter().all(|number| number.is_finite());
            listed
                && doubles
                    .iter()
                    .all(|bytes| f64::from_le_bytes(*bytes).is_finite())
        }
        _ => true,
    }
}
