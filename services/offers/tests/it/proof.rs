//! The record of a call: in order, complete, and naming whatever was changed afterwards.

use contract::offers::v1 as pb;
use pb::PresentedOutcome::{Accepted, Declined, Presented};
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, goodbye, kinds, refused, respond, too_expensive};

/// Plays a call to its end: offered, read out, refused, left. Returns the session.
pub(crate) async fn play(world: &mut World, customer: &str) -> String {
    world.neighbours.put(facts(customer));
    let contact = format!("k-{customer}");
    let ask = pb::RequestSaveOfferRequest {
        customer_id: customer.to_owned(),
        ..too_expensive(&contact)
    };
    let answer = world.ask(ask).await.unwrap();
    for outcome in [Presented, Declined] {
        let response = pb::RecordResponseRequest {
            customer_id: customer.to_owned(),
            ..respond(&contact, &answer, outcome)
        };
        world.answer(response).await.unwrap();
    }
    let leave = pb::ConfirmCancellationRequest {
        customer_id: customer.to_owned(),
        reason: "too_expensive".to_owned(),
        ..goodbye(&contact)
    };
    world.leave(leave).await.unwrap();
    answer.session_id
}

pub(crate) async fn record(
    world: &mut World,
    customer: &str,
    session_id: &str,
) -> pb::CancellationRecord {
    let request = pb::GetCancellationRecordRequest {
        customer_id: customer.to_owned(),
        session_id: session_id.to_owned(),
    };
    let answer = world.desk.get_cancellation_record(request).await.unwrap();
    answer.into_inner().record.unwrap()
}

#[tokio::test]
async fn a_call_is_told_in_order_with_its_versions_and_its_proof() {
    let mut world = World::start().await;
    let session_id = play(&mut world, "c-1").await;
    let record = record(&mut world, "c-1", &session_id).await;
    assert_eq!(record.findings, []);
    assert!(record.intact && record.sealed);
    assert_eq!(
        kinds(&record.events),
        "stated offered disclosed presented refused confirmed acknowledged"
    );
    assert_eq!(record.events[0].agent_id, "agent-7");
    assert_eq!(
        (
            record.policy_versions.as_slice(),
            record.catalogue_versions.as_slice()
        ),
        (&[1][..], &[1][..])
    );
    assert!(record.seconds_to_confirmation.is_some());
    assert_eq!(record.acknowledgement.unwrap().hash.len(), 64);
    assert!(record.exit_plan.is_some());
    let unknown = pb::GetCancellationRecordRequest {
        customer_id: "c-2".to_owned(),
        session_id,
    };
    refused(
        world.desk.get_cancellation_record(unknown).await,
        Code::NotFound,
        "SESSION_NOT_FOUND",
    );
}

#[tokio::test]
async fn every_way_of_a_call_leaves_an_intact_record() {
    let mut world = World::start().await;
    // Asked back after leaving, stayed, and left again.
    let step = |number: u32, permission: pb::Permission| pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}"),
        step: number,
        jurisdiction: "US-MN".to_owned(),
        permission: permission.into(),
        ..too_expensive("k-1")
    };
    let first = world
        .ask(step(1, pb::Permission::Unspecified))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let offered = world.ask(step(2, pb::Permission::Granted)).await.unwrap();
    world
        .answer(respond("k-1", &offered, Accepted))
        .await
        .unwrap();
    let stayed = record(&mut world, "c-1", &first.session_id).await;
    assert_eq!(stayed.findings, []);
    assert!(stayed.intact && stayed.acknowledgement.is_none());
    world.leave(goodbye("k-1")).await.unwrap();
    let left = record(&mut world, "c-1", &first.session_id).await;
    assert_eq!(left.findings, []);

    // Left without ever being pitched, and a call that nobody came back to.
    let just_left = world.leave(goodbye("k-2")).await.unwrap();
    let just_left = record(&mut world, "c-1", &just_left.session_id).await;
    assert_eq!(just_left.findings, []);
    assert_eq!(kinds(&just_left.events), "stated confirmed acknowledged");
    world.neighbours.put(facts("c-2"));
    let forgotten = pb::RequestSaveOfferRequest {
        customer_id: "c-2".to_owned(),
        ..too_expensive("k-3")
    };
    let forgotten = world.ask(forgotten).await.unwrap();
    let untouched = record(&mut world, "c-2", &forgotten.session_id).await;
    assert!(untouched.intact && untouched.sealed);
    world
        .execute(
            "update save_session set updated_at = now() - interval '5 hours' \
             where customer_id = 'c-2'",
        )
        .await;
    world
        .wait_for(
            "select count(*) from save_session where state = 'abandoned'",
            1,
        )
        .await;
    let forgotten = record(&mut world, "c-2", &forgotten.session_id).await;
    assert_eq!(forgotten.findings, []);
    assert_eq!(kinds(&forgotten.events), "stated offered abandoned");
}

/// What somebody may change behind our back, and the row that is named for it; the last word of a
/// row that is counted in a session is its place.
const CHANGES: [(&str, &str, &str); 22] = [
    (
        "save_session",
        "update save_session set state = 'save_recorded'",
        "",
    ),
    (
        "save_session",
        "update save_session set contact_id = 'k-other'",
        "",
    ),
    ("save_session", "update save_session set reason = null", ""),
    (
        "save_session",
        "update save_session set opened_at = opened_at - interval '1 minute'",
        "",
    ),
    (
        "decision",
        "update decision set record = replace(record, '\"seed\":', '\"seed\":1')",
        "",
    ),
    // Whoever reads it sees no difference.
    ("decision", "update decision set record = record || ' '", ""),
    ("decision", "update decision set hash = sha256('')", ""),
    ("decision", "delete from decision", ""),
    (
        "presented_offer",
        "update presented_offer set outcome = 'not_presented'",
        "",
    ),
    (
        "presented_offer",
        "update presented_offer set cost_minor = cost_minor + 1",
        "",
    ),
    ("presented_offer", "delete from presented_offer", ""),
    (
        "session_event",
        "update session_event set agent_id = 'somebody' where sequence = 2",
        " 2",
    ),
    (
        "session_event",
        "update session_event set happened_at = happened_at + interval '1 second' where sequence = 3",
        " 3",
    ),
    (
        "session_event",
        "update session_event set kind = 'permission_granted' where sequence = 1",
        " 1",
    ),
    (
        "session_event",
        "update session_event set detail = 'said twice' where sequence = 1",
        " 1",
    ),
    (
        "session_event",
        "update session_event set decision_id = null where sequence = 1",
        " 1",
    ),
    (
        "session_event",
        "update session_event set evidence = null where sequence = 1",
        " 1",
    ),
    (
        "session_event",
        "update session_event set hash = null where sequence = 3",
        " 3",
    ),
    (
        "session_event",
        "delete from session_event where sequence = 4",
        " 4",
    ),
    (
        "session_event",
        "delete from session_event where sequence = 2",
        " 2",
    ),
    (
        "cancellation",
        "update cancellation set service_end_at = service_end_at + interval '1 day'",
        "",
    ),
    (
        "cancellation",
        "update cancellation set reason = 'price_rise'",
        "",
    ),
];

#[tokio::test]
async fn whatever_is_changed_afterwards_is_named() {
    let mut world = World::start().await;
    for (number, (table, change, place)) in CHANGES.into_iter().enumerate() {
        let customer = format!("c-{number}");
        let session_id = play(&mut world, &customer).await;
        let before = record(&mut world, &customer, &session_id).await;
        assert_eq!(before.findings, [], "{change}");
        let joint = if change.contains("where") {
            "and"
        } else {
            "where"
        };
        let sql = format!("{change} {joint} customer_id = '{customer}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&world.database.pool)
            .await
            .unwrap();
        let request = pb::GetCancellationRecordRequest {
            customer_id: customer,
            session_id: session_id.clone(),
        };
        let answer = world.desk.get_cancellation_record(request).await;
        let after = answer.unwrap().into_inner().record.unwrap();
        assert!(!after.intact, "{change}");
        let named = |finding: &pb::RecordFinding| {
            finding.table == table
                && (place.is_empty() || finding.row == session_id.clone() + place)
        };
        assert!(
            after.findings.iter().any(named),
            "{change}: {:?}",
            after.findings
        );
        // A row that was not touched is not blamed, unless it was deleted from under the others.
        if !change.starts_with("delete from decision") {
            let tables: Vec<&str> = after.findings.iter().map(|f| f.table.as_str()).collect();
            assert!(
                tables.iter().all(|named| *named == table),
                "{change}: {:?}",
                after.findings
            );
        }
    }
}

#[tokio::test]
async fn an_acceptance_that_is_changed_afterwards_is_named() {
    let mut world = World::start().await;
    let changes = [
        "update acceptance set agent_id = 'somebody-else'",
        "update acceptance set accepted_at = accepted_at - interval '1 day'",
        "update acceptance set fulfilment = 'completed'",
        "update acceptance set fulfilment = 'rolled_back'",
        "delete from acceptance",
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let customer = format!("c-{number}");
        world.neighbours.put(facts(&customer));
        let ask = pb::RequestSaveOfferRequest {
            customer_id: customer.clone(),
            ..too_expensive(&customer)
        };
        let answer = world.ask(ask).await.unwrap();
        let accept = pb::RecordResponseRequest {
            customer_id: customer.clone(),
            ..respond(&customer, &answer, Accepted)
        };
        world.answer(accept).await.unwrap();
        let before = record(&mut world, &customer, &answer.session_id).await;
        assert_eq!(before.findings, []);
        let sql = format!("{change} where customer_id = '{customer}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&world.database.pool)
            .await
            .unwrap();
        let after = record(&mut world, &customer, &answer.session_id).await;
        let tables: Vec<&str> = after.findings.iter().map(|it| it.table.as_str()).collect();
        assert!(!tables.is_empty(), "{change}");
        assert!(tables.iter().all(|it| *it == "acceptance"), "{tables:?}");
        let id = &answer.offers[0].presented_offer_id;
        assert!(after.findings.iter().all(|it| it.row == *id), "{change}");
    }
}

#[tokio::test]
async fn what_was_read_out_and_ran_out_is_told() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    let past = "update presented_offer set expires_at = now() where outcome = 'presented'";
    world.execute(past).await;
    let told = "select count(*) from session_event where kind = 'expired'";
    world.wait_for(told, 1).await;
    let session = world.session(&answer.session_id).await;
    let last = session.events.last().unwrap();
    let id = &answer.offers[0].presented_offer_id;
    assert_eq!((last.kind.as_str(), &last.detail), ("expired", id));
    let expired = "select count(*) from presented_offer where hold_state = 'expired'";
    assert_eq!(world.number(expired).await, 1);

    // Nobody heard of this one, and nothing is told of it.
    world.ask(too_expensive("k-2")).await.unwrap();
    let past = "update presented_offer set expires_at = now() where outcome = 'decided'";
    world.execute(past).await;
    world.wait_for(expired, 2).await;
    assert_eq!(world.number(told).await, 1);
}
