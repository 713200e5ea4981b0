//! How one field gets its value from a row.

use toml::Spanned;
use toml::de::DeValue;

use super::build::Value;
use super::condition::{Condition, Ground};
use super::conversion::{Conversion, known_as_of};
use super::convert;
use super::fields::{Field, FieldType};
use super::problem::Complaints;
use super::section::{Placed, Section, placed};
use super::template::{RowView, Template};

/// Where the text of a value comes from.
#[derive(Clone, Debug)]
enum Origin {
    Column(usize),
    Template(Template),
    Fixed(Value),
}

/// How one field gets its value.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) field: &'static Field,
    origin: Origin,
    conversion: Conversion,
    conditions: Vec<Condition>,
}

const ORIGINS: [&str; 4] = ["column", "text", "constant", "as_of"];

impl Rule {
    /// Reads a rule: a text in quotes names a column, a table says more.
    pub(super) fn read(
        field: &'static Field,
        value: &Spanned<DeValue<'_>>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        if let Some(name) = value.get_ref().as_str() {
            let column = ground.placed_column(
                Placed {
                    text: name,
                    place: value,
                },
                complaints,
            )?;
            let conversion = Conversion::plain(field, value, complaints)?;
            let origin = Origin::Column(column);
            return Some(Self {
                field,
                origin,
                conversion,
                conditions: Vec::new(),
            });
        }
        let Some(section) = Section::of(field.name, value) else {
            let message = format!("{} must name a column or be a table", field.name);
            complaints.at(&value.span(), message);
            return None;
        };
        let mut known = ORIGINS.to_vec();
        known.extend(field.kind.options());
        known.push("when");
        section.refuse_other_keys(&known, complaints);
        let conditions = Condition::read_all(&section, ground, complaints);
        let conversion = Conversion::read(field, &section, ground, complaints);
        let origin = Origin::read(field, &section, ground, conversion.as_ref(), complaints);
        Some(Self {
            field,
            origin: origin?,
            conversion: conversion?,
            conditions,
        })
    }

    /// The value for a row: none when the rule does not apply or the cell is blank.
    pub(super) fn value(&self, view: RowView<'_>) -> Result<Option<Value>, String> {
        if !self
            .conditions
            .iter()
            .all(|condition| condition.holds(view.cells))
        {
            return Ok(None);
        }
        let text = match &self.origin {
            Origin::Fixed(value) => return Ok(Some(value.clone())),
            Origin::Column(index) => view.cells.get(*index).map(|cell| (*cell).to_owned()),
            Origin::Template(template) => template.fill(view),
        };
        match text.filter(|text| !text.is_empty()) {
            Some(text) => self.conversion.convert(&text).map(Some),
            None => Ok(None),
        }
    }

    /// The column the value comes from, for messages.
    pub(super) fn column<'columns>(&self, columns: &'columns [String]) -> Option<&'columns str> {
        match self.origin {
            Origin::Column(index) => columns.get(index).map(String::as_str),
            _ => None,
        }
    }

    pub(super) fn counts_occurrences(&self) -> bool {
        matches!(&self.origin, Origin::Template(template) if template.counts_occurrences())
    }
}

impl Origin {
    fn read(
        field: &Field,
        section: &Section<'_>,
        ground: &Ground,
        conversion: Option<&Conversion>,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        let given: Vec<_> = ORIGINS.into_iter().filter(|key| section.has(key)).collect();
        let [origin] = given[..] else {
            let message = format!("{} needs one of {}", field.name, ORIGINS.join(", "));
            complaints.at(section.place(), message);
            return None;
        };
        match origin {
            "column" => {
                let name = section.text("column", complaints)?;
                ground.placed_column(name, complaints).map(Self::Column)
            }
            "text" => {
                let text = section.text("text", complaints)?;
                Template::read(text.text, |name| ground.column(name))
                    .map_err(|problems| {
                        for problem in problems {
                            complaints.at(&text.place.span(), problem);
                        }
                    })
                    .map(Self::Template)
                    .ok()
            }
            "constant" => constant(field, section, conversion?, complaints).map(Self::Fixed),
            _ => as_of(field, section, ground, complaints).map(Self::Fixed),
        }
    }
}

fn constant(
    field: &Field,
    section: &Section<'_>,
    conversion: &Conversion,
    complaints: &mut Complaints<'_>,
) -> Option<Value> {
    let value = section.value("constant")?;
    let text = match value.get_ref() {
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Integer(number) => number.to_string(),
        _ => placed(value, complaints, || {
            "constant must be a text, number or boolean".to_owned()
        })?
        .text
        .to_owned(),
    };
    conversion
        .convert(&text)
        .map_err(|problem| complaints.at(&value.span(), format!("{}: {problem}", field.name)))
        .ok()
}

fn as_of(
    field: &Field,
    section: &Section<'_>,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Option<Value> {
    if !matches!(field.kind, FieldType::Instant) {
        let message = format!(
            "as_of is a day, but {} is {}",
            field.name,
            field.kind.described()
        );
        complaints.at(section.place(), message);
        return None;
    }
    if section.flag("as_of", complaints) == Some(false) {
        complaints.at(
            section.place(),
            "as_of can only be true; leave it out otherwise",
        );
    }
    let day = known_as_of(section, ground, complaints)?;
    convert::midnight(day).map(Value::Instant).ok()
}
