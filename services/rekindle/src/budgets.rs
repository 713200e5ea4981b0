//! Budgets as a file: one TOML table for each, named by its key.

use std::collections::BTreeMap;

use contract::offers::v1::Budget;
use jiff::Timestamp;
use serde::Deserialize;

use crate::mapping::wire_time;
use crate::vocabulary;

/// One budget; the names and bounds are those of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    limit_amount: i64,
    #[serde(default)]
    currency: String,
    window: String,
    open_time: Option<Timestamp>,
    close_time: Option<Timestamp>,
    #[serde(default)]
    bucket_count: u32,
}

/// Reads all budgets of a file; the error names the line or the budget.
pub fn read_budgets(text: &str) -> Result<Vec<Budget>, String> {
    let tables: BTreeMap<String, Table> =
        toml::from_str(text).map_err(|error| error.to_string())?;
    tables
        .into_iter()
        .map(|(key, table)| of_contract(&key, table).map_err(|problem| format!("{key}: {problem}")))
        .collect()
}

fn of_contract(key: &str, table: Table) -> Result<Budget, String> {
    Ok(Budget {
        budget_key: key.to_owned(),
        limit_amount: table.limit_amount,
        currency: table.currency,
        window: vocabulary::BUDGET_WINDOW.number(&table.window)?,
        open_time: table.open_time.map(wire_time),
        close_time: table.close_time.map(wire_time),
        bucket_count: table.bucket_count,
        ..Budget::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = include_str!("../../../deploy/seed/budgets.toml");

    #[test]
    fn the_seed_can_be_read() {
        let budgets = read_budgets(SEED).expect("the seed is readable");
        let keys: Vec<&str> = budgets.iter().map(|it| it.budget_key.as_str()).collect();
        assert_eq!(keys, ["goodwill", "retention_discounts"]);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        let error =
            read_budgets(&SEED.replacen("limit_amount =", "limit =", 1)).expect_err("a typo");
        assert!(error.contains("limit") && error.contains("line"), "{error}");
        let error = read_budgets(&SEED.replace("\"calendar_month\"", "\"month\""))
            .expect_err("no such window");
        assert!(error.contains("goodwill") && error.contains("calendar_day"));
    }
}
