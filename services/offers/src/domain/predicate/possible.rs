//! The values of one fact that all clauses so far allow.

use std::sync::Arc;

use super::{Ranges, Test};
use crate::domain::catalogue::ReasonTree;
use crate::domain::facts::vocabulary::Vocabulary;
use crate::domain::facts::{Fact, ValueType};
use crate::domain::policy::covers;

/// What a fact may still be.
#[derive(Clone, Debug)]
pub(super) struct Possible {
    known: bool,
    unknown: bool,
    values: Values,
}

#[derive(Clone, Debug)]
enum Values {
    Boolean {
        yes: bool,
        no: bool,
    },
    Integer(Ranges),
    /// One of these, when there is a list, and none of those. A place lies in each list.
    Text {
        among: Vec<Box<[Arc<str>]>>,
        excluded: Vec<Arc<str>>,
        places: bool,
    },
    /// Shares an element with each of these lists and none with those.
    Set {
        overlaps: Vec<Box<[Arc<str>]>>,
        excluded: Vec<Arc<str>>,
    },
}

impl Possible {
    /// Everything that a fact can be at all.
    pub(super) fn any_of(fact: Fact, reasons: &ReasonTree) -> Self {
        let description = fact.description();
        let vocabulary: Option<Box<[Arc<str>]>> = match description.vocabulary {
            Vocabulary::Closed(words) => Some(words.iter().copied().map(Arc::from).collect()),
            Vocabulary::Reasons => Some(
                reasons
                    .iter()
                    .map(|reason| Arc::from(reason.key.as_str()))
                    .collect(),
            ),
            Vocabulary::ReasonCategories => Some(reasons.categories().map(Arc::from).collect()),
            Vocabulary::Any | Vocabulary::Jurisdictions | Vocabulary::Currencies => None,
        };
        let (least, greatest) = description.range;
        let values = match description.value_type {
            ValueType::Boolean => Values::Boolean {
                yes: true,
                no: true,
            },
            ValueType::Integer => Values::Integer(Ranges::between(least, greatest)),
            ValueType::Text => Values::Text {
                among: vocabulary.into_iter().collect(),
                excluded: Vec::new(),
                places: description.vocabulary == Vocabulary::Jurisdictions,
            },
            ValueType::TextSet => Values::Set {
                overlaps: Vec::new(),
                excluded: Vec::new(),
            },
        };
        Self {
            known: true,
            unknown: true,
            values,
        }
    }

    /// Keeps only what a test allows.
    pub(super) fn restrict(&mut self, test: &Test) {
        match test {
            Test::Absent => self.known = false,
            _ => self.unknown = false,
        }
        match (test, &mut self.values) {
            (Test::Boolean(wanted), Values::Boolean { yes, no }) => {
                *yes &= wanted;
                *no &= !wanted;
            }
            (Test::Integer(ranges), Values::Integer(so_far)) => *so_far = so_far.intersect(ranges),
            (
                Test::Text { among, negated } | Test::Place { among, negated },
                Values::Text {
                    among: lists,
                    excluded,
                    ..
                },
            ) => {
                if *negated {
                    excluded.extend(among.iter().cloned());
                } else {
                    lists.push(among.clone());
                }
            }
            (Test::Overlap { among, negated }, Values::Set { overlaps, excluded }) => {
                if *negated {
                    excluded.extend(among.iter().cloned());
                } else {
                    overlaps.push(among.clone());
                }
            }
            _ => {}
        }
    }

    /// Tells whether anything is left.
    pub(super) fn is_possible(&self) -> bool {
        self.unknown || (self.known && self.values.is_possible())
    }

    /// Tells whether the fact has to be known.
    pub(super) fn must_be_known(&self) -> bool {
        !self.unknown
    }

    /// Tells whether the fact may be this text.
    pub(super) fn allows_text(&self, text: &str) -> bool {
        match &self.values {
            Values::Text {
                among,
                excluded,
                places,
            } if self.known => {
                let is_in =
                    |list: &[Arc<str>]| list.iter().any(|word| matches(word, text, *places));
                among.iter().all(|list| is_in(list)) && !is_in(excluded)
            }
            _ => false,
        }
    }
}

impl Values {
    fn is_possible(&self) -> bool {
        match self {
            Self::Boolean { yes, no } => *yes || *no,
            Self::Integer(ranges) => !ranges.is_empty(),
            Self::Text {
                among,
                excluded,
                places,
            } => text_is_possible(among, excluded, *places),
            Self::Set { overlaps, excluded } => overlaps
                .iter()
                .all(|list| list.iter().any(|word| !excluded.contains(word))),
        }
    }
}

/// Some text is in every list and is not excluded. With a list at all, the text can be looked for
/// among the words of the lists: the narrowest place of an overlap is one of the two.
fn text_is_possible(among: &[Box<[Arc<str>]>], excluded: &[Arc<str>], places: bool) -> bool {
    if among.is_empty() {
        return true;
    }
    among.iter().flat_map(|list| list.iter()).any(|text| {
        let is_in = |list: &[Arc<str>]| list.iter().any(|word| matches(word, text, places));
        among.iter().all(|list| is_in(list)) && !is_in(excluded)
    })
}

fn matches(word: &str, text: &str, places: bool) -> bool {
    word == text || (places && covers(word, text))
}
