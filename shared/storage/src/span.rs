//! One span per SQL statement, in the names of OpenTelemetry's stable database conventions.

use tracing::Span;
use tracing::field::Empty;

/// Describes one statement: `operation` such as `INSERT`, `collection` the table, `text` the SQL
/// with placeholders, never with values; empty where the operation and the table say it all. Costs
/// next to nothing outside a sampled trace.
///
/// Use it with `tracing::Instrument`: `query.execute(tx).instrument(statement_span(…)).await`.
pub fn statement_span(operation: &'static str, collection: &'static str, text: &str) -> Span {
    let span = tracing::info_span!(
        "db",
        otel.name = %format_args!("{operation} {collection}"),
        otel.kind = "client",
        db.system.name = "postgresql",
        db.operation.name = operation,
        db.collection.name = collection,
        db.query.text = Empty,
    );
    if !text.is_empty() {
        span.record("db.query.text", text);
    }
    span
}
