//! Reading what was learnt.

use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tokio::task::spawn_blocking;

use super::active::Active;
use crate::domain::learned_table::{Row, table};
use crate::domain::posterior::LearnedVersion;
use crate::store::Store;

/// The use case.
#[derive(Clone)]
pub struct ReadLearned {
    /// The tables.
    pub store: Store,
    /// The versions in force.
    pub active: Active,
}

/// A version with what is believed after it.
#[derive(Clone, Debug)]
pub struct ToldLearned {
    /// The version.
    pub learned: LearnedVersion,
    /// By category and arm, as the catalogue in force believes.
    pub rows: Vec<Row>,
}

impl ReadLearned {
    /// Reads a version, or the newest; absent while nothing was learnt.
    pub async fn handle(
        &self,
        version: Option<u64>,
        deadline: Deadline,
    ) -> Result<Option<ToldLearned>, Refusal> {
        let named = version.is_some();
        let version = match version {
            Some(version) => version,
            None => self.store.learned_in_use().await?,
        };
        let Some(learned) = self.store.learned(version, deadline).await? else {
            return if named {
                Err(not_found(version))
            } else {
                Ok(None)
            };
        };
        let versions = self.active.current();
        let told = spawn_blocking(move || ToldLearned {
            rows: table(&versions.catalogue, &learned),
            learned,
        });
        told.await.map(Some).map_err(Refusal::internal)
    }
}

fn not_found(version: u64) -> Refusal {
    Refusal::not_found(
        "LEARNED_NOT_FOUND",
        "nothing was learnt under this version: leave it out for the newest",
    )
    .with("version", version)
}
