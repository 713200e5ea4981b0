//! The page of the portfolio: who came and left, how long customers stay, what they are worth.

use std::fmt::Write as _;

use contract::lifecycle::v1::{
    GetPortfolioMetricsResponse, PortfolioFlow, PortfolioMetrics, RetentionCohort, SurvivalPoint,
};

use super::PlotError;
use super::markup::{escaped, page, table};
use super::plot::{Line, Plot};
use super::retention::steps;
use crate::screen::{left, metric_lines, words};

/// Draws the page.
pub fn portfolio(answer: &GetPortfolioMetricsResponse) -> Result<String, PlotError> {
    let none = PortfolioMetrics::default();
    let metrics = answer.metrics.as_ref().unwrap_or(&none);
    let mut body = String::new();
    for (heading, lines) in metric_lines(answer) {
        let rows: Vec<Vec<String>> = lines
            .into_iter()
            .map(|(label, value)| vec![label, value])
            .collect();
        // Writing to a string cannot fail.
        let _ = write!(
            body,
            "<section>\n<h2>{}</h2>\n{}</section>\n",
            escaped(heading),
            table(heading, &["what", "how much"], &rows)
        );
    }
    flows(&mut body, metrics)?;
    survival(&mut body, metrics)?;
    cohorts(&mut body, metrics)?;
    Ok(page("Portfolio", &body))
}

fn flows(body: &mut String, metrics: &PortfolioMetrics) -> Result<(), PlotError> {
    let months = &metrics.months;
    let came = |flow: &PortfolioFlow| flow.won + flow.returned;
    let most = months.iter().map(|it| came(it).max(left(it))).max();
    let Some(most) = most.filter(|most| *most > 0) else {
        return Ok(());
    };
    let line = |count: &dyn Fn(&PortfolioFlow) -> u32| {
        let points = (1_u32..).zip(months);
        points
            .map(|(month, flow)| (f64::from(month), f64::from(count(flow))))
            .collect()
    };
    let drawn = Plot {
        id: "flows",
        title: "Who came and who left",
        description: "Customers by month: those who came or came back, and those who left.",
        axes: ["month of the time asked about", "customers"],
        ends: [
            f64::from(u32::try_from(months.len()).unwrap_or(u32::MAX)),
            f64::from(most),
        ],
        lines: vec![Line::Seen(line(&came)), Line::Fitted(line(&left))],
    }
    .draw()?;
    figure(
        body,
        "By month",
        &drawn,
        "Customers who came or came back (drawn through) and who left (dashed).",
        &flow_table(months),
    );
    Ok(())
}

fn flow_table(months: &[PortfolioFlow]) -> String {
    let rows: Vec<Vec<String>> = months
        .iter()
        .map(|flow| {
            vec![
                words::instant(flow.from_time.as_ref()).map_or_else(String::new, words::day),
                flow.live_at_start.to_string(),
                flow.won.to_string(),
                flow.returned.to_string(),
                flow.left_voluntarily.to_string(),
                flow.left_involuntarily.to_string(),
                flow.left_structurally.to_string(),
                flow.died.to_string(),
                flow.fell_silent.to_string(),
                words::percent(flow.gross_churn),
            ]
        })
        .collect();
    let heads = [
        "from",
        "there",
        "won",
        "returned",
        "wanted to leave",
        "payment or provider",
        "life changed",
        "died",
        "fell silent",
        "gross churn",
    ];
    table("By month", &heads, &rows)
}

fn survival(body: &mut String, metrics: &PortfolioMetrics) -> Result<(), PlotError> {
    let curves = [
        ("first", "First relationships", &metrics.first_survival),
        (
            "later",
            "Relationships of customers who came back",
            &metrics.later_survival,
        ),
    ];
    for (id, title, points) in curves {
        let Some(last) = points.last() else { continue };
        let left = words::percent(last.survival);
        let drawn = Plot {
            id: &format!("survival-{id}"),
            title,
            description: &format!("{left} last longer than {} months.", last.month),
            axes: ["months since the beginning", "share that goes on"],
            ends: [f64::from(last.month), 1.0],
            lines: vec![Line::Band(band(points)), Line::Seen(seen(points))],
        }
        .draw()?;
        let rows: Vec<Vec<String>> = points
            .iter()
            .map(|point| {
                vec![
                    point.month.to_string(),
                    words::grouped(point.at_risk_count),
                    words::grouped(point.left_count),
                    format!("{:.3}", point.survival),
                    format!("{:.3}", point.lower),
                    format!("{:.3}", point.upper),
                ]
            })
            .collect();
        let heads = ["month", "at risk", "left", "goes on", "from", "to"];
        figure(
            body,
            title,
            &drawn,
            "The share that goes on (Kaplan–Meier), with its 95 % interval shaded.",
            &table(title, &heads, &rows),
        );
    }
    Ok(())
}

fn seen(points: &[SurvivalPoint]) -> Vec<(f64, f64)> {
    steps(points.iter().map(|point| (point.month, point.survival)))
}

fn band(points: &[SurvivalPoint]) -> Vec<(f64, f64)> {
    let mut outline = steps(points.iter().map(|point| (point.month, point.upper)));
    let lower = steps(points.iter().map(|point| (point.month, point.lower)));
    outline.extend(lower.into_iter().rev());
    outline
}

fn cohorts(body: &mut String, metrics: &PortfolioMetrics) -> Result<(), PlotError> {
    let watched = |cohort: &&RetentionCohort| !cohort.retained.is_empty();
    let cohorts: Vec<&RetentionCohort> = metrics.cohorts.iter().filter(watched).collect();
    let longest = cohorts.iter().map(|it| it.retained.len()).max();
    let Some(longest) = longest else {
        return Ok(());
    };
    let line = |cohort: &&RetentionCohort| {
        let points = (1_u32..).zip(&cohort.retained);
        let points = points.map(|(month, share)| (f64::from(month), *share));
        Line::Seen([(0.0, 1.0)].into_iter().chain(points).collect())
    };
    let drawn = Plot {
        id: "cohorts",
        title: "Who came in one month",
        description: "The share of each month's new customers who are still there, by months since.",
        axes: ["months since they came", "share there"],
        ends: [f64::from(u32::try_from(longest).unwrap_or(u32::MAX)), 1.0],
        lines: cohorts.iter().map(line).collect(),
    }
    .draw()?;
    let rows: Vec<Vec<String>> = cohorts
        .iter()
        .map(|cohort| {
            let month = words::instant(cohort.month_time.as_ref());
            let after = |month: usize| {
                let share = cohort.retained.get(month - 1);
                share.map_or_else(String::new, |share| words::percent(*share))
            };
            vec![
                month.map_or_else(String::new, words::day),
                cohort.customer_count.to_string(),
                after(1),
                after(3),
                after(6),
                after(12),
                after(24),
            ]
        })
        .collect();
    let heads = ["came from", "customers", "1 month", "3", "6", "12", "24"];
    figure(
        body,
        "Cohorts",
        &drawn,
        "Each line is one month's new customers. Who had come back is there.",
        &table("Who came in one month, and is still there", &heads, &rows),
    );
    Ok(())
}

fn figure(body: &mut String, heading: &str, plot: &str, caption: &str, table: &str) {
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<section>\n<h2>{}</h2>\n<figure>\n{plot}\n<figcaption>{}</figcaption>\n</figure>\n{table}</section>\n",
        escaped(heading),
        escaped(caption)
    );
}
