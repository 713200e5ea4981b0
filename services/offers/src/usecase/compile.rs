//! From files to a catalogue or a policy, off the threads that answer calls.

use std::sync::Arc;

use kernel::refusal::Refusal;
use sha2::{Digest, Sha256};
use storage::StoreError;
use tokio::task::spawn_blocking;

use crate::domain::catalogue::Catalogue;
use crate::domain::policy::PolicySet;
use crate::domain::posterior::{LearnedVersion, Posterior};
use crate::domain::problem::Problem;
use crate::domain::version::{SourceFile, digest_bytes};
use crate::source;

/// A catalogue, or everything that is wrong with its files.
pub(super) type ReadCatalogue = Result<Catalogue, Vec<Problem>>;
/// A catalogue with what to look at, or everything that is wrong with its files.
pub(super) type Reviewed = Result<(Catalogue, Vec<Problem>), Vec<Problem>>;
/// A policy, or everything that is wrong with its files.
pub(super) type ReadPolicy = Result<PolicySet, Vec<Problem>>;
/// A policy with what to look at, or everything that is wrong with its files.
pub(super) type ReviewedPolicy = Result<(PolicySet, Vec<Problem>), Vec<Problem>>;

/// Reads, checks and compiles a catalogue.
pub(super) async fn compile_catalogue(files: &[SourceFile]) -> Result<ReadCatalogue, StoreError> {
    let files = files.to_vec();
    spawn_blocking(move || source::read_catalogue(&files))
        .await
        .map_err(|fault| StoreError::rejected(Refusal::internal(fault)))
}

/// Reads, checks, compiles and reviews a catalogue that is to be published.
pub(super) async fn review_catalogue(files: &[SourceFile]) -> Result<Reviewed, StoreError> {
    let files = files.to_vec();
    spawn_blocking(move || source::review_catalogue(&files))
        .await
        .map_err(|fault| StoreError::rejected(Refusal::internal(fault)))
}

/// Reads and checks a policy.
pub(super) async fn compile_policy(files: &[SourceFile]) -> Result<ReadPolicy, StoreError> {
    let files = files.to_vec();
    spawn_blocking(move || source::read_policy(&files))
        .await
        .map_err(|fault| StoreError::rejected(Refusal::internal(fault)))
}

/// Reads and checks a policy that is to be published.
pub(super) async fn review_policy(files: &[SourceFile]) -> Result<ReviewedPolicy, StoreError> {
    let files = files.to_vec();
    spawn_blocking(move || source::review_policy(&files))
        .await
        .map_err(|fault| StoreError::rejected(Refusal::internal(fault)))
}

/// Works out what a version of what was learnt comes to with a catalogue. What calls wait for is
/// drawn at once; a decision of the past needs one segment only.
pub(super) async fn work_out(
    learned: LearnedVersion,
    catalogue: Arc<Catalogue>,
    for_calls: bool,
) -> Result<Option<Posterior>, StoreError> {
    spawn_blocking(move || {
        let posterior = Posterior::new(&catalogue, &learned)?;
        if for_calls {
            posterior.draw_all(&catalogue);
        }
        Some(posterior)
    })
    .await
    .map_err(|fault| StoreError::rejected(Refusal::internal(fault)))
}

/// Takes the SHA-256 of files.
pub(super) fn digest(files: &[SourceFile]) -> [u8; 32] {
    Sha256::digest(digest_bytes(files)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_files_stays_what_it_is() {
        let file = |name: &str, text: &str| SourceFile {
            name: name.to_owned(),
            text: text.to_owned(),
        };
        let digest = digest(&[file("b.yaml", "y"), file("a.yaml", "ä")]);
        assert_eq!(digest[..8], 0x6dac_85bd_b472_b989_u64.to_be_bytes());
    }
}
