//! Learning from what became of calls: outcomes in, a version out, once a day and by one process.

use std::sync::Arc;
use std::time::Duration;

use contract::offers::v1 as pb;
use contract::offers::v1::budget_service_client::BudgetServiceClient;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use kernel::time::Deadline;
use offers::domain::posterior::LearnedVersion;
use offers::usecase::active::Active;
use offers::usecase::learn::{Learn, Learnt};
use pb::PresentedOutcome::Accepted;
use testkit::entropy::Seeded;
use tonic::{Code, Status};

use crate::learned::{CATALOGUE, ask, asks, passed_over, publish, store, world};
use crate::neighbours::facts;
use crate::world::{World, refused, respond, wait_until};

const DISCOUNT: &str = "ten_percent_three_months";

/// One process that learns.
async fn learner(world: &World, seed: u64) -> Learn {
    let store = store(world);
    Learn {
        active: Active::load(store.clone()).await.unwrap(),
        store,
        entropy: Arc::new(Seeded::new(seed)),
    }
}

/// So many calls of ten days ago whose customers were offered an arm first; of ten, so many stay.
async fn outcomes(world: &World, arm: &str, count: i32, stay_of_ten: i32) {
    let sql = "insert into call_outcome (customer_id, session_id, subscription_id, decided_at, \
             described_at, status, arm, propensity, let_go_reason, offer_key, offer_outcome, \
             accepted_at, reason_key, monthly_margin_minor, margin_currency, tenure_days, \
             holdout_key, held_out, holdout_exposed, compared_offer_key, here_30_days, durable) \
         select $1 || number, ('00' || substr(md5($1 || number), 3))::uuid, 's-1', decided, now(), \
             case when stays then 'saved_90' else 'left' end, $1, 1, \
             case when nothing then 'HELD_OUT' end, case when not nothing then $1 end, \
             case when nothing then null when stays then 'accepted' else 'declined' end, \
             case when stays and not nothing then decided end, 'too_expensive', 3000, 'USD', 800, \
             'calls_2027', nothing, true, case when nothing then 'another' else $1 end, stays, \
             case when stays then true end \
         from generate_series(0, $2 - 1) as number, \
              lateral (select number % 10 < $3 as stays, $1 = 'no_offer' as nothing, \
                              now() - interval '10 days' as decided) as fate";
    sqlx::query(sql)
        .bind(arm.to_owned())
        .bind(count)
        .bind(stay_of_ten)
        .execute(&world.database.pool)
        .await
        .unwrap();
}

/// Everybody stays for one offer, and next to nobody for any other or for none.
async fn one_is_best(world: &World, answer: &pb::RequestSaveOfferResponse, best: &str) {
    let others = answer.verdicts.iter().map(|it| it.offer_key.as_str());
    for other in others.filter(|key| *key != best).chain(["no_offer"]) {
        outcomes(world, other, 200, 0).await;
    }
    outcomes(world, best, 400, 9).await;
}

async fn version(learner: &Learn, version: u64) -> LearnedVersion {
    let deadline = Deadline::within(Duration::from_secs(20));
    learner
        .store
        .learned(version, deadline)
        .await
        .unwrap()
        .unwrap()
}

async fn learned(world: &World, version: u64) -> Result<pb::GetLearnedResponse, Status> {
    let mut review = ReviewServiceClient::new(world.channel().await);
    let request = pb::GetLearnedRequest { version };
    Ok(review.get_learned(request).await?.into_inner())
}

const VERSIONS: &str = "select count(*) from learned";

#[tokio::test]
async fn of_two_processes_one_makes_the_version_of_the_day() {
    let mut world = world().await;
    assert_eq!(
        learned(&world, 0).await.unwrap(),
        pb::GetLearnedResponse::default()
    );
    let before = ask(&mut world, "c-1").await;
    let best = passed_over(&before);
    one_is_best(&world, &before, &best).await;

    let (one, other) = (learner(&world, 1).await, learner(&world, 2).await);
    let looked = tokio::join!(one.look(), other.look());
    let made = |learnt: Learnt| matches!(learnt, Learnt::Made { version: 1, .. });
    let looked = [looked.0.unwrap(), looked.1.unwrap()];
    assert_eq!(
        looked.iter().filter(|it| made(**it)).count(),
        1,
        "{looked:?}"
    );
    assert_eq!(world.number(VERSIONS).await, 1);
    assert_eq!(other.look().await.unwrap(), Learnt::NotDue);

    // What was seen is in it, as old as it is, and nothing is short.
    let first = version(&one, 1).await;
    let seen = first.evidence.iter().find(|seen| seen.arm == best).unwrap();
    assert_eq!(
        (seen.segment.category.as_str(), seen.segment.value_tier),
        ("price", 1)
    );
    assert!(seen.segment.long_term && seen.stay.calls < 400.0 && seen.stay.calls > 380.0);
    assert!((seen.stay.successes / seen.stay.calls - 0.9).abs() < 1e-9);
    assert!((seen.durable.calls - seen.here_30_days.successes).abs() < 1e-9);
    assert!(first.prices.is_empty());

    // Processes that run decide with it, name it, and find what they decided again.
    let explain = first_drawn(&world, &best).await;
    let explained = world.desk.explain_decision(explain.clone()).await.unwrap();
    says_what_was_drawn(explained.get_ref(), &best);
    let told = learned(&world, 0).await.unwrap();
    says_what_was_seen(&told, &first, &best);
    a_day_passes(&world).await;
    let looked = one.look().await.unwrap();
    assert!(
        matches!(looked, Learnt::Made { version: 2, .. }),
        "{looked:?}"
    );
    let explained = world.desk.explain_decision(explain).await.unwrap();
    assert!(explained.into_inner().replay_agrees);
    assert_ne!(version(&one, 2).await.seed, first.seed);
    assert_eq!(learned(&world, 0).await.unwrap().version, 2);
    assert_eq!(learned(&world, 1).await.unwrap().segments, told.segments);
    refused(
        learned(&world, 3).await,
        Code::NotFound,
        "LEARNED_NOT_FOUND",
    );
}

/// Asks for customers until one is decided about with a version, and offered what is best by it.
async fn first_drawn(world: &World, best: &str) -> pb::ExplainDecisionRequest {
    let desk = world.desk.clone();
    let number = std::cell::Cell::new(2);
    wait_until("the version is in use", async || {
        let customer = format!("c-{}", number.get());
        number.set(number.get() + 1);
        world.neighbours.put(facts(&customer));
        let answer = desk.clone().request_save_offer(asks(&customer)).await;
        answer
            .unwrap()
            .into_inner()
            .offers
            .first()
            .is_some_and(|it| it.offer_key == best)
    })
    .await;
    let customer_id = format!("c-{}", number.get() - 1);
    let named = "select decision_id::text from decision where customer_id = $1 \
                 and record::jsonb @> '{\"learned_version\": 1}'";
    let decision_id: String = sqlx::query_scalar(named)
        .bind(&customer_id)
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    pb::ExplainDecisionRequest {
        customer_id,
        decision_id,
    }
}

/// Makes what was learnt a day older.
async fn a_day_passes(world: &World) {
    world
        .execute(
            "alter table learned disable trigger user; \
             update learned set made_at = made_at - interval '1 day'; \
             alter table learned enable trigger user",
        )
        .await;
}

fn says_what_was_drawn(explained: &pb::ExplainDecisionResponse, best: &str) {
    let side = explained.holdout.as_ref().unwrap();
    assert_eq!(
        (side.holdout_key.as_str(), side.held_out, side.exposed),
        ("calls_2027", false, true)
    );
    let draw = explained.draw.as_ref().unwrap();
    assert_eq!(draw.learned_version, 1);
    let total: f64 = draw.arms.iter().map(|arm| arm.propensity).sum();
    assert!((total - 1.0).abs() < 1e-9);
    let arm = |name: &str| draw.arms.iter().find(|arm| arm.arm == name).unwrap();
    let (drawn, nothing) = (arm(best), arm("no_offer"));
    assert!(drawn.drawn && !nothing.drawn);
    assert!((drawn.propensity - explained.propensity).abs() < 1e-12);
    assert!(drawn.believed.unwrap().stay > 0.7 && nothing.believed.unwrap().stay < 0.05);
}

fn says_what_was_seen(told: &pb::GetLearnedResponse, first: &LearnedVersion, best: &str) {
    assert_eq!(
        (told.version, told.catalogue_version, told.seed),
        (1, 2, first.seed)
    );
    assert_eq!(told.segments.len(), first.evidence.len());
    assert!(told.prices.is_empty());
    let row = told.arms.iter().find(|arm| arm.arm == best).unwrap();
    assert_eq!(row.reason_category, "price");
    let (stay, believed) = (row.stay.unwrap(), row.believed.unwrap());
    assert!((stay.successes / stay.calls - 0.9).abs() < 1e-9);
    assert!(believed.lasting_low < believed.lasting && believed.lasting < believed.lasting_high);
}

/// Calls on which no offer was drawn, and one whose customer refused the first offer and took another.
const DRAWN_AND_SECOND: &str = "update call_outcome set compared_offer_key = null, offer_key = null, \
                 offer_outcome = null, accepted_at = null, let_go_reason = 'NO_OFFER_DRAWN', \
                 arm = 'no_offer' where arm = 'drawn'; \
             insert into call_outcome (customer_id, session_id, subscription_id, decided_at, \
                 status, reason_key, tenure_days, compared_offer_key, offer_key, offer_outcome, \
                 accepted_at, here_30_days) \
             values ('c-second', '01900000-0000-7000-8000-000000000001', 's-1', \
                 now() - interval '40 days', 'saved_30', 'too_expensive', 10, 'first', 'second', \
                 'accepted', now() - interval '40 days', true); \
             insert into presented_offer (customer_id, presented_offer_id, session_id, decision_id, \
                 offer_key, catalogue_version, rank, price_offer, outcome, decided_at, expires_at, hold_state, \
                 cost_minor, currency) \
             select 'c-second', gen_random_uuid(), '01900000-0000-7000-8000-000000000001', \
                 gen_random_uuid(), 'first', 1, 1, false, 'declined', now(), now(), 'released', 0, 'USD'";

#[tokio::test]
async fn what_tells_nothing_is_left_out_and_few_calls_make_no_version() {
    let world = world().await;
    outcomes(&world, DISCOUNT, 30, 5).await;
    outcomes(&world, "no_offer", 19, 5).await;
    for (arm, change) in [
        ("neutral", "neutral_reason = 'not_presented'"),
        ("overridden", "overridden = true"),
        ("excluded", "status = 'excluded'"),
        ("invalid", "status = 'invalid_save'"),
        ("unjudged", "status = null"),
        ("unheard", "compared_offer_key = 'another'"),
        (
            "let_go",
            "compared_offer_key = null, let_go_reason = 'NOTHING_SUITABLE'",
        ),
        ("contaminated", "held_out = true"),
        ("today", "decided_at = now() - interval '2 hours'"),
        ("long_ago", "decided_at = now() - interval '5 years'"),
    ] {
        outcomes(&world, arm, 20, 10).await;
        let change = format!("update call_outcome set {change} where arm = '{arm}'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(change))
            .execute(&world.database.pool)
            .await
            .unwrap();
    }
    let learner = learner(&world, 1).await;
    assert_eq!(learner.look().await.unwrap(), Learnt::TooFew(49));
    assert_eq!(world.number(VERSIONS).await, 0);

    // Nothing that was drawn tells, too; and who took another offer than the first refused it.
    outcomes(&world, "drawn", 10, 10).await;
    world.execute(DRAWN_AND_SECOND).await;
    // Another process has its turn.
    let turn = learner.store.lock_learning().await.unwrap().unwrap();
    assert_eq!(learner.look().await.unwrap(), Learnt::Elsewhere);
    turn.release().await;
    let learnt = learner.look().await.unwrap();
    assert_eq!(
        learnt,
        Learnt::Made {
            version: 1,
            calls: 60
        }
    );
    let version = version(&learner, 1).await;
    let arms: Vec<&str> = version
        .evidence
        .iter()
        .map(|seen| seen.arm.as_str())
        .collect();
    assert_eq!(arms, ["first", "no_offer", DISCOUNT]);
    let first = &version.evidence[0];
    assert!(first.stay.calls > 0.9 && first.stay.successes.abs() < 1e-12);
    assert!(first.here_30_days.calls.abs() < 1e-12);
}

#[tokio::test]
async fn what_fails_leaves_the_version_in_use() {
    let world = world().await;
    outcomes(&world, DISCOUNT, 60, 5).await;
    let learner = learner(&world, 1).await;
    world
        .execute("alter table call_outcome rename to elsewhere")
        .await;
    assert!(learner.look().await.is_err());
    assert_eq!(world.number(VERSIONS).await, 0);
    world
        .execute("alter table elsewhere rename to call_outcome")
        .await;
    // The turn was given back.
    let learnt = learner.look().await.unwrap();
    assert_eq!(
        learnt,
        Learnt::Made {
            version: 1,
            calls: 60
        }
    );
}

/// Makes what was learnt, and what became of calls, a month older.
async fn a_month_passes(world: &World) {
    world
        .execute(
            "alter table learned disable trigger user; \
             update learned set made_at = made_at - interval '30 days'; \
             alter table learned enable trigger user; \
             update call_outcome set decided_at = decided_at - interval '30 days', \
                 customer_id = 'before-' || customer_id, \
                 session_id = ('01' || substr(session_id::text, 3))::uuid",
        )
        .await;
}

#[tokio::test]
async fn what_lately_did_otherwise_than_was_believed_is_told() {
    let world = world().await;
    outcomes(&world, DISCOUNT, 400, 9).await;
    outcomes(&world, "no_offer", 400, 2).await;
    let learner = learner(&world, 1).await;
    let made = |learnt: Learnt| matches!(learnt, Learnt::Made { .. });
    assert!(made(learner.look().await.unwrap()));
    // There is no earlier version yet.
    let first = learned(&world, 1).await.unwrap();
    assert_eq!((first.drift_since_time, first.drifts.len()), (None, 0));

    a_month_passes(&world).await;
    outcomes(&world, DISCOUNT, 100, 4).await;
    outcomes(&world, "no_offer", 100, 2).await;
    assert!(made(learner.look().await.unwrap()));
    let told = learned(&world, 0).await.unwrap();
    assert_eq!(told.version, 2);
    let before = learned(&world, 1).await.unwrap();
    assert_eq!(told.drift_since_time, before.make_time);
    let drifts: Vec<_> = told
        .drifts
        .iter()
        .map(|drift| (drift.arm.as_str(), drift.stage()))
        .collect();
    assert_eq!(drifts, [(DISCOUNT, pb::LearnedStage::Stay)]);
    let seen = told.drifts[0].seen.unwrap();
    assert!((seen.successes / seen.calls - 0.4).abs() < 0.02, "{seen:?}");
    assert!(told.drifts[0].expected_low > 0.7, "{:?}", told.drifts);
    // A version of the past has its own past.
    assert_eq!(before.drift_since_time, None);

    // With another half-life what was counted then cannot be held against what is counted now.
    let slower = CATALOGUE.replacen("half_life_days: 365", "half_life_days: 1000", 1);
    publish(&world, &slower).await;
    let world = world.restart().await;
    assert_eq!(learned(&world, 0).await.unwrap().drift_since_time, None);
}

/// Publishes the seed with the discount paid out of a budget of its own, by the month.
async fn publish_with_budget(world: &World) {
    let (before, discount) = CATALOGUE.split_once("  ten_percent_three_months:").unwrap();
    let discount = discount.replacen("budget: retention_discounts", "budget: this_month", 1);
    put(world, 1_000_000).await;
    publish(
        world,
        &format!("{before}  ten_percent_three_months:{discount}"),
    )
    .await;
}

async fn put(world: &World, limit_amount: i64) {
    let request = pb::PutBudgetRequest {
        request_id: format!("put-{limit_amount}"),
        budget: Some(pb::Budget {
            budget_key: "this_month".to_owned(),
            limit_amount,
            window: pb::BudgetWindow::CalendarMonth.into(),
            bucket_count: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut budgets = BudgetServiceClient::new(world.channel().await);
    budgets.put_budget(request).await.unwrap();
}

async fn used(world: &World) -> i64 {
    let sum = "select coalesce(sum(held + committed), 0)::bigint from budget_bucket \
               where budget_key = 'this_month'";
    world.number(sum).await
}

/// Asks for a customer, and takes what is offered.
async fn takes(world: &mut World, customer: &str) -> String {
    let answer = ask(world, customer).await;
    let Some(offer) = answer.offers.first() else {
        return String::new();
    };
    let taken = pb::RecordResponseRequest {
        customer_id: customer.to_owned(),
        ..respond(&format!("of-{customer}"), &answer, Accepted)
    };
    world.answer(taken).await.unwrap();
    offer.offer_key.clone()
}

#[tokio::test]
async fn a_budget_that_runs_short_has_a_price_and_is_never_overspent() {
    let mut world = world().await;
    publish_with_budget(&world).await;
    let before = ask(&mut world, "c-0").await;
    one_is_best(&world, &before, DISCOUNT).await;
    for number in 1..=8 {
        assert_ne!(takes(&mut world, &format!("c-{number}")).await, "");
    }
    let described = "select count(*) from call_outcome where compared_offer_key is not null \
                     and decision_id is not null";
    world.wait_for(described, 8).await;

    // Enough of it has no price; the version loves the discount, and the budget has the last word.
    let learner = learner(&world, 1).await;
    assert!(matches!(
        learner.look().await.unwrap(),
        Learnt::Made { version: 1, .. }
    ));
    assert!(version(&learner, 1).await.prices.is_empty());
    let mut world = world.restart().await;
    let limit = used(&world).await + 2;
    put(&world, limit).await;
    let mut taken = 0;
    for number in 100..106 {
        taken += i32::from(takes(&mut world, &format!("c-{number}")).await == DISCOUNT);
        assert!(used(&world).await <= limit);
    }
    assert_eq!((taken, used(&world).await), (2, limit));

    // A little is left of it for many calls: it must return more than itself.
    put(&world, limit + 1).await;
    a_day_passes(&world).await;
    let world = world.restart().await;
    world.wait_for(VERSIONS, 2).await;
    let prices = version(&learner, 2).await.prices;
    let price = prices.iter().map(|(key, price)| (key.as_str(), *price));
    let price: Vec<_> = price.collect();
    assert!(
        matches!(price[..], [("this_month", price)] if price > 0.0),
        "{price:?}"
    );
}
