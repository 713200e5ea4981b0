//! `rekindle model evaluate --onnx`: how well a model that somebody else trained foretells who leaves.

use std::path::Path;

use foreign_model::declaration::{Declaration, Kind};
use foreign_model::model::{ForeignModel, LARGEST_FILE};
use foreign_model::refusal::{EvaluationRefusal, LoadRefusal, ScoreRefusal};
use statistics::propensity::evaluation::Figures;
use statistics::propensity::schema::Value;

use crate::failure::{Exit, Failure};
use crate::labelled::{Outcome, Table};

/// A longer declaration is not read, in bytes.
const LONGEST_DECLARATION: u64 = 1024 * 1024;

/// Loads a model with its declaration and judges it on labelled customers.
pub(super) fn evaluate(
    onnx: &Path,
    declaration: &Path,
    table: &Table,
    outcome: &Outcome,
) -> Result<Figures, Failure> {
    let model = load(onnx, declaration)?;
    let rows: Result<Vec<Vec<Value<'_>>>, Failure> = (0..table.rows())
        .map(|row| values(table, row, model.declaration()))
        .collect();
    model.evaluate(&rows?, &outcome.labels).map_err(|refusal| {
        if let EvaluationRefusal::Row { row, refusal } = &refusal
            && let ScoreRefusal::Gap { input } = refusal
            && let Some(failure) = other_level(table, *row, input, model.declaration())
        {
            return failure;
        }
        let problem = match &refusal {
            EvaluationRefusal::Row { row, refusal } => {
                format!("line {}: {refusal}", table.line(*row))
            }
            other => other.to_string(),
        };
        table.unusable(problem)
    })
}

fn load(onnx: &Path, declaration: &Path) -> Result<ForeignModel, Failure> {
    let declared = read_declaration(declaration)?;
    let bytes = read_model(onnx)?;
    ForeignModel::load(&bytes, declared).map_err(|refusal| {
        let advice = match &refusal {
            LoadRefusal::Unreadable(_) => "check that it is the model's file, or export it anew",
            _ => "compare the model with its declaration, or export it anew",
        };
        unusable(onnx, &refusal).advice(advice)
    })
}

/// Reads what somebody says of a model.
pub(super) fn read_declaration(declaration: &Path) -> Result<Declaration, Failure> {
    let text = read(declaration, LONGEST_DECLARATION)?;
    let wrong = |why: &dyn std::fmt::Display| {
        unusable(declaration, why)
            .advice("declare the inputs in the order of the model: see --help")
    };
    let text = String::from_utf8(text).map_err(|error| wrong(&error))?;
    toml::from_str(&text).map_err(|error| wrong(&error))
}

/// Reads the file of a model.
pub(super) fn read_model(onnx: &Path) -> Result<Vec<u8>, Failure> {
    read(onnx, u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX))
}

/// Reads a file, unless it is too large.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)
        .map_err(|error| unusable(path, &error).advice("check the name and the permissions"))?;
    file.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| unusable(path, &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > most {
        return Err(unusable(path, &format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

fn unusable(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Exit::BadInput,
        format!("{} cannot be used: {why}", path.display()),
    )
}

/// One customer's values in the order of the declaration.
fn values<'a>(
    table: &'a Table,
    row: usize,
    declaration: &Declaration,
) -> Result<Vec<Value<'a>>, Failure> {
    let inputs = declaration.inputs.iter();
    inputs
        .map(|input| {
            table.column(&input.name)?;
            let value = table.value(row, &input.name, false);
            let (Kind::Number { .. }, Value::Category(text)) = (&input.kind, value) else {
                return Ok(value);
            };
            let number = text.parse().map(Value::Number);
            number.map_err(|_| {
                let line = table.line(row);
                let problem = format!("line {line}, column {}: {text} is not a number", input.name);
                table
                    .unusable(problem)
                    .advice("leave it blank where it is not known")
            })
        })
        .collect()
}

/// The word of a row that the declaration lacks, which is not the same as one that is not known.
fn other_level(
    table: &Table,
    row: usize,
    input: &str,
    declaration: &Declaration,
) -> Option<Failure> {
    let Value::Category(word) = table.value(row, input, false) else {
        return None;
    };
    let declared = declaration.inputs.iter().find(|it| it.name == input)?;
    let Kind::Category { levels, .. } = &declared.kind else {
        return None;
    };
    let line = table.line(row);
    let problem = format!("line {line}, column {input}: the declaration has no level \"{word}\"");
    let advice = format!("declared are: {}", levels.join(", "));
    Some(table.unusable(problem).advice(advice))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const DECLARATION: &str = r#"
        [[inputs]]
        name = "tenure_months"
        kind = { number = {} }
        [[inputs]]
        name = "monthly_charge"
        kind = { number = {} }
        [[inputs]]
        name = "support_calls"
        kind = { number = { when_missing = 0.0 } }
        [[inputs]]
        name = "contract"
        kind = { category = { levels = ["month_to_month", "one_year", "two_year"] } }
    "#;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../shared/foreign_model/fixtures")
            .join(name)
    }

    /// A folder with a declaration and the customers beside the models, of whom some left.
    struct Files(PathBuf);

    impl Files {
        fn write(name: &str, change: impl Fn(String) -> String) -> Self {
            let folder = std::env::temp_dir().join(format!("rk-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let rows = std::fs::read_to_string(fixture("rows.csv")).unwrap();
            let labelled: Vec<String> = rows
                .lines()
                .zip(std::iter::once("left").chain(["no", "yes", "no"].into_iter().cycle()))
                .map(|(row, left)| format!("{row},{left}"))
                .collect();
            std::fs::write(folder.join("rows.csv"), change(labelled.join("\n"))).unwrap();
            std::fs::write(folder.join("inputs.toml"), DECLARATION).unwrap();
            Self(folder)
        }

        fn evaluate(&self, model: &str) -> Result<Figures, Failure> {
            let table = Table::read(&self.0.join("rows.csv"))?;
            let outcome = Outcome::read(&table, "left", None)?;
            let declaration = self.0.join("inputs.toml");
            evaluate(&fixture(model), &declaration, &table, &outcome)
        }
    }

    impl Drop for Files {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_model_from_elsewhere_is_judged_on_a_file() {
        let files = Files::write("judged", |rows| rows);
        let figures = files.evaluate("logistic.onnx").unwrap();
        assert_eq!((figures.rows, figures.events), (40, 13));
        assert!(figures.log_loss > 0.0 && (0.0..=1.0).contains(&figures.auc));
    }

    #[test]
    fn what_cannot_be_judged_is_named() {
        let files = Files::write("named", |rows| rows.replacen("\n65,", "\nsome,", 1));
        let failure = files.evaluate("logistic.onnx").unwrap_err();
        assert_eq!(failure.exit(), Exit::BadInput);
        assert!(
            failure
                .message()
                .contains("line 2, column tenure_months: some is not a number")
        );
        let files = Files::write("unknown", |rows| rows.replacen("\n65,", "\n,", 1));
        let failure = files.evaluate("logistic.onnx").unwrap_err();
        assert!(
            failure
                .message()
                .contains("line 2: tenure_months is not known")
        );
        let files = Files::write("level", |rows| {
            rows.replacen("month_to_month", "monthly", 1)
        });
        let failure = files.evaluate("logistic.onnx").unwrap_err();
        assert!(
            failure
                .message()
                .contains("column contract: the declaration has no level \"monthly\""),
            "{failure}"
        );
        let files = Files::write("column", |rows| rows.replacen("contract", "treaty", 1));
        let failure = files.evaluate("logistic.onnx").unwrap_err();
        assert!(
            failure
                .message()
                .contains("there is no column \"contract\"")
        );
        let failure = files.evaluate("rows.csv").unwrap_err();
        assert_eq!(failure.exit(), Exit::BadInput);
        assert!(failure.message().contains("rows.csv cannot be used"));
    }
}
