//! What agents of each level may grant, as written.

use super::fields::{Fields, entries};
use super::node::Node;
use super::values::{amounts, basis_points, integer};
use crate::domain::catalogue::{AuthorityDraft, Limits};
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::request::Authority;

/// Reads the limits by level.
pub(super) fn read(node: &Node, problems: &mut Problems) -> AuthorityDraft {
    let mut draft = AuthorityDraft::new();
    for (name, node) in entries(node, "limits, by level of authority,", problems) {
        let Some(level) = Authority::from_name(&name.value) else {
            let hint = did_you_mean(&name.value, Authority::names());
            let message = format!("{} is no level of authority{hint}", name.value);
            problems.add(&name.place, Code::UnknownValue, message);
            continue;
        };
        if let Some(limits) = read_limits(node, problems) {
            draft.push((level, Placed::new(limits, name.place.clone())));
        }
    }
    draft
}

fn read_limits(node: &Node, problems: &mut Problems) -> Option<Limits> {
    let mut fields = Fields::of(node, "the limits of a level", problems)?;
    let largest_cost = fields.optional("largest_cost");
    let largest_discount = fields.optional("largest_discount_basis_points");
    let longest_months = fields.optional("longest_months");
    let discretion_per_day = fields.optional("discretion_per_day");
    fields.finish(problems);
    Some(Limits {
        largest_cost: largest_cost.map(|node| amounts(node, problems)),
        largest_discount: largest_discount
            .and_then(|node| basis_points(node, 0..=10_000, problems)),
        longest_months: longest_months.and_then(|node| integer(node, 0..=36, problems)),
        discretion_per_day: discretion_per_day.map(|node| amounts(node, problems)),
    })
}
