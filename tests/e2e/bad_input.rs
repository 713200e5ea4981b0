//! What a broken or hostile client sends: refused by name, nothing written, never our fault.

use std::path::PathBuf;

use contract::lifecycle::v1 as lifecycle;
use contract::offers::v1 as offers;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use prost::Message;
use prost_reflect::DynamicMessage;
use tests::desk::Call;
use tests::people::{Person, days_ago, dollars};
use tests::refusal::{Refused, assert_refused};
use tests::seed;
use tonic::Code;

use crate::faults::faults;
use crate::messages::{rpc_of, rpcs};
use crate::sound::requests;
use crate::suite::{Plan, Suite};

/// How the rows of the tests' own file become customers.
const MAPPING: &str = r#"
[source]
format = "csv"
as_of = "2026-11-01"

[[record]]
kind = "customer"
[record.fields]
customer_id = "customer"

[[record]]
kind = "account"
[record.fields]
customer_id = "customer"
account_id = { text = "{customer}-account" }
business_line = { constant = "telecom" }
open_time = { column = "since", date = "%Y-%m-%d" }

[[record]]
kind = "subscription"
[record.fields]
customer_id = "customer"
account_id = { text = "{customer}-account" }
subscription_id = { text = "{customer}-service" }
relationship = { constant = "contractual" }
contract_kind = { constant = "month_to_month" }
state = { constant = "active" }
start_time = { column = "since", date = "%Y-%m-%d" }
monthly_price = { column = "price", currency = "USD" }
"#;

fn own_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rk-e2e-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Leaving is never refused for what is only good to know: it is left out where it cannot be read,
/// which the tests of the desk see to.
fn keeps_nobody_from_leaving(method: &str, field: &str) -> bool {
    let needed = ["customer_id", "subscription_id", "contact_id"];
    method == "ConfirmCancellation" && !needed.contains(&field)
}

/// Every unary RPC answers its sound request; spoilt in one place, for every place and way, it is
/// refused with that place, and nothing is written.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_every_request_is_named() {
    let suite = Suite::start().await;
    let all = rpcs();
    let sound = requests(&suite.clients).await;
    for rpc in all.iter().filter(|rpc| !rpc.streaming) {
        assert!(
            sound.iter().any(|sound| rpc.is(sound.method)),
            "{}",
            rpc.name
        );
    }
    for request in &sound {
        let rpc = rpc_of(&all, request.method);
        let answer = rpc.send(&suite.clients, request.bytes.clone()).await;
        if let Err(status) = answer {
            panic!("{} refused a sound request: {status:?}", rpc.name);
        }
    }
    let before = suite.databases.rows().await;
    let mut wrong = Vec::new();
    let mut tried = 0;
    for request in &sound {
        let rpc = rpc_of(&all, request.method);
        let message = DynamicMessage::decode(rpc.input.clone(), request.bytes.as_slice()).unwrap();
        for fault in faults(&message, request.optional) {
            if keeps_nobody_from_leaving(request.method, &fault.field) {
                continue;
            }
            let answer = rpc
                .send(&suite.clients, fault.request.encode_to_vec())
                .await;
            let refused = answer.as_ref().err().map(Refused::of);
            let named = refused.as_ref().is_some_and(|refused| {
                refused.code == Code::InvalidArgument
                    && refused.reason == "INVALID_FIELD"
                    && refused.fields.contains(&fault.field)
            });
            tried += 1;
            if !named {
                let (method, field, what) = (rpc.method(), fault.field, fault.what);
                wrong.push(format!("{method}: {field} = {what}: {refused:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "of {tried}:\n{}", wrong.join("\n"));
    assert!(tried > 500, "only {tried} faults were tried");
    assert_eq!(suite.databases.rows().await, before, "nothing is written");
}

/// Ids that nobody has are named, whoever is asked.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_named() {
    let suite = Suite::start().await;
    let person = Person::named("exists");
    person.write(&suite.clients).await;
    let mut missing = person.subscription.clone();
    missing.account_id = "nobody".to_owned();
    let nobody = Person::named("nobody");
    let before = suite.databases.rows().await;

    let put = |subscription| profiles::PutSubscriptionRequest {
        request_id: String::new(),
        subscription: Some(subscription),
    };
    let mut accounts = suite.clients.accounts();
    let answer = accounts.put_subscription(put(missing)).await;
    assert_refused(answer, Code::NotFound, "ACCOUNT_NOT_FOUND");
    let answer = accounts
        .put_subscription(put(nobody.subscription.clone()))
        .await;
    assert_refused(answer, Code::NotFound, "CUSTOMER_NOT_FOUND");
    let end = profiles::EndSubscriptionRequest {
        customer_id: person.id().to_owned(),
        subscription_id: "nothing".to_owned(),
        service_end_time: Some(days_ago(-1)),
        ..Default::default()
    };
    let answer = accounts.end_subscription(end).await;
    assert_refused(answer, Code::NotFound, "SUBSCRIPTION_NOT_FOUND");
    let resolve = profiles::ResolveIncidentRequest {
        customer_id: person.id().to_owned(),
        incident_id: "nothing".to_owned(),
        ..Default::default()
    };
    let answer = suite.clients.incidents().resolve_incident(resolve).await;
    assert_refused(answer, Code::NotFound, "INCIDENT_NOT_FOUND");
    let status = lifecycle::GetCustomerStatusRequest {
        customer_id: "nobody".to_owned(),
        ..Default::default()
    };
    let answer = suite.clients.statuses().get_customer_status(status).await;
    let refused = assert_refused(answer, Code::NotFound, "CUSTOMER_NOT_FOUND");
    assert_eq!(refused.domain, "lifecycle.rekindle");

    let answer = Call::of(&nobody, "k-1").try_ask(&suite.clients).await;
    let refused = assert_refused(answer, Code::NotFound, "CUSTOMER_NOT_FOUND");
    assert_eq!(
        refused.domain, "offers.rekindle",
        "the desk speaks for itself"
    );
    let mut other = Call::of(&person, "k-1");
    other.request.subscription_id = "nothing".to_owned();
    let answer = other.try_ask(&suite.clients).await;
    assert_refused(answer, Code::NotFound, "SUBSCRIPTION_NOT_FOUND");
    let unknown = Call::of(&person, "k-1").because("no_such_reason");
    let answer = unknown.try_ask(&suite.clients).await;
    let refused = assert_refused(answer, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(refused.fields, ["reason"]);
    assert_eq!(suite.databases.rows().await, before, "nothing is written");
}

/// Duplicates, the past and the future, another currency: each event on its own.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "a table is read from top to bottom")]
async fn events_come_late_twice_and_from_the_future() {
    let suite = Plan::default().start_empty().await;
    let person = Person::named("eventful");
    person.write(&suite.clients).await;
    let event = |event_id: &str, days: i64| profiles::TimelineEvent {
        customer_id: person.id().to_owned(),
        event_id: event_id.to_owned(),
        kind: types::EventKind::Payment.into(),
        event_time: Some(days_ago(days)),
        subscription_id: person.subscription_id().to_owned(),
        amount: Some(dollars(8_000)),
        ..Default::default()
    };
    let newest = event("newest", 1);
    let mut changed = newest.clone();
    changed.quantity = 7;
    let mut in_euros = event("in-euros", 2);
    in_euros.amount.as_mut().unwrap().currency = "EUR".to_owned();
    let mut nobodys = event("nobodys", 2);
    nobodys.customer_id = "nobody".to_owned();
    let mut negative = event("negative", 2);
    negative.amount.as_mut().unwrap().minor = -1;
    let late = event("late", 700);
    let request = profiles::RecordEventsRequest {
        request_id: String::new(),
        events: vec![
            newest.clone(),
            event("tomorrow", -1),
            late,
            newest,
            changed,
            in_euros,
            nobodys,
            negative,
        ],
    };
    let answer = suite
        .clients
        .timeline()
        .record_events(request.clone())
        .await
        .unwrap();
    let answer = answer.into_inner();
    assert_eq!((answer.recorded_count, answer.duplicate_count), (2, 1));
    let refusals: Vec<_> = answer
        .refusals
        .iter()
        .map(|refusal| (refusal.index, refusal.reason.as_str()))
        .collect();
    assert_eq!(
        refusals,
        [
            (1, "EVENT_IN_FUTURE"),
            (4, "EVENT_ID_REUSED"),
            (5, "WRONG_CURRENCY"),
            (6, "CUSTOMER_NOT_FOUND"),
            (7, "INVALID_FIELD"),
        ]
    );
    let before = suite.databases.rows().await;
    let again = suite
        .clients
        .timeline()
        .record_events(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((again.recorded_count, again.duplicate_count), (0, 3));
    assert_eq!(
        suite.databases.rows().await,
        before,
        "the second time changes nothing"
    );
}

/// A bad row in the middle of a file is reported with its line, and the rest lands.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_is_reported_with_its_line_and_the_rest_lands() {
    let suite = Plan::default().start_empty().await;
    let folder = own_folder();
    let file = folder.join("customers.csv");
    let rows = "customer,since,price\nfirst,2024-01-05,10.00\nsecond,2024-01-05,ten\n\
                third,2024-13-05,10.00\nfourth,2024-01-05,10.00\n";
    std::fs::write(&file, rows).unwrap();
    let mapping = folder.join("mapping.toml");
    std::fs::write(&mapping, MAPPING).unwrap();
    let summary = suite.import(&file, &mapping).await;
    let refusals: Vec<_> = summary
        .refusals
        .iter()
        .map(|refusal| (refusal.row, refusal.reason.as_str()))
        .collect();
    // The date is wrong for the account and for the subscription.
    assert_eq!(
        refusals,
        [
            (3, "INVALID_FIELD"),
            (4, "INVALID_FIELD"),
            (4, "INVALID_FIELD")
        ]
    );
    assert_eq!((summary.rows, summary.changed, summary.refused), (4, 2, 2));
    let again = suite.import(&file, &mapping).await;
    assert_eq!((again.changed, again.unchanged, again.refused), (0, 2, 2));
    std::fs::remove_dir_all(folder).unwrap();
}

/// Rules that contradict each other or go in circles are refused with their places, and what is in
/// force stays in force.
#[tokio::test(flavor = "multi_thread")]
async fn a_catalogue_that_contradicts_itself_is_not_published() {
    let suite = Suite::start().await;
    let before = suite.databases.rows().await;
    let sound = seed::files(&["catalogue.yaml", "reasons.yaml"]);
    let spoilt = [
        (
            "CYCLE",
            "  settled:\n    customer.tenure_days: { at_least: 90 }\n",
            "  settled:\n    all:\n      - rule: may_have_a_discount\n",
        ),
        (
            "CONTRADICTION",
            "  nothing_is_broken:\n    customer.open_incident_count: 0\n",
            "  nothing_is_broken:\n    all:\n      - customer.open_incident_count: 0\n      \
             - customer.open_incident_count: { at_least: 1 }\n",
        ),
        (
            "UNKNOWN_FACT",
            "customer.tenure_days: { at_least: 90 }",
            "customer.shoe_size: 43",
        ),
        (
            "TYPE_MISMATCH",
            "customer.deceased: false",
            "customer.deceased: 7",
        ),
    ];
    for (code, from, to) in spoilt {
        let mut files = sound.clone();
        assert!(files[0].text.contains(from), "the seed has changed: {from}");
        files[0].text = files[0].text.replacen(from, to, 1);
        let request = offers::PublishCatalogueRequest {
            request_id: suite.next(),
            files,
            published_by: "tests".to_owned(),
            note: String::new(),
        };
        let answer = suite
            .clients
            .catalogues()
            .publish_catalogue(request)
            .await
            .unwrap();
        let answer = answer.into_inner();
        let found = answer.problems.iter().find(|problem| problem.code == code);
        let found = found.unwrap_or_else(|| panic!("{code}: {:?}", answer.problems));
        assert!(
            found.file == "catalogue.yaml" && found.line > 1 && found.column > 0,
            "{found:?}"
        );
        assert!(!answer.changed);
        assert!(answer.catalogue.is_none());
    }
    assert_eq!(suite.databases.rows().await, before, "nothing is written");
}

/// A message beyond the limit is refused before anybody reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_refused() {
    let suite = Plan::default().start_empty().await;
    let mut call = Call::of(&Person::named("verbose"), "k-1");
    call.request.reason = "x".repeat(5 * 1_024 * 1_024);
    let answer = call.try_ask(&suite.clients).await;
    assert_refused(answer, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
    let customer = profiles::UpsertCustomerRequest {
        customer: Some(profiles::Customer {
            customer_id: "x".repeat(300 * 1_024),
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = suite.clients.customers().upsert_customer(customer).await;
    assert_refused(answer, Code::ResourceExhausted, "MESSAGE_TOO_LARGE");
}
