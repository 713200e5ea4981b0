//! What a broken or hostile caller sends: always a canonical code with every violation, never an
//! INTERNAL or UNKNOWN, and nothing is written.

use contract::profiles::v1 as pb;
use contract::types::v1::{ConsentState, EventKind};
use tonic::Code;

use crate::builders::{account, at, consent, customer, event, incident, money, subscription};
use crate::stand::Stand;
use crate::statuses::{fields, refused};

fn long(length: usize) -> String {
    "x".repeat(length)
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_are_one_to_sixty_four_visible_characters() {
    let stand = Stand::start().await;
    for id in [
        "",
        &long(65),
        "a b",
        "a\n",
        "a\u{0}",
        "na\u{ef}ve",
        "\u{202e}",
    ] {
        let status = refused(
            stand.facts_from(id, 0).await,
            Code::InvalidArgument,
            "INVALID_FIELD",
        );
        assert_eq!(fields(&status), ["customer_id"], "{id:?}");
        let status = refused(
            stand.upsert(customer(id)).await,
            Code::InvalidArgument,
            "INVALID_FIELD",
        );
        assert_eq!(fields(&status), ["customer.customer_id"], "{id:?}");
    }
    refused(
        stand.facts_from("unknown", 0).await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    stand.upsert(customer(&long(64))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_of_a_request_is_named_at_once() {
    let stand = Stand::start().await;
    let request = pb::UpsertCustomerRequest {
        request_id: "r r".to_owned(),
        customer: Some(pb::Customer {
            customer_id: String::new(),
            kind: 99,
            display_name: long(201),
            email: long(255),
            phone: "1\u{7}2".to_owned(),
            jurisdiction: "California".to_owned(),
            language: "-".to_owned(),
            time_zone: "America/Nowhere".to_owned(),
            ..pb::Customer::default()
        }),
        etag: long(65),
        validate_only: false,
    };
    let refusal = stand.customers().upsert_customer(request).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    let expected = [
        "customer.customer_id",
        "customer.display_name",
        "customer.email",
        "customer.jurisdiction",
        "customer.kind",
        "customer.language",
        "customer.phone",
        "customer.time_zone",
        "etag",
        "request_id",
    ];
    assert_eq!(fields(&status), expected);
}

/// A field, and how it is spoilt.
type Spoilt<T> = (&'static str, fn(&mut T));

const SUBSCRIPTIONS: &[Spoilt<pb::Subscription>] = &[
    ("monthly_price.minor", |s| {
        s.monthly_price = money(-1, "USD");
    }),
    ("monthly_price.minor", |s| {
        s.monthly_price = money(i64::MAX, "USD");
    }),
    ("monthly_price.minor", |s| {
        s.monthly_price = money(i64::MIN, "USD");
    }),
    ("monthly_price.currency", |s| {
        s.monthly_price = money(1, "usd");
    }),
    ("monthly_price.currency", |s| s.monthly_price = money(1, "")),
    ("start_time", |s| s.start_time = None),
    ("start_time", |s| s.start_time = at("1969-12-31T23:59:59Z")),
    ("start_time", |s| s.start_time = at("2200-01-01T00:00:00Z")),
    ("start_time", |s| {
        s.start_time.as_mut().unwrap().seconds = i64::MAX;
    }),
    ("start_time", |s| s.start_time.as_mut().unwrap().nanos = -1),
    ("state", |s| s.state = 7),
    ("relationship", |s| s.relationship = -1),
    ("contract_kind", |s| s.contract_kind = i32::MAX),
    ("product", |s| s.product = long(101)),
    ("attributes", |s| {
        s.attributes = (0..65).map(|n| (n.to_string(), long(1))).collect();
    }),
    ("attributes[0].value", |s| {
        s.attributes = [(long(64), long(201))].into();
    }),
    ("attributes[0].key", |s| {
        s.attributes = [(long(65), long(200))].into();
    }),
    ("attributes[0].key", |s| {
        s.attributes = [(String::new(), long(1))].into();
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_subscription_is_refused_field_by_field() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let before = stand.facts("c").await;
    for (field, spoil) in SUBSCRIPTIONS {
        let mut bad = subscription("c", "a", "s");
        spoil(&mut bad);
        let status = refused(stand.put(bad).await, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields(&status), [format!("subscription.{field}")]);
    }
    assert_eq!(stand.facts("c").await, before);
}

const EVENTS: &[Spoilt<pb::TimelineEvent>] = &[
    ("survey_score", |e| e.survey_score = Some(5)),
    ("survey_score", |e| {
        (e.kind, e.survey_score) = (EventKind::Survey.into(), Some(11));
    }),
    ("kind", |e| e.kind = 0),
    ("kind", |e| e.kind = 8),
    ("event_time", |e| e.event_time = None),
    ("event_time", |e| e.event_time = at("2200-01-01T00:00:00Z")),
    ("detail", |e| e.detail = long(65)),
    ("subscription_id", |e| e.subscription_id = long(65)),
    ("amount.currency", |e| e.amount = money(1, "XXX")),
];

#[tokio::test(flavor = "multi_thread")]
async fn bad_events_are_refused_field_by_field() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let spoilt = EVENTS.iter().map(|(_, spoil)| {
        let mut bad = event("c", "e", EventKind::Usage);
        spoil(&mut bad);
        bad
    });
    let answer = stand.record(spoilt.collect()).await.unwrap();
    assert_eq!(answer.recorded_count, 0);
    let wrong: Vec<_> = answer
        .refusals
        .iter()
        .map(|one| one.field.clone())
        .collect();
    let expected = (0..)
        .zip(EVENTS)
        .map(|(index, (field, _))| format!("events[{index}].{field}"));
    assert_eq!(wrong, expected.collect::<Vec<String>>());
    assert!(
        answer
            .refusals
            .iter()
            .all(|one| one.reason == "INVALID_FIELD")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_incidents_and_consents_are_refused_field_by_field() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let request = pb::OpenIncidentRequest {
        request_id: String::new(),
        incident: Some(pb::Incident {
            severity: 0,
            responsible_party: 5,
            category: "\t".to_owned(),
            open_time: None,
            ..incident("c", "")
        }),
    };
    let refusal = stand.incidents().open_incident(request).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    let expected = [
        "category",
        "incident_id",
        "open_time",
        "responsible_party",
        "severity",
    ];
    assert_eq!(
        fields(&status),
        expected.map(|field| format!("incident.{field}"))
    );
    let request = pb::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(pb::Consent {
            channel: 6,
            state: 0,
            ..consent("c", ConsentState::Granted, "2026-01-01T00:00:00Z")
        }),
    };
    let refusal = stand.consents().record_consent(request).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fields(&status), ["consent.channel", "consent.state"]);
}

#[track_caller]
fn invalid<T: std::fmt::Debug>(result: Result<T, tonic::Status>) {
    refused(result, Code::InvalidArgument, "INVALID_FIELD");
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_requests_about_customers_and_accounts_are_refused() {
    let stand = Stand::start().await;
    let (mut customers, mut accounts) = (stand.customers(), stand.accounts());
    invalid(
        customers
            .upsert_customer(pb::UpsertCustomerRequest::default())
            .await,
    );
    invalid(
        customers
            .get_customer(pb::GetCustomerRequest::default())
            .await,
    );
    invalid(
        customers
            .get_customer_facts(pb::GetCustomerFactsRequest::default())
            .await,
    );
    invalid(
        accounts
            .open_account(pb::OpenAccountRequest::default())
            .await,
    );
    invalid(
        accounts
            .put_subscription(pb::PutSubscriptionRequest::default())
            .await,
    );
    invalid(
        accounts
            .end_subscription(pb::EndSubscriptionRequest::default())
            .await,
    );
    let reinstate = pb::ReinstateSubscriptionRequest::default();
    invalid(accounts.reinstate_subscription(reinstate).await);
    invalid(
        accounts
            .list_accounts(pb::ListAccountsRequest::default())
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_requests_about_what_happened_are_refused() {
    let stand = Stand::start().await;
    let (mut incidents, mut consents) = (stand.incidents(), stand.consents());
    invalid(
        stand
            .timeline()
            .list_events(pb::ListEventsRequest::default())
            .await,
    );
    invalid(
        incidents
            .open_incident(pb::OpenIncidentRequest::default())
            .await,
    );
    invalid(
        incidents
            .advance_recovery(pb::AdvanceRecoveryRequest::default())
            .await,
    );
    invalid(
        incidents
            .resolve_incident(pb::ResolveIncidentRequest::default())
            .await,
    );
    invalid(
        consents
            .record_consent(pb::RecordConsentRequest::default())
            .await,
    );
    invalid(
        consents
            .list_consents(pb::ListConsentsRequest::default())
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_batch_is_nothing_to_do() {
    let stand = Stand::start().await;
    let batch = pb::BatchGetCustomerFactsRequest::default();
    let found = stand
        .customers()
        .batch_get_customer_facts(batch)
        .await
        .unwrap();
    assert!(found.into_inner().facts.is_empty());
    let none = stand.record(Vec::new()).await.unwrap();
    assert_eq!((none.recorded_count, none.refusals.len()), (0, 0));
    let none = stand.import(Vec::new()).await.unwrap();
    assert_eq!((none.changed_count, none.last_row), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversized_message_is_refused_and_the_next_one_served() {
    let stand = Stand::start().await;
    let huge = pb::Customer {
        display_name: long(300 * 1_024),
        ..customer("c")
    };
    let status = stand.upsert(huge).await.unwrap_err();
    assert!(
        matches!(status.code(), Code::OutOfRange | Code::ResourceExhausted),
        "{status:?}"
    );
    stand.upsert(customer("c")).await.unwrap();
    stand.open(account("c", "a")).await.unwrap();
}
