//! Somebody who was recorded twice, is found to be one person, leaves, and is forgotten.

use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use testkit::redis::Private;
use tests::desk::Call;
use tests::people::{Person, days_ago};
use tests::refusal::assert_refused;
use tests::wait::eventually;
use tonic::{Code, Status};

use crate::suite::{Plan, Suite};
use crate::trace::evidence::{Evidence, of_database, of_redis, places};

const OLD: &str = "nuthatch-old";
const NEW: &str = "nuthatch-new";
const NAME: &str = "Nora Nuthatchdotter";

fn recorded_as(id: &str) -> Person {
    let mut person = Person::named(id);
    NAME.clone_into(&mut person.customer.display_name);
    person
}

async fn erase(suite: &Suite, id: &str) -> Result<profiles::EraseCustomerResponse, Status> {
    let request = profiles::EraseCustomerRequest {
        request_id: String::new(),
        customer_id: id.to_owned(),
    };
    let erased = suite.clients.customers().erase_customer(request).await?;
    Ok(erased.into_inner())
}

/// Service and billing have ended, as the company recorded it.
async fn has_left(suite: &Suite, person: &Person) {
    let request = profiles::EndSubscriptionRequest {
        customer_id: NEW.to_owned(),
        subscription_id: person.subscription_id().to_owned(),
        service_end_time: Some(days_ago(2)),
        billing_end_time: Some(days_ago(1)),
        end_reason: types::EndReason::CustomerTermination.into(),
        ..Default::default()
    };
    let mut accounts = suite.clients.accounts();
    accounts.end_subscription(request).await.unwrap();
}

async fn left_behind(suite: &Suite, redis: &Private) -> Vec<Evidence> {
    let mut evidence = vec![of_redis(redis).await];
    for (name, database) in [
        ("profiles", &suite.databases.profiles),
        ("lifecycle", &suite.databases.lifecycle),
        ("offers", &suite.databases.offers),
    ] {
        evidence.extend(of_database(name, database).await);
    }
    evidence
}

async fn are_forgotten(suite: &Suite, redis: &Private) {
    eventually("everybody has forgotten them", async || {
        let after = left_behind(suite, redis).await;
        // The feed names whom it tells of, and callers name requests as they like.
        let allowed = ["profiles.outbox", "offers.request_log"];
        let left = places(&after, "nuthatch");
        let left = left.iter().filter(|place| !allowed.contains(place));
        (left.count() == 0).then_some(())
    })
    .await;
    let after = left_behind(suite, redis).await;
    assert_eq!(places(&after, "nuthatchdotter"), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_of_two_ids_is_known_by_both_and_forgotten_by_all() {
    let redis = Private::start();
    let plan = Plan {
        redis_url: Some(redis.url()),
        ..Plan::default()
    };
    let suite = plan.start().await;
    let (old, new) = (recorded_as(OLD), recorded_as(NEW));
    for person in [&old, &new] {
        person.write(&suite.clients).await;
        let contact = format!("{}-call", person.id());
        let call = Call::of(person, &contact).because("too_expensive");
        call.ask(&suite.clients).await;
    }
    let merge = profiles::MergeCustomersRequest {
        request_id: String::new(),
        customer_id: NEW.to_owned(),
        merged_customer_id: OLD.to_owned(),
    };
    let mut customers = suite.clients.customers();
    let merged = customers.merge_customers(merge).await.unwrap().into_inner();

    // By either id, about what either had, the desk sees one customer.
    let by_old = Call::of(&old, "nuthatch-again").not_before(merged.revision);
    let screen = by_old.ask(&suite.clients).await;
    let seen = screen.customer.unwrap();
    assert_eq!(seen.live_subscription_count, 2);
    assert_eq!(seen.revision, merged.revision);
    by_old.confirm(&suite.clients).await;

    let live = erase(&suite, OLD).await;
    assert_refused(live, Code::FailedPrecondition, "CUSTOMER_STILL_LIVE");
    eventually("the order to end has come", async || {
        let subscription = old.recorded_subscription(&suite.clients).await;
        subscription.service_end_time
    })
    .await;
    for person in [&old, &new] {
        has_left(&suite, person).await;
    }
    let before = left_behind(&suite, &redis).await;
    for place in [
        "profiles.customer",
        "offers.decision",
        "lifecycle.customer_facts",
    ] {
        assert!(places(&before, "nuthatch").contains(&place), "{place}");
    }

    assert_eq!(erase(&suite, OLD).await.unwrap().id_count, 2);
    are_forgotten(&suite, &redis).await;
    let again = customers.upsert_customer(profiles::UpsertCustomerRequest {
        customer: Some(old.customer.clone()),
        ..Default::default()
    });
    assert_refused(again.await, Code::FailedPrecondition, "CUSTOMER_ERASED");
    for person in [&old, &new] {
        let asked = Call::of(person, "nuthatch-later")
            .try_ask(&suite.clients)
            .await;
        assert_refused(asked, Code::NotFound, "CUSTOMER_NOT_FOUND");
    }
}
