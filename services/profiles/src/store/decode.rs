//! From columns to the domain's words. What does not fit is reported as inconsistent data, with
//! the place and never with the value.

use jiff_sqlx::ToSqlx;
use kernel::id::Id;
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use storage::StoreError;

use crate::domain::vocabulary::Numbered;

/// A place in the data, for reports.
#[derive(Clone, Copy)]
pub(super) struct Place<'r> {
    pub(super) table: &'static str,
    pub(super) row: &'r str,
}

impl Place<'_> {
    pub(super) fn inconsistent(&self, column: &'static str) -> StoreError {
        StoreError::inconsistent(self.table, column, self.row)
    }

    pub(super) fn id<K>(&self, column: &'static str, text: &str) -> Result<Id<K>, StoreError> {
        Id::parse(text).map_err(|_| self.inconsistent(column))
    }

    pub(super) fn optional_id<K>(
        &self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<Id<K>>, StoreError> {
        text.map(|text| self.id(column, text)).transpose()
    }

    pub(super) fn word<W: Numbered>(
        &self,
        column: &'static str,
        number: i16,
    ) -> Result<W, StoreError> {
        W::from_number(number).ok_or_else(|| self.inconsistent(column))
    }

    pub(super) fn optional_word<W: Numbered>(
        &self,
        column: &'static str,
        number: Option<i16>,
    ) -> Result<Option<W>, StoreError> {
        number.map(|number| self.word(column, number)).transpose()
    }

    pub(super) fn currency(&self, code: Option<&str>) -> Result<Option<Currency>, StoreError> {
        let parsed = code.map(Currency::parse).transpose();
        parsed.map_err(|_| self.inconsistent("currency"))
    }

    pub(super) fn money(
        &self,
        minor: Option<i64>,
        code: Option<&str>,
    ) -> Result<Option<Money>, StoreError> {
        let currency = self.currency(code)?;
        Ok(minor
            .zip(currency)
            .map(|(minor, currency)| Money::new(minor, currency)))
    }

    pub(super) fn count(&self, column: &'static str, number: i64) -> Result<u64, StoreError> {
        u64::try_from(number).map_err(|_| self.inconsistent(column))
    }
}

/// Writes an instant.
pub(super) fn time(instant: Timestamp) -> jiff_sqlx::Timestamp {
    instant.to_sqlx()
}

/// Writes an instant that may be absent.
pub(super) fn optional_time(instant: Option<Timestamp>) -> Option<jiff_sqlx::Timestamp> {
    instant.map(time)
}

/// Writes a word that may be absent.
pub(super) fn number<W: Numbered>(word: Option<W>) -> Option<i16> {
    word.map(W::number)
}

/// Takes one column out of rows.
pub(super) fn column<R: IntoIterator, V>(rows: R, value: impl Fn(R::Item) -> V) -> Vec<V> {
    rows.into_iter().map(value).collect()
}
