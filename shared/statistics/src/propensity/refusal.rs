//! Why labelled customers are no basis for a propensity model, or a customer cannot be scored.

/// Why columns do not make a frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameRefusal {
    /// A number is infinite or none at all. What is not known is missing, and said to be.
    #[error("{input}, row {row}: not a finite number; leave it out where it is not known")]
    NotFinite {
        /// The column.
        input: String,
        /// The row, the first being number zero.
        row: usize,
    },
    /// A column is shorter or longer than the frame.
    #[error("{input} has {have} rows, the frame has {need}")]
    OtherLength {
        /// The column.
        input: String,
        /// Its rows.
        have: usize,
        /// The rows of the frame.
        need: usize,
    },
    /// Two columns have the same name.
    #[error("{input} is there twice")]
    Twice {
        /// The name.
        input: String,
    },
    /// There are more columns than a model is fitted on.
    #[error("more than {limit} inputs")]
    TooManyInputs {
        /// The limit.
        limit: usize,
    },
    /// There are more rows than a model is fitted on.
    #[error("more than {limit} rows")]
    TooManyRows {
        /// The limit.
        limit: usize,
    },
}

/// Why a fit or a cross-validation is refused. The model in use is not touched by it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PropensityRefusal {
    /// The labels, the folds or the frame are not of the same length.
    #[error("{have} {field} for {need} rows")]
    OtherLength {
        /// What is of another length.
        field: &'static str,
        /// Its length.
        have: usize,
        /// The rows of the frame.
        need: usize,
    },
    /// There is nobody to learn from.
    #[error("there are no rows to fit")]
    Empty,
    /// There are too few rows.
    #[error("{have} rows are too few: {need} are needed")]
    TooFewRows {
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// Nobody left, so that nothing tells who does.
    #[error("nobody left: there is nothing to learn from")]
    NobodyLeft,
    /// Everybody left, so that nothing tells who stays.
    #[error("everybody left: there is nothing to learn from")]
    EverybodyLeft,
    /// Too few left, or too few stayed, to tell the two apart.
    #[error("{have} {outcome} are too few: {need} are needed")]
    TooFewOutcomes {
        /// "customers who left" or "customers who stayed".
        outcome: &'static str,
        /// How many there are.
        have: usize,
        /// How many are needed.
        need: usize,
    },
    /// An input says what a person may not be judged by.
    #[error("{input} is a protected attribute: leave it out, a model may not judge people by it")]
    Protected {
        /// The input.
        input: String,
    },
    /// No input tells two customers apart.
    #[error("no input is of use: each is constant, empty or another value for every customer")]
    NoInput,
    /// There are too few folds, or too many.
    #[error("{have} folds: between 2 and {limit} are needed")]
    FoldCount {
        /// How many there are.
        have: usize,
        /// The most that are possible.
        limit: usize,
    },
    /// In a fold, or without it, nobody left or nobody stayed.
    #[error("fold {fold} has {rows} rows, of whom {events} left: some must leave, some must stay")]
    OneSidedFold {
        /// The fold, the first being number zero.
        fold: usize,
        /// Its rows.
        rows: usize,
        /// How many of them left.
        events: usize,
    },
    /// The equations of the logistic model have no solution within double precision.
    #[error("the logistic model does not converge")]
    NotConverged,
    /// The caller asked to stop.
    #[error("stopped before the end")]
    Stopped,
}

/// Why a customer cannot be scored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowRefusal {
    /// The row has more or fewer values than the model has inputs.
    #[error("{have} values for {need} inputs")]
    OtherLength {
        /// The values.
        have: usize,
        /// The inputs.
        need: usize,
    },
    /// A value is of another kind than the input.
    #[error("{input} must be {expected}")]
    OtherKind {
        /// The input.
        input: String,
        /// "a number" or "a category".
        expected: &'static str,
    },
    /// A number is infinite or none at all.
    #[error("{input} is not a finite number; leave it out where it is not known")]
    NotFinite {
        /// The input.
        input: String,
    },
}
