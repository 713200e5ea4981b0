//! The customers who will call: one subscription each, paid monthly, and nothing in anybody's way.

use std::io;

use contract::profiles::v1::import_record::Record;
use contract::profiles::v1::{Account, Customer, ImportRecord, Subscription};
use contract::types::v1::{ContractKind, CustomerKind, Money, RelationshipType, SubscriptionState};
use prost_types::Timestamp;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rekindle::client::Services;
use rekindle::failure::Failure;
use rekindle::import::{self, SourceRow};
use rekindle::output::Output;
use rekindle::progress::Progress;

use super::calendar::DAY;

pub(super) fn customer_id(number: u64) -> String {
    format!("year-{number:07}")
}

pub(super) fn subscription_id(number: u64) -> String {
    format!("year-s-{number:07}")
}

/// Loads so many customers.
pub(super) async fn load(
    services: &Services,
    count: u64,
    now: u64,
    output: Output,
) -> Result<(), Failure> {
    let progress = Progress::begin(output, "customers", count);
    let summary = import::send(services, rows(count, now), progress).await?;
    summary.refusals.first().map_or(Ok(()), |refusal| {
        let (row, why) = (refusal.row, &refusal.message);
        Err(Failure::failed(format!(
            "customer {row} was refused: {why}"
        )))
    })
}

fn rows(count: u64, now: u64) -> impl Iterator<Item = io::Result<SourceRow>> + Send + 'static {
    (1..=count).map(move |number| {
        let of_row = |record| ImportRecord {
            row: number,
            record: Some(record),
        };
        let records = records(number, now).into_iter().map(of_row);
        Ok(SourceRow {
            row: number,
            done: number,
            records: Ok(records.collect()),
        })
    })
}

fn records(number: u64, now: u64) -> Vec<Record> {
    let mut chance = ChaCha8Rng::seed_from_u64(number);
    let began = now - chance.random_range(120..1_400) * DAY;
    let began = Some(Timestamp {
        seconds: i64::try_from(began).unwrap_or_default(),
        nanos: 0,
    });
    let (customer_id, account_id) = (customer_id(number), format!("year-a-{number:07}"));
    vec![
        Record::Customer(Customer {
            customer_id: customer_id.clone(),
            kind: CustomerKind::Person.into(),
            display_name: "Nobody".to_owned(),
            jurisdiction: "US-TX".to_owned(),
            language: "en-US".to_owned(),
            ..Customer::default()
        }),
        Record::Account(Account {
            customer_id: customer_id.clone(),
            account_id: account_id.clone(),
            business_line: "telecom".to_owned(),
            open_time: began,
        }),
        Record::Subscription(Subscription {
            customer_id,
            account_id,
            subscription_id: subscription_id(number),
            product: "year".to_owned(),
            relationship: RelationshipType::Contractual.into(),
            contract_kind: ContractKind::MonthToMonth.into(),
            state: SubscriptionState::Active.into(),
            start_time: began,
            monthly_price: Some(Money {
                minor: chance.random_range(30..=60) * 100,
                currency: "USD".to_owned(),
            }),
            ..Subscription::default()
        }),
    ]
}
