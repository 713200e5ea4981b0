//! `rekindle model import`: a propensity model that somebody else trained becomes a candidate.

use std::path::PathBuf;

use clap::Args;
use contract::lifecycle::v1::import_model_request::Part;
use contract::lifecycle::v1::model_input::Kind as DeclaredKind;
use contract::lifecycle::v1::{
    CategoryEncoding, CategoryInput, ImportModelRequest, ModelDeclaration, ModelInput, NumberInput,
};
use foreign_model::declaration::{Declaration, Encoding, Input, Kind};

use super::evaluate_foreign::{read_declaration, read_model};
use super::model::{next_step, without_model};
use crate::client::{STREAMING, Services, new_request_id};
use crate::failure::{Exit, Failure};
use crate::json as documents;
use crate::output::Output;
use crate::progress::Progress;
use crate::screen::{self, words};

const METHOD: &str = "rekindle.lifecycle.v1.ModelService/ImportModel";
/// The bytes of one piece: well below what the service takes.
const PIECE: usize = 256 * 1024;

/// Import a propensity model that somebody else trained, an ONNX file: a candidate, until it is
/// activated.
///
/// It is judged on the customers held, as a fit of ours is. The declaration names the inputs in the
/// order in which the model reads them, as for `model evaluate --onnx`; where the model's name for an
/// input is not the service's, say both:
///
///     [[inputs]]
///     name = "Contract"
///     feature = "contract_kind"
///     kind = { category = { levels = ["month_to_month", "one_year", "two_year"] } }
///
/// The service knows, and of attributes those that models may look at:
///
///     tenure_months, monthly_price, months_to_commitment_end, lifetimes_before,
///     live_subscriptions, purchases_lately, contract_kind, product, attribute.NAME
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ImportModel {
    /// The ONNX file.
    #[arg(value_name = "FILE.onnx")]
    file: PathBuf,

    /// What the model reads.
    #[arg(long, value_name = "DECLARATION.toml")]
    inputs: PathBuf,

    /// A business line it is for, as often as there are; without any, every line it can be judged in.
    #[arg(long = "line", value_name = "LINE")]
    lines: Vec<String>,

    /// Who trained it; it is kept.
    #[arg(long, default_value = "command-line", value_name = "NAME")]
    trained_by: String,

    /// What it is; it is kept.
    #[arg(
        long,
        default_value = "",
        hide_default_value = true,
        value_name = "TEXT"
    )]
    description: String,
}

impl ImportModel {
    /// Sends the model, shows how its evaluation goes, and what came of it.
    pub(super) async fn run(&self, services: &Services, output: Output) -> Result<(), Failure> {
        let declared = read_declaration(&self.inputs)?;
        let messages = self.messages(declared, &read_model(&self.file)?);
        let mut progress = Progress::begin_share(output, "model");
        let mut models = services.models();
        let stream = futures::stream::iter(messages);
        let mut steps = services
            .call(METHOD, STREAMING, stream, |request| async move {
                models.import_model(request).await
            })
            .await?;
        let mut imported = None;
        while let Some(step) = next_step(services, METHOD, &mut steps)
            .await
            .map_err(of_the_files)?
        {
            progress.reached_share(step.progress, words::spoken(&step.step));
            imported = step.model.or(imported);
        }
        let model = imported.ok_or_else(|| without_model(services))?;
        progress.end(screen::model_line(&model));
        output.result(&documents::model(&model), |_| {
            screen::imported_model(&model)
        })
    }

    fn messages(&self, declared: Declaration, file: &[u8]) -> Vec<ImportModelRequest> {
        let declaration = ModelDeclaration {
            inputs: declared.inputs.into_iter().map(input).collect(),
            output: declared.output.unwrap_or_default(),
            business_lines: self.lines.clone(),
            trained_by: self.trained_by.clone(),
            description: self.description.clone(),
            request_id: new_request_id(),
        };
        let pieces = file.chunks(PIECE).map(|piece| Part::Piece(piece.to_vec()));
        std::iter::once(Part::Declaration(declaration))
            .chain(pieces)
            .map(|part| ImportModelRequest { part: Some(part) })
            .collect()
    }
}

/// What is wrong with the model or its declaration ends as it does where they are read here.
fn of_the_files(failure: Failure) -> Failure {
    match failure.reason_name() {
        Some("INVALID_FIELD") => failure.exiting(Exit::BadInput),
        _ => failure,
    }
}

fn input(declared: Input) -> ModelInput {
    let kind = match declared.kind {
        Kind::Number { when_missing } => DeclaredKind::Number(NumberInput { when_missing }),
        Kind::Category { levels, encoding } => {
            let encoding = match encoding {
                Encoding::Place => CategoryEncoding::Place,
                Encoding::Indicators => CategoryEncoding::Indicators,
            };
            DeclaredKind::Category(CategoryInput {
                levels,
                encoding: encoding.into(),
            })
        }
    };
    ModelInput {
        name: declared.name,
        feature: declared.feature.unwrap_or_default(),
        kind: Some(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_and_a_file_become_messages() {
        let declared = toml::from_str(
            r#"
            output = "probabilities"
            [[inputs]]
            name = "Charge"
            feature = "monthly_price"
            kind = { number = { when_missing = 0.5 } }
            [[inputs]]
            name = "contract_kind"
            kind = { category = { levels = ["one_year"], encoding = "indicators" } }
            "#,
        );
        let wanted = ImportModel {
            file: PathBuf::new(),
            inputs: PathBuf::new(),
            lines: vec!["telecom".to_owned()],
            trained_by: "north".to_owned(),
            description: String::new(),
        };
        let file = vec![7; PIECE + 3];
        let mut messages = wanted.messages(declared.unwrap(), &file).into_iter();
        let Some(Part::Declaration(declaration)) = messages.next().and_then(|it| it.part) else {
            panic!("the first message declares");
        };
        assert_eq!(declaration.output, "probabilities");
        assert_eq!(declaration.business_lines, ["telecom"]);
        assert!(!declaration.request_id.is_empty());
        let inputs = &declaration.inputs;
        assert_eq!(inputs[0].feature, "monthly_price");
        let half = NumberInput {
            when_missing: Some(0.5),
        };
        assert_eq!(inputs[0].kind, Some(DeclaredKind::Number(half)));
        let Some(DeclaredKind::Category(category)) = &inputs[1].kind else {
            panic!("the second input is a category");
        };
        assert_eq!(category.encoding(), CategoryEncoding::Indicators);
        let pieces: Vec<usize> = messages
            .map(|message| match message.part {
                Some(Part::Piece(piece)) => piece.len(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(pieces, [PIECE, 3]);
    }
}
