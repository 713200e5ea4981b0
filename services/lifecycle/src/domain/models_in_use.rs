//! The models that scores come from at one moment, one of each kind.

use std::sync::Arc;

use super::life_tables::LifeTables;
use super::model::{Artifact, ModelKind};

/// The models in use, ready for look-ups.
#[derive(Clone, Debug, Default)]
pub struct ModelsInUse {
    /// How long others stayed, or were silent.
    pub life_tables: Option<Arc<LifeTables>>,
}

impl ModelsInUse {
    /// Puts a model in the place of its kind.
    pub fn put(&mut self, version: u64, artifact: Artifact) {
        match artifact {
            Artifact::LifeTable(tables) => {
                self.life_tables = Some(Arc::new(LifeTables::new(version, tables.into_tables())));
            }
        }
    }

    /// Takes over the model of one kind as another moment had it.
    pub fn keep(&mut self, kind: ModelKind, other: &Self) {
        match kind {
            ModelKind::LifeTable => self.life_tables.clone_from(&other.life_tables),
            ModelKind::Purchase | ModelKind::Retention | ModelKind::Propensity => {}
        }
    }

    /// Returns the version of the model of a kind; zero where there is none.
    pub fn version(&self, kind: ModelKind) -> u64 {
        match kind {
            ModelKind::LifeTable => self.life_tables.as_ref().map_or(0, |tables| tables.version),
            ModelKind::Purchase | ModelKind::Retention | ModelKind::Propensity => 0,
        }
    }
}
