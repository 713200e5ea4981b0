//! `rekindle catalogue validate|publish|simulate FILES`: the offers, as files.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use contract::offers::v1::{
    GetCatalogueRequest, PublishCatalogueRequest, PublishCatalogueResponse, SourceFile,
    ValidateCatalogueRequest,
};

use super::files::{is_error, print_problems, read_sources, tell_warnings};
use super::simulate::Simulate;
use crate::client::{ONLINE, PUBLISHING, ServiceArguments, Services, Trace, new_request_id};
use crate::failure::Failure;
use crate::json;
use crate::output::Output;
use crate::screen::{self, Paper};

/// Check, try or publish the catalogue of offers.
///
/// Problems are printed as `file:line:column CODE message`; with any of them nothing is published
/// and the exit code is 1.
#[derive(Debug, Args)]
pub struct Catalogue {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check files and name every problem.
    Validate {
        /// The files, reasons and offers together.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Make a new version of files; the one in force already makes none.
    Publish {
        /// The files, reasons and offers together.
        #[arg(required = true)]
        files: Vec<PathBuf>,

        /// Who publishes.
        #[arg(long, default_value = "rekindle", value_name = "NAME")]
        by: String,

        /// Why.
        #[arg(long, default_value = "", value_name = "TEXT")]
        note: String,
    },
    Simulate(Simulate),
    /// Show the version in force.
    Show,
}

impl Catalogue {
    /// Does what was asked.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let services = Services::at(&self.services, Trace::begin("rekindle catalogue"))?;
        match &self.verb {
            Verb::Validate { files } => validate(&services, read_sources(files)?, output).await,
            Verb::Publish { files, by, note } => {
                let files = read_sources(files)?;
                let without_reasons = !have_reasons(&files);
                let answer = publish_catalogue(&services, files, by, note).await?;
                if answer.catalogue.is_none() {
                    say_if(without_reasons, output);
                    return print_problems(&answer.problems, output);
                }
                tell_warnings(&answer.problems, output);
                let version = answer.catalogue.unwrap_or_default();
                output.result(
                    &json::catalogue(
                        Some(&version),
                        &version.offers,
                        answer.changed,
                        &answer.problems,
                    ),
                    |_| {
                        let paper = Paper::of_stdout();
                        screen::catalogue(Some(&version), &version.offers, answer.changed, paper)
                    },
                )?;
                Ok(0)
            }
            Verb::Simulate(wanted) => wanted.run(&services, output).await,
            Verb::Show => show(&services, output).await,
        }
    }
}

/// Whether any of the files has the reasons that offers speak of.
fn have_reasons(files: &[SourceFile]) -> bool {
    let mut lines = files.iter().flat_map(|file| file.text.lines());
    lines.any(|line| line.starts_with("reasons:"))
}

/// Without reasons every offer has a problem, of which the cause is one.
fn say_if(without_reasons: bool, output: Output) {
    if without_reasons {
        output.progress(
            "none of the files has reasons: give them too, as in deploy/seed/reasons.yaml",
        );
    }
}

async fn validate(
    services: &Services,
    files: Vec<SourceFile>,
    output: Output,
) -> Result<u8, Failure> {
    let mut catalogues = services.catalogues();
    let method = "rekindle.offers.v1.CatalogueService/ValidateCatalogue";
    let without_reasons = !have_reasons(&files);
    let request = ValidateCatalogueRequest { files };
    let answer = services
        .call(method, PUBLISHING, request, |request| async move {
            catalogues.validate_catalogue(request).await
        })
        .await?;
    if answer.problems.iter().any(is_error) {
        say_if(without_reasons, output);
        return print_problems(&answer.problems, output);
    }
    tell_warnings(&answer.problems, output);
    output.result(
        &json::catalogue(None, &answer.offers, false, &answer.problems),
        |_| screen::catalogue(None, &answer.offers, false, Paper::of_stdout()),
    )?;
    Ok(0)
}

/// Publishes a catalogue; the answer may hold problems instead of a version.
pub(super) async fn publish_catalogue(
    services: &Services,
    files: Vec<SourceFile>,
    published_by: &str,
    note: &str,
) -> Result<PublishCatalogueResponse, Failure> {
    let request = PublishCatalogueRequest {
        request_id: new_request_id(),
        files,
        published_by: published_by.to_owned(),
        note: note.to_owned(),
    };
    let mut catalogues = services.catalogues();
    let method = "rekindle.offers.v1.CatalogueService/PublishCatalogue";
    services
        .call(method, PUBLISHING, request, |request| async move {
            catalogues.publish_catalogue(request).await
        })
        .await
}

async fn show(services: &Services, output: Output) -> Result<u8, Failure> {
    let mut catalogues = services.catalogues();
    let method = "rekindle.offers.v1.CatalogueService/GetCatalogue";
    let answer = services
        .call(
            method,
            ONLINE,
            GetCatalogueRequest { version: 0 },
            |request| async move { catalogues.get_catalogue(request).await },
        )
        .await?;
    let version = answer.catalogue.unwrap_or_default();
    output.result(
        &json::catalogue(Some(&version), &version.offers, false, &[]),
        |_| screen::catalogue(Some(&version), &version.offers, false, Paper::of_stdout()),
    )?;
    Ok(0)
}
