//! What is to be carried out, and promises that could not be kept.

use contract::offers::v1::{Fulfilment, PromiseTask};

use super::paper::{Page, Paper, Style};
use super::words;

/// What was leased.
pub fn fulfilments(leased: &[Fulfilment], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if leased.is_empty() {
        page.paragraph(0, Style::Good, "nothing is to be carried out");
    }
    for it in leased {
        let until = words::optional_minute(it.lease_expire_time.as_ref());
        let text = format!(
            "{} of {}, offer {}, lease {} until {until}",
            it.offer_key, it.customer_id, it.presented_offer_id, it.lease_id
        );
        page.paragraph(0, Style::Strong, &text);
        let terms = it.terms.as_ref().map(|terms| terms.summary.as_str());
        page.paragraph(2, Style::Faint, terms.unwrap_or_default());
    }
    page.finish()
}

/// The open promise tasks.
pub fn promise_tasks(tasks: &[PromiseTask], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if tasks.is_empty() {
        page.paragraph(0, Style::Good, "every promise is kept or under way");
    }
    for it in tasks {
        let since = words::optional_minute(it.open_time.as_ref());
        let text = format!(
            "{}: {} of {} failed, {}, {since}",
            it.task_id, it.offer_key, it.customer_id, it.failure_code
        );
        page.paragraph(0, Style::Alert, &text);
    }
    page.finish()
}
