//! The keys of one mapping: which are asked for, which are missing, which nobody knows.

use super::node::{Kind, Node};
use crate::domain::nearest::did_you_mean;
use crate::domain::problem::{Code, Place, Placed, Problems};

/// The keys of a mapping while they are read. Ends with [`Fields::finish`], which refuses whatever
/// was not asked for.
pub(super) struct Fields<'a> {
    place: &'a Place,
    entries: &'a [(Placed<String>, Node)],
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens a mapping; absent and noted when it is none.
    pub(super) fn of(node: &'a Node, what: &str, problems: &mut Problems) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            let there = node.describe();
            let message = format!("{what} is a mapping of keys to values; here is {there}");
            problems.add(&node.place, Code::WrongShape, message);
            return None;
        };
        Some(Self {
            place: &node.place,
            entries,
            known: Vec::new(),
        })
    }

    /// Returns the place of the mapping.
    pub(super) const fn place(&self) -> &'a Place {
        self.place
    }

    /// Returns the value of a key that may be left out; a key without a value counts as left out.
    pub(super) fn optional(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.entries
            .iter()
            .find(|(known, _)| known.value == key)
            .map(|(_, node)| node)
            .filter(|node| !node.is_nothing())
    }

    /// Returns the value of a key that must be there.
    pub(super) fn required(
        &mut self,
        key: &'static str,
        problems: &mut Problems,
    ) -> Option<&'a Node> {
        let found = self.optional(key);
        if found.is_none() {
            problems.add(
                self.place,
                Code::MissingKey,
                format!("{key} is missing: add it"),
            );
        }
        found
    }

    /// Refuses every key that was not asked for.
    pub(super) fn finish(self, problems: &mut Problems) {
        for (key, _) in self.entries {
            if !self.known.contains(&key.value.as_str()) && !problems.is_full() {
                let hint = did_you_mean(&key.value, self.known.iter().copied());
                let message = match hint.as_str() {
                    "" => format!(
                        "{} means nothing here; known are {}",
                        key.value,
                        self.known.join(", ")
                    ),
                    hint => format!("{} means nothing here{hint}", key.value),
                };
                problems.add(&key.place, Code::UnknownKey, message);
            }
        }
    }
}

/// Returns the entries of a mapping whose keys are names that the author chooses.
pub(super) fn entries<'a>(
    node: &'a Node,
    what: &str,
    problems: &mut Problems,
) -> &'a [(Placed<String>, Node)] {
    if let Kind::Mapping(entries) = &node.kind {
        return entries;
    }
    let there = node.describe();
    let message = format!("{what} are a mapping of names; here is {there}");
    problems.add(&node.place, Code::WrongShape, message);
    &[]
}
