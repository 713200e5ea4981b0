//! Something was written a moment ago, and the call must know it.

use std::time::Duration;

use testkit::fault::Mode;
use tests::desk::Call;
use tests::people::Person;
use tests::refusal::assert_refused;
use tests::wait::eventually;
use tonic::Code;

use crate::suite::Suite;

/// Asks until the answer comes from the cache alone: lifecycle cannot be reached meanwhile.
async fn warm_the_cache(suite: &Suite, person: &Person) {
    suite.to_lifecycle.set(Mode::Refuse);
    suite.to_lifecycle.cut();
    eventually("the cache is believed", async || {
        let screen = Call::of(person, &suite.next()).ask(&suite.clients).await;
        (!screen.degraded).then_some(())
    })
    .await;
    suite.to_lifecycle.set(Mode::Pass);
}

/// Asks until lifecycle answers in full: the breaker has to close first.
async fn reach_lifecycle(suite: &Suite) {
    let witness = Person::named(&format!("witness-{}", suite.next()));
    witness.write(&suite.clients).await;
    eventually("lifecycle is reached", async || {
        let screen = Call::of(&witness, &suite.next()).ask(&suite.clients).await;
        (!screen.degraded).then_some(())
    })
    .await;
}

/// A request that carries the revision of a write never sees what was before it, however warm the
/// cache; and soon nobody else does either.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_seen_by_who_knows_of_it_and_soon_by_all() {
    let suite = Suite::start().await;
    let mut person = Person::named("has-just-changed");
    let first = person.write(&suite.clients).await;
    let screen = Call::of(&person, "cold").ask(&suite.clients).await;
    assert_eq!(screen.customer.unwrap().revision, first);
    for round in 0..3_u64 {
        warm_the_cache(&suite, &person).await;
        reach_lifecycle(&suite).await;
        person.customer.vulnerable = !person.customer.vulnerable;
        let revision = person.write_customer(&suite.clients).await;
        let call = Call::of(&person, &suite.next()).not_before(revision);
        let who = call.ask(&suite.clients).await.customer.unwrap();
        assert!(who.revision >= revision, "round {round}");
        let seen = who.be_human_about.iter().any(|about| about == "vulnerable");
        assert_eq!(seen, person.customer.vulnerable, "round {round}");

        let mut last = 0;
        eventually("everybody sees it", async || {
            let screen = Call::of(&person, &suite.next()).ask(&suite.clients).await;
            last = screen.customer?.revision;
            (last >= revision).then_some(())
        })
        .await;
        let after = Call::of(&person, &suite.next()).ask(&suite.clients).await;
        assert!(after.customer.unwrap().revision >= last, "nobody goes back");
    }
}

/// The feed invalidates the cache: without any revision the change is seen while the old entry
/// would still have been good.
#[tokio::test(flavor = "multi_thread")]
async fn the_feed_reaches_the_cache() {
    let suite = Suite::start().await;
    let person = Person::named("suffers-unseen");
    person.write(&suite.clients).await;
    Call::of(&person, "cold").ask(&suite.clients).await;
    warm_the_cache(&suite, &person).await;
    reach_lifecycle(&suite).await;

    person.suffers(&suite.clients, "outage").await;
    eventually("the outage is on the screen", async || {
        let screen = Call::of(&person, &suite.next()).ask(&suite.clients).await;
        (screen.customer?.open_incident_count == 1).then_some(())
    })
    .await;
}

/// A cache that cannot hear of changes is not believed: the answer is fresh, or says that it is not.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_copy_is_never_passed_off_as_fresh() {
    let suite = Suite::start().await;
    let mut person = Person::named("cannot-be-heard");
    person.write(&suite.clients).await;
    Call::of(&person, "cold").ask(&suite.clients).await;
    warm_the_cache(&suite, &person).await;
    reach_lifecycle(&suite).await;

    person.customer.do_not_offer = true;
    let revision = person.write_customer(&suite.clients).await;
    suite.to_lifecycle.set(Mode::Refuse);
    suite.to_lifecycle.cut();
    let call = Call::of(&person, &suite.next()).not_before(revision);
    let screen = tokio::time::timeout(Duration::from_secs(2), call.ask(&suite.clients)).await;
    let screen = screen.unwrap();
    assert!(screen.degraded, "the copy is older than what was asked for");
    assert_eq!(screen.offers, []);
}

/// A revision that was never written is refused, not waited for.
#[tokio::test(flavor = "multi_thread")]
async fn a_revision_from_nowhere_is_refused() {
    let suite = Suite::start().await;
    let person = Person::named("not-so-far");
    let revision = person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").not_before(revision + 5);
    let refused = assert_refused(
        call.try_ask(&suite.clients).await,
        Code::FailedPrecondition,
        "REVISION_NOT_REACHED",
    );
    assert_eq!(refused.metadata["min_revision"], (revision + 5).to_string());
    assert_eq!(refused.metadata["revision"], revision.to_string());
    assert_eq!(suite.databases.count("save_session").await, 0);
}
