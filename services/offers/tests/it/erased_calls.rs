//! What is asked about a call whose person was erased.

use contract::offers::v1 as pb;
use pb::PresentedOutcome::Presented;
use tonic::Code;

use crate::merged::{answer, ask, leave};
use crate::world::{World, refused};

#[tokio::test]
async fn what_is_asked_about_an_erased_call_is_answered_with_that() {
    let mut world = World::start().await;
    let asked = world.ask(ask("k-1", "c-1")).await.unwrap();
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    let pseudonym: String = sqlx::query_scalar("select customer_id from save_session")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    let (code, reason) = (Code::FailedPrecondition, "CALL_ERASED");
    let session = pb::GetSessionRequest {
        customer_id: pseudonym.clone(),
        session_id: asked.session_id.clone(),
    };
    refused(world.desk.get_session(session).await, code, reason);
    let explain = pb::ExplainDecisionRequest {
        customer_id: pseudonym.clone(),
        decision_id: asked.decision_id.clone(),
    };
    refused(world.desk.explain_decision(explain).await, code, reason);
    let again = pb::RequestSaveOfferRequest {
        request_id: "again".to_owned(),
        subscription_id: "erased".to_owned(),
        ..ask(&asked.session_id, &pseudonym)
    };
    refused(world.ask(again).await, code, reason);
    let heard = answer(&asked.session_id, &pseudonym, &asked, Presented);
    refused(world.answer(heard).await, code, reason);
    let gone = pb::ConfirmCancellationRequest {
        subscription_id: "erased".to_owned(),
        ..leave(&asked.session_id, &pseudonym)
    };
    world.leave(gone).await.unwrap();
}

#[tokio::test]
async fn a_retry_about_an_erased_call_is_answered_with_that() {
    let mut world = World::start().await;
    let asked = world.ask(ask("k-1", "c-1")).await.unwrap();
    let alternative = pb::RequestAlternativeRequest {
        request_id: "else".to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: asked.session_id.clone(),
        contact_id: "k-1".to_owned(),
        agent: None,
    };
    let first = world.desk.request_alternative(alternative.clone()).await;
    first.unwrap();
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    let again = world.desk.request_alternative(alternative).await;
    refused(again, Code::FailedPrecondition, "CALL_ERASED");
}
