//! A database that the version before wrote: its calls go on, and what was promised is honoured.

use contract::offers::v1 as pb;
use offers::app::MIGRATOR;
use pb::PresentedOutcome::Accepted;
use storage::redis::RedisSettings;

use crate::world::{World, goodbye, respond, too_expensive};

/// Level 3 with rows in it, brought to the level of today.
async fn upgraded() -> World {
    let database = testkit::postgres::with_tables("").await;
    MIGRATOR.run_to(3, &database.pool).await.unwrap();
    sqlx::raw_sql(include_str!("written_at_level_3.sql"))
        .execute(&database.pool)
        .await
        .unwrap();
    let settings = "update presented_offer set expires_at = now() + interval '1 hour' \
                    where outcome = 'decided'; \
                    update save_session set opened_at = now(), updated_at = now()";
    sqlx::raw_sql(settings)
        .execute(&database.pool)
        .await
        .unwrap();
    MIGRATOR.run(&database.pool).await.unwrap();
    let redis = RedisSettings::at(testkit::redis::url(), testkit::redis::prefix());
    World::start_on(database, redis).await
}

#[tokio::test]
async fn calls_of_the_version_before_are_replayed_and_their_promises_honoured() {
    let mut world = upgraded().await;
    // Nobody could ask for the offers passed over then.
    let request = pb::RequestSaveOfferRequest {
        include_passed_over: false,
        ..too_expensive("k-open")
    };
    let open = world.ask(request).await.unwrap();
    assert!(open.replayed);
    let taken = world
        .answer(respond("k-open", &open, Accepted))
        .await
        .unwrap();
    assert_eq!(taken.offer.unwrap().terms, open.offers[0].terms);
    assert_eq!(
        world
            .number("select count(*) from presented_offer where hold_state = 'committed'")
            .await,
        2
    );
    let explained = world.explain(&open.decision_id).await;
    assert_eq!(explained.request.unwrap().reason, "too_expensive");
    let verdicts = explained.verdicts.iter();
    let kinds: Vec<_> = verdicts.map(pb::OfferVerdict::kind).collect();
    for kind in [
        pb::VerdictKind::Chosen,
        pb::VerdictKind::NotChosen,
        pb::VerdictKind::Disqualified,
    ] {
        assert!(kinds.contains(&kind), "{kind:?}");
    }
}

#[tokio::test]
async fn sessions_of_the_version_before_read_as_they_did() {
    let mut world = upgraded().await;
    for (contact, expected) in [
        ("k-open", "opened offered"),
        ("k-accepted", "opened offered accepted"),
        ("k-left", "opened offered cancel_recorded"),
        ("k-just-left", "opened cancel_recorded"),
        ("k-later", "opened let_go offered"),
    ] {
        let session: String =
            sqlx::query_scalar("select session_id::text from save_session where contact_id = $1")
                .bind(contact)
                .fetch_one(&world.database.pool)
                .await
                .unwrap();
        let kinds: Vec<String> = world
            .session(&session)
            .await
            .events
            .into_iter()
            .map(|event| event.kind)
            .collect();
        assert_eq!(kinds.join(" "), expected, "{contact}");
    }
    for contact in ["k-left", "k-just-left"] {
        assert!(world.leave(goodbye(contact)).await.unwrap().replayed);
    }
    world.leave(goodbye("k-accepted")).await.unwrap();
    let undone = "select count(*) from presented_offer join acceptance using (presented_offer_id) \
                  where hold_state = 'released' and fulfilment = 'rolled_back'";
    assert_eq!(world.number(undone).await, 1);
}
