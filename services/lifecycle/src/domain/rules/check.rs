//! What makes rules publishable: every violation of every line, with its place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use kernel::id::BusinessLineId;
use kernel::refusal::Violation;

use super::{DEFAULT_LINE, LineRules};

/// The most lines one version may have.
pub const MAX_LINES: usize = 200;
/// The most days any threshold may have: a century.
const MAX_DAYS: u32 = 36_500;

/// Checks the rules of all lines, and returns these by line or everything that is wrong.
pub fn check(
    drafts: Vec<(String, LineRules)>,
) -> Result<BTreeMap<String, LineRules>, Vec<Violation>> {
    let mut violations = Vec::new();
    if drafts.len() > MAX_LINES {
        let text = format!(
            "has {} lines, at most {MAX_LINES} are allowed",
            drafts.len()
        );
        violations.push(violation("business_lines".to_owned(), text, "TOO_MANY"));
        return Err(violations);
    }
    let mut lines = BTreeMap::new();
    for (index, (business_line, rules)) in drafts.into_iter().enumerate() {
        let place = format!("business_lines[{index}]");
        check_name(&place, &business_line, &mut violations);
        check_line(&place, &rules, &mut violations);
        if lines.insert(business_line.clone(), rules).is_some() {
            let text = format!("{business_line:?} appears twice: keep one");
            violations.push(violation(
                format!("{place}.business_line"),
                text,
                "DUPLICATE",
            ));
        }
    }
    if !lines.contains_key(DEFAULT_LINE) {
        let text = format!("add the line {DEFAULT_LINE:?}, which holds for all others");
        violations.push(violation("business_lines".to_owned(), text, "REQUIRED"));
    }
    if violations.is_empty() {
        Ok(lines)
    } else {
        Err(violations)
    }
}

fn violation(field: String, description: String, reason: &'static str) -> Violation {
    Violation {
        field,
        description,
        reason,
    }
}

fn check_name(place: &str, business_line: &str, violations: &mut Vec<Violation>) {
    if let Err(error) = BusinessLineId::parse(business_line) {
        let field = format!("{place}.business_line");
        violations.push(violation(field, error.to_string(), "INVALID_ID"));
    }
}

fn check_line(place: &str, rules: &LineRules, violations: &mut Vec<Violation>) {
    let mut check = |field: &str, value: u32, range: RangeInclusive<u32>| {
        if !range.contains(&value) {
            let (low, high) = (range.start(), range.end());
            let text = format!("is {value}, must be {low} to {high}");
            violations.push(violation(format!("{place}.{field}"), text, "OUT_OF_RANGE"));
        }
    };
    check("early_days", rules.early_days, 1..=3_650);
    let after_early_days = rules.early_days.saturating_add(1).min(MAX_DAYS);
    check(
        "long_term_days",
        rules.long_term_days,
        after_early_days..=MAX_DAYS,
    );
    check("lapsed_after_days", rules.lapsed_after_days, 1..=MAX_DAYS);
    let after_lapsed = rules.lapsed_after_days.saturating_add(1).min(MAX_DAYS);
    check(
        "lost_after_days",
        rules.lost_after_days,
        after_lapsed..=MAX_DAYS,
    );
    check("phoenix_days", rules.phoenix_days, 0..=MAX_DAYS);
    check("calm_days", rules.calm_days, 0..=MAX_DAYS);
    check("notice_days", rules.notice_days, 0..=MAX_DAYS);
    check(
        "gross_margin_basis_points",
        rules.gross_margin.0,
        1..=10_000,
    );
    check(
        "discount_rate_basis_points",
        rules.discount_rate.0,
        0..=10_000,
    );
    check("risk_horizon_days", rules.risk_horizon_days, 1..=365);
    check(
        "at_risk_times_base_rate_percent",
        rules.at_risk_times_base_rate_percent,
        101..=1_000_000,
    );
    // A tenth apart at least: a risk that is told up to 5 % wrong then passes one of the two only.
    let highest_exit = rules.at_risk_times_base_rate_percent / 10 * 9;
    check(
        "at_risk_exit_times_base_rate_percent",
        rules.at_risk_exit_times_base_rate_percent,
        1..=highest_exit.max(1),
    );
    check("stage_dwell_days", rules.stage_dwell_days, 0..=365);
    check("value_horizon_months", rules.value_horizon_months, 1..=120);
    if let Some(days) = rules.opportunity_days {
        check("opportunity_days", days, 7..=1_830);
    }
}

#[cfg(test)]
mod tests {
    use kernel::money::BasisPoints;

    use super::*;

    fn fields(drafts: Vec<(String, LineRules)>) -> Vec<String> {
        let violations = check(drafts).unwrap_err();
        violations.into_iter().map(|found| found.field).collect()
    }

    fn line(name: &str, rules: LineRules) -> (String, LineRules) {
        (name.to_owned(), rules)
    }

    #[test]
    fn the_built_in_rules_are_publishable() {
        assert!(check(vec![line("default", LineRules::BUILT_IN)]).is_ok());
    }

    #[test]
    fn every_violation_of_every_line_is_named_with_its_place() {
        let wrong = LineRules {
            early_days: 0,
            long_term_days: 0,
            lapsed_after_days: 30,
            lost_after_days: 30,
            gross_margin: BasisPoints(0),
            discount_rate: BasisPoints(10_001),
            risk_horizon_days: 366,
            at_risk_times_base_rate_percent: 100,
            at_risk_exit_times_base_rate_percent: 91,
            stage_dwell_days: 366,
            value_horizon_months: 0,
            opportunity_days: Some(0),
            ..LineRules::BUILT_IN
        };
        let found = fields(vec![
            line("default", LineRules::BUILT_IN),
            line("b c", wrong),
        ]);
        let expected = [
            "business_line",
            "early_days",
            "long_term_days",
            "lost_after_days",
            "gross_margin_basis_points",
            "discount_rate_basis_points",
            "risk_horizon_days",
            "at_risk_times_base_rate_percent",
            "at_risk_exit_times_base_rate_percent",
            "stage_dwell_days",
            "value_horizon_months",
            "opportunity_days",
        ];
        let expected: Vec<String> = expected
            .iter()
            .map(|field| format!("business_lines[1].{field}"))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_default_is_required_and_no_line_comes_twice() {
        let twice = vec![
            line("retail", LineRules::BUILT_IN),
            line("retail", LineRules::BUILT_IN),
        ];
        assert_eq!(
            fields(twice),
            ["business_lines[1].business_line", "business_lines"]
        );
    }

    #[test]
    fn more_lines_than_allowed_are_refused_before_they_are_read() {
        let many = (0..=MAX_LINES)
            .map(|number| line(&format!("l{number}"), LineRules::BUILT_IN))
            .collect();
        assert_eq!(fields(many), ["business_lines"]);
    }
}
