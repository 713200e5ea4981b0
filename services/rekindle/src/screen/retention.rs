//! How long contractual customers stay, group by group.

use contract::lifecycle::v1::{
    GetRetentionCurvesResponse, MonthAhead, RetentionCurve, RetentionPoint,
};

use super::paper::{Page, Paper, Style};
use super::words;

/// After so many months only every sixth is shown.
const EVERY_MONTH_UNTIL: u32 = 12;
const FURTHER_MONTHS: u32 = 6;

/// Every curve as a table, a month a line, with the value at risk of the months ahead.
pub fn retention(answer: &GetRetentionCurvesResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title(&format!(
        "Retention · model version {}",
        answer.model_version
    ));
    for curve in &answer.curves {
        page.heading(&curve.group.to_uppercase());
        page.paragraph(2, Style::Faint, &about(curve));
        months(&mut page, curve);
        ahead(&mut page, curve);
    }
    page.finish()
}

fn about(curve: &RetentionCurve) -> String {
    let parameters = curve.parameters.iter();
    let parameters: Vec<String> = parameters
        .map(|figure| format!("{} {:.4}", figure.name, figure.value))
        .collect();
    format!(
        "{} subscriptions · {} · {} · {:.1} discounted months to come",
        words::grouped(curve.sample_size),
        words::spoken(&curve.family),
        parameters.join(", "),
        curve.residual_months
    )
}

fn is_shown(month: u32) -> bool {
    month <= EVERY_MONTH_UNTIL || month.is_multiple_of(FURTHER_MONTHS)
}

fn months(page: &mut Page, curve: &RetentionCurve) {
    let heads = [
        "month",
        "at risk",
        "ended",
        "seen",
        "95 %",
        "fitted",
        "months yet",
    ];
    page.line(Style::Strong, &row(&heads.map(str::to_owned)));
    for point in curve.points.iter().filter(|point| is_shown(point.month)) {
        page.line(Style::Plain, &row(&month(point)));
    }
}

fn month(point: &RetentionPoint) -> [String; 7] {
    let seen = point.observed_survival.is_some();
    let count = |count| {
        if seen {
            words::grouped(count)
        } else {
            String::new()
        }
    };
    let interval = match (point.observed_lower, point.observed_upper) {
        (Some(lower), Some(upper)) => format!("{:.0}-{:.0} %", lower * 100.0, upper * 100.0),
        _ => String::new(),
    };
    [
        point.month.to_string(),
        count(point.at_risk),
        count(point.ended),
        point.observed_survival.map_or_else(String::new, share),
        interval,
        share(point.fitted_survival),
        format!("{:.1}", point.residual_months),
    ]
}

fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn row(cells: &[String; 7]) -> String {
    let widths = [7, 11, 9, 9, 12, 9, 12];
    let cells = cells.iter().zip(widths);
    let aligned: Vec<String> = cells
        .map(|(cell, width)| format!("{cell:>width$}"))
        .collect();
    aligned.concat()
}

/// What of each year's margin is at risk, year by year.
fn ahead(page: &mut Page, curve: &RetentionCurve) {
    for (year, months) in (1..).zip(curve.months_ahead.chunks(12)) {
        let expected: f64 = months.iter().map(|month| month.expected_months).sum();
        let at_risk: f64 = months.iter().map(|month| month.months_at_risk).sum();
        let stays = months.last().map_or(1.0, |month| month.stays);
        let text = format!(
            "{} stay · {expected:.1} margins expected, {at_risk:.1} at risk{}",
            words::percent(stays),
            money_at_risk(months)
        );
        page.labelled(&format!("year {year}"), &text);
    }
}

/// The value at risk in money; empty where no margin was given.
fn money_at_risk(months: &[MonthAhead]) -> String {
    let amounts = months
        .iter()
        .filter_map(|month| month.value_at_risk.clone());
    let sum = amounts.reduce(|mut sum, amount| {
        sum.minor = sum.minor.saturating_add(amount.minor);
        sum
    });
    sum.map_or_else(String::new, |sum| format!(" ({})", words::money(&sum)))
}

#[cfg(test)]
mod tests {
    use contract::lifecycle::v1::Figure;
    use contract::types::v1::Money;

    use super::*;

    #[test]
    fn curves_are_tables_with_what_is_at_risk() {
        let point = |month, seen| RetentionPoint {
            month,
            at_risk: 1_000,
            ended: 120,
            observed_survival: seen,
            observed_lower: seen.map(|seen| seen - 0.02),
            observed_upper: seen.map(|seen| seen + 0.02),
            fitted_survival: 0.75,
            residual_months: 21.5,
        };
        let month = MonthAhead {
            month: 1,
            stays: 0.9,
            leaves: 0.1,
            expected_months: 0.89,
            months_at_risk: 0.1,
            expected_value: None,
            value_at_risk: Some(Money {
                minor: 250,
                currency: "EUR".to_owned(),
            }),
        };
        let answer = GetRetentionCurvesResponse {
            model_version: 4,
            curves: vec![RetentionCurve {
                group: "telecom/all".to_owned(),
                family: "shifted_beta_geometric".to_owned(),
                parameters: vec![Figure {
                    name: "alpha".to_owned(),
                    value: 0.7041,
                    standard_error: None,
                    not_identified: false,
                }],
                sample_size: 1_000,
                points: vec![point(1, Some(0.88)), point(13, Some(0.5)), point(18, None)],
                residual_months: 20.0,
                months_ahead: vec![month.clone(), month],
                ..RetentionCurve::default()
            }],
            ..GetRetentionCurvesResponse::default()
        };
        let text = retention(&answer, Paper::plain(110));
        for expected in [
            "model version 4",
            "TELECOM/ALL",
            "shifted beta geometric · alpha 0.7041",
            "      1      1,000      120   88.0 %     86-90 %   75.0 %        21.5",
            "     18                                            75.0 %        21.5",
            "90 % stay · 1.8 margins expected, 0.2 at risk (5.00 EUR)",
        ] {
            assert!(text.contains(expected), "\"{expected}\" in\n{text}");
        }
        // After a year only every sixth month is shown.
        assert!(!text.contains("50.0 %"), "{text}");
    }
}
