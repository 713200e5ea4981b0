//! Retention curves of the model in use, over the wire.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::{Code, Status};

use crate::world::{World, check_refusal, faulty_fields, population};

async fn ask(
    world: &World,
    request: wire::GetRetentionCurvesRequest,
) -> Result<wire::GetRetentionCurvesResponse, Status> {
    let answer = world
        .service
        .portfolio()
        .get_retention_curves(request)
        .await;
    answer.map(tonic::Response::into_inner)
}

/// A population with retention curves of version one in use.
async fn fitted() -> World {
    let world = World::start().await;
    population(&world.profiles);
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Retention.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    let model = world.service.fit_with(request).await.1.unwrap();
    assert!(model.active);
    world
}

fn euro(minor: i64) -> facts::Money {
    facts::Money {
        minor,
        currency: "EUR".to_owned(),
    }
}

#[tokio::test]
async fn curves_are_told_as_seen_and_as_fitted() {
    let world = fitted().await;
    let request = wire::GetRetentionCurvesRequest {
        business_line: "telecom".to_owned(),
        month_count: 6,
        tenure_months: 1,
        monthly_margin: Some(euro(1_000)),
        ..wire::GetRetentionCurvesRequest::default()
    };
    let answer = ask(&world, request).await.unwrap();
    assert_eq!(answer.model_version, 1);
    assert_eq!(answer.next_page_token, "");
    let groups: Vec<(&str, facts::ContractKind)> = answer
        .curves
        .iter()
        .map(|curve| (curve.group.as_str(), curve.contract_kind()))
        .collect();
    let expected = [
        ("telecom/all", facts::ContractKind::Unspecified),
        ("telecom/month_to_month", facts::ContractKind::MonthToMonth),
    ];
    assert_eq!(groups, expected);
    let curve = &answer.curves[1];
    // Twenty of a hundred and twenty left in each of the first three months; half are there yet, in
    // their second month.
    let at_risk: Vec<(u64, u64)> = curve
        .points
        .iter()
        .map(|point| (point.at_risk, point.ended))
        .collect();
    assert_eq!(at_risk[..3], [(120, 20), (100, 20), (20, 20)]);
    assert_eq!(curve.points[0].observed_survival, Some(100.0 / 120.0));
    assert_eq!(curve.points[3].observed_survival, None);
    assert_eq!((curve.points.len(), curve.months_ahead.len()), (6, 6));
    assert!(!curve.parameters.is_empty() && !curve.family.is_empty());
    for point in &curve.points[..2] {
        let seen = point.observed_survival.unwrap();
        assert!(point.observed_lower.unwrap() < seen && seen < point.observed_upper.unwrap());
    }
    for month in &curve.months_ahead {
        let at_risk = month.value_at_risk.as_ref().unwrap();
        assert_eq!(at_risk.currency, "EUR");
        assert!(at_risk.minor > 0 && at_risk.minor < 1_000);
    }
}

#[tokio::test]
async fn curves_come_page_by_page_and_without_money_where_none_was_given() {
    let world = fitted().await;
    let mut request = wire::GetRetentionCurvesRequest {
        page_size: 2,
        ..wire::GetRetentionCurvesRequest::default()
    };
    let first = ask(&world, request.clone()).await.unwrap();
    assert_eq!(first.curves.len(), 2);
    assert_eq!(first.curves[0].points.len(), 36);
    assert_eq!(first.curves[0].months_ahead[0].value_at_risk, None);
    request.page_token = first.next_page_token;
    let second = ask(&world, request.clone()).await.unwrap();
    let groups = first.curves.iter().chain(&second.curves);
    let groups: Vec<&str> = groups.map(|curve| curve.group.as_str()).collect();
    let expected = ["all/all", "telecom/all", "telecom/month_to_month"];
    assert_eq!(groups, expected);
    assert_eq!(second.next_page_token, "");
    // A token is good for its own question only.
    request.business_line = "telecom".to_owned();
    let refused = ask(&world, request).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["page_token"]);
}

#[tokio::test]
async fn without_a_model_in_use_there_are_no_curves() {
    let world = World::start().await;
    population(&world.profiles);
    world.service.fit().await.1.unwrap();
    let refused = ask(&world, wire::GetRetentionCurvesRequest::default()).await;
    let metadata = [("kind", "retention")];
    let refused = refused.unwrap_err();
    check_refusal(
        &refused,
        Code::FailedPrecondition,
        "NO_MODEL_IN_USE",
        &metadata,
    );
}

#[tokio::test]
async fn questions_are_bounded() {
    let world = World::start().await;
    let request = wire::GetRetentionCurvesRequest {
        business_line: "a b".to_owned(),
        month_count: 241,
        tenure_months: 1_201,
        monthly_margin: Some(facts::Money {
            minor: -1,
            currency: "XXX".to_owned(),
        }),
        page_size: -1,
        page_token: "forged".to_owned(),
    };
    let expected = [
        "business_line",
        "month_count",
        "tenure_months",
        "monthly_margin.currency",
        "monthly_margin.minor",
        "page_size",
        "page_token",
    ];
    assert_eq!(
        faulty_fields(&ask(&world, request).await.unwrap_err()),
        expected
    );
}
