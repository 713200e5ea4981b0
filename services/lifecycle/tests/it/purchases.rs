//! Purchase models: fitted by line, scores from them, and customers that no model can be fitted to.

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use tonic::{Code, Status};

use crate::world::{World, check_refusal, contract, customer, faulty_fields};

/// The number of the day that tests begin at.
pub(crate) const TODAY: i32 = 20_605;

fn euro(minor: i64) -> facts::Money {
    facts::Money {
        minor,
        currency: "EUR".to_owned(),
    }
}

/// Somebody who bought on these days before now, at so much a time.
pub(crate) fn buyer(id: &str, line: &str, days_before: &[i32], each: i64) -> facts::CustomerFacts {
    let subscription = facts::SubscriptionFacts {
        business_line: line.to_owned(),
        relationship: facts::RelationshipType::NonContractual.into(),
        contract_kind: facts::ContractKind::PayAsYouGo.into(),
        ..contract(&format!("s-{id}"), 700)
    };
    let count = u32::try_from(days_before.len()).unwrap();
    let total = each * i64::from(count);
    facts::CustomerFacts {
        purchase_days: days_before.iter().map(|before| TODAY - before).collect(),
        purchase_day_count: count,
        activities: vec![facts::ActivityFacts {
            kind: facts::EventKind::Purchase.into(),
            count,
            total: Some(euro(total)),
            ..facts::ActivityFacts::default()
        }],
        ..customer(id, vec![subscription])
    }
}

/// Two years of buyers, who differ in how often they buy, in how much, and in whether they went away.
fn shop(world: &World, line: &str, customers: i32) {
    for number in 0..customers {
        let first = 728 - (number * 13) % 300;
        let gap = 14 + (number * 29) % 90;
        let last = if number % 3 == 0 { first - 3 * gap } else { 0 };
        let mut days = Vec::new();
        let mut day = first;
        while day >= last.max(0) && days.len() < 60 {
            days.push(day);
            // Not like clockwork.
            day -= gap + (number * 7 + day) % 11;
        }
        let id = format!("{line}-{number}");
        let each = 1_000 + i64::from((number * 31) % 70) * 100;
        world.profiles.put(buyer(&id, line, &days, each));
    }
}

pub(crate) async fn fit(
    world: &World,
    family: wire::PurchaseFamily,
) -> Result<wire::Model, Status> {
    let request = wire::FitModelRequest {
        kind: wire::ModelKind::Purchase.into(),
        family: family.into(),
        activate_if_better: true,
        ..wire::FitModelRequest::default()
    };
    world.service.fit_with(request).await.1
}

async fn groups(world: &World, version: u64) -> Vec<wire::ModelGroup> {
    let request = wire::GetModelRequest { version, kind: 0 };
    let answer = world.service.models().get_model(request).await;
    answer.unwrap().into_inner().groups
}

fn figure(figures: &[wire::Figure], name: &str) -> f64 {
    let found = figures.iter().find(|figure| figure.name == name);
    found.unwrap_or_else(|| panic!("no {name}")).value
}

#[tokio::test]
async fn a_line_gets_its_model_and_a_thin_one_is_told_by_everybody() {
    let world = World::start().await;
    shop(&world, "music", 200);
    shop(&world, "tiny", 5);
    let model = fit(&world, wire::PurchaseFamily::Unspecified)
        .await
        .unwrap();
    assert!(model.active);
    assert_eq!(model.sample_size, 205);
    let evaluation = model.evaluation.unwrap();
    assert_eq!(evaluation.measure, "holdout_root_mean_square_error");
    let expected = figure(&evaluation.figures, "holdout_expected");
    let observed = figure(&evaluation.figures, "holdout_observed");
    assert!(
        (0.5..2.0).contains(&(expected / observed)),
        "{expected} of {observed}"
    );
    assert!(figure(&evaluation.figures, "holdout_auc_active") > 0.5);
    let groups = groups(&world, model.version).await;
    let names: Vec<(&str, &str)> = groups
        .iter()
        .map(|group| (group.group.as_str(), group.family.as_str()))
        .collect();
    assert_eq!(
        names,
        [("music", "mbg_nbd"), ("tiny", ""), ("all", "mbg_nbd")]
    );
    assert!(groups[1].pooled_because.contains("too few"));
    let r = &groups[0].parameters[0];
    assert_eq!(r.name, "r");
    assert!(r.standard_error.is_some_and(|error| error > 0.0));
    let rate = figure(&groups[0].figures, "false_lost_rate");
    assert!((0.0..=1.0).contains(&rate));
}

#[tokio::test]
async fn scores_come_from_the_purchase_model_in_use() {
    let world = World::start().await;
    shop(&world, "music", 200);
    let model = fit(&world, wire::PurchaseFamily::ParetoNbd).await.unwrap();
    world
        .profiles
        .put(buyer("lively", "music", &[300, 200, 100, 5], 2_000));
    world
        .profiles
        .put(buyer("silent", "music", &[700, 690, 680, 670], 2_000));
    let (lively, silent) = (
        world.service.status_of("lively").await,
        world.service.status_of("silent").await,
    );
    let (one, other) = (&lively.subscriptions[0], &silent.subscriptions[0]);
    let alive = |status: &wire::SubscriptionStatus| status.probability_alive.unwrap();
    assert!(
        alive(one) > 0.8 && alive(other) < 0.2,
        "{} {}",
        alive(one),
        alive(other)
    );
    assert!(one.expected_purchases.unwrap() > other.expected_purchases.unwrap());
    let value = |status: &wire::SubscriptionStatus| {
        let value = status.value_remaining.clone().unwrap();
        value.amount.unwrap().minor
    };
    assert!(value(one) > value(other));
    let kinds: Vec<(&str, u64)> = one
        .score_models
        .iter()
        .map(|model| (model.kind.as_str(), model.version))
        .collect();
    assert_eq!(kinds, [("purchase", model.version); 3]);
    // Nothing was counted, so there is no risk of silence, and that is said.
    assert_eq!(one.absent_score_reasons, ["no_life_table"]);
    assert_eq!(silent.stage_rule, "lost.hiatus");
    let told = silent
        .evidence
        .iter()
        .map(|evidence| evidence.fact.as_str());
    assert!(
        told.collect::<Vec<_>>()
            .contains(&"lost.share_that_came_back")
    );
}

/// What stands in the feed, the reason and its metadata.
type Refused = (
    Vec<facts::CustomerFacts>,
    &'static str,
    Vec<(&'static str, &'static str)>,
);

fn hopeless() -> Vec<Refused> {
    let many = |days: &dyn Fn(i32) -> Vec<i32>| -> Vec<facts::CustomerFacts> {
        let some = |number: i32| buyer(&format!("x-{number}"), "music", &days(number), 1_000);
        (0..50).map(some).collect()
    };
    let mut negative = many(&|number| vec![400, 300 - number]);
    negative[7] = buyer("x-7", "music", &[400, 300], -1_000);
    let mut contradictory = many(&|number| vec![400, 300 - number]);
    contradictory[9].purchase_days = vec![TODAY - 20];
    contradictory[9].purchase_day_count = 4;
    let mut outlier = many(&|_| vec![600]);
    outlier[3] = buyer("x-3", "music", &(0..120).rev().collect::<Vec<i32>>(), 1_000);
    vec![
        (vec![], "TOO_LITTLE_DATA", vec![("sample_size", "0")]),
        (
            vec![buyer("x-1", "music", &[90, 40, 3], 1_000)],
            "TOO_LITTLE_DATA",
            vec![("sample_size", "1")],
        ),
        (
            many(&|_| vec![600]),
            "SAMPLE_NOT_FITTABLE",
            vec![("cause", "all_the_same")],
        ),
        (outlier, "SAMPLE_NOT_FITTABLE", vec![("cause", "outlier")]),
        (
            negative,
            "SAMPLE_NOT_BELIEVABLE",
            vec![("customer_id", "x-7"), ("field", "spend")],
        ),
        (
            contradictory,
            "SAMPLE_NOT_BELIEVABLE",
            vec![("customer_id", "x-9"), ("field", "recency")],
        ),
    ]
}

#[tokio::test]
async fn hopeless_samples_are_refused_and_the_model_in_use_stays() {
    for (customers, reason, metadata) in hopeless() {
        let world = World::start().await;
        for customer in customers {
            world.profiles.put(customer);
        }
        let refused = fit(&world, wire::PurchaseFamily::Unspecified)
            .await
            .unwrap_err();
        check_refusal(&refused, Code::FailedPrecondition, reason, &metadata);
        assert_eq!(world.count("fitted_model").await, 0);
    }
}

/// Publishes the rules in force with a line of opportunities so many days apart beside them.
async fn publish_opportunities(world: &World, line: &str, days: u32) -> Result<(), Status> {
    let request = wire::GetRulesRequest { version: 0 };
    let rules = world.service.rules().get_rules(request).await.unwrap();
    let default = rules
        .into_inner()
        .rule_set
        .unwrap()
        .business_lines
        .remove(0);
    let with_opportunities = wire::BusinessLineRules {
        business_line: line.to_owned(),
        opportunity_days: Some(days),
        ..default.clone()
    };
    let request = wire::PublishRulesRequest {
        business_lines: vec![default, with_opportunities],
        ..wire::PublishRulesRequest::default()
    };
    let published = world.service.rules().publish_rules(request).await?;
    let lines = published.into_inner().rule_set.unwrap().business_lines;
    assert!(lines.iter().any(|line| line.opportunity_days == Some(days)));
    Ok(())
}

/// Donors of six to nine years, who differ in how many years they skip and in how soon they are gone.
fn donors(world: &World, customers: i32) {
    for number in 0..customers {
        let years = 6 + number % 4;
        let dice = |year: i32, turn: i32| (number * 7_919 + year * 104_729 + turn) % 1_009 % 100;
        let gives = |year: i32| year == 0 || dice(year, 17) < 35 + 10 * (number % 7);
        let is_gone =
            |year: &i32| dice(*year, 523) < [2, 10, 30][usize::try_from(number % 3).unwrap()];
        let last = (1..=years).find(is_gone).map_or(years, |year| year - 1);
        let days: Vec<i32> = (0..=last)
            .filter(|year| gives(*year))
            .map(|year| 365 * (years - year) + 60 - (number * 7 + year * 13) % 30)
            .collect();
        world
            .profiles
            .put(buyer(&format!("d-{number}"), "charity", &days, 5_000));
    }
}

#[tokio::test]
async fn a_line_that_buys_at_opportunities_is_scored_by_them() {
    let world = World::start().await;
    let refused = publish_opportunities(&world, "charity", 0)
        .await
        .unwrap_err();
    assert_eq!(
        faulty_fields(&refused),
        ["business_lines[1].opportunity_days"]
    );
    publish_opportunities(&world, "charity", 365).await.unwrap();
    donors(&world, 200);
    let faithful: Vec<i32> = (0..9).map(|year| 365 * year + 20).rev().collect();
    world
        .profiles
        .put(buyer("faithful", "charity", &faithful, 5_000));
    world
        .profiles
        .put(buyer("gone", "charity", &faithful[..3], 5_000));
    let model = fit(&world, wire::PurchaseFamily::Unspecified)
        .await
        .unwrap();
    let evaluation = model.evaluation.unwrap();
    assert_eq!(evaluation.measure, "holdout_root_mean_square_error");
    let groups = groups(&world, model.version).await;
    assert_eq!(
        (groups[0].group.as_str(), groups[0].family.as_str()),
        ("charity", "bg_bb"),
        "{}",
        groups[0].pooled_because
    );
    assert!((figure(&groups[0].figures, "opportunity_days") - 365.0).abs() < 1e-9);
    assert!(figure(&groups[0].parameters, "delta") > 0.0);
    let gone = world
        .service
        .status_of("gone")
        .await
        .subscriptions
        .remove(0);
    let faithful = world
        .service
        .status_of("faithful")
        .await
        .subscriptions
        .remove(0);
    let alive = |subscription: &wire::SubscriptionStatus| subscription.probability_alive.unwrap();
    assert!(
        alive(&faithful) > alive(&gone) + 0.2,
        "{faithful:?} {gone:?}"
    );
    assert!(faithful.expected_purchases.is_some() && faithful.value_remaining.is_some());
    let from = faithful.score_models.iter();
    let from = from.filter(|score| (score.kind.as_str(), score.version) == ("purchase", 1));
    assert_eq!(from.count(), 3);
}
