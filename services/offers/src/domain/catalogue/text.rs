//! What the agent reads: titles, summaries and scripts with facts to fill in, by language.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Terms;
use crate::domain::named::Named;

/// The texts of an offer, by language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    by_language: BTreeMap<String, OfferText>,
    default: OfferText,
}

/// The texts of an offer in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferText {
    /// The title.
    pub title: String,
    /// What it is, in one sentence.
    pub summary: Script,
    /// What the agent may say.
    pub script: Script,
}

impl Texts {
    /// Builds the texts; the default answers for every language that has none of its own.
    pub const fn new(default: OfferText, by_language: BTreeMap<String, OfferText>) -> Self {
        Self {
            by_language,
            default,
        }
    }

    /// Returns the texts for a language (BCP 47): its own, those of its first part, or the default.
    pub fn speak(&self, language: &str) -> &OfferText {
        self.by_language
            .get(language)
            .or_else(|| self.by_language.get(primary_language(language)))
            .unwrap_or(&self.default)
    }

    /// Returns every text with its language; the default comes first with an empty one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &OfferText)> {
        std::iter::once(("", &self.default)).chain(
            self.by_language
                .iter()
                .map(|(language, text)| (language.as_str(), text)),
        )
    }
}

/// The first part of a language (BCP 47): `es` of `es-MX`.
pub fn primary_language(language: &str) -> &str {
    language.split('-').next().unwrap_or_default()
}

/// A text with places to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Fill(Placeholder),
}

/// What can be filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Placeholder {
    /// The monthly price now.
    PriceNow,
    /// The monthly price while the benefit lasts.
    PriceDuring,
    /// The monthly price afterwards.
    PriceAfter,
    /// How many months the benefit lasts.
    BenefitMonths,
    /// The day on which the benefit ends.
    BenefitEnd,
    /// The single amount.
    Credit,
    /// How many months the customer commits to.
    CommitmentMonths,
}

impl Named for Placeholder {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::PriceNow, "price_now"),
        (Self::PriceDuring, "price_during"),
        (Self::PriceAfter, "price_after"),
        (Self::BenefitMonths, "benefit_months"),
        (Self::BenefitEnd, "benefit_end"),
        (Self::Credit, "credit"),
        (Self::CommitmentMonths, "commitment_months"),
    ];
}

/// A part of a text with places to fill in.
pub(super) enum Part<'t> {
    /// Said as it is.
    Text(&'t str),
    /// The name of what is filled in.
    Placeholder(&'t str),
}

/// Takes a text apart; says what is wrong with its braces otherwise.
pub(super) fn parts(text: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(start);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        let end = from.find('}').filter(|end| *end > 0).ok_or_else(|| {
            "a brace has no partner; placeholders look like {price_now}".to_owned()
        })?;
        parts.push(Part::Placeholder(&from[1..end]));
        rest = &from[end + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

/// Where the values to fill in come from.
pub type ScriptValues = Terms;

impl Script {
    /// Reads a text with `{placeholders}`; says what is wrong with it otherwise.
    pub fn parse(text: &str) -> Result<Self, String> {
        let pieces =
            parts(text)?.into_iter().map(|part| match part {
                Part::Text(text) => Ok(Piece::Text(text.to_owned())),
                Part::Placeholder(name) => Placeholder::from_name(name)
                    .map(Piece::Fill)
                    .ok_or_else(|| {
                        let known = Placeholder::names().join("}, {");
                        format!("there is no placeholder {{{name}}}; there are {{{known}}}")
                    }),
            });
        Ok(Self(pieces.collect::<Result<_, String>>()?))
    }

    /// Returns the placeholders it uses.
    pub fn placeholders(&self) -> impl Iterator<Item = Placeholder> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Fill(placeholder) => Some(*placeholder),
        })
    }

    /// Fills in the terms; absent when one of them that the text needs does not exist.
    pub fn fill(&self, terms: &Terms) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Fill(placeholder) => write!(filled, "{}", placeholder.value(terms)?).ok()?,
            }
        }
        Some(filled)
    }
}

impl Placeholder {
    /// Writes the term out; absent when there is none.
    pub fn value(self, terms: &Terms) -> Option<String> {
        match self {
            Self::PriceNow => terms.price_now.map(|price| price.to_string()),
            Self::PriceDuring => terms.price_during.map(|price| price.to_string()),
            Self::PriceAfter => terms.price_after.map(|price| price.to_string()),
            Self::BenefitMonths => Some(terms.benefit_months.to_string()),
            Self::BenefitEnd => {
                let end = terms.benefit_end_at?.in_tz("UTC").ok()?;
                Some(end.date().to_string())
            }
            Self::Credit => terms.one_off_amount.map(|amount| amount.to_string()),
            Self::CommitmentMonths => Some(terms.commitment_months.to_string()),
        }
    }
}
