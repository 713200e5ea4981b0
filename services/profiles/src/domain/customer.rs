//! The customer: who it is, apart from what it has and did.

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::personal::Personal;
use super::vocabulary::CustomerKind;

/// A person or organisation as the company knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The customer.
    pub customer_id: CustomerId,
    /// Who the customer is in law, where known.
    pub kind: Option<CustomerKind>,
    /// The name to address the customer by.
    pub display_name: Personal,
    /// An e-mail address.
    pub email: Personal,
    /// A phone number.
    pub phone: Personal,
    /// ISO 3166 place, empty when not known.
    pub jurisdiction: String,
    /// BCP 47 language, empty when not known.
    pub language: String,
    /// The customer has died.
    pub deceased: bool,
    /// The customer needs particular care.
    pub vulnerable: bool,
    /// The customer asked never to be made an offer.
    pub do_not_offer: bool,
    /// The IANA name of the time zone the customer lives in, empty when not known.
    pub time_zone: String,
}

/// How often and when a customer was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Grows by one with each write that changes something.
    pub revision: u64,
    /// When the customer was first recorded.
    pub create_time: Timestamp,
    /// When the revision was written.
    pub update_time: Timestamp,
}

impl Version {
    /// Starts the count of a customer that has not been written yet.
    pub fn unwritten(now: Timestamp) -> Self {
        Self {
            revision: 0,
            create_time: now,
            update_time: now,
        }
    }

    /// Counts one write. Time never runs backwards for one customer, whatever the clocks say.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Self {
        Self {
            revision: self.revision + 1,
            update_time: now.max(self.update_time),
            ..self
        }
    }

    /// Returns the tag that stands for exactly this version.
    pub fn etag(self) -> String {
        format!("r{}", self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_runs_backwards_does_not_turn_time_back() {
        let now = Timestamp::from_second(1_000).unwrap();
        let earlier = Timestamp::from_second(900).unwrap();
        let next = Version::unwritten(now).next(earlier);
        assert_eq!((next.revision, next.update_time), (1, now));
        assert_ne!(next.etag(), Version::unwritten(now).etag());
    }
}
