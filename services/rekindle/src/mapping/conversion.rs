//! Which converter a field uses, and with which options.

use std::collections::BTreeMap;

use jiff::civil::Date;
use kernel::money::Currency;
use toml::Spanned;
use toml::de::DeValue;

use super::build::Value;
use super::condition::Ground;
use super::convert;
use super::fields::{Field, FieldType};
use super::problem::Complaints;
use super::section::{Section, placed};
use crate::vocabulary::{Vocabulary, nearest};

/// How a text becomes a typed value.
#[derive(Clone, Debug)]
pub(super) enum Conversion {
    Text(Option<BTreeMap<String, String>>),
    Word(Vocabulary, Option<BTreeMap<String, i32>>),
    Day(String),
    MonthsBefore(Date),
    Money(Currency),
    Count,
    Flag { yes: Vec<String>, no: Vec<String> },
}

pub(super) fn known_as_of(
    section: &Section<'_>,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Option<Date> {
    if ground.as_of.is_none() {
        let message = "needs a day: write as_of into [source], or give --as-of";
        complaints.at(section.place(), message);
    }
    ground.as_of
}

impl Conversion {
    /// The conversion of a field that is only given a column.
    pub(super) fn plain(
        field: &Field,
        value: &Spanned<DeValue<'_>>,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        let lacking = match field.kind {
            FieldType::Text => return Some(Self::Text(None)),
            FieldType::Word(vocabulary) => return Some(Self::Word(vocabulary, None)),
            FieldType::Count => return Some(Self::Count),
            FieldType::Flag => return Some(Self::default_flag()),
            FieldType::Instant => "date or months_before_as_of",
            FieldType::Money => "currency",
        };
        let message = format!(
            "{} is {}: write {{ column = …, {lacking} = … }}",
            field.name,
            field.kind.described()
        );
        complaints.at(&value.span(), message);
        None
    }

    fn default_flag() -> Self {
        let words = |words: [&str; 3]| words.map(str::to_owned).to_vec();
        Self::Flag {
            yes: words(["yes", "true", "1"]),
            no: words(["no", "false", "0"]),
        }
    }

    pub(super) fn read(
        field: &Field,
        section: &Section<'_>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        match field.kind {
            FieldType::Text => Some(Self::Text(read_map(section, complaints, |word| {
                Ok(word.to_owned())
            }))),
            FieldType::Word(vocabulary) => {
                let map = read_map(section, complaints, |word| vocabulary.number(word));
                Some(Self::Word(vocabulary, map))
            }
            FieldType::Count => Some(Self::Count),
            FieldType::Flag => Some(Self::read_flag(section, complaints)),
            FieldType::Money => {
                let Some(code) = section.text("currency", complaints) else {
                    let message = format!("{} needs a currency", field.name);
                    complaints.at(section.place(), message);
                    return None;
                };
                Currency::parse(code.text)
                    .map_err(|error| complaints.at(&code.place.span(), error.to_string()))
                    .map(Self::Money)
                    .ok()
            }
            FieldType::Instant => Self::read_instant(field, section, ground, complaints),
        }
    }

    fn read_instant(
        field: &Field,
        section: &Section<'_>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        let iso = || Some(Self::Day("%Y-%m-%d".to_owned()));
        if section.has("months_before_as_of") {
            section.flag("months_before_as_of", complaints);
            return known_as_of(section, ground, complaints).map(Self::MonthsBefore);
        }
        match section.text("date", complaints) {
            Some(format) => Some(Self::Day(format.text.to_owned())),
            None if !section.has("column") && !section.has("text") => iso(),
            None => {
                let message = format!("{} needs date or months_before_as_of", field.name);
                complaints.at(section.place(), message);
                None
            }
        }
    }

    fn read_flag(section: &Section<'_>, complaints: &mut Complaints<'_>) -> Self {
        let mut words = |key| -> Vec<String> {
            section
                .texts(key, complaints)
                .iter()
                .map(|word| word.text.to_owned())
                .collect()
        };
        let (yes, no) = (words("yes"), words("no"));
        if yes.is_empty() && no.is_empty() {
            Self::default_flag()
        } else {
            Self::Flag { yes, no }
        }
    }

    /// The typed value of a text.
    pub(super) fn convert(&self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text(None) => Ok(Value::Text(text.to_owned())),
            Self::Text(Some(map)) => mapped(map, text).map(Value::Text),
            Self::Word(_, Some(map)) => mapped(map, text).map(Value::Word),
            Self::Word(vocabulary, None) => vocabulary.number(text).map(Value::Word),
            Self::Day(format) => convert::date(text, format).map(Value::Instant),
            Self::MonthsBefore(day) => convert::months_before(text, *day).map(Value::Instant),
            Self::Money(currency) => convert::money(text, *currency)
                .map(|minor| Value::Money(minor, currency.code().to_owned())),
            Self::Count => convert::count(text).map(Value::Count),
            Self::Flag { yes, no } => convert::flag(text, yes, no).map(Value::Flag),
        }
    }
}

fn read_map<T>(
    section: &Section<'_>,
    complaints: &mut Complaints<'_>,
    word: impl Fn(&str) -> Result<T, String>,
) -> Option<BTreeMap<String, T>> {
    let map = section.section("map", complaints)?;
    let mut words = BTreeMap::new();
    for (key, _, value) in map.entries() {
        let Some(text) = placed(value, complaints, || "map gives texts for texts".to_owned())
        else {
            continue;
        };
        match word(text.text) {
            Ok(target) => drop(words.insert(key.to_owned(), target)),
            Err(problem) => complaints.at(&value.span(), problem),
        }
    }
    Some(words)
}

fn mapped<T: Clone>(map: &BTreeMap<String, T>, text: &str) -> Result<T, String> {
    map.get(text).cloned().ok_or_else(|| {
        let known: Vec<&str> = map.keys().map(String::as_str).collect();
        let hint = nearest(text, known.iter().copied());
        format!("\"{text}\" is not in the map ({}){hint}", known.join(", "))
    })
}
