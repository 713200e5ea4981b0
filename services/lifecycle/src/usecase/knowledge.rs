//! The rules in force and the models in use, in memory, so that a status needs no SQL.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use kernel::refusal::Refusal;
use storage::StoreError;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use crate::domain::care::plan::CarePlan;
use crate::domain::foreign::in_use::ForeignInUse;
use crate::domain::model::in_use::ModelsInUse;
use crate::domain::model::{Artifact, ModelKind};
use crate::domain::rules::RuleSet;
use crate::domain::status;
use crate::store::{Store, VersionsInUse};

/// How many versions that were in use before are tried where the present one cannot be read back.
const FALL_BACKS: u32 = 5;

/// What statuses are computed with, as of one moment.
#[derive(Debug)]
pub struct Loaded {
    /// The rules in force.
    pub rules: RuleSet,
    /// The models in use.
    pub models: ModelsInUse,
    /// The care plan in force.
    pub care_plan: CarePlan,
    /// Versions that should be in use, and cannot be read back.
    pub corrupt: Vec<u64>,
    versions: VersionsInUse,
}

impl Loaded {
    /// Lends it to the computation.
    pub fn lend(&self) -> status::Knowledge<'_> {
        status::Knowledge {
            rules: &self.rules,
            models: &self.models,
        }
    }

    /// The versions it was computed with, as far as they are told apart by numbers.
    pub(super) const fn versions(&self) -> VersionsInUse {
        self.versions
    }
}

/// Keeps what is in use in memory.
#[derive(Debug)]
pub struct Knowledge {
    store: Store,
    current: ArcSwapOption<Loaded>,
    // One refresh after the other, so that an older one never overwrites a newer.
    refreshing: Mutex<()>,
}

impl Knowledge {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            current: ArcSwapOption::empty(),
            refreshing: Mutex::new(()),
        }
    }

    /// Returns what is in use. Until it was read once nothing is supposed: the built-in rules might
    /// not be in force.
    pub fn current(&self) -> Result<Arc<Loaded>, Refusal> {
        self.current.load_full().ok_or_else(|| {
            Refusal::unavailable(
                "STORAGE_UNAVAILABLE",
                "the rules in force have not been read yet: try again",
                Duration::from_secs(1),
            )
        })
    }

    /// Reads again what has changed.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        self.tell_unanswered();
        let versions = self.store.versions_in_use().await?;
        let known = self.current.load_full();
        if known
            .as_ref()
            .is_some_and(|known| known.versions == versions)
        {
            return Ok(());
        }
        let rules = self.store.rules_in_force().await?;
        let care_plan = self.store.care_plan_in_force().await?;
        let mut loaded = Loaded {
            rules,
            care_plan,
            models: ModelsInUse {
                activation: versions.activation,
                ..ModelsInUse::default()
            },
            corrupt: Vec::new(),
            versions,
        };
        for kind in ModelKind::ALL {
            self.load(kind, known.as_deref(), &mut loaded).await?;
        }
        self.current.store(Some(Arc::new(loaded)));
        Ok(())
    }

    /// Tells of how many customers a foreign model had no answer since the last time.
    fn tell_unanswered(&self) {
        let known = self.current.load_full();
        let models = known.and_then(|known| known.models.propensity.clone());
        let Some(models) = models else { return };
        let foreign = models.foreign.as_ref();
        let customers = foreign.map_or(0, ForeignInUse::take_unanswered);
        if customers > 0 {
            let version = models.version;
            tracing::warn!(
                version,
                customers,
                "the imported model had no answer for {customers} customers, who were scored without it"
            );
        }
    }

    /// Loads the model of a kind. One that cannot be read back is refused: what is in memory stays,
    /// and a process that has nothing in memory goes back to what was in use before.
    async fn load(
        &self,
        kind: ModelKind,
        known: Option<&Loaded>,
        loaded: &mut Loaded,
    ) -> Result<(), StoreError> {
        let versions = self.store.versions_once_in_use(kind, FALL_BACKS).await?;
        for version in versions {
            let in_memory = known.filter(|known| known.models.version(kind) == version);
            if let Some(known) = in_memory {
                loaded.models.keep(kind, &known.models);
                return Ok(());
            }
            let found = self.store.load_model(version).await?;
            let models = match found.and_then(|found| found.artifact) {
                Some(artifact) => ready(&self.store, version, artifact).await?,
                None => None,
            };
            if let Some(models) = models {
                loaded.models.keep(kind, &models);
                return Ok(());
            }
            let kind = kind.key();
            tracing::error!(
                kind,
                version,
                "the stored model cannot be read back and is not used"
            );
            loaded.corrupt.push(version);
        }
        Ok(())
    }
}

/// Readies a model for look-ups, aside from the calls being served: a foreign one is compiled. Nothing
/// where it cannot be.
pub(super) async fn ready(
    store: &Store,
    version: u64,
    artifact: Artifact,
) -> Result<Option<ModelsInUse>, StoreError> {
    let file = if artifact.needs_file() {
        store.load_file(version).await?
    } else {
        None
    };
    let ready = spawn_blocking(move || {
        let mut models = ModelsInUse::default();
        models
            .put(version, artifact, file.as_deref())
            .map(|()| models)
    });
    Ok(ready.await.ok().and_then(Result::ok))
}
