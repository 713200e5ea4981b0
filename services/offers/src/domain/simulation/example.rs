//! A few calls to look at.

use kernel::id::{CustomerId, DecisionId, OfferKey};
use kernel::time::Timestamp;

use super::change::Change;
use crate::domain::decision::{Decision, Record};

/// How many calls are kept of each kind of change, the newest.
pub const EXAMPLES_OF_EACH: usize = 20;

/// A call to look at, by its ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The customer.
    pub customer_id: CustomerId,
    /// The decision.
    pub decision_id: DecisionId,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// What became of the answer; absent where deciding again gives another one.
    pub change: Option<Change>,
    /// What was offered.
    pub before: Vec<OfferKey>,
    /// What would be.
    pub after: Vec<OfferKey>,
    /// Why the first offer is not made any more, as a short key; empty where it is.
    pub because: String,
}

impl Example {
    pub(super) fn of(
        record: &Record,
        change: Option<Change>,
        after: &Decision,
        because: String,
    ) -> Self {
        let keys = |decision: &Decision| {
            let offers = decision.offers.iter();
            offers.map(|offer| offer.offer_key.clone()).collect()
        };
        Self {
            customer_id: record.request.customer_id.clone(),
            decision_id: record.decision_id,
            decided_at: record.decided_at,
            change,
            before: keys(&record.decision),
            after: keys(after),
            because,
        }
    }
}

/// The newest examples of each kind of change.
#[derive(Clone, Debug, Default)]
pub struct Examples(Vec<Example>);

impl Examples {
    pub(super) fn add(&mut self, example: Example) {
        let same = |known: &&Example| known.change == example.change;
        if self.0.iter().filter(same).count() < EXAMPLES_OF_EACH {
            self.0.push(example);
            return;
        }
        let of_kind = self.0.iter_mut();
        let of_kind = of_kind.filter(|known| known.change == example.change);
        if let Some(oldest) = of_kind.min_by_key(|known| (known.decided_at, known.decision_id))
            && (oldest.decided_at, oldest.decision_id) < (example.decided_at, example.decision_id)
        {
            *oldest = example;
        }
    }

    /// The examples, those of one kind together, the newest first.
    pub fn into_sorted(mut self) -> Vec<Example> {
        self.0.sort_by(|left, right| {
            left.change
                .cmp(&right.change)
                .then(right.decided_at.cmp(&left.decided_at))
                .then(right.decision_id.cmp(&left.decision_id))
        });
        self.0
    }
}
