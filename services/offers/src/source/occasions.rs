//! What a catalogue file believes of the occasions other than a call to cancel.

use super::fields::{Fields, entries};
use super::node::Node;
use super::offer::read_stage;
use super::values::{basis_points, decimal};
use crate::domain::catalogue::Lever;
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::occasion::{Belief, Worth};
use crate::domain::problem::{Code, Placed, Problems};
use crate::domain::request::Occasion;

/// Reads a belief for each occasion.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<(Placed<Occasion>, Belief)> {
    let mut beliefs = Vec::new();
    for (name, node) in entries(node, "occasions", problems) {
        let known = Occasion::from_name(&name.value);
        let Some(occasion) = known.filter(|it| *it != Occasion::CancelCall) else {
            let others = || {
                Occasion::names()
                    .into_iter()
                    .filter(|it| *it != "cancel_call")
            };
            let hint = match did_you_mean(&name.value, others()).as_str() {
                "" => format!("; known are {}", others().collect::<Vec<_>>().join(", ")),
                hint => hint.to_owned(),
            };
            let message = format!("{} is no occasion to say this of{hint}", name.value);
            problems.add(&name.place, Code::UnknownValue, message);
            continue;
        };
        let belief = read_belief(node, problems);
        beliefs.extend(belief.map(|it| (Placed::new(occasion, name.place.clone()), it)));
    }
    beliefs
}

fn read_belief(node: &Node, problems: &mut Problems) -> Option<Belief> {
    let mut fields = Fields::of(node, "an occasion", problems)?;
    let stage = fields
        .required("no_offer", problems)
        .and_then(|node| read_stage(node, problems));
    let worth = fields
        .optional("worth")
        .map(|node| read_worth(node, problems));
    fields.finish(problems);
    let stage = stage?;
    // No lever, so nothing stands in for how durable it is.
    let no_offer = stage.value.complete(Lever::InformationOnly);
    if no_offer.is_none() {
        let message = "say how durable it is believed to be";
        problems.add(&stage.place, Code::MissingKey, message);
    }
    Some(Belief {
        no_offer: no_offer?,
        worth: match worth {
            Some(worth) => Some(worth?),
            None => None,
        },
    })
}

fn read_worth(node: &Node, problems: &mut Problems) -> Option<Worth> {
    let mut fields = Fields::of(node, "a worth", problems)?;
    let months = fields
        .required("residual_months", problems)
        .and_then(|node| decimal(node, 0.0..=120.0, problems));
    let margin = fields
        .required("margin_basis_points", problems)
        .and_then(|node| basis_points(node, 1..=10_000, problems));
    fields.finish(problems);
    Some(Worth {
        residual_months: months?,
        margin: margin?,
    })
}
