//! What a policy wants said: a text in the default language, or the same by language.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::guidance::{lines, read_languages};
use super::node::{Kind, Node};
use super::values::{list, text};
use crate::domain::policy::PolicyDraft;
use crate::domain::problem::{Code, Placed, Problems};

/// The most disclosures or notices of a row, and the longest of them.
const MAX_TEXTS: usize = 20;
const MAX_TEXT_LENGTH: usize = 300;

/// Reads the language the policy is written in and those that the desk speaks.
pub(super) fn read_spoken(
    fields: &mut Fields<'_>,
    draft: &mut PolicyDraft,
    problems: &mut Problems,
) {
    if let Some(node) = fields.optional("default_language") {
        if draft.default_language.is_some() {
            let message = "default_language is set in two files: drop one";
            problems.add(&node.place, Code::DuplicateDefinition, message);
        }
        draft.default_language = text(node, 35, problems);
    }
    if let Some(node) = fields.optional("languages") {
        draft.languages.extend(read_languages(node, problems));
    }
}

/// Reads texts to be said; returns them in the default language and keeps the others.
pub(super) fn texts(
    fields: &mut Fields<'_>,
    key: &'static str,
    draft: &mut PolicyDraft,
    problems: &mut Problems,
) -> Vec<String> {
    let Some(node) = fields.optional(key) else {
        return Vec::new();
    };
    let nodes = list(node, problems);
    if nodes.len() > MAX_TEXTS {
        let message = format!(
            "{key} has {} texts, at most {MAX_TEXTS} are read out",
            nodes.len()
        );
        problems.add(&node.place, Code::OutOfRange, message);
    }
    nodes
        .iter()
        .filter_map(|node| spoken(node, draft, problems))
        .collect()
}

fn spoken(node: &Node, draft: &mut PolicyDraft, problems: &mut Problems) -> Option<String> {
    let (said, others) = if matches!(node.kind, Kind::Mapping(_)) {
        let lines = lines(node, MAX_TEXT_LENGTH, problems).into_iter();
        let mut by_language = lines
            .map(|(language, line)| (language.value, line.value))
            .collect::<BTreeMap<_, _>>();
        let Some(language) = &draft.default_language else {
            let message = "which of these is meant by default? Add default_language at the top \
                           of the policy, for example default_language: en";
            problems.add(&node.place, Code::MissingKey, message);
            return None;
        };
        let Some(said) = by_language.remove(language) else {
            let message = format!("the text is not there in the default language: add {language}");
            problems.add(&node.place, Code::MissingKey, message);
            return None;
        };
        (said, by_language)
    } else {
        let said = text(node, MAX_TEXT_LENGTH, problems)?;
        (said, BTreeMap::new())
    };
    let written = Placed::new((said.clone(), others), node.place.clone());
    draft.texts.push(written);
    Some(said)
}
