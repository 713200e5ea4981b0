use contract::profiles::v1 as pb;
use tonic::Code;

use crate::builders::customer;
use crate::stand::Stand;
use crate::statuses::{fact, refused};

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_reads_back_as_it_was_written() {
    let stand = Stand::start().await;
    let written = stand.upsert(customer("c")).await.unwrap();
    assert!(written.changed);
    let request = pb::GetCustomerRequest {
        customer_id: "c".to_owned(),
        min_revision: 1,
    };
    let read = stand
        .customers()
        .get_customer(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.customer, written.customer);
    let read = read.customer.unwrap();
    assert_eq!((read.revision, read.email.as_str()), (1, "ada@example.org"));
    assert_eq!(read.create_time, crate::builders::at(crate::stand::NOW));
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_what_is_there_changes_nothing() {
    let stand = Stand::start().await;
    let first = stand.upsert(customer("c")).await.unwrap();
    stand.clock.advance(std::time::Duration::from_mins(1));
    let second = stand.upsert(customer("c")).await.unwrap();
    assert!(first.changed && !second.changed);
    assert_eq!(first.customer, second.customer);
    let other = pb::Customer {
        vulnerable: true,
        ..customer("c")
    };
    let third = stand.upsert(other).await.unwrap().customer.unwrap();
    assert_eq!((third.revision, third.vulnerable), (2, true));
    assert_ne!(third.etag, second.customer.unwrap().etag);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_guards_against_writing_over_somebody_else() {
    let stand = Stand::start().await;
    let write = async |etag: &str, vulnerable: bool| {
        let request = pb::UpsertCustomerRequest {
            etag: etag.to_owned(),
            customer: Some(pb::Customer {
                vulnerable,
                ..customer("c")
            }),
            ..pb::UpsertCustomerRequest::default()
        };
        stand.customers().upsert_customer(request).await
    };
    refused(write("r1", false).await, Code::Aborted, "ETAG_MISMATCH");
    let first = stand.upsert(customer("c")).await.unwrap().customer.unwrap();
    write(&first.etag, true).await.unwrap();
    let stale = refused(
        write(&first.etag, false).await,
        Code::Aborted,
        "ETAG_MISMATCH",
    );
    assert_eq!(fact(&stale, "etag"), "r2");
}

#[tokio::test(flavor = "multi_thread")]
async fn validating_writes_nothing() {
    let stand = Stand::start().await;
    let request = pb::UpsertCustomerRequest {
        customer: Some(customer("c")),
        validate_only: true,
        ..pb::UpsertCustomerRequest::default()
    };
    let said = stand
        .customers()
        .upsert_customer(request)
        .await
        .unwrap()
        .into_inner();
    assert!(said.changed);
    assert_eq!(said.customer.unwrap().revision, 1);
    let missing = stand.facts_from("c", 0).await;
    let status = refused(missing, Code::NotFound, "CUSTOMER_NOT_FOUND");
    assert_eq!(fact(&status, "customer_id"), "c");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_was_never_written_is_not_shown() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    assert_eq!(stand.facts_from("c", 1).await.unwrap().revision, 1);
    let facts = stand.facts_from("c", 2).await;
    let status = refused(facts, Code::FailedPrecondition, "REVISION_NOT_REACHED");
    assert_eq!(
        (fact(&status, "min_revision"), fact(&status, "revision")),
        ("2".into(), "1".into())
    );
    let request = pb::GetCustomerRequest {
        customer_id: "c".to_owned(),
        min_revision: 2,
    };
    let read = stand.customers().get_customer(request).await;
    refused(read, Code::FailedPrecondition, "REVISION_NOT_REACHED");
    let request = pb::ListAccountsRequest {
        customer_id: "c".to_owned(),
        min_revision: 2,
    };
    let listed = stand.accounts().list_accounts(request).await;
    refused(listed, Code::FailedPrecondition, "REVISION_NOT_REACHED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_at_the_revision_of_a_write_never_sees_older_state() {
    let stand = Stand::start().await;
    for turn in 1..=40 {
        let written = pb::Customer {
            language: if turn % 2 == 0 { "en" } else { "fr" }.to_owned(),
            ..customer("c")
        };
        let written = stand.upsert(written).await.unwrap().customer.unwrap();
        let reads = (0..8).map(|_| stand.facts_from("c", written.revision));
        for read in futures::future::join_all(reads).await {
            assert_eq!(read.unwrap().language, written.language);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_leaves_out_who_is_not_recorded() {
    let stand = Stand::start().await;
    stand.upsert(customer("c-1")).await.unwrap();
    stand.upsert(customer("c-2")).await.unwrap();
    let request = pb::BatchGetCustomerFactsRequest {
        customer_ids: ["c-2", "nobody", "c-1"].map(str::to_owned).to_vec(),
    };
    let batch = stand
        .customers()
        .batch_get_customer_facts(request)
        .await
        .unwrap();
    let mut ids: Vec<_> = batch
        .into_inner()
        .facts
        .into_iter()
        .map(|one| one.customer_id)
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["c-1", "c-2"]);
    let many = (0..501).map(|number| format!("c-{number}")).collect();
    let request = pb::BatchGetCustomerFactsRequest { customer_ids: many };
    let refusal = stand.customers().batch_get_customer_facts(request).await;
    refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
}
