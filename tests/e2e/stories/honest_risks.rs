//! What a newcomer does: generated customers, life tables, propensity models, and then a look at the
//! risks. They must be about as large as what has just been seen.

use std::collections::{BTreeMap, BTreeSet};

use contract::lifecycle::v1 as lifecycle;
use contract::profiles::v1::import_record::Record;
use contract::types::v1::{RelationshipType, SubscriptionState};
use kernel::time::{Clock as _, Date, SystemClock};
use rekindle::sample::Sample;
use tests::seed;

use crate::suite::{Plan, Suite};

/// As many as are generated when nobody says how many, from a seed that the README does not use.
const SAMPLE: (u64, u64) = (2_000, 7);
/// The most customers of one question.
const AT_ONCE: usize = 100;

/// The live contractual subscriptions of a sample, by customer.
fn live(sample: Sample) -> BTreeMap<String, BTreeSet<String>> {
    let mut live: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in sample.rows().flat_map(|row| row.unwrap().records.unwrap()) {
        if let Some(Record::Subscription(it)) = record.record
            && it.relationship() == RelationshipType::Contractual
            && it.state() != SubscriptionState::Ended
        {
            let subscriptions = live.entry(it.customer_id).or_default();
            subscriptions.insert(it.subscription_id);
        }
    }
    live
}

async fn risks(suite: &Suite, live: &BTreeMap<String, BTreeSet<String>>) -> Vec<f64> {
    let mut risks = Vec::new();
    let customers: Vec<&String> = live.keys().collect();
    for some in customers.chunks(AT_ONCE) {
        let request = lifecycle::BatchGetCustomerStatusesRequest {
            customer_ids: some.iter().map(|customer| (*customer).clone()).collect(),
            include_facts: false,
        };
        let mut statuses = suite.clients.statuses();
        let answer = statuses.batch_get_customer_statuses(request).await.unwrap();
        for status in answer.into_inner().statuses {
            let status = status.status.unwrap();
            let asked = &live[&status.customer_id];
            let subscriptions = status.subscriptions.into_iter();
            let of_asked = subscriptions.filter(|it| asked.contains(&it.subscription_id));
            risks.extend(of_asked.filter_map(|it| Some(it.churn_risk?.probability)));
        }
    }
    risks
}

#[tokio::test(flavor = "multi_thread")]
async fn risks_are_about_as_large_as_what_was_seen() {
    let suite = Plan::default().start_empty().await;
    let (count, seed) = SAMPLE;
    let now = SystemClock.now().to_string();
    let as_of: Date = now[..10].parse().unwrap();
    let sample = Sample { count, seed, as_of };
    suite.import_sample(sample).await;
    seed::fit(&suite.clients).await;
    let model = seed::fit_kind(&suite.clients, lifecycle::ModelKind::Propensity).await;
    assert!(model.active);
    let observed = share(model.event_count, model.sample_size);
    let risks = risks(&suite, &live(sample)).await;
    assert!(risks.len() > 500, "{} have a risk", risks.len());
    let told = risks.iter().sum::<f64>() / f64::from(u32::try_from(risks.len()).unwrap());
    let ratio = told / observed;
    assert!(
        (0.6..1.6).contains(&ratio),
        "{observed:.4} left, and {told:.4} are foretold to"
    );
}

fn share(part: u64, whole: u64) -> f64 {
    let [part, whole] = [part, whole].map(|it| f64::from(u32::try_from(it).unwrap()));
    part / whole
}
