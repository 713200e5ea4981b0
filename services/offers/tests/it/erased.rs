//! A person who was erased: nothing leads to them, and everything still adds up.

use std::collections::BTreeSet;

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use offers::store::{FORGOTTEN, REKEYED};
use pb::PresentedOutcome::{Accepted, Presented};
use sqlx::AssertSqlSafe;
use tonic::Code;

use crate::merged::{answer, ask, leave, merge, two_of_one_person};
use crate::world::{World, refused};

const IDS: [&str; 2] = ["c-0", "c-1"];

/// What adds up, whoever it was for.
const SUMS: [&str; 6] = [
    "select coalesce(sum(held + committed), 0)::bigint from budget_bucket",
    "select coalesce(sum(amount), 0)::bigint from budget_entry",
    "select count(*) from presented_offer where outcome = 'presented'",
    "select count(*) from acceptance",
    "select count(*) from cancellation",
    "select coalesce(sum(hashtext(encode(hash, 'hex'))), 0)::bigint from session_event",
];

async fn sums(world: &World) -> Vec<i64> {
    let mut sums = Vec::new();
    for sql in SUMS {
        sums.push(world.number(sql).await);
    }
    sums
}

/// A person of two ids with calls, an acceptance, a cancellation and a suppression.
async fn a_life() -> (World, Vec<String>) {
    let mut world = two_of_one_person().await;
    let mut sessions = Vec::new();
    for (contact, customer) in [("contact-old", "c-0"), ("contact-new", "c-1")] {
        let asked = world.ask(ask(contact, customer)).await.unwrap();
        let heard = answer(contact, customer, &asked, Presented);
        world.answer(heard).await.unwrap();
        sessions.push(asked.session_id);
    }
    let asked = world.ask(ask("contact-yes", "c-1")).await.unwrap();
    let yes = answer("contact-yes", "c-1", &asked, Accepted);
    world.answer(yes).await.unwrap();
    world
        .execute("update acceptance set fulfilment = 'completed'")
        .await;
    let left = world.leave(leave("contact-gone", "c-0")).await.unwrap();
    sessions.push(left.session_id);
    world.wait_for("select count(*) from outbox", 0).await;
    merge(&world).await;
    let mut suppressions = SuppressionServiceClient::new(world.channel().await);
    let kept_from = pb::SuppressRequest {
        request_id: "s-1".to_owned(),
        scope: pb::SuppressionScope::Customer.into(),
        customer_id: "c-0".to_owned(),
        suppressed_offers: pb::SuppressedOffers::All.into(),
        for_ever: true,
        reason_key: "complaint_upheld".to_owned(),
        suppressed_by: "agent-7".to_owned(),
        ..Default::default()
    };
    suppressions.suppress(kept_from).await.unwrap();
    (world, sessions)
}

/// Names the tables in which a text stands as a whole word.
pub(crate) async fn tables_with(world: &World, text: &str) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables \
         where table_schema = 'public' and table_type = 'BASE TABLE' \
           and table_name not in ('publication', 'request_log') order by 1",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let sql = format!(
            "select exists (select from {table} where {table}::text ~ ('\\m' || $1 || '\\M') or \
             {table}::text like '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')"
        );
        let is_in: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(text)
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
        if is_in {
            found.push(table);
        }
    }
    found
}

#[tokio::test]
async fn nothing_leads_to_the_person_and_everything_adds_up() {
    let (mut world, sessions) = a_life().await;
    let words = ["c-0", "c-1", "contact-old", "contact-gone", "too_expensive"];
    for word in words {
        assert_ne!(tables_with(&world, word).await, [""; 0], "{word}");
    }
    let before = sums(&world).await;
    world.neighbours.erase_and_tell(&IDS);
    world.wait_for_feed().await;
    for word in words {
        let found = tables_with(&world, word).await;
        let expected: &[&str] = if word == "too_expensive" {
            // What a stated reason came to is counted without anybody.
            &["call_outcome"]
        } else {
            &[]
        };
        assert!(
            found.iter().all(|it| expected.contains(&it.as_str())),
            "{word}: {found:?}"
        );
    }
    let after = sums(&world).await;
    assert_eq!(after[..5], before[..5]);
    let unhashed = "select count(*) from session_event where hash is null";
    assert_eq!(world.number(unhashed).await, 0, "the chain stands");
    for (customer, session_id) in IDS
        .iter()
        .flat_map(|id| sessions.iter().map(move |it| (id, it)))
    {
        let proof = pb::GetCancellationRecordRequest {
            customer_id: (*customer).to_owned(),
            session_id: session_id.clone(),
        };
        let proof = world.desk.get_cancellation_record(proof).await;
        refused(proof, Code::NotFound, "SESSION_NOT_FOUND");
    }
    // Whoever finds the pseudonym is told what happened, and of no tampering.
    let pseudonym: String =
        sqlx::query_scalar("select customer_id from save_session where session_id::text = $1")
            .bind(&sessions[0])
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
    let proof = pb::GetCancellationRecordRequest {
        customer_id: pseudonym,
        session_id: sessions[0].clone(),
    };
    let proof = world.desk.get_cancellation_record(proof).await;
    refused(proof, Code::FailedPrecondition, "CALL_ERASED");
}

#[tokio::test]
async fn the_same_news_again_and_a_process_that_was_killed_change_nothing() {
    let (world, _) = a_life().await;
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    assert_eq!(
        tables_with(&world, "c-0").await,
        [""; 0],
        "by one id all are erased"
    );
    let erased = sums(&world).await;
    let rows = "select count(*) from save_session";
    let calls = world.number(rows).await;
    // Told again, to a process that starts where the cursor stood before.
    world
        .execute("update feed_cursor set position = '0', holder = null, lease_expires_at = null")
        .await;
    let world = world.restart().await;
    world.wait_for_feed().await;
    assert_eq!(sums(&world).await, erased);
    assert_eq!(world.number(rows).await, calls);
}

#[tokio::test]
async fn a_call_of_an_erased_person_can_still_be_left() {
    let mut world = World::start().await;
    let asked = world.ask(ask("open-call", "c-1")).await.unwrap();
    let accepted = answer("open-call", "c-1", &asked, Accepted);
    world.answer(accepted).await.unwrap();
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    // What nobody is there for is not carried out, and costs nothing.
    let undone = "select count(*) from acceptance where fulfilment = 'rolled_back'";
    assert_eq!(world.number(undone).await, 1);
    let spent = "select coalesce(sum(held + committed), 0)::bigint from budget_bucket";
    world.wait_for(spent, 0).await;
    world.leave(leave("open-call", "c-1")).await.unwrap();
    assert_eq!(world.number("select count(*) from cancellation").await, 1);
}

#[tokio::test]
async fn every_table_that_names_a_customer_is_covered() {
    let world = World::start().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select columns.table_name::text from information_schema.columns \
         join information_schema.tables using (table_schema, table_name) \
         where table_schema = 'public' and table_type = 'BASE TABLE' \
           and column_name like '%customer_id'",
    )
    .fetch_all(&world.database.pool)
    .await
    .unwrap();
    let named: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    let covered: BTreeSet<&str> = REKEYED.into_iter().chain(FORGOTTEN).collect();
    assert_eq!(named, covered, "see offers::store::REKEYED");
}
