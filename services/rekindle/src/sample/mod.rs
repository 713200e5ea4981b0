//! Generated customers: believable lives over several business lines, the same for the same seed.
//! They are nobody's data, so the project can ship them.

mod calendar;
mod dice;
mod life;
mod person;
mod plan;
#[cfg(test)]
mod tests;
mod timeline;
mod trouble;

pub use trouble::Recovery;

use std::io;

use contract::profiles::v1::import_record::Record;
use contract::profiles::v1::{Account, ImportRecord};
use contract::types::v1::{ContractKind, CustomerKind, SubscriptionState};
use jiff::civil::Date;

use crate::import::SourceRow;
use dice::Dice;
use life::{Life, Owner};

/// Which customers are generated.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// How many.
    pub count: u64,
    /// The same seed and day give the same customers.
    pub seed: u64,
    /// The day they live on: nothing of their past is later.
    pub as_of: Date,
}

/// A generated customer who might ring and say that it is too expensive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The customer.
    pub customer_id: String,
    /// What they want to leave.
    pub subscription_id: String,
}

/// One generated customer.
#[derive(Debug)]
struct Household {
    records: Vec<Record>,
    recoveries: Vec<Recovery>,
    caller: Option<Caller>,
}

impl Sample {
    /// The rows for an import, one for each customer.
    pub fn rows(self) -> impl Iterator<Item = io::Result<SourceRow>> + Send + 'static {
        (1..=self.count).map(move |number| {
            let records = self.household(number).records;
            let of_row = |record| ImportRecord {
                row: number,
                record: Some(record),
            };
            let records = Ok(records.into_iter().map(of_row).collect());
            Ok(SourceRow {
                row: number,
                done: number,
                records,
            })
        })
    }

    /// What is recorded of the customers' incidents once they are imported.
    pub fn recoveries(self) -> impl Iterator<Item = Recovery> + Send + 'static {
        (1..=self.count).flat_map(move |number| self.household(number).recoveries)
    }

    /// Settled customers with one price to talk about and nothing else in the way. Who comes first
    /// depends on the seed; a small sample may have none.
    pub fn callers(self) -> impl Iterator<Item = Caller> {
        let first = self.seed % self.count.max(1);
        let in_turn = (0..self.count).map(move |step| (first + step) % self.count + 1);
        in_turn.filter_map(move |number| self.household(number).caller)
    }

    fn household(self, number: u64) -> Household {
        let mut dice = Dice::of(self.seed, number);
        let customer_id = format!("c-{number:06}");
        let (customer, place) = person::draw(&mut dice, &customer_id);
        let lives = life::draw(&mut dice, self.as_of);
        let is_talkative = customer.kind == i32::from(CustomerKind::Person)
            && place.jurisdiction == "US-CA"
            && !(customer.vulnerable || customer.deceased || customer.do_not_offer);
        let mut household = Household {
            records: vec![Record::Customer(customer)],
            recoveries: Vec::new(),
            caller: None,
        };
        for (index, life) in lives.iter().enumerate() {
            let (account_id, subscription_id) = (
                format!("a-{number:06}-{}", index + 1),
                format!("s-{number:06}-{}", index + 1),
            );
            let owner = Owner {
                customer_id: &customer_id,
                account_id: &account_id,
                subscription_id: &subscription_id,
                currency: place.currency,
            };
            household.add_life(&mut dice, life, &owner, self.as_of);
        }
        if let Some(first) = lives.first() {
            let consents = person::consents(&mut dice, &customer_id, first.start, self.as_of);
            household
                .records
                .extend(consents.into_iter().map(Record::Consent));
        }
        if let [only] = &lives[..]
            && is_talkative
            && household.recoveries.is_empty()
            && self.has_a_price_to_talk_about(only)
        {
            let subscription_id = format!("s-{number:06}-1");
            household.caller = Some(Caller {
                customer_id,
                subscription_id,
            });
        }
        household
    }

    fn has_a_price_to_talk_about(self, life: &Life) -> bool {
        let years = calendar::days_between(life.start, self.as_of) / 365;
        life.state == SubscriptionState::Active
            && life.plan.line.name == "telecom"
            && life.plan.contract == ContractKind::MonthToMonth
            && life.plan.monthly_minor >= 5_000
            && (1..=4).contains(&years)
    }
}

impl Household {
    fn add_life(&mut self, dice: &mut Dice, life: &Life, owner: &Owner<'_>, as_of: Date) {
        self.records.push(Record::Account(Account {
            customer_id: owner.customer_id.to_owned(),
            account_id: owner.account_id.to_owned(),
            business_line: life.plan.line.name.to_owned(),
            open_time: calendar::time(life.start),
        }));
        self.records
            .push(Record::Subscription(life.subscription(owner, as_of)));
        let events = timeline::draw(dice, life, owner, as_of);
        self.records.extend(events.into_iter().map(Record::Event));
        if let Some((incident, recovery)) = trouble::draw(dice, life, owner, as_of) {
            self.records.push(Record::Incident(incident));
            self.recoveries.push(recovery);
        }
    }
}
