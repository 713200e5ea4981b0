//! Reading the catalogue: a version with its files, and the list of versions.

use std::sync::Arc;

use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::active::{Active, catalogue_not_found};
use crate::domain::catalogue::Catalogue;
use crate::domain::version::{Publication, Published};
use crate::store::{Store, StoredPublication};

/// The use case.
#[derive(Clone)]
pub struct ReadCatalogue {
    /// The tables.
    pub store: Store,
    /// The versions in force.
    pub active: Active,
}

/// A version with what it holds.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who, when and why, with the files.
    pub stored: StoredPublication,
    /// What it holds.
    pub catalogue: Arc<Catalogue>,
}

/// A page of versions, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The versions.
    pub publications: Vec<Publication>,
    /// The page after this one starts below this version; absent on the last.
    pub next_before: Option<u64>,
}

impl ReadCatalogue {
    /// Reads a version; zero is the one in force.
    pub async fn get(&self, version: u64, deadline: Deadline) -> Result<Found, Refusal> {
        let version = match version {
            0 => self.active.current().catalogue.version,
            version => version,
        };
        let stored = self
            .store
            .publication(Published::Catalogue, version, deadline)
            .await?;
        Ok(Found {
            stored: stored.ok_or_else(|| catalogue_not_found(version))?,
            catalogue: self.active.catalogue(version, deadline).await?,
        })
    }

    /// Lists versions below one, or from the newest on.
    pub async fn list(
        &self,
        before: Option<u64>,
        size: u32,
        deadline: Deadline,
    ) -> Result<Page, Refusal> {
        let kind = Published::Catalogue;
        let mut publications = self
            .store
            .publications(kind, before, page::one_more(size), deadline)
            .await?;
        let last = page::cut(&mut publications, size);
        Ok(Page {
            next_before: last.map(|publication| publication.version),
            publications,
        })
    }
}
