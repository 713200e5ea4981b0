//! What the owner of a model says about it: its inputs in their order, and where it says the
//! probability.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use statistics::propensity::protected::is_protected;
use statistics::propensity::refusal::RowRefusal;
use statistics::propensity::schema::Value;

use crate::refusal::{LoadRefusal, ScoreRefusal};

/// The most inputs of a model.
pub const MOST_INPUTS: usize = 2_000;
/// The most levels of a category.
pub const MOST_LEVELS: usize = 10_000;

/// What the owner of a model says about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The inputs, in the order in which the model reads them.
    pub inputs: Vec<Input>,
    /// The output that holds the probability; needed where the file has several that could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name: of the column in a file of customers, and in the model where each input is one of
    /// its own.
    pub name: String,
    /// What a service knows it by, where that is another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// What its values are, and how the model reads them.
    pub kind: Kind,
}

/// What the values of an input are, and how the model reads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Kind {
    /// A finite number, read as it is.
    Number {
        /// What the model reads where the number is not known; not-a-number where this is absent,
        /// as tree ensembles have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when_missing: Option<f64>,
    },
    /// One of a list of words.
    Category {
        /// The words, in the order of training.
        levels: Vec<String>,
        /// How the model reads them.
        #[serde(default)]
        encoding: Encoding,
    },
}

/// How a model reads a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As the place of the word in the list, from zero; a word that is not in it, or none, is
    /// not-a-number.
    #[default]
    Place,
    /// As a column for each word, one in that of the word and zero in the others; a word that is
    /// not in the list, or none, is zero in all.
    Indicators,
}

/// Whether a model reads not-a-number as "not known".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// It does: each tree has a branch for it.
    Read,
    /// Whatever it would make of it, it was not trained to.
    Refused,
}

impl Declaration {
    /// Checks that the declaration can be meant.
    pub(crate) fn check(&self) -> Result<(), LoadRefusal> {
        let wrong = |why: String| Err(LoadRefusal::Declaration(why));
        if self.inputs.is_empty() || self.inputs.len() > MOST_INPUTS {
            return wrong(format!(
                "{} inputs: between 1 and {MOST_INPUTS} are needed",
                self.inputs.len()
            ));
        }
        let mut names = HashSet::new();
        for input in &self.inputs {
            if input.name.is_empty() || !names.insert(&input.name) {
                return wrong(format!(
                    "the name \"{}\" is empty or there twice",
                    input.name
                ));
            }
            // Under another name it is the same attribute.
            if is_protected(&input.name) || is_protected(input.feature()) {
                return Err(LoadRefusal::Protected {
                    input: input.name.clone(),
                });
            }
            if let Some(why) = input.kind.is_wrong() {
                return wrong(format!("{}: {why}", input.name));
            }
        }
        if self.width() > MOST_LEVELS {
            return wrong(format!(
                "{} columns, above the limit of {MOST_LEVELS}",
                self.width()
            ));
        }
        Ok(())
    }

    /// The numbers that the model reads of one customer.
    pub(crate) fn width(&self) -> usize {
        self.inputs.iter().map(|input| input.kind.width()).sum()
    }

    /// Adds the numbers that the model reads of one customer.
    pub(crate) fn encode(
        &self,
        row: &[Value<'_>],
        gaps: Gaps,
        numbers: &mut Vec<f32>,
    ) -> Result<(), ScoreRefusal> {
        if row.len() != self.inputs.len() {
            return Err(RowRefusal::OtherLength {
                have: row.len(),
                need: self.inputs.len(),
            }
            .into());
        }
        for (input, value) in self.inputs.iter().zip(row) {
            input.encode(*value, numbers)?;
            if gaps == Gaps::Refused && numbers.last().is_some_and(|number| number.is_nan()) {
                return Err(ScoreRefusal::Gap {
                    input: input.name.clone(),
                });
            }
        }
        Ok(())
    }
}

impl Kind {
    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Category {
                levels,
                encoding: Encoding::Indicators,
            } => levels.len(),
            _ => 1,
        }
    }

    fn is_wrong(&self) -> Option<String> {
        match self {
            Self::Number {
                when_missing: Some(value),
            } if !value.is_finite() => Some("what stands for a missing number is none".to_owned()),
            Self::Number { .. } => None,
            Self::Category { levels, .. } => {
                let distinct: HashSet<&String> = levels.iter().collect();
                let count = levels.len();
                let is_sound = (1..=MOST_LEVELS).contains(&count) && distinct.len() == count;
                (!is_sound).then(|| {
                    format!("{count} levels: between 1 and {MOST_LEVELS} different ones are needed")
                })
            }
        }
    }
}

impl Input {
    /// Returns what a service knows it by.
    pub fn feature(&self) -> &str {
        self.feature.as_deref().unwrap_or(&self.name)
    }

    fn encode(&self, value: Value<'_>, numbers: &mut Vec<f32>) -> Result<(), RowRefusal> {
        match (&self.kind, value) {
            (Kind::Number { when_missing }, Value::Missing) => {
                numbers.push(single(when_missing.unwrap_or(f64::NAN)));
                Ok(())
            }
            (Kind::Number { .. }, Value::Number(number)) if single(number).is_finite() => {
                numbers.push(single(number));
                Ok(())
            }
            (Kind::Number { .. }, Value::Number(_)) => Err(RowRefusal::NotFinite {
                input: self.name.clone(),
            }),
            (Kind::Number { .. }, Value::Category(_)) => Err(self.other_kind("a number")),
            (Kind::Category { .. }, Value::Number(_)) => Err(self.other_kind("a category")),
            (Kind::Category { levels, encoding }, word) => {
                let place = match word {
                    Value::Category(word) => levels.iter().position(|level| level == word),
                    _ => None,
                };
                encode_place(place, levels.len(), *encoding, numbers);
                Ok(())
            }
        }
    }

    fn other_kind(&self, expected: &'static str) -> RowRefusal {
        RowRefusal::OtherKind {
            input: self.name.clone(),
            expected,
        }
    }
}

fn encode_place(place: Option<usize>, levels: usize, encoding: Encoding, numbers: &mut Vec<f32>) {
    match encoding {
        Encoding::Place => {
            let place = place.and_then(|place| u16::try_from(place).ok());
            numbers.push(place.map_or(f32::NAN, f32::from));
        }
        Encoding::Indicators => {
            numbers.extend((0..levels).map(|level| if place == Some(level) { 1.0 } else { 0.0 }));
        }
    }
}

/// Models of others read single precision.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the models read single precision"
)]
fn single(number: f64) -> f32 {
    number as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(levels: &[&str], encoding: Encoding) -> Kind {
        let levels = levels.iter().map(|level| (*level).to_owned()).collect();
        Kind::Category { levels, encoding }
    }

    fn declaration(kinds: Vec<(&str, Kind)>) -> Declaration {
        let inputs = kinds.into_iter().map(|(name, kind)| Input {
            name: name.to_owned(),
            feature: None,
            kind,
        });
        Declaration {
            inputs: inputs.collect(),
            output: None,
        }
    }

    const NUMBER: Kind = Kind::Number { when_missing: None };

    #[test]
    fn a_row_is_read_as_declared() {
        let declaration = declaration(vec![
            ("tenure", NUMBER),
            ("contract", category(&["a", "b"], Encoding::Place)),
            ("payment", category(&["x", "y", "z"], Encoding::Indicators)),
            (
                "calls",
                Kind::Number {
                    when_missing: Some(-1.0),
                },
            ),
        ]);
        declaration.check().unwrap();
        assert_eq!(declaration.width(), 6);
        let encoded = |row: &[Value<'_>]| {
            let mut numbers = Vec::new();
            declaration
                .encode(row, Gaps::Read, &mut numbers)
                .map(|()| numbers)
        };
        let known = [
            Value::Number(2.5),
            Value::Category("b"),
            Value::Category("y"),
            Value::Number(3.0),
        ];
        assert_eq!(encoded(&known).unwrap(), [2.5, 1.0, 0.0, 1.0, 0.0, 3.0]);
        let unknown = [
            Value::Missing,
            Value::Category("c"),
            Value::Missing,
            Value::Missing,
        ];
        let numbers = encoded(&unknown).unwrap();
        assert!(numbers[0].is_nan() && numbers[1].is_nan());
        assert_eq!(numbers[2..], [0.0, 0.0, 0.0, -1.0]);
        let mut wrong = known;
        wrong[0] = Value::Number(1e300);
        assert!(matches!(
            encoded(&wrong),
            Err(ScoreRefusal::Row(RowRefusal::NotFinite { .. }))
        ));
        wrong[0] = Value::Category("2.5");
        assert!(matches!(
            encoded(&wrong),
            Err(ScoreRefusal::Row(RowRefusal::OtherKind { .. }))
        ));
        assert!(matches!(
            encoded(&known[1..]),
            Err(ScoreRefusal::Row(RowRefusal::OtherLength { .. }))
        ));
    }

    #[test]
    fn people_are_not_judged_by_what_is_protected() {
        let refusal = declaration(vec![("tenure", NUMBER), ("gender", NUMBER)]).check();
        let input = "gender".to_owned();
        assert_eq!(refusal, Err(LoadRefusal::Protected { input }));
        let mut renamed = declaration(vec![("x1", NUMBER)]);
        renamed.inputs[0].feature = Some("attribute.gender".to_owned());
        let input = "x1".to_owned();
        assert_eq!(renamed.check(), Err(LoadRefusal::Protected { input }));
    }

    #[test]
    fn contradictions_are_refused() {
        let nothing = |kinds| declaration(kinds).check().unwrap_err().to_string();
        assert!(nothing(vec![]).contains("0 inputs"));
        assert!(nothing(vec![("a", NUMBER), ("a", NUMBER)]).contains("there twice"));
        let twice = category(&["x", "x"], Encoding::Place);
        assert!(nothing(vec![("a", twice)]).contains("2 levels"));
        let none = Kind::Number {
            when_missing: Some(f64::NAN),
        };
        assert!(nothing(vec![("a", none)]).contains("missing number"));
    }
}
