//! Published versions: the files of an author, made immutable.

use kernel::framed;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::named::Named;

/// A file as its author wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The name, for messages.
    pub name: String,
    /// The text.
    pub text: String,
}

impl SourceFile {
    /// The most files of one version.
    pub const MAX_COUNT: usize = 20;
    /// The longest name of a file, in characters.
    pub const MAX_NAME_LENGTH: usize = 200;
    /// The largest file, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;
}

/// What is published in versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Published {
    /// Offers, reasons and rules.
    Catalogue,
    /// What may be said on the way out.
    Policy,
}

impl Named for Published {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Catalogue, "catalogue"), (Self::Policy, "policy")];
}

/// Who published a version, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// The version, from one.
    pub version: u64,
    /// The SHA-256 of the files.
    pub digest: [u8; 32],
    /// Who.
    pub published_by: String,
    /// Why.
    pub note: String,
    /// When.
    pub published_at: Timestamp,
}

/// Writes files as bytes to take a digest of: each part led by its length, in the order of their
/// names, so that no two sets of files agree.
pub fn digest_bytes(files: &[SourceFile]) -> Vec<u8> {
    let mut files: Vec<&SourceFile> = files.iter().collect();
    files.sort_by(|left, right| (&left.name, &left.text).cmp(&(&right.name, &right.text)));
    let mut bytes = Vec::new();
    let parts = files.iter().flat_map(|file| [&file.name, &file.text]);
    framed::append(&mut bytes, parts);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile {
            name: name.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn the_order_of_files_does_not_matter_and_everything_else_does() {
        let digest = |files: &[SourceFile]| digest_bytes(files);
        let (a, b) = (file("a", "x"), file("b", "y"));
        assert_eq!(
            digest(&[a.clone(), b.clone()]),
            digest(&[b.clone(), a.clone()])
        );
        let alone = digest(std::slice::from_ref(&a));
        assert_ne!(alone, digest(&[a, b]));
        assert_ne!(alone, digest(&[file("ax", "")]));
    }
}
