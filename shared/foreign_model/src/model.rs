//! A model of somebody else, loaded and asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use statistics::propensity::evaluation::Figures;
use statistics::propensity::schema::Value;
use tract_onnx::prelude::*;

pub use crate::bounds::BATCH;
use crate::declaration::{Declaration, Gaps, Kind};
use crate::graph::{Graph, Layout, prepare};
use crate::refusal::{EvaluationRefusal, LoadRefusal, ScoreRefusal};

/// The largest file that is taken, in bytes: 32 MiB.
pub const LARGEST_FILE: usize = 32 << 20;

/// A model of somebody else.
#[derive(Debug)]
pub struct ForeignModel {
    declaration: Declaration,
    layout: Layout,
    is_double: bool,
    gaps: Gaps,
    runnable: Arc<TypedRunnableModel>,
}

impl ForeignModel {
    /// Loads a file, unless it is not what was declared or not safe to run. What it says of customers
    /// is not looked at yet: see [`Self::evaluate`].
    pub fn load(bytes: &[u8], declaration: Declaration) -> Result<Self, LoadRefusal> {
        declaration.check()?;
        if bytes.len() > LARGEST_FILE {
            return Err(LoadRefusal::FileTooLarge {
                have: bytes.len(),
                limit: LARGEST_FILE,
            });
        }
        let panicked = || LoadRefusal::Unreadable("the library cannot cope with it".to_owned());
        catch_unwind(AssertUnwindSafe(|| Self::build(bytes, declaration)))
            .unwrap_or_else(|_| Err(panicked()))
    }

    fn build(mut bytes: &[u8], declaration: Declaration) -> Result<Self, LoadRefusal> {
        let model = tract_onnx::onnx().proto_model_for_read(&mut bytes);
        let graph = prepare(model.map_err(unreadable)?, &declaration)?;
        let runnable = runnable(&graph, &declaration)?;
        let model = Self {
            declaration,
            layout: graph.layout,
            is_double: graph.is_double,
            gaps: graph.gaps,
            runnable,
        };
        model.check_shape()?;
        Ok(model)
    }

    /// Returns what was declared.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// Compares what the model says of customers with what became of them. Do this, on customers it
    /// was not trained on, before it serves.
    pub fn evaluate(
        &self,
        rows: &[Vec<Value<'_>>],
        left: &[bool],
    ) -> Result<Figures, EvaluationRefusal> {
        if rows.len() != left.len() {
            return Err(EvaluationRefusal::OtherLength {
                have: left.len(),
                need: rows.len(),
            });
        }
        figures(&self.probabilities(rows)?, left)
    }

    /// Returns the probability of leaving of one customer, whose values are in the order of the
    /// declared inputs.
    pub fn probability(&self, row: &[Value<'_>]) -> Result<f64, ScoreRefusal> {
        let mut numbers = Vec::with_capacity(self.declaration.width());
        self.declaration.encode(row, self.gaps, &mut numbers)?;
        let said = self.ask(&numbers, 1)?;
        said.first()
            .map_or_else(|| Err(ScoreRefusal::OtherShape), |said| probability(*said))
    }

    /// Returns the probabilities of leaving of many customers; where one has none, it is named.
    pub fn probabilities(&self, rows: &[Vec<Value<'_>>]) -> Result<Vec<f64>, EvaluationRefusal> {
        let mut probabilities = Vec::with_capacity(rows.len());
        for batch in rows.chunks(BATCH) {
            let first = probabilities.len();
            let at = |row: usize| {
                move |refusal| EvaluationRefusal::Row {
                    row: first + row,
                    refusal,
                }
            };
            let mut numbers = Vec::with_capacity(batch.len() * self.declaration.width());
            for (number, row) in batch.iter().enumerate() {
                self.declaration
                    .encode(row, self.gaps, &mut numbers)
                    .map_err(at(number))?;
            }
            let said = self.ask(&numbers, batch.len()).map_err(at(0))?;
            for (number, said) in said.into_iter().enumerate() {
                probabilities.push(probability(said).map_err(at(number))?);
            }
        }
        Ok(probabilities)
    }

    /// What the model says of so many rows of numbers.
    fn ask(&self, numbers: &[f32], rows: usize) -> Result<Vec<f32>, ScoreRefusal> {
        let failed = |error: TractError| ScoreRefusal::Failed(cause(&error));
        let asked = catch_unwind(AssertUnwindSafe(|| {
            let inputs = self.inputs(numbers, rows)?;
            let outputs = self.runnable.run(inputs)?;
            let output = outputs.into_iter().next();
            let output = output.ok_or_else(|| TractError::msg("there is no output"))?;
            let output = output.cast_to::<f32>()?.into_owned();
            let said = output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
            Ok(said)
        }));
        let panicked = |_| Err(ScoreRefusal::Failed("the library panicked".to_owned()));
        let said = asked.map_or_else(panicked, |said| said.map_err(failed))?;
        // Of two columns the second one is the event.
        let columns = said.len() / rows.max(1);
        if columns == 0 || columns > 2 || columns * rows != said.len() {
            return Err(ScoreRefusal::OtherShape);
        }
        Ok(said
            .into_iter()
            .skip(columns - 1)
            .step_by(columns)
            .collect())
    }

    fn inputs(&self, numbers: &[f32], rows: usize) -> TractResult<TVec<TValue>> {
        let width = self.declaration.width();
        let Layout::Each(places) = &self.layout else {
            return Ok(tvec![self.tensor(numbers, &[rows, width])?]);
        };
        let widths: Vec<usize> = kinds(&self.declaration).map(Kind::width).collect();
        let columns = |place: usize| {
            let first: usize = widths[..place].iter().sum();
            first..first + widths[place]
        };
        let mut tensors = TVec::new();
        for place in places {
            let of_row = numbers.chunks(width).flat_map(|row| &row[columns(*place)]);
            let values: Vec<f32> = of_row.copied().collect();
            tensors.push(self.tensor(&values, &[rows, widths[*place]])?);
        }
        Ok(tensors)
    }

    fn tensor(&self, numbers: &[f32], shape: &[usize]) -> TractResult<TValue> {
        let tensor = Tensor::from_shape(shape, numbers)?;
        if self.is_double {
            return Ok(tensor.cast_to::<f64>()?.into_owned().into_tvalue());
        }
        Ok(tensor.into_tvalue())
    }

    /// Asks about nobody in particular, to see whether an answer has the shape of one.
    fn check_shape(&self) -> Result<(), LoadRefusal> {
        let rows = 3;
        let numbers = vec![0.0; rows * self.declaration.width()];
        let said = self.ask(&numbers, rows);
        let why =
            "there must be one probability for each row, or one for staying and one for leaving";
        match said {
            Ok(_) => Ok(()),
            Err(ScoreRefusal::Failed(why)) => Err(LoadRefusal::Unreadable(why)),
            Err(_) => Err(LoadRefusal::OtherOutput(why.to_owned())),
        }
    }
}

fn kinds(declaration: &Declaration) -> impl Iterator<Item = &Kind> {
    declaration.inputs.iter().map(|input| &input.kind)
}

fn runnable(
    graph: &Graph,
    declaration: &Declaration,
) -> Result<Arc<TypedRunnableModel>, LoadRefusal> {
    let parsed = tract_onnx::onnx()
        .with_ignore_output_shapes(true)
        .with_ignore_output_types(true)
        .parse(&graph.model, None)
        .map_err(unreadable)?;
    if let Some(name) = parsed.unresolved_inputs.first() {
        return Err(LoadRefusal::Unreadable(format!("nothing makes \"{name}\"")));
    }
    let mut model = parsed.model;
    let kind = if graph.is_double {
        f64::datum_type()
    } else {
        f32::datum_type()
    };
    let rows = model.symbols.sym("rows").to_dim();
    let widths: Vec<usize> = kinds(declaration).map(Kind::width).collect();
    let widths = match &graph.layout {
        Layout::Matrix => vec![declaration.width()],
        Layout::Each(places) => places.iter().map(|place| widths[*place]).collect(),
    };
    for (place, width) in widths.into_iter().enumerate() {
        let fact = InferenceFact::dt_shape(kind, tvec![rows.clone(), width.to_dim()]);
        model.set_input_fact(place, fact).map_err(unreadable)?;
    }
    let model = model.into_optimized().map_err(unreadable)?;
    model.into_runnable().map_err(unreadable)
}

fn probability(said: f32) -> Result<f64, ScoreRefusal> {
    if (0.0..=1.0).contains(&said) {
        Ok(f64::from(said))
    } else {
        Err(ScoreRefusal::NoProbability { said })
    }
}

/// Compares probabilities, one for each outcome, with what became of people.
pub fn figures(probabilities: &[f64], left: &[bool]) -> Result<Figures, EvaluationRefusal> {
    if probabilities.is_empty() {
        return Err(EvaluationRefusal::Empty);
    }
    let log_odds: Vec<f64> = probabilities.iter().map(|said| log_odds(*said)).collect();
    Figures::of(&log_odds, left).ok_or(EvaluationRefusal::OneSided)
}

/// Returns the log-odds of a probability. Single precision may say zero or one where neither is
/// meant: it counts as half of what tells one from the number before.
pub fn log_odds(probability: f64) -> f64 {
    let least = f64::from(f32::EPSILON) / 2.0;
    let bounded = probability.clamp(least, 1.0 - least);
    (bounded / (1.0 - bounded)).ln()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err passes")]
fn unreadable(error: TractError) -> LoadRefusal {
    LoadRefusal::Unreadable(cause(&error))
}

/// The innermost cause, in short: the rest is the library's own affair.
fn cause(error: &TractError) -> String {
    const LONGEST: usize = 200;
    error
        .root_cause()
        .to_string()
        .chars()
        .take(LONGEST)
        .collect()
}
