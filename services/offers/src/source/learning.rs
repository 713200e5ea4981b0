//! How a catalogue file says that it finds out what works.

use kernel::money::{BasisPoints, Money};

use super::fields::Fields;
use super::node::{Kind, Node};
use super::values::{amounts, check_name, decimal, integer, placed_text};
use crate::domain::catalogue::{Learning, ValueTiers};
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
    let value_tiers = fields
        .required("value_tiers", problems)
        .and_then(|node| read_tiers(node, problems));
    let mut whole = |key, unless, bounds| {
        let written = fields.optional(key);
        written.map_or(Some(unless), |node| integer(node, bounds, problems))
    };
    let long_term_months = whole("long_term_months", Learning::LONG_TERM_MONTHS, 1..=600);
    let half_life_days = whole("half_life_days", Learning::HALF_LIFE_DAYS, 30..=3_650);
    let floor = fields
        .optional("floor")
        .map_or(Some(Learning::FLOOR), |node| {
            decimal(node, 0.0..=0.05, problems)
        });
    fields.finish(problems);
    let learning = Learning {
        holdout: holdout?,
        value_tiers: value_tiers?,
        long_term_months: long_term_months?,
        half_life_days: half_life_days?,
        floor: floor?,
    };
    Some(Placed::new(learning, node.place.clone()))
}

/// Two amounts for each currency, the lower first.
fn read_tiers(node: &Node, problems: &mut Problems) -> Option<ValueTiers> {
    let mut fields = Fields::of(node, "value tiers", problems)?;
    let mut begins = |key| {
        let written = fields.required(key, problems);
        written.map(|node| amounts(node, problems))
    };
    let (middle, high) = (begins("middle_from"), begins("high_from"));
    fields.finish(problems);
    let (middle, high) = (middle?, high?);
    let in_order = |money: Money| {
        let other = high.get(money.currency);
        other.is_some_and(|other| money.minor < other.minor)
    };
    if !middle.iter().all(in_order) || middle.iter().count() != high.iter().count() {
        let message =
            "middle_from and high_from name the same currencies, the first the lower amount";
        problems.add(&node.place, Code::InconsistentTerms, message);
    }
    Some(ValueTiers { middle, high })
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
