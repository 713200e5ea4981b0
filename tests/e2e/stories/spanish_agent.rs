//! "Hola, quiero darme de baja." The agent speaks Spanish, and so does the screen.

use contract::offers::v1 as pb;
use tests::desk::Call;
use tests::people::Person;

use crate::suite::Suite;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_screen_speaks_the_language_of_the_call() {
    let suite = Suite::start().await;
    let person = Person::named("habla-espanol").customer_for_days(1_200);
    person.write(&suite.clients).await;
    let mut call = Call::of(&person, "k-1").because("too_expensive");
    call.request.language = "es".to_owned();
    let screen = call.ask(&suite.clients).await;
    assert_eq!(screen.outcome(), pb::DecisionOutcome::Present);

    // What it is, and the price afterwards.
    let offer = &screen.offers[0];
    assert!(offer.script.contains("al mes"), "{}", offer.script);
    let after = offer.terms.as_ref().unwrap().price_after.as_ref().unwrap();
    let said = format!("{}.{:02}", after.minor / 100, after.minor % 100);
    assert!(offer.script.contains(&said), "{said} in {}", offer.script);

    // What the law wants said as well.
    let disclosures = &screen.policy.as_ref().unwrap().disclosures;
    assert_eq!(
        disclosures,
        &[
            "Puede darse de baja en esta llamada; no voy a impedírselo.",
            "Puede decir en cualquier momento que solo quiere darse de baja y lo haré al instante.",
        ]
    );

    let guidance = screen.guidance.as_ref().unwrap();
    let thanks = "Agradezca primero sus 3 años como cliente.";
    assert!(
        guidance.say.iter().any(|line| line == thanks),
        "{guidance:?}"
    );

    // Whoever rings in English hears English.
    let other = Person::named("speaks-english").customer_for_days(1_200);
    other.write(&suite.clients).await;
    let mut call = Call::of(&other, "k-2").because("too_expensive");
    call.request.language = "en-US".to_owned();
    let screen = call.ask(&suite.clients).await;
    let disclosures = &screen.policy.as_ref().unwrap().disclosures;
    assert!(
        disclosures[0].starts_with("You can cancel"),
        "{disclosures:?}"
    );
    let guidance = screen.guidance.unwrap();
    assert!(
        guidance.say[0].starts_with("Thank them for 3 years"),
        "{guidance:?}"
    );
}
