//! Plots as inline SVG, each with a title and a description for those who do not see it.

use std::error::Error;
use std::fmt::Display;

use plotters::prelude::*;

use super::markup::escaped;

/// Width and height in pixels, before the page scales it.
const SIZE: (u32, u32) = (860, 360);
/// Told apart by darkness as well as by hue.
const SEEN: RGBColor = RGBColor(0, 68, 136);
const FITTED: RGBColor = RGBColor(187, 85, 0);

/// A plot that cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the plot cannot be drawn: {0}")]
pub struct PlotError(String);

/// A line of a plot, by the points it goes through.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// Drawn through, in the darker colour.
    Seen(Vec<(f64, f64)>),
    /// Dashed.
    Fitted(Vec<(f64, f64)>),
    /// The area between a lower and an upper line, as a closed outline.
    Band(Vec<(f64, f64)>),
}

/// What a plot shows.
#[derive(Clone, Debug)]
pub(super) struct Plot<'a> {
    /// Unique on the page; a letter, then letters, digits and hyphens.
    pub(super) id: &'a str,
    /// What it is, in a few words.
    pub(super) title: &'a str,
    /// What can be seen in it, in a sentence.
    pub(super) description: &'a str,
    /// The label of each axis.
    pub(super) axes: [&'a str; 2],
    /// The last month of the horizontal axis, and the largest value of the vertical one.
    pub(super) ends: [f64; 2],
    /// The lines, drawn in this order.
    pub(super) lines: Vec<Line>,
}

impl Plot<'_> {
    /// Draws it.
    pub(super) fn draw(&self) -> Result<String, PlotError> {
        let mut svg = String::new();
        self.draw_into(&mut svg)
            .map_err(|error| PlotError(error.to_string()))?;
        Ok(self.labelled(&svg))
    }

    fn draw_into(&self, svg: &mut String) -> Result<(), Box<dyn Error>> {
        let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        area.fill(&WHITE).map_err(owned)?;
        let [last, highest] = self.ends;
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..last, 0.0..highest)
            .map_err(owned)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(self.axes[0])
            .y_desc(self.axes[1])
            .draw()
            .map_err(owned)?;
        for line in &self.lines {
            match line {
                Line::Seen(points) => {
                    let line = LineSeries::new(points.iter().copied(), SEEN.stroke_width(2));
                    chart.draw_series(line).map_err(owned)?;
                }
                Line::Fitted(points) => {
                    let style = FITTED.stroke_width(2);
                    let line = DashedLineSeries::new(points.iter().copied(), 8, 5, style);
                    chart.draw_series(line).map_err(owned)?;
                }
                Line::Band(points) => {
                    let band = Polygon::new(points.as_slice(), SEEN.mix(0.15));
                    chart.plotting_area().draw(&band).map_err(owned)?;
                }
            }
        }
        area.present().map_err(owned)?;
        Ok(())
    }

    /// Says what the picture is, to those who have it read to them.
    fn labelled(&self, svg: &str) -> String {
        let id = self.id;
        let title = escaped(self.title);
        let description = escaped(self.description);
        let open = format!("<svg role=\"img\" aria-labelledby=\"{id}-title {id}-text\" ");
        let svg = svg.trim().replacen("<svg ", &open, 1);
        let told = format!(
            ">\n<title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-text\">{description}</desc>"
        );
        svg.replacen('>', &told, 1)
    }
}

/// The library's errors borrow from what is drawn on.
fn owned(error: impl Display) -> Box<dyn Error> {
    error.to_string().into()
}
