//! What the customers together come to, as it is asked for.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;

use crate::world::{World, contract, customer, days_ago, ended, faulty_fields};

/// Somebody whose contract began and ended so many days ago.
fn person(id: &str, lifetimes: &[(i64, Option<i64>)]) -> facts::CustomerFacts {
    let subscriptions = (0..).zip(lifetimes).map(|(number, lifetime)| {
        let id = format!("s-{number}");
        match lifetime {
            (start, None) => contract(&id, *start),
            (start, Some(end)) => ended(&id, *start, *end),
        }
    });
    let mut facts = customer(id, subscriptions.collect());
    let lifetimes = (1..).zip(lifetimes);
    facts.lifetimes = lifetimes
        .map(|(number, (start, end))| facts::LifetimeFacts {
            number,
            start_time: days_ago(*start),
            end_time: end.and_then(days_ago),
            end_reason: facts::EndReason::CustomerTermination.into(),
            reason_category: "price".to_owned(),
            ..facts::LifetimeFacts::default()
        })
        .collect();
    facts
}

fn euro(minor: i64) -> facts::Money {
    facts::Money {
        minor,
        currency: "EUR".to_owned(),
    }
}

#[tokio::test]
async fn figures_are_of_everybody_and_cost_is_told_where_spending_is_given() {
    let world = World::start().await;
    world.profiles.put(person("stays", &[(900, None)]));
    world.profiles.put(person("new", &[(20, None)]));
    world.profiles.put(person("gone", &[(900, Some(50))]));
    world
        .profiles
        .put(person("back", &[(900, Some(500)), (450, None)]));
    world.wait_until_followed().await;
    let mut client = world.service.portfolio();
    let asked = wire::GetPortfolioMetricsRequest {
        spending: Some(wire::PortfolioSpending {
            winning: Some(euro(60_000)),
            ..wire::PortfolioSpending::default()
        }),
        ..wire::GetPortfolioMetricsRequest::default()
    };
    let answer = client.get_portfolio_metrics(asked.clone()).await.unwrap();
    let answer = answer.into_inner();
    let metrics = answer.metrics.unwrap();
    let flow = metrics.flow.unwrap();
    assert_eq!(metrics.customer_count, 4);
    assert_eq!((flow.live_at_start, flow.live_at_end), (3, 3));
    assert_eq!((flow.won, flow.returned, flow.left_voluntarily), (1, 0, 1));
    assert_eq!(metrics.months.len(), 12);
    let within_3_months = metrics.regained[0].share.unwrap();
    assert_eq!((within_3_months.count, within_3_months.of_count), (1, 1));
    assert_eq!(metrics.values.len(), 1);
    assert!(metrics.values[0].first.is_some() && metrics.values[0].later.is_some());
    let economics = answer.economics.unwrap();
    assert_eq!(economics.acquisition_cost, Some(euro(60_000)));
    assert_eq!(economics.keeping_share, Some(0.0));
    let of_no_line = wire::GetPortfolioMetricsRequest {
        business_line: "retail".to_owned(),
        ..asked
    };
    let answer = client.get_portfolio_metrics(of_no_line).await.unwrap();
    assert_eq!(answer.into_inner().metrics.unwrap().customer_count, 0);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_every_field() {
    let world = World::start().await;
    let asked = wire::GetPortfolioMetricsRequest {
        business_line: "no such\nline".to_owned(),
        month_count: 37,
        until_time: days_ago(-1),
        spending: Some(wire::PortfolioSpending {
            winning: Some(euro(1)),
            winning_back: Some(facts::Money {
                minor: 1,
                currency: "USD".to_owned(),
            }),
            keeping: Some(euro(-5)),
        }),
    };
    let refused = world.service.portfolio().get_portfolio_metrics(asked).await;
    assert_eq!(
        faulty_fields(&refused.unwrap_err()),
        [
            "business_line",
            "month_count",
            "until_time",
            "spending.keeping.minor",
            "spending.winning_back",
        ]
    );
}
