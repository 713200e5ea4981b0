//! What the agent is told beside the offers.

use contract::offers::v1 as pb;

use crate::neighbours::{facts, outage};
use crate::world::{World, too_expensive};

#[tokio::test]
async fn what_to_say_comes_in_the_language_of_the_call_with_the_facts_filled_in() {
    let mut world = World::start().await;
    let mut spanish = too_expensive("k-1");
    spanish.language = "es-MX".to_owned();
    let answer = world.ask(spanish.clone()).await.unwrap();
    let years = answer.customer.as_ref().unwrap().tenure_days / 365;
    assert!(years >= 2);
    let guidance = answer.guidance.clone().unwrap();
    let thanks = format!("Agradezca primero sus {years} años como cliente.");
    assert!(guidance.say.contains(&thanks), "{guidance:?}");
    let of_price = "No diga que una oferta es solo para hoy; diga hasta cuándo vale.";
    assert!(guidance.do_not_say.contains(&of_price.to_owned()));
    assert!(answer.offers[0].script.contains("al mes"));

    // The same contact and step get the same words, also as they are explained.
    let again = world.ask(spanish).await.unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.guidance, again.routing),
        (answer.guidance.clone(), answer.routing.clone())
    );
    let explained = world.explain(&answer.decision_id).await;
    let as_answered = explained.answer.unwrap();
    assert_eq!(as_answered.guidance, answer.guidance);

    // A language that nobody translated to is answered in the default one.
    let mut latvian = too_expensive("k-2");
    latvian.language = "lv".to_owned();
    let answer = world.ask(latvian).await.unwrap();
    let thanks = format!("Thank them for {years} years as a customer before anything else.");
    assert!(answer.guidance.unwrap().say.contains(&thanks));
}

#[tokio::test]
async fn who_should_take_a_call_is_said_by_the_first_row_that_holds() {
    let mut world = World::start().await;
    let mut died = too_expensive("k-1");
    died.reason = "bereavement".to_owned();
    let answer = world.ask(died).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::LetGo);
    let routing = answer.routing.unwrap();
    assert_eq!(
        (routing.team.as_str(), routing.why_key.as_str()),
        ("care", "grief_is_for_the_care_team")
    );
    assert_eq!(routing.authority(), pb::AuthorityLevel::Unspecified);
    let say = answer.guidance.unwrap().say;
    assert!(
        say.iter()
            .any(|line| line.starts_with("Say that you are sorry"))
    );

    let mut angry = facts("c-1");
    angry.revision = 2;
    angry.open_incidents = vec![outage()];
    world.neighbours.put(angry);
    let mut request = too_expensive("k-2");
    request.min_revision = 2;
    let answer = world.ask(request).await.unwrap();
    let do_not_say = answer.guidance.unwrap().do_not_say;
    assert!(do_not_say.contains(&"No word about price while something is broken.".to_owned()));
}
