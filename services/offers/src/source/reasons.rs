//! The reason tree: categories with defaults, and reasons that say what is different about them.

use super::fields::{Fields, entries};
use super::node::Node;
use super::values::{boolean, check_name, decimal, integer, named, named_list, text};
use crate::domain::catalogue::{
    Controllable, EndReason, ExitPath, Lever, Reason, ReturnNeeds, StagePrior,
};
use crate::domain::problem::{Code, Placed, Problems};

/// What may be written about a reason; what is absent comes from its category.
#[derive(Clone, Debug, Default)]
struct Attributes {
    controllable: Option<Controllable>,
    levers: Option<Vec<Lever>>,
    price_offer_allowed: Option<bool>,
    offers_allowed: Option<bool>,
    structural: Option<bool>,
    serviceability_check: Option<bool>,
    exit_path: Option<ExitPath>,
    win_back: Option<WinBack>,
    return_needs: Option<ReturnNeeds>,
    expected_return: Option<f64>,
    sensitive: Option<bool>,
    system_code: Option<EndReason>,
    no_offer: Option<StagePrior>,
}

/// After how many days to ask back and what to speak of; never when there are no days.
#[derive(Clone, Debug, Default)]
struct WinBack {
    after_days: Option<u32>,
    theme: String,
}

/// Reads all categories with their reasons.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Vec<Placed<Reason>> {
    let mut reasons = Vec::new();
    for (category, node) in entries(node, "reasons, by category,", problems) {
        check_name(category, "a category of reasons", problems);
        let Some(mut fields) = Fields::of(node, "a category of reasons", problems) else {
            continue;
        };
        let defaults = fields
            .optional("defaults")
            .map_or_else(Attributes::default, |node| read_attributes(node, problems));
        let own = fields.required("reasons", problems);
        fields.finish(problems);
        for (key, node) in own.map_or(&[][..], |node| entries(node, "reasons", problems)) {
            check_name(key, "a reason", problems);
            let own = if node.is_nothing() {
                Attributes::default()
            } else {
                read_attributes(node, problems)
            };
            let reason = build(key, &category.value, own, &defaults, problems);
            reasons.push(Placed::new(reason, key.place.clone()));
        }
    }
    reasons
}

fn read_attributes(node: &Node, problems: &mut Problems) -> Attributes {
    let Some(mut fields) = Fields::of(node, "what is known of a reason", problems) else {
        return Attributes::default();
    };
    let attributes = Attributes {
        controllable: fields
            .optional("controllable")
            .and_then(|node| named(node, problems)),
        levers: fields
            .optional("levers")
            .map(|node| named_list(node, problems)),
        price_offer_allowed: flag(&mut fields, "price_offer_allowed", problems),
        offers_allowed: flag(&mut fields, "offers_allowed", problems),
        structural: flag(&mut fields, "structural", problems),
        serviceability_check: flag(&mut fields, "serviceability_check", problems),
        exit_path: fields
            .optional("exit_path")
            .and_then(|node| named(node, problems)),
        win_back: fields
            .optional("win_back")
            .and_then(|node| read_win_back(node, problems)),
        return_needs: fields
            .optional("return_needs")
            .and_then(|node| named(node, problems)),
        expected_return: fields
            .optional("expected_return")
            .and_then(|node| decimal(node, 0.0..=1.0, problems)),
        sensitive: flag(&mut fields, "sensitive", problems),
        system_code: fields
            .optional("system_code")
            .and_then(|node| named(node, problems)),
        no_offer: fields
            .optional("no_offer")
            .and_then(|node| read_stage(node, problems)),
    };
    fields.finish(problems);
    attributes
}

fn flag(fields: &mut Fields<'_>, key: &'static str, problems: &mut Problems) -> Option<bool> {
    fields
        .optional(key)
        .and_then(|node| boolean(node, problems))
}

fn read_win_back(node: &Node, problems: &mut Problems) -> Option<WinBack> {
    if matches!(&node.kind, super::node::Kind::Scalar { text, .. } if text == "never") {
        return Some(WinBack::default());
    }
    let mut fields = Fields::of(node, "win_back is never, or", problems)?;
    let after_days = fields.required("after_days", problems);
    let theme = fields.required("theme", problems);
    fields.finish(problems);
    Some(WinBack {
        after_days: Some(integer(after_days?, 1..=3_650, problems)?),
        theme: text(theme?, 64, problems)?,
    })
}

/// Reads the three chances of doing nothing.
fn read_stage(node: &Node, problems: &mut Problems) -> Option<StagePrior> {
    let mut fields = Fields::of(node, "the chances of three stages", problems)?;
    let stay = fields.required("stay", problems);
    let here = fields.required("here_30_days", problems);
    let durable = fields.required("durable", problems);
    fields.finish(problems);
    let mut chance = |node: Option<&Node>| node.and_then(|node| decimal(node, 0.0..=1.0, problems));
    let (stay, here_30_days, durable) = (chance(stay), chance(here), chance(durable));
    Some(StagePrior {
        stay: stay?,
        here_30_days: here_30_days?,
        durable: durable?,
    })
}

/// Puts a reason together. What is missing is noted and stands in as the most careful value, so
/// that rules that name the reason are still checked.
fn build(
    key: &Placed<String>,
    category: &str,
    own: Attributes,
    defaults: &Attributes,
    problems: &mut Problems,
) -> Reason {
    // What a category says of its reasons is not said of a sensitive one.
    let own_win_back = own.win_back.is_some();
    let win_back = own
        .win_back
        .or_else(|| defaults.win_back.clone())
        .unwrap_or_default();
    let offers_allowed = own.offers_allowed.or(defaults.offers_allowed);
    let levers = own.levers.or_else(|| defaults.levers.clone());
    let controllable = own.controllable.or(defaults.controllable);
    let exit_path = own.exit_path.or(defaults.exit_path);
    let expected_return = own.expected_return.or(defaults.expected_return);
    let system_code = own.system_code.or(defaults.system_code);
    let no_offer = own.no_offer.or(defaults.no_offer);
    for (missing, name) in [
        (controllable.is_none(), "controllable"),
        (levers.is_none(), "levers"),
        (offers_allowed.is_none(), "offers_allowed"),
        (exit_path.is_none(), "exit_path"),
        (expected_return.is_none(), "expected_return"),
        (system_code.is_none(), "system_code"),
        (no_offer.is_none(), "no_offer"),
    ] {
        if missing {
            let message = format!(
                "{} has no {name}: add it here or to the defaults",
                key.value
            );
            problems.add(&key.place, Code::MissingKey, message);
        }
    }
    let flag = |own: Option<bool>, default: Option<bool>| own.or(default).unwrap_or(false);
    Reason {
        key: key.value.clone(),
        category: category.to_owned(),
        controllable: controllable.unwrap_or(Controllable::No),
        levers: levers.unwrap_or_default(),
        price_offer_allowed: flag(own.price_offer_allowed, defaults.price_offer_allowed),
        offers_allowed: flag(offers_allowed, None),
        structural: flag(own.structural, defaults.structural),
        serviceability_check: flag(own.serviceability_check, defaults.serviceability_check),
        exit_path: exit_path.unwrap_or(ExitPath::Standard),
        win_back_after_days: win_back.after_days,
        win_back_though_sensitive: own_win_back && win_back.after_days.is_some(),
        win_back_theme: win_back.theme,
        return_needs: own
            .return_needs
            .or(defaults.return_needs)
            .unwrap_or_default(),
        expected_return: expected_return.unwrap_or(0.0),
        sensitive: flag(own.sensitive, defaults.sensitive),
        system_code: system_code.unwrap_or(EndReason::CustomerTermination),
        no_offer: no_offer.unwrap_or(StagePrior {
            stay: 0.0,
            here_30_days: 0.0,
            durable: 0.0,
        }),
    }
}
