//! The page of a review: for each offer its verdict, its figures, how long customers stayed, and what it
//! kept beyond those who were offered nothing.

use std::fmt::Write as _;

use contract::offers::v1::{
    BudgetSpending, Difference, OfferReview, ReviewOffersResponse, SurvivalPoint, WeekOfSpending,
};

use super::PlotError;
use super::markup::{escaped, page, table};
use super::plot::{Line, Plot};
use crate::screen::review as said;

/// Draws the page.
pub fn review(answer: &ReviewOffersResponse) -> Result<String, PlotError> {
    let mut body = format!(
        "<p>Each offer against the calls on which it would have been made, had the customer not been \
         held out. Who stays is told by the bill. The holdout is {}.</p>\n",
        escaped(&said::holdout(answer.holdout.as_ref()))
    );
    let rows: Vec<Vec<String>> = answer
        .offers
        .iter()
        .map(|offer| {
            vec![
                offer.offer_key.clone(),
                said::verdict(offer),
                offer.review_due.clone(),
            ]
        })
        .collect();
    body.push_str(&table(
        "Verdicts",
        &["offer", "verdict", "review due"],
        &rows,
    ));
    let made = answer
        .offers
        .iter()
        .filter(|it| !it.offered_survival.is_empty());
    for (index, offer) in made.enumerate() {
        section(&mut body, index, offer)?;
    }
    for (index, budget) in answer.spending.iter().enumerate() {
        body.push_str(&spending(index, budget)?);
    }
    if let Some(leaving) = &answer.exit_satisfaction {
        let rows = named(said::left_lines(leaving));
        body.push_str(&table("How people left", &["", ""], &rows));
    }
    Ok(page("Which offers keep people", &body))
}

fn named(lines: Vec<said::Line>) -> Vec<Vec<String>> {
    let lines = lines.into_iter();
    lines.map(|(name, text)| vec![name, text]).collect()
}

fn section(body: &mut String, index: usize, offer: &OfferReview) -> Result<(), PlotError> {
    let key = escaped(&offer.offer_key);
    let survival = survival_plot(index, offer)?;
    let segments = named(said::by_segment(offer));
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<section>\n<h2>{key}</h2>\n<p>{}.</p>\n{}<figure>\n{survival}\n<figcaption>The share still \
         here by weeks since the call: who was offered {key} (drawn through), and who would have been \
         (dashed).</figcaption>\n</figure>\n",
        escaped(&said::verdict(offer)),
        table("Figures", &["", ""], &named(said::kept(offer))),
    );
    if !segments.is_empty() {
        body.push_str(&table("By segment", &["", ""], &segments));
    }
    if let Some(lift) = lift_plot(index, offer)? {
        let _ = write!(
            body,
            "<figure>\n{lift}\n<figcaption>How many more of 100 are still here than without the offer, by \
             days since the call, with the 95 % interval shaded.</figcaption>\n</figure>\n"
        );
    }
    body.push_str("</section>\n");
    Ok(())
}

/// What was spent of a budget by weeks, against its limit.
fn spending(index: usize, budget: &BudgetSpending) -> Result<String, PlotError> {
    let key = escaped(&budget.budget_key);
    let said = escaped(&said::spent(budget));
    let begins = |week: &WeekOfSpending| week.begin_time.map_or(0, |at| at.seconds);
    let first = budget.weeks.first().map_or(0, begins);
    let mut line = vec![(0.0, 0.0)];
    for week in &budget.weeks {
        let weeks = (begins(week) - first) / 604_800 + 1;
        line.push((whole(weeks), whole(week.spent_so_far).max(0.0)));
    }
    let last = line.last().map_or(1.0, |(week, _)| *week).max(1.0);
    let highest = line.iter().map(|(_, spent)| *spent).fold(1.0, f64::max);
    let limit = whole(budget.limit_amount);
    let axis = if budget.currency.is_empty() {
        "offers"
    } else {
        "minor units"
    };
    let plot = Plot {
        id: &format!("spending-{index}"),
        title: &format!("Spent of {}", budget.budget_key),
        description: &said::spent(budget),
        axes: ["weeks", axis],
        ends: [last, highest.max(limit)],
        lines: vec![
            Line::Seen(line),
            Line::Fitted(vec![(0.0, limit), (last, limit)]),
        ],
    }
    .draw()?;
    Ok(format!(
        "<section>\n<h2>{key}</h2>\n<p>{said}.</p>\n<figure>\n{plot}\n<figcaption>What was spent since the \
         first week, what came back taken off (drawn through), and the limit of one window \
         (dashed).</figcaption>\n</figure>\n</section>\n"
    ))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a plot shows no more than a few digits"
)]
const fn whole(count: i64) -> f64 {
    count as f64
}

fn survival_plot(index: usize, offer: &OfferReview) -> Result<String, PlotError> {
    let (with, without) = (&offer.offered_survival, &offer.held_out_survival);
    let weeks = with.len().max(without.len()).max(1);
    let end = |points: &[SurvivalPoint]| 100.0 * points.last().map_or(1.0, |point| point.share);
    let description = format!(
        "After {weeks} weeks {:.0} % of the offered are still here, and {:.0} % of the held out as far \
         as there are any.",
        end(with),
        end(without)
    );
    Plot {
        id: &format!("survival-{index}"),
        title: &format!("Still here after {}", offer.offer_key),
        description: &description,
        axes: ["weeks since the call", "share still here"],
        ends: [f64::from(u32::try_from(weeks).unwrap_or(u32::MAX)), 1.0],
        lines: vec![Line::Seen(steps(with)), Line::Fitted(steps(without))],
    }
    .draw()
}

/// A curve that holds until the end of each week.
fn steps(points: &[SurvivalPoint]) -> Vec<(f64, f64)> {
    let mut drawn = vec![(0.0, 1.0)];
    for point in points {
        let before = drawn.last().map_or(1.0, |(_, share)| *share);
        let end = f64::from(point.week) + 1.0;
        drawn.extend([(end, before), (end, point.share)]);
    }
    drawn
}

/// The differences that are known, from zero on the day of the call; nothing where none is.
fn lift_plot(index: usize, offer: &OfferReview) -> Result<Option<String>, PlotError> {
    let Some(figures) = &offer.all else {
        return Ok(None);
    };
    let known = [
        (30.0, figures.lift_30_days),
        (90.0, figures.lift_90_days),
        (180.0, figures.lift_180_days),
    ];
    let known: Vec<(f64, Difference)> = known
        .into_iter()
        .filter_map(|(day, lift)| Some((day, lift?)))
        .collect();
    let Some((_, last)) = known.last() else {
        return Ok(None);
    };
    let description = format!(
        "The last difference that is known is {:+.1} points, between {:+.1} and {:+.1}.",
        100.0 * last.difference,
        100.0 * last.low,
        100.0 * last.high
    );
    // What is below nothing is drawn as nothing; the table has the figures.
    let at = |day: f64, share: f64| (day, (100.0 * share).max(0.0));
    let middle = known.iter().map(|(day, lift)| at(*day, lift.difference));
    let lower = known.iter().map(|(day, lift)| at(*day, lift.low));
    let upper = known.iter().rev().map(|(day, lift)| at(*day, lift.high));
    let highest = known.iter().map(|(_, lift)| 100.0 * lift.high);
    Plot {
        id: &format!("lift-{index}"),
        title: &format!("What {} keeps beyond nothing", offer.offer_key),
        description: &description,
        axes: ["days since the call", "points more still here"],
        ends: [180.0, highest.fold(1.0, f64::max)],
        lines: vec![
            Line::Band(lower.chain(upper).collect()),
            Line::Seen(middle.collect()),
        ],
    }
    .draw()
    .map(Some)
}
