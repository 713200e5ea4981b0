//! The books of all customers that one write touches.

use std::collections::BTreeMap;

use kernel::id::CustomerId;
use kernel::time::Timestamp;

use super::alias::Aliases;
use super::book::Book;
use super::record::Record;
use super::rejection::Rejection;

/// The books of all customers that one write touches.
#[derive(Clone, Debug)]
pub struct Books {
    open: BTreeMap<CustomerId, Book>,
    aliases: Aliases,
    now: Timestamp,
}

/// Why a row was not taken in, and which of its records is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowRejection {
    /// The record's name, for example `subscription`.
    pub record: &'static str,
    /// The rule it breaks.
    pub rejection: Rejection,
}

impl Books {
    /// Starts with no books, at an instant.
    pub fn at(now: Timestamp) -> Self {
        Self {
            open: BTreeMap::new(),
            aliases: Aliases::default(),
            now,
        }
    }

    /// Lets ids that are other names of a customer lead to the one book of that customer.
    #[must_use]
    pub fn known_as(self, aliases: Aliases) -> Self {
        Self { aliases, ..self }
    }

    /// Returns the instant of the write.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the book of a customer by any of their names, an empty one if nothing is recorded.
    pub fn of(&mut self, customer_id: &CustomerId) -> &mut Book {
        let (now, stays) = (self.now, self.aliases.resolve(customer_id));
        let merged = || self.aliases.of(stays);
        self.open.entry(stays.clone()).or_insert_with(|| Book {
            merged_customer_ids: merged(),
            ..Book::empty(stays.clone(), now)
        })
    }

    /// Names the customer that an id stands for.
    pub fn stays<'a>(&'a self, customer_id: &'a CustomerId) -> &'a CustomerId {
        self.aliases.resolve(customer_id)
    }

    /// Looks at all books.
    pub fn iter(&self) -> impl Iterator<Item = &Book> {
        self.open.values()
    }

    /// Looks at the books that the write changed.
    pub fn changed(&self) -> impl Iterator<Item = &Book> + Clone {
        self.open.values().filter(|book| !book.touched.is_empty())
    }

    /// Counts the write in every book that it changed.
    pub fn close(&mut self) {
        let now = self.now;
        for book in self.open.values_mut() {
            book.version = book.version_after(now);
        }
    }

    /// Takes in all records of a row, or none. Tells whether anything changed.
    pub fn take_row(&mut self, records: &[Record]) -> Result<bool, RowRejection> {
        // One record is taken in whole or not at all by itself.
        if let [record] = records {
            return self.take(record);
        }
        let before: Vec<Book> = records
            .iter()
            .map(|record| self.of(record.customer_id()).clone())
            .collect();
        let mut ordered: Vec<&Record> = records.iter().collect();
        ordered.sort_by_key(|record| record.rank());
        let mut changed = false;
        for record in ordered {
            match self.take(record) {
                Ok(one) => changed |= one,
                Err(rejection) => {
                    let restored = before.into_iter();
                    self.open
                        .extend(restored.map(|book| (book.customer_id.clone(), book)));
                    return Err(rejection);
                }
            }
        }
        Ok(changed)
    }

    fn take(&mut self, record: &Record) -> Result<bool, RowRejection> {
        let now = self.now;
        let book = self.of(record.customer_id());
        let taken = match record {
            Record::Customer(customer) => book.put_customer(customer, None),
            Record::Account(draft) => book.open_account(draft, now),
            Record::Subscription(draft) => book.put_subscription(draft, now),
            Record::Event(event) => book.record_event(event, now),
            Record::Incident(draft) => book.open_incident(draft, now),
            Record::Consent(consent) => book.record_consent(consent, now),
        };
        taken.map_err(|rejection| RowRejection {
            record: record.name(),
            rejection,
        })
    }
}
