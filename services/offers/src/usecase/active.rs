//! The catalogue and the policy in force, in memory, and those of the past for replays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use storage::StoreError;

use super::compile::{compile_catalogue, compile_policy, work_out};
use super::watched::Watched;
use crate::domain::catalogue::Catalogue;
use crate::domain::history::DeskHistory;
use crate::domain::holdout::Holdout;
use crate::domain::named::Named;
use crate::domain::policy::PolicySet;
use crate::domain::posterior::Posterior;
use crate::domain::problem::Problem;
use crate::domain::suppression::Suppression;
use crate::domain::version::Published;
use crate::store::Store;

/// How many versions of the past are kept in memory, of each kind.
const PAST_VERSIONS: usize = 16;

/// How long reading a version takes at most when no call waits for it.
pub(super) const REFRESH_TIME: Duration = Duration::from_secs(10);

/// What a decision is made with.
#[derive(Debug)]
pub struct Versions {
    /// The catalogue.
    pub catalogue: Arc<Catalogue>,
    /// The policy.
    pub policy: Arc<PolicySet>,
    /// What was learnt, for this catalogue; absent while nothing was.
    pub learned: Option<Arc<Posterior>>,
}

/// The versions in force. Cheap to clone.
#[derive(Clone)]
pub struct Active {
    store: Store,
    current: Arc<ArcSwap<Versions>>,
    catalogues: Arc<Past<Catalogue>>,
    policies: Arc<Past<PolicySet>>,
    /// What is kept from everybody.
    suppressions: Arc<Watched<Vec<Suppression>>>,
}

/// Versions that were read before.
struct Past<T>(Mutex<BTreeMap<u64, Known<T>>>);

/// A version that was read before.
enum Known<T> {
    /// It is sound.
    Sound(Arc<T>),
    /// It does not pass the checks of this program and is not tried again.
    Unreadable,
}

impl Active {
    /// Reads the versions in force. Before anything is published nobody is offered anything.
    pub async fn load(store: Store) -> Result<Self, StoreError> {
        let active = Self {
            store,
            current: Arc::new(ArcSwap::from_pointee(Versions {
                catalogue: Arc::new(Catalogue::empty()),
                policy: Arc::new(PolicySet::empty()),
                learned: None,
            })),
            catalogues: Arc::new(Past::default()),
            policies: Arc::new(Past::default()),
            suppressions: Arc::default(),
        };
        active.refresh().await?;
        Ok(active)
    }

    /// Returns the versions in force.
    pub fn current(&self) -> Arc<Versions> {
        self.current.load_full()
    }

    /// A history with what is kept from everybody by now.
    pub fn known_to(&self, history: &DeskHistory, now: Timestamp) -> DeskHistory {
        let mut history = history.clone();
        let everybody = self.suppressions.seen();
        let in_force = everybody.iter().filter(|told| told.holds(now));
        history.suppressions.extend(in_force.cloned());
        history
    }

    /// Looks at what is kept from everybody by now.
    pub async fn refresh_suppressions(&self) -> Result<(), StoreError> {
        let look = self.store.suppressed_for_everybody();
        self.suppressions.look(look).await
    }

    /// Looks for newer versions and takes them into force.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.refresh_suppressions().await?;
        let (catalogue, policy) = self.store.versions_in_force().await?;
        let current = self.current();
        let deadline = Deadline::within(REFRESH_TIME);
        for version in newest_first(current.catalogue.version, catalogue) {
            if let Some(newer) = self.read_catalogue(version, deadline).await? {
                self.take_catalogue(&newer);
                break;
            }
        }
        for version in newest_first(current.policy.version, policy) {
            if let Some(newer) = self.read_policy(version, deadline).await? {
                self.take_policy(&newer);
                break;
            }
        }
        // Whatever is wrong with what was learnt, offers can be made without.
        if let Err(error) = self.refresh_learned(deadline).await {
            tracing::warn!(%error, "what was learnt could not be looked at; what is in use stays so");
        }
        Ok(())
    }

    /// Looks for a newer version of what was learnt, and for what the one in use comes to with a newer
    /// catalogue.
    async fn refresh_learned(&self, deadline: Deadline) -> Result<(), StoreError> {
        let current = self.current();
        if current.catalogue.learning.is_none() {
            return Ok(());
        }
        let in_use = current
            .learned
            .as_ref()
            .map_or(0, |learned| learned.version);
        let newest = self.store.learned_in_use().await?;
        if newest <= in_use {
            return Ok(());
        }
        let found = self
            .read_learned(newest, &current.catalogue, deadline)
            .await?;
        if let Some(newer) = found.map(Arc::new) {
            self.take_learned(&newer);
        }
        Ok(())
    }

    fn take_learned(&self, newer: &Arc<Posterior>) {
        self.current.rcu(|versions| {
            let known = versions
                .learned
                .as_ref()
                .map_or(0, |learned| learned.version);
            let fits = versions.catalogue.version == newer.catalogue_version;
            if known >= newer.version || !fits {
                return Arc::clone(versions);
            }
            Arc::new(Versions {
                catalogue: Arc::clone(&versions.catalogue),
                policy: Arc::clone(&versions.policy),
                learned: Some(Arc::clone(newer)),
            })
        });
    }

    /// Returns what a version came to with a catalogue, for decisions of the past.
    pub(super) async fn learned(
        &self,
        version: u64,
        catalogue: &Arc<Catalogue>,
        deadline: Deadline,
    ) -> Result<Arc<Posterior>, Refusal> {
        let current = self.current();
        let in_use = current.learned.as_ref().filter(|learned| {
            learned.version == version && learned.catalogue_version == catalogue.version
        });
        if let Some(learned) = in_use {
            return Ok(Arc::clone(learned));
        }
        let found = self.read_learned(version, catalogue, deadline).await?;
        let found = found.ok_or_else(|| StoreError::inconsistent("learned", "version", version))?;
        Ok(Arc::new(found))
    }

    /// Reads a version and works out what follows from it, off the threads that answer calls.
    async fn read_learned(
        &self,
        version: u64,
        catalogue: &Arc<Catalogue>,
        deadline: Deadline,
    ) -> Result<Option<Posterior>, StoreError> {
        let Some(learned) = self.store.learned(version, deadline).await? else {
            return Ok(None);
        };
        let is_in_force = self.current().catalogue.version == catalogue.version;
        work_out(learned, Arc::clone(catalogue), is_in_force).await
    }

    /// A published catalogue with the share of customers that was settled when the key of its holdout
    /// was first published, so that all processes hold out the same ones.
    pub(super) async fn settled(
        &self,
        compiled: Catalogue,
        deadline: Deadline,
    ) -> Result<Catalogue, StoreError> {
        let Some(learning) = &compiled.learning else {
            return Ok(compiled);
        };
        let key = learning.holdout.key.clone();
        let share = self.store.holdout_share(&key, deadline).await?;
        let share =
            share.ok_or_else(|| StoreError::inconsistent("holdout", "holdout_key", &key))?;
        Ok(compiled.with_holdout(Holdout { key, share }))
    }

    /// Takes a catalogue that was just published into force, under its version.
    pub(super) fn adopt_catalogue(&self, compiled: Catalogue, version: u64) -> Arc<Catalogue> {
        let catalogue = Arc::new(compiled.with_version(version));
        self.take_catalogue(&catalogue);
        catalogue
    }

    /// Takes a policy that was just published into force.
    pub(super) fn adopt_policy(&self, compiled: PolicySet, version: u64) {
        self.take_policy(&Arc::new(compiled.with_version(version)));
    }

    /// Versions only go up, however late one is read.
    fn take_catalogue(&self, newer: &Arc<Catalogue>) {
        self.current.rcu(|versions| {
            if versions.catalogue.version >= newer.version {
                return Arc::clone(versions);
            }
            Arc::new(Versions {
                catalogue: Arc::clone(newer),
                policy: Arc::clone(&versions.policy),
                // It follows at the next look.
                learned: None,
            })
        });
    }

    fn take_policy(&self, newer: &Arc<PolicySet>) {
        self.current.rcu(|versions| {
            if versions.policy.version >= newer.version {
                return Arc::clone(versions);
            }
            Arc::new(Versions {
                catalogue: Arc::clone(&versions.catalogue),
                policy: Arc::clone(newer),
                learned: versions.learned.clone(),
            })
        });
    }

    /// Reads a version of the catalogue, of the past too.
    pub async fn catalogue(
        &self,
        version: u64,
        deadline: Deadline,
    ) -> Result<Arc<Catalogue>, Refusal> {
        let current = self.current();
        if version == current.catalogue.version {
            return Ok(Arc::clone(&current.catalogue));
        }
        self.read_catalogue(version, deadline)
            .await?
            .ok_or_else(|| catalogue_not_found(version))
    }

    /// Reads a version of the policy, of the past too.
    pub async fn policy(
        &self,
        version: u64,
        deadline: Deadline,
    ) -> Result<Arc<PolicySet>, Refusal> {
        let current = self.current();
        if version == current.policy.version {
            return Ok(Arc::clone(&current.policy));
        }
        let found = self.read_policy(version, deadline).await?;
        found.ok_or_else(|| StoreError::inconsistent("publication", "version", version).into())
    }

    pub(super) async fn read_catalogue(
        &self,
        version: u64,
        deadline: Deadline,
    ) -> Result<Option<Arc<Catalogue>>, StoreError> {
        if let Some(known) = self.catalogues.get(version) {
            return Ok(known.sound());
        }
        let kind = Published::Catalogue;
        let Some(stored) = self.store.publication(kind, version, deadline).await? else {
            return Ok(None);
        };
        let catalogue = match compile_catalogue(&stored.files).await? {
            Ok(compiled) => {
                let settled = self.settled(compiled, deadline).await?;
                Ok(settled.with_version(version))
            }
            Err(problems) => Err(problems),
        };
        Ok(self.catalogues.keep(kind, version, catalogue))
    }

    pub(super) async fn read_policy(
        &self,
        version: u64,
        deadline: Deadline,
    ) -> Result<Option<Arc<PolicySet>>, StoreError> {
        if let Some(known) = self.policies.get(version) {
            return Ok(known.sound());
        }
        let kind = Published::Policy;
        let Some(stored) = self.store.publication(kind, version, deadline).await? else {
            return Ok(None);
        };
        let compiled = compile_policy(&stored.files).await?;
        let policy = compiled.map(|policy| policy.with_version(version));
        Ok(self.policies.keep(kind, version, policy))
    }
}

impl<T> Default for Past<T> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<T> Past<T> {
    fn get(&self, version: u64) -> Option<Known<T>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&version).cloned()
    }

    /// Keeps a version that was read. One that was published by an older program and does not pass
    /// the checks of this one is logged once and left alone: what was in force stays so.
    fn keep(&self, kind: Published, version: u64, read: Result<T, Vec<Problem>>) -> Option<Arc<T>> {
        let read = match read {
            Ok(read) => Known::Sound(Arc::new(read)),
            Err(problems) => {
                log_unreadable(kind, version, &problems);
                Known::Unreadable
            }
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(version, read.clone());
        // The oldest goes first: what is replayed is mostly of late.
        while known.len() > PAST_VERSIONS {
            known.pop_first();
        }
        read.sound()
    }
}

impl<T> Known<T> {
    fn sound(self) -> Option<Arc<T>> {
        match self {
            Self::Sound(version) => Some(version),
            Self::Unreadable => None,
        }
    }
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Sound(version) => Self::Sound(Arc::clone(version)),
            Self::Unreadable => Self::Unreadable,
        }
    }
}

fn log_unreadable(kind: Published, version: u64, problems: &[Problem]) {
    let first = problems
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    let (kind, count) = (kind.name(), problems.len());
    tracing::error!(
        publication.kind = kind,
        publication.version = version,
        problem.count = count,
        problem.first = first,
        "{kind} {version} cannot be read any more; publish it anew"
    );
}

/// The versions above one, newest first: where the newest cannot be read, the one before it is
/// still better than none. Only so many are tried.
fn newest_first(above: u64, newest: u64) -> impl Iterator<Item = u64> {
    (above + 1..=newest).rev().take(PAST_VERSIONS / 2)
}

/// The refusal of a version of the catalogue that is not there.
pub(super) fn catalogue_not_found(version: u64) -> Refusal {
    Refusal::not_found(
        "CATALOGUE_NOT_FOUND",
        "there is no such version of the catalogue: list the versions",
    )
    .with("version", version)
}
