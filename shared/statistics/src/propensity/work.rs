//! How far a piece of work is, and whether to go on with it.

use std::ops::ControlFlow;
use std::sync::Mutex;

use super::options::OnProgress;
use super::refusal::PropensityRefusal;

/// Counts what is done of an amount that is only guessed: the share said grows with each step and
/// stays below one until the end.
pub(super) struct Work<'a> {
    say: OnProgress<'a>,
    done: Mutex<f64>,
    expected: f64,
}

impl<'a> Work<'a> {
    /// Work of an expected amount.
    pub(super) fn new(say: OnProgress<'a>, expected: f64) -> Self {
        Self {
            say,
            done: Mutex::new(0.0),
            expected,
        }
    }

    /// Says that so much more is done.
    pub(super) fn done(&self, amount: f64) -> Result<(), PropensityRefusal> {
        let share = {
            let mut done = match self.done.lock() {
                Ok(done) => done,
                Err(poisoned) => poisoned.into_inner(),
            };
            *done += amount;
            -libm::expm1(-2.0 * *done / self.expected)
        };
        match (self.say)(share) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(PropensityRefusal::Stopped),
        }
    }
}
