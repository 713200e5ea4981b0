//! What goes with a price, and what a new customer pays.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use pb::PresentedOutcome::Presented;

use crate::world::{World, file, respond, too_expensive};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");
const POLICY: &str = include_str!("../../../../deploy/seed/policy.yaml");

#[tokio::test]
async fn the_notice_of_a_personal_price_goes_with_the_offer_wherever_it_is_read() {
    let mut world = World::start().await;
    let mut request = too_expensive("k-1");
    request.jurisdiction = "US-NY".to_owned();
    let answer = world.ask(request).await.unwrap();
    let notice = "THIS PRICE WAS SET BY AN ALGORITHM USING YOUR PERSONAL DATA";
    assert_eq!(answer.policy.as_ref().unwrap().price_notices, [notice]);
    assert!(answer.offers[0].notices.contains(&notice.to_owned()));
    let presented = world.answer(respond("k-1", &answer, Presented)).await;
    assert_eq!(
        presented.unwrap().offer.unwrap().notices,
        answer.offers[0].notices
    );
    let session = world.session(&answer.session_id).await;
    assert_eq!(session.offers[0].notices, answer.offers[0].notices);

    let elsewhere = world.ask(too_expensive("k-2")).await.unwrap();
    assert!(!elsewhere.offers[0].notices.contains(&notice.to_owned()));
}

#[tokio::test]
async fn where_parity_is_enforced_the_answer_says_what_a_new_customer_pays() {
    let mut world = World::start().await;
    let prices = "reference_prices:\n  fibre:\n    - { price: { USD: 1 } }\n";
    let published = CatalogueServiceClient::new(world.channel().await)
        .publish_catalogue(pb::PublishCatalogueRequest {
            request_id: "prices".to_owned(),
            files: vec![
                file("catalogue.yaml", CATALOGUE),
                file("reasons.yaml", REASONS),
                file("prices.yaml", prices),
            ],
            published_by: "ada".to_owned(),
            note: String::new(),
        })
        .await;
    assert_eq!(published.unwrap().into_inner().problems, []);
    let row =
        "rows:\n  parity:\n    source: a test\n    verify: false\n    rules: { parity: enforce }\n";
    let published = PolicyServiceClient::new(world.channel().await)
        .publish_policy(pb::PublishPolicyRequest {
            request_id: "parity".to_owned(),
            files: vec![file("policy.yaml", POLICY), file("parity.yaml", row)],
            published_by: "ada".to_owned(),
            note: String::new(),
            validate_only: false,
        })
        .await;
    assert_eq!(published.unwrap().into_inner().problems, []);

    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(
        answer.policy.as_ref().unwrap().parity(),
        pb::Parity::Enforce
    );
    let parity = answer.parity.unwrap();
    assert_eq!(parity.reference_price.unwrap().minor, 1);
    assert_eq!(parity.price_after_difference.unwrap().minor, 4_999);
    let discount = answer
        .verdicts
        .iter()
        .find(|verdict| verdict.offer_key == "ten_percent_three_months")
        .unwrap();
    assert_eq!(discount.reasons[0].code, "PARITY");
    let request = pb::ExplainDecisionRequest {
        customer_id: "c-1".to_owned(),
        decision_id: answer.decision_id,
    };
    let explained = world.desk.explain_decision(request).await.unwrap();
    let explained = explained.into_inner();
    assert!(explained.replay_agrees);
    let discount = explained
        .verdicts
        .iter()
        .find(|verdict| verdict.offer_key == "ten_percent_three_months")
        .unwrap();
    assert!(
        discount.reasons[0].detail.contains("0.01 USD"),
        "{discount:?}"
    );
}
