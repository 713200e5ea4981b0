//! What a customer's status was computed with, as far as it is told apart by numbers.

use serde::{Deserialize, Serialize};

/// The rules and the models behind a status. Both numbers only grow: what is put in use again counts
/// as new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComputedWith {
    /// The version of the rules.
    pub rules_version: u64,
    /// The latest activation of a model.
    pub model_activation: u64,
}

impl ComputedWith {
    /// Says whether either is older than in another.
    pub const fn is_older_than(self, other: Self) -> bool {
        self.rules_version < other.rules_version || self.model_activation < other.model_activation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_rules_or_an_older_model_make_it_older() {
        let of = |rules_version, model_activation| ComputedWith {
            rules_version,
            model_activation,
        };
        assert!(of(1, 5).is_older_than(of(2, 5)) && of(2, 4).is_older_than(of(2, 5)));
        assert!(of(1, 6).is_older_than(of(2, 5)));
        assert!(!of(2, 5).is_older_than(of(2, 5)) && !of(3, 5).is_older_than(of(2, 5)));
    }
}
