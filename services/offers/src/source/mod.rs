//! The files of catalogue and policy: YAML as authors write it, read into drafts of the domain with
//! the place of everything, every problem at once.
//!
//! This room knows the form of the files and nothing of what the values mean together; that is the
//! domain's.

mod authority;
mod catalogue;
mod contact_policy;
mod fields;
mod guidance;
mod learning;
mod node;
mod occasions;
mod offer;
mod policy;
mod policy_text;
mod reasons;
mod reference_price;
mod rule;
pub mod seed;
mod serial_savers;
#[cfg(test)]
mod tests;
mod values;
mod yaml;

use std::sync::Arc;

use crate::domain::catalogue::Catalogue;
use crate::domain::policy::PolicySet;
use crate::domain::problem::{Code, Place, Problem, Problems};
use crate::domain::version::SourceFile;

use node::Node;

/// Reads, checks and compiles a catalogue; everything that is wrong otherwise.
pub fn read_catalogue(files: &[SourceFile]) -> Result<Catalogue, Vec<Problem>> {
    let mut problems = Problems::default();
    let documents = documents(files, &mut problems);
    let draft = catalogue::read(&documents, start(files), &mut problems);
    let compiled = draft.compile(&mut problems);
    compiled.ok_or_else(|| problems.into_sorted())
}

/// Reads, checks, compiles and reviews a catalogue that is to be published: with what to look at when
/// it can be, with everything that is wrong when it cannot.
pub fn review_catalogue(files: &[SourceFile]) -> Result<(Catalogue, Vec<Problem>), Vec<Problem>> {
    let mut problems = Problems::default();
    let documents = documents(files, &mut problems);
    let draft = catalogue::read(&documents, start(files), &mut problems);
    let compiled = draft.compile(&mut problems);
    if let Some(compiled) = &compiled {
        draft.review(compiled, &mut problems);
    }
    match compiled.filter(|_| problems.is_empty()) {
        Some(catalogue) => Ok((catalogue, problems.into_sorted())),
        None => Err(problems.into_sorted()),
    }
}

/// Reads and checks a policy; everything that is wrong otherwise.
pub fn read_policy(files: &[SourceFile]) -> Result<PolicySet, Vec<Problem>> {
    review_policy(files).map(|(policy, _)| policy)
}

/// Reads and checks a policy that is to be published: with what to look at when it can be, with
/// everything that is wrong when it cannot.
pub fn review_policy(files: &[SourceFile]) -> Result<(PolicySet, Vec<Problem>), Vec<Problem>> {
    let mut problems = Problems::default();
    let documents = documents(files, &mut problems);
    let draft = policy::read(&documents, &mut problems);
    match PolicySet::check(draft, &start(files), &mut problems) {
        Some(policy) => Ok((policy, problems.into_sorted())),
        None => Err(problems.into_sorted()),
    }
}

fn documents(files: &[SourceFile], problems: &mut Problems) -> Vec<Node> {
    let mut names: Vec<&str> = Vec::new();
    let mut documents = Vec::new();
    for file in files {
        let name = Arc::from(file.name.as_str());
        if names.contains(&file.name.as_str()) {
            let message = format!("there are two files named {name}: rename one");
            problems.add(&start_of(&name), Code::DuplicateDefinition, message);
        }
        names.push(&file.name);
        documents.extend(yaml::parse(&name, &file.text, problems));
    }
    documents
}

fn start(files: &[SourceFile]) -> Place {
    let name = files.first().map_or("", |file| file.name.as_str());
    start_of(&Arc::from(name))
}

fn start_of(file: &Arc<str>) -> Place {
    Place {
        file: Arc::clone(file),
        line: 1,
        column: 1,
    }
}
