//! The customers from whom no propensity model learns: on them a candidate is compared with the version
//! in use.

use std::collections::BTreeMap;

use foreign_model::model::BATCH;

use super::features::{Features, features};
use super::models::PropensityModels;
use super::watch::Watch;
use crate::domain::facts::{CustomerFacts, Subscription};
use crate::domain::model::comparison::Comparison;
use crate::domain::model::forecast::{Foretold, real};
use crate::domain::model::ticket::Ticket;

/// The most customers that versions are compared on; of more, a share is drawn.
const MOST_HELD_OUT: usize = 20_000;
/// What versions are compared by.
pub(super) const COMPARED: &str = "held_out_log_loss";

/// A customer from whom nothing is learnt.
#[derive(Clone, Debug)]
pub(super) struct HeldOut {
    pub(super) ticket: Ticket,
    pub(super) facts: CustomerFacts,
    /// Where the subscription stands among those of the facts.
    pub(super) place: usize,
    pub(super) watch: Watch,
    pub(super) left: bool,
}

/// Some of them: a share, where there are more than are held.
#[derive(Clone, Debug)]
pub(super) struct HeldOutSample {
    customers: Vec<HeldOut>,
    halvings: u32,
}

impl HeldOutSample {
    /// Starts with nobody.
    pub(in crate::domain) const fn new() -> Self {
        Self {
            customers: Vec::new(),
            halvings: 0,
        }
    }

    /// Counts them.
    #[cfg(test)]
    pub(super) const fn len(&self) -> usize {
        self.customers.len()
    }

    /// Adds a customer, if drawn.
    pub(super) fn add(&mut self, customer: HeldOut) {
        if customer.ticket.is_drawn(self.halvings) {
            self.customers.push(customer);
        }
        while self.customers.len() > MOST_HELD_OUT {
            self.halvings += 1;
            let halvings = self.halvings;
            self.customers.retain(|it| it.ticket.is_drawn(halvings));
        }
    }

    /// Compares with the version in use on the customers from whom neither has learnt.
    pub(super) fn compare(
        &self,
        candidate: &PropensityModels,
        in_use: &PropensityModels,
    ) -> Option<Comparison> {
        if !in_use.holds_out() || !candidate.holds_out() {
            return None;
        }
        let left = self.customers.iter().filter(|it| it.left).count();
        let share_left = real(left) / real(self.customers.len().max(1));
        let mut losses = Vec::with_capacity(self.customers.len());
        for some in self.customers.chunks(BATCH) {
            let costs = costs(some, candidate).into_iter().zip(costs(some, in_use));
            losses.extend(some.iter().zip(costs).filter_map(|(it, (ours, theirs))| {
                // A forecast that is lost costs what knowing nothing does.
                let (chance, happened) = (share_left, it.left);
                let nothing = || Foretold { chance, happened }.surprise();
                Some((ours.unwrap_or_else(nothing), theirs?))
            }));
        }
        Comparison::of(in_use.version, COMPARED, &losses)
    }
}

impl HeldOut {
    fn subscription(&self) -> Option<&Subscription> {
        self.facts.subscriptions.get(self.place)
    }

    fn known(&self) -> Option<Features<'_>> {
        let landmark = self.watch.landmark();
        Some(features(&self.facts, self.subscription()?, landmark))
    }
}

/// Returns what forecasts for customers cost; `None` for whom there is none. Those of one line and
/// horizon are asked about together.
fn costs(customers: &[HeldOut], models: &PropensityModels) -> Vec<Option<f64>> {
    let mut costs = vec![None; customers.len()];
    let mut together: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (place, customer) in customers.iter().enumerate() {
        if let Some(subscription) = customer.subscription() {
            let line = subscription.business_line.as_str();
            let key = (line, customer.watch.horizon_days());
            together.entry(key).or_default().push(place);
        }
    }
    for ((line, horizon_days), places) in together {
        let Some(model) = models.line(line) else {
            continue;
        };
        let known = places.iter().map(|place| customers[*place].known());
        let known: Vec<Features<'_>> = known.map(Option::unwrap_or_default).collect();
        for (place, chance) in places.into_iter().zip(model.chances(&known, horizon_days)) {
            let happened = customers[place].left;
            costs[place] = chance.map(|chance| Foretold { chance, happened }.surprise());
        }
    }
    costs
}
