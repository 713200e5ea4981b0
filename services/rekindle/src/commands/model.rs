//! `rekindle model fit|import|list|show|activate|drift|evaluate`: the models that risk and value come from.

use clap::{Args, Subcommand};
use contract::lifecycle::v1::{
    ActivateModelRequest, CheckDriftRequest, FitModelRequest, FitModelResponse, GetModelRequest,
    ListModelsRequest, Model as FittedModel, ModelKind,
};
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Streaming;

use super::evaluate::Evaluate;
use super::import_model::ImportModel;
use crate::client::{ONLINE, SILENCE, STREAMING, ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::json as documents;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, Paper, words};
use crate::vocabulary;

const FIT: &str = "rekindle.lifecycle.v1.ModelService/FitModel";

/// Fit, import, list, show and activate models, watch their drift, or judge one on a file.
#[derive(Debug, Args)]
pub struct Model {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    services: ServiceArguments,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Fit(Fit),
    Import(ImportModel),
    /// List the models, newest first.
    List,
    Show(Which),
    Activate(Activate),
    /// Compare a model with what came since its fit.
    Drift(Which),
    Evaluate(Evaluate),
}

/// Fit a model anew: a candidate, until it is activated.
///
/// Life tables are counts, and are put in use at once.
#[derive(Debug, Args)]
struct Fit {
    /// The kind: life-table, purchase, retention or propensity.
    #[arg(default_value = "life-table", value_parser = |word: &str| vocabulary::MODEL_KIND.number(word))]
    kind: i32,

    /// The family of a purchase model: mbg-nbd (the default), bg-nbd or pareto-nbd.
    #[arg(long, value_parser = |word: &str| vocabulary::PURCHASE_FAMILY.number(word))]
    family: Option<i32>,

    /// Put it in use, unless it is worse than the one in use: on the same customers, by more than
    /// 0.5 % of its loss and by more than 1.645 standard errors of the difference. What is worse by
    /// less is chance, and learnt from later customers.
    #[arg(long)]
    activate: bool,
}

/// Show a model: its parameters, its evaluation, and when its kind was put in use.
#[derive(Debug, Args)]
struct Which {
    /// The version; without it, the one in use.
    version: Option<u64>,

    /// The kind whose model in use is meant.
    #[arg(long, default_value = "life-table", conflicts_with = "version", value_parser = |word: &str| vocabulary::MODEL_KIND.number(word))]
    kind: i32,
}

/// Put a version in use, a candidate or one that was in use before.
#[derive(Debug, Args)]
struct Activate {
    /// The version.
    version: u64,

    /// Even if it evaluates worse than the one in use.
    #[arg(long, requires = "reason")]
    force: bool,

    /// Why it is forced; it is kept.
    #[arg(long)]
    reason: Option<String>,

    /// Who does it, as an id.
    #[arg(long, default_value = "command-line")]
    by: String,
}

impl Model {
    /// Does what was asked.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        match &self.verb {
            Verb::Fit(wanted) => {
                let model = fit(&self.services()?, wanted.request(), output).await?;
                output.result(&documents::model(&model), |_| {
                    screen::fitted_model(&model, wanted.activate)
                })?;
            }
            Verb::Import(wanted) => wanted.run(&self.services()?, output).await?,
            Verb::List => list(&self.services()?, output).await?,
            Verb::Show(which) => show(&self.services()?, which, output).await?,
            Verb::Activate(wanted) => activate(&self.services()?, wanted, output).await?,
            Verb::Drift(which) => drift(&self.services()?, which, output).await?,
            // Needs no service.
            Verb::Evaluate(evaluate) => return evaluate.run(output),
        }
        Ok(0)
    }

    fn services(&self) -> Result<Services, Failure> {
        Services::at(&self.services, Trace::begin("rekindle model"))
    }
}

impl Fit {
    fn request(&self) -> FitModelRequest {
        // There is nothing to compare about a count.
        let is_count = self.kind == i32::from(ModelKind::LifeTable);
        FitModelRequest {
            kind: self.kind,
            family: self.family.unwrap_or_default(),
            activate_if_better: self.activate || is_count,
            ..FitModelRequest::default()
        }
    }
}

/// Fits the life table, puts it in use and waits for it.
pub(super) async fn fit_model(services: &Services, output: Output) -> Result<FittedModel, Failure> {
    let request = FitModelRequest {
        kind: ModelKind::LifeTable.into(),
        activate_if_better: true,
        ..FitModelRequest::default()
    };
    fit(services, request, output).await
}

/// Fits a model and waits for it.
async fn fit(
    services: &Services,
    request: FitModelRequest,
    output: Output,
) -> Result<FittedModel, Failure> {
    let mut progress = Progress::begin_share(output, "model");
    let mut models = services.models();
    let mut steps = services
        .call(FIT, STREAMING, request, |request| async move {
            models.fit_model(request).await
        })
        .await?;
    let mut fitted = None;
    while let Some(step) = next_step(services, FIT, &mut steps).await? {
        progress.reached_share(step.progress, said(&step));
        fitted = step.model.or(fitted);
    }
    let model = fitted.ok_or_else(|| without_model(services))?;
    progress.end(format_args!("version {}", model.version));
    Ok(model)
}

/// A fit or an import ended, and said neither what came of it nor why nothing did.
pub(super) fn without_model(services: &Services) -> Failure {
    Failure::new(Exit::Internal, "lifecycle ended without a model")
        .advice("look into the log of lifecycle")
        .trace(services.trace().trace_id())
}

fn said(step: &FitModelResponse) -> String {
    let said = words::spoken(&step.step);
    match (step.group.as_str(), step.iteration) {
        ("", _) => said,
        (group, 0) => format!("{said} {group}"),
        (group, 1) => format!("{said} {group}, 1 iteration"),
        (group, iterations) => format!("{said} {group}, {iterations} iterations"),
    }
}

/// Waits for the next step of a fit or an import, but not for ever.
pub(super) async fn next_step<Step>(
    services: &Services,
    method: &str,
    steps: &mut Streaming<Step>,
) -> Result<Option<Step>, Failure> {
    match timeout(SILENCE, steps.message()).await {
        Ok(step) => step.map_err(|status| services.failure(method, &status)),
        Err(_elapsed) => {
            let seconds = SILENCE.as_secs();
            Err(Failure::unavailable(format!(
                "lifecycle has been silent for {seconds} s"
            )))
        }
    }
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

async fn show(services: &Services, which: &Which, output: Output) -> Result<(), Failure> {
    let mut models = services.models();
    let method = "rekindle.lifecycle.v1.ModelService/GetModel";
    let request = GetModelRequest {
        version: which.version.unwrap_or(0),
        kind: which.kind,
    };
    let shown = services
        .call(method, ONLINE, request, |request| async move {
            models.get_model(request).await
        })
        .await?;
    output.result(&documents::shown_model(&shown), |_| {
        screen::shown_model(&shown, Paper::of_stdout())
    })
}

async fn activate(services: &Services, wanted: &Activate, output: Output) -> Result<(), Failure> {
    let mut models = services.models();
    let method = "rekindle.lifecycle.v1.ModelService/ActivateModel";
    let request = ActivateModelRequest {
        version: wanted.version,
        force: wanted.force,
        reason: wanted.reason.clone().unwrap_or_default(),
        activated_by: wanted.by.clone(),
        ..ActivateModelRequest::default()
    };
    let activated = services
        .call(method, ONLINE, request, |request| async move {
            models.activate_model(request).await
        })
        .await?;
    output.result(&documents::activated_model(&activated), |_| {
        screen::activated_model(&activated)
    })
}

async fn drift(services: &Services, which: &Which, output: Output) -> Result<(), Failure> {
    let mut models = services.models();
    let method = "rekindle.lifecycle.v1.ModelService/CheckDrift";
    let request = CheckDriftRequest {
        version: which.version.unwrap_or(0),
        kind: which.kind,
    };
    let drift = services
        .call(method, STREAMING, request, |request| async move {
            models.check_drift(request).await
        })
        .await?;
    output.result(&documents::drift(&drift), |_| {
        screen::drift(&drift, Paper::of_stdout())
    })
}
