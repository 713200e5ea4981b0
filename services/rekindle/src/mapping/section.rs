//! A table of a mapping file, read key by key; whatever does not fit becomes a problem with its
//! place, and reading goes on.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Complaints;
use crate::vocabulary::nearest;

/// A text of the file and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'doc> {
    pub(super) text: &'doc str,
    pub(super) place: &'doc Spanned<DeValue<'doc>>,
}

/// One table of the file.
#[derive(Clone, Debug)]
pub(super) struct Section<'doc> {
    table: &'doc DeTable<'doc>,
    place: Range<usize>,
    name: String,
}

impl<'doc> Section<'doc> {
    pub(super) fn root(document: &'doc Spanned<DeTable<'doc>>) -> Self {
        Self {
            table: document.get_ref(),
            place: 0..0,
            name: "the file".to_owned(),
        }
    }

    /// The table that a value is, if it is one.
    pub(super) fn of(name: &str, value: &'doc Spanned<DeValue<'doc>>) -> Option<Self> {
        Some(Self {
            table: value.get_ref().as_table()?,
            place: value.span(),
            name: name.to_owned(),
        })
    }

    pub(super) fn place(&self) -> &Range<usize> {
        &self.place
    }

    /// Refuses every key that is not known here.
    pub(super) fn refuse_other_keys(&self, known: &[&str], complaints: &mut Complaints<'_>) {
        for key in self.table.keys() {
            let text = key.get_ref().as_ref();
            if !known.contains(&text) {
                let hint = nearest(text, known.iter().copied());
                let known = known.join(", ");
                let message = format!(
                    "unknown key \"{text}\" in {}; known: {known}{hint}",
                    self.name
                );
                complaints.at(&key.span(), message);
            }
        }
    }

    /// Every key with its place and value.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'doc str, Range<usize>, &'doc Spanned<DeValue<'doc>>)> + use<'doc>
    {
        self.table
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    pub(super) fn value(&self, key: &str) -> Option<&'doc Spanned<DeValue<'doc>>> {
        self.table.get(key)
    }

    pub(super) fn text(&self, key: &str, complaints: &mut Complaints<'_>) -> Option<Placed<'doc>> {
        let value = self.value(key)?;
        placed(value, complaints, || {
            format!("{key} of {} must be a text in quotes", self.name)
        })
    }

    pub(super) fn flag(&self, key: &str, complaints: &mut Complaints<'_>) -> Option<bool> {
        let value = self.value(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            complaints.at(
                &value.span(),
                format!("{key} of {} must be true or false", self.name),
            );
        }
        flag
    }

    /// A list of texts; a single text is a list of one.
    pub(super) fn texts(&self, key: &str, complaints: &mut Complaints<'_>) -> Vec<Placed<'doc>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let wanted = || format!("{key} of {} must be a list of texts in quotes", self.name);
        match value.get_ref().as_array() {
            Some(items) => items
                .iter()
                .filter_map(|item| placed(item, complaints, wanted))
                .collect(),
            None => placed(value, complaints, wanted).into_iter().collect(),
        }
    }

    pub(super) fn section(&self, key: &str, complaints: &mut Complaints<'_>) -> Option<Self> {
        let value = self.value(key)?;
        let section = Self::of(&format!("[{key}]"), value);
        if section.is_none() {
            complaints.at(
                &value.span(),
                format!("{key} of {} must be a table", self.name),
            );
        }
        section
    }

    /// A list of tables; a single table is a list of one.
    pub(super) fn sections(&self, key: &str, complaints: &mut Complaints<'_>) -> Vec<Self> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let array = value.get_ref().as_array();
        let items: Vec<_> = array.map_or_else(|| vec![value], |array| array.iter().collect());
        let mut sections = Vec::new();
        for item in items {
            match Self::of(&format!("[[{key}]]"), item) {
                Some(section) => sections.push(section),
                None => complaints.at(&item.span(), format!("{key} must be a table")),
            }
        }
        sections
    }
}

/// The text of a value, or a problem at its place.
pub(super) fn placed<'doc>(
    value: &'doc Spanned<DeValue<'doc>>,
    complaints: &mut Complaints<'_>,
    wanted: impl Fn() -> String,
) -> Option<Placed<'doc>> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        complaints.at(&value.span(), wanted());
    }
    text.map(|text| Placed { text, place: value })
}
