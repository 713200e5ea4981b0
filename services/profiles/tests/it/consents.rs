use contract::profiles::v1 as pb;
use contract::types::v1::ConsentState;
use tonic::{Code, Status};

use crate::builders::{consent, customer};
use crate::stand::Stand;
use crate::statuses::{fields, refused};

async fn record(stand: &Stand, consent: pb::Consent) -> Result<pb::RecordConsentResponse, Status> {
    let request = pb::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(consent),
    };
    Ok(stand.consents().record_consent(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latest_by_its_own_time_counts_whatever_comes_last() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let objected = consent("c", ConsentState::Objected, "2026-05-02T00:00:00Z");
    let granted = consent("c", ConsentState::Granted, "2026-05-01T00:00:00Z");
    assert_eq!(record(&stand, objected.clone()).await.unwrap().revision, 2);
    assert!(record(&stand, granted.clone()).await.unwrap().changed);
    let again = record(&stand, granted.clone()).await.unwrap();
    assert_eq!((again.changed, again.revision), (false, 3));
    let facts = stand.facts("c").await;
    assert_eq!(facts.consents.len(), 1);
    assert_eq!(facts.consents[0].state(), ConsentState::Objected);
    let request = pb::ListConsentsRequest {
        customer_id: "c".to_owned(),
    };
    let listed = stand
        .consents()
        .list_consents(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.consents, [objected, granted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_two_hundred_statements_are_listed() {
    use pb::import_record::Record;
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let said = (1..=201_u64).map(|number| {
        let time = format!("2026-01-01T{:02}:{:02}:00Z", number / 60, number % 60);
        crate::builders::row(
            number,
            Record::Consent(consent("c", ConsentState::Granted, &time)),
        )
    });
    stand.import(said.collect()).await.unwrap();
    let request = pb::ListConsentsRequest {
        customer_id: "c".to_owned(),
    };
    let listed = stand
        .consents()
        .list_consents(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.consents.len(), 200);
    assert_eq!(
        listed.consents[0].record_time,
        crate::builders::at("2026-01-01T03:21:00Z")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_consents_for_who_is_not_there_or_from_the_future() {
    let stand = Stand::start().await;
    let nobody = record(
        &stand,
        consent("c", ConsentState::Granted, "2026-05-01T00:00:00Z"),
    )
    .await;
    refused(nobody, Code::NotFound, "CUSTOMER_NOT_FOUND");
    let request = pb::ListConsentsRequest {
        customer_id: "c".to_owned(),
    };
    refused(
        stand.consents().list_consents(request).await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    stand.upsert(customer("c")).await.unwrap();
    let future = record(
        &stand,
        consent("c", ConsentState::Granted, "2027-05-01T00:00:00Z"),
    )
    .await;
    let status = refused(future, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fields(&status), ["record_time"]);
}
