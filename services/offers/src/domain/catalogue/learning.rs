//! How a catalogue finds out what works.

use crate::domain::holdout::PlannedHoldout;

/// How it is found out which offers keep customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learning {
    /// Who is offered nothing, to compare with.
    pub holdout: PlannedHoldout,
}
