//! Publishing and explaining the policy.

use contract::offers::v1 as pb;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use contract::types::v1::{ContractKind, CustomerKind};
use tonic::Code;
use tonic::transport::Channel;

use crate::world::{World, refused};

const POLICY: &str = include_str!("../../../../deploy/seed/policy.yaml");

async fn client(world: &World) -> PolicyServiceClient<Channel> {
    PolicyServiceClient::new(world.channel().await)
}

fn publish(request_id: &str, text: &str) -> pb::PublishPolicyRequest {
    pb::PublishPolicyRequest {
        request_id: request_id.to_owned(),
        files: vec![pb::SourceFile {
            name: "policy.yaml".to_owned(),
            text: text.to_owned(),
        }],
        published_by: "ada".to_owned(),
        note: "a test".to_owned(),
        validate_only: false,
    }
}

fn explain(jurisdiction: &str) -> pb::ExplainPolicyRequest {
    pb::ExplainPolicyRequest {
        jurisdiction: jurisdiction.to_owned(),
        channel: pb::Channel::Phone.into(),
        customer_kind: CustomerKind::Person.into(),
        contract_kind: ContractKind::MonthToMonth.into(),
        as_of_time: None,
        occasion: pb::Occasion::Unspecified.into(),
    }
}

#[tokio::test]
async fn publishing_counts_versions_and_checking_does_not() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let mut send = async |request| client.publish_policy(request).await.unwrap().into_inner();
    let same = send(publish("same", POLICY)).await;
    assert_eq!((same.version, same.changed), (1, false));
    assert!(same.row_count >= 12, "{}", same.row_count);

    let stricter = POLICY.replacen(
        "offers_allowed: during",
        "offers_allowed: with_permission",
        1,
    );
    let only_check = pb::PublishPolicyRequest {
        validate_only: true,
        ..publish("check", &stricter)
    };
    let checked = send(only_check).await;
    assert_eq!(
        (checked.version, checked.changed, checked.row_count),
        (0, false, same.row_count)
    );
    let changed = send(publish("stricter", &stricter)).await;
    assert_eq!((changed.version, changed.changed), (2, true));

    let broken = send(publish(
        "broken",
        &POLICY.replacen("max_offers: 1", "max_offers: 9", 1),
    ))
    .await;
    assert_eq!((broken.version, broken.changed), (0, false));
    assert_eq!(broken.problems[0].code, "OUT_OF_RANGE");
    assert_eq!(
        world
            .number("select max(version) from publication where kind = 'policy'")
            .await,
        2
    );
}

#[tokio::test]
async fn what_is_not_translated_is_published_with_a_warning() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let spanish = "          es: Puede darse de baja en esta llamada; no voy a impedírselo.\n";
    let text = POLICY.replacen(spanish, "", 1);
    assert_ne!(text, POLICY);
    let answer = client.publish_policy(publish("english", &text)).await;
    let answer = answer.unwrap().into_inner();
    assert_eq!((answer.version, answer.changed), (2, true));
    let warned = &answer.problems[0];
    assert_eq!(warned.code, "MISSING_TRANSLATION");
    assert_eq!(warned.severity(), pb::Severity::Warning);
    assert_eq!(warned.message, "the text is not translated to es");
    assert_eq!(answer.problems.len(), 1);
}

#[tokio::test]
async fn a_policy_is_in_force_as_soon_as_it_is_published() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let stricter = POLICY.replacen("offers_allowed: during", "offers_allowed: none", 1);
    client
        .publish_policy(publish("none", &stricter))
        .await
        .unwrap();
    let explained = client
        .explain_policy(explain("US-CA"))
        .await
        .unwrap()
        .into_inner();
    let policy = explained.policy.unwrap();
    assert_eq!(policy.offers_allowed(), pb::OffersAllowed::None);
    assert_eq!((policy.max_offers, policy.policy_version), (0, 2));
}

#[tokio::test]
async fn explaining_says_what_every_row_did() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let explained = client
        .explain_policy(explain("US-CA"))
        .await
        .unwrap()
        .into_inner();
    let why = |key: &str| {
        let row = explained.rows.iter().find(|row| row.key == key).unwrap();
        (row.applied, row.why.as_str())
    };
    let california = why("us_california");
    assert!(
        california.0 && california.1.contains("acknowledgement_medium"),
        "{california:?}"
    );
    assert_eq!(why("us_minnesota"), (false, "holds only in US-MN"));
    assert_eq!(why("us_federal_strict"), (false, "not active: kept ready"));
    assert!(explained.rows.iter().all(|row| !row.source.is_empty()));
    let policy = explained.policy.unwrap();
    assert_eq!(policy.acknowledgement_medium, "same_medium");
    assert_eq!(policy.offers_allowed(), pb::OffersAllowed::During);
}

#[tokio::test]
async fn a_row_of_an_occasion_is_explained_on_that_occasion() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let elsewhere = "holds only on win_back";
    for (occasion, applied) in [
        (pb::Occasion::Unspecified, false),
        (pb::Occasion::CancelCall, false),
        (pb::Occasion::Growth, false),
        (pb::Occasion::WinBack, true),
    ] {
        let request = pb::ExplainPolicyRequest {
            occasion: occasion.into(),
            ..explain("US-CA")
        };
        let explained = client.explain_policy(request).await.unwrap().into_inner();
        let row = explained.rows.iter().find(|row| row.key == "win_back");
        let row = row.unwrap();
        assert_eq!(row.applied, applied, "{occasion:?}: {}", row.why);
        assert_eq!(row.why == elsewhere, !applied, "{occasion:?}: {}", row.why);
        let applied_rows = explained.policy.unwrap().applied_rows;
        assert_eq!(applied_rows.contains(&row.key), applied, "{occasion:?}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_the_strictest() {
    let world = World::start().await;
    let mut client = client(&world).await;
    for request in [
        explain(""),
        explain("BR"),
        pb::ExplainPolicyRequest::default(),
    ] {
        let explained = client.explain_policy(request).await.unwrap().into_inner();
        let policy = explained.policy.unwrap();
        assert_eq!(policy.offers_allowed(), pb::OffersAllowed::AfterCancelOnly);
        assert_eq!(
            (policy.max_feedback_screens, policy.cooling_off_days),
            (0, 14)
        );
    }
}

#[tokio::test]
async fn malformed_situations_are_refused() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let cases = [
        explain("California"),
        pb::ExplainPolicyRequest {
            channel: 99,
            ..explain("US")
        },
        pb::ExplainPolicyRequest {
            occasion: 7,
            ..explain("US")
        },
        pb::ExplainPolicyRequest {
            customer_kind: -1,
            ..explain("US")
        },
        pb::ExplainPolicyRequest {
            as_of_time: Some(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: 0,
            }),
            ..explain("US")
        },
    ];
    for request in cases {
        let answer = client.explain_policy(request).await;
        refused(answer, Code::InvalidArgument, "INVALID_FIELD");
    }
}
