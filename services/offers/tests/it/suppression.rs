//! Offers kept from a customer, an account, everybody: from the next call on, until it is over.

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use pb::{SuppressedOffers, SuppressionScope};
use tonic::Code;
use tonic::transport::Channel;

use crate::neighbours::instant;
use crate::world::{World, goodbye, refused, too_expensive, wait_until};

type Client = SuppressionServiceClient<Channel>;

async fn client(world: &World) -> Client {
    SuppressionServiceClient::new(world.channel().await)
}

/// All offers, for ever, from the customer of these tests.
fn everything(request_id: &str) -> pb::SuppressRequest {
    pb::SuppressRequest {
        request_id: request_id.to_owned(),
        scope: SuppressionScope::Customer.into(),
        customer_id: "c-1".to_owned(),
        suppressed_offers: SuppressedOffers::All.into(),
        for_ever: true,
        reason_key: "complaint_upheld".to_owned(),
        suppressed_by: "agent-7".to_owned(),
        ..Default::default()
    }
}

async fn suppress(client: &mut Client, request: pb::SuppressRequest) -> pb::Suppression {
    let answer = client.suppress(request).await.unwrap().into_inner();
    answer.suppression.unwrap()
}

async fn lift(client: &mut Client, suppression: &pb::Suppression) -> pb::Suppression {
    let request = pb::LiftSuppressionRequest {
        request_id: format!("lift-{}", suppression.suppression_id),
        customer_id: suppression.customer_id.clone(),
        suppression_id: suppression.suppression_id.clone(),
        lifted_by: "manager-1".to_owned(),
    };
    let answer = client.lift_suppression(request).await.unwrap().into_inner();
    answer.suppression.unwrap()
}

fn suppressed(answer: &pb::RequestSaveOfferResponse) -> Vec<&str> {
    let verdicts = answer.verdicts.iter();
    verdicts
        .filter(|verdict| verdict.reasons.iter().any(|it| it.code == "SUPPRESSED"))
        .map(|verdict| verdict.offer_key.as_str())
        .collect()
}

#[tokio::test]
async fn a_customer_whom_the_desk_never_met_is_offered_nothing_until_it_is_lifted() {
    let mut world = World::start().await;
    let mut client = client(&world).await;
    let told = suppress(&mut client, everything("s-1")).await;
    assert!(told.for_ever && told.until_time.is_none());

    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::LetGo);
    let why = &answer.let_go_reasons[0];
    assert_eq!(
        (why.code.as_str(), why.detail.as_str()),
        ("SUPPRESSED", "complaint_upheld")
    );
    world.leave(goodbye("k-1")).await.unwrap();

    let lifted = lift(&mut client, &told).await;
    assert_eq!(lifted.lifted_by, "manager-1");
    assert_eq!(
        lift(&mut client, &told).await,
        lifted,
        "a retry changes nothing"
    );
    let mut permitted = too_expensive("k-2");
    permitted.permission = pb::Permission::Granted.into();
    let answer_after = world.ask(permitted).await.unwrap();
    assert_eq!(answer_after.outcome(), pb::DecisionOutcome::Present);
    // What applied then is in the record.
    assert!(world.explain(&answer.decision_id).await.replay_agrees);
}

#[tokio::test]
async fn one_of_an_account_and_of_price_offers_leaves_the_others() {
    let mut world = World::start().await;
    let mut client = client(&world).await;
    let of_account = |account: &str| pb::SuppressRequest {
        request_id: format!("of-{account}"),
        scope: SuppressionScope::Account.into(),
        account_id: account.to_owned(),
        suppressed_offers: SuppressedOffers::Price.into(),
        ..everything("")
    };
    suppress(&mut client, of_account("a-9")).await;
    let untouched = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(suppressed(&untouched), [""; 0]);

    suppress(&mut client, of_account("a-1")).await;
    let answer = world.ask(too_expensive("k-2")).await.unwrap();
    assert!(suppressed(&answer).contains(&"ten_percent_three_months"));
    assert!(!suppressed(&answer).contains(&"right_size_down"));
    assert!(world.explain(&answer.decision_id).await.replay_agrees);
}

#[tokio::test]
async fn what_is_kept_from_everybody_is_known_to_every_process_and_to_the_record() {
    let mut world = World::start().await;
    let mut client = client(&world).await;
    let (_running, second) = world.second().await;
    let usual = world.ask(too_expensive("k-1")).await.unwrap();
    let key = usual.offers[0].offer_key.clone();
    let told = suppress(
        &mut client,
        pb::SuppressRequest {
            scope: SuppressionScope::Everybody.into(),
            customer_id: String::new(),
            suppressed_offers: SuppressedOffers::One.into(),
            offer_key: key.clone(),
            ..everything("s-all")
        },
    )
    .await;
    let here = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(suppressed(&here), [key.as_str()]);
    let step = std::sync::atomic::AtomicU32::new(0);
    wait_until("the other process knows", async || {
        let number = step.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut desk = second.clone();
        let request = too_expensive(&format!("other-{number}"));
        let answer = desk.request_save_offer(request).await.unwrap().into_inner();
        suppressed(&answer) == [key.as_str()]
    })
    .await;
    lift(&mut client, &told).await;
    let after = world.ask(too_expensive("k-3")).await.unwrap();
    assert_eq!(suppressed(&after), [""; 0]);
    assert!(world.explain(&here.decision_id).await.replay_agrees);
}

#[tokio::test]
async fn an_offer_that_nobody_makes_is_no_suppression() {
    let world = World::start().await;
    let misspelt = pb::SuppressRequest {
        suppressed_offers: SuppressedOffers::One.into(),
        offer_key: "ten_percent_three_month".to_owned(),
        ..everything("s-1")
    };
    let answer = client(&world).await.suppress(misspelt).await;
    let message = answer.as_ref().map_err(|it| it.message().to_owned());
    let hint = "did you mean ten_percent_three_months?";
    assert!(message.is_err_and(|message| message.ends_with(hint)));
    refused(answer, Code::NotFound, "OFFER_NOT_FOUND");
    assert_eq!(world.number("select count(*) from suppression").await, 0);
}

#[tokio::test]
async fn it_ends_at_its_time_and_for_ever_is_said_and_never_zero() {
    let mut world = World::start().await;
    let mut client = client(&world).await;
    let until = pb::SuppressRequest {
        for_ever: false,
        until_time: Some(instant("2199-01-01T00:00:00Z")),
        ..everything("until")
    };
    suppress(&mut client, until.clone()).await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(answer.let_go_reasons[0].code, "SUPPRESSED");
    world
        .execute("update suppression set suppressed_until = now() - interval '1 second'")
        .await;
    let answer = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);

    let wrong = [
        pb::SuppressRequest {
            for_ever: true,
            ..until.clone()
        },
        pb::SuppressRequest {
            until_time: None,
            ..until.clone()
        },
        pb::SuppressRequest {
            until_time: Some(prost_types::Timestamp::default()),
            ..until.clone()
        },
        pb::SuppressRequest {
            scope: SuppressionScope::Everybody.into(),
            ..until.clone()
        },
        pb::SuppressRequest {
            scope: SuppressionScope::Account.into(),
            ..until.clone()
        },
        pb::SuppressRequest {
            suppressed_offers: SuppressedOffers::Lever.into(),
            ..until.clone()
        },
        pb::SuppressRequest {
            reason_key: "a whole sentence about Ada".to_owned(),
            ..until.clone()
        },
    ];
    for (number, wrong) in wrong.into_iter().enumerate() {
        let request = pb::SuppressRequest {
            request_id: format!("wrong-{number}"),
            ..wrong
        };
        let answer = client.suppress(request.clone()).await;
        assert!(answer.is_err(), "{request:?}");
        refused(answer, Code::InvalidArgument, "INVALID_FIELD");
    }
    assert_eq!(world.number("select count(*) from suppression").await, 1);
}

#[tokio::test]
async fn a_retry_suppresses_once_and_lists_come_in_pages_newest_first() {
    let world = World::start().await;
    let mut client = client(&world).await;
    let first = suppress(&mut client, everything("s-1")).await;
    assert_eq!(suppress(&mut client, everything("s-1")).await, first);
    let other = pb::SuppressRequest {
        customer_id: "c-2".to_owned(),
        ..everything("s-1")
    };
    refused(
        client.suppress(other).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
    world.clock.advance(std::time::Duration::from_secs(1));
    let second = suppress(&mut client, everything("s-2")).await;
    let page = |token: &str| pb::ListSuppressionsRequest {
        customer_id: "c-1".to_owned(),
        page_size: 1,
        page_token: token.to_owned(),
        ..Default::default()
    };
    let newest = client
        .list_suppressions(page(""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(newest.suppressions, std::slice::from_ref(&second));
    let rest = page(&newest.next_page_token);
    let oldest = client.list_suppressions(rest).await.unwrap().into_inner();
    assert_eq!(oldest.suppressions, std::slice::from_ref(&first));
    assert_eq!(oldest.next_page_token, "");

    lift(&mut client, &first).await;
    let all = pb::ListSuppressionsRequest {
        include_ended: true,
        ..Default::default()
    };
    let listed = client.list_suppressions(all).await.unwrap().into_inner();
    assert_eq!(listed.suppressions.len(), 2);
    let in_force = pb::ListSuppressionsRequest::default();
    let listed = client
        .list_suppressions(in_force)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.suppressions, [second]);
    let unknown = pb::LiftSuppressionRequest {
        request_id: "lift-unknown".to_owned(),
        customer_id: "c-2".to_owned(),
        suppression_id: first.suppression_id,
        lifted_by: "manager-1".to_owned(),
    };
    refused(
        client.lift_suppression(unknown).await,
        Code::NotFound,
        "SUPPRESSION_NOT_FOUND",
    );
}
