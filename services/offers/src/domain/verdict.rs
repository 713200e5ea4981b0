//! What became of each offer of the catalogue in a decision.
//!
//! A verdict is made for every offer on every call and stored with the decision, so it holds codes
//! and numbers. What it means in words is said when somebody asks, by
//! [`qualification::describe`](super::qualification::describe), on the catalogue it was made with.

use std::borrow::Cow;

use kernel::id::OfferKey;
use serde::{Deserialize, Serialize, Serializer};

use super::arbitration::ScoreTerms;

/// What became of one offer of the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The offer.
    pub offer_key: OfferKey,
    /// Why it was not chosen; empty when it was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
    /// The terms of its score; absent when it does not qualify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreTerms>,
}

/// The kinds of verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictKind {
    /// Chosen.
    Chosen,
    /// Qualified, and ranked below the chosen ones or below offering nothing.
    NotChosen,
    /// Not qualified.
    Disqualified,
}

impl Verdict {
    /// Tells which kind it is.
    pub const fn kind(&self) -> VerdictKind {
        match (self.grounds.is_empty(), &self.score) {
            (true, _) => VerdictKind::Chosen,
            (false, Some(_)) => VerdictKind::NotChosen,
            (false, None) => VerdictKind::Disqualified,
        }
    }
}

/// One thing that keeps an offer from a call. Written as a pair, since there are many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "(Cow<'static, str>, Vec<usize>)")]
pub struct Ground {
    /// A short key.
    pub code: Cow<'static, str>,
    /// Which clauses of a rule failed, counted from zero in the order of writing; empty when it is
    /// no rule that speaks against the offer.
    pub clauses: Vec<usize>,
}

impl Ground {
    /// A ground that its code says all of.
    pub const fn new(code: &'static str) -> Self {
        Self {
            code: Cow::Borrowed(code),
            clauses: Vec::new(),
        }
    }
}

impl Serialize for Ground {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.code, &self.clauses).serialize(serializer)
    }
}

impl From<(Cow<'static, str>, Vec<usize>)> for Ground {
    fn from((code, clauses): (Cow<'static, str>, Vec<usize>)) -> Self {
        Self { code, clauses }
    }
}
