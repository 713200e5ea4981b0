//! The customers: generated, loaded into profiles, and those of them who will ask for offers.

use contract::profiles::v1::Subscription;
use contract::profiles::v1::import_record::Record;
use contract::types::v1::{RelationshipType, SubscriptionState};
use jiff::civil::Date;
use rekindle::client::Services;
use rekindle::failure::Failure;
use rekindle::import;
use rekindle::output::Output;
use rekindle::progress::Progress;
use rekindle::sample::Sample;

/// The same customers in every run of a day.
const SEED: u64 = 2;

/// A customer with something to cancel.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The customer.
    pub(crate) customer_id: String,
    /// What they want to leave.
    pub(crate) subscription_id: String,
}

/// Loads so many customers and lists those with a live contract, one subscription each.
pub(crate) async fn load(
    services: &Services,
    count: u64,
    as_of: Date,
    output: Output,
) -> Result<Vec<Caller>, Failure> {
    let sample = Sample {
        count,
        seed: SEED,
        as_of,
    };
    let progress = Progress::begin(output, "customers", count);
    let summary = import::send(services, sample.rows(), progress).await?;
    if let Some(refusal) = summary.refusals.first() {
        let (row, why) = (refusal.row, &refusal.message);
        return Err(Failure::failed(format!(
            "customer {row} was refused: {why}"
        )));
    }
    let callers: Vec<Caller> = sample
        .rows()
        .filter_map(Result::ok)
        .filter_map(|row| {
            let records = row.records.ok()?;
            let mut records = records.into_iter().filter_map(|record| record.record);
            records.find_map(|record| match record {
                Record::Subscription(subscription) => caller(subscription),
                _ => None,
            })
        })
        .collect();
    if callers.is_empty() {
        return Err(Failure::failed("no generated customer has a live contract"));
    }
    Ok(callers)
}

fn caller(subscription: Subscription) -> Option<Caller> {
    let live = subscription.state == i32::from(SubscriptionState::Active);
    let contractual = subscription.relationship == i32::from(RelationshipType::Contractual);
    (live && contractual).then_some(Caller {
        customer_id: subscription.customer_id,
        subscription_id: subscription.subscription_id,
    })
}
