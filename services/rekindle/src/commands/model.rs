//! `rekindle model fit|list|evaluate`: the models that risk and value come from.

use clap::{Args, Subcommand};
use contract::lifecycle::v1::{
    FitModelRequest, FitModelResponse, ListModelsRequest, Model as FittedModel, ModelKind,
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Streaming;

use super::evaluate::Evaluate;
use crate::client::{ONLINE, SILENCE, STREAMING, ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::json as documents;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper, words};

const FIT: &str = "rekindle.lifecycle.v1.ModelService/FitModel";

/// Progress comes as a share; the bar counts in thousandths.
const BAR_LENGTH: u64 = 1_000;

/// Fit the models on the customers that are there, list them, or judge them on a file.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Fit the life table anew and put it to use.
    Fit,
    /// List the models, newest first.
    List,
    Evaluate(Evaluate),
}

impl Model {
    /// Does what was asked.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        match &self.verb {
            Verb::Fit => {
                let model = fit_model(&self.services()?, output).await?;
                output.result(&documents::model(&model), |_| screen::model_line(&model))?;
                Ok(0)
            }
            Verb::List => {
                list(&self.services()?, output).await?;
                Ok(0)
            }
            // Needs no service.
            Verb::Evaluate(evaluate) => evaluate.run(output),
        }
    }

    fn services(&self) -> Result<Services, Failure> {
        Services::at(&self.services, Trace::begin("rekindle model"))
    }
}

/// Fits the life table and waits for it.
pub(super) async fn fit_model(services: &Services, output: Output) -> Result<FittedModel, Failure> {
    let mut progress = Progress::begin(output, "model", BAR_LENGTH);
    let mut models = services.models();
    let request = FitModelRequest {
        kind: ModelKind::LifeTable.into(),
        activate_if_better: true,
        ..FitModelRequest::default()
    };
    let mut steps = services
        .call(FIT, STREAMING, request, |request| async move {
            models.fit_model(request).await
        })
        .await?;
    let mut fitted = None;
    while let Some(step) = next_step(services, &mut steps).await? {
        progress.reached(thousandths(step.progress), words::spoken(&step.step));
        fitted = step.model.or(fitted);
    }
    let model = fitted.ok_or_else(|| {
        Failure::new(Exit::Internal, "lifecycle ended the fit without a model")
            .advice("look into the log of lifecycle")
            .trace(services.trace().trace_id())
    })?;
    progress.end(screen::model_line(&model));
    Ok(model)
}

async fn next_step(
    services: &Services,
    steps: &mut Streaming<FitModelResponse>,
) -> Result<Option<FitModelResponse>, Failure> {
    match timeout(SILENCE, steps.message()).await {
        Ok(step) => step.map_err(|status| services.failure(FIT, &status)),
        Err(_elapsed) => {
            let seconds = SILENCE.as_secs();
            Err(Failure::unavailable(format!(
                "lifecycle has been silent for {seconds} s"
            )))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 0..=1,000 before"
)]
fn thousandths(share: f64) -> u64 {
    (share * 1_000.0).clamp(0.0, 1_000.0) as u64
}

async fn list(services: &Services, output: Output) -> Result<(), Failure> {
    let mut models = services.models();
    let method = "rekindle.lifecycle.v1.ModelService/ListModels";
    let request = ListModelsRequest {
        page_size: 100,
        page_token: String::new(),
    };
    let answer = services
        .call(method, ONLINE, request, |request| async move {
            models.list_models(request).await
        })
        .await?;
    let list: Vec<Value> = answer.models.iter().map(documents::model).collect();
    output.result(&json!({"models": list}), |_| {
        screen::models(&answer.models, Paper::of_stdout())
    })
}
