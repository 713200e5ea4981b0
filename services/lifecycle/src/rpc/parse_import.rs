//! A declaration of somebody else's model becomes a command, with every violation at once.

use std::collections::{BTreeSet, HashSet};

use contract::lifecycle::v1 as wire;
use edge::violations::Violations;
use foreign_model::declaration::{Declaration, Encoding, Input, Kind, MOST_INPUTS, MOST_LEVELS};
use kernel::id::{BusinessLine, Request};
use kernel::refusal::Refusal;
use prost::Message;
use statistics::propensity::protected::is_protected;

use crate::domain::propensity::features::FeatureKind;
use crate::usecase::ImportModel;

/// How many characters the name of an input, a word or an output may have.
const MAX_NAME: usize = 200;
/// How many characters may say who trained a model.
const MAX_TRAINED_BY: usize = 200;
/// How many characters may say what it is.
const MAX_DESCRIPTION: usize = 500;
/// How many lines it may be for.
const MAX_LINES: usize = 100;

/// Checks a declaration; the file is still to come.
pub(super) fn declaration(declared: &wire::ModelDeclaration) -> Result<ImportModel, Refusal> {
    let mut checks = Violations::default();
    let wanted = checks.within("declaration", |checks| parse(declared, checks));
    checks.finish(|| wanted)
}

fn parse(declared: &wire::ModelDeclaration, checks: &mut Violations) -> Option<ImportModel> {
    if declared.inputs.is_empty() {
        checks.add("inputs", "REQUIRED", "must name what the model reads");
    }
    let inputs = checks.at_most("inputs", &declared.inputs, MOST_INPUTS);
    let inputs = inputs.and_then(|declared| self::inputs(declared, checks));
    let output = checks.text("output", &declared.output, MAX_NAME);
    if let Some(lines) = checks.at_most("business_lines", &declared.business_lines, MAX_LINES) {
        for (place, line) in lines.iter().enumerate() {
            checks.id::<BusinessLine>(&format!("business_lines[{place}]"), line);
        }
    }
    let trained_by = checks.required_text("trained_by", &declared.trained_by, MAX_TRAINED_BY);
    let description = checks.text("description", &declared.description, MAX_DESCRIPTION);
    checks.optional_id::<Request>("request_id", &declared.request_id);
    Some(ImportModel {
        declaration: Declaration {
            inputs: inputs?,
            output: output.filter(|output| !output.is_empty()),
        },
        business_lines: declared
            .business_lines
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>(),
        trained_by: trained_by?,
        description: description?,
        file: Vec::new(),
        request: (!declared.request_id.is_empty())
            .then(|| (declared.request_id.clone(), declared.encode_to_vec())),
    })
}

fn inputs(declared: &[wire::ModelInput], checks: &mut Violations) -> Option<Vec<Input>> {
    let mut names = HashSet::new();
    let parsed: Vec<Option<Input>> = declared
        .iter()
        .enumerate()
        .map(|(place, declared)| {
            checks.within(format_args!("inputs[{place}]"), |checks| {
                if !names.insert(declared.name.as_str()) {
                    checks.add("name", "TWICE", "must be there only once");
                }
                input(declared, checks)
            })
        })
        .collect();
    parsed.into_iter().collect()
}

fn input(declared: &wire::ModelInput, checks: &mut Violations) -> Option<Input> {
    let name = checks.required_text("name", &declared.name, MAX_NAME);
    let feature = checks.text("feature", &declared.feature, MAX_NAME);
    let kind = kind(declared.kind.as_ref(), checks);
    let input = Input {
        name: name?,
        feature: feature.filter(|feature| !feature.is_empty()),
        kind: kind?,
    };
    let is_number = matches!(input.kind, Kind::Number { .. });
    let (reason, text) = match FeatureKind::of(input.feature()) {
        _ if is_protected(input.feature()) || is_protected(&input.name) => {
            ("PROTECTED", "is what people may not be judged by")
        }
        None => (
            "UNKNOWN_FEATURE",
            "is nothing that is known of a customer: ModelInput.feature in the contract, or `rekindle \
             model import --help`, lists the names there are",
        ),
        Some(FeatureKind::Number) if !is_number => ("OTHER_KIND", "is a number: declare it as one"),
        Some(FeatureKind::Word) if is_number => ("OTHER_KIND", "is a word: declare a category"),
        Some(_) => return Some(input),
    };
    checks.add("feature", reason, text);
    None
}

fn kind(declared: Option<&wire::model_input::Kind>, checks: &mut Violations) -> Option<Kind> {
    match declared {
        None => {
            checks.add("kind", "REQUIRED", "must be a number or a category");
            None
        }
        Some(wire::model_input::Kind::Number(number)) => {
            let when_missing = number.when_missing;
            if when_missing.is_some_and(|number| !number.is_finite()) {
                let text = "must be a finite number, or left out";
                checks.add("number.when_missing", "NOT_FINITE", text);
                return None;
            }
            Some(Kind::Number { when_missing })
        }
        Some(wire::model_input::Kind::Category(category)) => {
            checks.within("category", |checks| self::category(category, checks))
        }
    }
}

fn category(declared: &wire::CategoryInput, checks: &mut Violations) -> Option<Kind> {
    let encoding = checks.optional_known("encoding", declared.encoding);
    let distinct: HashSet<&String> = declared.levels.iter().collect();
    let count = declared.levels.len();
    let is_long = |level: &String| level.chars().count() > MAX_NAME;
    if !(1..=MOST_LEVELS).contains(&count) || distinct.len() != count {
        let text = format!("must be between 1 and {MOST_LEVELS} different words");
        checks.add("levels", "OUT_OF_RANGE", text);
        return None;
    }
    if let Some(place) = declared.levels.iter().position(is_long) {
        let text = format!("must have at most {MAX_NAME} characters");
        checks.add(format_args!("levels[{place}]"), "TOO_LONG", text);
        return None;
    }
    let encoding = match encoding? {
        wire::CategoryEncoding::Unspecified | wire::CategoryEncoding::Place => Encoding::Place,
        wire::CategoryEncoding::Indicators => Encoding::Indicators,
    };
    Some(Kind::Category {
        levels: declared.levels.clone(),
        encoding,
    })
}
