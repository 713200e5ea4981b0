//! What is wrong in a file of the catalogue or the policy, where, and what to do about it.

use std::fmt;
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Name of the file.
    pub file: Arc<str>,
    /// Line, from one.
    pub line: u32,
    /// Column, from one.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something written, with the place where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What is written.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl<T> Placed<T> {
    /// Pairs what is written with its place.
    pub const fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// The kind of a problem; programs go by it, people by the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The file is no YAML.
    Syntax,
    /// A file, or all of them together, is larger than allowed.
    TooLarge,
    /// Nested deeper than allowed.
    TooDeep,
    /// A rule tree has more clauses than allowed.
    TooManyClauses,
    /// Anchors and aliases are not used here.
    AliasNotAllowed,
    /// The same key twice in one mapping.
    DuplicateKey,
    /// A key that has no meaning here.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A list where a mapping belongs, or the like.
    WrongShape,
    /// A value that cannot be read.
    BadValue,
    /// A number outside its bounds.
    OutOfRange,
    /// Two things of one kind have the same key.
    DuplicateDefinition,
    /// A fact that does not exist.
    UnknownFact,
    /// A protected attribute, which no rule may use.
    ProtectedAttribute,
    /// An operator that does not exist.
    UnknownOperator,
    /// An operator or a value that does not fit the type of the fact.
    TypeMismatch,
    /// A value that is not in the vocabulary.
    UnknownValue,
    /// An empty list where nothing could ever hold, or everything would.
    Empty,
    /// Clauses that can never hold together.
    Contradiction,
    /// Named rules that refer to each other in a circle.
    Cycle,
    /// A named rule that does not exist.
    UnknownRule,
    /// A fact of the call in eligibility, which is cached per customer.
    CallFactInEligibility,
    /// A placeholder that does not exist, or that these terms cannot fill.
    UnknownPlaceholder,
    /// A script that leaves out what the customer must hear.
    MissingPlaceholder,
    /// Terms that contradict each other.
    InconsistentTerms,
    /// No row that applies to everyone and sets every field.
    MissingDefaultRow,
    /// An offer that is closed to those who have been here longer, without another for them.
    LoyaltyInversion,
    /// A text that is missing in a language the desk speaks.
    MissingTranslation,
    /// Nobody is held out to compare with.
    NoHoldout,
}

impl Code {
    /// Returns the code as the contract writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "SYNTAX",
            Self::TooLarge => "TOO_LARGE",
            Self::TooDeep => "TOO_DEEP",
            Self::TooManyClauses => "TOO_MANY_CLAUSES",
            Self::AliasNotAllowed => "ALIAS_NOT_ALLOWED",
            Self::DuplicateKey => "DUPLICATE_KEY",
            Self::UnknownKey => "UNKNOWN_KEY",
            Self::MissingKey => "MISSING_KEY",
            Self::WrongShape => "WRONG_SHAPE",
            Self::BadValue => "BAD_VALUE",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::DuplicateDefinition => "DUPLICATE_DEFINITION",
            Self::UnknownFact => "UNKNOWN_FACT",
            Self::ProtectedAttribute => "PROTECTED_ATTRIBUTE",
            Self::UnknownOperator => "UNKNOWN_OPERATOR",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::UnknownValue => "UNKNOWN_VALUE",
            Self::Empty => "EMPTY",
            Self::Contradiction => "CONTRADICTION",
            Self::Cycle => "CYCLE",
            Self::UnknownRule => "UNKNOWN_RULE",
            Self::CallFactInEligibility => "CALL_FACT_IN_ELIGIBILITY",
            Self::UnknownPlaceholder => "UNKNOWN_PLACEHOLDER",
            Self::MissingPlaceholder => "MISSING_PLACEHOLDER",
            Self::InconsistentTerms => "INCONSISTENT_TERMS",
            Self::MissingDefaultRow => "MISSING_DEFAULT_ROW",
            Self::LoyaltyInversion => "LOYALTY_INVERSION",
            Self::MissingTranslation => "MISSING_TRANSLATION",
            Self::NoHoldout => "NO_HOLDOUT",
        }
    }
}

/// How much a problem weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The files cannot be published.
    Error,
    /// They can, and somebody should look.
    Warning,
}

/// One thing wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What kind.
    pub code: Code,
    /// What is wrong and what to do.
    pub message: String,
    /// How much it weighs.
    pub severity: Severity,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            place,
            code,
            message,
            ..
        } = self;
        write!(formatter, "{place}: {} {message}", code.as_str())
    }
}

/// Collects problems, so that an author sees all of them at once.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// At most so many are kept: more help nobody, and the answer stays small.
    pub const MAX: usize = 200;

    /// Notes a problem.
    pub fn add(&mut self, place: &Place, code: Code, message: impl Into<String>) {
        self.note(place, code, message.into(), Severity::Error);
    }

    /// Notes something that does not keep the files from being published.
    pub fn warn(&mut self, place: &Place, code: Code, message: impl Into<String>) {
        self.note(place, code, message.into(), Severity::Warning);
    }

    fn note(&mut self, place: &Place, code: Code, message: String, severity: Severity) {
        if self.is_full() {
            return;
        }
        self.found.push(Problem {
            place: place.clone(),
            code,
            message,
            severity,
        });
    }

    /// Tells whether no more are kept, so that looking for more is idle.
    pub const fn is_full(&self) -> bool {
        self.found.len() >= Self::MAX
    }

    /// Tells whether there is none that keeps the files from being published.
    pub fn is_empty(&self) -> bool {
        let is_error = |problem: &Problem| problem.severity == Severity::Error;
        !self.found.iter().any(is_error)
    }

    /// Returns how many there are.
    pub const fn len(&self) -> usize {
        self.found.len()
    }

    /// Returns them by file and line, each once.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by(|left, right| {
            (&left.place, left.code, &left.message).cmp(&(&right.place, right.code, &right.message))
        });
        self.found.dedup();
        self.found
    }
}
