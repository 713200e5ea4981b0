//! The page of a simulation: what would have been otherwise, for whom, and what it would cost.

use std::fmt::Write as _;

use contract::offers::v1::{
    Simulation, SimulationBudget, SimulationCount, SimulationExample, SimulationSpent,
    SimulationWindow,
};

use super::PlotError;
use super::markup::{escaped, page, table};
use super::plot::{Line, Plot};
use crate::screen::{simulation as said, words};

/// Draws the page.
pub fn simulation(it: &Simulation, examples: &[SimulationExample]) -> Result<String, PlotError> {
    let mut body = format!("<p>{}.</p>\n", escaped(&said::what_was_read(it)));
    body.push_str(&checks(it));
    body.push_str(&answers(it));
    body.push_str(&worth(it));
    body.push_str(&counts("Offers handed out", &it.offers));
    body.push_str(&counts("Why no offer is made", &it.let_go_reasons));
    body.push_str(&counts("What keeps offers from calls", &it.obstacles));
    body.push_str(&newly_failing(it));
    for (index, budget) in it.budgets.iter().enumerate() {
        body.push_str(&spending(index, budget)?);
    }
    body.push_str(&segments(it));
    body.push_str(&look_at(examples));
    Ok(page("Simulation of a draft", &body))
}

fn checks(it: &Simulation) -> String {
    let rows = it.checks.iter().map(|check| {
        let weight = if check.breach { "breach" } else { "to know" };
        vec![
            check.code.clone(),
            weight.to_owned(),
            words::grouped(check.before_count),
            words::grouped(check.after_count),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let heads = ["answer", "weight", "before", "after"];
    let mut text = table("What no answer should be", &heads, &rows);
    let fortunes = [
        ("Customers who have been here for long", it.long_standing),
        ("All others", it.others),
    ];
    for (who, fortune) in fortunes {
        let fortune = fortune.unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "<p>{who}: {}.</p>", escaped(&said::said_of(&fortune)));
    }
    text
}

fn answers(it: &Simulation) -> String {
    let rows = said::changes(it);
    let rows = rows.map(|(what, count)| vec![what.to_owned(), words::grouped(count)]);
    let pairs = it.pairs.iter().map(|pair| {
        vec![
            pair.before.clone(),
            pair.after.clone(),
            words::grouped(pair.call_count),
        ]
    });
    let pairs: Vec<_> = pairs.collect();
    let mut text = table("Answers", &["answer", "calls"], &rows);
    text.push_str(&table(
        "From the first offer to the first offer",
        &["before", "after", "calls"],
        &pairs,
    ));
    text
}

fn worth(it: &Simulation) -> String {
    let rows = it.gains.iter();
    let rows: Vec<_> = rows
        .map(|gain| vec![gain.currency.clone(), said::gain(gain)])
        .collect();
    let evidence = it.evidence.as_ref().map(said::evidence);
    format!(
        "{}<p>{}</p>\n<p>Evidence: {}.</p>\n",
        table(
            "Worth of a call beyond offering nothing",
            &["currency", "difference"],
            &rows
        ),
        escaped(said::BELIEF),
        escaped(&evidence.unwrap_or_default()),
    )
}

fn counts(caption: &str, all: &[SimulationCount]) -> String {
    let rows = all.iter().map(|it| {
        vec![
            it.key.clone(),
            words::grouped(it.before_count),
            words::grouped(it.after_count),
        ]
    });
    let rows: Vec<_> = rows.collect();
    table(caption, &["key", "before", "after"], &rows)
}

fn newly_failing(it: &Simulation) -> String {
    let rows = it.newly_failing.iter().map(|it| {
        vec![
            it.offer_key.clone(),
            it.code.clone(),
            words::grouped(it.call_count),
            words::grouped(it.handed_out_count),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let heads = ["offer", "why", "calls", "had it"];
    table("What newly keeps offers from calls", &heads, &rows)
}

/// What one budget spends, window by window, drawn where there are several.
fn spending(index: usize, it: &SimulationBudget) -> Result<String, PlotError> {
    let key = escaped(&it.budget_key);
    let about = escaped(&said::budget(it));
    let mut text = format!("<section>\n<h2>Budget {key}</h2>\n<p>{about}.</p>\n");
    if it.windows.len() > 1 {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<figure>\n{}\n<figcaption>What is expected to be spent in each of the latest windows: \
             before (drawn through) and with the draft (dashed).</figcaption>\n</figure>\n",
            plot(index, it)?
        );
    }
    let rows = it.windows.iter().map(|window| {
        vec![
            window.start_date.clone(),
            said::spent(window.before.as_ref(), &it.currency),
            window.dry_before_date.clone(),
            said::spent(window.after.as_ref(), &it.currency),
            window.dry_after_date.clone(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let heads = ["window", "before", "dry", "after", "dry"];
    text.push_str(&table(
        &format!("Windows of {}", it.budget_key),
        &heads,
        &rows,
    ));
    text.push_str("</section>\n");
    Ok(text)
}

fn plot(index: usize, it: &SimulationBudget) -> Result<String, PlotError> {
    let line = |spent: fn(&SimulationWindow) -> Option<SimulationSpent>| {
        let windows = (0_u32..).zip(&it.windows);
        let points = windows.map(|(place, window)| {
            let expected = spent(window).map_or(0.0, |it| it.expected);
            (f64::from(place), expected)
        });
        points.collect::<Vec<_>>()
    };
    let (before, after) = (line(|window| window.before), line(|window| window.after));
    let spent = before.iter().chain(&after);
    let highest = spent.map(|(_, expected)| *expected).fold(1.0, f64::max);
    let last = before.last().map_or(1.0, |(place, _)| *place);
    let title = format!("Spending of {}", it.budget_key);
    let description = format!(
        "In all {} before and {} with the draft, over {}.",
        said::spent(it.before.as_ref(), &it.currency),
        said::spent(it.after.as_ref(), &it.currency),
        words::count(it.window_count, "window"),
    );
    Plot {
        id: &format!("budget-{index}"),
        title: &title,
        description: &description,
        axes: ["windows", "expected to be spent"],
        ends: [last, highest],
        lines: vec![Line::Seen(before), Line::Fitted(after)],
    }
    .draw()
}

fn segments(it: &Simulation) -> String {
    let rows = it.segments.iter().map(|it| {
        let numbers = said::numbers(&it.fortune.unwrap_or_default());
        let name = std::iter::once(said::segment_name(&it.kind, &it.name));
        name.chain(numbers.map(words::grouped)).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let heads = ["segment", "calls", "better", "worse", "newly", "no more"];
    table("Who wins, who loses", &heads, &rows)
}

fn look_at(examples: &[SimulationExample]) -> String {
    let rows = examples.iter().map(|it| {
        vec![
            it.decision_id.clone(),
            it.customer_id.clone(),
            said::example(it),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let heads = ["decision", "customer", "what became of it"];
    table("Calls to look at, with rekindle explain", &heads, &rows)
}
