//! What a YAML file says, with the place of every value.

use crate::domain::problem::{Place, Placed};

/// A value in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// The kinds of value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A single value; plain ones may be numbers and the like, quoted ones are texts.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file, each key once.
    Mapping(Vec<(Placed<String>, Node)>),
}

impl Node {
    /// Describes what is there, for messages.
    pub(super) const fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { text, plain: true } if text.is_empty() => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }

    /// Tells whether nothing is written here.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }
}
