//! The public data set of a telephone company, and a call of one of its customers.

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as pb;
use rekindle::import::Summary;
use tests::desk::Call;
use tests::people::Person;
use tests::{seed, tree};

use crate::suite::{Plan, Suite};

/// Rows and customers who left, by the README of the data set.
const ROWS: u64 = 7_043;
const LEFT: u64 = 1_869;
/// Rows of customers who have been there for a day at least; the others tell a life table nothing.
const BEGUN: u64 = 7_032;

/// A row as the file has it: two years with the company, month to month, fibre, still there.
const CUSTOMER: &str = "5129-JLPIS";

async fn import(suite: &Suite) -> Option<Summary> {
    let file = testkit::data::shared()?.join("telco/telco_customer_churn.csv");
    let mapping = tree::root().join("deploy/seed/telco.toml");
    Some(suite.import(&file, &mapping).await)
}

/// Everything lands, the same file again changes nothing, and the customer of one row gets an offer
/// that rests on what the others did.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_of_the_telephone_company_calls() {
    let suite = Plan::default().start_empty().await;
    let Some(first) = import(&suite).await else {
        return;
    };
    assert_eq!((first.rows, first.changed, first.refused), (ROWS, ROWS, 0));
    let again = import(&suite).await.unwrap();
    assert_eq!(
        (again.rows, again.unchanged, again.changed),
        (ROWS, ROWS, 0)
    );

    let model = seed::fit(&suite.clients).await;
    assert_eq!((model.sample_size, model.event_count), (BEGUN, LEFT));
    seed::publish(&suite.clients).await;

    let mut person = Person::named(CUSTOMER);
    person.subscription.subscription_id = format!("{CUSTOMER}-service");
    let request = lifecycle::GetCustomerStatusRequest {
        customer_id: CUSTOMER.to_owned(),
        ..Default::default()
    };
    let status = suite
        .clients
        .statuses()
        .get_customer_status(request)
        .await
        .unwrap();
    let status = status.into_inner().status.unwrap();
    let risk = status.churn_risk.unwrap();
    assert!(risk.lower <= risk.probability && risk.probability <= risk.upper);
    assert!((0.01..0.5).contains(&risk.probability), "{risk:?}");

    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.outcome(), pb::DecisionOutcome::Present);
    let who = screen.customer.as_ref().unwrap();
    assert_eq!(
        who.churn_risk,
        Some(risk.probability),
        "the number of the status"
    );
    call.record(&suite.clients, &screen, pb::PresentedOutcome::Declined)
        .await;
    call.confirm(&suite.clients).await;
}
