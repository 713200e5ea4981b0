//! The review of offers: figures that can be recomputed, on calls that were really measured.

use contract::offers::v1 as pb;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use kernel::time::Clock as _;
use pb::PresentedOutcome::Accepted;
use pb::ReviewVerdict;
use tonic::Code;
use tonic::transport::Channel;

use crate::neighbours::facts;
use crate::world::{World, let_go, refused, respond, too_expensive};

/// A customer whom the seed's holdout holds out.
const HELD_OUT: &str = "c-29";
pub(crate) const OFFER: &str = "ten_percent_three_months";

async fn client(world: &World) -> ReviewServiceClient<Channel> {
    ReviewServiceClient::new(world.channel().await)
}

pub(crate) async fn review(world: &World, offer_key: &str) -> pb::ReviewOffersResponse {
    let request = pb::ReviewOffersRequest {
        offer_key: offer_key.to_owned(),
        since_time: None,
        by_segment: true,
    };
    let answer = client(world).await.review_offers(request).await;
    answer.unwrap().into_inner()
}

/// Writes so many outcomes of calls of 300 days ago: of ten, the first so many are still here, and the
/// others left after 100 days.
pub(crate) async fn outcomes(
    world: &World,
    name: &str,
    count: u32,
    held_out: bool,
    stay_of_ten: u32,
) {
    let now = world.clock.now().to_string();
    let sql = "insert into call_outcome (customer_id, session_id, subscription_id, decided_at, \
             status, arm, propensity, offer_key, offer_outcome, accepted_at, benefit_end_at, \
             cost_minor, cost_currency, reason_key, monthly_margin_minor, margin_currency, \
             holdout_key, held_out, holdout_exposed, compared_offer_key, here_30_days, here_90_days, \
             here_180_days, durable, left_at, cancel_calls_24_months) \
         select $1 || number, gen_random_uuid(), 's-1', decided, \
             case when stays then 'saved_180' else 'lost_deflect' end, \
             case when $3 then 'no_offer' else $5 end, 1, case when not $3 then $5 end, \
             case when not $3 then 'accepted' end, case when not $3 then decided end, \
             case when not $3 then decided + interval '90 days' end, \
             case when not $3 then 600 end, case when not $3 then 'USD' end, \
             case when number % 4 = 0 then 'price_rise' else 'too_expensive' end, 3000, 'USD', \
             'calls_2027', $3, true, $5, true, true, stays, stays, \
             case when not stays then decided + interval '100 days' end, \
             case when number % 5 = 0 then 3 else 1 end \
         from generate_series(0, $2 - 1) as number, \
              lateral (select number % 10 < $4 as stays, \
                              $6::text::timestamptz - interval '300 days' as decided) as fate";
    sqlx::query(sql)
        .bind(name.to_owned())
        .bind(i32::try_from(count).unwrap())
        .bind(held_out)
        .bind(i32::try_from(stay_of_ten).unwrap())
        .bind(OFFER)
        .bind(now)
        .execute(&world.database.pool)
        .await
        .unwrap();
}

fn close(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() < 1e-9 * wanted.abs().max(1.0)
}

#[tokio::test]
async fn an_offer_is_judged_by_the_bill_against_those_who_would_have_had_it() {
    let world = World::start().await;
    outcomes(&world, "offered-", 400, false, 7).await;
    outcomes(&world, "held-out-", 60, true, 2).await;
    let answer = review(&world, OFFER).await;
    let [offer] = &answer.offers[..] else {
        panic!("{answer:?}");
    };
    assert_eq!(
        (offer.offer_key.as_str(), offer.currency.as_str()),
        (OFFER, "USD")
    );
    let all = offer.all.as_ref().unwrap();
    let (offered, held_out) = (all.offered.unwrap(), all.held_out.unwrap());
    assert_eq!(
        (offered.calls, offered.presented, offered.taken),
        (400, 400, 400)
    );
    assert_eq!(
        (held_out.calls, held_out.presented, held_out.taken),
        (60, 0, 0)
    );
    assert_eq!((offered.serial_calls, offered.cost_minor), (80, 240_000));
    let at_180 = offered.here_180_days.unwrap();
    assert_eq!((at_180.calls, at_180.count), (400, 280));
    assert!(close(all.lift_90_days.unwrap().difference, 0.0));
    assert!(close(all.lift_180_days.unwrap().difference, 0.5));
    // Who left did so ten days after the terms of 90 days ended.
    let [after_30, after_90] = [
        offered.here_30_days_after_terms,
        offered.here_90_days_after_terms,
    ]
    .map(Option::unwrap);
    assert_eq!(
        (after_30.calls, after_30.count, after_90.count),
        (400, 280, 280)
    );
    // Six months of 30.00 for who stays, 100 days of it for who left, 6.00 less where it was offered.
    let (stayed, left) = (3_000.0 * 180.0 / 30.4375, 3_000.0 * 100.0 / 30.4375);
    let worth = 0.5 * (stayed - left) - 600.0;
    let value = all.value_per_call_minor.unwrap();
    assert!(close(value.difference, worth), "{value:?} {worth}");
    let cost = all.cost_per_incremental_save_minor.unwrap();
    assert!(close(cost, 240_000.0 / 200.0), "{cost}");
    assert_eq!(offer.verdict(), ReviewVerdict::Continue);
    assert!(offer.in_catalogue && !offer.review_due.is_empty());
    let reasons: Vec<&str> = offer
        .by_reason
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert_eq!(reasons, ["too_expensive", "price_rise"]);
}

#[tokio::test]
async fn how_long_customers_stay_is_told_by_week_and_side() {
    let world = World::start().await;
    outcomes(&world, "offered-", 400, false, 7).await;
    outcomes(&world, "held-out-", 40, true, 2).await;
    let answer = review(&world, OFFER).await;
    let offer = &answer.offers[0];
    // 100 days are in week 14; nobody leaves before.
    let week = |points: &[pb::SurvivalPoint], week: usize| points[week].share;
    assert!(close(week(&offer.offered_survival, 13), 1.0));
    assert!(close(week(&offer.offered_survival, 14), 0.7));
    assert!(close(week(&offer.held_out_survival, 14), 0.2));

    let holdout = answer.holdout.unwrap();
    assert_eq!(holdout.holdout_key, "calls_2027");
    assert_eq!(
        (holdout.offered_customers, holdout.held_out_customers),
        (400, 40)
    );
    // 9 % of 440 instead of 5 %.
    assert!(holdout.is_suspicious, "{holdout:?}");
    assert_eq!(holdout.offered_all_the_same, 0);
}

#[tokio::test]
async fn what_came_to_nothing_counts_for_nothing_and_an_override_where_it_was_assigned() {
    let world = World::start().await;
    outcomes(&world, "offered-", 100, false, 7).await;
    outcomes(&world, "held-out-", 20, true, 2).await;
    let calls = async || {
        let answer = review(&world, OFFER).await;
        let all = answer.offers[0].all.unwrap();
        (all.offered.unwrap().calls, all.held_out.unwrap().calls)
    };
    assert_eq!(calls().await, (100, 20));
    world
        .execute("update call_outcome set status = 'excluded' where customer_id like 'offered-_'")
        .await;
    assert_eq!(calls().await, (90, 20));
    world
        .execute("update call_outcome set overridden = true where customer_id like 'held-out-_'")
        .await;
    assert_eq!(calls().await, (90, 20));
    let answer = review(&world, OFFER).await;
    assert_eq!(answer.holdout.unwrap().offered_all_the_same, 10);
    let all = answer.offers[0].all.unwrap();
    let overridden = (
        all.offered.unwrap().overridden,
        all.held_out.unwrap().overridden,
    );
    assert_eq!(overridden, (0, 10));
    // What was before the holdout is nothing to compare it with.
    world
        .execute("update call_outcome set holdout_key = null, holdout_exposed = false where customer_id like 'offered-1_'")
        .await;
    assert_eq!(calls().await, (80, 20));
    world
        .execute("update call_outcome set decided_at = decided_at - interval '200 days' where customer_id like 'offered-2_'")
        .await;
    assert_eq!(calls().await, (70, 20));
}

#[tokio::test]
async fn one_person_on_both_sides_is_on_neither() {
    let world = World::start().await;
    outcomes(&world, "offered-", 100, false, 7).await;
    outcomes(&world, "held-out-", 20, true, 2).await;
    world
        .execute(
            "select learn_identity('held-out-3', 'offered-3'), \
                    learn_identity('offered-8', 'offered-7')",
        )
        .await;
    let answer = review(&world, OFFER).await;
    let all = answer.offers[0].all.unwrap();
    assert_eq!(all.offered.unwrap().calls, 99);
    assert_eq!(all.held_out.unwrap().calls, 19);
    let week = &answer.offers[0].held_out_survival[0];
    assert_eq!(week.calls, 19);
    let holdout = answer.holdout.unwrap();
    assert_eq!(
        (
            holdout.offered_customers,
            holdout.held_out_customers,
            holdout.on_both_sides
        ),
        (98, 19, 1)
    );
}

#[tokio::test]
async fn what_was_known_of_the_risk_is_taken_out() {
    let world = World::start().await;
    outcomes(&world, "offered-", 400, false, 7).await;
    outcomes(&world, "held-out-", 40, true, 2).await;
    world
        .execute("update call_outcome set churn_risk = case when durable then 0.2 else 0.7 end")
        .await;
    let answer = review(&world, OFFER).await;
    let all = answer.offers[0].all.unwrap();
    // Who stays is told by the risk alone, so that nothing is left for the offer.
    let adjusted = all.durable_lift_at_equal_risk.unwrap();
    assert!(adjusted.difference.abs() < 1e-9, "{adjusted:?}");
    assert!(close(all.explained_by_risk.unwrap(), 1.0));
    assert!(close(all.durable_lift.unwrap().difference, 0.5));
    let durable = all.durable_lift.unwrap();
    assert!(durable.always_low() < durable.low && durable.always_high() > durable.high);
}

#[tokio::test]
async fn segments_are_told_apart_by_worth_and_tenure() {
    let world = World::start().await;
    outcomes(&world, "offered-", 100, false, 7).await;
    for change in [
        "update call_outcome set monthly_margin_minor = 1 where customer_id like 'offered-_'",
        "update call_outcome set monthly_margin_minor = 100000000, tenure_days = 9999 \
         where customer_id like 'offered-1_'",
        "update call_outcome set monthly_margin_minor = null, margin_currency = null where customer_id like 'offered-2_'",
    ] {
        world.execute(change).await;
    }
    let answer = review(&world, OFFER).await;
    let mut segments = std::collections::BTreeMap::new();
    for of in answer.offers.iter().flat_map(|offer| &offer.by_segment) {
        let calls = of.figures.unwrap().offered.unwrap().calls;
        *segments.entry((of.value_tier, of.long_term)).or_insert(0) += calls;
    }
    let told: Vec<((u32, bool), u32)> = segments.into_iter().collect();
    assert_eq!(
        told.iter()
            .filter(|it| it.0 == (0, false) || it.0 == (2, true))
            .count(),
        2,
        "{told:?}"
    );
    assert_eq!(told.iter().map(|it| it.1).sum::<u32>(), 100, "{told:?}");
    assert!(told.contains(&((2, true), 10)), "{told:?}");
}

#[tokio::test]
async fn dependence_on_discounts_shows() {
    let world = World::start().await;
    // Ten took a discount 200 days before.
    outcomes(&world, "offered-", 10, false, 7).await;
    world
        .execute(
            "update call_outcome set price_offer = true, decided_at = decided_at - interval '200 days', \
                 accepted_at = accepted_at - interval '200 days', \
                 benefit_end_at = benefit_end_at - interval '200 days'",
        )
        .await;
    // Five rang to leave again 20 days after the benefit of 90 days ended.
    outcomes(&world, "offered-", 5, false, 7).await;
    world
        .execute(
            "update call_outcome set decided_at = decided_at + interval '110 days', \
                 accepted_at = null, compared_offer_key = null where not price_offer",
        )
        .await;
    outcomes(&world, "offered-", 100, false, 7).await;
    let answer = review(&world, OFFER).await;
    let offered = answer.offers[0].all.unwrap().offered.unwrap();
    let before = offered.took_price_before.unwrap();
    assert_eq!((before.calls, before.count), (100, 10));
    let again = offered.rang_again.unwrap();
    assert_eq!((again.calls, again.count), (100, 5));
}

#[tokio::test]
async fn prices_out_of_line_are_counted() {
    let world = World::start().await;
    outcomes(&world, "offered-", 100, false, 7).await;
    for change in [
        "update call_outcome set parity_after_minor = 100 where customer_id like 'offered-_'",
        "update call_outcome set parity_after_minor = 0 where customer_id like 'offered-1_'",
        "update call_outcome set parity_refused_keys = array['retired', 'ten_percent_three_months'] \
         where customer_id like 'offered-2_'",
    ] {
        world.execute(change).await;
    }
    let answer = review(&world, OFFER).await;
    let offer = &answer.offers[0];
    assert_eq!((offer.parity_breaches, offer.parity_refused), (10, 10));
}

#[tokio::test]
async fn calls_are_counted_on_the_side_they_were_on() {
    let mut world = World::start().await;
    world.neighbours.put(facts(HELD_OUT));
    let offered = world.ask(too_expensive("k-1")).await.unwrap();
    let key = offered.offers[0].offer_key.clone();
    let accepted = world.answer(respond("k-1", &offered, Accepted)).await;
    accepted.unwrap();
    let mut other = too_expensive("k-2");
    other.customer_id = HELD_OUT.to_owned();
    let withheld = world.ask(other).await.unwrap();
    assert_eq!(let_go(&withheld), "HELD_OUT");
    let closing = pb::CloseSessionRequest {
        customer_id: HELD_OUT.to_owned(),
        session_id: withheld.session_id.clone(),
        ..Default::default()
    };
    world.desk.close_session(closing).await.unwrap();
    let judged =
        "select count(*) from call_outcome where judged_at is not null and holdout_exposed";
    world.wait_for(judged, 2).await;
    let answer = review(&world, &key).await;
    let all = answer.offers[0].all.unwrap();
    let (offered, held_out) = (all.offered.unwrap(), all.held_out.unwrap());
    assert_eq!((offered.calls, offered.taken, held_out.calls), (1, 1, 1));
    assert_eq!(answer.offers[0].verdict(), ReviewVerdict::Watch);
    assert_eq!(
        offered.here_30_days.unwrap().calls,
        0,
        "nothing is known yet"
    );
}

#[tokio::test]
async fn offers_that_nobody_was_made_are_listed_and_claim_nothing() {
    let world = World::start().await;
    let answer = review(&world, "").await;
    assert!(answer.offers.len() >= 14, "{}", answer.offers.len());
    for offer in &answer.offers {
        assert_eq!(offer.verdict(), ReviewVerdict::Watch, "{}", offer.offer_key);
        assert_eq!(offer.verdict_reason, "nobody_to_compare_with");
        assert!(offer.chance_worth_more.is_none() && offer.by_reason.is_empty());
    }
}

fn change() -> pb::DecideOfferRequest {
    pb::DecideOfferRequest {
        request_id: "r-1".to_owned(),
        offer_key: OFFER.to_owned(),
        decision: ReviewVerdict::Change.into(),
        reason: "ends_too_soon".to_owned(),
        decided_by: "ada".to_owned(),
        review_due: "2199-12-31".to_owned(),
    }
}

#[tokio::test]
async fn what_a_manager_decides_is_recorded_once_and_sets_the_next_review() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let decide = change();
    let first = client
        .decide_offer(decide.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .decide_offer(decide.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    assert_eq!(world.number("select count(*) from offer_decision").await, 1);
    let answer = review(&world, OFFER).await;
    let offer = &answer.offers[0];
    assert_eq!(
        (offer.review_due.as_str(), offer.is_due),
        ("2199-12-31", false)
    );
    let decided = offer.decision.as_ref().unwrap();
    assert_eq!(decided.decision(), ReviewVerdict::Change);
    let past = pb::DecideOfferRequest {
        request_id: "r-2".to_owned(),
        review_due: "2020-01-01".to_owned(),
        ..decide.clone()
    };
    client.decide_offer(past).await.unwrap();
    assert!(review(&world, OFFER).await.offers[0].is_due);
}

#[tokio::test]
async fn what_cannot_be_meant_is_no_decision() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let decide = change();
    let unknown = pb::DecideOfferRequest {
        request_id: "r-3".to_owned(),
        offer_key: "nobody_makes_it".to_owned(),
        ..decide.clone()
    };
    refused(
        client.decide_offer(unknown).await,
        Code::NotFound,
        "OFFER_NOT_FOUND",
    );
    for wrong in [
        pb::DecideOfferRequest {
            review_due: "soon".to_owned(),
            ..decide.clone()
        },
        pb::DecideOfferRequest {
            decision: ReviewVerdict::Unspecified.into(),
            ..decide.clone()
        },
        pb::DecideOfferRequest {
            reason: "Since Mrs Smith said so".to_owned(),
            ..decide.clone()
        },
    ] {
        refused(
            client.decide_offer(wrong).await,
            Code::InvalidArgument,
            "INVALID_FIELD",
        );
    }
}
