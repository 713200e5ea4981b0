//! "Then I take it." The last discount of the month is on somebody's screen when the next one rings.

use contract::offers::v1 as pb;
use tests::desk::{Call, codes, verdict};
use tests::people::{Person, dollars};
use tests::seed;

use crate::suite::Suite;

const DISCOUNTS: &str = "retention_discounts";

/// What was presented is honoured, even by another process; who rings after that hears of no such
/// offer, is told nothing else than why, and may leave.
#[tokio::test(flavor = "multi_thread")]
async fn between_presentation_and_acceptance_the_budget_is_gone() {
    let mut suite = Suite::start().await;
    leave_one_discount(&suite).await;
    let (first, screen) = rings(&suite, "rings-first").await;
    let promised = screen.offers[0].clone();
    assert_eq!(promised.budget_key, DISCOUNTS, "{}", promised.offer_key);
    let presented = pb::PresentedOutcome::Presented;
    first.record(&suite.clients, &screen, presented).await;
    assert_eq!(used(&suite).await, (1, 0, 0));

    let (second, without) = rings(&suite, "rings-second").await;
    nothing_is_offered_from_the_budget(&suite, &second, &without, &promised.offer_key).await;

    suite.restart_offers().await;
    let left = second.confirm(&suite.clients).await;
    assert!(!left.acknowledgement.unwrap().hash.is_empty());
    let session = second.session(&suite.clients, &without.session_id).await;
    assert_eq!(session.state(), pb::SessionState::CancelRecorded);

    let accepted = pb::PresentedOutcome::Accepted;
    let saved = first.record(&suite.clients, &screen, accepted).await;
    assert_eq!(saved.session_state(), pb::SessionState::SaveRecorded);
    assert_eq!(saved.offer.unwrap().terms, promised.terms);
    assert_eq!(used(&suite).await, (0, 1, 0));

    let (third, without) = rings(&suite, "rings-third").await;
    nothing_is_offered_from_the_budget(&suite, &third, &without, &promised.offer_key).await;
}

async fn leave_one_discount(suite: &Suite) {
    let mut budgets = seed::budgets().into_iter();
    let discounts = budgets.find(|budget| budget.budget_key == DISCOUNTS);
    let one = pb::Budget {
        limit_amount: 1,
        ..discounts.unwrap()
    };
    seed::put_budget(&suite.clients, "only-one", one).await;
}

/// Somebody on the smallest plan, for whom it is too expensive all the same, and what the agent sees.
async fn rings(suite: &Suite, name: &str) -> (Call, pb::RequestSaveOfferResponse) {
    let mut person = Person::named(name);
    person.subscription.monthly_price = Some(dollars(3_400));
    person.write(&suite.clients).await;
    let call = Call::of(&person, &format!("k-{name}")).because("too_expensive");
    let screen = call.ask(&suite.clients).await;
    (call, screen)
}

/// Held, committed and available; everything adds up.
async fn used(suite: &Suite) -> (i64, i64, i64) {
    let request = pb::ReconcileBudgetRequest {
        budget_key: DISCOUNTS.to_owned(),
        as_of_time: None,
    };
    let answer = suite.clients.budgets().reconcile_budget(request).await;
    let answer = answer.unwrap().into_inner();
    assert_eq!(answer.differences, []);
    let used = answer.r#use.unwrap();
    (used.held, used.committed, used.available)
}

async fn nothing_is_offered_from_the_budget(
    suite: &Suite,
    call: &Call,
    screen: &pb::RequestSaveOfferResponse,
    offer_key: &str,
) {
    let mut offers = screen.offers.iter();
    assert!(offers.all(|offer| offer.budget_key != DISCOUNTS));
    assert!(!screen.cancel_now.as_ref().unwrap().token.is_empty());
    let why_not = codes(&verdict(screen, offer_key).reasons);
    assert_eq!(why_not, ["BUDGET_EXHAUSTED"]);
    let request = pb::ExplainDecisionRequest {
        customer_id: call.request.customer_id.clone(),
        decision_id: screen.decision_id.clone(),
    };
    let explained = suite.clients.desk().explain_decision(request).await;
    let explained = explained.unwrap().into_inner();
    assert!(explained.replay_agrees);
    assert_eq!(explained.answer.unwrap().verdicts, screen.verdicts);
}
