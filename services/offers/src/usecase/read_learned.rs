//! Reading what was learnt.

use kernel::refusal::Refusal;
use kernel::time::{Deadline, Span, Timestamp};
use tokio::task::spawn_blocking;

use super::active::{Active, Versions};
use crate::domain::learned_drift::{Drift, LOOK_BACK_DAYS, are_comparable, drifts};
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
    /// What lately did otherwise than was believed; absent where there is no version to compare with.
    pub lately: Option<Lately>,
}

/// What lately did otherwise than was believed.
#[derive(Clone, Debug)]
pub struct Lately {
    /// Since when: the version whose beliefs these were was made then.
    pub since: Timestamp,
    /// The offers and stages; often none.
    pub drifts: Vec<Drift>,
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
        let earlier = self.earlier(&versions, &learned, deadline).await?;
        let told = spawn_blocking(move || told(&versions, learned, earlier.as_ref()));
        told.await.map(Some).map_err(Refusal::internal)
    }

    /// The version whose beliefs what was seen since is held against. Where the catalogue counted
    /// otherwise then the two cannot be compared.
    async fn earlier(
        &self,
        versions: &Versions,
        learned: &LearnedVersion,
        deadline: Deadline,
    ) -> Result<Option<LearnedVersion>, Refusal> {
        let hours = Span::new().hours(24 * LOOK_BACK_DAYS);
        let Ok(by) = learned.made_at.checked_sub(hours) else {
            return Ok(None);
        };
        let earlier = self.store.learned_by(by, deadline).await?;
        let (Some(earlier), Some(now)) = (earlier, &versions.catalogue.learning) else {
            return Ok(None);
        };
        for version in [earlier.catalogue_version, learned.catalogue_version] {
            let catalogue = self.active.read_catalogue(version, deadline).await?;
            let then = catalogue.as_ref().and_then(|it| it.learning.as_ref());
            if !then.is_some_and(|then| are_comparable(then, now)) {
                return Ok(None);
            }
        }
        Ok(Some(earlier))
    }
}

fn told(
    versions: &Versions,
    learned: LearnedVersion,
    earlier: Option<&LearnedVersion>,
) -> ToldLearned {
    let catalogue = &versions.catalogue;
    ToldLearned {
        rows: table(catalogue, &learned),
        lately: earlier.map(|earlier| Lately {
            since: earlier.made_at,
            drifts: drifts(catalogue, earlier, &learned),
        }),
        learned,
    }
}

fn not_found(version: u64) -> Refusal {
    Refusal::not_found(
        "LEARNED_NOT_FOUND",
        "nothing was learnt under this version: leave it out for the newest",
    )
    .with("version", version)
}
