//! Loads the books that a write names, each table in one statement for all customers.

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;

use super::{account, consent, customer, erase, event, incident, subscription};
use crate::domain::alias::Aliases;
use crate::domain::books::Books;
use crate::domain::record::Named;

pub(super) async fn books(
    connection: &mut PgConnection,
    named: &Named,
    aliases: Aliases,
    now: Timestamp,
) -> Result<Books, StoreError> {
    let named = &named.under(&aliases);
    let mut books = Books::at(now).known_as(aliases);
    for customer_id in &named.customers {
        books.of(customer_id);
    }
    let ids: Vec<String> = named.customers.iter().map(ToString::to_string).collect();
    for (customer, version) in customer::read(connection, &ids).await? {
        let book = books.of(&customer.customer_id.clone());
        book.customer = Some(customer);
        book.version = version;
    }
    note_erased(connection, &mut books).await?;
    foreign_accounts(connection, named, &mut books).await?;
    // A customer that is not recorded has nothing else either.
    let recorded: Vec<String> = books
        .iter()
        .filter(|book| book.customer.is_some())
        .map(|book| book.customer_id.to_string())
        .collect();
    if !recorded.is_empty() {
        relations(connection, named, &recorded, &mut books).await?;
    }
    Ok(books)
}

/// Of the customers who are not recorded, some were erased.
async fn note_erased(connection: &mut PgConnection, books: &mut Books) -> Result<(), StoreError> {
    let missing = books.iter().filter(|book| book.customer.is_none());
    let missing: Vec<CustomerId> = missing.map(|book| book.customer_id.clone()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&CustomerId> = missing.iter().collect();
    for erased in erase::read(connection, &missing).await? {
        books.of(&erased).is_erased = true;
    }
    Ok(())
}

async fn foreign_accounts(
    connection: &mut PgConnection,
    named: &Named,
    books: &mut Books,
) -> Result<(), StoreError> {
    let owners = account::owners(connection, &named.accounts).await?;
    for (customer_id, account_id) in &named.accounts {
        if owners
            .get(account_id)
            .is_some_and(|owner| owner != customer_id)
        {
            let book = books.of(customer_id);
            book.foreign_accounts.insert(account_id.clone());
        }
    }
    Ok(())
}

async fn relations(
    connection: &mut PgConnection,
    named: &Named,
    recorded: &[String],
    books: &mut Books,
) -> Result<(), StoreError> {
    for (customer_id, account) in account::read(connection, recorded).await? {
        let book = books.of(&customer_id);
        book.accounts.insert(account.account_id.clone(), account);
    }
    for (customer_id, subscription) in subscription::read(connection, recorded).await? {
        let id = subscription.subscription_id.clone();
        books
            .of(&customer_id)
            .subscriptions
            .insert(id, subscription);
    }
    for (customer_id, incident) in incident::load(connection, recorded, &named.incidents).await? {
        let book = books.of(&customer_id);
        book.incidents
            .insert(incident.incident_id.clone(), incident);
    }
    for consent in consent::load(connection, recorded, &named.statements).await? {
        let book = books.of(&consent.customer_id);
        book.statements.insert(consent.statement, consent.source);
    }
    for event in event::load(connection, &named.events).await? {
        let book = books.of(&event.customer_id);
        book.events.insert(event.event_id.clone(), event);
    }
    Ok(())
}
