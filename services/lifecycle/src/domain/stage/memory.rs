//! What is remembered of a customer's last classification, so that stages do not flicker.

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Stage;

/// The last classification of a customer, as far as the next one depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageMemory {
    /// The stage.
    pub stage: Stage,
    /// Since when.
    pub since: Timestamp,
    /// The subscriptions that count as at risk; empty for most customers.
    pub risks: Vec<RiskMemory>,
    /// The version of the rules it was given by.
    pub rules_version: u64,
    /// The latest activation of a model by then.
    pub model_activation: u64,
}

/// A subscription that counts as at risk by its scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RiskMemory {
    /// The subscription.
    pub subscription_id: String,
    /// Since when churn risk has been below the threshold for leaving; absent while it is not.
    pub low_since: Option<Timestamp>,
}

impl StageMemory {
    /// Finds what is remembered of a subscription's risk.
    pub(super) fn risk_of(&self, subscription_id: &str) -> Option<&RiskMemory> {
        self.risks
            .iter()
            .find(|risk| risk.subscription_id == subscription_id)
    }
}
