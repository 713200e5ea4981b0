//! Putting a version in use, and the gate before it: a version that does worse than the one in use
//! is not.

use kernel::time::Timestamp;

use super::ModelSummary;
use super::comparison::Comparison;

/// Puts a version in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Activation {
    /// Its number among all activations, which stages and scores name; zero before it is stored.
    pub number: u64,
    /// The version.
    pub version: u64,
    /// When.
    pub activate_time: Timestamp,
    /// Who, as an id; empty when it was not said.
    pub activated_by: String,
    /// Even though it evaluates worse than the one in use.
    pub forced: bool,
    /// Why it was forced.
    pub reason: String,
}

/// A model evaluates worse than the one in use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "version {version} has a {measure} of {value:.6}, version {active_version}, which is in use, {active_value:.6}"
)]
pub struct NotBetter {
    /// The version that is not put in use.
    pub version: u64,
    /// The one in use.
    pub active_version: u64,
    /// What was compared.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// The value of the one in use.
    pub active_value: f64,
}

/// Refuses a model that evaluates worse than the one in use: on the same customers, where the two
/// were compared, and else by the figures that each was given at its own fit.
pub fn compare(candidate: &ModelSummary, active: Option<&ModelSummary>) -> Result<(), NotBetter> {
    let Some(active) = active.filter(|active| active.version != candidate.version) else {
        return Ok(());
    };
    if let Some(compared) = compared(candidate, active) {
        if !compared.is_worse() {
            return Ok(());
        }
        return Err(NotBetter {
            version: candidate.version,
            active_version: active.version,
            measure: compared.measure,
            value: compared.value,
            active_value: compared.other_value,
        });
    }
    match (&candidate.evaluation, &active.evaluation) {
        (Some(new), Some(old)) if new.is_worse_than(old) => Err(NotBetter {
            version: candidate.version,
            active_version: active.version,
            measure: new.measure.clone(),
            value: new.value,
            active_value: old.value,
        }),
        _ => Ok(()),
    }
}

/// Finds how two versions did on the same customers, at the fit of either, as seen from the candidate.
fn compared(candidate: &ModelSummary, active: &ModelSummary) -> Option<Comparison> {
    let of = |model: &ModelSummary, other: u64| {
        let comparison = model.evaluation.as_ref()?.comparison.clone();
        comparison.filter(|comparison| comparison.version == other)
    };
    let turned = || Some(of(active, candidate.version)?.turned(active.version));
    of(candidate, active.version).or_else(turned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::ModelKind;
    use crate::domain::model::report::Evaluation;

    fn summary(version: u64, value: f64, comparison: Option<Comparison>) -> ModelSummary {
        ModelSummary {
            version,
            kind: ModelKind::Retention,
            fit_time: Timestamp::UNIX_EPOCH,
            sample_size: 900,
            event_count: 300,
            active: false,
            evaluation: Some(Evaluation {
                measure: "log_loss".to_owned(),
                value,
                higher_is_better: false,
                figures: Vec::new(),
                comparison,
            }),
            corrupt: false,
            foreign: None,
        }
    }

    #[test]
    fn versions_are_compared_on_the_same_customers_where_they_were() {
        let beside = |version, value, other_value| Comparison {
            version,
            measure: "held_out_log_loss".to_owned(),
            rows: 400,
            value,
            other_value,
            standard_error: 0.01,
        };
        let old = summary(1, 0.4, None);
        // Its own figure is of a harder time.
        let as_good = summary(2, 0.6, Some(beside(1, 0.59, 0.6)));
        assert_eq!(compare(&as_good, Some(&old)), Ok(()));
        let worse = summary(2, 0.3, Some(beside(1, 0.62, 0.6)));
        let refusal = compare(&worse, Some(&old)).unwrap_err();
        assert_eq!(
            (refusal.measure.as_str(), refusal.active_version),
            ("held_out_log_loss", 1)
        );
        // Going back to the old one is judged by what was found at the fit of the new one.
        assert!(compare(&old, Some(&summary(2, 0.6, Some(beside(1, 0.5, 0.6))))).is_err());
        assert_eq!(compare(&old, Some(&worse)), Ok(()));
        // Beside a third one nothing was found: each by its own figure.
        let third = summary(3, 0.5, Some(beside(2, 0.1, 0.2)));
        assert!(compare(&third, Some(&old)).is_err());
    }
}
