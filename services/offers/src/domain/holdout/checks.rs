//! Whether the comparison with the holdout can be believed: as many are held out as should be, and
//! those who are were offered nothing.

use std::collections::BTreeMap;

use kernel::id::CustomerId;
use statistics::lift::{SampleRatio, sample_ratio};

use super::{Assignment, Holdout, HoldoutKey};
use crate::domain::decision::Record;

/// One decision as the checks look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The customer.
    pub customer_id: CustomerId,
    /// The side the call was on; absent where no holdout was in force.
    pub assignment: Option<Assignment>,
    /// Something that is not owed was offered.
    pub offered: bool,
    /// Somebody with authority decided so against the ranking.
    pub overridden: bool,
}

impl Exposure {
    /// Reads it from a record; absent where nobody knew who the customer was.
    pub fn of(record: &Record) -> Option<Self> {
        let decision = &record.decision;
        Some(Self {
            customer_id: record.customer.as_ref()?.customer_id.clone(),
            assignment: decision.holdout.clone(),
            offered: decision.offers.iter().any(|promise| !promise.owed),
            overridden: decision.overridden.is_some(),
        })
    }
}

/// How many held-out customers were offered something anyway, and how it came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contamination {
    /// How many customers are held out and were exposed.
    pub held_out: u32,
    /// Of these: somebody with authority overrode the ranking.
    pub overridden: u32,
    /// Of these, without an override: something was offered on a call for which another holdout was
    /// in force, or none.
    pub otherwise_offered: u32,
    /// Customers whom records of this holdout know on both sides: the assignment is broken.
    pub on_both_sides: u32,
}

impl Contamination {
    /// Beyond this share the holdout is no picture of being offered nothing.
    const MOST: f64 = 0.05;

    /// Which share of the held-out customers was offered something; zero of nobody.
    pub fn share(&self) -> f64 {
        if self.held_out == 0 {
            return 0.0;
        }
        f64::from(self.overridden + self.otherwise_offered) / f64::from(self.held_out)
    }

    /// Tells whether the difference between the sides understates what offers do.
    pub fn is_suspicious(&self) -> bool {
        self.on_both_sides > 0 || self.share() > Self::MOST
    }
}

/// What the checks of a holdout came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Checked {
    /// Customers who were exposed and not held out.
    pub offered: u32,
    /// Customers who were exposed and held out.
    pub held_out: u32,
    /// Whether as many are held out as should be.
    pub ratio: SampleRatio,
    /// Whether those who are were offered nothing.
    pub contamination: Contamination,
}

/// What is known of one customer.
#[derive(Default)]
struct Seen {
    exposed: bool,
    held_out: bool,
    not_held_out: bool,
    offered: Option<Anyway>,
}

/// How something came to be offered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Anyway {
    /// Under another holdout, or under none.
    Otherwise,
    /// By an override.
    Overridden,
}

/// Checks a holdout on the calls of a time, those under other holdouts and under none among them.
/// Customers are counted, not calls: whoever rings often is drawn once.
pub fn check<'a>(holdout: &Holdout, calls: impl IntoIterator<Item = &'a Exposure>) -> Checked {
    let mut customers: BTreeMap<&CustomerId, Seen> = BTreeMap::new();
    for call in calls {
        note(
            customers.entry(&call.customer_id).or_default(),
            &holdout.key,
            call,
        );
    }
    let (mut offered, mut contamination) = (0, Contamination::default());
    for seen in customers.values() {
        contamination.on_both_sides += u32::from(seen.held_out && seen.not_held_out);
        if !seen.exposed {
            continue;
        }
        if !seen.held_out {
            offered += 1;
            continue;
        }
        contamination.held_out += 1;
        match seen.offered {
            Some(Anyway::Overridden) => contamination.overridden += 1,
            Some(Anyway::Otherwise) => contamination.otherwise_offered += 1,
            None => {}
        }
    }
    Checked {
        offered,
        held_out: contamination.held_out,
        ratio: sample_ratio(offered, contamination.held_out, holdout.share.fraction()),
        contamination,
    }
}

fn note(seen: &mut Seen, key: &HoldoutKey, call: &Exposure) {
    let own = call.assignment.as_ref();
    if let Some(own) = own.filter(|assignment| assignment.key == *key) {
        seen.exposed |= own.exposed;
        seen.held_out |= own.held_out;
        seen.not_held_out |= !own.held_out;
    }
    if call.offered {
        let anyway = if call.overridden {
            Anyway::Overridden
        } else {
            Anyway::Otherwise
        };
        seen.offered = seen.offered.max(Some(anyway));
    }
}
