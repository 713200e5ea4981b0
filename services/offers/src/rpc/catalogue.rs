//! The catalogue's RPCs.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_server::CatalogueService;
use edge::page::PageTokens;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::refusal::Refusal;
use tonic::{Request, Response, Status};

use super::{BOUNDARY, deadline, files, parse, render, simulation};
use crate::domain::catalogue::{Catalogue, Offer};
use crate::domain::version::{Publication, SourceFile};
use crate::usecase::publish_catalogue::{Answer, Command, PublishCatalogue};
use crate::usecase::read_catalogue::ReadCatalogue;
use crate::usecase::simulate::Simulate;

/// The question page tokens belong to.
const PAGES: &str = "ListCatalogueVersions";
const DEFAULT_PAGE: u32 = 20;
const MAX_PAGE: u32 = 100;

/// Answers those who keep the catalogue.
pub struct CatalogueRpc {
    /// Checking and publishing.
    pub publish_catalogue: PublishCatalogue,
    /// Reading.
    pub read_catalogue: ReadCatalogue,
    /// Trying on past calls.
    pub simulate: Simulate,
    /// Seals page tokens.
    pub page_tokens: PageTokens,
}

#[tonic::async_trait]
impl CatalogueService for CatalogueRpc {
    async fn validate_catalogue(
        &self,
        request: Request<pb::ValidateCatalogueRequest>,
    ) -> Result<Response<pb::ValidateCatalogueResponse>, Status> {
        let files = validate(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let read = self
            .publish_catalogue
            .validate(&files)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(match read {
            Ok((catalogue, warnings)) => pb::ValidateCatalogueResponse {
                problems: files::problems(&warnings),
                offers: summaries(&catalogue),
            },
            Err(problems) => pb::ValidateCatalogueResponse {
                problems: files::problems(&problems),
                offers: Vec::new(),
            },
        }))
    }

    async fn publish_catalogue(
        &self,
        request: Request<pb::PublishCatalogueRequest>,
    ) -> Result<Response<pb::PublishCatalogueResponse>, Status> {
        let command = publish(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let answer = self
            .publish_catalogue
            .handle(command, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(match answer {
            Answer::Refused(problems) => pb::PublishCatalogueResponse {
                catalogue: None,
                problems: files::problems(&problems),
                changed: false,
            },
            Answer::InForce {
                publication,
                catalogue,
                changed,
                warnings,
            } => pb::PublishCatalogueResponse {
                catalogue: Some(version(&publication, summaries(&catalogue))),
                problems: files::problems(&warnings),
                changed,
            },
        }))
    }

    type SimulateCatalogueStream = simulation::Answers;

    async fn simulate_catalogue(
        &self,
        request: Request<pb::SimulateCatalogueRequest>,
    ) -> Result<Response<Self::SimulateCatalogueStream>, Status> {
        let command =
            simulation::parse(request.get_ref()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let answers = simulation::run(self.simulate.clone(), command);
        Ok(Response::new(answers))
    }

    async fn get_catalogue(
        &self,
        request: Request<pb::GetCatalogueRequest>,
    ) -> Result<Response<pb::GetCatalogueResponse>, Status> {
        let found = self
            .read_catalogue
            .get(request.get_ref().version, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let files = found.stored.files.into_iter().map(|file| pb::SourceFile {
            name: file.name,
            text: file.text,
        });
        Ok(Response::new(pb::GetCatalogueResponse {
            catalogue: Some(version(
                &found.stored.publication,
                summaries(&found.catalogue),
            )),
            files: files.collect(),
        }))
    }

    async fn list_catalogue_versions(
        &self,
        request: Request<pb::ListCatalogueVersionsRequest>,
    ) -> Result<Response<pb::ListCatalogueVersionsResponse>, Status> {
        let (before, size) = list(request.get_ref(), &self.page_tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let page = self
            .read_catalogue
            .list(before, size, deadline())
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let next = page
            .next_before
            .map(|before| self.page_tokens.seal(PAGES, &before.to_string()));
        let versions = page
            .publications
            .iter()
            .map(|publication| version(publication, Vec::new()));
        Ok(Response::new(pb::ListCatalogueVersionsResponse {
            catalogues: versions.collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

fn validate(wire: &pb::ValidateCatalogueRequest) -> Result<Vec<SourceFile>, Refusal> {
    let mut checks = Violations::default();
    let files = files::files(&mut checks, &wire.files);
    checks.finish(|| files)
}

fn publish(wire: &pb::PublishCatalogueRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let files = files::files(&mut checks, &wire.files);
    let publisher = files::publisher(&mut checks, &wire.published_by, &wire.note);
    checks.finish(|| {
        let (published_by, note) = publisher?;
        Some(Command {
            request_id: request_id?,
            body_hash: parse::hash(wire),
            files: files?,
            published_by,
            note,
        })
    })
}

fn list(
    wire: &pb::ListCatalogueVersionsRequest,
    tokens: &PageTokens,
) -> Result<(Option<u64>, u32), Refusal> {
    let mut checks = Violations::default();
    let size = checks.page_size("page_size", wire.page_size, DEFAULT_PAGE, MAX_PAGE);
    let cursor = checks.page_token("page_token", tokens, PAGES, &wire.page_token);
    checks.finish(|| {
        // Only cursors that were sealed here get this far, and those are versions.
        let before = cursor?.and_then(|version| version.parse().ok());
        Some((before, size?))
    })
}

fn version(publication: &Publication, offers: Vec<pb::OfferSummary>) -> pb::CatalogueVersion {
    pb::CatalogueVersion {
        version: publication.version,
        publish_time: Some(timestamp(publication.published_at)),
        published_by: publication.published_by.clone(),
        note: publication.note.clone(),
        digest: render::hex(&publication.digest),
        offers,
    }
}

fn summaries(catalogue: &Catalogue) -> Vec<pb::OfferSummary> {
    catalogue.offers().map(summary).collect()
}

fn summary(offer: &Offer) -> pb::OfferSummary {
    pb::OfferSummary {
        offer_key: offer.key.to_string(),
        lever: render::lever(offer.lever).into(),
        title: offer.texts.speak("").title.clone(),
        review_due: offer.review_due.to_string(),
        budget_key: render::budget_key(offer.budget.as_ref()),
    }
}
