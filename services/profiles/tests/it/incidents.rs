use contract::profiles::v1 as pb;
use contract::types::v1::{IncidentSeverity, RecoveryStep};
use tonic::{Code, Status};

use crate::builders::{at, incident, row};
use crate::stand::{NOW, Stand};
use crate::statuses::{fact, fields, refused};

async fn open(stand: &Stand, incident: pb::Incident) -> Result<pb::OpenIncidentResponse, Status> {
    let request = pb::OpenIncidentRequest {
        request_id: String::new(),
        incident: Some(incident),
    };
    Ok(stand.incidents().open_incident(request).await?.into_inner())
}

async fn advance(
    stand: &Stand,
    step: RecoveryStep,
    promise: Option<&str>,
) -> Result<pb::AdvanceRecoveryResponse, Status> {
    let request = pb::AdvanceRecoveryRequest {
        customer_id: "c".to_owned(),
        incident_id: "i".to_owned(),
        recovery_step: step.into(),
        promise_due_time: promise.and_then(at),
        ..pb::AdvanceRecoveryRequest::default()
    };
    Ok(stand
        .incidents()
        .advance_recovery(request)
        .await?
        .into_inner())
}

async fn resolve(stand: &Stand, time: Option<&str>) -> Result<pb::ResolveIncidentResponse, Status> {
    let request = pb::ResolveIncidentRequest {
        customer_id: "c".to_owned(),
        incident_id: "i".to_owned(),
        resolve_time: time.and_then(at),
        outcome: "repaired".to_owned(),
        ..pb::ResolveIncidentRequest::default()
    };
    Ok(stand
        .incidents()
        .resolve_incident(request)
        .await?
        .into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_goes_from_opening_over_recovery_to_its_end() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let opened = open(&stand, incident("c", "i")).await.unwrap();
    assert_eq!((opened.revision, opened.changed), (4, true));
    assert!(!open(&stand, incident("c", "i")).await.unwrap().changed);
    let promised = advance(&stand, RecoveryStep::Explain, Some("2026-12-01T00:00:00Z"))
        .await
        .unwrap();
    assert_eq!(
        promised.incident.unwrap().promise_due_time,
        at("2026-12-01T00:00:00Z")
    );
    let facts = stand.facts("c").await;
    assert_eq!(
        facts.open_incidents[0].recovery_step(),
        RecoveryStep::Explain
    );
    assert_eq!(
        (facts.incident_count, facts.last_incident_resolve_time),
        (1, None)
    );

    let back = advance(&stand, RecoveryStep::Own, None).await;
    let status = refused(back, Code::FailedPrecondition, "ILLEGAL_STATE");
    assert_eq!(fact(&status, "state"), "explain");

    let resolved = resolve(&stand, None).await.unwrap().incident.unwrap();
    assert_eq!(
        (resolved.state(), resolved.resolve_time),
        (pb::IncidentState::Resolved, at(NOW))
    );
    assert!(!resolve(&stand, None).await.unwrap().changed);
    let late = advance(&stand, RecoveryStep::Amend, None).await;
    assert_eq!(
        fact(
            &refused(late, Code::FailedPrecondition, "ILLEGAL_STATE"),
            "state"
        ),
        "resolved"
    );
    let facts = stand.facts("c").await;
    assert!(facts.open_incidents.is_empty());
    assert_eq!(
        (facts.incident_count, facts.last_incident_resolve_time),
        (1, at(NOW))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_when_it_is_mended_is_not_open() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let mended = pb::Incident {
        resolve_time: at("2026-11-20T10:00:00Z"),
        outcome: "line_repaired".to_owned(),
        ..incident("c", "i")
    };
    open(&stand, mended.clone()).await.unwrap();
    let facts = stand.facts("c").await;
    assert_eq!(facts.open_incidents, []);
    assert_eq!(
        (facts.incident_count, facts.last_incident_resolve_time),
        (1, mended.resolve_time)
    );
    let halves = [
        pb::Incident {
            state: pb::IncidentState::Resolved.into(),
            ..incident("c", "j")
        },
        pb::Incident {
            outcome: "line_repaired".to_owned(),
            ..incident("c", "j")
        },
    ];
    for half in halves {
        let status = refused(
            open(&stand, half).await,
            Code::InvalidArgument,
            "INVALID_FIELD",
        );
        assert_eq!(fields(&status), ["incident.resolve_time"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_incident_can_be_corrected() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    open(&stand, incident("c", "i")).await.unwrap();
    let worse = pb::Incident {
        severity: IncidentSeverity::Critical.into(),
        subscription_id: "s".to_owned(),
        ..incident("c", "i")
    };
    assert!(open(&stand, worse).await.unwrap().changed);
    let facts = stand.facts("c").await;
    assert_eq!(
        facts.open_incidents[0].severity(),
        IncidentSeverity::Critical
    );
    assert_eq!(facts.open_incidents[0].subscription_id, "s");
    assert_eq!(facts.incident_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let stand = Stand::start().await;
    refused(
        open(&stand, incident("c", "i")).await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    stand.subscriber().await;
    let status = refused(
        resolve(&stand, None).await,
        Code::NotFound,
        "INCIDENT_NOT_FOUND",
    );
    assert_eq!(fact(&status, "incident_id"), "i");
    let lost = pb::Incident {
        subscription_id: "nowhere".to_owned(),
        ..incident("c", "i")
    };
    refused(
        open(&stand, lost).await,
        Code::NotFound,
        "SUBSCRIPTION_NOT_FOUND",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolution_lies_after_the_opening_and_not_in_the_future() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    open(&stand, incident("c", "i")).await.unwrap();
    for time in ["2026-11-19T00:00:00Z", "2026-12-24T00:00:00Z"] {
        let refusal = resolve(&stand, Some(time)).await;
        let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields(&status), ["resolve_time"]);
    }
    assert!(
        resolve(&stand, Some("2026-11-21T00:00:00Z"))
            .await
            .unwrap()
            .changed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_incidents_are_open_at_most() {
    use pb::import_record::Record;
    let stand = Stand::start().await;
    stand.subscriber().await;
    let many = (1..=51_u64).map(|number| {
        row(
            number,
            Record::Incident(incident("c", &format!("i-{number}"))),
        )
    });
    let answer = stand.import(many.collect()).await.unwrap();
    assert_eq!((answer.changed_count, answer.refusals.len()), (50, 1));
    assert_eq!(
        (answer.refusals[0].row, &*answer.refusals[0].reason),
        (51, "TOO_MANY")
    );
}
