//! Imports a propensity model that somebody else trained: judges it as a fit of ours is, and stores it
//! as a candidate.

use std::collections::BTreeSet;
use std::sync::Arc;

use foreign_model::declaration::{Declaration, Kind};
use foreign_model::model::ForeignModel;
use foreign_model::refusal::{LoadRefusal, ScoreRefusal};
use kernel::refusal::{Refusal, Violation};
use kernel::time::Deadline;
use storage::request_log::body_hash;
use tokio::task::spawn_blocking;

use super::UseCases;
use super::fit_model::{EVALUATED_FROM, FITTED, STORE_LIMIT, Steps, refused, under_way};
use crate::domain::foreign::evaluation::{ForeignRefusal, judge};
use crate::domain::model::basis::Basis;
use crate::domain::model::{Candidate, ModelSummary};
use crate::store::{NewFile, NewModel, RequestKey};

/// A model to import; its declaration is checked already.
#[derive(Clone, Debug)]
pub struct ImportModel {
    /// What was declared.
    pub declaration: Declaration,
    /// The lines it is for; every line it can be judged in when empty.
    pub business_lines: BTreeSet<String>,
    /// Who trained it.
    pub trained_by: String,
    /// What it is.
    pub description: String,
    /// The ONNX file.
    pub file: Vec<u8>,
    /// The request id with the encoded declaration, when it may be retried.
    pub request: Option<(String, Vec<u8>)>,
}

impl UseCases {
    /// Judges and stores a model, unless a fit or another import is under way. Whoever listens to the
    /// steps may leave; the import goes on.
    pub async fn import_model(
        &self,
        wanted: ImportModel,
        steps: &Steps,
    ) -> Result<ModelSummary, Refusal> {
        let Some(lock) = self.store.lock_fit().await? else {
            return Err(under_way());
        };
        let imported = self.import_once(wanted, steps).await;
        lock.release().await;
        imported
    }

    /// Imports, unless the same request has been carried out before.
    async fn import_once(
        &self,
        mut wanted: ImportModel,
        steps: &Steps,
    ) -> Result<ModelSummary, Refusal> {
        let request = wanted.request.take().map(|(request_id, mut encoded)| {
            encoded.extend(body_hash(&wanted.file));
            RequestKey {
                request_id,
                encoded,
            }
        });
        if let Some(request) = &request {
            let deadline = Deadline::within(STORE_LIMIT);
            let known = self.store.model_of_import(deadline, request).await?;
            if let Some(known) = known {
                return Ok(known);
            }
        }
        steps.tell("loading", 0.0);
        let (model, file) = load(wanted.declaration, wanted.file).await?;
        steps.tell("catching_up", 0.0);
        let mut basis = self.catch_up().await?;
        let lines = wanted.business_lines;
        let mut candidate = self.judge(model, lines, steps, &mut basis).await?;
        basis.tell(&mut candidate);
        steps.tell("storing", FITTED);
        let model = NewModel {
            candidate,
            fit_time: self.now(),
            activate_if_better: false,
            request,
            file: Some(NewFile {
                trained_by: wanted.trained_by,
                description: wanted.description,
                content: file,
            }),
        };
        let deadline = Deadline::within(STORE_LIMIT);
        Ok(self.store.save_model(deadline, model).await?)
    }

    async fn judge(
        &self,
        model: ForeignModel,
        lines: BTreeSet<String>,
        steps: &Steps,
        basis: &mut Basis,
    ) -> Result<Candidate, Refusal> {
        let mut sample = self.gather_labelled(steps, basis).await?;
        let in_use = self.propensity_in_use().await?;
        let ours = in_use.as_ref().map(|models| models.ours.clone());
        sample.compare_with(in_use);
        let model = Arc::new(model);
        let steps = steps.clone();
        let judged = spawn_blocking(move || {
            let tell = |_: &str, share: f64| {
                let progress = EVALUATED_FROM + (FITTED - EVALUATED_FROM) * share;
                steps.tell("evaluating", progress);
            };
            let judged = judge(&sample, &model, &lines, ours, tell);
            judged.map_err(|refusal| not_taken(&refusal, model.declaration()))
        });
        judged.await.map_err(Refusal::internal)?
    }
}

/// Loads a file, aside from the calls being served.
async fn load(declaration: Declaration, file: Vec<u8>) -> Result<(ForeignModel, Vec<u8>), Refusal> {
    let loaded = spawn_blocking(move || {
        let loaded = ForeignModel::load(&file, declaration.clone());
        let loaded = loaded.map_err(|refusal| not_loaded(&refusal, &declaration));
        loaded.map(|model| (model, file))
    });
    loaded.await.map_err(Refusal::internal)?
}

/// Says which field a file or its declaration fails by.
fn not_loaded(refusal: &LoadRefusal, declaration: &Declaration) -> Refusal {
    let inputs = || "declaration.inputs".to_owned();
    let piece = || "piece".to_owned();
    let (field, reason) = match refusal {
        LoadRefusal::Declaration(_) => (inputs(), "CONTRADICTION"),
        LoadRefusal::Protected { input } => (place_of(declaration, input), "PROTECTED"),
        LoadRefusal::FileTooLarge { .. } => (piece(), "TOO_LARGE"),
        LoadRefusal::Unreadable(_) => (piece(), "UNREADABLE"),
        LoadRefusal::UnsupportedOperator { .. } => (piece(), "UNSUPPORTED"),
        LoadRefusal::TooMuch { .. } => (piece(), "TOO_COSTLY"),
        LoadRefusal::OtherInputs(_) => (inputs(), "OTHER_INPUTS"),
        LoadRefusal::OtherOutput(_) => ("declaration.output".to_owned(), "OTHER_OUTPUT"),
    };
    malformed(field, reason, refusal.to_string())
}

/// Says why a model that can be run is not taken.
fn not_taken(refusal: &ForeignRefusal, declaration: &Declaration) -> Refusal {
    match refusal {
        ForeignRefusal::Sample(sample) => refused(sample),
        ForeignRefusal::Unknown { place, feature } => {
            let text = format!(
                "no customer in the model's lines has {feature}: correct the name, or let models look \
                 at the attribute and import customers with it"
            );
            let field = format!("declaration.inputs[{place}].feature");
            malformed(field, "UNKNOWN_FEATURE", text)
        }
        ForeignRefusal::NoAnswer { group, refusal } => match refusal {
            ScoreRefusal::Gap { input } => gap(declaration, input, refusal),
            other => no_answer(group, other),
        },
    }
}

/// Says which part of an input leaves open what a model reads for a customer.
fn gap(declaration: &Declaration, input: &str, refusal: &ScoreRefusal) -> Refusal {
    let declared = declaration.inputs.iter().find(|it| it.name == input);
    let (part, reason, text) = match declared.map(|declared| &declared.kind) {
        Some(Kind::Category { .. }) => (
            "category.levels",
            "UNKNOWN_LEVEL",
            "lacks a word that a customer has, or has none for customers without one, and only tree \
             ensembles read gaps: declare every word, or encode them as indicators"
                .to_owned(),
        ),
        _ => ("number.when_missing", "REQUIRED", refusal.to_string()),
    };
    malformed(
        format!("{}.{part}", place_of(declaration, input)),
        reason,
        text,
    )
}

fn no_answer(group: &str, refusal: &ScoreRefusal) -> Refusal {
    let cause = match refusal {
        ScoreRefusal::NoProbability { .. } => "no_probability",
        ScoreRefusal::Row(_) => "input_out_of_range",
        ScoreRefusal::OtherShape => "other_shape",
        ScoreRefusal::Gap { .. } => "gap",
        ScoreRefusal::Failed(_) => "failed",
    };
    let message = format!(
        "a customer of {group} gets no probability: {refusal}; mend the model and import it again, the \
         model in use stays"
    );
    Refusal::refused("MODEL_NOT_EVALUATED", message)
        .with("group", group)
        .with("cause", cause)
}

fn place_of(declaration: &Declaration, input: &str) -> String {
    let place = declaration.inputs.iter().position(|it| it.name == input);
    format!("declaration.inputs[{}]", place.unwrap_or_default())
}

fn malformed(field: String, reason: &'static str, description: String) -> Refusal {
    Refusal::malformed(vec![Violation {
        field,
        description,
        reason,
    }])
}
