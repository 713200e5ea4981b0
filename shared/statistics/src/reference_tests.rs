//! Reads reference outputs and data sets, for tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};
use crate::purchases::pareto_nbd::{ParetoNbd, ParetoNbdParameters};
use crate::purchases::purchase_base::PurchaseBase;
use crate::purchases::purchase_model::Effort;
use crate::purchases::purchase_summary::PurchaseSummary;

/// Returns a file of the reference outputs; `None`, and a line that says so, where it is absent.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    present(testkit::data::shared()?.join("../reference").join(name))
}

/// Returns a file of the data sets; `None`, and a line that says so, where it is absent.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    present(testkit::data::shared()?.join(name))
}

fn present(path: PathBuf) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path);
    }
    testkit::data::skipped(&format!("there is no {}", path.display()));
    None
}

/// One row of a table, by column.
pub(crate) type Row = BTreeMap<String, String>;

/// Reads a table.
pub(crate) fn rows(path: &Path) -> Vec<Row> {
    rows_of(&std::fs::read_to_string(path).unwrap())
}

/// Reads a table from its text.
pub(crate) fn rows_of(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// Reads a number of a row.
pub(crate) fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// Reads a reference output in JSON.
pub(crate) fn reference(name: &str) -> Option<serde_json::Value> {
    // Python writes an infinity that JSON does not know.
    let text = std::fs::read_to_string(file(name)?).unwrap();
    let text = text.replace(": Infinity", ": null");
    Some(serde_json::from_str(&text).unwrap())
}

/// Reads a number of a reference output.
pub(crate) fn figures(value: &serde_json::Value) -> f64 {
    value.as_f64().unwrap()
}

/// Fails where two numbers differ by more than a tolerance, relative.
#[track_caller]
pub(crate) fn close(ours: f64, exact: f64, tolerance: f64) {
    let error = (ours - exact).abs();
    assert!(error <= tolerance * exact.abs(), "{ours} is not {exact}");
}

/// Reads the customers of the CDNOW sample.
pub(crate) fn cdnow() -> Option<Vec<Row>> {
    Some(rows(&data("cdnow/cdnow_sample_summary.csv")?))
}

/// Reads the purchases of one of them.
pub(crate) fn summary(row: &Row) -> PurchaseSummary {
    let frequency = row["x"].parse().unwrap();
    PurchaseSummary::new(frequency, number(row, "t_x"), number(row, "T")).unwrap()
}

/// Reads what was published of a model.
pub(crate) fn published(model: &str) -> Option<serde_json::Value> {
    Some(reference("btyd_reference.json")?[model].clone())
}

/// Makes a model of published parameters.
pub(crate) fn beta_geometric(exact: &serde_json::Value, drop_out: DropOut) -> BetaGeometric {
    BetaGeometric::try_from(BetaGeometricParameters {
        r: figures(&exact["r"]),
        alpha: figures(&exact["alpha"]),
        a: figures(&exact["a"]),
        b: figures(&exact["b"]),
        drop_out,
    })
    .unwrap()
}

/// Makes a model of published parameters.
pub(crate) fn pareto(exact: &serde_json::Value) -> ParetoNbd {
    ParetoNbd::try_from(ParetoNbdParameters {
        r: figures(&exact["r"]),
        alpha: figures(&exact["alpha"]),
        s: figures(&exact["s"]),
        beta: figures(&exact["beta"]),
    })
    .unwrap()
}

/// The three models of buying, fitted to the CDNOW sample.
pub(crate) struct CdnowModels {
    pub(crate) bg: BetaGeometric,
    pub(crate) mbg: BetaGeometric,
    pub(crate) pareto: ParetoNbd,
}

/// Fits the three models.
pub(crate) fn cdnow_models(rows: &[Row]) -> CdnowModels {
    let customers: Vec<PurchaseSummary> = rows.iter().map(summary).collect();
    let base = PurchaseBase::of(&customers).unwrap();
    let effort = Effort::default();
    let beta_geometric = |drop_out| BetaGeometric::fit(&base, drop_out, effort).unwrap().model;
    CdnowModels {
        bg: beta_geometric(DropOut::AfterRepeats),
        mbg: beta_geometric(DropOut::AfterEvery),
        pareto: ParetoNbd::fit(&base, effort).unwrap().model,
    }
}
