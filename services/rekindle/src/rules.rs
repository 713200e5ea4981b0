//! The rules of the business lines as a file: one TOML table for each line.

use std::collections::BTreeMap;

use contract::lifecycle::v1::BusinessLineRules;
use serde::Deserialize;

/// The thresholds of one line; the names and bounds are those of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    early_days: u32,
    long_term_days: u32,
    lapsed_after_days: u32,
    lost_after_days: u32,
    phoenix_days: u32,
    calm_days: u32,
    notice_days: u32,
    gross_margin_basis_points: u32,
    discount_rate_basis_points: u32,
    risk_horizon_days: u32,
    at_risk_times_base_rate_percent: u32,
    value_horizon_months: u32,
    at_risk_exit_times_base_rate_percent: Option<u32>,
    stage_dwell_days: Option<u32>,
    opportunity_days: Option<u32>,
}

/// Reads the rules of all lines; the error names the line of the file.
pub fn read_rules(text: &str) -> Result<Vec<BusinessLineRules>, String> {
    let lines: BTreeMap<String, Line> = toml::from_str(text).map_err(|error| error.to_string())?;
    Ok(lines
        .into_iter()
        .map(|(name, line)| of_contract(name, &line))
        .collect())
}

fn of_contract(business_line: String, line: &Line) -> BusinessLineRules {
    BusinessLineRules {
        business_line,
        early_days: line.early_days,
        long_term_days: line.long_term_days,
        lapsed_after_days: line.lapsed_after_days,
        lost_after_days: line.lost_after_days,
        phoenix_days: line.phoenix_days,
        calm_days: line.calm_days,
        notice_days: line.notice_days,
        gross_margin_basis_points: line.gross_margin_basis_points,
        discount_rate_basis_points: line.discount_rate_basis_points,
        risk_horizon_days: line.risk_horizon_days,
        at_risk_times_base_rate_percent: line.at_risk_times_base_rate_percent,
        value_horizon_months: line.value_horizon_months,
        at_risk_exit_times_base_rate_percent: line.at_risk_exit_times_base_rate_percent,
        stage_dwell_days: line.stage_dwell_days,
        opportunity_days: line.opportunity_days,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = include_str!("../../../deploy/seed/rules.toml");

    #[test]
    fn the_seed_has_a_default_and_thresholds_in_order() {
        let lines = read_rules(SEED).expect("the seed is readable");
        assert!(lines.iter().any(|line| line.business_line == "default"));
        for line in lines {
            assert!(
                line.early_days < line.long_term_days,
                "{}",
                line.business_line
            );
            assert!(
                line.lapsed_after_days < line.lost_after_days,
                "{}",
                line.business_line
            );
        }
    }

    #[test]
    fn an_unknown_threshold_is_refused_with_its_place() {
        let error = read_rules(&SEED.replacen("early_days", "erly_days", 1)).expect_err("a typo");
        assert!(
            error.contains("erly_days") && error.contains("line"),
            "{error}"
        );
    }
}
