//! The rules in force and the model in use, in memory, so that a status needs no SQL.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use kernel::refusal::Refusal;
use storage::StoreError;
use tokio::sync::Mutex;

use crate::domain::life_tables::LifeTables;
use crate::domain::rules::RuleSet;
use crate::domain::status;
use crate::store::{Store, VersionsInUse};

/// What statuses are computed with, as of one moment.
#[derive(Debug)]
pub struct Loaded {
    /// The rules in force.
    pub rules: RuleSet,
    /// The model in use.
    pub tables: Option<LifeTables>,
}

impl Loaded {
    /// Lends it to the computation.
    pub fn lend(&self) -> status::Knowledge<'_> {
        status::Knowledge {
            rules: &self.rules,
            tables: self.tables.as_ref(),
        }
    }

    fn versions(&self) -> VersionsInUse {
        VersionsInUse {
            rules: self.rules.version,
            model: self.tables.as_ref().map_or(0, |tables| tables.version),
        }
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
        let in_use = self.store.versions_in_use().await?;
        let known = self.current.load_full();
        if known
            .as_ref()
            .is_some_and(|known| known.versions() == in_use)
        {
            return Ok(());
        }
        let rules = self.store.rules_in_force().await?;
        let tables = self.store.tables_in_use().await?;
        self.current.store(Some(Arc::new(Loaded { rules, tables })));
        Ok(())
    }
}
