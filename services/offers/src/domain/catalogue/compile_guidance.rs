//! Checking guidance and routing and compiling them.

use std::collections::BTreeMap;

use super::ReasonTree;
use super::draft::{CatalogueDraft, GuidanceDraft, LinesDraft, RoutingDraft};
use super::guidance::{Guidance, Line, Lines, RoutingRow};
use crate::domain::predicate::draft::Draft;
use crate::domain::predicate::{Part, Possibilities, Predicate, RuleBook};
use crate::domain::problem::{Code, Place, Placed, Problems};

impl CatalogueDraft {
    pub(super) fn compile_guidance<'a>(
        &'a self,
        reasons: &'a ReasonTree,
        book: &mut RuleBook<'a>,
        problems: &mut Problems,
    ) -> Vec<Guidance> {
        let compile = |draft: &'a GuidanceDraft| {
            let GuidanceDraft {
                key,
                when,
                say,
                do_not_say,
            } = draft;
            if say.is_empty() && do_not_say.is_empty() {
                nothing_said(key, "say or do_not_say", problems);
            }
            Some(Guidance {
                key: key.value.clone(),
                when: rule(when.as_ref(), reasons, book, problems)?,
                say: self.compile_lines(key, say, problems),
                do_not_say: self.compile_lines(key, do_not_say, problems),
            })
        };
        self.guidance.iter().filter_map(compile).collect()
    }

    pub(super) fn compile_routing<'a>(
        &'a self,
        reasons: &'a ReasonTree,
        book: &mut RuleBook<'a>,
        problems: &mut Problems,
    ) -> Vec<RoutingRow> {
        let compile = |draft: &'a RoutingDraft| {
            let RoutingDraft {
                key,
                when,
                team,
                authority,
                why,
            } = draft;
            if team.is_none() && authority.is_none() {
                nothing_said(key, "team or authority", problems);
            }
            Some(RoutingRow {
                key: key.value.clone(),
                when: rule(when.as_ref(), reasons, book, problems)?,
                team: team.clone().unwrap_or_default(),
                authority: *authority,
                why: self.compile_lines(key, why, problems),
            })
        };
        self.routing.iter().filter_map(compile).collect()
    }

    /// Absent when nothing is written, or something is wrong with it, which is noted.
    fn compile_lines(
        &self,
        key: &Placed<String>,
        lines: &LinesDraft,
        problems: &mut Problems,
    ) -> Option<Lines> {
        let language = self.default_language.as_ref()?;
        let mut by_language = BTreeMap::new();
        for (language, text) in lines {
            match Line::parse(&text.value) {
                Ok(line) => {
                    by_language.insert(language.value.clone(), line);
                }
                Err(complaint) => problems.add(&text.place, Code::UnknownPlaceholder, complaint),
            }
        }
        let missing = lines.iter().all(|(written, _)| written.value != *language);
        if missing && !lines.is_empty() {
            let message = format!(
                "{} says nothing in the default language {language}",
                key.value
            );
            problems.add(&key.place, Code::MissingKey, message);
        }
        let default = by_language.get(language).cloned()?;
        Some(Lines::new(default, by_language))
    }
}

fn nothing_said(key: &Placed<String>, what: &str, problems: &mut Problems) {
    let message = format!("{} does nothing: add {what}", key.value);
    problems.add(&key.place, Code::MissingKey, message);
}

fn rule<'a>(
    when: Option<&'a Draft>,
    reasons: &'a ReasonTree,
    book: &mut RuleBook<'a>,
    problems: &mut Problems,
) -> Option<Predicate> {
    let rule = book.compile(when?, Part::OfTheCall, problems)?;
    Possibilities::of([&rule], reasons, problems);
    Some(rule)
}

/// Warns of every language that the desk speaks and something is not said in.
pub(super) fn warn_of_missing(
    what: &str,
    place: &Place,
    written: &[&str],
    languages: &[String],
    problems: &mut Problems,
) {
    let missing = languages
        .iter()
        .filter(|language| !written.contains(&language.as_str()));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    if !missing.is_empty() {
        let message = format!("{what} is not translated to {}", missing.join(", "));
        problems.warn(place, Code::MissingTranslation, message);
    }
}
