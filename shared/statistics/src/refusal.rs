//! Why a number, a sample or a fit is refused. Nothing here is repaired in silence: what cannot be
//! believed is named, and the model in use stays.

/// Why one number, or the numbers of one row, cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum InputRefusal {
    /// It is no number, or infinite.
    #[error("{field} is not a finite number")]
    NotFinite {
        /// The field.
        field: &'static str,
    },
    /// It is below zero.
    #[error("{field} is negative: {value}")]
    Negative {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// It is zero or below.
    #[error("{field} is not above zero: {value}")]
    NotPositive {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// It is beyond anything the models are meant for.
    #[error("{field} is {value}, above the limit of {limit}")]
    TooLarge {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The limit.
        limit: f64,
    },
    /// It is so small that what hangs on it has no bound to speak of.
    #[error("{field} is {value}, below the limit of {limit}")]
    TooSmall {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The limit.
        limit: f64,
    },
    /// One field may not be above another one.
    #[error("{field} is {value}, above {bound_field}, which is {bound}")]
    Above {
        /// The field.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The field that bounds it.
        bound_field: &'static str,
        /// The value of that.
        bound: f64,
    },
    /// There are repeat transactions, and the last one came when the first one did.
    #[error("frequency is {frequency} and recency is zero")]
    RepeatsWithoutRecency {
        /// The repeat transactions.
        frequency: u32,
    },
    /// There is no repeat transaction, and yet a time of the last one.
    #[error("frequency is zero and recency is {recency}")]
    RecencyWithoutRepeats {
        /// The time of the last one.
        recency: f64,
    },
}

impl InputRefusal {
    /// Says in which row it was found.
    pub fn at_row(self, row: usize) -> RowRefusal {
        RowRefusal { row, refusal: self }
    }
}

/// What is wrong in which row.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("row {row}: {refusal}")]
pub struct RowRefusal {
    /// The row, the first being number zero.
    pub row: usize,
    /// What is wrong in it.
    pub refusal: InputRefusal,
}

/// Why a sample is no basis for a fit, although each of its rows can be believed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum SampleRefusal {
    /// There is nobody in it.
    #[error("there are no rows to fit")]
    Empty,
    /// There are too few in it.
    #[error("{have} rows are too few: {need} are needed")]
    TooFew {
        /// How many there are.
        have: u64,
        /// How many are needed.
        need: u64,
    },
    /// A field has the same value everywhere, so that nothing tells customers apart.
    #[error("every row has the same {field}")]
    AllTheSame {
        /// The field.
        field: &'static str,
    },
    /// One row outweighs all the others together.
    #[error("row {row} alone makes {share:.3} of all {field}")]
    Outlier {
        /// The row, the first being number zero.
        row: usize,
        /// The field.
        field: &'static str,
        /// Its share in the field's total.
        share: f64,
    },
    /// Nobody left, so that nothing tells when they do.
    #[error("nobody left")]
    NobodyLeft,
    /// Everybody left in the first period, so that nothing tells who stays.
    #[error("everybody left in the first period")]
    NobodyStayed,
}

/// Why a fit has no result.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum FitFailure {
    /// The sample is no basis for it.
    #[error("the sample cannot be fitted: {0}")]
    Sample(SampleRefusal),
    /// The likelihood keeps rising while a parameter runs away: the data do not determine it.
    #[error("no best {parameter}: the likelihood still rises at {value:e}")]
    RunsAway {
        /// The parameter.
        parameter: &'static str,
        /// How far it got.
        value: f64,
    },
    /// The search ended without reaching a top.
    #[error(
        "no convergence after {iterations} iterations: the largest slope left is {largest_slope:e}"
    )]
    NotConverged {
        /// How many steps were taken.
        iterations: u32,
        /// The largest component of the gradient that was left, per customer.
        largest_slope: f64,
    },
}

impl From<SampleRefusal> for FitFailure {
    fn from(refusal: SampleRefusal) -> Self {
        Self::Sample(refusal)
    }
}

/// Refuses what is not a finite number of zero or more.
pub(crate) fn not_negative(field: &'static str, value: f64) -> Result<f64, InputRefusal> {
    if !value.is_finite() {
        Err(InputRefusal::NotFinite { field })
    } else if value < 0.0 {
        Err(InputRefusal::Negative { field, value })
    } else {
        Ok(value)
    }
}

/// Refuses what is not a finite number above zero.
pub(crate) fn positive(field: &'static str, value: f64) -> Result<f64, InputRefusal> {
    if !value.is_finite() {
        Err(InputRefusal::NotFinite { field })
    } else if value <= 0.0 {
        Err(InputRefusal::NotPositive { field, value })
    } else {
        Ok(value)
    }
}

/// Refuses parameters of which one is not a finite number above zero.
pub(crate) fn all_positive<const N: usize>(
    fields: [&'static str; N],
    values: [f64; N],
) -> Result<(), InputRefusal> {
    for (field, value) in fields.into_iter().zip(values) {
        positive(field, value)?;
    }
    Ok(())
}

/// Refuses what is above a limit.
pub(crate) fn at_most(field: &'static str, value: f64, limit: f64) -> Result<f64, InputRefusal> {
    if value > limit {
        Err(InputRefusal::TooLarge {
            field,
            value,
            limit,
        })
    } else {
        Ok(value)
    }
}

/// Refuses what is below a limit.
pub(crate) fn at_least(field: &'static str, value: f64, limit: f64) -> Result<f64, InputRefusal> {
    if value < limit {
        Err(InputRefusal::TooSmall {
            field,
            value,
            limit,
        })
    } else {
        Ok(value)
    }
}
