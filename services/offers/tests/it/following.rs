//! Following the feed of changes beside other versions of either service.

use crate::erased::tables_with;
use crate::merged::ask;
use crate::world::World;

#[tokio::test]
async fn what_a_process_of_the_version_before_passes_over_is_found() {
    let mut world = World::start().await;
    world.ask(ask("k-1", "c-1")).await.unwrap();
    // It holds the lease it knows of, and has read the news of what it knows nothing of.
    world
        .execute(
            "insert into feed_cursor (name, position, holder, lease_expires_at) \
             values ('profiles', '9', 'before', now() + interval '1 hour') \
             on conflict (name) do update set position = excluded.position, \
                 holder = excluded.holder, lease_expires_at = excluded.lease_expires_at",
        )
        .await;
    world.neighbours.erase_and_tell(&["c-1"]);
    world
        .wait_for(
            "select count(*) from save_session where erased_at is not null",
            1,
        )
        .await;
    assert_eq!(tables_with(&world, "c-1").await, [""; 0]);
}

#[tokio::test]
async fn a_change_of_a_kind_nobody_here_knows_is_not_passed_over() {
    let mut world = World::start().await;
    world.ask(ask("k-1", "c-1")).await.unwrap();
    world.wait_for_feed().await;
    let before = world.neighbours.cursor();
    let newest = i32::from(contract::profiles::v1::ChangeKind::Erased);
    world.neighbours.tell_of("c-1", newest + 1);
    world.neighbours.erase_and_tell(&["c-1"]);
    // Whoever understands it can follow now.
    let given_up = "select count(*) from feed_cursor where holder is null";
    world.wait_for(given_up, 1).await;
    let position: String = sqlx::query_scalar("select position from feed_cursor where name = $1")
        .bind(offers::store::FEED)
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(position, before);
    let erased = "select count(*) from save_session where erased_at is not null";
    assert_eq!(world.number(erased).await, 0);
}

#[tokio::test]
async fn the_cache_is_not_believed_while_the_feed_is_far_behind() {
    let world = World::start().await;
    world.wait_for_feed().await;
    let keeps_up =
        "select count(*) from feed_cursor where advanced_at > now() - interval '9 seconds'";
    world.wait_for(keeps_up, 1).await;
    world.neighbours.lag(60.0);
    world
        .execute("update feed_cursor set advanced_at = '-infinity'")
        .await;
    world.neighbours.put(crate::neighbours::facts("c-2"));
    world.wait_for_feed().await;
    assert_eq!(world.number(keeps_up).await, 0);
    world.neighbours.lag(0.0);
    world.neighbours.put(crate::neighbours::facts("c-3"));
    world.wait_for(keeps_up, 1).await;
}
