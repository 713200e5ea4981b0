//! What an evaluation found, as a page.

use std::path::Path;

use statistics::propensity::evaluation::Figures;
use statistics::propensity::model::LeftOutReason;

use super::paper::{Page, Paper, Style};
use super::words;
use crate::evaluation::Evaluated;

/// The inputs that are worth showing.
const MOST_INPUTS: usize = 12;

/// The figures, what was left out, and what matters.
pub fn evaluation(evaluated: &Evaluated, paper: Paper) -> String {
    let mut page = Page::on(paper);
    let validation = &evaluated.validation;
    let figures = &validation.evaluation.figures;
    page.title("Churn, foretold for customers not seen");
    let customers = count(figures.rows);
    let left = count(figures.events);
    page.labelled("file", &evaluated.data);
    page.labelled(
        "left",
        &format!(
            "{left} of {customers} ({} = {})",
            evaluated.target, evaluated.event
        ),
    );
    page.labelled("folds", &validation.folds.len().to_string());
    figures_table(&mut page, evaluated);
    spread(&mut page, evaluated);
    left_out(&mut page, evaluated);
    inputs(&mut page, evaluated);
    page.finish()
}

/// The figures of a model that somebody else trained.
pub fn foreign_evaluation(model: &Path, figures: &Figures, paper: Paper) -> String {
    let mut page = Page::on(paper);
    page.title("Churn, foretold by a model from elsewhere");
    page.labelled("model", &model.display().to_string());
    page.labelled(
        "left",
        &format!("{} of {}", count(figures.events), count(figures.rows)),
    );
    header(&mut page);
    page.line(Style::Strong, &figures_line("", figures));
    page.finish()
}

fn figures_table(page: &mut Page, evaluated: &Evaluated) {
    let evaluation = &evaluated.validation.evaluation;
    header(page);
    for candidate in &evaluation.candidates {
        let line = figures_line(candidate.family.name(), &candidate.figures);
        page.line(Style::Plain, &line);
    }
    let line = figures_line("chosen by fold", &evaluation.figures);
    page.line(Style::Strong, &line);
    let chosen = words::spoken(evaluation.chosen.name());
    page.paragraph(2, Style::Faint, &format!("chosen most often: {chosen}"));
}

fn header(page: &mut Page) {
    page.heading("FIGURES");
    let header = ["log-loss", "AUC", "Brier", "ECE", "slope", "intercept"];
    let header = header.map(|it| format!("{it:>10}")).concat();
    page.line(Style::Faint, &format!("  {:<16}{header}", ""));
}

fn figures_line(name: &str, figures: &Figures) -> String {
    let name = words::spoken(name);
    let optional = |figure: Option<f64>| figure.map_or("–".to_owned(), |it| format!("{it:.3}"));
    format!(
        "  {name:<16}{:>10.4}{:>10.4}{:>10.4}{:>10.4}{:>10}{:>10}",
        figures.log_loss,
        figures.auc,
        figures.brier,
        figures.ece,
        optional(figures.calibration_slope),
        optional(figures.calibration_intercept),
    )
}

fn spread(page: &mut Page, evaluated: &Evaluated) {
    page.heading("FOLD BY FOLD");
    for (number, fold) in (1_u32..).zip(&evaluated.validation.folds) {
        let name = format!("{number} {}", fold.chosen.name());
        page.line(Style::Plain, &figures_line(&name, &fold.figures));
    }
    let log_loss = evaluated.spread(|figures| figures.log_loss);
    let auc = evaluated.spread(|figures| figures.auc);
    let text = format!("standard deviation: log-loss {log_loss:.4}, AUC {auc:.4}");
    page.paragraph(2, Style::Faint, &text);
}

fn left_out(page: &mut Page, evaluated: &Evaluated) {
    if evaluated.includes_protected {
        page.heading("PROTECTED ATTRIBUTES ARE IN USE");
        let text = "for an audit only: no model may be put to use that has them";
        page.paragraph(2, Style::Alert, text);
    }
    let columns = &evaluated.validation.left_out;
    if columns.is_empty() {
        return;
    }
    page.heading("LEFT OUT");
    for (reason, said) in [
        (LeftOutReason::Protected, "protected"),
        (LeftOutReason::Constant, "constant"),
        (LeftOutReason::Identifier, "names people"),
    ] {
        let names: Vec<&str> = columns
            .iter()
            .filter(|column| column.reason == reason)
            .map(|column| column.input.as_str())
            .collect();
        if !names.is_empty() {
            page.labelled(said, &names.join(", "));
        }
    }
}

fn inputs(page: &mut Page, evaluated: &Evaluated) {
    page.heading("WHAT MATTERS: MEAN MOVE OF THE LOG-ODDS");
    for input in evaluated.inputs.iter().take(MOST_INPUTS) {
        page.line(
            Style::Plain,
            &format!("  {:>6.3}  {}", input.log_odds, input.input),
        );
    }
}

fn count(count: usize) -> String {
    words::grouped(u64::try_from(count).unwrap_or(u64::MAX))
}
