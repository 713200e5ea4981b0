//! The care plan: versions, what is built in, and what is refused.

use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::CareKind;
use tonic::{Code, Status};

use crate::care_world::{plan, publish, rule};
use crate::world::{World, check_refusal, faulty_fields};

async fn get(world: &World, version: u64) -> Result<wire::CarePlan, Status> {
    let request = wire::GetCarePlanRequest { version };
    let answer = world.service.care_plan().get_care_plan(request).await?;
    Ok(answer.into_inner().care_plan.unwrap())
}

#[tokio::test]
async fn a_plan_is_published_once_for_each_request() {
    let world = World::start().await;
    let built_in = get(&world, 0).await.unwrap();
    assert_eq!(built_in.version, 0);
    let request = wire::PublishCarePlanRequest {
        request_id: "r-1".to_owned(),
        care_plan: Some(plan(vec![rule(CareKind::CheckIn, 60)])),
        validate_only: false,
    };
    let mut client = world.service.care_plan();
    let first = client.publish_care_plan(request.clone()).await.unwrap();
    let first = first.into_inner().care_plan.unwrap();
    assert_eq!(first.version, 1);
    let again = client.publish_care_plan(request.clone()).await.unwrap();
    assert_eq!(again.into_inner().care_plan.unwrap(), first);
    let other = wire::PublishCarePlanRequest {
        care_plan: Some(plan(Vec::new())),
        ..request
    };
    let refused = client.publish_care_plan(other).await.unwrap_err();
    let code = Code::FailedPrecondition;
    check_refusal(
        &refused,
        code,
        "REQUEST_ID_REUSED",
        &[("request_id", "r-1")],
    );
    assert_eq!(get(&world, 0).await.unwrap(), first);
    assert_eq!(publish(&world.service, built_in).await.version, 2);
    assert_eq!(get(&world, 1).await.unwrap(), first);
    let refused = get(&world, 17).await.unwrap_err();
    let metadata = [("version", "17")];
    check_refusal(&refused, Code::NotFound, "CARE_PLAN_NOT_FOUND", &metadata);
}

#[tokio::test]
async fn checking_changes_nothing_and_names_everything() {
    let world = World::start().await;
    let mut client = world.service.care_plan();
    let request = |care_plan| wire::PublishCarePlanRequest {
        request_id: String::new(),
        care_plan,
        validate_only: true,
    };
    let good = client
        .publish_care_plan(request(Some(plan(Vec::new()))))
        .await;
    assert_eq!(good.unwrap().into_inner().care_plan.unwrap().version, 0);
    assert_eq!(world.count("care_plan").await, 0);
    let refused = client.publish_care_plan(request(None)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["care_plan"]);
    let unreadable = wire::CareRule {
        kind: 99,
        channels: vec![0],
        ..wire::CareRule::default()
    };
    let wrong = plan(vec![unreadable]);
    let refused = client
        .publish_care_plan(request(Some(wrong)))
        .await
        .unwrap_err();
    let expected = ["care_plan.rules[0].kind", "care_plan.rules[0].channels[0]"];
    assert_eq!(faulty_fields(&refused), expected);
    let wrong = wire::CarePlan {
        channels: Vec::new(),
        tenure_credit_percent: 101,
        ..plan(vec![rule(CareKind::Welcome, 9_999)])
    };
    let refused = client
        .publish_care_plan(request(Some(wrong)))
        .await
        .unwrap_err();
    let expected = [
        "care_plan.rules[0].days",
        "care_plan.channels",
        "care_plan.tenure_credit_percent",
    ];
    assert_eq!(faulty_fields(&refused), expected);
}
