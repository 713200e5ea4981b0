//! Checking and publishing the catalogue.

use std::sync::Arc;

use kernel::id::RequestId;
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use super::active::{Active, catalogue_not_found};
use super::compile::{Reviewed, digest, review_catalogue};
use crate::domain::catalogue::Catalogue;
use crate::domain::problem::Problem;
use crate::domain::version::{Publication, Published, SourceFile};
use crate::store::{NewPublication, Store};

/// The use case.
#[derive(Clone)]
pub struct PublishCatalogue {
    /// The tables.
    pub store: Store,
    /// The versions in force.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Files to publish.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The files.
    pub files: Vec<SourceFile>,
    /// Who publishes.
    pub published_by: String,
    /// Why.
    pub note: String,
}

/// What publishing came to.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing was published: this is wrong with the files.
    Refused(Vec<Problem>),
    /// The version in force now.
    InForce {
        /// Who, when and why.
        publication: Publication,
        /// What it holds.
        catalogue: Arc<Catalogue>,
        /// It is new.
        changed: bool,
        /// What somebody should look at.
        warnings: Vec<Problem>,
    },
}

impl PublishCatalogue {
    /// Only checks.
    pub async fn validate(&self, files: &[SourceFile]) -> Result<Reviewed, Refusal> {
        Ok(review_catalogue(files).await?)
    }

    /// Checks and publishes.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Answer, Refusal> {
        let (compiled, warnings) = match review_catalogue(&command.files).await? {
            Ok(reviewed) => reviewed,
            Err(problems) => return Ok(Answer::Refused(problems)),
        };
        let new = NewPublication {
            request_id: command.request_id,
            body_hash: command.body_hash,
            kind: Published::Catalogue,
            digest: digest(&command.files),
            files: command.files,
            published_by: command.published_by,
            note: command.note,
            published_at: self.clock.now(),
            holdout: compiled.learning.as_ref().map(|it| it.holdout.clone()),
        };
        let outcome = self.store.publish(new, deadline).await?;
        // The same files: whichever version holds them, this is what it holds.
        let compiled = self.active.settled(compiled, deadline).await?;
        let catalogue = self.active.adopt_catalogue(compiled, outcome.version);
        let kind = Published::Catalogue;
        let stored = self
            .store
            .publication(kind, outcome.version, deadline)
            .await?;
        let stored = stored.ok_or_else(|| catalogue_not_found(outcome.version))?;
        Ok(Answer::InForce {
            publication: stored.publication,
            catalogue,
            changed: outcome.changed,
            warnings,
        })
    }
}
