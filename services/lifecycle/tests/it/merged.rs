//! A customer by another id: the status is that of the one who stays, and they are counted once.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::Stage;
use contract::types::v1 as facts;

use crate::world::{World, contract, customer};

fn one(id: &str, second_days_ago: i64, revision: u64) -> facts::CustomerFacts {
    facts::CustomerFacts {
        revision,
        ..customer(id, vec![contract("s", 400), contract("t", second_days_ago)])
    }
}

#[tokio::test]
async fn an_alias_has_the_stage_that_is_remembered_of_the_one_who_stays() {
    let world = World::start().await;
    world.profiles.put(one("c-1", 100, 1));
    world.profiles.put(one("c-0", 500, 1));
    world.wait_for_rows("customer_facts", 2).await;
    world.wait_for_rows("scored_customer", 2).await;
    world.profiles.merge(one("c-1", 300, 2), "c-0");
    world.wait_for_rows("customer_facts", 1).await;
    world.wait_until_followed().await;
    for table in ["scored_customer", "observed_customer"] {
        assert_eq!(world.count(table).await, 1, "{table}: nobody counts twice");
    }
    let stays = world.service.status_of("c-1").await;
    // What the facts alone would not give: it lasts because it is remembered.
    assert_eq!(stays.stage(), Stage::Growing);
    assert_eq!(stays.stage_rule, "growing.dwell");
    assert_eq!(world.service.status_of("c-0").await, stays);
    let request = wire::BatchGetCustomerStatusesRequest {
        customer_ids: vec!["c-0".to_owned()],
        ..wire::BatchGetCustomerStatusesRequest::default()
    };
    let mut client = world.service.status();
    let batch = client.batch_get_customer_statuses(request);
    let batch = batch.await.unwrap().into_inner().statuses;
    assert_eq!(batch.len(), 1);
    assert_eq!(batch[0].status.as_ref(), Some(&stays));
}
