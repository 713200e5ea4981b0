//! What may be said in a situation, and which rows say so.

use std::sync::Arc;

use kernel::time::{Clock, Timestamp};

use super::active::Active;
use crate::domain::policy::{PolicyOutcome, PolicySet, Situation};

/// The use case.
#[derive(Clone)]
pub struct ExplainPolicy {
    /// The versions in force.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The policy in force, and what it says in a situation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The policy.
    pub policy: Arc<PolicySet>,
    /// The situation.
    pub situation: Situation,
    /// The time it holds for.
    pub at: Timestamp,
    /// What may be said.
    pub outcome: PolicyOutcome,
}

impl ExplainPolicy {
    /// Explains the policy in force, for now where no time is given.
    pub fn handle(&self, situation: Situation, at: Option<Timestamp>) -> Explanation {
        let at = at.unwrap_or_else(|| self.clock.now());
        let policy = Arc::clone(&self.active.current().policy);
        let outcome = policy.resolve(&situation, at);
        Explanation {
            policy,
            situation,
            at,
            outcome,
        }
    }
}
