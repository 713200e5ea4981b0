//! How a fit is asked for, and how it says how far it is.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;

/// How a model is fitted.
#[derive(Clone, Copy, Debug)]
pub struct FitOptions {
    /// Decides which customers are held back together and which inputs a tree sees. The same seed on
    /// the same data gives the same model, whatever the number of threads.
    pub seed: u64,
    /// The threads to use.
    pub threads: NonZeroUsize,
    /// What becomes of protected attributes.
    pub protected: ProtectedInputs,
}

/// What becomes of columns that say what a person may not be judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProtectedInputs {
    /// The fit is refused, naming the first.
    #[default]
    Refuse,
    /// They are left out, and listed as left out.
    LeaveOut,
    /// They are used like any other. For an audit of what leaving them out costs; such a model is
    /// never put to use.
    Audit,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            threads: NonZeroUsize::MIN,
            protected: ProtectedInputs::Refuse,
        }
    }
}

/// Is told how far the work is, as a share between zero and one, from whichever thread does it; its
/// answer says whether to go on.
pub type OnProgress<'a> = &'a (dyn Fn(f64) -> ControlFlow<()> + Sync);
