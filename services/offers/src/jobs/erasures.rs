//! Erasing whom profiles tells of. An erasure that fails keeps nobody else waiting: it is owed until it
//! is carried out.

use kernel::id::CustomerId;
use opentelemetry::global;
use opentelemetry::metrics::Counter;
use storage::StoreError;

use crate::store::Store;

/// How often an erasure is tried before it is owed.
const TRIES: u32 = 3;

/// How many erasures that are owed are looked at in one turn.
const BATCH: i64 = 20;

/// Erases, and counts what fails.
pub(super) struct Erasures {
    failed: Counter<u64>,
}

impl Erasures {
    pub(super) fn new() -> Self {
        let failed = global::meter("offers")
            .u64_counter("rekindle.erasures_failed")
            .with_description(
                "Erasures of customers that failed and are owed; each later try counts",
            )
            .build();
        Self { failed }
    }

    /// Erases a customer now, or sees to it that it is done later. Fails only where neither can be.
    pub(super) async fn erase_or_owe(
        &self,
        store: &Store,
        customer_id: &CustomerId,
    ) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            match store.erase_customer(customer_id).await {
                Ok(()) => return Ok(()),
                // Whose it is stands in the table of what is owed and not in the log.
                Err(error) => tracing::warn!(%error, "a customer could not be erased"),
            }
        }
        store.owe_erasure(customer_id).await?;
        self.failed.add(1, &[]);
        tracing::error!("an erasure is owed and tried again until it is carried out");
        Ok(())
    }

    /// Carries out erasures that are owed and due.
    pub(super) async fn carry_out_owed(&self, store: &Store) {
        match store.erase_owed(BATCH).await {
            Ok(became) => self.failed.add(u64::from(became.failed), &[]),
            Err(error) => tracing::warn!(%error, "erasures that are owed could not be looked at"),
        }
    }
}
