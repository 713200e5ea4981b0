//! Why a fit has no result, in terms that a caller can act on.

use statistics::refusal::{FitFailure, InputRefusal, SampleRefusal};

/// Why a fit has no result. The model in use stays.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitRefusal {
    /// There is too little to fit on.
    #[error("{group}: {sample_size} rows with {event_count} events are too few")]
    TooLittle {
        /// The group.
        group: String,
        /// How many rows there were.
        sample_size: u64,
        /// How many events.
        event_count: u64,
    },
    /// The sample cannot be fitted, however large.
    #[error("{group}: {sample}")]
    NotFittable {
        /// The group.
        group: String,
        /// Why, as a key.
        cause: &'static str,
        /// Why.
        sample: String,
    },
    /// The search did not end at a best set of parameters.
    #[error("{group}: {failure}")]
    NotConverged {
        /// The group.
        group: String,
        /// Why, as a key.
        cause: &'static str,
        /// Why.
        failure: String,
    },
    /// A customer's figures cannot be believed.
    #[error("customer {customer_id}: {problem}")]
    NotBelievable {
        /// The customer.
        customer_id: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

impl FitRefusal {
    /// Says of which group a fit failed.
    pub fn of_group(group: &str, failure: FitFailure) -> Self {
        let group = group.to_owned();
        match failure {
            FitFailure::Sample(SampleRefusal::Empty) => Self::TooLittle {
                group,
                sample_size: 0,
                event_count: 0,
            },
            FitFailure::Sample(SampleRefusal::TooFew { have, .. }) => Self::TooLittle {
                group,
                sample_size: have,
                event_count: 0,
            },
            FitFailure::Sample(sample) => Self::NotFittable {
                group,
                cause: cause_of_sample(sample),
                sample: sample.to_string(),
            },
            FitFailure::RunsAway { .. } => Self::NotConverged {
                group,
                cause: "runs_away",
                failure: failure.to_string(),
            },
            FitFailure::NotConverged { .. } => Self::NotConverged {
                group,
                cause: "not_converged",
                failure: failure.to_string(),
            },
        }
    }
}

/// Returns the key of a fault of a sample.
pub fn cause_of_sample(sample: SampleRefusal) -> &'static str {
    match sample {
        SampleRefusal::Empty | SampleRefusal::TooFew { .. } => "too_few",
        SampleRefusal::AllTheSame { .. } => "all_the_same",
        SampleRefusal::Outlier { .. } => "outlier",
        SampleRefusal::NobodyLeft => "nobody_left",
        SampleRefusal::NobodyStayed => "nobody_stayed",
    }
}

/// Returns the field that a refusal is about.
pub fn field_of(refusal: &InputRefusal) -> &'static str {
    match refusal {
        InputRefusal::NotFinite { field }
        | InputRefusal::Negative { field, .. }
        | InputRefusal::NotPositive { field, .. }
        | InputRefusal::TooLarge { field, .. }
        | InputRefusal::TooSmall { field, .. }
        | InputRefusal::Above { field, .. } => field,
        InputRefusal::RepeatsWithoutRecency { .. } | InputRefusal::RecencyWithoutRepeats { .. } => {
            "recency"
        }
    }
}
