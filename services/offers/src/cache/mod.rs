//! Customers in Redis: keys, format and how long an entry is good for.
//!
//! What is kept is the customer at a revision with the status computed on it, nothing of the
//! catalogue and nothing of a call: qualifying is cheaper than reading its result would be, so that
//! no entry depends on a version that can change under it.

use std::time::Duration;

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use storage::redis::Cache;
use uuid::Uuid;

use crate::domain::computed_with::ComputedWith;
use crate::domain::customer::Customer;

/// The format of an entry. Changes with every change of [`Customer`]; another one is a miss.
const FORMAT: u8 = 5;

/// How long an entry is used as it is; afterwards it is used and refreshed in the background.
const FRESH_SECONDS: i64 = 60;

/// How long Redis keeps an entry, before jitter.
const KEPT: Duration = Duration::from_mins(15);

/// How long a tombstone stands: longer than any fill may take.
const TOMBSTONE_KEPT: Duration = Duration::from_mins(1);

/// The cached customers.
#[derive(Clone)]
pub struct CachedCustomers {
    cache: Cache,
}

/// A cached customer and what may be done with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cached {
    /// The customer.
    pub customer: Customer,
    /// What their status was computed with.
    pub computed_with: ComputedWith,
    /// How good the entry is.
    pub freshness: Freshness,
}

/// How good an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Use it.
    Fresh,
    /// Use it and refresh it in the background.
    Ageing,
    /// Time alone has changed the status: use it only when nobody can say better.
    Stale,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    computed_at: Timestamp,
    computed_with: ComputedWith,
    customer: Customer,
}

impl CachedCustomers {
    /// Keeps customers in a cache.
    pub fn new(cache: Cache) -> Self {
        Self { cache }
    }

    /// Reads a customer; anything that does not read exactly as it was written is a miss.
    pub async fn get(&self, customer_id: &CustomerId, now: Timestamp) -> Option<Cached> {
        let bytes = self.cache.get(&key(customer_id)).await?;
        read(&bytes, customer_id, now)
    }

    /// Keeps a customer, unless a newer one or a tombstone is there.
    pub async fn put(
        &self,
        customer: &Customer,
        computed_with: ComputedWith,
        computed_at: Timestamp,
    ) -> bool {
        let entry = Entry {
            computed_at,
            computed_with,
            customer: customer.clone(),
        };
        let Ok(json) = serde_json::to_vec(&entry) else {
            return false;
        };
        let mut bytes = Vec::with_capacity(json.len() + 1);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&json);
        let kept = kept_for(customer, computed_at);
        self.cache
            .set_if_newer(&key(&customer.customer_id), customer.revision, &bytes, kept)
            .await
    }

    /// Marks everything older than a revision as out of date. Returns whether Redis has seen it.
    pub async fn invalidate(&self, customer_id: &CustomerId, revision: u64) -> bool {
        self.cache
            .tombstone(&key(customer_id), revision, TOMBSTONE_KEPT)
            .await
    }
}

fn read(bytes: &[u8], customer_id: &CustomerId, now: Timestamp) -> Option<Cached> {
    let (format, json) = bytes.split_first()?;
    if *format != FORMAT {
        return None;
    }
    let entry: Entry = serde_json::from_slice(json).ok()?;
    if entry.customer.customer_id != *customer_id || entry.computed_at > now {
        return None;
    }
    let age = now.as_second() - entry.computed_at.as_second();
    let over = entry.customer.valid_until.is_some_and(|until| until <= now);
    let freshness = if over {
        Freshness::Stale
    } else if age <= FRESH_SECONDS {
        Freshness::Fresh
    } else {
        Freshness::Ageing
    };
    Some(Cached {
        customer: entry.customer,
        computed_with: entry.computed_with,
        freshness,
    })
}

/// The key names nobody: a hash of the id, in the braces that keep a customer in one slot.
fn key(customer_id: &CustomerId) -> String {
    let name = storage::request_log::body_hash(customer_id.as_str().as_bytes());
    let short: [u8; 16] = std::array::from_fn(|index| name[index]);
    format!("customer:{FORMAT}:{{{}}}", Uuid::from_bytes(short).simple())
}

/// Spreads expiry by the revision and the time, so that a mass fill does not expire at once.
fn kept_for(customer: &Customer, computed_at: Timestamp) -> Duration {
    let spread = computed_at.as_microsecond().unsigned_abs() ^ customer.revision;
    KEPT + Duration::from_secs(spread % 180)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::customer::tests::customer;

    const NOW: &str = "2026-11-21T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn bytes(customer: &Customer, computed_at: Timestamp) -> Vec<u8> {
        let entry = Entry {
            computed_at,
            computed_with: ComputedWith::default(),
            customer: customer.clone(),
        };
        [&[FORMAT][..], &serde_json::to_vec(&entry).unwrap()].concat()
    }

    #[test]
    fn what_was_written_is_read_and_anything_else_is_a_miss() {
        let customer = customer();
        let good = bytes(&customer, now());
        assert_eq!(
            read(&good, &customer.customer_id, now()).unwrap().customer,
            customer
        );

        let another = CustomerId::parse("another").unwrap();
        assert!(
            read(&good, &another, now()).is_none(),
            "another customer's bytes"
        );
        let mut poisoned = good.clone();
        poisoned[0] = FORMAT + 1;
        assert!(
            read(&poisoned, &customer.customer_id, now()).is_none(),
            "another format"
        );
        assert!(
            read(&good[..good.len() - 1], &customer.customer_id, now()).is_none(),
            "cut short"
        );
        assert!(read(b"", &customer.customer_id, now()).is_none(), "empty");
        let ahead = bytes(&customer, now() + Duration::from_mins(1));
        assert!(
            read(&ahead, &customer.customer_id, now()).is_none(),
            "from the future"
        );
    }

    #[test]
    fn an_entry_never_outlives_the_time_boundary_of_its_status() {
        let mut customer = customer();
        customer.valid_until = Some(now());
        let freshness = |customer: &Customer, age: u64| {
            let computed_at = now() - Duration::from_secs(age);
            read(&bytes(customer, computed_at), &customer.customer_id, now())
                .unwrap()
                .freshness
        };
        assert_eq!(freshness(&customer, 0), Freshness::Stale);
        customer.valid_until = Some(now() + Duration::from_secs(1));
        assert_eq!(freshness(&customer, 60), Freshness::Fresh);
        assert_eq!(freshness(&customer, 61), Freshness::Ageing);
    }

    #[test]
    fn a_key_names_nobody() {
        let id = CustomerId::parse("alice@example.com").unwrap();
        assert!(!key(&id).contains("alice"));
        assert_ne!(key(&id), key(&CustomerId::parse("bob").unwrap()));
    }
}
