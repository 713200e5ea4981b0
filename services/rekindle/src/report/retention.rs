//! The page of retention curves: for each group two plots, and their figures as tables.

use std::fmt::Write as _;

use contract::lifecycle::v1::{GetRetentionCurvesResponse, MonthAhead, RetentionCurve};

use super::PlotError;
use super::markup::{escaped, page, table};
use super::plot::{Line, Plot};
use crate::screen::words;

/// Draws the page.
pub fn retention(answer: &GetRetentionCurvesResponse) -> Result<String, PlotError> {
    let version = answer.model_version;
    let mut body = format!(
        "<p>How long contractual customers stay, by the retention model in use, version \
         {version}. The line drawn through is what was seen (Kaplan–Meier), with its 95 % \
         interval shaded; the dashed one is the fitted curve, which goes on beyond it.</p>\n"
    );
    for (index, curve) in answer.curves.iter().enumerate() {
        section(&mut body, index, curve)?;
    }
    Ok(page("Retention curves", &body))
}

fn section(body: &mut String, index: usize, curve: &RetentionCurve) -> Result<(), PlotError> {
    let group = escaped(&curve.group);
    let family = escaped(&words::spoken(&curve.family));
    let count = words::grouped(curve.sample_size);
    let survival = survival_plot(index, curve)?;
    let value = value_plot(index, curve)?;
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<section>\n<h2>{group}</h2>\n<p>Fitted on {count} subscriptions: {family}. \
         {:.1} discounted months are expected of the customer asked for.</p>\n\
         <figure>\n{survival}\n<figcaption>The share of {group} still there, by months since the \
         start.</figcaption>\n</figure>\n{}\
         <figure>\n{value}\n<figcaption>The margin of each month ahead, discounted, in margins of \
         one month: expected (drawn through) and at risk (dashed).</figcaption>\n</figure>\n{}\
         </section>\n",
        curve.residual_months,
        survival_table(curve),
        value_table(curve),
    );
    Ok(())
}

fn survival_plot(index: usize, curve: &RetentionCurve) -> Result<String, PlotError> {
    let last = curve.points.last();
    let last_month = last.map_or(1, |point| point.month);
    let left = words::percent(last.map_or(1.0, |point| point.fitted_survival));
    let title = format!("Retention of {}", curve.group);
    let description = format!(
        "The share still there falls from 100 % to {left} after {last_month} months by the fitted \
         curve."
    );
    Plot {
        id: &format!("survival-{index}"),
        title: &title,
        description: &description,
        axes: ["months since the start", "share still there"],
        ends: [f64::from(last_month), 1.0],
        lines: vec![
            Line::Band(band(curve)),
            Line::Seen(seen(curve)),
            Line::Fitted(fitted(curve)),
        ],
    }
    .draw()
}

fn value_plot(index: usize, curve: &RetentionCurve) -> Result<String, PlotError> {
    let ahead = &curve.months_ahead;
    let last_month = ahead.last().map_or(1, |month| month.month);
    let at_risk: f64 = ahead.iter().map(|month| month.months_at_risk).sum();
    let title = format!("Value at risk of {}", curve.group);
    let description =
        format!("Over {last_month} months, {at_risk:.1} monthly margins are at risk in all.");
    let line = |value: fn(&MonthAhead) -> f64| {
        let points = ahead.iter();
        points
            .map(|month| (f64::from(month.month), value(month)))
            .collect()
    };
    Plot {
        id: &format!("value-{index}"),
        title: &title,
        description: &description,
        axes: ["months ahead", "monthly margins"],
        ends: [f64::from(last_month), 1.0],
        lines: vec![
            Line::Seen(line(|month| month.expected_months)),
            Line::Fitted(line(|month| month.months_at_risk)),
        ],
    }
    .draw()
}

/// The corners of a step function: it stays until the end of each month, then falls.
pub(super) fn steps(ends_of_months: impl Iterator<Item = (u32, f64)>) -> Vec<(f64, f64)> {
    let mut corners = vec![(0.0, 1.0)];
    let mut level = 1.0;
    for (month, share) in ends_of_months {
        corners.push((f64::from(month), level));
        corners.push((f64::from(month), share));
        level = share;
    }
    corners
}

fn seen(curve: &RetentionCurve) -> Vec<(f64, f64)> {
    let points = curve.points.iter();
    steps(points.filter_map(|point| Some((point.month, point.observed_survival?))))
}

fn band(curve: &RetentionCurve) -> Vec<(f64, f64)> {
    let points = || curve.points.iter();
    let mut outline =
        steps(points().filter_map(|point| Some((point.month, point.observed_upper?))));
    let lower = steps(points().filter_map(|point| Some((point.month, point.observed_lower?))));
    outline.extend(lower.into_iter().rev());
    outline
}

fn fitted(curve: &RetentionCurve) -> Vec<(f64, f64)> {
    let points = curve.points.iter();
    let months = points.map(|point| (f64::from(point.month), point.fitted_survival));
    [(0.0, 1.0)].into_iter().chain(months).collect()
}

fn survival_table(curve: &RetentionCurve) -> String {
    let share = |share: Option<f64>| share.map_or_else(String::new, |share| format!("{share:.3}"));
    let rows: Vec<Vec<String>> = curve
        .points
        .iter()
        .map(|point| {
            vec![
                point.month.to_string(),
                words::grouped(point.at_risk),
                words::grouped(point.ended),
                share(point.observed_survival),
                share(point.observed_lower),
                share(point.observed_upper),
                share(Some(point.fitted_survival)),
                format!("{:.1}", point.residual_months),
            ]
        })
        .collect();
    let heads = [
        "month",
        "at risk",
        "ended",
        "seen",
        "from",
        "to",
        "fitted",
        "months yet",
    ];
    table(&format!("Retention of {}", curve.group), &heads, &rows)
}

fn value_table(curve: &RetentionCurve) -> String {
    let rows: Vec<Vec<String>> = curve
        .months_ahead
        .iter()
        .map(|month| {
            let money = |money: &Option<_>| money.as_ref().map_or_else(String::new, words::money);
            vec![
                month.month.to_string(),
                format!("{:.3}", month.stays),
                format!("{:.3}", month.expected_months),
                format!("{:.3}", month.months_at_risk),
                money(&month.value_at_risk),
            ]
        })
        .collect();
    let heads = ["month", "stays", "expected", "at risk", "value at risk"];
    table(&format!("Value at risk of {}", curve.group), &heads, &rows)
}
