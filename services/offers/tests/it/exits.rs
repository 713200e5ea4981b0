//! How people leave: what is owed to them, and that nothing of it stands in their way.

use contract::offers::v1 as pb;
use contract::types::v1::EndReason;

use crate::neighbours::facts;
use crate::world::{World, goodbye, too_expensive, wait_until};

fn plan(left: &pb::ConfirmCancellationResponse) -> &pb::ExitPlan {
    left.exit_plan.as_ref().unwrap()
}

#[tokio::test]
async fn who_may_withdraw_is_not_pitched_and_leaves_at_once() {
    let mut world = World::start().await;
    let mut fresh = facts("c-1");
    fresh.revision = 2;
    let start = world.clock_days_ago(3);
    fresh.subscriptions[0].start_time = Some(start);
    world.neighbours.put(fresh);
    let request = pb::RequestSaveOfferRequest {
        jurisdiction: "DE".to_owned(),
        min_revision: 2,
        ..too_expensive("k-1")
    };
    let answer = world.ask(request).await.unwrap();
    assert_eq!(answer.let_go_reasons[0].code, "WITHDRAWAL");
    let left = world.leave(goodbye("k-1")).await.unwrap();
    let proof = left.acknowledgement.as_ref().unwrap();
    assert_eq!(proof.service_end_time, proof.acknowledge_time);
    assert_eq!(proof.billing_end_time, proof.acknowledge_time);
    assert_eq!(plan(&left).r#type(), pb::ExitType::Withdrawal);
    assert!(plan(&left).steps.iter().any(|step| step.key == "refund"));
    let again = world.leave(goodbye("k-1")).await.unwrap();
    assert_eq!(plan(&again), plan(&left));
    wait_until("it ends", async || !world.neighbours.ended().is_empty()).await;
    assert_eq!(
        world.neighbours.ended()[0].end_reason(),
        EndReason::CustomerWithdrawal
    );
}

#[tokio::test]
async fn who_may_withdraw_and_asks_for_a_day_gets_that_day() {
    let mut world = World::start().await;
    let mut fresh = facts("c-1");
    fresh.revision = 2;
    fresh.subscriptions[0].start_time = Some(world.clock_days_ago(3));
    world.neighbours.put(fresh);
    let request = pb::RequestSaveOfferRequest {
        jurisdiction: "DE".to_owned(),
        min_revision: 2,
        ..too_expensive("k-1")
    };
    world.ask(request).await.unwrap();
    let mut leaving = goodbye("k-1");
    let day = world.clock_days_ago(-365);
    leaving.requested_end_time = Some(day);
    let left = world.leave(leaving).await.unwrap();
    assert_eq!(plan(&left).r#type(), pb::ExitType::Termination);
    assert_eq!(left.acknowledgement.unwrap().service_end_time, Some(day));
}

#[tokio::test]
async fn a_plan_follows_the_reason_and_a_choice_is_kept_but_never_needed() {
    let mut world = World::start().await;
    for (contact, reason, choice, expected) in [
        ("k-1", "", 0, pb::ExitType::Termination),
        ("k-2", "moved_in_footprint", 1, pb::ExitType::Move),
        ("k-3", "deceased", 2, pb::ExitType::Deceased),
        ("k-4", "too_expensive", 0, pb::ExitType::Termination),
    ] {
        let mut leaving = goodbye(contact);
        reason.clone_into(&mut leaving.reason);
        leaving.keep_in_touch = choice;
        let left = world.leave(leaving).await.unwrap();
        let plan = plan(&left);
        assert_eq!(plan.r#type(), expected, "{reason}");
        assert_eq!(plan.keep_in_touch, choice);
        assert!(plan.steps.iter().all(|step| step.due_time.is_some()));
        assert!(plan.steps.iter().any(|step| step.key == "final_bill"));
        assert_eq!(plan.cancel_deadline_time, None, "nobody knew the policy");
    }
    let asked = world.ask(too_expensive("k-5")).await.unwrap();
    assert!(asked.policy.unwrap().cancel_deadline_hours > 0);
    let left = world.leave(goodbye("k-5")).await.unwrap();
    assert!(plan(&left).cancel_deadline_time.is_some());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_nobody_from_leaving() {
    let mut world = World::start().await;
    world.ask(too_expensive("k-1")).await.unwrap();
    world.execute("update decision set record = 'spoilt'").await;
    let left = world.leave(goodbye("k-1")).await.unwrap();
    assert_eq!(plan(&left).r#type(), pb::ExitType::Termination);
}

/// The steps of overrides come after all others; what was decided last does not.
#[tokio::test]
async fn the_plan_follows_what_was_decided_last_and_not_an_override_before() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let overriding = pb::OverrideOfferRequest {
        request_id: "override".to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id.clone(),
        contact_id: "k-1".to_owned(),
        offer_key: "thirty_percent_six_months".to_owned(),
        agent: Some(pb::Agent {
            agent_id: "senior-1".to_owned(),
            authority: pb::AuthorityLevel::Senior.into(),
            team: String::new(),
        }),
        reason: "loyal_and_let_down".to_owned(),
    };
    world.desk.override_offer(overriding).await.unwrap();

    world.clock.advance(std::time::Duration::from_mins(1));
    let mut gone = facts("c-1");
    gone.revision = 2;
    gone.deceased = true;
    world.neighbours.put(gone);
    world.wait_for_feed().await;
    let what_else = pb::RequestAlternativeRequest {
        request_id: "else".to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id,
        contact_id: "k-1".to_owned(),
        agent: None,
    };
    world.desk.request_alternative(what_else).await.unwrap();
    let steps = "select count(*) from decision where step in (1, 2, 101)";
    assert_eq!(world.number(steps).await, 3);
    let left = world.leave(goodbye("k-1")).await.unwrap();
    assert_eq!(plan(&left).r#type(), pb::ExitType::Deceased);
    let after = "select step::bigint from session_event \
                 join decision using (customer_id, session_id, decision_id) \
                 where kind = 'cancel_recorded'";
    assert_eq!(world.number(after).await, 2);
}
