//! Those who left: whom to ask back first, who is not asked, and who is on no list.

use contract::offers::v1 as pb;
use contract::offers::v1::win_back_service_client::WinBackServiceClient;
use contract::types::v1 as types;
use pb::WinBackWay;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::merged::{leave, merge, two_of_one_person};
use crate::neighbours::facts;
use crate::world::{World, goodbye, refused, too_expensive};

type Wanted = pb::ListWinBackCandidatesRequest;

/// Everybody there is.
fn all() -> Wanted {
    Wanted {
        include_held_out: true,
        include_not_asked_back: true,
        page_size: 100,
        ..Default::default()
    }
}

async fn ask(world: &World, wanted: Wanted) -> Result<pb::ListWinBackCandidatesResponse, Status> {
    let mut client = WinBackServiceClient::new(world.channel().await);
    let answer = client.list_win_back_candidates(wanted).await?;
    Ok(answer.into_inner())
}

async fn list(world: &World, wanted: Wanted) -> Vec<pb::WinBackCandidate> {
    ask(world, wanted).await.unwrap().candidates
}

fn left(candidates: &[pb::WinBackCandidate]) -> Vec<&str> {
    let candidates = candidates.iter();
    candidates.map(|it| it.subscription_id.as_str()).collect()
}

/// All cancellations there are.
fn ever() -> pb::GetWinBackSummaryRequest {
    pb::GetWinBackSummaryRequest::default()
}

async fn counts(world: &World, request: pb::GetWinBackSummaryRequest) -> Vec<(i32, String, u64)> {
    let mut client = WinBackServiceClient::new(world.channel().await);
    let answer = client.get_win_back_summary(request).await.unwrap();
    let counts = answer.into_inner().counts.into_iter();
    counts
        .map(|it| (it.way, it.not_asked_back, it.cancellation_count))
        .collect()
}

/// A desk and a customer with subscriptions that are worth 400 dollars each.
async fn with_subscriptions() -> World {
    let world = World::start().await;
    let one = facts("c-1");
    let subscription = |number: u32| types::SubscriptionFacts {
        subscription_id: format!("s-{number}"),
        ..one.subscriptions[0].clone()
    };
    world.neighbours.put(types::CustomerFacts {
        revision: 2,
        subscriptions: (1..=6).map(subscription).collect(),
        ..one.clone()
    });
    world.wait_for_feed().await;
    world
}

/// The customer says why they leave a subscription, and leaves; returns the acknowledgement.
async fn leaves(world: &mut World, number: u32, reason: &str) -> String {
    let contact = format!("k-{number}");
    let subscription_id = format!("s-{number}");
    let request = pb::RequestSaveOfferRequest {
        subscription_id: subscription_id.clone(),
        reason: reason.to_owned(),
        ..too_expensive(&contact)
    };
    world.ask(request).await.unwrap();
    let leaving = pb::ConfirmCancellationRequest {
        subscription_id,
        ..goodbye(&contact)
    };
    let left = world.leave(leaving).await.unwrap();
    left.acknowledgement.unwrap().acknowledgement_id
}

/// Of a subscription that nobody knows anything of.
async fn leaves_unknown(world: &mut World, number: u32) {
    let leaving = pb::ConfirmCancellationRequest {
        subscription_id: format!("s-{number}"),
        ..goodbye(&format!("k-{number}"))
    };
    world.leave(leaving).await.unwrap();
}

/// Those who are worth 80, 180, 100 and 20 dollars to ask, in this order of leaving.
async fn four_who_left() -> World {
    let mut world = with_subscriptions().await;
    leaves(&mut world, 1, "too_expensive").await;
    leaves(&mut world, 2, "seasonal").await;
    leaves(&mut world, 3, "not_using").await;
    leaves(&mut world, 4, "moved_out_of_area").await;
    world
}

fn usd(minor: i64) -> types::Money {
    types::Money {
        minor,
        currency: "USD".to_owned(),
    }
}

#[tokio::test]
async fn the_largest_expected_value_comes_first_and_who_nobody_knew_last() {
    let mut world = with_subscriptions().await;
    leaves_unknown(&mut world, 9).await;
    leaves(&mut world, 1, "too_expensive").await;
    let seasonal = leaves(&mut world, 2, "seasonal").await;
    leaves(&mut world, 4, "moved_out_of_area").await;
    leaves(&mut world, 3, "not_using").await;
    let listed = list(&world, Wanted::default()).await;
    assert_eq!(left(&listed), ["s-2", "s-3", "s-1", "s-4", "s-9"]);

    let first = &listed[0];
    assert_eq!(first.customer_id, "c-1");
    assert_eq!(first.cancellation_id, seasonal);
    let why = [&first.stated_reason, &first.reason_category, &first.theme];
    assert_eq!(why, ["seasonal", "value", "next_season"]);
    assert_eq!(first.business_line, "telecom");
    assert_eq!(first.way(), WinBackWay::WinBack);
    assert_eq!(first.value, Some(usd(40_000)));
    assert_eq!(first.expected_return, Some(0.45));
    assert_eq!(first.expected_value, Some(usd(18_000)));
    assert_eq!((first.not_asked_back.as_str(), first.held_out), ("", false));
    let seconds = |time: Option<prost_types::Timestamp>| time.unwrap().seconds;
    let days = (seconds(first.ask_from_time) - seconds(first.service_end_time)) / 86_400;
    assert_eq!(days, 150);
    assert!(seconds(first.ask_until_time) > seconds(first.ask_from_time));
    assert!(seconds(first.service_end_time) >= seconds(first.acknowledge_time));
    assert!(first.billing_end_time.is_some());

    assert_eq!(listed[3].way(), WinBackWay::Follow);
    assert_eq!(listed[3].expected_value, Some(usd(2_000)));
    let unknown = &listed[4];
    assert_eq!((&unknown.value, &unknown.expected_value), (&None, &None));
    assert_eq!(
        (
            unknown.stated_reason.as_str(),
            unknown.business_line.as_str()
        ),
        ("", "")
    );
}

#[tokio::test]
async fn amounts_of_different_currencies_are_not_compared() {
    let mut world = four_who_left().await;
    leaves_unknown(&mut world, 9).await;
    world
        .execute(
            "update departure set currency = 'EUR' from cancellation \
             where cancellation.cancellation_id = departure.cancellation_id \
               and subscription_id in ('s-1', 's-4'); \
             update departure set expected_return = null from cancellation \
             where cancellation.cancellation_id = departure.cancellation_id \
               and subscription_id = 's-2'",
        )
        .await;
    let listed = list(&world, Wanted::default()).await;
    // Euros, dollars, and among these last of whom the catalogue expected nothing.
    assert_eq!(left(&listed), ["s-1", "s-4", "s-3", "s-2", "s-9"]);
    let euros = Wanted {
        min_value: Some(types::Money {
            minor: 0,
            currency: "EUR".to_owned(),
        }),
        ..Default::default()
    };
    assert_eq!(left(&list(&world, euros).await), ["s-1", "s-4"]);
}

#[tokio::test]
async fn each_filter_leaves_those_it_is_about() {
    let world = four_who_left().await;
    let due = list(&world, Wanted::default()).await[1].ask_from_time;
    let some = async |wanted: Wanted| left(&list(&world, wanted).await).join(" ");
    let of_value = Wanted {
        reason_categories: vec!["value".to_owned(), "trust".to_owned()],
        ..Default::default()
    };
    assert_eq!(some(of_value).await, "s-2 s-3");
    let of_line = |line: &str| Wanted {
        business_line: line.to_owned(),
        ..Default::default()
    };
    assert_eq!(some(of_line("telecom")).await, "s-2 s-3 s-1 s-4");
    assert_eq!(some(of_line("bank")).await, "");
    let in_way = |way: WinBackWay| Wanted {
        way: way.into(),
        ..Default::default()
    };
    assert_eq!(some(in_way(WinBackWay::Follow)).await, "s-4");
    assert_eq!(some(in_way(WinBackWay::WinBack)).await, "s-2 s-3 s-1");
    let since = Wanted {
        from_time: due,
        ..Default::default()
    };
    assert_eq!(some(since).await, "s-2 s-3 s-4");
    let before = Wanted {
        until_time: due,
        ..Default::default()
    };
    assert_eq!(some(before).await, "s-1");
    let worth = |minor: i64| Wanted {
        min_value: Some(usd(minor)),
        ..Default::default()
    };
    assert_eq!(some(worth(40_000)).await, "s-2 s-3 s-1 s-4");
    assert_eq!(some(worth(40_001)).await, "");
}

#[tokio::test]
async fn pages_come_one_after_the_other_and_leave_nobody_out() {
    let mut world = four_who_left().await;
    // Equals, with a worth and without.
    leaves(&mut world, 5, "too_expensive").await;
    leaves_unknown(&mut world, 8).await;
    leaves_unknown(&mut world, 9).await;
    let together = list(&world, Wanted::default()).await;
    assert_eq!(together.len(), 7);
    for size in [1, 2, 3] {
        let mut pages = Vec::new();
        let mut token = String::new();
        loop {
            let page = Wanted {
                page_size: size,
                page_token: token,
                ..Default::default()
            };
            let answer = ask(&world, page).await.unwrap();
            assert!(answer.candidates.len() <= usize::try_from(size).unwrap());
            pages.extend(answer.candidates);
            assert!(pages.len() <= together.len(), "nobody comes twice");
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(pages, together, "pages of {size}");
    }
    let first = Wanted {
        page_size: 1,
        ..Default::default()
    };
    let first = ask(&world, first).await.unwrap();
    let other = Wanted {
        include_held_out: true,
        page_token: first.next_page_token,
        ..Default::default()
    };
    refused(
        ask(&world, other).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
}

#[tokio::test]
async fn who_is_held_out_is_shown_and_counted_where_it_is_asked_for() {
    let mut world = World::start().await;
    for number in 0..60 {
        let leaving = pb::ConfirmCancellationRequest {
            customer_id: format!("w-{number}"),
            ..goodbye(&format!("k-{number}"))
        };
        world.leave(leaving).await.unwrap();
    }
    let asked = Wanted {
        page_size: 100,
        ..Default::default()
    };
    let asked = list(&world, asked).await;
    assert!(
        asked
            .iter()
            .all(|it| it.not_asked_back.is_empty() && !it.held_out)
    );
    let with_holdout = Wanted {
        include_held_out: true,
        page_size: 100,
        ..Default::default()
    };
    let everybody = list(&world, with_holdout).await;
    assert_eq!(everybody.len(), 60);
    let held_out: Vec<_> = everybody.iter().filter(|it| it.held_out).collect();
    assert!(held_out.iter().all(|it| it.not_asked_back == "held_out"));
    assert!(held_out.iter().all(|it| it.ask_from_time.is_none()));
    assert_eq!(asked.len() + held_out.len(), 60);
    assert!(!held_out.is_empty());
    let count = |many: usize| u64::try_from(many).unwrap();
    let expected = [
        (
            WinBackWay::WinBack.into(),
            String::new(),
            count(asked.len()),
        ),
        (0, "held_out".to_owned(), count(held_out.len())),
    ];
    assert_eq!(counts(&world, ever()).await, expected);
}

#[tokio::test]
async fn who_is_not_asked_or_not_any_more_is_shown_with_why_where_it_is_asked_for() {
    let mut world = with_subscriptions().await;
    leaves(&mut world, 1, "too_expensive").await;
    leaves(&mut world, 2, "privacy").await;
    leaves(&mut world, 3, "insufficient_funds").await;
    leaves(&mut world, 4, "moved_out_of_area").await;
    world
        .execute(
            "update departure set ask_back_until = now() - interval '1 second' \
             where stated_reason = 'too_expensive'",
        )
        .await;
    assert_eq!(left(&list(&world, Wanted::default()).await), ["s-4"]);
    let others = Wanted {
        include_not_asked_back: true,
        ..Default::default()
    };
    let listed = list(&world, others).await;
    let mut why: Vec<(&str, &str, &str)> = listed
        .iter()
        .map(|it| {
            let id = it.subscription_id.as_str();
            (id, it.stated_reason.as_str(), it.not_asked_back.as_str())
        })
        .collect();
    let expected = [
        ("s-1", "too_expensive", ""),
        ("s-2", "privacy", "never"),
        ("s-3", "", "sensitive"),
        ("s-4", "moved_out_of_area", ""),
    ];
    why.sort_unstable();
    assert_eq!(why, expected);
    let way = |way: WinBackWay| i32::from(way);
    let expected = [
        (way(WinBackWay::WinBack), String::new(), 1),
        (way(WinBackWay::Follow), String::new(), 1),
        (0, "never".to_owned(), 1),
        (0, "sensitive".to_owned(), 1),
    ];
    assert_eq!(counts(&world, ever()).await, expected);
    let of_the_bank = pb::GetWinBackSummaryRequest {
        business_line: "bank".to_owned(),
        ..Default::default()
    };
    assert_eq!(counts(&world, of_the_bank).await, []);
    let before = pb::GetWinBackSummaryRequest {
        until_time: Some(world.clock_days_ago(1)),
        ..Default::default()
    };
    assert_eq!(counts(&world, before).await, []);
    let since = pb::GetWinBackSummaryRequest {
        business_line: "telecom".to_owned(),
        from_time: Some(world.clock_days_ago(1)),
        ..Default::default()
    };
    assert_eq!(counts(&world, since).await, expected);
}

#[tokio::test]
async fn who_stays_after_all_is_no_candidate() {
    let mut world = with_subscriptions().await;
    leaves(&mut world, 1, "too_expensive").await;
    leaves(&mut world, 2, "too_expensive").await;
    let stays = pb::ReinstateSubscriptionRequest {
        request_id: "stay".to_owned(),
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        agent: None,
    };
    world.desk.reinstate_subscription(stays).await.unwrap();
    assert_eq!(left(&list(&world, all()).await), ["s-2"]);
    let expected = [(WinBackWay::WinBack.into(), String::new(), 1)];
    assert_eq!(counts(&world, ever()).await, expected);
}

#[tokio::test]
async fn the_last_word_about_a_subscription_counts_under_every_id() {
    let mut world = two_of_one_person().await;
    merge(&world).await;
    world.leave(leave("k-1", "c-0")).await.unwrap();
    // Kept under the id that was given, and shown by the one that stays.
    let kept = "select count(*) from departure where customer_id = 'c-0'";
    assert_eq!(world.number(kept).await, 1);
    let listed = list(&world, Wanted::default()).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].customer_id, "c-1");

    world.clock.advance(std::time::Duration::from_secs(1));
    let nothing_more = pb::ConfirmCancellationRequest {
        keep_in_touch: pb::KeepInTouch::NotWanted.into(),
        ..leave("k-2", "c-1")
    };
    world.leave(nothing_more).await.unwrap();
    assert_eq!(list(&world, Wanted::default()).await, []);
    let listed = list(&world, all()).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].not_asked_back, "keep_in_touch_refused");
    let expected = [(0, "keep_in_touch_refused".to_owned(), 1)];
    assert_eq!(counts(&world, ever()).await, expected);
}

#[tokio::test]
async fn who_was_erased_or_is_about_to_be_is_on_no_list() {
    let mut world = with_subscriptions().await;
    leaves(&mut world, 1, "too_expensive").await;
    assert_eq!(list(&world, all()).await.len(), 1);
    let owed = "insert into erasure_owed (customer_id, due_at) \
                values ('c-1', now() + interval '1 hour')";
    world.execute(owed).await;
    assert_eq!(list(&world, all()).await, []);
    world.execute("delete from erasure_owed").await;
    assert_eq!(list(&world, all()).await.len(), 1);
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    assert_eq!(list(&world, all()).await, []);
    assert_eq!(counts(&world, ever()).await, []);
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let world = World::start().await;
    let wrong = Wanted {
        reason_categories: vec!["price".to_owned(), "too dear for Ada".to_owned()],
        business_line: "a b".to_owned(),
        way: 9,
        from_time: Some(world.clock_days_ago(1)),
        until_time: Some(world.clock_days_ago(1)),
        min_value: Some(types::Money {
            minor: -1,
            currency: "dollars".to_owned(),
        }),
        page_size: -1,
        page_token: "forged".to_owned(),
        ..Default::default()
    };
    let status = ask(&world, wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let mut fields: Vec<&str> = violations.iter().map(|it| it.field.as_str()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "business_line",
            "min_value.currency",
            "min_value.minor",
            "page_size",
            "page_token",
            "reason_categories[1]",
            "until_time",
            "way",
        ]
    );
    let many = Wanted {
        reason_categories: vec!["price".to_owned(); 21],
        ..Default::default()
    };
    refused(
        ask(&world, many).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
}
