//! Pages hold together without anything from elsewhere, and can be read aloud.

use contract::lifecycle::v1::{
    GetPortfolioMetricsResponse, GetRetentionCurvesResponse, MonthAhead, PortfolioFlow,
    PortfolioMetrics, RetentionCohort, RetentionCurve, RetentionPoint, SurvivalPoint,
};

use super::{portfolio, retention};

/// A curve of so many months that falls by a tenth each month, seen for half of them.
fn curve(group: &str, months: u32) -> RetentionCurve {
    let point = |month: u32| {
        let share = 0.9_f64.powf(f64::from(month));
        let seen = (month <= months / 2).then_some(share);
        RetentionPoint {
            month,
            at_risk: 100,
            ended: 10,
            observed_survival: seen,
            observed_lower: seen.map(|seen| seen * 0.9),
            observed_upper: seen.map(|seen| seen.powf(0.9)),
            fitted_survival: share,
            residual_months: 8.0,
        }
    };
    let ahead = |month: u32| MonthAhead {
        month,
        stays: 0.9_f64.powf(f64::from(month)),
        expected_months: 0.9_f64.powf(f64::from(month)),
        months_at_risk: 1.0 - 0.9_f64.powf(f64::from(month)),
        ..MonthAhead::default()
    };
    RetentionCurve {
        group: group.to_owned(),
        family: "shifted_beta_geometric".to_owned(),
        sample_size: 1_234,
        points: (1..=months).map(point).collect(),
        months_ahead: (1..=months).map(ahead).collect(),
        ..RetentionCurve::default()
    }
}

fn page(curves: Vec<RetentionCurve>) -> String {
    let answer = GetRetentionCurvesResponse {
        model_version: 7,
        curves,
        ..GetRetentionCurvesResponse::default()
    };
    retention(&answer).unwrap()
}

/// What stands between two pieces of a text, each time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    let rest = text.split(from).skip(1);
    rest.filter_map(|rest| rest.split(to).next()).collect()
}

#[test]
fn a_page_is_complete_in_itself() {
    let page = page(vec![curve("telecom/all", 24), curve("energy/all", 1)]);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for elsewhere in [
        "<script", "<link", "<img", "src=", "href=", "url(", "@import",
    ] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    // The one address is the name of SVG itself, which nobody fetches.
    let addresses = between(&page, "http", "\"");
    assert!(addresses.iter().all(|it| *it == "://www.w3.org/2000/svg"));
    assert_eq!(page.matches("<svg ").count(), 4);
    assert_eq!(page.matches("</svg>").count(), 4);
    assert!(page.contains("version 7") && page.contains("1,234 subscriptions"));
}

#[test]
fn every_plot_has_a_title_and_a_description_of_its_own() {
    let page = page(vec![curve("telecom/all", 24), curve("energy/all", 24)]);
    let labels = between(&page, "aria-labelledby=\"", "\"");
    assert_eq!(labels.len(), 4);
    for label in labels {
        for id in label.split(' ') {
            let element = format!("id=\"{id}\">");
            assert_eq!(page.matches(&element).count(), 1, "{id}");
            assert!(!between(&page, &element, "<")[0].is_empty(), "{id}");
        }
    }
    assert!(page.contains("<th scope=\"col\">at risk</th>"));
}

/// The points of every line drawn in a plot, as pixels.
fn drawn(page: &str) -> Vec<Vec<(f64, f64)>> {
    let lines = between(page, "<polyline ", "/>").into_iter();
    lines
        .map(|line| {
            let points = between(line, "points=\"", "\"")[0].split_whitespace();
            points
                .map(|point| {
                    let (across, down) = point.split_once(',').unwrap();
                    (across.parse().unwrap(), down.parse().unwrap())
                })
                .collect()
        })
        .collect()
}

#[test]
fn curves_are_drawn_falling_from_left_to_right() {
    let page = page(vec![curve("telecom/all", 24)]);
    let survival = page.split("</svg>").next().unwrap();
    let lines = drawn(survival);
    // Beside the axes: the steps of what was seen, and the dashes of the fitted curve.
    assert!(lines.len() > 20, "{} lines", lines.len());
    let steps = lines.iter().map(Vec::len).max().unwrap();
    assert_eq!(steps, 25);
    for line in &lines {
        for pair in line.windows(2) {
            // Down on the page is where shares are small; the axes are level or upright.
            let rises = pair[1].1 < pair[0].1 && (pair[1].0 - pair[0].0).abs() > 0.5;
            assert!(!rises, "{line:?}");
        }
    }
}

#[test]
fn a_name_cannot_become_markup() {
    let page = page(vec![curve("<script>alert(1)</script>\"&'", 3)]);
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;&#39;"));
}

#[test]
fn a_review_is_drawn_for_the_offers_that_were_made_and_names_the_others() {
    use contract::offers::v1::{
        BudgetSpending, OfferReview, ReviewFigures, ReviewOffersResponse, ReviewSide,
        SegmentFigures, SurvivalPoint, WeekOfSpending,
    };
    let side = |calls| {
        Some(ReviewSide {
            calls,
            ..ReviewSide::default()
        })
    };
    let segment = SegmentFigures {
        reason: "slow<3>".to_owned(),
        figures: Some(ReviewFigures {
            offered: side(12),
            held_out: side(4),
            ..ReviewFigures::default()
        }),
        ..SegmentFigures::default()
    };
    let point = |week, share| SurvivalPoint {
        week,
        share,
        calls: 10,
    };
    let answer = ReviewOffersResponse {
        offers: vec![
            OfferReview {
                offer_key: "made<1>".to_owned(),
                verdict_reason: "too_few_calls".to_owned(),
                offered_survival: vec![point(0, 0.9), point(1, 0.8)],
                held_out_survival: vec![point(0, 0.5)],
                by_segment: vec![segment],
                ..OfferReview::default()
            },
            OfferReview {
                offer_key: "silent".to_owned(),
                ..OfferReview::default()
            },
        ],
        spending: vec![BudgetSpending {
            budget_key: "paid<2>".to_owned(),
            limit_amount: 900,
            weeks: vec![WeekOfSpending {
                committed: 30,
                spent_so_far: 30,
                ..WeekOfSpending::default()
            }],
            ..BudgetSpending::default()
        }],
        ..ReviewOffersResponse::default()
    };
    let page = super::review(&answer).unwrap();
    assert!(page.contains("made&lt;1&gt;") && !page.contains("made<1>"));
    assert!(page.contains("paid&lt;2&gt;") && !page.contains("paid<2>"));
    assert!(page.contains("slow&lt;3&gt;") && page.contains("12 offered, 4 held out"));
    assert!(page.contains("30 offers spent, 0 offers given back; the limit is 900 offers"));
    assert_eq!(page.matches("<svg ").count(), 2);
    assert!(page.contains("silent") && page.contains("nobody is held out"));
    let curves = drawn(&page);
    assert!(curves.len() >= 2, "{curves:?}");
}

#[test]
fn a_review_tells_how_people_left() {
    use contract::offers::v1::{
        ExitSatisfactionReason, ExitSatisfactionReview, ReviewOffersResponse,
    };
    let leaving = ExitSatisfactionReview {
        cancellations: 1_200,
        rated: 3,
        mean_score: Some(20.0 / 3.0),
        rated_by_score: vec![0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0],
        by_reason: vec![ExitSatisfactionReason {
            reason_key: "waited<4>".to_owned(),
            rated: 1,
            mean_score: 4.0,
        }],
    };
    let answer = ReviewOffersResponse {
        exit_satisfaction: Some(leaving),
        ..ReviewOffersResponse::default()
    };
    let page = super::review(&answer).unwrap();
    assert!(page.contains("6.7 of 10 in the mean, 1 gave 0 to 4, 0 gave 5 to 7, 2 gave 8 to 10"));
    assert!(page.contains("waited&lt;4&gt;") && page.contains("4.0 of 10, by 1"));
}

#[test]
fn a_page_of_the_portfolio_shows_what_there_is_and_nothing_of_what_there_is_not() {
    let flow = |won, left_voluntarily| PortfolioFlow {
        won,
        left_voluntarily,
        ..PortfolioFlow::default()
    };
    let point = SurvivalPoint {
        month: 1,
        at_risk_count: 4,
        left_count: 1,
        survival: 0.75,
        lower: 0.5,
        upper: 0.9,
    };
    let metrics = PortfolioMetrics {
        flow: Some(flow(3, 1)),
        months: vec![flow(1, 0), flow(2, 1)],
        first_survival: vec![point],
        cohorts: vec![RetentionCohort {
            customer_count: 3,
            retained: vec![1.0, 0.5],
            ..RetentionCohort::default()
        }],
        ..PortfolioMetrics::default()
    };
    let page = portfolio(&GetPortfolioMetricsResponse {
        metrics: Some(metrics),
        economics: None,
    })
    .unwrap();
    assert_eq!(page.matches("<svg ").count(), 3, "flows, survival, cohorts");
    assert!(page.contains("1 (100 % of those who left)"));
    assert!(page.contains("<td>0.750</td>") && !page.contains("came back</h2>\n<figure>"));
    let empty = portfolio(&GetPortfolioMetricsResponse::default()).unwrap();
    assert!(!empty.contains("<svg "));
}
