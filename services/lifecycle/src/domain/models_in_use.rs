//! The models that scores come from at one moment, one of each kind.

use std::sync::Arc;

use super::life_tables::LifeTables;
use super::model::{Artifact, ModelKind};
use super::propensity::PropensityModels;
use super::purchase_model::PurchaseModels;
use super::retention::RetentionCurves;

/// The models in use, ready for look-ups.
#[derive(Clone, Debug, Default)]
pub struct ModelsInUse {
    /// The latest activation of any model: with it, which versions these are.
    pub activation: u64,
    /// How long others stayed, or were silent.
    pub life_tables: Option<Arc<LifeTables>>,
    /// When and for how much non-contractual customers buy.
    pub purchase: Option<Arc<PurchaseModels>>,
    /// How long contractual customers stay.
    pub retention: Option<Arc<RetentionCurves>>,
    /// Which contractual customers leave.
    pub propensity: Option<Arc<PropensityModels>>,
}

impl ModelsInUse {
    /// Puts a model in the place of its kind.
    pub fn put(&mut self, version: u64, artifact: Artifact) {
        match artifact {
            Artifact::LifeTable(tables) => {
                self.life_tables = Some(Arc::new(LifeTables::new(version, tables.into_tables())));
            }
            Artifact::Purchase(set) => {
                self.purchase = Some(Arc::new(PurchaseModels { version, set: *set }));
            }
            Artifact::Retention(curves) => {
                self.retention = Some(Arc::new(RetentionCurves::new(version, curves)));
            }
            Artifact::Propensity(set) => {
                self.propensity = Some(Arc::new(PropensityModels { version, set: *set }));
            }
        }
    }

    /// Takes over the model of one kind as another moment had it.
    pub fn keep(&mut self, kind: ModelKind, other: &Self) {
        match kind {
            ModelKind::LifeTable => self.life_tables.clone_from(&other.life_tables),
            ModelKind::Retention => self.retention.clone_from(&other.retention),
            ModelKind::Purchase => self.purchase.clone_from(&other.purchase),
            ModelKind::Propensity => self.propensity.clone_from(&other.propensity),
        }
    }

    /// Returns the version of the model of a kind; zero where there is none.
    pub fn version(&self, kind: ModelKind) -> u64 {
        let version = match kind {
            ModelKind::LifeTable => self.life_tables.as_ref().map(|tables| tables.version),
            ModelKind::Retention => self.retention.as_ref().map(|curves| curves.version),
            ModelKind::Purchase => self.purchase.as_ref().map(|models| models.version),
            ModelKind::Propensity => self.propensity.as_ref().map(|models| models.version),
        };
        version.unwrap_or(0)
    }
}
