//! All customers by stage, and lists of them.

use contract::lifecycle::v1::{
    GetPortfolioResponse, ScoredCustomer, ScoringRun, StageTotal, StageTransition,
};

use super::paper::{Page, Paper, Style, printable};
use super::words;
use crate::vocabulary;

/// The totals by business line and stage, and how risk is spread.
pub fn portfolio(portfolio: &GetPortfolioResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("Portfolio");
    let mut line = None;
    for total in &portfolio.totals {
        if line != Some(&total.business_line) {
            line = Some(&total.business_line);
            let name = match total.business_line.as_str() {
                "" => "without a business line",
                name => name,
            };
            page.heading(&name.to_uppercase());
        }
        page.labelled_in(2, Style::Plain, &stage(total.stage), &total_line(total));
    }
    if portfolio.totals.is_empty() {
        page.paragraph(0, Style::Plain, "no customer has been scored yet, or none of this business line: `rekindle portfolio score` scores them");
    }
    bands(&mut page, portfolio);
    if let Some(run) = &portfolio.latest_run {
        page.gap();
        page.paragraph(0, Style::Faint, &scoring_line(run));
    }
    page.finish()
}

fn stage(stage: i32) -> String {
    words::spoken(&vocabulary::STAGE.word(stage))
}

fn total_line(total: &StageTotal) -> String {
    let mut text = format!(
        "{} customers, {} entitled",
        words::grouped(total.customer_count),
        words::grouped(total.live_count)
    );
    if total.scored_count > 0 {
        let risk = words::percent(total.mean_churn_risk);
        text.extend([" · ", &risk, " leave on average"]);
    }
    for value in &total.values {
        let money = |money: &Option<_>| money.as_ref().map_or_else(String::new, words::money);
        let remaining = money(&value.value_remaining);
        let at_risk = money(&value.value_at_risk);
        text.extend([" · worth ", &remaining, ", of it at risk ", &at_risk]);
    }
    text
}

fn bands(page: &mut Page, portfolio: &GetPortfolioResponse) {
    let most = portfolio.risk_bands.iter().map(|band| band.customer_count);
    let Some(most) = most.max().filter(|most| *most > 0) else {
        return;
    };
    page.heading("CHURN RISK");
    for band in &portfolio.risk_bands {
        let from = words::percent(band.from_probability);
        let length = usize::try_from(band.customer_count * 40 / most).unwrap_or_default();
        let count = words::grouped(band.customer_count);
        let bar = "█".repeat(length);
        page.labelled(&format!("from {from}"), &format!("{bar} {count}"));
    }
}

/// One run in one line.
pub fn scoring_line(run: &ScoringRun) -> String {
    let done = words::grouped(run.done_customer_count);
    let scored = words::grouped(run.scored_customer_count);
    let changed = words::grouped(run.transition_count);
    let end = match &run.end_time {
        Some(end) => format!("done {}", words::optional_minute(Some(end))),
        None => format!("{} of {} ranges", run.done_range_count, run.range_count),
    };
    let unreadable = match run.unreadable_customer_count {
        0 => String::new(),
        count => format!(" · {} cannot be read", words::grouped(count)),
    };
    format!(
        "scoring {} · {end} · {done} customers, {scored} scored, {changed} changed their \
         stage{unreadable}",
        run.number
    )
}

/// Customers, one a line.
pub fn customers(customers: &[ScoredCustomer], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if customers.is_empty() {
        page.paragraph(0, Style::Plain, "nobody is in this stage");
    }
    for customer in customers {
        page.paragraph(0, Style::Plain, &customer_line(customer));
    }
    page.finish()
}

fn customer_line(customer: &ScoredCustomer) -> String {
    let since = words::optional_minute(customer.stage_since_time.as_ref());
    let risk = customer.churn_risk.map_or_else(String::new, |risk| {
        format!(" · risk {}", words::percent(risk))
    });
    let value = customer
        .value_remaining
        .as_ref()
        .map_or_else(String::new, |value| {
            format!(" · worth {}", words::money(value))
        });
    format!(
        "{} · {} since {since} ({}){risk}{value}",
        customer.customer_id,
        stage(customer.stage),
        customer.stage_rule
    )
}

/// One change of stage in one line.
pub fn transition_line(transition: &StageTransition) -> String {
    let time = words::optional_minute(transition.transition_time.as_ref());
    let risk = transition.churn_risk.map_or_else(String::new, |risk| {
        format!(" · risk {}", words::percent(risk))
    });
    let line = format!(
        "{time} · {} · {} → {} ({}){risk}",
        transition.customer_id,
        stage(transition.from_stage),
        stage(transition.to_stage),
        transition.stage_rule
    );
    printable(&line)
}

#[cfg(test)]
mod tests {
    use contract::lifecycle::v1::{RiskBand, Stage, ValueTotal};
    use contract::types::v1::Money;

    use super::*;

    #[test]
    fn a_change_of_stage_is_one_line() {
        let transition = StageTransition {
            customer_id: "c-1\u{1b}[2J".to_owned(),
            from_stage: Stage::Established.into(),
            to_stage: Stage::AtRisk.into(),
            stage_rule: "at_risk.churn_risk".to_owned(),
            churn_risk: Some(0.31),
            ..StageTransition::default()
        };
        assert_eq!(
            transition_line(&transition),
            "unknown · c-1 [2J · established → at risk (at_risk.churn_risk) · risk 31 %"
        );
    }

    #[test]
    fn a_portfolio_shows_counts_value_and_what_is_at_risk() {
        let euro = |minor| {
            Some(Money {
                minor,
                currency: "EUR".to_owned(),
            })
        };
        let answer = GetPortfolioResponse {
            totals: vec![StageTotal {
                business_line: "telecom".to_owned(),
                stage: Stage::AtRisk.into(),
                customer_count: 1_200,
                live_count: 1_199,
                scored_count: 1_199,
                mean_churn_risk: 0.31,
                values: vec![ValueTotal {
                    value_remaining: euro(1_000_000),
                    value_at_risk: euro(310_000),
                }],
            }],
            risk_bands: vec![RiskBand {
                from_probability: 0.3,
                to_probability: 0.4,
                customer_count: 1_199,
            }],
            latest_run: Some(ScoringRun {
                number: 3,
                range_count: 4,
                done_range_count: 1,
                ..ScoringRun::default()
            }),
        };
        let text = portfolio(&answer, Paper::plain(110));
        for expected in [
            "TELECOM",
            "at risk",
            "1,200 customers, 1,199 entitled",
            "31 % leave on average",
            "of it at risk",
            "scoring 3 · 1 of 4 ranges",
        ] {
            assert!(text.contains(expected), "\"{expected}\" in\n{text}");
        }
    }
}
