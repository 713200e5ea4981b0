//! The figures of the portfolio, line by line: for the screen and for a page.

use contract::lifecycle::v1::{
    CountedShare, GetPortfolioMetricsResponse, LifetimeValue, ParityTotal, PortfolioEconomics,
    PortfolioFlow, PortfolioMetrics,
};
use contract::types::v1::Money;

use super::paper::{Page, Paper, Style};
use super::words;

/// How many products are shown of which long-standing customers pay more.
const MOST_PRODUCTS: usize = 10;

/// A heading and what is told under it, each with its label.
pub(crate) type Section = (&'static str, Vec<(String, String)>);

/// The figures on the screen.
pub fn metrics(answer: &GetPortfolioMetricsResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    for (heading, lines) in metric_lines(answer) {
        page.heading(&heading.to_uppercase());
        for (label, value) in lines {
            page.labelled_in(2, Style::Plain, &label, &value);
        }
    }
    page.finish()
}

/// The figures by section; sections with nothing to tell are left out.
pub(crate) fn metric_lines(answer: &GetPortfolioMetricsResponse) -> Vec<Section> {
    let Some(metrics) = &answer.metrics else {
        return Vec::new();
    };
    let mut sections = vec![
        ("Who came and left", flow(metrics)),
        ("Who came back", returns(metrics)),
        ("What they are worth", worth(metrics)),
        ("What they cost", cost(answer.economics.as_ref(), metrics)),
        ("Who pays more than new customers", parity(&metrics.parity)),
    ];
    sections.retain(|(_, lines)| !lines.is_empty());
    sections
}

fn line(label: &str, value: impl Into<String>) -> (String, String) {
    (label.to_owned(), value.into())
}

fn flow(metrics: &PortfolioMetrics) -> Vec<(String, String)> {
    let Some(flow) = &metrics.flow else {
        return Vec::new();
    };
    let day = |time: &Option<_>| words::instant(time.as_ref()).map_or_else(String::new, words::day);
    let left = left(flow);
    let of_left = |count: u32| {
        let share = f64::from(count) / f64::from(left.max(1));
        format!("{count} ({} of those who left)", words::percent(share))
    };
    let mut lines = vec![
        line(
            "time",
            format!("{} until {}", day(&flow.from_time), day(&flow.until_time)),
        ),
        line(
            "customers",
            words::grouped(u64::from(metrics.customer_count)),
        ),
        line(
            "there",
            format!(
                "{} at first, {} at last",
                flow.live_at_start, flow.live_at_end
            ),
        ),
        line(
            "came",
            format!("{} for the first time, {} again", flow.won, flow.returned),
        ),
        line("left", left.to_string()),
        line("gross churn", words::percent(flow.gross_churn)),
        line("net churn", percent(flow.net_churn)),
        line("wanted to leave", of_left(flow.left_voluntarily)),
        line("payment, provider", of_left(flow.left_involuntarily)),
        line("life changed", of_left(flow.left_structurally)),
        line("died", of_left(flow.died)),
        line("fell silent", of_left(flow.fell_silent)),
        line("in early days", of_left(flow.left_early)),
    ];
    if metrics.unreadable_count > 0 {
        let count = words::count(u64::from(metrics.unreadable_count), "customer");
        lines.push(line(
            "not counted",
            format!("{count} whose facts cannot be read"),
        ));
    }
    lines
}

/// How many left in whatever way, those among them who only fell silent.
pub(crate) fn left(flow: &PortfolioFlow) -> u32 {
    let reasons = [
        flow.left_voluntarily,
        flow.left_involuntarily,
        flow.left_structurally,
        flow.died,
        flow.fell_silent,
    ];
    reasons.iter().sum()
}

/// A share that may be negative.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn returns(metrics: &PortfolioMetrics) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for regain in &metrics.regained {
        let label = format!(
            "within {}",
            words::count(u64::from(regain.month_count), "month")
        );
        lines.extend(regain.share.as_ref().and_then(|it| counted(&label, it)));
    }
    let same = metrics.same_reason.as_ref();
    lines.extend(same.and_then(|it| counted("left again, same reason", it)));
    let referred = metrics.referred.as_ref();
    lines.extend(referred.and_then(|it| counted("referred others", it)));
    let curves = [
        ("first, after a year", &metrics.first_survival),
        ("later, after a year", &metrics.later_survival),
    ];
    for (label, points) in curves {
        let year = points.iter().find(|point| point.month == 12);
        lines.extend(year.map(|point| {
            let [share, from, to] = [point.survival, point.lower, point.upper].map(words::percent);
            line(label, format!("{share} go on ({from} to {to})"))
        }));
    }
    lines
}

fn counted(label: &str, share: &CountedShare) -> Option<(String, String)> {
    let [value, from, to] = [share.share, share.lower, share.upper].map(words::percent);
    let of = format!(
        "{value} ({} of {}; {from} to {to})",
        share.count, share.of_count
    );
    (share.of_count > 0).then(|| line(label, of))
}

fn worth(metrics: &PortfolioMetrics) -> Vec<(String, String)> {
    let kinds = |values: &contract::lifecycle::v1::LifetimeValues| {
        let first = values.first.clone().map(|it| ("first relationship", it));
        let later = values.later.clone().map(|it| ("later relationship", it));
        [first, later]
    };
    let values = metrics.values.iter().flat_map(kinds).flatten();
    values
        .map(|(label, value)| line(label, value_line(&value, metrics.horizon_months)))
        .collect()
}

fn value_line(value: &LifetimeValue, horizon_months: u32) -> String {
    format!(
        "{}: {} a month for {:.1} months, of {horizon_months} at most ({})",
        amount(value.value.as_ref()),
        amount(value.monthly_margin.as_ref()),
        value.expected_months,
        words::count(u64::from(value.relationship_count), "relationship"),
    )
}

fn amount(money: Option<&Money>) -> String {
    money.map_or_else(|| "not known".to_owned(), words::money)
}

fn cost(
    economics: Option<&PortfolioEconomics>,
    metrics: &PortfolioMetrics,
) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Some(economics) = economics {
        let money = |money: &Option<Money>| amount(money.as_ref());
        lines.push(line(
            "a new customer (CAC)",
            money(&economics.acquisition_cost),
        ));
        lines.push(line("an arrival (CPA)", money(&economics.arrival_cost)));
        lines.push(line(
            "a month kept (CPM)",
            money(&economics.keeping_cost_per_month),
        ));
        lines.push(line(
            "lifetime value (CLV)",
            money(&economics.lifetime_value),
        ));
        let times = economics.value_to_cost;
        lines.extend(times.map(|times| line("CLV by CAC", format!("{times:.2}"))));
        let months = economics.payback_months;
        lines.extend(months.map(|months| line("paid back after", format!("{months:.1} months"))));
        let share = economics.keeping_share;
        lines.extend(share.map(|share| line("spent on keeping", words::percent(share))));
    }
    let deserved = metrics.deserved_keeping_share;
    lines.extend(deserved.map(|share| line("keeping deserves", words::percent(share))));
    lines
}

fn parity(totals: &[ParityTotal]) -> Vec<(String, String)> {
    let above = totals.iter().filter(|total| total.paying_more_count > 0);
    above
        .take(MOST_PRODUCTS)
        .map(|total| {
            let product = match total.product.as_str() {
                "" => total.business_line.clone(),
                product => format!("{}, {product}", total.business_line),
            };
            let text = format!(
                "{} of {} long-standing customers pay more than the {} that new ones do, {} a month together",
                total.paying_more_count,
                total.long_standing_count,
                amount(total.new_price.as_ref()),
                amount(total.excess.as_ref()),
            );
            (product, text)
        })
        .collect()
}
