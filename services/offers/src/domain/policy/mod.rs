//! What may be said on the way out: rows of data, merged field by field, the strictest winning.
//!
//! Nothing here is law; the rows are data that somebody keeps.

mod check;
mod jurisdiction;
mod merge;
mod outcome;
mod parity;
mod row;
mod situation;
#[cfg(test)]
mod tests;
mod translations;

use kernel::time::Timestamp;

pub use check::PolicyDraft;
pub use jurisdiction::{Jurisdiction, JurisdictionError, covers};
pub use merge::RowEffect;
pub use outcome::{ContactHours, Field, Medium, OffersAllowed, PolicyOutcome};
pub use parity::Parity;
pub use row::{PlaceScope, Row, Rules, Scope};
pub use situation::{Channel, ContractKind, CustomerKind, Situation};
pub use translations::{OtherLanguages, Translations};

/// One version of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySet {
    /// The version, from one; zero while none was published.
    pub version: u64,
    rows: Vec<Row>,
    translations: Translations,
}

impl PolicySet {
    /// The policy before any was published: no offers.
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    /// Builds a policy that has no version yet.
    pub fn new(rows: Vec<Row>) -> Self {
        Self {
            version: 0,
            rows,
            translations: Translations::default(),
        }
    }

    /// Gives it the words of its texts in other languages.
    #[must_use]
    pub fn with_translations(self, translations: Translations) -> Self {
        Self {
            translations,
            ..self
        }
    }

    /// Gives it the version under which it was published.
    #[must_use]
    pub fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// Returns every row in the order of the file.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Decides what may be said: every row that applies, the strictest value of each field.
    ///
    /// What is not known about the situation matches every row, so that the unknown is never
    /// treated better than the known. A place that no row names is not known.
    pub fn resolve(&self, situation: &Situation, at: Timestamp) -> PolicyOutcome {
        merge::resolve(self, situation, at)
    }

    /// Decides what may be said, in a language (BCP 47) where the policy has words in it.
    pub fn resolve_in(
        &self,
        language: &str,
        situation: &Situation,
        at: Timestamp,
    ) -> PolicyOutcome {
        let mut outcome = self.resolve(situation, at);
        self.translations.speak(&mut outcome, language);
        outcome
    }

    /// Says what each row did in a situation, in the order of the file.
    pub fn explain(&self, situation: &Situation, at: Timestamp) -> Vec<RowEffect<'_>> {
        merge::explain(self, situation, at)
    }
}
