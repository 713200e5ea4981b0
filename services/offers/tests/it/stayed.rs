//! Who left, and stayed after all: what had failed before is theirs again.

use contract::offers::v1 as pb;
use pb::FulfilmentOutcome::Failed;
use pb::PresentedOutcome::Accepted;
use pb::PromiseResolution::Retried;
use tonic::Code;

use crate::fulfilment::{Workshop, leave_on_another_contact};
use crate::world::{goodbye, refused, respond, too_expensive};

#[tokio::test]
async fn a_promise_that_failed_is_tried_again_once_the_customer_stays() {
    let mut shop = Workshop::open(5).await;
    shop.accepted("c-1").await;
    let leased = shop.lease("w-1").await;
    shop.report(&leased[0], Failed).await.unwrap();
    let task = shop.tasks().await.pop().unwrap();
    let mut later = goodbye("another-c-1");
    later.requested_end_time = Some(shop.till.world.clock_days_ago(-365));
    shop.till.world.leave(later).await.unwrap();
    let refusal = shop.close("too-soon", &task, Retried).await;
    refused(refusal, Code::FailedPrecondition, "ILLEGAL_STATE");

    let asked_back = pb::RequestSaveOfferRequest {
        jurisdiction: "US-MN".to_owned(),
        permission: pb::Permission::Granted.into(),
        ..too_expensive("back")
    };
    let world = &mut shop.till.world;
    let offered = world.ask(asked_back).await.unwrap();
    let accept = respond("back", &offered, Accepted);
    world.answer(accept).await.unwrap();
    shop.close("again", &task, Retried).await.unwrap();
    let again = shop.lease("w-1").await;
    let mut again = again.iter();
    let again = again.find(|it| it.presented_offer_id == leased[0].presented_offer_id);
    shop.report(again.unwrap(), Failed).await.unwrap();

    // Who leaves once more gets nothing carried out.
    let task = shop.tasks().await.pop().unwrap();
    leave_on_another_contact(&mut shop, "c-1").await;
    let refusal = shop.close("too-late", &task, Retried).await;
    refused(refusal, Code::FailedPrecondition, "ILLEGAL_STATE");
}
