//! Checking and publishing the policy.

use std::sync::Arc;

use kernel::id::RequestId;
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use super::active::Active;
use super::compile::{digest, review_policy};
use crate::domain::problem::Problem;
use crate::domain::version::{Published, SourceFile};
use crate::store::{NewPublication, Store};

/// The use case.
#[derive(Clone)]
pub struct PublishPolicy {
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
    /// Only check.
    pub validate_only: bool,
}

/// What publishing came to.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Nothing was published: this is wrong with the files.
    Refused(Vec<Problem>),
    /// The files are sound, and nothing was to be published.
    Sound {
        /// How many rows there are.
        row_count: usize,
        /// What to look at.
        warnings: Vec<Problem>,
    },
    /// The version in force now.
    InForce {
        /// The version.
        version: u64,
        /// It is new.
        changed: bool,
        /// How many rows there are.
        row_count: usize,
        /// What to look at.
        warnings: Vec<Problem>,
    },
}

impl PublishPolicy {
    /// Checks and, unless that is all that was asked for, publishes.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Answer, Refusal> {
        let (compiled, warnings) = match review_policy(&command.files).await? {
            Ok(compiled) => compiled,
            Err(problems) => return Ok(Answer::Refused(problems)),
        };
        let row_count = compiled.rows().len();
        if command.validate_only {
            return Ok(Answer::Sound {
                row_count,
                warnings,
            });
        }
        let new = NewPublication {
            request_id: command.request_id,
            body_hash: command.body_hash,
            kind: Published::Policy,
            digest: digest(&command.files),
            files: command.files,
            published_by: command.published_by,
            note: command.note,
            published_at: self.clock.now(),
            holdout: None,
        };
        let outcome = self.store.publish(new, deadline).await?;
        self.active.adopt_policy(compiled, outcome.version);
        Ok(Answer::InForce {
            version: outcome.version,
            changed: outcome.changed,
            row_count,
            warnings,
        })
    }
}
