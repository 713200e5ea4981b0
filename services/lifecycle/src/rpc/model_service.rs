//! The RPCs that fit and show models.

use std::sync::Arc;
use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::model_service_server::ModelService;
use edge::page::PageTokens;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use kernel::refusal::Refusal;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::task::TaskTracker;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument;

use super::{BOUNDARY, deadline, parse, render_model, upload};
use crate::domain::model::ModelSummary;
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
        let steps = ReceiverStream::new(listener).map(render_model::step);
        let stream = steps_then_end(steps, fit, render_model::last_step);
        Ok(Response::new(stream))
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
        let steps = ReceiverStream::new(listener).map(|step| render_model::import_step(&step));
        let stream = steps_then_end(steps, import, render_model::last_import_step);
        Ok(Response::new(stream))
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

/// Streams the steps of what runs on the tracker, and at its end the model or the refusal.
fn steps_then_end<M: Send + 'static>(
    steps: impl Stream<Item = M> + Send + 'static,
    running: JoinHandle<Result<ModelSummary, Refusal>>,
    render: fn(&ModelSummary) -> M,
) -> BoxStream<'static, Result<M, Status>> {
    let end = async move {
        let ended = running
            .await
            .unwrap_or_else(|panic| Err(Refusal::internal(panic)));
        ended
            .map(|model| render(&model))
            .map_err(|refusal| BOUNDARY.status(refusal))
    };
    steps.map(Ok).chain(futures::stream::once(end)).boxed()
}

fn too_many_files() -> Refusal {
    let message = "other models are being imported: try again";
    Refusal::unavailable("OVERLOADED", message, Duration::from_secs(1))
}
