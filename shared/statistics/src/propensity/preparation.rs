//! Which columns a model is fitted on, and whether the outcomes are any basis for it.

use super::frame::{Column, Frame, MISSING, Values};
use super::levels::counts;
use super::model::{LeftOut, LeftOutReason};
use super::options::ProtectedInputs;
use super::protected::{is_protected, words};
use super::refusal::PropensityRefusal;
use crate::numeric::counting::real;

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
    } else if names_customers(&column.name, &column.values) {
        Some(LeftOutReason::Identifier)
    } else {
        None
    }
}

/// Whether all values are equal, "not known" being one.
fn is_constant(values: &Values) -> bool {
    match values {
        Values::Numbers(numbers) => {
            let alike = |pair: &[f64]| match pair[0].partial_cmp(&pair[1]) {
                Some(order) => order.is_eq(),
                None => pair[0].is_nan() && pair[1].is_nan(),
            };
            numbers.windows(2).all(alike)
        }
        Values::Categories { codes, .. } => codes.windows(2).all(|pair| pair[0] == pair[1]),
    }
}

/// Whether a column holds names of customers: a category of about as many levels as there are
/// customers, the numbers of the rows, or whole numbers that differ and are called an id.
fn names_customers(name: &str, values: &Values) -> bool {
    match values {
        Values::Numbers(numbers) => counts_rows(name, numbers),
        Values::Categories { levels, codes } => {
            let rows: Vec<u32> = (0..).take(codes.len()).collect();
            let known = codes.iter().filter(|code| **code != MISSING).count();
            let counts = counts(codes, &rows, levels.len());
            let once = counts.iter().filter(|count| **count == 1).count();
            levels.len() * ROWS_OF_A_LEVEL > known && 2 * once > levels.len()
        }
    }
}

fn counts_rows(name: &str, numbers: &[f64]) -> bool {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    // Also false where one is not known, as that is no number.
    let whole = sorted
        .iter()
        .all(|number| number.fract().abs() < f64::MIN_POSITIVE);
    let differ = sorted.windows(2).all(|pair| pair[1] - pair[0] >= 1.0);
    let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
        return false;
    };
    let without_gaps = last - first < real(sorted.len());
    whole && differ && (without_gaps || is_called_id(name))
}

/// Whether the last word of a name says that it names something.
fn is_called_id(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    let whole = words.concat();
    [
        "id",
        "key",
        "identifier",
        "uuid",
        "index",
        "number",
        "no",
        "nr",
    ]
    .contains(&last)
        || [
            "customerid",
            "userid",
            "clientid",
            "accountid",
            "rownumber",
            "clientnum",
        ]
        .contains(&whole.as_str())
}
