//! Why somebody else's model is not taken, or does not score a customer.

use statistics::propensity::refusal::RowRefusal;

/// Why a file is not taken as a model. The model in use is not touched by it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LoadRefusal {
    /// The declaration contradicts itself.
    #[error("the declaration: {0}")]
    Declaration(String),
    /// An input says what a person may not be judged by.
    #[error("{input} is a protected attribute: a model may not judge people by it")]
    Protected {
        /// The input.
        input: String,
    },
    /// The file is larger than any model we take.
    #[error("the file has {have} bytes, above the limit of {limit}")]
    FileTooLarge {
        /// Its bytes.
        have: usize,
        /// The limit.
        limit: usize,
    },
    /// The file is no ONNX model, or contradicts itself.
    #[error("the file is no ONNX file, or a damaged one: {0}")]
    Unreadable(String),
    /// An operator is not among those that we run.
    #[error(
        "the operator {operator} is not supported: export a linear model, a tree ensemble or a plain neural net"
    )]
    UnsupportedOperator {
        /// Its name, with its domain where it has one.
        operator: String,
    },
    /// It would take more memory or time than a model is given.
    #[error("{what} is beyond the limit of {limit}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// The limit.
        limit: u64,
    },
    /// The inputs of the file are not those that were declared.
    #[error("the inputs differ: {0}")]
    OtherInputs(String),
    /// There is no single output that could be the probability.
    #[error("the output: {0}")]
    OtherOutput(String),
}

/// Why customers are no basis to judge a model by, or do not get a probability each.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvaluationRefusal {
    /// One of them gets no probability.
    #[error("row {row}: {refusal}")]
    Row {
        /// The row, the first being number zero.
        row: usize,
        /// Why not.
        refusal: ScoreRefusal,
    },
    /// There are no rows.
    #[error("there are no rows to try the model on")]
    Empty,
    /// There are more or fewer outcomes than rows.
    #[error("{have} outcomes for {need} rows")]
    OtherLength {
        /// The outcomes.
        have: usize,
        /// The rows.
        need: usize,
    },
    /// All left, or all stayed.
    #[error("all left or all stayed: there is nothing to compare")]
    OneSided,
}

/// Why a customer is not scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoreRefusal {
    /// A value is not of its input's kind, or there are more or fewer of them.
    #[error(transparent)]
    Row(#[from] RowRefusal),
    /// A value is not known, and the model has no way to read that.
    #[error("{input} is not known, and only tree ensembles read gaps: declare what stands for one")]
    Gap {
        /// The input.
        input: String,
    },
    /// The model answers with another number of numbers than customers, or than twice as many.
    #[error("the model does not answer with one or two numbers for each row")]
    OtherShape,
    /// What the model says is no probability.
    #[error("the model says {said}, which is no probability")]
    NoProbability {
        /// What it says.
        said: f32,
    },
    /// The model fails.
    #[error("the model fails: {0}")]
    Failed(String),
}
