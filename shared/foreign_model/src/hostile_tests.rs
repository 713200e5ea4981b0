//! Files that somebody damaged: refused or harmless, and never the end of the process.

use prost::Message as _;
use tract_onnx::pb::{AttributeProto, ModelProto};

use crate::declaration::Encoding;
use crate::fixture_tests::{bytes, declaration};
use crate::model::ForeignModel;
use crate::refusal::LoadRefusal;

const MODELS: [&str; 4] = ["gradient_boosting", "logistic", "neural_net", "regressor"];

/// Loads a damaged file; if that works, asks it about somebody.
fn survive(bytes: &[u8]) {
    if let Ok(model) = ForeignModel::load(bytes, declaration(Encoding::Place)) {
        use statistics::propensity::schema::Value::{Category, Number};
        let row = [Number(5.0), Number(80.0), Number(2.0), Category("one_year")];
        if let Ok(probability) = model.probability(&row) {
            assert!((0.0..=1.0).contains(&probability));
        }
    }
}

#[test]
fn files_cut_short_are_survived() {
    let mut refusals = 0;
    for name in MODELS {
        let whole = bytes(name);
        for length in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            survive(&whole[..length]);
            let loaded = ForeignModel::load(&whole[..length], declaration(Encoding::Place));
            refusals += u32::from(loaded.is_err());
        }
    }
    assert!(refusals > 200, "{refusals} refusals");
}

#[test]
fn files_with_flipped_bits_are_survived() {
    for name in MODELS {
        let whole = bytes(name);
        let step = whole.len() / 120 + 1;
        for (place, bit) in (0..whole.len()).step_by(step).zip((0..8).cycle()) {
            let mut damaged = whole.clone();
            damaged[place] ^= 1 << bit;
            survive(&damaged);
        }
    }
}

#[test]
fn noise_is_no_model() {
    let noise: Vec<u8> = (0..5_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .collect();
    let refusal = ForeignModel::load(&noise, declaration(Encoding::Place)).unwrap_err();
    assert!(matches!(refusal, LoadRefusal::Unreadable(_)), "{refusal}");
    assert!(ForeignModel::load(&[], declaration(Encoding::Place)).is_err());
}

/// Loads a forest after somebody changed one of its columns.
fn changed(column: &str, change: impl Fn(&mut AttributeProto)) -> LoadRefusal {
    let mut model = ModelProto::decode(bytes("gradient_boosting").as_slice()).unwrap();
    let node = &mut model.graph.as_mut().unwrap().node[0];
    let attribute = node.attribute.iter_mut().find(|one| one.name == column);
    change(attribute.unwrap());
    ForeignModel::load(&model.encode_to_vec(), declaration(Encoding::Place)).unwrap_err()
}

/// The library would follow each of these for ever, or beyond the end of what it holds.
#[test]
fn trees_that_are_none_are_refused() {
    let refusals = [
        // The root's child is the root.
        changed("nodes_truenodeids", |ids| ids.ints[0] = 0),
        // A child far beyond its tree, and one below zero.
        changed("nodes_truenodeids", |ids| ids.ints[0] = 1 << 40),
        changed("nodes_falsenodeids", |ids| ids.ints[0] = -1),
        // Two parents.
        changed("nodes_falsenodeids", |ids| ids.ints[0] = 1),
        // Numbers that do not start at zero or are there twice.
        changed("nodes_nodeids", |ids| ids.ints[1] = 0),
        changed("nodes_treeids", |ids| {
            ids.ints.iter_mut().for_each(|id| *id += 1);
        }),
        // A vote for a class that is not there, and one of an inner node.
        changed("class_ids", |ids| ids.ints[0] = 2),
        changed("class_ids", |ids| ids.ints[0] = i64::MIN),
        changed("class_nodeids", |ids| ids.ints[0] = 0),
        changed("nodes_featureids", |ids| ids.ints[0] = -3),
        changed("nodes_values", |values| values.floats.truncate(3)),
        changed("class_weights", |values| values.floats.truncate(3)),
    ];
    for refusal in refusals {
        let LoadRefusal::Unreadable(why) = &refusal else {
            panic!("{refusal}");
        };
        assert!(why.starts_with("a tree ensemble is none"), "{refusal}");
    }
    let refusal = changed("nodes_modes", |modes| {
        modes.strings[0] = b"BRANCH_GTE".to_vec();
    });
    assert!(
        matches!(refusal, LoadRefusal::UnsupportedOperator { .. }),
        "{refusal}"
    );
    // A feature beyond the columns is seen by the library itself.
    let refusal = changed("nodes_featureids", |ids| ids.ints[0] = 4);
    assert!(matches!(refusal, LoadRefusal::Unreadable(_)), "{refusal}");
}

/// The library's sigmoid would make a probability of it.
#[test]
fn weights_that_are_no_numbers_are_refused() {
    let mut model = ModelProto::decode(bytes("neural_net").as_slice()).unwrap();
    let tensors = &mut model.graph.as_mut().unwrap().initializer;
    let weights = tensors.iter_mut().find(|one| !one.float_data.is_empty());
    weights.unwrap().float_data[0] = f32::NAN;
    let refusal = ForeignModel::load(&model.encode_to_vec(), declaration(Encoding::Place));
    let refusal = refusal.unwrap_err().to_string();
    assert!(refusal.contains("holds what is no number"), "{refusal}");
}

/// A file may not have others read for it.
#[test]
fn tensors_elsewhere_are_refused() {
    use tract_onnx::pb::StringStringEntryProto;
    use tract_onnx::pb::tensor_proto::DataLocation;
    let mut model = ModelProto::decode(bytes("neural_net").as_slice()).unwrap();
    let tensors = &mut model.graph.as_mut().unwrap().initializer;
    for tensor in tensors {
        tensor.raw_data.clear();
        tensor.float_data.clear();
        tensor.data_location = Some(DataLocation::External as i32);
        tensor.external_data = vec![StringStringEntryProto {
            key: "location".to_owned(),
            value: "/etc/hostname".to_owned(),
        }];
    }
    let refusal = ForeignModel::load(&model.encode_to_vec(), declaration(Encoding::Place));
    let refusal = refusal.unwrap_err().to_string();
    assert!(refusal.contains("not in the file itself"), "{refusal}");
}
