//! The files of a policy: languages, named groups of places, and rows.

use super::fields::{Fields, entries};
use super::node::{Kind, Node};
use super::policy_text::{read_spoken, texts};
use super::values::{boolean, check_name, day, integer, list, named, named_list, text};
use crate::domain::policy::{
    ContactHours, Jurisdiction, PlaceScope, PolicyDraft, PolicyOutcome, Row, Rules, Scope,
};
use crate::domain::problem::{Code, Placed, Problems};

/// The most rows of a policy.
const MAX_ROWS: usize = 500;
/// The longest name of where a row comes from.
const MAX_SOURCE_LENGTH: usize = 300;

/// A name for several places.
type Group = (String, Vec<Jurisdiction>);

/// Reads the rows of all files; groups of places hold for all of them.
pub(super) fn read(documents: &[Node], problems: &mut Problems) -> PolicyDraft {
    let mut draft = PolicyDraft::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut row_nodes = Vec::new();
    for document in documents {
        let Some(mut fields) = Fields::of(document, "a policy file", problems) else {
            continue;
        };
        read_spoken(&mut fields, &mut draft, problems);
        if let Some(node) = fields.optional("places") {
            for (name, node) in entries(node, "groups of places", problems) {
                groups.push((name.value.clone(), read_group(node, problems)));
            }
        }
        if let Some(node) = fields.optional("rows") {
            row_nodes.extend(entries(node, "rows", problems));
        }
        fields.finish(problems);
    }
    if let Some((key, _)) = row_nodes.get(MAX_ROWS) {
        let message = format!("there are more than {MAX_ROWS} rows");
        problems.add(&key.place, Code::TooLarge, message);
    }
    for (key, node) in row_nodes {
        if let Some(row) = read_row(key, node, &groups, &mut draft, problems) {
            draft.rows.push(Placed::new(row, key.place.clone()));
        }
    }
    draft
}

fn read_group(node: &Node, problems: &mut Problems) -> Vec<Jurisdiction> {
    list(node, problems)
        .iter()
        .filter_map(|node| {
            let code = text(node, 6, problems)?;
            jurisdiction(&code, node, problems)
        })
        .collect()
}

fn read_row(
    key: &Placed<String>,
    node: &Node,
    groups: &[Group],
    draft: &mut PolicyDraft,
    problems: &mut Problems,
) -> Option<Row> {
    check_name(key, "a row", problems);
    let mut fields = Fields::of(node, "a row", problems)?;
    let scope = fields
        .optional("where")
        .map(|node| read_scope(node, groups, problems));
    let rules = fields
        .required("rules", problems)
        .map(|node| read_rules(node, draft, problems));
    let row = Row {
        key: key.value.clone(),
        active: fields
            .optional("active")
            .is_none_or(|node| boolean(node, problems) == Some(true)),
        scope: scope.unwrap_or_default(),
        effective_from: fields
            .optional("effective_from")
            .and_then(|node| day(node, problems)),
        effective_until: fields
            .optional("effective_until")
            .and_then(|node| day(node, problems)),
        rules: rules.unwrap_or_default(),
        source: fields
            .required("source", problems)
            .and_then(|node| text(node, MAX_SOURCE_LENGTH, problems))
            .unwrap_or_default(),
        verify: fields
            .required("verify", problems)
            .is_none_or(|node| boolean(node, problems) != Some(false)),
    };
    fields.finish(problems);
    Some(row)
}

fn read_scope(node: &Node, groups: &[Group], problems: &mut Problems) -> Scope {
    let Some(mut fields) = Fields::of(node, "where a row holds", problems) else {
        return Scope::default();
    };
    let scope = Scope {
        places: fields
            .optional("jurisdictions")
            .map_or_else(Vec::new, |node| read_places(node, groups, problems)),
        channels: some_of(&mut fields, "channels", problems),
        customer_kinds: some_of(&mut fields, "customer_kinds", problems),
        contract_kinds: some_of(&mut fields, "contract_kinds", problems),
        occasions: some_of(&mut fields, "occasions", problems),
    };
    fields.finish(problems);
    scope
}

/// Reads a list of names that, where it is written, names at least one.
fn some_of<T: crate::domain::named::Named>(
    fields: &mut Fields<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Vec<T> {
    let Some(node) = fields.optional(key) else {
        return Vec::new();
    };
    refuse_empty(node, problems);
    named_list(node, problems)
}

fn refuse_empty(node: &Node, problems: &mut Problems) {
    if matches!(&node.kind, Kind::List(nodes) if nodes.is_empty()) {
        let message = "an empty list holds nowhere: name one, or leave the key out for everywhere";
        problems.add(&node.place, Code::Empty, message);
    }
}

fn read_places(node: &Node, groups: &[Group], problems: &mut Problems) -> Vec<PlaceScope> {
    refuse_empty(node, problems);
    let mut places = Vec::new();
    for node in list(node, problems) {
        let Some(code) = text(node, 64, problems) else {
            continue;
        };
        if code == "unknown" {
            places.push(PlaceScope::Unknown);
        } else if let Some((_, group)) = groups.iter().find(|(name, _)| *name == code) {
            places.extend(group.iter().cloned().map(PlaceScope::In));
        } else {
            places.extend(jurisdiction(&code, node, problems).map(PlaceScope::In));
        }
    }
    places
}

fn jurisdiction(code: &str, node: &Node, problems: &mut Problems) -> Option<Jurisdiction> {
    match Jurisdiction::parse(code) {
        Ok(jurisdiction) => Some(jurisdiction),
        Err(complaint) => {
            let message = format!("{code:?} {complaint}; or name a group of places, or unknown");
            problems.add(&node.place, Code::BadValue, message);
            None
        }
    }
}

fn read_rules(node: &Node, draft: &mut PolicyDraft, problems: &mut Problems) -> Rules {
    let Some(mut fields) = Fields::of(node, "what a row says", problems) else {
        return Rules::default();
    };
    let rules = Rules {
        offers_allowed: fields
            .optional("offers_allowed")
            .and_then(|node| named(node, problems)),
        max_offers: number(
            &mut fields,
            "max_offers",
            PolicyOutcome::MAX_OFFERS,
            problems,
        ),
        disclosures: texts(&mut fields, "disclosures", draft, problems),
        notices: texts(&mut fields, "notices", draft, problems),
        refusal_ends_offers: fields
            .optional("refusal_ends_offers")
            .and_then(|node| boolean(node, problems)),
        max_feedback_screens: number(&mut fields, "max_feedback_screens", 10, problems),
        cooling_off_days: number(&mut fields, "cooling_off_days", 365, problems),
        cancel_deadline_hours: number(&mut fields, "cancel_deadline_hours", 8_760, problems),
        acknowledgement_medium: fields
            .optional("acknowledgement_medium")
            .and_then(|node| named(node, problems)),
        record_retention_months: number(&mut fields, "record_retention_months", 240, problems),
        contact_hours: fields
            .optional("contact_hours")
            .and_then(|node| read_hours(node, problems)),
        win_back_window_days: number(&mut fields, "win_back_window_days", 3_650, problems),
        opt_out_days: number(&mut fields, "opt_out_days", 365, problems),
        parity: fields
            .optional("parity")
            .and_then(|node| named(node, problems)),
        price_notices: texts(&mut fields, "price_notices", draft, problems),
        alternatives_on_request: number(
            &mut fields,
            "alternatives_on_request",
            PolicyOutcome::MAX_ALTERNATIVES,
            problems,
        ),
    };
    fields.finish(problems);
    rules
}

fn number(
    fields: &mut Fields<'_>,
    key: &'static str,
    greatest: u32,
    problems: &mut Problems,
) -> Option<u32> {
    fields
        .optional(key)
        .and_then(|node| integer(node, 0..=greatest, problems))
}

fn read_hours(node: &Node, problems: &mut Problems) -> Option<ContactHours> {
    let mut fields = Fields::of(node, "contact hours", problems)?;
    let from_hour = number(&mut fields, "from_hour", 24, problems);
    let until_hour = number(&mut fields, "until_hour", 24, problems);
    fields.finish(problems);
    let (Some(from_hour), Some(until_hour)) = (from_hour, until_hour) else {
        problems.add(
            &node.place,
            Code::MissingKey,
            "contact hours need from_hour and until_hour",
        );
        return None;
    };
    Some(ContactHours {
        from_hour,
        until_hour,
    })
}
