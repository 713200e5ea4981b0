//! What a mapping file is read against, and when a record or field applies to a row.

use jiff::civil::Date;

use super::problem::Complaints;
use super::section::{Placed, Section};
use crate::vocabulary::nearest;

/// What a mapping file is read against.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// The columns of the source.
    pub(super) columns: Vec<String>,
    /// The day the source speaks of, if it is known.
    pub(super) as_of: Option<Date>,
}

impl Ground {
    pub(super) fn column(&self, name: &str) -> Result<usize, String> {
        self.columns
            .iter()
            .position(|column| column == name)
            .ok_or_else(|| {
                let hint = nearest(name, self.columns.iter().map(String::as_str));
                format!(
                    "the source has no column \"{name}\"; it has {}{hint}",
                    self.columns.join(", ")
                )
            })
    }

    pub(super) fn placed_column(
        &self,
        name: Placed<'_>,
        complaints: &mut Complaints<'_>,
    ) -> Option<usize> {
        self.column(name.text)
            .map_err(|problem| complaints.at(&name.place.span(), problem))
            .ok()
    }
}

/// A condition on one column.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    column: usize,
    words: Vec<String>,
    wanted: bool,
}

impl Condition {
    /// Reads `when`: one condition or a list of conditions that must all hold.
    pub(super) fn read_all(
        section: &Section<'_>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Vec<Self> {
        section
            .sections("when", complaints)
            .iter()
            .filter_map(|section| Self::read(section, ground, complaints))
            .collect()
    }

    fn read(
        section: &Section<'_>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        section.refuse_other_keys(&["column", "is", "is_not", "is_blank"], complaints);
        let column = section.text("column", complaints);
        if column.is_none() {
            complaints.at(section.place(), "a condition needs a column");
        }
        let given: Vec<_> = ["is", "is_not", "is_blank"]
            .into_iter()
            .filter(|key| section.has(key))
            .collect();
        let [key] = given[..] else {
            complaints.at(
                section.place(),
                "a condition needs one of is, is_not, is_blank",
            );
            return None;
        };
        let column = ground.placed_column(column?, complaints)?;
        if key == "is_blank" {
            let wanted = section.flag(key, complaints)?;
            return Some(Self {
                column,
                words: vec![String::new()],
                wanted,
            });
        }
        let words = section.texts(key, complaints);
        let words = words.iter().map(|word| word.text.to_owned()).collect();
        Some(Self {
            column,
            words,
            wanted: key == "is",
        })
    }

    pub(super) fn holds(&self, cells: &[&str]) -> bool {
        let cell = cells.get(self.column).copied().unwrap_or_default();
        self.words.iter().any(|word| word == cell) == self.wanted
    }
}
