//! Guidance and routing, as written.

use super::fields::{Fields, entries};
use super::node::Node;
use super::offer::is_language;
use super::rule;
use super::values::{check_name, list, named, placed_text, text};
use crate::domain::catalogue::draft::{GuidanceDraft, LinesDraft, RoutingDraft};
use crate::domain::problem::{Code, Placed, Problems};

/// The longest line, in characters.
const MAX_LINE: usize = 300;

/// Reads the entries of guidance.
pub(super) fn read_guidance(node: &Node, problems: &mut Problems) -> Vec<GuidanceDraft> {
    let entries = entries(node, "entries of guidance", problems).iter();
    entries
        .filter_map(|(key, node)| {
            check_name(key, "an entry of guidance", problems);
            let mut fields = Fields::of(node, "an entry of guidance", problems)?;
            let when = fields.required("when", problems);
            let (say, do_not_say) = (fields.optional("say"), fields.optional("do_not_say"));
            fields.finish(problems);
            Some(GuidanceDraft {
                key: key.clone(),
                when: when.and_then(|node| rule::read(node, problems)),
                say: optional_lines(say, problems),
                do_not_say: optional_lines(do_not_say, problems),
            })
        })
        .collect()
}

/// Reads the rows of routing, in their order.
pub(super) fn read_routing(node: &Node, problems: &mut Problems) -> Vec<RoutingDraft> {
    let entries = entries(node, "rows of routing", problems).iter();
    entries
        .filter_map(|(key, node)| {
            check_name(key, "a row of routing", problems);
            let mut fields = Fields::of(node, "a row of routing", problems)?;
            let when = fields.required("when", problems);
            let (team, authority) = (fields.optional("team"), fields.optional("authority"));
            let why = fields.optional("why");
            fields.finish(problems);
            Some(RoutingDraft {
                key: key.clone(),
                when: when.and_then(|node| rule::read(node, problems)),
                team: team.and_then(|node| text(node, 64, problems)),
                authority: authority.and_then(|node| named(node, problems)),
                why: optional_lines(why, problems),
            })
        })
        .collect()
}

/// Reads the languages that the desk speaks.
pub(super) fn read_languages(node: &Node, problems: &mut Problems) -> Vec<String> {
    let mut languages = Vec::new();
    for node in list(node, problems) {
        let Some(language) = text(node, 35, problems) else {
            continue;
        };
        if is_language(&language) {
            languages.push(language);
        } else {
            let message = format!("{language:?} is no language of BCP 47, such as en or pt-BR");
            problems.add(&node.place, Code::BadValue, message);
        }
    }
    languages
}

fn optional_lines(node: Option<&Node>, problems: &mut Problems) -> LinesDraft {
    node.map_or_else(Vec::new, |node| lines(node, MAX_LINE, problems))
}

/// Reads a text by language, each up to so many characters long.
pub(super) fn lines(node: &Node, max: usize, problems: &mut Problems) -> LinesDraft {
    let mut lines: LinesDraft = Vec::new();
    for (language, node) in entries(node, "lines, by language,", problems) {
        if !is_language(&language.value) {
            let message = format!(
                "{:?} is no language of BCP 47, such as en or pt-BR",
                language.value
            );
            problems.add(&language.place, Code::BadValue, message);
        }
        if let Some(text) = placed_text(node, max, problems) {
            lines.push((
                Placed::new(language.value.clone(), language.place.clone()),
                text,
            ));
        }
    }
    lines
}
