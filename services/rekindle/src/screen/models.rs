//! Fitted models.

use contract::lifecycle::v1::Model;

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// One model in one line.
pub fn model_line(model: &Model) -> String {
    let kind = words::spoken(&vocabulary::MODEL_KIND.word(model.kind));
    let fitted = words::optional_minute(model.fit_time.as_ref());
    let sample = words::grouped(model.sample_size);
    let ended = words::grouped(model.event_count);
    let active = if model.active { " · in use" } else { "" };
    format!(
        "version {} · {kind} · {fitted} · on {sample}, of which {ended} ended{active}",
        model.version
    )
}

/// The list of models.
pub fn models(models: &[Model], paper: Paper) -> String {
    let mut page = Page::on(paper);
    if models.is_empty() {
        page.paragraph(
            0,
            Style::Plain,
            "no model yet: `rekindle model fit` makes one",
        );
    }
    for model in models {
        let style = if model.active {
            Style::Good
        } else {
            Style::Plain
        };
        page.paragraph(0, style, &model_line(model));
    }
    page.finish()
}
