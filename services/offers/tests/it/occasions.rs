//! Why else the parties may speak, with the seed's offers for each.

use contract::lifecycle::v1::Stage;
use contract::offers::v1 as pb;
use contract::types::v1 as types;
use futures::future::join_all;
use pb::Occasion;
use pb::PresentedOutcome::{Accepted, Presented};
use pb::fulfilment_service_client::FulfilmentServiceClient;
use tonic::Code;

use crate::neighbours::{facts, outage};
use crate::world::{World, goodbye, let_go, refused, respond, too_expensive};

/// The desk asks on an occasion, with no reason stated.
async fn ask(world: &mut World, contact: &str, occasion: Occasion) -> pb::RequestSaveOfferResponse {
    let request = pb::RequestSaveOfferRequest {
        occasion: occasion.into(),
        reason: String::new(),
        min_revision: 1,
        ..too_expensive(contact)
    };
    world.ask(request).await.unwrap()
}

fn offered(answer: &pb::RequestSaveOfferResponse) -> Vec<&str> {
    let offers = answer.offers.iter();
    offers.map(|offer| offer.offer_key.as_str()).collect()
}

/// A world whose customer is as a test needs them.
async fn world_of(change: impl FnOnce(&mut types::CustomerFacts)) -> World {
    let world = World::start().await;
    let mut customer = facts("c-1");
    change(&mut customer);
    world.neighbours.put(customer);
    // The desk may only call at a decent hour.
    world.wait_for_noon();
    world
}

fn days_ago(world: &World, days: i64) -> prost_types::Timestamp {
    let now = kernel::time::Clock::now(&world.clock);
    edge::wire::timestamp(now - kernel::time::Span::new().hours(24 * days))
}

#[tokio::test]
async fn what_went_wrong_is_made_good_for_without_a_word_about_price() {
    let mut world = world_of(|_| {}).await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    assert_eq!(let_go(&answer), "NOTHING_TO_RECOVER");

    let mut harmed = facts("c-2");
    harmed.open_incidents = vec![outage()];
    world.neighbours.put(harmed);
    let mut request = too_expensive("k-2");
    request.customer_id = "c-2".to_owned();
    request.occasion = Occasion::ServiceRecovery.into();
    request.reason = String::new();
    let answer = world.ask(request.clone()).await.unwrap();
    assert_eq!(offered(&answer), ["recovery_major_long_standing"]);
    assert!(answer.offers[0].owed);

    let mut mended = facts("c-3");
    mended.last_incident_resolve_time = Some(days_ago(&world, 10));
    world.neighbours.put(mended);
    request.customer_id = "c-3".to_owned();
    request.contact_id = "k-3".to_owned();
    request.request_id = "ask-k-3".to_owned();
    request.language = "de".to_owned();
    let answer = world.ask(request).await.unwrap();
    assert_eq!(offered(&answer), ["after_it_was_mended"]);
    assert_eq!(answer.offers[0].title, "Danke f\u{fc}r Ihre Geduld");
    let price = "ten_percent_three_months";
    assert!(
        answer
            .verdicts
            .iter()
            .all(|verdict| verdict.offer_key != price)
    );
}

#[tokio::test]
async fn whoever_is_gone_is_asked_back_within_the_window_and_for_their_reason() {
    let mut world = world_of(|_| {}).await;
    let answer = ask(&mut world, "k-1", Occasion::WinBack).await;
    assert_eq!(let_go(&answer), "STILL_HERE");

    let gone = |customer: &str, ended: prost_types::Timestamp| {
        let mut gone = facts(customer);
        gone.subscriptions[0].state = types::SubscriptionState::Ended.into();
        gone.subscriptions[0].service_end_time = Some(ended);
        gone
    };
    for (customer, days, code) in [
        ("c-2", 1, "TOO_EARLY_TO_ASK_BACK"),
        ("c-3", 549, "WIN_BACK_WINDOW_OVER"),
    ] {
        world.neighbours.put(gone(customer, days_ago(&world, days)));
        let mut request = too_expensive(customer);
        request.customer_id = customer.to_owned();
        request.occasion = Occasion::WinBack.into();
        let answer = world.ask(request).await.unwrap();
        assert_eq!(let_go(&answer), code);
    }
    world.neighbours.put(gone("c-4", days_ago(&world, 200)));
    let mut request = too_expensive("k-4");
    request.customer_id = "c-4".to_owned();
    request.occasion = Occasion::WinBack.into();
    let answer = world.ask(request).await.unwrap();
    let [key] = offered(&answer)[..] else {
        panic!("{answer:?}")
    };
    assert!(key.starts_with("come_back"), "{key}");
    let terms = answer.offers[0].terms.as_ref().unwrap();
    assert!(
        terms.price_after.is_some(),
        "what comes after is told before"
    );
    let row = "win_back".to_owned();
    assert!(answer.policy.as_ref().unwrap().applied_rows.contains(&row));
    let mut accept = respond("k-4", &answer, Accepted);
    accept.customer_id = "c-4".to_owned();
    world.answer(accept).await.unwrap();

    // Nobody is called at night.
    let night = kernel::time::Clock::now(&world.clock) + kernel::time::Span::new().hours(9);
    world.clock.set(night);
    let mut request = too_expensive("k-5");
    request.customer_id = "c-4".to_owned();
    request.occasion = Occasion::WinBack.into();
    let answer = world.ask(request).await.unwrap();
    assert_eq!(let_go(&answer), "OUTSIDE_CONTACT_HOURS");
}

#[tokio::test]
async fn whoever_came_back_is_welcomed_while_they_settle_in() {
    let mut world = world_of(|_| {}).await;
    let answer = ask(&mut world, "k-1", Occasion::WelcomeBack).await;
    assert_eq!(let_go(&answer), "NOT_BACK");
    let again = |days| {
        let mut again = facts("c-1");
        again.lifetimes.push(types::LifetimeFacts {
            number: 2,
            start_time: Some(days_ago(&world, days)),
            ..Default::default()
        });
        again
    };
    let (long_ago, lately) = (again(120), again(20));
    world.neighbours.put(types::CustomerFacts {
        customer_id: "c-2".to_owned(),
        ..long_ago
    });
    world.neighbours.put(types::CustomerFacts {
        customer_id: "c-3".to_owned(),
        ..lately
    });
    let mut request = too_expensive("k-2");
    request.occasion = Occasion::WelcomeBack.into();
    request.reason = String::new();
    request.customer_id = "c-2".to_owned();
    assert_eq!(
        let_go(&world.ask(request.clone()).await.unwrap()),
        "WELCOME_OVER"
    );
    request.customer_id = "c-3".to_owned();
    request.request_id = "ask-k-3".to_owned();
    let answer = world.ask(request).await.unwrap();
    assert_eq!(offered(&answer), ["settle_in_again"]);
}

/// Somebody whose first lifetime ended long ago, and why; back for 20 days.
fn back_again(world: &World, customer: &str, reason: &str) -> types::CustomerFacts {
    let mut again = facts(customer);
    again.lifetimes[0].start_time = Some(days_ago(world, 1_000));
    again.lifetimes[0].end_time = Some(days_ago(world, 100));
    reason.clone_into(&mut again.lifetimes[0].stated_reason);
    again.lifetimes.push(types::LifetimeFacts {
        number: 2,
        start_time: Some(days_ago(world, 20)),
        ..Default::default()
    });
    again
}

#[tokio::test]
async fn the_years_before_count_for_whoever_came_back() {
    let mut world = world_of(|_| {}).await;
    let again = back_again(&world, "c-6", "too_expensive");
    world.neighbours.put(again);
    let mut request = too_expensive("k-6");
    request.occasion = Occasion::WelcomeBack.into();
    request.customer_id = "c-6".to_owned();
    let answer = world.ask(request).await.unwrap();
    assert_eq!(offered(&answer), ["your_years_still_count"]);
    let explain = pb::ExplainDecisionRequest {
        customer_id: "c-6".to_owned(),
        decision_id: answer.decision_id,
    };
    let explained = world.desk.explain_decision(explain).await.unwrap();
    let explained = explained.into_inner();
    assert!(explained.replay_agrees);
    assert_eq!(explained.facts["customer.total_tenure_days"], "920");
    assert_eq!(explained.facts["call.left_for_this_reason_before"], "true");
}

#[tokio::test]
async fn nobody_is_offered_anything_for_coming_back_to_what_is_broken() {
    let mut world = world_of(|_| {}).await;
    let mut again = back_again(&world, "c-7", "repeated_failures");
    again.open_incidents = vec![crate::neighbours::outage()];
    world.neighbours.put(again.clone());
    let mut request = too_expensive("k-7");
    request.occasion = Occasion::WelcomeBack.into();
    request.customer_id = "c-7".to_owned();
    request.reason = String::new();
    let broken = world.ask(request.clone()).await.unwrap();
    assert_eq!(let_go(&broken), "CAUSE_NOT_MENDED");

    again.revision = 2;
    again.open_incidents.clear();
    world.neighbours.put(again);
    "ask-k-8".clone_into(&mut request.request_id);
    "k-8".clone_into(&mut request.contact_id);
    request.min_revision = 2;
    let mended = world.ask(request).await.unwrap();
    assert_eq!(mended.outcome(), pb::DecisionOutcome::Present);
}

#[tokio::test]
async fn long_standing_customers_are_thanked_and_growing_ones_offered_more() {
    let mut world = world_of(|_| {}).await;
    let answer = ask(&mut world, "k-1", Occasion::Recognition).await;
    assert_eq!(offered(&answer), ["thank_you_for_the_years"]);
    assert_eq!(answer.session_state(), pb::SessionState::Offered);
    let answer = ask(&mut world, "k-2", Occasion::Growth).await;
    assert_eq!(let_go(&answer), "NOT_GROWING");

    world.neighbours.set_stage("c-5", Stage::Growing);
    world.neighbours.put(facts("c-5"));
    let mut request = too_expensive("k-3");
    request.customer_id = "c-5".to_owned();
    request.reason = String::new();
    request.occasion = Occasion::Growth.into();
    let answer = world.ask(request.clone()).await.unwrap();
    assert_eq!(offered(&answer), ["the_next_plan_up"]);
    let terms = answer.offers[0].terms.as_ref().unwrap();
    assert_eq!(terms.price_after.as_ref().unwrap().minor, 5_750);
    request.occasion = Occasion::Recognition.into();
    request.contact_id = "k-4".to_owned();
    request.request_id = "ask-k-4".to_owned();
    let answer = world.ask(request).await.unwrap();
    assert_eq!(let_go(&answer), "NOT_LONG_STANDING");
    // Whatever the parties spoke about, leaving is one step away.
    world.leave(goodbye("k-1")).await.unwrap();
}

#[tokio::test]
async fn the_permission_of_the_way_out_is_asked_for_on_the_way_out_alone() {
    let mut world = world_of(|customer| customer.jurisdiction = "US-MN".to_owned()).await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(let_go(&answer), "AFTER_CANCEL_ONLY");
    let answer = ask(&mut world, "k-2", Occasion::Recognition).await;
    assert_eq!(offered(&answer), ["thank_you_for_the_years"]);
}

/// Somebody whom an outage hit, before anything was asked for.
async fn harmed() -> World {
    let world = World::start().await;
    let mut harmed = facts("c-1");
    harmed.revision = 2;
    harmed.open_incidents = vec![outage()];
    world.neighbours.put(harmed);
    world.wait_for_feed().await;
    world
}

#[tokio::test]
async fn a_call_to_cancel_stays_one_whatever_else_is_spoken_about() {
    let mut world = harmed().await;
    let step = |number: u32, occasion: Occasion| pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}"),
        step: number,
        jurisdiction: "US-MN".to_owned(),
        min_revision: 2,
        occasion: occasion.into(),
        ..too_expensive("k-1")
    };
    let first = world.ask(step(1, Occasion::CancelCall)).await.unwrap();
    assert_eq!(let_go(&first), "AFTER_CANCEL_ONLY");
    for number in [2, 3] {
        refused(
            world.ask(step(number, Occasion::ServiceRecovery)).await,
            Code::FailedPrecondition,
            "ILLEGAL_STATE",
        );
        world.leave(goodbye("k-1")).await.unwrap();
    }
}

#[tokio::test]
async fn taking_what_is_owed_does_not_undo_leaving() {
    let mut world = harmed().await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    assert!(answer.offers[0].owed);
    let mut later = goodbye("k-2");
    later.requested_end_time = Some(world.clock_days_ago(-365));
    world.leave(later).await.unwrap();
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    let stands = "select count(*) from cancellation where revoked_at is null";
    assert_eq!(world.number(stands).await, 1);
}

#[tokio::test]
async fn leaving_does_not_take_back_what_is_owed() {
    let mut world = harmed().await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    assert!(answer.offers[0].owed);
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let requested = "select count(*) from acceptance where fulfilment = 'requested'";
    assert_eq!(world.number(requested).await, 1);
}

#[tokio::test]
async fn nothing_more_is_offered_to_somebody_who_turned_out_to_leave() {
    let mut world = World::start().await;
    let mut two = facts("c-1");
    let mut other = two.subscriptions[0].clone();
    other.subscription_id = "s-2".to_owned();
    two.subscriptions.push(other);
    two.revision = 2;
    world.neighbours.put(two);
    let step = |number: u32, occasion: Occasion| pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}"),
        step: number,
        jurisdiction: "US-MN".to_owned(),
        min_revision: 2,
        occasion: occasion.into(),
        ..too_expensive("k-1")
    };
    let first = world.ask(step(1, Occasion::Growth)).await.unwrap();
    assert_eq!(let_go(&first), "NOT_GROWING");
    let leaves = world.ask(step(2, Occasion::CancelCall)).await.unwrap();
    assert_eq!(let_go(&leaves), "AFTER_CANCEL_ONLY");
    refused(
        world.ask(step(3, Occasion::Growth)).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    let mut elsewhere = step(1, Occasion::Growth);
    elsewhere.subscription_id = "s-2".to_owned();
    elsewhere.request_id = "elsewhere".to_owned();
    refused(
        world.ask(elsewhere.clone()).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    elsewhere.occasion = Occasion::Recognition.into();
    world.ask(elsewhere).await.unwrap();
    // What was answered before is answered again.
    assert!(world.ask(step(1, Occasion::Growth)).await.unwrap().replayed);
    world.leave(goodbye("k-1")).await.unwrap();
}

#[tokio::test]
async fn taking_what_is_owed_is_no_save() {
    let mut world = harmed().await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    assert!(answer.offers[0].owed);
    let taken = world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    assert_eq!(taken.session_state(), pb::SessionState::Offered);
    let owed = "select count(*) from acceptance where owed and fulfilment = 'requested'";
    assert_eq!(world.number(owed).await, 1);
    // Not on another contact, either, is it taken back.
    world.leave(goodbye("k-2")).await.unwrap();
    assert_eq!(world.number(owed).await, 1);
}

#[tokio::test]
async fn what_is_owed_is_taken_after_leaving_and_carried_out() {
    let mut world = harmed().await;
    let request = pb::RequestSaveOfferRequest {
        min_revision: 2,
        ..too_expensive("k-1")
    };
    let answer = world.ask(request).await.unwrap();
    assert!(answer.offers[0].owed);
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    let mut later = goodbye("k-1");
    later.requested_end_time = Some(world.clock_days_ago(-365));
    world.leave(later).await.unwrap();
    let held = "select count(*) from presented_offer where hold_state = 'held'";
    assert_eq!(world.number(held).await, 1, "and nothing else of the call");

    let taken = world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    assert_eq!(taken.session_state(), pb::SessionState::CancelRecorded);
    let stands = "select count(*) from cancellation where revoked_at is null";
    assert_eq!(world.number(stands).await, 1);
    let leased = lease(&world).await;
    let keys = leased.iter().map(|one| &one.presented_offer_id);
    assert!(keys.eq([&answer.offers[0].presented_offer_id]));
}

/// Leases what there is to carry out.
async fn lease(world: &World) -> Vec<pb::Fulfilment> {
    let mut workers = FulfilmentServiceClient::new(world.channel().await);
    let lease = pb::LeaseFulfilmentsRequest {
        worker: "worker-1".to_owned(),
        max_count: 10,
        lease_seconds: 600,
    };
    let leased = workers.lease_fulfilments(lease).await.unwrap();
    leased.into_inner().fulfilments
}

#[tokio::test]
async fn what_is_owed_and_could_not_be_carried_out_is_seen_to_for_those_who_left_too() {
    let mut world = harmed().await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let task_id = fail_the_leased(&world).await;
    close_by_retry(&world, &task_id).await.unwrap();
    assert_eq!(lease(&world).await.len(), 1);
}

#[tokio::test]
async fn what_is_owed_and_failed_is_not_carried_out_again_beside_what_was_taken_since() {
    let mut world = harmed().await;
    let accepts = owed_thrice(&mut world).await;
    world.answer(accepts[0].clone()).await.unwrap();
    let task_id = fail_the_leased(&world).await;
    world.answer(accepts[1].clone()).await.unwrap();
    let refusal = close_by_retry(&world, &task_id).await;
    refused(refusal, Code::FailedPrecondition, "OWED_ALREADY_ACCEPTED");
    assert_eq!(lease(&world).await.len(), 1);
    assert_eq!(
        world
            .number("select count(*) from promise_task where resolution is null")
            .await,
        1
    );
}

#[tokio::test]
async fn what_is_owed_stays_open_for_those_who_left_until_its_time_runs_out() {
    let mut world = harmed().await;
    let answer = ask(&mut world, "k-1", Occasion::ServiceRecovery).await;
    world.leave(goodbye("k-1")).await.unwrap();
    let held = "select count(*) from presented_offer where hold_state = 'held'";
    assert_eq!(world.number(held).await, 1);
    world
        .execute("update presented_offer set expires_at = now()")
        .await;
    refused(
        world.answer(respond("k-1", &answer, Accepted)).await,
        Code::FailedPrecondition,
        "OFFER_EXPIRED",
    );
    world.wait_for(held, 0).await;
}

/// Leases what waits and reports that it failed; returns the task that opens.
async fn fail_the_leased(world: &World) -> String {
    let leased = lease(world).await;
    let mut workers = FulfilmentServiceClient::new(world.channel().await);
    let failed = pb::ReportFulfilmentRequest {
        request_id: "failed".to_owned(),
        customer_id: "c-1".to_owned(),
        presented_offer_id: leased[0].presented_offer_id.clone(),
        lease_id: leased[0].lease_id.clone(),
        outcome: pb::FulfilmentOutcome::Failed.into(),
        failure_code: "biller_down".to_owned(),
    };
    let reported = workers.report_fulfilment(failed).await.unwrap();
    reported.into_inner().task_id
}

async fn close_by_retry(
    world: &World,
    task_id: &str,
) -> Result<pb::ClosePromiseTaskResponse, tonic::Status> {
    let mut workers = FulfilmentServiceClient::new(world.channel().await);
    let close = pb::ClosePromiseTaskRequest {
        request_id: "again".to_owned(),
        customer_id: "c-1".to_owned(),
        task_id: task_id.to_owned(),
        resolution: pb::PromiseResolution::Retried.into(),
        agent_id: "agent-9".to_owned(),
    };
    let answer = workers.close_promise_task(close).await;
    answer.map(tonic::Response::into_inner)
}

/// Three contacts about one subscription, each of which says that the same is owed.
async fn owed_thrice(world: &mut World) -> Vec<pb::RecordResponseRequest> {
    let mut accepts = Vec::new();
    for contact in ["k-1", "k-2", "k-3"] {
        let answer = ask(world, contact, Occasion::ServiceRecovery).await;
        assert!(answer.offers[0].owed, "{contact}");
        accepts.push(respond(contact, &answer, Accepted));
    }
    accepts
}

#[tokio::test]
async fn what_several_contacts_say_is_owed_is_had_once_by_all_who_take_it_at_once() {
    let mut world = harmed().await;
    let accepts = owed_thrice(&mut world).await;
    let (_running, second) = world.second().await;
    let desks = [world.desk.clone(), second.clone(), second];
    let calls = accepts.into_iter().zip(desks);
    let calls = calls.map(|(accept, mut desk)| async move { desk.record_response(accept).await });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refusal in answers.into_iter().filter(Result::is_err) {
        refused(refusal, Code::FailedPrecondition, "OWED_ALREADY_ACCEPTED");
    }
    assert_eq!(world.number("select count(*) from acceptance").await, 1);
    for contact in ["k-1", "k-2", "k-3"] {
        world.leave(goodbye(contact)).await.unwrap();
    }
}

#[tokio::test]
async fn what_is_owed_is_had_again_where_it_was_undone_and_for_another_subscription_or_time() {
    let mut world = World::start().await;
    let mut two = facts("c-1");
    two.subscriptions.push(types::SubscriptionFacts {
        subscription_id: "s-2".to_owned(),
        ..two.subscriptions[0].clone()
    });
    two.revision = 2;
    two.open_incidents = vec![outage()];
    world.neighbours.put(two);
    world.wait_for_feed().await;
    let accepts = owed_thrice(&mut world).await;
    let elsewhere = pb::RequestSaveOfferRequest {
        subscription_id: "s-2".to_owned(),
        occasion: Occasion::ServiceRecovery.into(),
        reason: String::new(),
        min_revision: 2,
        ..too_expensive("k-4")
    };
    let elsewhere = world.ask(elsewhere).await.unwrap();
    let again = |accept: &pb::RecordResponseRequest, request_id: &str| pb::RecordResponseRequest {
        request_id: request_id.to_owned(),
        ..accept.clone()
    };
    world.answer(accepts[0].clone()).await.unwrap();
    let there = respond("k-4", &elsewhere, Accepted);
    world.answer(there).await.unwrap();

    refused(
        world.answer(accepts[1].clone()).await,
        Code::FailedPrecondition,
        "OWED_ALREADY_ACCEPTED",
    );
    world
        .execute("update acceptance set fulfilment = 'rolled_back'")
        .await;
    world.answer(again(&accepts[1], "undone")).await.unwrap();
    refused(
        world.answer(accepts[2].clone()).await,
        Code::FailedPrecondition,
        "OWED_ALREADY_ACCEPTED",
    );
    // What was accepted before the next harm was known is not what makes good for it.
    world
        .execute("update acceptance set accepted_at = accepted_at - interval '40 days'")
        .await;
    world.answer(again(&accepts[2], "later")).await.unwrap();
}
