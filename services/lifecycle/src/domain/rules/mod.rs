//! The thresholds of each business line, as immutable versions.

pub mod check;

use std::collections::BTreeMap;

use kernel::money::BasisPoints;
use kernel::time::Timestamp;

/// The name of the line whose rules hold for lines without their own.
pub const DEFAULT_LINE: &str = "default";

/// The thresholds of one business line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineRules {
    /// How many days the early days last.
    pub early_days: u32,
    /// From how many days of tenure a customer is a long-standing one.
    pub long_term_days: u32,
    /// After how many silent days a non-contractual customer has lapsed.
    pub lapsed_after_days: u32,
    /// After how many silent days a non-contractual customer is lost.
    pub lost_after_days: u32,
    /// For how many days after coming back a customer counts as a phoenix.
    pub phoenix_days: u32,
    /// For how many days after its resolution an incident still marks the customer.
    pub calm_days: u32,
    /// How many days before a contract's end a customer counts as leaving.
    pub notice_days: u32,
    /// The margin on the price.
    pub gross_margin: BasisPoints,
    /// The yearly discount rate.
    pub discount_rate: BasisPoints,
    /// The horizon of churn risk.
    pub risk_horizon_days: u32,
    /// From how many times the base rate a customer is at risk, in hundredths.
    pub at_risk_times_base_rate_percent: u32,
    /// Below how many times the base rate a customer is at risk no more, in hundredths. Lower than
    /// the entry, so that a risk next to either does not carry a customer to and fro.
    pub at_risk_exit_times_base_rate_percent: u32,
    /// For how many days at least a stage lasts, unless facts end it.
    pub stage_dwell_days: u32,
    /// The horizon of value.
    pub value_horizon_months: u32,
    /// How many days lie between two opportunities to buy; absent where customers buy whenever they
    /// like.
    pub opportunity_days: Option<u32>,
}

impl LineRules {
    /// How long a stage lasts at least where nothing else was published.
    pub const DEFAULT_DWELL_DAYS: u32 = 7;

    /// Returns where being at risk ends if nothing else was published: at three quarters of where
    /// it begins.
    pub const fn default_exit_percent(at_risk_times_base_rate_percent: u32) -> u32 {
        at_risk_times_base_rate_percent - at_risk_times_base_rate_percent / 4
    }

    /// What holds before anything is published: a telecom-like line.
    pub const BUILT_IN: Self = Self {
        early_days: 90,
        long_term_days: 730,
        lapsed_after_days: 90,
        lost_after_days: 180,
        phoenix_days: 180,
        calm_days: 30,
        notice_days: 30,
        gross_margin: BasisPoints(4_000),
        discount_rate: BasisPoints(1_000),
        risk_horizon_days: 90,
        at_risk_times_base_rate_percent: 200,
        at_risk_exit_times_base_rate_percent: 150,
        stage_dwell_days: Self::DEFAULT_DWELL_DAYS,
        value_horizon_months: 60,
        opportunity_days: None,
    };
}

/// One version of the rules of all business lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The version; zero for the built-in rules.
    pub version: u64,
    /// When it was published.
    pub publish_time: Option<Timestamp>,
    fallback: LineRules,
    lines: BTreeMap<String, LineRules>,
}

impl RuleSet {
    /// Returns the built-in rules.
    pub fn built_in() -> Self {
        Self::new(
            0,
            None,
            [(DEFAULT_LINE.to_owned(), LineRules::BUILT_IN)].into(),
        )
    }

    /// Builds a version. Lines without rules of their own get those of [`DEFAULT_LINE`].
    pub fn new(
        version: u64,
        publish_time: Option<Timestamp>,
        lines: BTreeMap<String, LineRules>,
    ) -> Self {
        let fallback = lines
            .get(DEFAULT_LINE)
            .copied()
            .unwrap_or(LineRules::BUILT_IN);
        Self {
            version,
            publish_time,
            fallback,
            lines,
        }
    }

    /// Returns the rules of a line.
    pub fn of_line(&self, business_line: &str) -> &LineRules {
        self.lines.get(business_line).unwrap_or(&self.fallback)
    }

    /// Returns the rules by line.
    pub fn lines(&self) -> &BTreeMap<String, LineRules> {
        &self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_rules_of_its_own_gets_the_default() {
        let slow = LineRules {
            early_days: 200,
            ..LineRules::BUILT_IN
        };
        let lines = [
            ("default".to_owned(), slow),
            ("retail".to_owned(), LineRules::BUILT_IN),
        ];
        let rules = RuleSet::new(1, None, lines.into());
        assert_eq!(rules.of_line("retail").early_days, 90);
        assert_eq!(rules.of_line("telecom").early_days, 200);
    }
}
