//! Writes back what a write changed, each table in one statement for all customers, folds the
//! facts anew and tells the followers.

use sqlx::PgConnection;
use storage::StoreError;

use super::{account, consent, customer, event, feed, incident, snapshot, subscription};
use crate::domain::book::Book;
use crate::domain::books::Books;
use crate::domain::facts::Facts;

pub(super) async fn books(connection: &mut PgConnection, books: &Books) -> Result<(), StoreError> {
    let changed: Vec<&Book> = books.changed().collect();
    if changed.is_empty() {
        return Ok(());
    }
    // In the order of the foreign keys.
    customer::save(connection, &changed).await?;
    account::save(connection, &changed).await?;
    subscription::save(connection, &changed).await?;
    event::save(connection, &changed, books.now()).await?;
    incident::save(connection, &changed).await?;
    consent::save(connection, &changed).await?;
    let facts = fold(connection, &changed).await?;
    snapshot::save(connection, &facts).await?;
    feed::append(connection, &changed).await
}

async fn fold(connection: &mut PgConnection, changed: &[&Book]) -> Result<Vec<Facts>, StoreError> {
    let ids: Vec<String> = changed
        .iter()
        .map(|book| book.customer_id.to_string())
        .collect();
    let mut timelines = event::timelines(connection, &ids).await?;
    let mut histories = incident::histories(connection, &ids).await?;
    let facts = changed.iter().filter_map(|book| {
        let id = book.customer_id.as_str();
        let timeline = timelines.remove(id).unwrap_or_default();
        let history = histories.remove(id).unwrap_or_default();
        Facts::fold(book, timeline, history)
    });
    Ok(facts.collect())
}
