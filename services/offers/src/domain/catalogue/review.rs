//! What a catalogue is refused for, or warned of, when it is published. What was published before
//! stays readable: these checks are no part of compiling.

use super::draft::CatalogueDraft;
use super::{Catalogue, loyalty};
use crate::domain::problem::Problems;

impl CatalogueDraft {
    /// Reviews a catalogue that this draft was compiled to.
    pub fn review(&self, catalogue: &Catalogue, problems: &mut Problems) {
        loyalty::check(catalogue, problems);
    }
}
