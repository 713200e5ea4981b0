//! The Telco customers, out of fold: each judged by models that were chosen and fitted without them.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;

use rekindle::failure::{Exit, Failure};
use statistics::propensity::cross_validation::cross_validate;
use statistics::propensity::folds::Folds;
use statistics::propensity::frame::Frame;
use statistics::propensity::options::{FitOptions, ProtectedInputs};

use super::figure::{Figure, Goal, Value};

/// The customers, below the folder of data sets.
pub(super) const FILE: &str = "telco/telco_customer_churn.csv";
/// Their folds, likewise.
pub(super) const FOLDS: &str = "../reference/telco_folds.csv";

const NAME: &str = "customerID";
const OUTCOME: &str = "Churn";

/// Cross-validates on the given folds, with protected attributes left out.
pub(super) fn figures(data: &Path, threads: NonZeroUsize) -> Result<Vec<Figure>, Failure> {
    let customers = Table::read(&data.join(FILE))?;
    let folds = folds(&customers, &Table::read(&data.join(FOLDS))?)?;
    let labels: Vec<bool> = customers
        .column(OUTCOME)?
        .map(|cell| cell == "Yes")
        .collect();
    let frame = frame(&customers)?;
    let options = FitOptions {
        seed: 0,
        threads,
        protected: ProtectedInputs::LeaveOut,
    };
    let go_on = |_: f64| ControlFlow::Continue(());
    let found = cross_validate(&frame, &labels, &folds, &options, &go_on);
    let found = found
        .map_err(|refusal| unusable(&refusal))?
        .evaluation
        .figures;
    let figure = |name: &str, value, goal| {
        Figure::new(format!("telco.{name}"), Value::Number(value), Some(goal))
    };
    Ok(vec![
        figure("auc", found.auc, Goal::AtLeast(0.8495)),
        figure("log_loss", found.log_loss, Goal::AtMost(0.4105)),
        figure("brier", found.brier, Goal::AtMost(0.1332)),
        figure("ece", found.ece, Goal::AtMost(0.010)),
    ])
}

fn unusable(why: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::BadInput,
        format!("the Telco customers cannot be used: {why}"),
    )
}

/// A file of cells.
struct Table {
    columns: Vec<String>,
    rows: Vec<csv::StringRecord>,
}

impl Table {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error: csv::Error| unusable(&format!("{}: {error}", path.display()));
        let mut reader = csv::Reader::from_path(path).map_err(failed)?;
        let columns = reader.headers().map_err(failed)?;
        let columns = columns.iter().map(str::to_owned).collect();
        let rows = reader.records().collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { columns, rows })
    }

    fn column(&self, name: &str) -> Result<impl Iterator<Item = &str>, Failure> {
        let place = self.columns.iter().position(|column| column == name);
        let place = place.ok_or_else(|| unusable(&format!("there is no column {name}")))?;
        Ok(self
            .rows
            .iter()
            .map(move |row| row.get(place).unwrap_or_default().trim()))
    }
}

/// What is known of the customers: numbers where every cell is one or blank, words elsewhere.
fn frame(customers: &Table) -> Result<Frame, Failure> {
    let mut frame = Frame::new(customers.rows.len()).map_err(|refusal| unusable(&refusal))?;
    for name in customers
        .columns
        .iter()
        .filter(|name| *name != NAME && *name != OUTCOME)
    {
        let known = |cell| Some(cell).filter(|cell: &&str| !cell.is_empty());
        let cells: Vec<Option<&str>> = customers.column(name)?.map(known).collect();
        let numbers: Option<Vec<Option<f64>>> = cells
            .iter()
            .map(|cell| match cell {
                None => Some(None),
                Some(cell) => cell.parse().ok().map(Some),
            })
            .collect();
        let added = match numbers {
            Some(numbers) => frame.add_numbers(name, &numbers),
            None => frame.add_categories(name, &cells),
        };
        added.map_err(|refusal| unusable(&refusal))?;
    }
    Ok(frame)
}

fn folds(customers: &Table, folds: &Table) -> Result<Folds, Failure> {
    let numbers = folds.column("fold")?.map(str::parse::<usize>);
    let numbers: Result<Vec<usize>, _> = numbers.collect();
    let numbers = numbers.map_err(|error| unusable(&format!("a fold is no number: {error}")))?;
    let of: HashMap<&str, usize> = folds.column(NAME)?.zip(numbers).collect();
    let of_rows: Option<Vec<usize>> = customers
        .column(NAME)?
        .map(|name| of.get(name).copied())
        .collect();
    let of_rows = of_rows.ok_or_else(|| unusable(&"a customer is in no fold"))?;
    Folds::given(of_rows).map_err(|refusal| unusable(&refusal))
}
