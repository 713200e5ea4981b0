//! What to say and not to say on a call, and who should take it, as the catalogue has it.

use std::collections::BTreeMap;

use super::Placeholder;
use super::text::{Part, parts};
use crate::domain::named::Named;
use crate::domain::predicate::Predicate;
use crate::domain::request::Authority;

/// What to say and not to say where a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Guidance {
    /// Names it.
    pub key: String,
    /// Where it holds.
    pub when: Predicate,
    /// What to say.
    pub say: Option<Lines>,
    /// What not to say.
    pub do_not_say: Option<Lines>,
}

/// Who should take a call where a rule holds.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingRow {
    /// Names it, and says why in short.
    pub key: String,
    /// Where it holds.
    pub when: Predicate,
    /// The team; empty for any.
    pub team: String,
    /// The least authority; absent for any.
    pub authority: Option<Authority>,
    /// Why, in words.
    pub why: Option<Lines>,
}

/// One line in several languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    by_language: BTreeMap<String, Line>,
    default: Line,
}

impl Lines {
    /// Builds the lines; the default answers for every language that has none of its own.
    pub const fn new(default: Line, by_language: BTreeMap<String, Line>) -> Self {
        Self {
            by_language,
            default,
        }
    }

    /// Returns the line for a language (BCP 47): its own, that of its first part, or the default.
    pub fn speak(&self, language: &str) -> &Line {
        let primary = language.split('-').next().unwrap_or_default();
        self.by_language
            .get(language)
            .or_else(|| self.by_language.get(primary))
            .unwrap_or(&self.default)
    }
}

/// A line with facts to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fact(FactPlaceholder),
    Term(Placeholder),
}

/// What can be filled in about the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FactPlaceholder {
    /// Whole years since the current lifetime began.
    TenureYears,
    /// Whole months since then.
    TenureMonths,
    /// How many continuous relationships there have been.
    Lifetimes,
    /// How many incidents are open.
    OpenIncidents,
}

impl Named for FactPlaceholder {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::TenureYears, "tenure_years"),
        (Self::TenureMonths, "tenure_months"),
        (Self::Lifetimes, "lifetimes"),
        (Self::OpenIncidents, "open_incidents"),
    ];
}

/// Where the values to fill in come from.
pub trait LineValues {
    /// Something about the customer.
    fn fact(&self, placeholder: FactPlaceholder) -> Option<String>;
    /// A term of the first offer.
    fn term(&self, placeholder: Placeholder) -> Option<String>;
}

impl Line {
    /// Reads a line with `{placeholders}`; says what is wrong with it otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pieces = parts(text)?.into_iter().map(|part| match part {
            Part::Text(text) => Ok(Piece::Text(text.to_owned())),
            Part::Placeholder(name) => FactPlaceholder::from_name(name)
                .map(Piece::Fact)
                .or_else(|| Placeholder::from_name(name).map(Piece::Term))
                .ok_or_else(|| {
                    let known = [FactPlaceholder::names(), Placeholder::names()].concat();
                    let known = known.join("}, {");
                    format!("there is no placeholder {{{name}}}; there are {{{known}}}")
                }),
        });
        Ok(Self(pieces.collect::<Result<_, String>>()?))
    }

    /// Fills in what is known; absent when something that the line needs is not, since half a
    /// sentence is none.
    pub fn fill(&self, values: &impl LineValues) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Fact(placeholder) => filled.push_str(&values.fact(*placeholder)?),
                Piece::Term(placeholder) => filled.push_str(&values.term(*placeholder)?),
            }
        }
        Some(filled)
    }
}
