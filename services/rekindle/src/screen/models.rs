//! Fitted models.

use contract::lifecycle::v1::{
    ActivateModelResponse, CheckDriftResponse, Figure, ForeignModel, GetModelResponse, Model,
    ModelComparison, ModelGroup, ModelKind,
};

use super::paper::{Page, Paper, Style};
use super::words;
use crate::vocabulary;

/// As lifecycle decides: a candidate is worse beyond so many standard errors of the difference,
const TOLERANCE: f64 = 1.644_853_6;
/// and beyond this share of the loss of the version in use.
const MARGIN: f64 = 0.005;
/// So many times as much or as little as was foretold is not chance.
const UNLIKE: f64 = 3.0;
/// Below this population stability index an input is stable, by custom.
const STABLE: f64 = 0.1;
/// From this one on it has moved.
const MOVED: f64 = 0.25;

/// One model in one line.
pub fn model_line(model: &Model) -> String {
    let kind = words::spoken(&vocabulary::MODEL_KIND.word(model.kind));
    let fitted = words::optional_minute(model.fit_time.as_ref());
    let sample = words::grouped(model.sample_size);
    let ended = words::grouped(model.event_count);
    let active = if model.active { " · in use" } else { "" };
    let events = match model.kind() {
        ModelKind::Purchase => "bought again",
        _ => "ended",
    };
    let measured = model.evaluation.as_ref().map(|evaluation| {
        let measure = words::spoken(&evaluation.measure);
        format!(" · {measure} {:.5}", evaluation.value)
    });
    let measured = measured.unwrap_or_default();
    let origin = match &model.foreign_model {
        Some(foreign) => format!(", trained by {}", foreign.trained_by),
        None => String::new(),
    };
    let problem = match model.problem.as_str() {
        "" => String::new(),
        problem => format!(" · {problem}: not used, fit a new one"),
    };
    format!(
        "version {} · {kind}{origin} · {fitted} · on {sample}, of which {ended} {events}{measured}{active}{problem}",
        model.version
    )
}

/// A model that was fitted: whether it is in use now, and why or why not.
pub fn fitted_model(model: &Model, was_to_be_used: bool) -> String {
    let version = model.version;
    let mut lines = vec![model_line(model)];
    let evaluation = model.evaluation.as_ref();
    if let Some(found) = evaluation.and_then(|evaluation| evaluation.comparison.as_ref()) {
        lines.push(beside(model, found));
    } else if was_to_be_used && model.active {
        lines.push("in use: there was nothing to compare it with".to_owned());
    }
    lines.extend(unlike_before(model));
    if !model.active {
        lines.push(format!(
            "a candidate: `rekindle model activate {version}` puts it in use"
        ));
    }
    lines.join("\n")
}

/// How a fit did beside the version in use, and what followed.
fn beside(model: &Model, found: &ModelComparison) -> String {
    let worse = found.value - found.other_value;
    let margin = (TOLERANCE * found.standard_error).max(MARGIN * found.other_value.abs());
    let verdict = if worse <= 0.0 {
        format!("better by {:.5}", -worse)
    } else if worse <= margin {
        format!("worse by {worse:.5}, within the margin of {margin:.5} that is chance")
    } else {
        format!("worse by {worse:.5}, beyond the margin of {margin:.5}")
    };
    let outcome = if model.active { "in use" } else { "not in use" };
    format!(
        "{outcome}; beside version {}: {verdict}; {}",
        found.version,
        comparison_text(found)
    )
}

/// Says so where the stretch that was kept for judging was nothing like what came before it.
fn unlike_before(model: &Model) -> Option<String> {
    let figures = &model.evaluation.as_ref()?.figures;
    let named = |name: &str| figures.iter().find(|it| it.name == name).map(|it| it.value);
    let expected = named("holdout_expected")?;
    let observed = named("holdout_observed")?;
    let (least, most) = (expected.min(observed), expected.max(observed));
    (most > UNLIKE * least.max(1.0)).then(|| {
        format!(
            "of the latest stretch {expected:.1} were foretold and {observed:.0} seen: it is nothing like \
             what came before. Were the days of the ends recorded, or only that they ended?"
        )
    })
}

/// A model that was imported, and what to do with it.
pub fn imported_model(model: &Model) -> String {
    let version = model.version;
    format!(
        "{}\na candidate: `rekindle model activate {version}` puts it in use",
        model_line(model)
    )
}

/// A model with its groups and its history.
pub fn shown_model(shown: &GetModelResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    if let Some(model) = &shown.model {
        page.paragraph(0, Style::Plain, &model_line(model));
        if let Some(foreign) = &model.foreign_model {
            foreign_lines(&mut page, foreign);
        }
        let evaluation = model.evaluation.iter();
        for figure in evaluation.flat_map(|evaluation| &evaluation.figures) {
            page.labelled(&words::spoken(&figure.name), &figure_text(figure));
        }
        let evaluation = model.evaluation.as_ref();
        if let Some(found) = evaluation.and_then(|it| it.comparison.as_ref()) {
            let name = format!("beside version {}", found.version);
            page.labelled(&name, &comparison_text(found));
        }
    }
    for group in &shown.groups {
        group_lines(&mut page, group);
    }
    if !shown.activations.is_empty() {
        page.heading("IN USE");
    }
    for activation in &shown.activations {
        let time = words::optional_minute(activation.activate_time.as_ref());
        let by = match activation.activated_by.as_str() {
            "" => String::new(),
            by => format!(" by {by}"),
        };
        let forced = if activation.forced {
            format!(", forced: {}", activation.reason)
        } else {
            String::new()
        };
        let text = format!("version {} from {time}{by}{forced}", activation.version);
        page.paragraph(2, Style::Plain, &text);
    }
    page.finish()
}

/// Where a model came from that was not fitted here.
fn foreign_lines(page: &mut Page, foreign: &ForeignModel) {
    if !foreign.description.is_empty() {
        page.labelled("what", &foreign.description);
    }
    let bytes = words::grouped(foreign.file_bytes);
    let text = format!("ONNX, {bytes} bytes, SHA-256 {}", foreign.file_sha256);
    page.labelled("file", &text);
}

fn group_lines(page: &mut Page, group: &ModelGroup) {
    page.heading(&group.group);
    if !group.pooled_because.is_empty() {
        let text = format!("told by all together: {}", group.pooled_because);
        page.paragraph(2, Style::Plain, &text);
    }
    if !group.family.is_empty() {
        let text = format!(
            "{}, on {}",
            words::spoken(&group.family),
            words::grouped(group.sample_size)
        );
        page.labelled("model", &text);
    }
    for figure in group.parameters.iter().chain(&group.figures) {
        page.labelled(&words::spoken(&figure.name), &figure_text(figure));
    }
    if let Some(convergence) = &group.convergence {
        let bound = match convergence.hardly_bounded.as_str() {
            "" => String::new(),
            parameter => format!(", {parameter} is hardly bounded by the data"),
        };
        let text = format!(
            "{} iterations, largest slope left {:.1e}{bound}",
            convergence.iterations, convergence.largest_slope
        );
        page.labelled("search", &text);
    }
}

/// How a candidate did beside the version in use, on the same customers.
fn comparison_text(found: &ModelComparison) -> String {
    format!(
        "{} {:.5} against {:.5} on the same {}, standard error of the difference {:.5}",
        words::spoken(&found.measure),
        found.value,
        found.other_value,
        words::grouped(found.sample_size),
        found.standard_error
    )
}

fn figure_text(figure: &Figure) -> String {
    let value = number_text(figure.value);
    match figure.standard_error {
        Some(error) => format!("{value} ± {}", number_text(error)),
        None if figure.not_identified => format!("{value}, not identified by the data"),
        None => value,
    }
}

/// Counts as such, small numbers with the digits that matter.
fn number_text(number: f64) -> String {
    if number.fract().abs() <= 0.0 {
        format!("{number:.0}")
    } else if number.abs() < 1e-3 {
        format!("{number:.3e}")
    } else {
        format!("{number:.5}")
    }
}

/// What is in use now, and was before, in one line.
pub fn activated_model(activated: &ActivateModelResponse) -> String {
    let model = activated.model.as_ref().map(model_line).unwrap_or_default();
    match activated.previous_version {
        0 => model,
        previous => format!("{model} · before it version {previous}"),
    }
}

/// How far customers have moved since a fit, and what came of the forecasts.
pub fn drift(drift: &CheckDriftResponse, paper: Paper) -> String {
    let mut page = Page::on(paper);
    if let Some(model) = &drift.model {
        page.paragraph(0, Style::Plain, &model_line(model));
    }
    if drift.calibrations.is_empty() {
        page.paragraph(0, Style::Faint, "nothing was seen since the fit");
    }
    for calibration in &drift.calibrations {
        let calibrated = calibration.slope.zip(calibration.intercept);
        let calibrated = calibrated.map(|(slope, intercept)| {
            format!(", calibration slope {slope:.2}, intercept {intercept:.2}")
        });
        let text = format!(
            "{:.1} expected, {:.0} seen of {} within {} days{}",
            calibration.expected,
            calibration.observed,
            words::grouped(calibration.sample_size),
            calibration.watched_days,
            calibrated.unwrap_or_default()
        );
        page.labelled(&calibration.group, &text);
    }
    for input in &drift.inputs {
        let index = input.population_stability_index;
        let verdict = if index < STABLE {
            "stable"
        } else if index < MOVED {
            "moving"
        } else {
            "moved: fit anew"
        };
        let name = format!("{} {}", input.group, words::spoken(&input.input));
        let unknown = input.unknown_share.filter(|share| *share > 0.0);
        let unknown = unknown.map(|share| format!(", {:.0}% unknown", share * 100.0));
        let text = format!("{index:.3}, {verdict}{}", unknown.unwrap_or_default());
        page.labelled(name.trim(), &text);
    }
    page.finish()
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

#[cfg(test)]
mod tests {
    use contract::lifecycle::v1::ModelEvaluation;

    use super::*;

    fn compared(value: f64, active: bool) -> Model {
        Model {
            version: 9,
            active,
            evaluation: Some(ModelEvaluation {
                comparison: Some(ModelComparison {
                    version: 4,
                    value,
                    other_value: 0.523_04,
                    standard_error: 0.007_4,
                    ..Default::default()
                }),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn a_fit_says_why_it_is_in_use_or_not() {
        let text = fitted_model(&compared(0.534_13, true), true);
        assert!(
            text.contains(
                "in use; beside version 4: worse by 0.01109, within the margin of 0.01217"
            )
        );
        let text = fitted_model(&compared(0.544_13, false), true);
        assert!(text.contains("not in use; beside version 4: worse by 0.02109, beyond"));
        assert!(text.contains("model activate 9"));
        let text = fitted_model(&compared(0.5, true), true);
        assert!(text.contains("better by 0.02304") && !text.contains("candidate"));
    }

    #[test]
    fn a_stretch_unlike_what_came_before_is_told() {
        let of = |expected, observed| {
            let figure = |name: &str, value| Figure {
                name: name.to_owned(),
                value,
                ..Default::default()
            };
            let mut model = compared(0.5, true);
            if let Some(evaluation) = &mut model.evaluation {
                evaluation.figures = vec![
                    figure("holdout_expected", expected),
                    figure("holdout_observed", observed),
                ];
            }
            unlike_before(&model)
        };
        assert!(of(65.6, 1417.0).is_some_and(|it| it.contains("65.6 were foretold and 1417 seen")));
        assert_eq!(of(65.6, 80.0), None);
    }
}
