//! The rules, offers and policy that the project ships, built in so that the demo runs in any
//! folder.

use contract::lifecycle::v1::{BusinessLineRules, CarePlan};
use contract::offers::v1::{Budget, SourceFile};

use crate::budgets::read_budgets;
use crate::care_plan::read_care_plan;
use crate::contact_rules::{ContactRules, read_contact_rules};
use crate::failure::{Exit, Failure};
use crate::rules::read_rules;

const CATALOGUE: &str = include_str!("../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../deploy/seed/reasons.yaml");
const POLICY: &str = include_str!("../../../deploy/seed/policy.yaml");
const BUDGETS: &str = include_str!("../../../deploy/seed/budgets.toml");
const CONTACT_RULES: &str = include_str!("../../../deploy/seed/contact_rules.toml");
const CARE_PLAN: &str = include_str!("../../../deploy/seed/care_plan.toml");
const RULES: &str = include_str!("../../../deploy/seed/rules.toml");

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: format!("deploy/seed/{name}"),
        text: text.to_owned(),
    }
}

/// The offers and the reasons they answer.
pub fn catalogue() -> Vec<SourceFile> {
    vec![
        file("catalogue.yaml", CATALOGUE),
        file("reasons.yaml", REASONS),
    ]
}

/// What may be said on the way out.
pub fn policy() -> Vec<SourceFile> {
    vec![file("policy.yaml", POLICY)]
}

/// What the offers may cost in all.
pub fn budgets() -> Result<Vec<Budget>, Failure> {
    read_budgets(BUDGETS).map_err(|problem| {
        Failure::new(
            Exit::Internal,
            format!("the budgets built in cannot be read: {problem}"),
        )
    })
}

/// Who may be contacted, and when.
pub fn contact_rules() -> Result<ContactRules, Failure> {
    read_contact_rules(CONTACT_RULES).map_err(|problem| {
        Failure::new(
            Exit::Internal,
            format!("the contact rules built in cannot be read: {problem}"),
        )
    })
}

/// The thresholds of the business lines.
pub fn rules() -> Result<Vec<BusinessLineRules>, Failure> {
    read_rules(RULES).map_err(|problem| {
        Failure::new(
            Exit::Internal,
            format!("the rules built in cannot be read: {problem}"),
        )
    })
}

/// What is done for customers without anybody asking.
pub fn care_plan() -> Result<CarePlan, Failure> {
    read_care_plan(CARE_PLAN).map_err(|problem| {
        Failure::new(
            Exit::Internal,
            format!("the care plan built in cannot be read: {problem}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_offers_and_the_budgets_name_each_other() {
        let budgets = budgets().expect("the seed is readable");
        let there: BTreeSet<&str> = budgets.iter().map(|it| it.budget_key.as_str()).collect();
        let lines = CATALOGUE.lines().map(str::trim);
        let named: BTreeSet<&str> = lines.filter_map(|it| it.strip_prefix("budget: ")).collect();
        assert_eq!(named, there);
    }
}
