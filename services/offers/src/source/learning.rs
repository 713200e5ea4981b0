//! How a catalogue file says that it finds out what works.

use kernel::money::BasisPoints;

use super::fields::Fields;
use super::node::{Kind, Node};
use super::values::{check_name, decimal, placed_text};
use crate::domain::catalogue::Learning;
use crate::domain::holdout::{HoldoutKey, PlannedHoldout, PlannedShare};
use crate::domain::problem::{Code, Placed, Problems};

/// The share that hangs on how many calls there are.
const BY_VOLUME: &str = "by_volume";

/// Reads the section.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Placed<Learning>> {
    let mut fields = Fields::of(node, "learning", problems)?;
    let holdout = fields
        .required("holdout", problems)
        .and_then(|node| read_holdout(node, problems));
    fields.finish(problems);
    let learning = Learning { holdout: holdout? };
    Some(Placed::new(learning, node.place.clone()))
}

fn read_holdout(node: &Node, problems: &mut Problems) -> Option<PlannedHoldout> {
    let mut fields = Fields::of(node, "a holdout", problems)?;
    let key = fields
        .required("key", problems)
        .and_then(|node| placed_text(node, HoldoutKey::MAX_LENGTH, problems))
        .filter(|key| check_name(key, "a holdout", problems));
    let share = fields
        .required("share", problems)
        .and_then(|node| read_share(node, problems));
    fields.finish(problems);
    Some(PlannedHoldout {
        key: HoldoutKey::parse(&key?.value).ok()?,
        share: share?,
    })
}

/// A share in whole hundredths of a per cent, since no finer one would be noticed.
fn read_share(node: &Node, problems: &mut Problems) -> Option<PlannedShare> {
    if matches!(&node.kind, Kind::Scalar { text, .. } if text == BY_VOLUME) {
        return Some(PlannedShare::ByVolume);
    }
    let least = BasisPoints(1).fraction();
    let share = decimal(node, least..=PlannedShare::LARGEST.fraction(), problems)?;
    let whole = (1..=PlannedShare::LARGEST.0).find(|share_basis_points| {
        (BasisPoints(*share_basis_points).fraction() - share).abs() < 1e-9
    });
    if whole.is_none() {
        let message = format!("{share} is finer than a hundredth of a per cent: round it");
        problems.add(&node.place, Code::BadValue, message);
    }
    whole.map(|share| PlannedShare::Fixed(BasisPoints(share)))
}
