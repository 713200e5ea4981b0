//! Changes of stage, as they are recorded.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Evidence, Stage};

/// One change of stage: from what to what, by which rule, on what evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// The customer.
    pub customer_id: String,
    /// The stage before.
    pub from: Stage,
    /// The stage after.
    pub to: Stage,
    /// The rule that gave it.
    pub rule: String,
    /// What the rule saw.
    pub evidence: Vec<RecordedEvidence>,
    /// The customer's churn risk then.
    pub churn_risk: Option<f64>,
    /// The chance that the silent customer was still one.
    pub probability_alive: Option<f64>,
    /// The version of the rules.
    pub rules_version: u64,
    /// The latest activation of a model by then: with it, which versions were in use.
    pub model_activation: u64,
    /// The revision of the facts.
    pub revision: u64,
    /// When.
    pub time: Timestamp,
}

/// One observation, in the words in which it was told then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvidence {
    /// The fact.
    pub fact: String,
    /// Its value.
    pub value: String,
    /// What it was compared with; empty when nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub threshold: String,
}

impl From<&Evidence> for RecordedEvidence {
    fn from(evidence: &Evidence) -> Self {
        let threshold = evidence.threshold.as_ref();
        Self {
            fact: evidence.fact.to_owned(),
            value: evidence.value.to_string(),
            threshold: threshold.map(ToString::to_string).unwrap_or_default(),
        }
    }
}
