//! Which columns a model is fitted on, and whether the outcomes are any basis for it.

use super::frame::{Column, Frame, MISSING, Values};
use super::levels::counts;
use super::model::{LeftOut, LeftOutReason};
use super::options::ProtectedInputs;
use super::protected::is_protected;
use super::refusal::PropensityRefusal;

/// Fewer rows are no basis.
pub const FEWEST_ROWS: usize = 30;
/// So many must have left, and so many stayed.
pub const FEWEST_OUTCOMES: usize = 10;
/// A column in which each level is there fewer than so many times on average names customers.
const ROWS_OF_A_LEVEL: usize = 2;

/// The columns of a frame that a model is fitted on, and the others.
pub(super) struct Prepared<'a> {
    pub(super) used: Vec<&'a Column>,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Prepared<'a> {
    /// Checks frame and labels, and sorts the columns.
    pub(super) fn check(
        frame: &'a Frame,
        labels: &[bool],
        protected: ProtectedInputs,
    ) -> Result<Self, PropensityRefusal> {
        check_labels(frame, labels)?;
        let mut prepared = Self {
            used: Vec::new(),
            left_out: Vec::new(),
        };
        for column in frame.columns() {
            let input = column.name.clone();
            match reason_against(column, protected) {
                Some(LeftOutReason::Protected) if protected == ProtectedInputs::Refuse => {
                    return Err(PropensityRefusal::Protected { input });
                }
                Some(reason) => prepared.left_out.push(LeftOut { input, reason }),
                None => prepared.used.push(column),
            }
        }
        if prepared.used.is_empty() {
            return Err(PropensityRefusal::NoInput);
        }
        Ok(prepared)
    }

    pub(super) fn values(&self) -> Vec<&'a Values> {
        self.used.iter().map(|column| &column.values).collect()
    }
}

fn check_labels(frame: &Frame, labels: &[bool]) -> Result<(), PropensityRefusal> {
    if labels.len() != frame.rows() {
        return Err(PropensityRefusal::OtherLength {
            field: "labels",
            have: labels.len(),
            need: frame.rows(),
        });
    }
    let left = labels.iter().filter(|left| **left).count();
    let stayed = labels.len() - left;
    let too_few = |outcome, have| PropensityRefusal::TooFewOutcomes {
        outcome,
        have,
        need: FEWEST_OUTCOMES,
    };
    if labels.is_empty() {
        Err(PropensityRefusal::Empty)
    } else if labels.len() < FEWEST_ROWS {
        Err(PropensityRefusal::TooFewRows {
            have: labels.len(),
            need: FEWEST_ROWS,
        })
    } else if left == 0 {
        Err(PropensityRefusal::NobodyLeft)
    } else if stayed == 0 {
        Err(PropensityRefusal::EverybodyLeft)
    } else if left < FEWEST_OUTCOMES {
        Err(too_few("customers who left", left))
    } else if stayed < FEWEST_OUTCOMES {
        Err(too_few("customers who stayed", stayed))
    } else {
        Ok(())
    }
}

fn reason_against(column: &Column, protected: ProtectedInputs) -> Option<LeftOutReason> {
    if protected != ProtectedInputs::Audit && is_protected(&column.name) {
        Some(LeftOutReason::Protected)
    } else if is_constant(&column.values) {
        Some(LeftOutReason::Constant)
    } else if names_customers(&column.values) {
        Some(LeftOutReason::Identifier)
    } else {
        None
    }
}

/// Whether all values are equal, "not known" being one.
fn is_constant(values: &Values) -> bool {
    match values {
        Values::Numbers(numbers) => {
            let differs = |pair: &[f64]| {
                pair[0] < pair[1] || pair[0] > pair[1] || pair[0].is_nan() != pair[1].is_nan()
            };
            !numbers.windows(2).any(differs)
        }
        Values::Categories { codes, .. } => codes.windows(2).all(|pair| pair[0] == pair[1]),
    }
}

/// Whether a category has about as many levels as there are customers whose level is known.
fn names_customers(values: &Values) -> bool {
    let Values::Categories { levels, codes } = values else {
        return false;
    };
    let rows: Vec<u32> = (0..).take(codes.len()).collect();
    let known = codes.iter().filter(|code| **code != MISSING).count();
    let once = counts(codes, &rows, levels.len());
    let once = once.iter().filter(|count| **count == 1).count();
    levels.len() * ROWS_OF_A_LEVEL > known && 2 * once > levels.len()
}
