//! Fits a propensity model.

use std::num::NonZeroUsize;

use super::drift::Profile;
use super::frame::Frame;
use super::model::PropensityModel;
use super::options::{FitOptions, OnProgress};
use super::preparation::Prepared;
use super::refusal::PropensityRefusal;
use super::schema::Schema;
use super::training::Trained;
use super::work::Work;

/// What a fit is likely to do, in trees added on one fold; only progress hangs on it.
pub(super) const EXPECTED_WORK: f64 = 5_000.0;

/// Fits every family of models to labelled customers and returns the one of least log-loss on
/// customers held back, calibrated. `labels` says who left.
///
/// Columns that are constant or name customers are left out and listed; see
/// [`PropensityModel::left_out`]. A protected attribute refuses the fit unless the options say
/// otherwise.
pub fn fit(
    frame: &Frame,
    labels: &[bool],
    options: &FitOptions,
    on_progress: OnProgress<'_>,
) -> Result<PropensityModel, PropensityRefusal> {
    let prepared = Prepared::check(frame, labels, options.protected)?;
    let columns = prepared.values();
    let work = Work::new(on_progress, EXPECTED_WORK);
    let in_parallel = options.threads > NonZeroUsize::MIN;
    let trained = Trained::fit(&columns, labels, options.seed, in_parallel, &work)?;
    let schema = Schema::of(&prepared.used);
    let profiles = columns
        .iter()
        .map(|values| Profile::learn(values, labels.len()))
        .collect();
    Ok(PropensityModel::of(
        schema,
        prepared.left_out,
        trained,
        profiles,
    ))
}
