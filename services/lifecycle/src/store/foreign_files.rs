//! The files of models that somebody else trained: written with their version, and checked, by the
//! database itself, whenever that is read.

use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use crate::domain::foreign::ForeignOrigin;

/// A file to store with a version.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Who trained the model.
    pub trained_by: String,
    /// What it is.
    pub description: String,
    /// The file.
    pub content: Vec<u8>,
}

pub(super) async fn insert(
    version: i64,
    file: &NewFile,
    transaction: &mut PgConnection,
) -> Result<ForeignOrigin, StoreError> {
    let sha256 = sqlx::query_file_scalar!(
        "src/store/sql/foreign_model_file_insert.sql",
        version,
        file.trained_by,
        file.description,
        file.content
    )
    .fetch_one(transaction)
    .instrument(statement_span(
        "INSERT",
        "foreign_model_file",
        include_str!("sql/foreign_model_file_insert.sql"),
    ))
    .await?;
    Ok(ForeignOrigin {
        trained_by: file.trained_by.clone(),
        description: file.description.clone(),
        sha256,
        bytes: u64::try_from(file.content.len()).unwrap_or(u64::MAX),
    })
}

pub(super) async fn read(
    version: i64,
    connection: &mut PgConnection,
) -> Result<Option<Vec<u8>>, StoreError> {
    let content = sqlx::query_file_scalar!("src/store/sql/foreign_model_file_read.sql", version)
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "foreign_model_file",
            include_str!("sql/foreign_model_file_read.sql"),
        ))
        .await?;
    Ok(content)
}
