//! The RPCs that fit and show models.

use std::sync::Arc;
use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::model_service_server::ModelService;
use edge::page::PageTokens;
use futures::StreamExt;
use futures::stream::BoxStream;
use kernel::refusal::Refusal;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

use super::{BOUNDARY, deadline, parse, render_model, upload};
use crate::usecase::{Steps, UseCases};

/// How many steps may wait for their listener.
const WAITING_STEPS: usize = 32;

/// How many files of models are held at once.
const FILES_AT_ONCE: usize = 2;

/// Answers `ModelService`.
#[derive(Clone)]
pub struct ModelRpc {
    use_cases: UseCases,
    tokens: PageTokens,
    tracker: TaskTracker,
    /// A file is held in memory as long as it is worked on.
    files: Arc<Semaphore>,
}

impl ModelRpc {
    /// Answers with these use cases; fits run on the tracker, to their end.
    pub fn new(use_cases: UseCases, tokens: PageTokens, tracker: TaskTracker) -> Self {
        Self {
            use_cases,
            tokens,
            tracker,
            files: Arc::new(Semaphore::new(FILES_AT_ONCE)),
        }
    }
}

#[tonic::async_trait]
impl ModelService for ModelRpc {
    type FitModelStream = BoxStream<'static, Result<wire::FitModelResponse, Status>>;

    async fn fit_model(
        &self,
        request: Request<wire::FitModelRequest>,
    ) -> Result<Response<Self::FitModelStream>, Status> {
        let wanted =
            parse::fit_model(&request.into_inner()).map_err(|refusal| BOUNDARY.status(refusal))?;
        let (steps, listener) = mpsc::channel(WAITING_STEPS);
        let (steps, use_cases) = (Steps::to(steps), self.use_cases.clone());
        let fit = async move { use_cases.fit_model(wanted, &steps).await };
        let fit = self.tracker.spawn(fit.in_current_span());
        let last = async move {
            match fit.await {
                Ok(Ok(model)) => Ok(render_model::last_step(&model)),
                Ok(Err(refusal)) => Err(BOUNDARY.status(refusal)),
                Err(panic) => Err(BOUNDARY.status(Refusal::internal(panic))),
            }
        };
        let steps = ReceiverStream::new(listener).map(|step| Ok(render_model::step(step)));
        let stream = steps.chain(futures::stream::once(last));
        Ok(Response::new(stream.boxed()))
    }

    type ImportModelStream = BoxStream<'static, Result<wire::ImportModelResponse, Status>>;

    async fn import_model(
        &self,
        request: Request<Streaming<wire::ImportModelRequest>>,
    ) -> Result<Response<Self::ImportModelStream>, Status> {
        let file = Arc::clone(&self.files).try_acquire_owned();
        let file = file.map_err(|_| BOUNDARY.status(too_many_files()))?;
        let wanted = upload::receive(request.into_inner()).await?;
        let (steps, listener) = mpsc::channel(WAITING_STEPS);
        let (steps, use_cases) = (Steps::to(steps), self.use_cases.clone());
        let import = async move {
            let imported = use_cases.import_model(wanted, &steps).await;
            drop(file);
            imported
        };
        let import = self.tracker.spawn(import.in_current_span());
        let last = async move {
            match import.await {
                Ok(Ok(model)) => Ok(render_model::last_import_step(&model)),
                Ok(Err(refusal)) => Err(BOUNDARY.status(refusal)),
                Err(panic) => Err(BOUNDARY.status(Refusal::internal(panic))),
            }
        };
        let steps = ReceiverStream::new(listener).map(|step| Ok(render_model::import_step(&step)));
        let stream = steps.chain(futures::stream::once(last));
        Ok(Response::new(stream.boxed()))
    }

    async fn list_models(
        &self,
        request: Request<wire::ListModelsRequest>,
    ) -> Result<Response<wire::ListModelsResponse>, Status> {
        let page = parse::list_models(&request.into_inner(), &self.tokens)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let found = self
            .use_cases
            .list_models(deadline(), page.before, page.size)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render_model::models(&found, &self.tokens)))
    }

    async fn get_life_table(
        &self,
        request: Request<wire::GetLifeTableRequest>,
    ) -> Result<Response<wire::GetLifeTableResponse>, Status> {
        let version = request.into_inner().version;
        let (model, tables) = self
            .use_cases
            .get_life_table(deadline(), version)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(wire::GetLifeTableResponse {
            model: Some(render_model::model(&model)),
            tables: tables.tables().iter().map(render_model::table).collect(),
        }))
    }

    async fn get_model(
        &self,
        request: Request<wire::GetModelRequest>,
    ) -> Result<Response<wire::GetModelResponse>, Status> {
        let request = request.into_inner();
        let which = parse::which_model(request.version, request.kind)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let shown = self
            .use_cases
            .get_model(deadline(), which)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render_model::shown(&shown)))
    }

    async fn activate_model(
        &self,
        request: Request<wire::ActivateModelRequest>,
    ) -> Result<Response<wire::ActivateModelResponse>, Status> {
        let wanted = parse::activate_model(&request.into_inner())
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let activated = self
            .use_cases
            .activate_model(deadline(), wanted)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render_model::activated(&activated)))
    }

    async fn check_drift(
        &self,
        request: Request<wire::CheckDriftRequest>,
    ) -> Result<Response<wire::CheckDriftResponse>, Status> {
        let request = request.into_inner();
        let which = parse::which_model(request.version, request.kind)
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        let drift = self
            .use_cases
            .check_drift(deadline(), which)
            .await
            .map_err(|refusal| BOUNDARY.status(refusal))?;
        Ok(Response::new(render_model::drift(&drift)))
    }
}

fn too_many_files() -> Refusal {
    let message = "other models are being imported: try again";
    Refusal::unavailable("OVERLOADED", message, Duration::from_secs(1))
}
