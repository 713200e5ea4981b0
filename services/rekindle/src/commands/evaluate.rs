//! `rekindle model evaluate`: how well customers who leave are foretold, on any labelled file.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;

use clap::Args;
use statistics::propensity::cross_validation::cross_validate;
use statistics::propensity::fit::fit;
use statistics::propensity::folds::Folds;
use statistics::propensity::frame::Frame;
use statistics::propensity::model::PropensityModel;
use statistics::propensity::options::{FitOptions, ProtectedInputs};
use statistics::propensity::refusal::PropensityRefusal;
use statistics::propensity::schema::InputKind;

use super::evaluate_foreign;
use crate::evaluation::{Evaluated, MeanContribution};
use crate::failure::{Exit, Failure};
use crate::json;
use crate::labelled::{Outcome, Table, given_folds};
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper};

/// So many customers say which inputs matter.
const MOST_EXPLAINED: usize = 500;

/// Fit and cross-validate a churn model on a labelled file; no service is needed.
///
/// FILE is comma-separated, with the names of the columns in its first line. A column whose known
/// values are all numbers is one of numbers, any other one of categories; blanks, NA, NaN and null are
/// "not known". Columns that are constant or name customers are left out, and so are protected
/// attributes (gender, age, origin and the like). The target has two values; which of them means
/// "left" is known for yes/no, 1/0, true/false, churned/stayed and their like, and said with --event
/// otherwise.
///
/// Every figure is on customers that the model has not seen: whatever a fit chooses, it chooses on
/// the other folds.
///
/// A folds file is comma-separated with a column "fold" of whole numbers. If it has another column
/// that the data have too, rows are matched by it, so each id needs exactly one line; else there is
/// a line for each row of the data, in the same order:
///
///     customerID,fold
///     7590-VHVEG,0
///
/// A model that somebody else trained is judged as it is, on every row of FILE, with --onnx and
/// --inputs: nothing is fitted, so give it customers it was not trained on. The declaration names the
/// columns in the order in which the model reads them; "encoding" is "place" (the number of the word in
/// the list, from zero) or "indicators" (a column for each word):
///
///     [[inputs]]
///     name = "tenure"
///     kind = { number = { when_missing = 0.0 } }
///     [[inputs]]
///     name = "Contract"
///     kind = { category = { levels = ["Month-to-month", "One year"], encoding = "indicators" } }
///
/// The same declaration serves `model import`, where an input may name what the service knows it by:
///
///     feature = "tenure_months"
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Evaluate {
    /// The file with one line for each customer.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,

    /// The column that says who left.
    #[arg(long, value_name = "COLUMN")]
    target: String,

    /// The value of the target that means "left".
    #[arg(long, value_name = "VALUE")]
    event: Option<String>,

    /// The folds, where they are given.
    #[arg(long, value_name = "FILE")]
    folds: Option<PathBuf>,

    /// The number of folds, where they are dealt out here.
    #[arg(long, default_value_t = 10, value_name = "N", conflicts_with = "folds")]
    folds_count: usize,

    /// Decides how customers are dealt out; the same seed gives the same figures.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Use protected attributes too, to learn what leaving them out costs. For an audit only: no
    /// model may be put to use that has them.
    #[arg(long)]
    include_protected: bool,

    /// Judge this model, an ONNX file, instead of fitting one.
    #[arg(long, value_name = "FILE", requires = "inputs", conflicts_with_all = ["folds", "include_protected"])]
    onnx: Option<PathBuf>,

    /// What that model reads.
    #[arg(long, value_name = "DECLARATION.toml", requires = "onnx")]
    inputs: Option<PathBuf>,

    /// The threads to use; all processors when it is not given.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Evaluate {
    /// Reads, cross-validates, fits on everybody, sums up.
    pub(super) fn run(&self, output: Output) -> Result<u8, Failure> {
        let began = Instant::now();
        let table = Table::read(&self.data)?;
        let outcome = Outcome::read(&table, &self.target, self.event.as_deref())?;
        if let (Some(onnx), Some(inputs)) = (&self.onnx, &self.inputs) {
            let figures = evaluate_foreign::evaluate(onnx, inputs, &table, &outcome)?;
            let document = json::foreign_evaluation(&onnx.display().to_string(), &figures);
            output.result(&document, |_| {
                screen::foreign_evaluation(onnx, &figures, Paper::of_stdout())
            })?;
            return Ok(0);
        }
        let frame = table.inputs(&self.target)?;
        let folds = self.dealt_or_given(&table, &outcome)?;
        let options = self.options();
        let progress = Mutex::new(Progress::begin_share(output, "evaluate"));
        let say = |share: f64| {
            if let Ok(mut progress) = progress.lock() {
                progress.reached_share(share, "");
            }
            ControlFlow::Continue(())
        };
        let refused = |refusal: PropensityRefusal| self.refused(&refusal);
        let validation =
            cross_validate(&frame, &outcome.labels, &folds, &options, &say).map_err(refused)?;
        let model = fit(&frame, &outcome.labels, &options, &|_| {
            ControlFlow::Continue(())
        })
        .map_err(refused)?;
        if let Ok(progress) = progress.into_inner() {
            let rows = table.rows();
            progress.end(format_args!("{rows} customers, {} folds", folds.count()));
        }
        let evaluated = Evaluated {
            data: self.data.display().to_string(),
            target: self.target.clone(),
            event: outcome.event,
            includes_protected: self.include_protected,
            seed: self.seed,
            validation,
            inputs: mean_contributions(&table, &frame, &model),
            seconds: began.elapsed().as_secs_f64(),
        };
        output.result(&json::evaluation(&evaluated), |_| {
            screen::evaluation(&evaluated, Paper::of_stdout())
        })?;
        Ok(0)
    }

    fn options(&self) -> FitOptions {
        let processors = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        FitOptions {
            seed: self.seed,
            threads: self.threads.unwrap_or_else(processors),
            protected: if self.include_protected {
                ProtectedInputs::Audit
            } else {
                ProtectedInputs::LeaveOut
            },
        }
    }

    fn dealt_or_given(&self, table: &Table, outcome: &Outcome) -> Result<Folds, Failure> {
        match &self.folds {
            Some(path) => given_folds(table, &Table::read(path)?),
            None => Folds::stratified(&outcome.labels, self.folds_count, self.seed)
                .map_err(|refusal| self.refused(&refusal)),
        }
    }

    fn refused(&self, refusal: &PropensityRefusal) -> Failure {
        let message = format!("{} cannot be used: {refusal}", self.data.display());
        let failure = Failure::new(Exit::BadInput, message);
        match refusal {
            PropensityRefusal::FoldCount { .. } => failure.advice("choose another --folds-count"),
            PropensityRefusal::OneSidedFold { .. } => {
                failure.advice("use fewer folds, or deal them out by outcome")
            }
            PropensityRefusal::NoInput => {
                failure.advice("check that the file has columns that differ between customers")
            }
            _ => failure.advice("use a file with more customers who left and who stayed"),
        }
    }
}

/// What each input moves the log-odds by on average, the most important one first.
fn mean_contributions(
    table: &Table,
    frame: &Frame,
    model: &PropensityModel,
) -> Vec<MeanContribution> {
    let inputs = model.schema().inputs();
    let mut means: Vec<MeanContribution> = inputs
        .iter()
        .map(|input| MeanContribution {
            input: input.name.clone(),
            log_odds: 0.0,
        })
        .collect();
    let every = frame.rows().div_ceil(MOST_EXPLAINED).max(1);
    let mut explained = 0_u32;
    for row in (0..frame.rows()).step_by(every) {
        let values: Vec<_> = inputs
            .iter()
            .map(|input| table.value(row, &input.name, input.kind == InputKind::Number))
            .collect();
        let Ok(row) = model.schema().row(&values) else {
            continue;
        };
        explained += 1;
        for (mean, contribution) in means.iter_mut().zip(model.contributions(&row)) {
            mean.log_odds += contribution.log_odds.abs();
        }
    }
    for mean in &mut means {
        mean.log_odds /= f64::from(explained.max(1));
    }
    means.sort_by(|one, other| other.log_odds.total_cmp(&one.log_odds));
    means
}
