//! The files of a catalogue: rules, reasons and offers, in one file or several.

use super::fields::{Fields, entries};
use super::node::Node;
use super::values::{check_name, text};
use super::{
    authority, contact_policy, guidance, learning, occasions, offer, reasons, reference_price,
    rule, serial_savers,
};
use crate::domain::catalogue::draft::CatalogueDraft;
use crate::domain::problem::{Code, Place, Problems};

/// The most rules, reasons or offers of a catalogue.
const MAX_ENTRIES: usize = 500;

/// Reads the files into one draft.
pub(super) fn read(documents: &[Node], start: Place, problems: &mut Problems) -> CatalogueDraft {
    let mut draft = CatalogueDraft {
        start,
        default_language: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        authority: Vec::new(),
        reference_prices: Vec::new(),
        languages: Vec::new(),
        guidance: Vec::new(),
        routing: Vec::new(),
        offers: Vec::new(),
        caps: Vec::new(),
        cool_downs: Vec::new(),
        serial_savers: None,
        occasions: Vec::new(),
        learning: None,
    };
    for document in documents {
        read_file(document, &mut draft, problems);
    }
    if draft.default_language.is_none() {
        let message = "default_language is missing: add it, for example default_language: en";
        problems.add(&draft.start, Code::MissingKey, message);
    }
    for (count, what) in [
        (draft.rules.len(), "rules"),
        (draft.reasons.len(), "reasons"),
        (draft.offers.len(), "offers"),
        (draft.caps.len(), "caps"),
        (draft.cool_downs.len(), "cool-downs"),
        (draft.reference_prices.len(), "reference prices"),
        (draft.guidance.len(), "entries of guidance"),
        (draft.routing.len(), "rows of routing"),
    ] {
        if count > MAX_ENTRIES {
            let message = format!("there are {count} {what}, at most {MAX_ENTRIES} are allowed");
            problems.add(&draft.start, Code::TooLarge, message);
        }
    }
    draft
}

fn read_file(document: &Node, draft: &mut CatalogueDraft, problems: &mut Problems) {
    let Some(mut fields) = Fields::of(document, "a catalogue file", problems) else {
        return;
    };
    if let Some(node) = fields.optional("default_language") {
        if draft.default_language.is_some() {
            let message = "default_language is set in two files: drop one";
            problems.add(&node.place, Code::DuplicateDefinition, message);
        }
        draft.default_language = text(node, 35, problems);
    }
    if let Some(node) = fields.optional("rules") {
        for (name, node) in entries(node, "rules", problems) {
            let fits = check_name(name, "a rule", problems);
            if let Some(rule) = rule::read(node, problems).filter(|_| fits) {
                draft.rules.push((name.clone(), rule));
            }
        }
    }
    if let Some(node) = fields.optional("reasons") {
        draft.reasons.extend(reasons::read(node, problems));
    }
    if let Some(node) = fields.optional("authority") {
        if !draft.authority.is_empty() {
            let message = "authority is set in two files: drop one";
            problems.add(&node.place, Code::DuplicateDefinition, message);
        }
        draft.authority = authority::read(node, problems);
    }
    if let Some(node) = fields.optional("languages") {
        draft
            .languages
            .extend(guidance::read_languages(node, problems));
    }
    if let Some(node) = fields.optional("guidance") {
        draft
            .guidance
            .extend(guidance::read_guidance(node, problems));
    }
    if let Some(node) = fields.optional("routing") {
        draft.routing.extend(guidance::read_routing(node, problems));
    }
    if let Some(node) = fields.optional("reference_prices") {
        let prices = reference_price::read(node, problems);
        draft.reference_prices.extend(prices);
    }
    if let Some(node) = fields.optional("offers") {
        for (key, node) in entries(node, "offers", problems) {
            draft.offers.extend(offer::read(key, node, problems));
        }
    }
    read_conduct(&mut fields, draft, problems);
    fields.finish(problems);
}

/// Reads what holds for all offers together: how often, on what occasions, and for whom otherwise.
fn read_conduct(fields: &mut Fields<'_>, draft: &mut CatalogueDraft, problems: &mut Problems) {
    if let Some(node) = fields.optional("contact_policy") {
        contact_policy::read(node, draft, problems);
    }
    if let Some(node) = fields.optional("occasions") {
        draft.occasions.extend(occasions::read(node, problems));
    }
    if let Some(node) = fields.optional("serial_savers") {
        if draft.serial_savers.is_some() {
            let message = "serial_savers are set in two files: drop one";
            problems.add(&node.place, Code::DuplicateDefinition, message);
        }
        draft.serial_savers = serial_savers::read(node, problems);
    }
    if let Some(node) = fields.optional("learning") {
        if draft.learning.is_some() {
            let message = "learning is set in two files: drop one";
            problems.add(&node.place, Code::DuplicateDefinition, message);
        }
        draft.learning = learning::read(node, problems);
    }
}
