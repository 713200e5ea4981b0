//! The latest rules and models that this process has heard of. A kept customer whose status was
//! computed with older ones is not believed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::computed_with::ComputedWith;

/// What was heard. Clones share it; it only grows.
#[derive(Clone, Debug, Default)]
pub struct Latest(Arc<Heard>);

#[derive(Debug, Default)]
struct Heard {
    rules_version: AtomicU64,
    model_activation: AtomicU64,
}

impl Latest {
    /// Hears of rules and models in use.
    pub fn heard(&self, of: ComputedWith) {
        let heard = &self.0;
        heard
            .rules_version
            .fetch_max(of.rules_version, Ordering::Relaxed);
        heard
            .model_activation
            .fetch_max(of.model_activation, Ordering::Relaxed);
    }

    /// Says whether newer ones are in use.
    pub fn outdates(&self, computed_with: ComputedWith) -> bool {
        computed_with.is_older_than(ComputedWith {
            rules_version: self.0.rules_version.load(Ordering::Relaxed),
            model_activation: self.0.model_activation.load(Ordering::Relaxed),
        })
    }
}
