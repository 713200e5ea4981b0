//! The contact rules and their versions.

use contract::profiles::v1 as pb;
use contract::types::v1::ConsentChannel;
use tonic::{Code, Status};

use crate::stand::{NOW, Stand};
use crate::statuses::{fact, fields, refused};

pub(crate) fn rule(rule_key: &str, place: &str, basis: pb::ContactBasis) -> pb::ContactRule {
    pb::ContactRule {
        rule_key: rule_key.to_owned(),
        place: place.to_owned(),
        basis: basis.into(),
        source: "a law".to_owned(),
        ..pb::ContactRule::default()
    }
}

fn request(rules: Vec<pb::ContactRule>) -> pb::PublishContactRulesRequest {
    pb::PublishContactRulesRequest {
        rules,
        ..pb::PublishContactRulesRequest::default()
    }
}

async fn send(
    stand: &Stand,
    request: pb::PublishContactRulesRequest,
) -> Result<pb::ContactRuleSet, Status> {
    let answer = stand.contact_rules().publish_contact_rules(request).await?;
    Ok(answer.into_inner().rule_set.unwrap())
}

pub(crate) async fn publish(
    stand: &Stand,
    rules: Vec<pb::ContactRule>,
    places: Vec<pb::ContactPlace>,
) -> Result<pb::ContactRuleSet, Status> {
    let request = pb::PublishContactRulesRequest {
        places,
        ..request(rules)
    };
    send(stand, request).await
}

async fn get(stand: &Stand, version: u64) -> Result<pb::ContactRuleSet, Status> {
    let request = pb::GetContactRulesRequest { version };
    let answer = stand.contact_rules().get_contact_rules(request).await?;
    Ok(answer.into_inner().rule_set.unwrap())
}

fn everything() -> pb::ContactRule {
    rule("everything", "default", pb::ContactBasis::Consent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_reads_back_as_it_was_published_and_the_latest_is_in_force() {
    let stand = Stand::start().await;
    let built_in = get(&stand, 0).await.unwrap();
    assert_eq!((built_in.version, built_in.publish_time), (0, None));
    assert!(!built_in.rules.is_empty());
    let detailed = pb::ContactRule {
        channels: vec![ConsentChannel::Phone.into(), ConsentChannel::Sms.into()],
        purposes: vec![pb::ContactPurpose::Marketing.into()],
        relationship_days: 548,
        hours: Some(pb::ContactHours {
            start_minute: 480,
            end_minute: 1_260,
            iso_weekdays: vec![1, 6],
        }),
        closed: true,
        verify: true,
        ..rule("detailed", "US-CA", pb::ContactBasis::ExistingRelationship)
    };
    let place = pb::ContactPlace {
        place: "DE".to_owned(),
        time_zones: vec!["Europe/Berlin".to_owned()],
        groups: vec!["EU".to_owned()],
    };
    let rules = vec![everything(), detailed];
    let first = publish(&stand, rules.clone(), vec![place.clone()])
        .await
        .unwrap();
    assert_eq!(
        (first.version, first.publish_time),
        (1, crate::builders::at(NOW))
    );
    assert_eq!((&first.rules, &first.places), (&rules, &vec![place]));
    let second = publish(&stand, vec![everything()], Vec::new())
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    assert_eq!(get(&stand, 0).await.unwrap(), second);
    assert_eq!(get(&stand, 1).await.unwrap(), first);
    for version in [3, u64::MAX] {
        let refusal = get(&stand, version).await;
        let status = refused(refusal, Code::NotFound, "CONTACT_RULES_NOT_FOUND");
        assert_eq!(fact(&status, "version"), version.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_checked_is_not_published() {
    let stand = Stand::start().await;
    let checked = pb::PublishContactRulesRequest {
        validate_only: true,
        ..request(vec![everything()])
    };
    let checked = send(&stand, checked).await.unwrap();
    assert_eq!((checked.version, checked.rules), (0, vec![everything()]));
    assert_ne!(get(&stand, 0).await.unwrap().rules, [everything()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_publishes_once_and_everybody_gets_a_version_of_their_own() {
    let stand = Stand::start().await;
    let same = pb::PublishContactRulesRequest {
        request_id: "once".to_owned(),
        ..request(vec![everything()])
    };
    let first = send(&stand, same.clone()).await.unwrap();
    publish(&stand, vec![everything()], Vec::new())
        .await
        .unwrap();
    assert_eq!(send(&stand, same.clone()).await.unwrap(), first);
    let other = pb::PublishContactRulesRequest {
        places: vec![pb::ContactPlace {
            place: "US".to_owned(),
            ..pb::ContactPlace::default()
        }],
        ..same
    };
    refused(
        send(&stand, other).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
    let many = (0..8).map(|_| publish(&stand, vec![everything()], Vec::new()));
    let mut versions: Vec<u64> = futures::future::join_all(many)
        .await
        .into_iter()
        .map(|published| published.unwrap().version)
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, (3..=10).collect::<Vec<u64>>());
}

/// A rule of which nothing is right.
fn spoilt() -> pb::ContactRule {
    pb::ContactRule {
        rule_key: "No Key\u{0}".to_owned(),
        place: "Texas".to_owned(),
        channels: vec![
            99,
            ConsentChannel::Phone.into(),
            ConsentChannel::Phone.into(),
        ],
        purposes: vec![0],
        basis: 99,
        relationship_days: u32::MAX,
        hours: Some(pb::ContactHours {
            start_minute: u32::MAX,
            end_minute: u32::MAX,
            iso_weekdays: vec![8, u32::MAX],
        }),
        closed: false,
        source: "a\u{0}b".to_owned(),
        verify: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_violation_of_rules_is_named_at_once_and_nothing_is_published() {
    let stand = Stand::start().await;
    let place = pb::ContactPlace {
        place: "T".to_owned(),
        time_zones: vec!["Mars/Olympus".to_owned()],
        groups: vec![String::new()],
    };
    let request = pb::PublishContactRulesRequest {
        request_id: "r r".to_owned(),
        rules: vec![spoilt()],
        places: vec![place],
        validate_only: false,
    };
    let status = refused(
        send(&stand, request).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    let expected = [
        "places[0].groups[0]",
        "places[0].place",
        "places[0].time_zones[0]",
        "request_id",
        "rules",
        "rules[0].basis",
        "rules[0].channels[0]",
        "rules[0].channels[2]",
        "rules[0].hours.end_minute",
        "rules[0].hours.iso_weekdays",
        "rules[0].hours.start_minute",
        "rules[0].place",
        "rules[0].purposes[0]",
        "rules[0].relationship_days",
        "rules[0].rule_key",
        "rules[0].source",
    ];
    assert_eq!(fields(&status), expected);
    let many = vec![everything(); 501];
    let status = refused(
        publish(&stand, many, Vec::new()).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(fields(&status), ["rules"]);
    assert_eq!(get(&stand, 0).await.unwrap().version, 0);
}
