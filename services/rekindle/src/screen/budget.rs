//! Budgets: what they are, what is used of them, whether they add up.

use contract::offers::v1::{Budget, BudgetUse, ReconcileBudgetResponse};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// Budgets with what is used of them.
pub fn budgets(budgets: &[Budget], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if budgets.is_empty() {
        page.paragraph(0, Style::Faint, "there is no budget: put one with -f FILE");
    }
    for budget in budgets {
        let unit = match budget.currency.as_str() {
            "" => "offers".to_owned(),
            currency => format!("minor {currency}"),
        };
        let window = words::spoken(&vocabulary::BUDGET_WINDOW.word(budget.window));
        let used = budget.r#use.as_ref().map(used).unwrap_or_default();
        let text = format!("{} {unit}, {window}: {used}", budget.limit_amount);
        page.labelled(&format!("{:28}", budget.budget_key), &text);
    }
    page.finish()
}

/// A budget that was added up anew.
pub fn reconciled_budget(key: &str, answer: &ReconcileBudgetResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.labelled(key, &answer.r#use.as_ref().map(used).unwrap_or_default());
    if answer.differences.is_empty() {
        let text = "holds, ledger and acceptances add up to it";
        page.paragraph(2, Style::Good, text);
    }
    for it in &answer.differences {
        let text = format!(
            "part {}: {} is {}, by the {} {}",
            it.bucket, it.what, it.found, it.against, it.expected
        );
        page.paragraph(2, Style::Alert, &text);
    }
    page.finish()
}

fn used(used: &BudgetUse) -> String {
    format!(
        "{} held, {} committed, {} available",
        used.held, used.committed, used.available
    )
}
