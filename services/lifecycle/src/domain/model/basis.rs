//! What a fit rests on: how much of what there is, and how fresh.

use super::Candidate;
use crate::domain::model::report::{Figure, real};

/// What a fit found when it began to read, and could not read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Basis {
    /// Every change made before the fit had been taken over.
    pub is_caught_up: bool,
    /// How many hours ago changes were last taken over, where not every one was and it is known.
    pub age_hours: Option<f64>,
    /// Customers whose facts could not be read or used.
    pub left_out: u64,
}

impl Basis {
    /// Says so among the figures of a candidate's evaluation, if it has one.
    pub fn tell(&self, candidate: &mut Candidate) {
        let Some(evaluation) = &mut candidate.evaluation else {
            return;
        };
        let caught_up = f64::from(u8::from(self.is_caught_up));
        let age = self.age_hours.filter(|_| !self.is_caught_up);
        evaluation.figures.extend([
            Figure::new("customers_left_out", real(self.left_out)),
            Figure::new("facts_caught_up", caught_up),
        ]);
        let age = age.map(|hours| Figure::new("facts_age_hours", hours));
        evaluation.figures.extend(age);
    }
}
