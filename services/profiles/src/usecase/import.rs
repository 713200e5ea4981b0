//! Imports chunks of rows: all records of a row land or are refused together, the rest lands.

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use serde::{Deserialize, Serialize};
use storage::StoreError;

use super::{Profiles, RowRefusal, refusals};
use crate::domain::books::Books;
use crate::domain::record::{Named, Record};
use crate::store::Amendment;

/// Customers that one transaction locks at most: bounds the locks held and the time they are.
const CUSTOMERS_PER_TRANSACTION: usize = 250;

/// A row of the source with its records, or why it is malformed.
#[derive(Clone, Debug)]
pub struct Row {
    /// The row or line of the source.
    pub number: u64,
    /// Its records.
    pub records: Result<Vec<Record>, RowRefusal>,
}

/// What became of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSummary {
    /// How many rows changed something.
    pub changed_count: u32,
    /// How many rows were there already.
    pub unchanged_count: u32,
    /// The rows that were refused.
    pub refusals: BTreeMap<u64, RowRefusal>,
}

/// Rows with sound records only, as one transaction takes them in.
type Batch = Vec<(u64, Vec<Record>)>;

impl Profiles {
    /// Imports a chunk. It is durable when this returns.
    pub async fn import(
        &self,
        rows: Vec<Row>,
        deadline: Deadline,
    ) -> Result<ImportSummary, Refusal> {
        let mut summary = ImportSummary::default();
        let mut sound = Vec::with_capacity(rows.len());
        for row in rows {
            match row.records {
                Ok(records) => sound.push((row.number, records)),
                Err(refusal) => {
                    summary.refusals.insert(row.number, refusal);
                }
            }
        }
        for batch in batches(sound) {
            summary.add(self.take_batch(batch, deadline).await?);
        }
        Ok(summary)
    }

    async fn take_batch(&self, batch: Batch, deadline: Deadline) -> Result<ImportSummary, Refusal> {
        match self.take_at_once(batch.clone(), deadline).await {
            // The database refused something that the books allowed: find the row that it is.
            Err(StoreError::Conflict { .. }) => self.take_row_by_row(batch, deadline).await,
            taken => Ok(taken?),
        }
    }

    async fn take_row_by_row(
        &self,
        batch: Batch,
        deadline: Deadline,
    ) -> Result<ImportSummary, Refusal> {
        let mut summary = ImportSummary::default();
        for (number, records) in batch {
            match self.take_at_once(vec![(number, records)], deadline).await {
                Ok(taken) => summary.add(taken),
                Err(error @ StoreError::Conflict { .. }) => {
                    tracing::warn!(row = number, %error, "row {number} refused by the database");
                    let refusal = RowRefusal::from(refusals::of_store(error));
                    summary.refusals.insert(number, refusal);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(summary)
    }

    async fn take_at_once(
        &self,
        batch: Batch,
        deadline: Deadline,
    ) -> Result<ImportSummary, StoreError> {
        let mut named = Named::default();
        for record in batch.iter().flat_map(|(_, records)| records) {
            named.add(record);
        }
        let amendment = Amendment {
            named,
            now: self.clock.now(),
            remembered: None,
            decide: Box::new(move |books| Ok(take(books, &batch))),
        };
        self.store.amend(deadline, amendment).await
    }
}

fn take(books: &mut Books, batch: &Batch) -> ImportSummary {
    let mut summary = ImportSummary::default();
    for (number, records) in batch {
        match books.take_row(records) {
            Ok(true) => summary.changed_count += 1,
            Ok(false) => summary.unchanged_count += 1,
            Err(refused) => {
                summary.refusals.insert(*number, refused.into());
            }
        }
    }
    summary
}

/// Cuts rows into batches that lock a bounded number of customers each.
fn batches(rows: Batch) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut batch = Batch::new();
    let mut customers: BTreeSet<CustomerId> = BTreeSet::new();
    for (number, records) in rows {
        customers.extend(records.iter().map(|record| record.customer_id().clone()));
        batch.push((number, records));
        if customers.len() >= CUSTOMERS_PER_TRANSACTION {
            batches.push(std::mem::take(&mut batch));
            customers.clear();
        }
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

impl ImportSummary {
    fn add(&mut self, other: Self) {
        self.changed_count += other.changed_count;
        self.unchanged_count += other.unchanged_count;
        self.refusals.extend(other.refusals);
    }
}
