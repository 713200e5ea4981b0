//! What became of calls: by the bill and not by anybody's word, also of those who were offered nothing.

use std::time::Duration;

use contract::offers::v1 as pb;
use contract::offers::v1::review_service_client::ReviewServiceClient;
use contract::types::v1 as types;
use kernel::time::{Clock, Span};
use offers::store::DescribedCall;
use pb::PresentedOutcome::{Accepted, Declined, Presented};
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, goodbye, respond, too_expensive, wait_until};

const DAY: Duration = Duration::from_hours(24);

/// One call as the desk measures it, in words.
async fn outcome(world: &World, contact: &str) -> String {
    let told = "select concat_ws(' ', ended_as, coalesce(status, '?'), status_reason, \
                    concat_ws('', here_30_days::text, here_90_days::text, here_180_days::text, \
                        durable::text)) \
                from call_outcome join save_session using (customer_id, session_id) \
                where contact_id = $1";
    let told: Option<String> = sqlx::query_scalar(told)
        .bind(contact.to_owned())
        .fetch_optional(&world.database.pool)
        .await
        .unwrap();
    told.unwrap_or_default().trim().to_owned()
}

async fn comes_to(world: &World, contact: &str, wanted: &str) {
    wait_until(wanted, async || outcome(world, contact).await == wanted).await;
}

/// Waits until everything that is due was looked at.
async fn looked(world: &World) {
    let now = world.clock.now().to_string();
    wait_until("everything due was looked at", async || {
        let due = "select (select count(*) from call_to_measure) \
                       + (select count(*) from call_outcome where look_at <= $1::text::timestamptz)";
        let due: i64 = sqlx::query_scalar(due)
            .bind(now.clone())
            .fetch_one(&world.database.pool)
            .await
            .unwrap();
        due == 0
    })
    .await;
}

async fn days_go_by(world: &World, days: u32) {
    world.clock.advance(DAY * days);
    looked(world).await;
}

/// What profiles knows of a customer whose service and billing end so many days from now.
fn leaving(world: &World, customer: &str, revision: u64, days: i64) -> types::CustomerFacts {
    let hours = Span::new().hours(24 * days);
    let end = edge::wire::timestamp(world.clock.now().checked_add(hours).unwrap());
    let mut facts = facts(customer);
    facts.revision = revision;
    let subscription = &mut facts.subscriptions[0];
    subscription.set_state(types::SubscriptionState::CancelPending);
    subscription.service_end_time = Some(end);
    subscription.billing_end_time = Some(end);
    subscription.set_end_reason(types::EndReason::CustomerTermination);
    facts
}

async fn accept(world: &mut World, contact: &str) -> pb::RequestSaveOfferResponse {
    let answer = world.ask(too_expensive(contact)).await.unwrap();
    let accepted = world.answer(respond(contact, &answer, Accepted)).await;
    accepted.unwrap();
    answer
}

async fn close(world: &mut World, session_id: &str) {
    let close = pb::CloseSessionRequest {
        customer_id: "c-1".to_owned(),
        session_id: session_id.to_owned(),
        ..Default::default()
    };
    world.desk.close_session(close).await.unwrap();
}

#[tokio::test]
async fn the_word_of_an_agent_is_provisional_until_the_bill_agrees() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    // Profiles does not answer for half a year: nothing is settled, and nothing is lost.
    world.neighbours.set_down(true);
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    comes_to(&world, "k-1", "accepted provisional_save").await;
    for _ in 0..4 {
        days_go_by(&world, 50).await;
        comes_to(&world, "k-1", "accepted provisional_save").await;
    }
    let never = "select count(*) from call_outcome where judged_at is null and attempts > 3";
    world.wait_for(never, 1).await;

    // Another process goes on where this one stopped, between the claim and the judgement.
    let world = world.restart().await;
    world.neighbours.set_down(false);
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "accepted saved_180 truetruetruetrue").await;
    let rests_on = "select facts_revision from call_outcome where judgement_count = 1";
    assert_eq!(world.number(rests_on).await, 1);
    assert_eq!(
        world
            .number("select count(*) from call_outcome where look_at is null")
            .await,
        1
    );
}

#[tokio::test]
async fn a_call_is_described_from_the_record_of_its_decision() {
    let mut world = World::start().await;
    let answer = accept(&mut world, "k-1").await;
    comes_to(&world, "k-1", "accepted watchlist").await;
    let offer = &answer.offers[0];
    let told: (
        String,
        String,
        f64,
        String,
        String,
        i64,
        i32,
        String,
        String,
        String,
    ) = sqlx::query_as(
        "select arm, offer_key, propensity, offer_outcome, reason_key, monthly_margin_minor, \
                    tenure_days, contract_kind, jurisdiction, business_line from call_outcome",
    )
    .fetch_one(&world.database.pool)
    .await
    .unwrap();
    let start = "2023-11-21T12:00:00Z"
        .parse::<kernel::time::Timestamp>()
        .unwrap();
    let tenure = (world.clock.now().as_second() - start.as_second()) / 86_400;
    let key = offer.offer_key.clone();
    assert_eq!(
        told,
        (
            key.clone(),
            key,
            1.0,
            "accepted".to_owned(),
            "too_expensive".to_owned(),
            2_000,
            i32::try_from(tenure).unwrap(),
            "month_to_month".to_owned(),
            "US-TX".to_owned(),
            "telecom".to_owned(),
        )
    );
    let committed = "select cost_minor from call_outcome where cost_currency = 'USD' \
                     and neutral_reason is null and let_go_reason is null \
                     and cancel_calls_24_months = 1 and not overridden";
    let held = "select cost_minor from presented_offer where hold_state = 'committed'";
    assert_eq!(world.number(committed).await, world.number(held).await);
    // As long as the benefit, and a month more.
    let later = "select count(*) from call_outcome \
                 where durable_due_at = benefit_end_at + interval '720 hours' \
                    or benefit_end_at is null and durable_due_at = decided_at + interval '2160 hours'";
    assert_eq!(world.number(later).await, 1);
}

#[tokio::test]
async fn who_was_offered_nothing_is_measured_in_the_same_way() {
    let mut world = World::start().await;
    let mut held_out = facts("c-1");
    held_out.do_not_offer = true;
    held_out.revision = 2;
    world.neighbours.put(held_out.clone());
    world.wait_for_feed().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(answer.offers, []);
    close(&mut world, &answer.session_id).await;
    comes_to(&world, "k-1", "neither watchlist").await;
    let arm = "select count(*) from call_outcome where arm = 'no_offer' \
               and let_go_reason = 'DO_NOT_OFFER' and neutral_reason is null";
    assert_eq!(world.number(arm).await, 1);
    days_go_by(&world, 31).await;
    comes_to(&world, "k-1", "neither saved_30 true").await;

    let mut gone = leaving(&world, "c-1", 3, 20);
    gone.do_not_offer = true;
    world.neighbours.put(gone);
    world.wait_for_feed().await;
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "neither saved_30 end_is_set true").await;
    days_go_by(&world, 20).await;
    comes_to(&world, "k-1", "neither lost_deflect true").await;
    days_go_by(&world, 40).await;
    comes_to(&world, "k-1", "neither lost_deflect truefalsefalse").await;
}

/// Both sides of the holdout are told apart, and compared by what one was offered and the other was not.
#[tokio::test]
async fn who_is_held_out_is_measured_beside_who_would_have_been_offered_the_same() {
    let mut world = World::start().await;
    for (customer, contact) in [("c-1", "k-1"), ("c-29", "k-2")] {
        world.neighbours.put(facts(customer));
        let request = pb::RequestSaveOfferRequest {
            customer_id: customer.to_owned(),
            ..too_expensive(contact)
        };
        let answer = world.ask(request).await.unwrap();
        for offer in &answer.offers {
            let heard = pb::RecordResponseRequest {
                presented_offer_id: offer.presented_offer_id.clone(),
                ..respond(contact, &answer, Presented)
            };
            world.answer(heard).await.unwrap();
        }
        let close = pb::CloseSessionRequest {
            customer_id: customer.to_owned(),
            session_id: answer.session_id,
            ..Default::default()
        };
        world.desk.close_session(close).await.unwrap();
        comes_to(&world, contact, "neither watchlist").await;
    }
    let alike = "select count(*) from call_outcome made join call_outcome withheld \
                     using (holdout_key, compared_offer_key) \
                 where made.arm = compared_offer_key and not made.held_out \
                   and withheld.arm = 'no_offer' and withheld.held_out \
                   and made.holdout_exposed and withheld.holdout_exposed \
                   and made.neutral_reason is null and withheld.neutral_reason is null";
    assert_eq!(world.number(alike).await, 1);
}

#[tokio::test]
async fn who_left_is_measured_and_so_is_who_left_without_being_asked() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    world
        .answer(respond("k-1", &answer, Declined))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    comes_to(&world, "k-1", "cancelled left").await;
    days_go_by(&world, 2).await;
    world.leave(goodbye("k-2")).await.unwrap();
    comes_to(&world, "k-2", "cancelled left").await;
    let told = "select count(*) from call_outcome where offer_outcome = 'declined' \
                and arm <> 'no_offer' and neutral_reason is null \
                or arm is null and neutral_reason = 'not_decided'";
    assert_eq!(world.number(told).await, 2);
    days_go_by(&world, 30).await;
    comes_to(&world, "k-1", "cancelled left false").await;
}

#[tokio::test]
async fn who_leaves_after_all_on_the_same_call_is_looked_at_again() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    comes_to(&world, "k-1", "accepted watchlist").await;
    world.leave(goodbye("k-1")).await.unwrap();
    comes_to(&world, "k-1", "cancelled left").await;
    assert_eq!(
        world.number("select notes::bigint from call_outcome").await,
        2
    );
}

#[tokio::test]
async fn facts_that_come_late_change_the_answer_and_the_row_says_so() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    days_go_by(&world, 31).await;
    comes_to(&world, "k-1", "accepted saved_30 true").await;
    // Billing had ended eleven days ago already.
    world.neighbours.put(leaving(&world, "c-1", 2, -11));
    world.wait_for_feed().await;
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "accepted lost_deflect false").await;
    let corrected = "select correction_count::bigint from call_outcome \
                     where corrected_at = judged_at and facts_revision = 2";
    assert_eq!(world.number(corrected).await, 1);
    // And back.
    let mut back = facts("c-1");
    back.revision = 3;
    world.neighbours.put(back);
    world.wait_for_feed().await;
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "accepted saved_30 true").await;
    let corrected = "select correction_count::bigint from call_outcome where facts_revision = 3";
    assert_eq!(world.number(corrected).await, 2);
}

#[tokio::test]
async fn a_change_of_a_call_that_is_too_old_brings_it_back_no_more() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    days_go_by(&world, 401).await;
    let heard = "select heard_revision from call_outcome";
    comes_to(&world, "k-1", "accepted saved_180 truetruetruetrue").await;
    let before = world.number(heard).await;
    world.neighbours.put(leaving(&world, "c-1", 2, -300));
    world.wait_for_feed().await;
    assert_eq!(world.number(heard).await, before);
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "accepted saved_180 truetruetruetrue").await;
}

#[tokio::test]
async fn the_bill_says_otherwise_of_a_save_whose_service_had_ended() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world.neighbours.put(leaving(&world, "c-1", 2, -1));
    world.wait_for_feed().await;
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    comes_to(&world, "k-1", "accepted invalid_save service_had_ended").await;
}

#[tokio::test]
async fn what_was_accepted_and_never_delivered_is_no_valid_save() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    world
        .execute("update acceptance set fulfilment = 'failed', failure_code = 'plan_gone'")
        .await;
    days_go_by(&world, 30).await;
    comes_to(
        &world,
        "k-1",
        "accepted invalid_save benefit_not_delivered true",
    )
    .await;
}

#[tokio::test]
async fn an_offer_that_nobody_heard_teaches_nothing() {
    let mut world = World::start().await;
    world.ask(too_expensive("k-1")).await.unwrap();
    let long_ago = "update save_session set updated_at = now() - interval '5 hours'";
    world.execute(long_ago).await;
    comes_to(&world, "k-1", "neither watchlist").await;
    let neutral = "select count(*) from call_outcome where neutral_reason = 'not_presented'";
    assert_eq!(world.number(neutral).await, 1);
}

#[tokio::test]
async fn a_second_call_within_a_day_is_excluded_and_whom_nobody_knows_any_more_stays_as_judged() {
    let mut world = World::start().await;
    for contact in ["k-1", "k-2"] {
        let answer = world.ask(too_expensive(contact)).await.unwrap();
        close(&mut world, &answer.session_id).await;
        world.clock.advance(DAY / 2);
    }
    comes_to(&world, "k-1", "neither watchlist").await;
    comes_to(&world, "k-2", "neither excluded repeated_contact").await;
    world.neighbours.erase("c-1");
    days_go_by(&world, 30).await;
    let judged = "select judgement_count::bigint from call_outcome where status = 'watchlist'";
    world.wait_for(judged, 2).await;
    comes_to(&world, "k-1", "neither watchlist").await;
    let rests_on = "select facts_revision from call_outcome where status = 'watchlist'";
    assert_eq!(world.number(rests_on).await, 1);
}

/// A pause and a suspension of later, and that the provider ended it: what was answered is corrected
/// only by what says otherwise.
#[tokio::test]
async fn a_pause_of_later_takes_no_answer_back() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    days_go_by(&world, 31).await;
    comes_to(&world, "k-1", "accepted saved_30 true").await;
    let mut paused = facts("c-1");
    paused.revision = 2;
    paused.subscriptions[0].set_state(types::SubscriptionState::Paused);
    world.neighbours.put(paused);
    world.wait_for_feed().await;
    days_go_by(&world, 60).await;
    comes_to(&world, "k-1", "accepted saved_30 paused true").await;
    let corrections = "select correction_count::bigint from call_outcome";
    assert_eq!(world.number(corrections).await, 0);
    let mut withdrawn = leaving(&world, "c-1", 3, -80);
    withdrawn.subscriptions[0].set_end_reason(types::EndReason::ProductWithdrawn);
    world.neighbours.put(withdrawn);
    world.wait_for_feed().await;
    days_go_by(&world, 1).await;
    comes_to(&world, "k-1", "accepted excluded ended_by_provider").await;
    assert_eq!(
        world.number(corrections).await,
        1,
        "an answer was taken back"
    );
}

/// One was saved for a while, the other's call was still under way: both count as gone.
#[tokio::test]
async fn who_is_erased_counts_as_gone() {
    let mut world = World::start().await;
    world.neighbours.put(facts("c-2"));
    accept(&mut world, "k-1").await;
    days_go_by(&world, 31).await;
    comes_to(&world, "k-1", "accepted saved_30 true").await;
    let open = pb::RequestSaveOfferRequest {
        customer_id: "c-2".to_owned(),
        ..too_expensive("k-2")
    };
    world.ask(open).await.unwrap();
    world.neighbours.erase_and_tell(&["c-1", "c-2"]);
    world.wait_for_feed().await;
    let told = "select string_agg(concat_ws(' ', ended_as, status, here_30_days, here_90_days, \
                    here_180_days, durable, reason_key, look_at), ', ' order by decided_at, ended_as) \
                from call_outcome where customer_id like 'erased-%' and compared_offer_key is not null";
    let told: Option<String> = sqlx::query_scalar(told)
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    assert_eq!(
        told.as_deref(),
        Some(
            "accepted lost_deflect t f f f too_expensive, neither lost_deflect f f f f too_expensive"
        )
    );
    let forgotten = "select count(*) from call_to_measure";
    assert_eq!(world.number(forgotten).await, 0);
}

/// Somebody who leaves waits for no row of whoever measures.
#[tokio::test]
async fn leaving_waits_for_nobody_who_measures() {
    let mut world = World::start().await;
    accept(&mut world, "k-1").await;
    comes_to(&world, "k-1", "accepted watchlist").await;
    let mut busy = world.database.pool.acquire().await.unwrap();
    sqlx::raw_sql("begin; lock table call_outcome in access exclusive mode")
        .execute(&mut *busy)
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    world.clock.advance(DAY / 2);
    sqlx::raw_sql("select from call_to_measure for update")
        .execute(&mut *busy)
        .await
        .unwrap();
    world.leave(goodbye("k-2")).await.unwrap();
    sqlx::raw_sql("rollback").execute(&mut *busy).await.unwrap();
    comes_to(&world, "k-2", "cancelled excluded repeated_contact").await;
}

/// Two processes look at the same time, and each call is judged once for each note of it.
#[tokio::test]
async fn two_processes_share_the_work() {
    let mut world = World::start().await;
    let (second, _desk) = world.second().await;
    for number in 0..20 {
        let customer = format!("m-{number}");
        world.neighbours.put(facts(&customer));
        let leaving = pb::ConfirmCancellationRequest {
            customer_id: customer,
            ..goodbye("k-1")
        };
        world.leave(leaving).await.unwrap();
    }
    let judged = "select count(*) from call_outcome where status = 'left'";
    world.wait_for(judged, 20).await;
    let twice = "select count(*) from call_outcome where judgement_count > notes + heard_revision";
    assert_eq!(world.number(twice).await, 0);
    second.shutdown().await;
}

#[tokio::test]
async fn the_review_tells_of_a_call_what_is_stored() {
    let mut world = World::start().await;
    let answer = accept(&mut world, "k-1").await;
    comes_to(&world, "k-1", "accepted watchlist").await;
    days_go_by(&world, 30).await;
    comes_to(&world, "k-1", "accepted saved_30 true").await;
    let mut review = ReviewServiceClient::new(world.channel().await);

    let of_one = pb::ListCallOutcomesRequest {
        customer_id: "c-1".to_owned(),
        ..Default::default()
    };
    let told = review
        .list_call_outcomes(of_one)
        .await
        .unwrap()
        .into_inner();
    let [saved] = told.outcomes.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(saved.session_id, answer.session_id);
    assert_eq!(saved.status(), pb::SaveStatus::Saved30);
    assert_eq!(saved.call_end(), pb::CallEnd::Accepted);
    assert_eq!(saved.offer_outcome(), Accepted);
    assert_eq!(
        (saved.here_30_days(), saved.here_90_days()),
        (pb::WindowAnswer::Here, pb::WindowAnswer::Unspecified)
    );
    assert_eq!(saved.contract_kind(), types::ContractKind::MonthToMonth);
    assert!(saved.next_look_time.is_some() && saved.tenure_days.is_some());
}

#[tokio::test]
async fn the_review_goes_on_page_by_page() {
    let mut world = World::start().await;
    for customer in ["c-1", "c-2", "c-3"] {
        world.neighbours.put(facts(customer));
        let leaving = pb::ConfirmCancellationRequest {
            customer_id: customer.to_owned(),
            ..goodbye(customer)
        };
        world.clock.advance(DAY);
        world.leave(leaving).await.unwrap();
        comes_to(&world, customer, "cancelled left").await;
    }
    let mut review = ReviewServiceClient::new(world.channel().await);
    let mut left = pb::ListCallOutcomesRequest {
        status: pb::SaveStatus::Left.into(),
        page_size: 2,
        ..Default::default()
    };
    let first = review
        .list_call_outcomes(left.clone())
        .await
        .unwrap()
        .into_inner();
    left.page_token = first.next_page_token;
    let second = review
        .list_call_outcomes(left.clone())
        .await
        .unwrap()
        .into_inner();
    let pages = [first.outcomes, second.outcomes];
    let customers = pages.map(|page| {
        page.into_iter()
            .map(|it| it.customer_id)
            .collect::<Vec<_>>()
    });
    assert_eq!(customers, [vec!["c-3", "c-2"], vec!["c-1"]]);
    assert_eq!(second.next_page_token, "");

    // A token belongs to its question.
    left.status = pb::SaveStatus::Saved30.into();
    let other = review.list_call_outcomes(left).await.unwrap_err();
    assert_eq!(other.code(), Code::InvalidArgument);
}

/// Two calls that were looked at, and are due again long after everybody else has looked.
async fn two_due_in_2150() -> World {
    let mut world = World::start().await;
    for contact in ["k-1", "k-2"] {
        world.leave(goodbye(contact)).await.unwrap();
    }
    for contact in ["k-1", "k-2"] {
        wait_until("it was looked at", async || {
            let found = outcome(&world, contact).await;
            !found.is_empty() && !found.contains('?')
        })
        .await;
    }
    world
        .execute("update call_outcome set look_at = '2150-01-01'")
        .await;
    world
}

/// News of customers lock calls in the order of their keys; whoever described them otherwise could wait
/// for them while they wait for it.
#[tokio::test]
async fn calls_are_locked_in_the_order_of_their_keys() {
    let world = two_due_in_2150().await;
    let later = "2150-01-02T00:00:00Z".parse().unwrap();
    let store = crate::learned::store(&world);
    let mut claimed = store.claim_outcomes(later, 10).await.unwrap();
    claimed.sort_by_key(|claimed| std::cmp::Reverse(claimed.call.session_id));
    let [last, first] = claimed.as_slice() else {
        panic!("{claimed:?}");
    };
    let described = [last, first].map(|claimed| {
        let description = offers::domain::outcome::describe(&claimed.call);
        (claimed, description)
    });
    let described = described
        .each_ref()
        .map(|(claimed, description)| DescribedCall {
            claimed,
            description,
            durable_due_at: later,
        });
    let lock = "select 1 from call_outcome where session_id = $1 for update skip locked";
    let begin = async || {
        let mut connection = world.database.pool.acquire().await.unwrap();
        sqlx::raw_sql("begin")
            .execute(&mut *connection)
            .await
            .unwrap();
        connection
    };
    let mut holder = begin().await;
    let one = sqlx::query(lock).bind(first.call.session_id.as_uuid());
    one.fetch_one(&mut *holder).await.unwrap();
    let write = store.describe_outcomes(&described);
    let watch = async {
        wait_until("it waits for the first", async || {
            let waiting = "select count(*) from pg_stat_activity \
                           where datname = current_database() and wait_event_type = 'Lock'";
            world.number(waiting).await == 1
        })
        .await;
        let mut other = begin().await;
        let free = sqlx::query(lock).bind(last.call.session_id.as_uuid());
        let free = free.fetch_optional(&mut *other).await.unwrap();
        assert!(
            free.is_some(),
            "it holds the last while it waits for the first"
        );
        // Dropped with their locks.
        other.close().await.unwrap();
        holder.close().await.unwrap();
    };
    let (written, ()) = tokio::join!(write, watch);
    written.unwrap();
}
