//! "It has become too expensive."

use contract::offers::v1 as pb;
use tests::desk::{Call, codes, verdict};
use tests::people::Person;

use crate::suite::Suite;

/// One round trip fills the screen; what is accepted is committed, and the session ends with a save.
#[tokio::test(flavor = "multi_thread")]
async fn a_fair_offer_is_made_and_accepted() {
    let suite = Suite::start().await;
    let person = Person::named("feels-the-price");
    let revision = person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");

    let screen = call.ask(&suite.clients).await;
    the_screen_is_full(&screen, revision);
    let offer = screen.offers[0].clone();
    the_terms_say_what_comes_afterwards(&offer);

    let read_out = call
        .record(&suite.clients, &screen, pb::PresentedOutcome::Presented)
        .await;
    assert_eq!(read_out.session_state(), pb::SessionState::Offered);
    let accepted = call
        .record(&suite.clients, &screen, pb::PresentedOutcome::Accepted)
        .await;
    assert_eq!(accepted.session_state(), pb::SessionState::SaveRecorded);
    let kept = accepted.offer.unwrap();
    assert_eq!(kept.outcome(), pb::PresentedOutcome::Accepted);
    assert_eq!(kept.terms, offer.terms, "accepted is what was promised");

    let holds = suite.databases.holds().await;
    assert_eq!(holds, ["committed"]);
    assert_eq!(suite.databases.count("acceptance").await, 1);
    let session = call.session(&suite.clients, &screen.session_id).await;
    assert_eq!(session.state(), pb::SessionState::SaveRecorded);
    let kinds: Vec<_> = session
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["opened", "offered", "disclosed", "presented", "accepted"]
    );
}

/// Everything the agent needs to know is in the one answer.
fn the_screen_is_full(screen: &pb::RequestSaveOfferResponse, revision: u64) {
    assert_eq!(screen.outcome(), pb::DecisionOutcome::Present);
    assert_eq!((screen.degraded, screen.replayed), (false, false));
    let who = screen.customer.as_ref().unwrap();
    assert_eq!((who.stage.as_str(), who.revision), ("long_term", revision));
    assert_eq!((who.live_subscription_count, who.lifetime_count), (1, 1));
    assert!(who.churn_risk.unwrap() > 0.0 && who.value_remaining.as_ref().unwrap().minor > 0);
    let policy = screen.policy.as_ref().unwrap();
    assert_eq!(policy.offers_allowed(), pb::OffersAllowed::During);
    assert_eq!(
        screen.offers.len(),
        usize::try_from(policy.max_offers).unwrap()
    );
    assert!(policy.applied_rows.iter().any(|row| row == "us_california"));
    assert_eq!(
        policy.disclosures.len(),
        2,
        "California's beside the federal one"
    );
    assert!(!screen.cancel_now.as_ref().unwrap().token.is_empty());
    assert_eq!(codes(&screen.let_go_reasons), [""; 0]);
    let chosen = verdict(screen, &screen.offers[0].offer_key);
    let score = chosen.score.as_ref().unwrap();
    assert_eq!(score.expected_net_gain, screen.offers[0].expected_net_gain);
    assert!(score.expected_net_gain.as_ref().unwrap().minor > 0);
    assert_eq!(
        codes(&verdict(screen, "bring_it_along").reasons)[0],
        "LEVER_DOES_NOT_ANSWER_REASON"
    );
    assert!(screen.verdicts.len() >= 12, "a verdict on every offer");
}

fn the_terms_say_what_comes_afterwards(offer: &pb::PresentedOffer) {
    let terms = offer.terms.as_ref().unwrap();
    let minor = |money: &Option<contract::types::v1::Money>| money.as_ref().unwrap().minor;
    assert_eq!(minor(&terms.price_now), 8_000);
    assert!(minor(&terms.price_during) < 8_000);
    assert!(minor(&terms.price_after) > 0);
    assert!(offer.script.contains("80.00 USD"), "{}", offer.script);
    assert!(offer.expire_time.is_some());
}

/// Every decision is explained, and decided again it comes to the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_decision_is_explained_and_replays() {
    let suite = Suite::start().await;
    let person = Person::named("wants-to-know");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("too_expensive");
    let screen = call.ask(&suite.clients).await;

    let request = pb::ExplainDecisionRequest {
        customer_id: person.id().to_owned(),
        decision_id: screen.decision_id.clone(),
    };
    let explained = suite
        .clients
        .desk()
        .explain_decision(request)
        .await
        .unwrap()
        .into_inner();
    let answer = explained.answer.unwrap();
    assert_eq!(answer.offers, screen.offers);
    assert_eq!(answer.verdicts, screen.verdicts);
    assert_eq!(explained.request.unwrap().reason, "too_expensive");
    assert_eq!(explained.arm, screen.offers[0].offer_key);
    assert!(explained.replay_agrees);
    assert_eq!(
        explained.facts.get("call.reason").map(String::as_str),
        Some("too_expensive")
    );
}
