//! The catalogue and the policy that the demo starts with.

use crate::domain::version::SourceFile;

/// The files of the demo's catalogue.
pub fn catalogue() -> Vec<SourceFile> {
    vec![
        file(
            "catalogue.yaml",
            include_str!("../../../../deploy/seed/catalogue.yaml"),
        ),
        file(
            "reasons.yaml",
            include_str!("../../../../deploy/seed/reasons.yaml"),
        ),
    ]
}

/// The files of the demo's policy.
pub fn policy() -> Vec<SourceFile> {
    vec![file(
        "policy.yaml",
        include_str!("../../../../deploy/seed/policy.yaml"),
    )]
}

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}
