//! The models that scores come from at one moment, one of each kind.

use std::sync::Arc;

use foreign_model::refusal::LoadRefusal;
use kernel::time::Timestamp;

use super::{Artifact, ModelKind};
use crate::domain::facts::CustomerFacts;
use crate::domain::foreign::in_use::ForeignInUse;
use crate::domain::propensity::models::{Answers, PropensityModels};
use crate::domain::purchase::model::PurchaseModels;
use crate::domain::tenure::life_tables::LifeTables;
use crate::domain::tenure::retention::RetentionCurves;

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
    /// What was asked beforehand about those who are scored now; nothing where nobody was.
    pub answers: Option<Arc<Answers>>,
}

impl ModelsInUse {
    /// Puts a model in the place of its kind, with the file of a foreign one.
    pub fn put(
        &mut self,
        version: u64,
        artifact: Artifact,
        file: Option<&[u8]>,
    ) -> Result<(), LoadRefusal> {
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
                self.propensity = Some(Arc::new(PropensityModels::of_ours(version, *set)));
            }
            Artifact::ForeignPropensity(mut set) => {
                let models = PropensityModels {
                    version,
                    ours: set.ours.take().unwrap_or_default(),
                    foreign: Some(ForeignInUse::load(*set, file.unwrap_or_default())?),
                };
                self.propensity = Some(Arc::new(models));
            }
        }
        Ok(())
    }

    /// The same models with the answers of a foreign one about these customers at hand.
    #[must_use]
    pub fn with_answers_for<'f>(
        &self,
        customers: impl Iterator<Item = &'f CustomerFacts>,
        as_of: Timestamp,
    ) -> Self {
        let models = self.propensity.as_ref();
        let answers = models.and_then(|models| models.ask_beforehand(customers, as_of));
        Self {
            answers: answers.map(Arc::new),
            ..self.clone()
        }
    }

    /// Tells whether a score may take so long that others should not wait for it.
    pub fn is_slow(&self) -> bool {
        let models = self.propensity.as_ref();
        models.is_some_and(|models| models.foreign.is_some())
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
